package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/release"
)

// stamp shows a time in a zone, in the form it has in JSON; empty for the zero time.
func stamp(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.RFC3339)
}

// Time shows a time in the zone of the style, in the form it has in JSON; empty for the zero time.
func (s Style) Time(t time.Time) string { return stamp(t, s.zone()) }

// zone is where times are shown.
func (s Style) zone() *time.Location { return cmp.Or(s.Zone, time.UTC) }

// local is a text from elsewhere, with the moments in it in the zone of whoever reads it.
func local(text string, zone *time.Location) string { return Clean(release.InZone(text, zone)) }

// local are rows with the moments in their texts in the zone of the style.
func (s Style) local(rows [][]Cell) [][]Cell {
	shown := make([][]Cell, len(rows))
	for i, row := range rows {
		shown[i] = slices.Clone(row)
		for j := range row {
			shown[i][j].Text = release.InZone(row[j].Text, s.Zone)
		}
	}
	return shown
}

// age is how long something has lasted, up to its end if it has one.
func age(start, end, now time.Time) string {
	if start.IsZero() {
		return ""
	}
	if end.IsZero() {
		end = now
	}
	return release.Span(end.Sub(start))
}

// Count is a number of things in words: "1 batch", "2 batches".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if strings.HasSuffix(thing, "ch") {
		return fmt.Sprintf("%d %ses", n, thing)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func strategy(s release.Strategy) string {
	parts := []string{string(s.Type)}
	switch s.Type {
	case release.StrategyAll:
	case release.StrategyBatch:
		parts = append(parts, Count(s.Batches, "batch"))
	case release.StrategyGray:
		parts = append(parts, graySteps(s))
	}
	if s.Confirm != "" {
		parts = append(parts, "confirm "+string(s.Confirm))
	}
	if s.Bake > 0 {
		parts = append(parts, "bake "+s.Bake.String())
	}
	if len(s.Gates) > 0 {
		parts = append(parts, Count(len(s.Gates), "gate"))
	}
	if w := s.Watch; w != nil {
		watched := "watched for " + w.For.String()
		if len(w.Gates) > 0 {
			watched += " with " + Count(len(w.Gates), "gate")
		}
		parts = append(parts, watched)
	}
	return strings.Join(parts, ", ")
}

// schedule tells which batches wait for a time of day.
func schedule(s []release.BatchSchedule) string {
	parts := make([]string, len(s))
	for i, each := range s {
		parts[i] = fmt.Sprintf("batch %d at %s %s", each.Batch, each.At, each.Zone)
	}
	return strings.Join(parts, ", ")
}

// requester names who has asked, and what proves it.
func requester(by string, a release.Admission) string {
	if proof := release.ProofText(a.Verified, a.SignedBy); proof != "" {
		return by + " (" + proof + ")"
	}
	return by
}

// paused tells who has paused a release that is paused. The pause of one that is stopped holds nothing.
func paused(p release.Progress, zone *time.Location) string {
	if !p.Paused || p.Stopping() != "" {
		return ""
	}
	if d, known := p.PausedBy(); known {
		return d.Attribution(zone)
	}
	return "yes"
}

// trafficInfo tells what became of an application's own traffic rule.
func trafficInfo(t release.TrafficState) string {
	if t.Kept == "" {
		return t.Note
	}
	s := "keeps the application's own rule " + t.Kept
	if t.Note != "" {
		s += ": " + t.Note
	}
	return s
}

// batch tells which batch a release is at, and of how many; "" before there is one.
func batch(p release.Progress) string {
	if len(p.Batches) == 0 {
		return ""
	}
	return p.BatchText(BatchAt(p))
}

// BatchAt is the number of the batch that a release is at: the one that it waits at, or else the
// latest that has begun; 0 before there is one.
func BatchAt(p release.Progress) int {
	if p.Awaiting != nil && p.Awaiting.Batch > 0 {
		return p.Awaiting.Batch
	}
	return p.Begun()
}

// graySteps are the batches of a gray release: instances first, with a percentage of the traffic where they are
// given one, or percentages of the traffic alone.
func graySteps(s release.Strategy) string {
	if s.Gray > 0 || len(s.Weights) == 0 {
		first := Count(s.Gray, "gray instance")
		if len(s.Weights) > 0 {
			first += fmt.Sprintf(" with %d %% of the traffic", s.Weights[0])
		}
		return first + " + " + Count(s.Batches, "batch")
	}
	var steps []string
	for _, weight := range append(slices.Clone(s.Weights), 100) {
		steps = append(steps, batchSize(0, weight))
	}
	return strings.Join(steps, " → ") + " of the traffic"
}

// batchSize is how many instances a batch replaces, which part of the traffic the new version has after it, or
// both; empty where neither is so.
func batchSize(instances, weight int) string {
	switch {
	case weight > 0 && instances > 0:
		return fmt.Sprintf("%d, %d %%", instances, weight)
	case weight > 0:
		return fmt.Sprintf("%d %%", weight)
	case instances == 0:
		return ""
	}
	return strconv.Itoa(instances)
}

// shifts reports whether batches of an application are a part of the traffic.
func shifts(a release.App) bool {
	traits, _ := release.TraitsOf(a.Platform)
	return traits.Step == release.StepWeight
}

// sizeColumn is the name of the column of [batchSize].
func sizeColumn(a release.App, op release.Operation) string {
	if shifts(a) && op != release.OperationRescale {
		return "TRAFFIC"
	}
	return "INSTANCES"
}
