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
	if stopping := p.Stopping(); stopping != "" {
		parts = append(parts, stopping)
	}
	if at := batch(p); at != "" {
		parts = append(parts, "batch "+at)
	}
	if p.Paused && p.Phase != release.PhasePaused {
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

// Diff returns the lines that tell what changed from prev to next, each with the moment
// at which it was seen; none when nothing did. Times are shown in the zone of now.
func Diff(prev, next release.Progress, now time.Time) []string {
	var lines []string
	for _, d := range unseen(next.Decisions, len(prev.Decisions)+prev.Cut.Decisions-next.Cut.Decisions) {
		lines = append(lines, next.ReleaseID+" ◆ "+d.Text(release.UnitBatch, now.Location()))
	}
	for _, g := range unseen(next.Gates, len(prev.Gates)+prev.Cut.Gates-next.Cut.Gates) {
		lines = append(lines, fmt.Sprintf("%s α gate %s of batch %d: %s: %s", next.ReleaseID, g.Name, g.Batch, verdict(g).Text, g.Reason))
	}
	if line := standing(next, now.Location()); line != standing(prev, now.Location()) {
		lines = append(lines, line)
	}
	if line := stallDiff(prev, next, now); line != "" {
		lines = append(lines, line)
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
