package top

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/releases"
)

// How a workflow has ended is told as everywhere else.
func TestTop_Stopped(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	for how, want := range map[string]string{
		"terminated": "its workflow was terminated", "failed": "its workflow failed", "timed out": "its workflow timed out",
	} {
		r := v.row(releases.Listed{ID: "r-1", Phase: release.PhaseRollingOut, Stopped: how})
		require.Equal(t, want, r.reason)
		require.Equal(t, rankTrouble, r.rank)
	}
}

// What a workflow has recorded tells its moments in UTC; the live view shows them where it is watched.
func TestTop_MomentsInReasons(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	const kept, shown = "the lane is held since 2026-11-22T19:00:00Z by mei", "the lane is held since 2026-11-23T03:00:00+08:00 by mei"
	for name, p := range map[string]release.Progress{
		"ended":    {Phase: release.PhaseFailed, Reason: kept},
		"queued":   {Phase: release.PhaseQueued, Reason: kept, Awaiting: &release.Awaiting{Kind: release.AwaitQueue}},
		"standing": {Phase: release.PhaseRollingOut, Stalled: &release.Stall{Doing: string(release.VerbObserve), Failure: kept}},
	} {
		v.readings["r-1"] = reading{progress: p}
		r := v.row(releases.Listed{ID: "r-1", Phase: p.Phase})
		require.Contains(t, r.reason+r.awaits, shown, name)
	}
}

// A queued release says what it waits for in its lane, and has the name that the list knows.
func TestTop_Queued(t *testing.T) {
	t.Parallel()
	waiting := []release.LaneEntry{{ReleaseID: "r-1"}, {ReleaseID: "r-2"}}
	for name, c := range map[string]struct {
		state release.LaneState
		want  string
	}{
		"held":             {release.LaneState{Held: &release.Hold{By: "mei", Reason: "migration"}, Waiting: waiting}, "lane held by mei: migration"},
		"behind a release": {release.LaneState{Running: &release.LaneEntry{ReleaseID: "r-0"}, Waiting: waiting}, "release r-0, which runs"},
		"not in the lane":  {release.LaneState{}, "its turn: other releases of the application come first, or its lane is held"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newModel(Options{}, calls{}, night())
			m.lanes.queue(c.state)
			r := m.row(releases.Listed{ID: "r-2", App: "sae/cn-hangzhou/1", AppName: "shop", Phase: release.PhaseQueued})
			require.Equal(t, c.want, r.awaits)
			require.Equal(t, "shop", r.progress.AppName)
		})
	}
}
