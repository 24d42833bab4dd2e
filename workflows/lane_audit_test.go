package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// laneChanges are what was told of the lane, in its order.
func (w *world) laneChanges() (kinds []release.EventKind, changes []release.LaneChange) {
	for _, e := range w.onBus() {
		if e.Lane != nil {
			kinds, changes = append(kinds, e.Kind), append(changes, *e.Lane)
		}
	}
	return kinds, changes
}

// TestLaneAudit_WhatPeopleDoIsTold: with who it was, why, and what the hold was before and after.
func TestLaneAudit_WhatPeopleDoIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hold := w.command(0, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "incident 7"})
	w.command(time.Minute, release.UpdateHold, release.LaneCommand{By: "bob", Reason: "me too"})
	w.send(2*time.Minute, "r-1", w.spec(release.Strategy{}))
	w.command(3*time.Minute, release.UpdateDrop, release.LaneCommand{By: "ann", ReleaseID: "r-1", Reason: "not today"})
	w.command(4*time.Minute, release.UpdateAllow, release.LaneCommand{By: "ann"}) // nothing is denied: refused, and not told
	w.command(5*time.Minute, release.UpdateResume, release.LaneCommand{By: "bob", Reason: "over"})
	w.runLane()

	kinds, changes := w.laneChanges()
	require.Equal(t, []release.EventKind{release.EventHeld, release.EventHeld, release.EventDropped, release.EventResumed}, kinds)
	held := hold.state.Held
	require.Equal(t, []release.LaneChange{
		{App: w.app, By: "ann", Via: release.ViaUpdate, Reason: "incident 7", After: held},
		{App: w.app, By: "bob", Via: release.ViaUpdate, Reason: "me too", Before: held, After: held},
		{App: w.app, By: "ann", Via: release.ViaUpdate, Reason: "not today", ReleaseID: "r-1", Before: held, After: held},
		{App: w.app, By: "bob", Via: release.ViaUpdate, Reason: "over", Before: held},
	}, changes)
}
