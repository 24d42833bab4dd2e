package top

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// The smallest window in which something can be shown.
const leastColumns, leastRows = 40, 10

// View is the picture, which fits the window.
func (m *model) View() tea.View {
	v := tea.NewView(strings.Join(m.screen(), "\n"))
	v.AltScreen = true
	return v
}

// screen are the lines of the picture, as many as the window has.
func (m *model) screen() []string {
	if m.columns < leastColumns || m.rows < leastRows {
		return cutAll([]string{fmt.Sprintf("The window is too small: it needs %d columns and %d rows.", leastColumns, leastRows)}, m.columns, m.rows)
	}
	body := m.listLines
	switch {
	case m.help:
		body = m.helpLines
	case m.open != "":
		body = m.detailLines
	}
	head, foot := m.head(), m.foot()
	lines := append(head, cutAll(body(), m.columns, m.bodyRows())...)
	return cutAll(append(lines, foot...), m.columns, m.rows)
}

// cutAll cuts and fills lines to a window.
func cutAll(lines []string, columns, rows int) []string {
	all := make([]string, rows)
	for i := range min(rows, len(lines)) {
		all[i] = ansi.Truncate(lines[i], columns, "…")
	}
	return all
}

// bodyRows is how many lines there are between the head and the foot.
func (m *model) bodyRows() int { return max(1, m.rows-len(m.head())-len(m.foot())) }

// head says what the view is connected to, as of when it is, how many releases there are, and
// before all else who is away.
func (m *model) head() []string {
	title := m.paint(strong, "slipway top") + "  " + outside(m.Namespace+" at "+m.Address)
	asOf := "as of " + m.listedAt.In(m.Zone).Format("15:04:05 -07:00")
	if m.listedAt.IsZero() {
		asOf = ""
	}
	if m.stale() && asOf != "" {
		asOf = m.paint(alarm, "STALE, "+asOf)
	}
	room := m.columns - ansi.StringWidth(asOf) - 1
	lines := append([]string{fit(title, room) + " " + asOf}, wrap(m.counts(), m.columns, "")...)
	if t := m.temporal; !t.since.IsZero() {
		lines = append(lines, m.trouble(fmt.Sprintf("since %s: %s; this is what was seen last", m.clock(t.since), t.why))...)
	} else if m.broken != "" {
		lines = append(lines, m.trouble(m.broken)...)
	} else if w := m.worker; !w.since.IsZero() {
		lines = append(lines, m.trouble(fmt.Sprintf("since %s no worker answers; releases are durable and go on once slipway worker runs; this is what was seen last", m.clock(w.since)))...)
	}
	if m.filtering || m.filter != "" {
		cursor := ""
		if m.filtering {
			cursor = m.paint(chosen, " ")
		}
		lines = append(lines, m.paint(strong, "/")+render.Clean(m.filter)+cursor+m.paint(faint, fmt.Sprintf("  %d of %d", len(m.chosen()), len(m.all()))))
	}
	return lines
}

// stale reports whether the picture may not be true any more.
func (m *model) stale() bool {
	return !m.temporal.since.IsZero() || m.broken != "" || !m.worker.since.IsZero()
}

// trouble are the lines that say what is wrong with the view itself.
func (m *model) trouble(text string) []string {
	lines := some(wrap("⚠ "+text, m.columns, "  "), 2, m.columns)
	for i := range lines {
		lines[i] = m.paint(alarm, lines[i])
	}
	return lines
}

// counts says how many releases there are, those first that need somebody.
func (m *model) counts() string {
	if m.listedAt.IsZero() {
		return "reading …"
	}
	var n [rankEnded + 1]int
	stalled := 0
	rows := m.all()
	for _, r := range rows {
		n[r.rank]++
		if r.progress.Stalled != nil {
			stalled++
		}
	}
	parts := []string{render.Count(len(rows), "release")}
	if m.more {
		parts[0] = "the latest " + parts[0]
	}
	add := func(t tone, n int, text string) {
		if n > 0 {
			parts = append(parts, m.paint(t, fmt.Sprintf("%d %s", n, text)))
		}
	}
	add(alarm, stalled, "stalled")
	add(alarm, n[rankTrouble]-stalled, "to look at")
	add(parked, n[rankPerson], "wait for people")
	add(moving, n[rankBack]+n[rankMoving], "moving")
	add(plain, n[rankQueued], "queued")
	add(parked, len(m.promotions.held), "not promoted")
	return strings.Join(parts, ", ")
}

// widths are those of the columns of the list; the last one has the rest of the window.
// The one of IDs is 0 where they are not shown.
type widths struct{ phase, since, app, id, batches int }

// widths are those for a window. Where it is narrow, IDs are shown only where an application has more
// releases than one: they have the room of strokes then, whose number stays.
func (m *model) widths() widths {
	alike := m.alike()
	switch {
	case m.columns < 80 && alike:
		return widths{phase: 13, since: 4, app: 8, id: 8, batches: 5}
	case m.columns < 80:
		return widths{phase: 13, since: 4, app: 8, batches: 9}
	case m.columns < 110 && alike:
		return widths{phase: 17, since: 4, app: 12, id: 8, batches: 9}
	case m.columns < 110:
		return widths{phase: 17, since: 4, app: 12, batches: 13}
	case m.columns < 150:
		return widths{phase: 26, since: 4, app: 22, id: 8, batches: 20}
	default:
		return widths{phase: 26, since: 4, app: 53, id: 8, batches: 26}
	}
}

// leastBar is the least width at which strokes tell more than their number.
const leastBar = 8

// alike reports whether an application has more than one release in the list.
func (m *model) alike() bool {
	seen := map[string]bool{}
	return slices.ContainsFunc(m.chosen(), func(r row) bool {
		before := seen[r.App]
		seen[r.App] = true
		return before
	})
}

// listLines are the lines of the list, and of promotions and lanes below it.
func (m *model) listLines() []string {
	w := m.widths()
	lines := []string{m.paint(faint, "  "+w.row(cells{"PHASE", "FOR", "APPLICATION", "ID", "PROGRESS"})+"AWAITS")}
	rows := m.sight()
	current, _ := m.current()
	for _, r := range rows {
		lines = append(lines, m.line(r, w, r.ID == current.ID))
		lines = append(lines, m.reasonLines(r)...)
	}
	if total := len(m.chosen()); len(rows) < total {
		lines = append(lines, m.paint(faint, fmt.Sprintf("  … %d more", total-len(rows))))
	}
	if len(rows) == 0 && !m.listedAt.IsZero() {
		lines = append(lines, "", "  "+map[bool]string{true: "No release is under way.", false: "No release fits the filter; Esc clears it."}[m.filter == ""])
	}
	below := m.below()
	for len(below) > 0 && len(lines) < m.bodyRows()-len(below) {
		lines = append(lines, "")
	}
	return append(lines, below...)
}

// cells are what stands in a row before its last column.
type cells struct{ phase, since, app, id, instances string }

// row aligns cells.
func (w widths) row(c cells) string {
	text := fit(c.phase, w.phase) + " " + fit(c.since, w.since) + " " + fit(c.app, w.app) + " "
	if w.id > 0 {
		text += fit(c.id, w.id) + " "
	}
	return text + fit(c.instances, w.batches) + " "
}

// line is the line of one release.
func (m *model) line(r row, w widths, current bool) string {
	p := *r.progress
	name := outside(render.NamedApp(p.Name(), r.App))
	if w.app < 40 {
		name = outside(cmp.Or(p.Name(), r.App[strings.LastIndexByte(r.App, '/')+1:]))
	}
	phase := render.PhaseIcon(p.Phase) + " " + outside(string(p.Phase))
	if p.Stalled != nil {
		phase = "⚠ " + outside(string(p.Phase))
	}
	instances := bar(p, w.batches)
	if w.batches < leastBar {
		instances = bar(p, 0)
	}
	if !r.whole && p.Phase != "" && !p.Phase.Ended() {
		instances = "?"
	}
	rest := strings.TrimPrefix(w.row(cells{since: m.ago(r.since), app: name, id: r.short, instances: instances}), fit("", w.phase)) + r.awaits
	if 2+w.phase+ansi.StringWidth(rest+r.until) <= m.columns {
		rest += r.until
	}
	if current {
		return m.paint(chosen, fit("▸ "+fit(phase, w.phase)+rest, m.columns))
	}
	return "  " + m.paint(toneOf(r), fit(phase, w.phase)) + rest
}

// reasonLines say why a release needs somebody, as far as the list has room for it.
func (m *model) reasonLines(r row) []string {
	if r.reason == "" {
		return nil
	}
	most := 2
	if m.rows < 20 {
		most = 1
	}
	lines := some(wrap("    "+r.reason, m.columns, "    "), most, m.columns)
	for i := range lines {
		lines[i] = m.paint(toneOf(r), "    "+strings.TrimLeft(lines[i], " "))
	}
	return lines
}

// sight are the rows in the window: from the first, or as far down as it takes to show the one
// that keys are about.
func (m *model) sight() []row {
	rows := m.chosen()
	room := m.bodyRows() - 1 - len(m.below())
	current, _ := m.current()
	heights := make([]int, len(rows))
	at := 0
	for i, r := range rows {
		heights[i] = 1 + len(m.reasonLines(r))
		if r.ID == current.ID {
			at = i
		}
	}
	if total(heights) > room {
		room-- // for the line that says that there are more
	}
	from := 0
	for from < at && total(heights[from:at+1]) > room {
		from++
	}
	to := min(from+1, len(rows))
	for to < len(rows) && total(heights[from:to+1]) <= room {
		to++
	}
	return rows[from:to]
}

func total(heights []int) int {
	n := 0
	for _, h := range heights {
		n += h
	}
	return n
}

// below are the lines below the list: what needs somebody and is no release.
func (m *model) below() []string { return append(m.promotionLines(), m.laneLines()...) }

// laneLines say which lanes are held, why and by whom.
func (m *model) laneLines() []string {
	if len(m.lanes.Held) == 0 && m.lanes.Note == "" {
		return nil
	}
	lines := []string{m.paint(faint, "  LANES HELD")}
	for _, h := range m.lanes.Held {
		text := fmt.Sprintf("॥ %s for %s by %s: %s", render.NamedApp(h.AppName, h.App), cmp.Or(m.ago(h.Hold.Since), "0s"), h.Hold.By, h.Hold.Reason)
		for _, line := range some(wrap(m.local(text), m.columns-2, "  "), 2, m.columns-2) {
			lines = append(lines, "  "+m.paint(parked, line))
		}
	}
	if m.lanes.Note != "" {
		lines = append(lines, wrap("  "+outside(m.lanes.Note), m.columns, "  ")...)
	}
	return some(lines, max(3, m.rows/3), m.columns)
}

// foot says what is asked, what came of the last command, and which keys there are.
func (m *model) foot() []string {
	if m.question != nil {
		return m.questionLines()
	}
	var lines []string
	switch {
	case m.sending != "":
		lines = append(lines, outside(m.sending))
	case m.note.text != "":
		t, icon := good, "✔ "
		if m.note.bad {
			t, icon = alarm, "✖ "
		}
		for _, line := range some(wrap(icon+m.local(m.note.text), m.columns, "  "), 3, m.columns) {
			lines = append(lines, m.paint(t, line))
		}
	}
	return append(lines, m.paint(faint, ansi.Truncate(strings.Join(m.keys(), " · "), m.columns, "…")))
}

// questionLines are the question and how it is answered. Nothing of it is cut.
func (m *model) questionLines() []string {
	q := m.question
	var lines []string
	for _, line := range wrap(outside(q.text), m.columns, "") {
		lines = append(lines, m.paint(strong, line))
	}
	if q.word == "" {
		return append(lines, m.paint(parked, "y: yes · any other key: no"))
	}
	return append(lines, m.paint(parked, fmt.Sprintf("type %s and Enter: ", q.word))+q.typed+m.paint(chosen, " ")+m.paint(faint, "  Esc: no"))
}

// keys are those that do something just now: the commands that apply come first.
func (m *model) keys() []string {
	var keys []string
	if r, ok := m.current(); ok && !m.help {
		for _, v := range verbs() {
			if m.refusal(v.kind, r) == nil {
				keys = append(keys, v.key+" "+string(v.kind))
			}
		}
	}
	switch {
	case m.help:
		return []string{"any key closes the help"}
	case m.filtering:
		return []string{"Enter keeps the filter", "Esc clears it"}
	case m.open != "":
		return append(keys, "Esc back", "↑↓ scroll", "? help", "q quit")
	}
	return append(keys, "Enter open", "? help", "q quit", "/ filter", "s "+m.order.String())
}

// helpLines say what keys and signs mean. They fit the smallest window of use, 60 columns and 15
// rows.
func (m *model) helpLines() []string {
	icon := render.PhaseIcon
	return []string{
		"",
		"↑ ↓ j k PgUp PgDn g G  choose · Enter open · Esc back",
		"/  filter by application, phase, ID, who asked, artifact",
		"s  sort: trouble first, oldest first, application, phase",
		"FOR  since it waits, stands still, or its batch runs",
		"c confirm · a abort · p pause · r resume: each asks first",
		"q  quit; releases go on by themselves",
		"",
		barDone + " done  " + barRunning + " at work  " + barPending + " to come  " + barFailed + " failed; a stroke an instance",
		fmt.Sprintf("%s moves  %s waits  %s succeeded  %s ended otherwise",
			icon(release.PhaseRollingOut), icon(release.PhaseAwaitingConfirm), icon(release.PhaseSucceeded), icon(release.PhaseFailed)),
		icon(release.PhaseNeedsAttention) + " stalled, or a person must look",
	}
}
