package top

import (
	"fmt"
	"slices"
	"strings"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// detailLines are the lines of the release that is open: what it needs, its tree and its gates
// above, what happens to it below.
func (m *model) detailLines() []string {
	body, events := m.detail()
	room := max(1, m.bodyRows()-len(events))
	from := min(m.scroll, max(0, len(body)-room))
	body = body[from:]
	if more := len(body) - room; more > 0 {
		body = append(slices.Clone(body[:room-1]), m.paint(faint, fmt.Sprintf("  … %d lines more, ↓", more+1)))
	}
	for len(body) < room {
		body = append(body, "")
	}
	return append(body, events...)
}

// detail is what is known of the release that is open, and the latest of its events.
func (m *model) detail() (body, events []string) {
	r, ok := m.current()
	if !ok {
		return []string{"", "  " + outside(m.open+" is gone: see slipway release get "+m.open)}, nil
	}
	return m.facts(r), m.eventPane()
}

// facts are all that is known of a release. What is long is wrapped: here nothing is cut.
func (m *model) facts(r row) []string {
	var lines []string
	p := *r.progress
	stands := []string{outside(string(p.Phase)), bar(p, m.columns/3), r.awaits + r.until}
	if p.Stalled == nil {
		stands[2] += ", since " + m.clock(r.since)
	}
	stands = slices.DeleteFunc(stands, func(s string) bool { return s == "" })
	for _, line := range wrap(render.PhaseIcon(p.Phase)+" "+strings.Join(stands, "  "), m.columns, "  ") {
		lines = append(lines, m.paint(toneOf(r), line))
	}
	switch {
	case r.failed != "":
		for _, line := range wrap("⚠ "+r.reason, m.columns, "  ") {
			lines = append(lines, m.paint(alarm, line))
		}
	case !r.whole:
		for _, line := range wrap("◌ only what Temporal itself knows: no worker has answered for this release yet", m.columns, "  ") {
			lines = append(lines, m.paint(parked, line))
		}
	}
	lines = append(lines, "")
	tree := render.Tree(p, m.now, render.Style{Color: m.Color, Width: m.columns, Zone: m.Zone, Embedded: true})
	lines = append(lines, strings.Split(strings.TrimSuffix(tree, "\n"), "\n")...)
	return append(lines, m.samples(p)...)
}

// samples are the measurements of the gates, the latest gate last.
func (m *model) samples(p release.Progress) []string {
	var lines []string
	for _, g := range p.Gates {
		lines = append(lines, "", m.paint(strong, outside(fmt.Sprintf("gate %s of batch %d: %s", g.Name, g.Batch, render.Verdict(g)))))
		lines = append(lines, wrap(m.local(g.Reason), m.columns, "")...)
		for _, s := range g.Samples {
			text := fmt.Sprintf("%s  %s  %s %s", m.clock(s.At), s.Verdict, s.Value, s.Note)
			lines = append(lines, wrap("  "+outside(text), m.columns, "    ")...)
		}
	}
	return lines
}

// eventPane are the last lines of what has happened, as many as a quarter of the window holds.
func (m *model) eventPane() []string {
	most := max(3, m.rows/4)
	var lines []string
	for _, e := range m.events {
		lines = append(lines, some(wrap(outside(e), m.columns, "  "), most-1, m.columns)...)
	}
	lines = lines[max(0, len(lines)-most+1):]
	return append([]string{m.paint(faint, "EVENTS "+strings.Repeat("─", max(0, m.columns-7)))}, lines...)
}
