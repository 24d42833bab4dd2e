package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"slipway/devstack/chaos/check"
	"slipway/devstack/chaos/fault"
	"slipway/devstack/chaos/system"
)

// Report is what came of a run.
type Report struct {
	Seed uint64 `json:"seed"`
	// Began is when, Length the time of requests and faults, and Wall that of the whole run.
	Began  time.Time     `json:"began"`
	Length time.Duration `json:"length"`
	Wall   time.Duration `json:"wall"`
	// Kinds counts faults by what they did, and Faults are all of them.
	Kinds  map[string]int `json:"kinds"`
	Faults []fault.Done   `json:"faults"`
	// Summary counts what was asked for and what came of it.
	Summary check.Summary `json:"summary"`
	// Delivered is how many messages the notifier has brought.
	Delivered int `json:"delivered"`
	// Ends are processes that ended though nobody killed them; they were started again.
	Ends       []system.End      `json:"ends"`
	Recovery   Recovery          `json:"recovery"`
	Violations []check.Violation `json:"violations"`
	// Dir has data and logs, where they are kept.
	Dir string `json:"dir,omitempty"`
}

// Recovery says how long it took until something was told of a release under way, after the end of a kill, a pause, a cut or a reset.
type Recovery struct {
	// Measured counts the faults after which there was such a release.
	Measured int           `json:"measured"`
	P50      time.Duration `json:"p50"`
	P99      time.Duration `json:"p99"`
}

// Text is the report for people.
func (r Report) Text() string {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("seed %d: requests and faults over %s, %s in all", r.Seed, r.Length, r.Wall.Round(time.Second))
	line("\nfaults: %d", len(r.Faults))
	for _, kind := range slices.Sorted(maps.Keys(r.Kinds)) {
		line("  %-28s %4d", kind, r.Kinds[kind])
	}
	if broken := r.problems(); broken > 0 {
		line("  %-28s %4d", "(not as planned)", broken)
	}
	total := 0
	for _, phases := range r.Summary.Releases {
		for _, count := range phases {
			total += count
		}
	}
	line("\nreleases: %d", total)
	for _, platform := range slices.Sorted(maps.Keys(r.Summary.Releases)) {
		for _, phase := range slices.Sorted(maps.Keys(r.Summary.Releases[platform])) {
			line("  %-28s %4d", string(platform)+" "+string(phase), r.Summary.Releases[platform][phase])
		}
	}
	line("\nmessages taken: %d, dead letters: %d, events: %d, changes: %d, notifications: %d", r.Summary.Messages, r.Summary.Letters, r.Summary.Events, r.Summary.Changes, r.Delivered)
	line("recovery after %d faults: p50 %s, p99 %s", r.Recovery.Measured, r.Recovery.P50.Round(time.Millisecond), r.Recovery.P99.Round(time.Millisecond))
	line("processes that ended by themselves: %d", len(r.Ends))
	for _, end := range r.Ends {
		line("  %s at %s: %s", end.Part, end.At.Format(time.TimeOnly), lastLine(end.Last))
	}
	line("\nviolations: %d", len(r.Violations))
	for _, v := range r.Violations {
		line("  %s", v)
	}
	return text.String()
}

// problems counts the faults that were not carried out as planned.
func (r Report) problems() (count int) {
	for _, f := range r.Faults {
		if f.Problem != "" {
			count++
		}
	}
	return count
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
