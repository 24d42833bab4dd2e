package render

import (
	"fmt"
	"strings"
	"time"

	"slipway/release"
)

// Line tells in one line where a release stands, and what it tries in vain, with its times in a
// zone. It holds no moment but those of the release, so that it changes only with the release.
func Line(p release.Progress, zone *time.Location) string {
	line := standing(p, zone)
	if p.Stalled != nil {
		line += ", " + stall(p, zone)
	}
	return local(line, zone)
}

// standing tells where a release stands, whatever it tries in vain.
func standing(p release.Progress, zone *time.Location) string {
	icon := PhaseIcon(p.Phase)
	parts := []string{p.ReleaseID + " " + icon + " " + string(p.Phase)}
	stopping := p.Stopping()
	if stopping != "" {
		parts = append(parts, stopping)
	}
	if at := batch(p); at != "" {
		parts = append(parts, "batch "+at)
	}
	if p.Paused && p.Phase != release.PhasePaused && stopping == "" {
		parts = append(parts, "paused")
	}
	if until := p.Awaiting.Text(release.UnitBatch, zone); until != "" {
		parts = append(parts, "awaiting "+until)
	}
	if confirmed := p.Confirmed(); confirmed != "" {
		parts = append(parts, confirmed)
	}
	if p.Reason != "" {
		parts = append(parts, p.Reason)
	}
	if now := runs(p); now != "" {
		parts = append(parts, "the application runs "+now)
	}
	return strings.Join(parts, ", ")
}

// Change is something that has happened to a release.
type Change struct {
	// At is when it happened; where that is not known, when it was seen.
	At time.Time
	// Text tells it, with its times in the zone of whoever looks.
	Text string
}

// Changes returns what changed from prev to next, which was seen now, in the zone of now.
func Changes(prev, next release.Progress, now time.Time) []Change {
	var all []Change
	add := func(at time.Time, text string) {
		if at.IsZero() {
			at = now
		}
		all = append(all, Change{at, local(text, now.Location())})
	}
	if len(prev.Settings) == 0 && len(next.Settings) > 0 {
		add(time.Time{}, next.ReleaseID+" ⚙ configuration: "+next.Configuration())
	}
	if prev.Warning == "" && next.Warning != "" {
		add(time.Time{}, next.ReleaseID+" ⚠ warning: "+next.Warning)
	}
	for _, d := range unseen(next.Decisions, len(prev.Decisions)+prev.Cut.Decisions-next.Cut.Decisions) {
		add(d.At, next.ReleaseID+" ◆ "+d.Text(release.UnitBatch, now.Location()))
	}
	for _, g := range unseen(next.Gates, len(prev.Gates)+prev.Cut.Gates-next.Cut.Gates) {
		var at time.Time
		if n := len(g.Samples); n > 0 {
			at = g.Samples[n-1].At
		}
		add(at, fmt.Sprintf("%s α gate %s of batch %d: %s: %s", next.ReleaseID, g.Name, g.Batch, verdict(g).Text, g.Reason))
	}
	if line := standing(next, now.Location()); line != standing(prev, now.Location()) {
		was, is := prev, next
		was.Stalled, is.Stalled = nil, nil // what is tried in vain has a moment of its own
		at := is.StandsSince()
		if !at.After(was.StandsSince()) {
			at = now // of what has changed it is not known when
		}
		add(at, line)
	}
	if line := stallDiff(prev, next, now); line != "" {
		var at time.Time
		if next.Stalled != nil {
			at = next.Stalled.At
		}
		add(at, line)
	}
	return all
}

// Diff returns the lines that tell what changed from prev to next, each with the moment
// at which it was seen; none when nothing did. Times are shown in the zone of now.
func Diff(prev, next release.Progress, now time.Time) []string {
	var lines []string
	for _, c := range Changes(prev, next, now) {
		lines = append(lines, c.Text)
	}
	return stamped(lines, now)
}

// stamped are lines that tell what has changed, each with the moment at which it was seen.
func stamped(lines []string, now time.Time) []string {
	for i, line := range lines {
		lines[i] = stamp(now, now.Location()) + " " + local(line, now.Location())
	}
	return lines
}

// unseen are the entries of a list behind those that were seen before and are still there.
func unseen[T any](list []T, seen int) []T { return list[min(max(0, seen), len(list)):] }
