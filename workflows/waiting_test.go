package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestWaitingCostsNothing parks the same release for a minute and for most of a week:
// it gives the same commands, so it writes the same history. The number of events on a
// real server is measured by the system tests.
func TestWaitingCostsNothing(t *testing.T) {
	t.Parallel()
	parked := func(d time.Duration) (commands, looks int) {
		s := newStage(t)
		spec := s.spec(gray())
		spec.Limits.Confirm = release.Duration(6 * 24 * time.Hour)
		s.confirm(time.Minute, 1)
		s.confirm(time.Minute+d, 2)
		p := s.run(spec)
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		return s.cost.total(), s.sim.Calls().Operations["DescribeChangeOrder"]
	}
	short, few := parked(time.Minute)
	long, many := parked(5 * 24 * time.Hour)
	require.Equal(t, short, long, "history grows with what happens, never with time")
	require.Greater(t, many, few+1000, "the parked release was looked at all the while")
	require.Less(t, many, few+2000, "looks at a parked release are minutes apart")
}

// TestWaiting_BusAwayHoldsNoReleaseUp lets the bus be away for the first minute of a release.
func TestWaiting_BusAwayHoldsNoReleaseUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.busAway = 7
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Less(t, p.EndedAt.Sub(p.StartedAt), 30*time.Second, "nothing waited for the bus")
	require.Equal(t, []release.EventKind{release.EventAccepted, release.EventStarted, release.EventBatchDone, release.EventSucceeded}, s.kinds(),
		"all is told in the end, in its order")
}
