package release_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestStallWorth(t *testing.T) {
	t.Parallel()
	const s, m, h = time.Second, time.Minute, time.Hour
	start := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	// shown is a stall that began at the start and was last told of after the given time.
	shown := func(at time.Duration) release.Stall {
		return release.Stall{Doing: "Observe", Fault: release.FaultUnavailable, Failure: "away", Since: start, At: start.Add(at)}
	}
	for name, test := range map[string]struct {
		shown   release.Stall
		fault   release.Fault
		failure string
		// since and now count from the start.
		since, now time.Duration
		want       bool
	}{
		"nothing shown, within patience":           {release.Stall{}, release.FaultUnavailable, "away", 0, 5*s - 1, false},
		"nothing shown, patience over":             {release.Stall{}, release.FaultUnavailable, "away", 0, 5 * s, true},
		"nothing shown, it failed only now":        {release.Stall{}, release.FaultUnavailable, "away", 1 * h, 1 * h, false},
		"the same, long after":                     {shown(5 * s), release.FaultUnavailable, "away", 0, 100 * h, false},
		"another class, within patience":           {shown(1 * h), release.FaultThrottled, "away", 2 * h, 2*h + 4*s, false},
		"another class, patience over":             {shown(1 * h), release.FaultThrottled, "away", 2 * h, 2*h + 5*s, true},
		"another text, soon after the first":       {shown(5 * s), release.FaultUnavailable, "gone", 0, 10*s - 1, false},
		"another text, patience after the first":   {shown(5 * s), release.FaultUnavailable, "gone", 0, 10 * s, true},
		"another text, seen early, after patience": {shown(1 * s), release.FaultUnavailable, "gone", 0, 6*s - 1, false},
		"another text, before twice the time":      {shown(10 * m), release.FaultUnavailable, "gone", 0, 20*m - 1, false},
		"another text, after twice the time":       {shown(10 * m), release.FaultUnavailable, "gone", 0, 20 * m, true},
		"another text, within patience":            {shown(10 * m), release.FaultUnavailable, "gone", 30 * m, 30*m + 4*s, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test.shown.Worth(test.fault, test.failure, start.Add(test.since), start.Add(test.now))
			require.Equal(t, test.want, got)
		})
	}
}

// However long a release stands still, and whatever its failures say, what it is told of
// them fits into a history.
func TestStall_StandingStillIsToldEverMoreRarely(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * time.Hour
	for _, interval := range []time.Duration{time.Second, 30 * time.Second, 10 * time.Minute} {
		t.Run(interval.String(), func(t *testing.T) {
			t.Parallel()
			start := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
			var shown release.Stall
			var told int
			since := start
			for now := start; now.Before(start.Add(week)); now = now.Add(interval) {
				failure := fmt.Sprintf("no answer to request %d", now.Unix())
				if since.IsZero() {
					since = now
				}
				if !shown.Worth(release.FaultUnavailable, failure, since, now) {
					continue
				}
				told++
				if shown.Fault == "" {
					shown.Since = since
				}
				shown.Fault, shown.Failure, shown.At = release.FaultUnavailable, failure, now
				since = time.Time{} // the activity is begun anew
			}
			require.LessOrEqual(t, told, 25)
			require.GreaterOrEqual(t, told, 8, "the newest words still come now and then")
		})
	}
}
