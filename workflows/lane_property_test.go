//go:build !race

// Without the race detector: the test environment lets timers fire while the coroutines of a
// release that has ended unwind.

package workflows_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
	"slipway/saeclient"
)

// TestLaneProperty_WhateverComesTheLaneForgetsNoRelease draws submissions of all policies, commands,
// confirmations and aborts at any time, releases that are lost, and lanes that continue
// as new as often as may be. Whatever comes, no two releases are at work at the same time,
// and every release that the lane has taken ends and the world is told of it, once.
func TestLaneProperty_WhateverComesTheLaneForgetsNoRelease(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		in := w.remembering(rapid.SampledFrom([]int{0, 1, 2, 5}).Draw(rt, "updates of a run"))
		sent := map[string]*answered{}
		for i := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			at := time.Duration(1+rapid.IntRange(0, 600).Draw(rt, "at")) * time.Second
			w.draw(rt, fmt.Sprintf("r-%d", i), at, sent)
		}
		// In the end everything is let go: what is parked is stopped, and the lane resumed.
		for i := range 14 {
			at := 30*time.Minute + time.Duration(i)*5*time.Minute
			w.whatever(at, release.UpdateAllow, release.LaneCommand{By: "end"})
			w.stage.at(at, w.clear)
			w.whatever(at+time.Minute, release.UpdateResume, release.LaneCommand{By: "end"})
			for _, id := range slices.Sorted(maps.Keys(sent)) {
				w.stage.at(at+2*time.Minute, func() {
					_ = w.env.SignalWorkflowByID(release.WorkflowID(id), string(release.CommandAbort), release.Command{By: "end"})
				})
			}
		}
		w.env.ExecuteWorkflow("Around", in)
		require.NoError(rt, w.env.GetWorkflowError())
		require.Empty(rt, w.overlap())
		for _, id := range slices.Sorted(maps.Keys(sent)) {
			a := sent[id]
			if !a.accepted || a.receipt.Standing == release.StandingDuplicate {
				continue
			}
			require.NoError(rt, a.err)
			require.NotEmpty(rt, a.receipt.Standing, "%s was never answered", id)
			outcomes := 0
			for _, kind := range []release.EventKind{
				release.EventSucceeded, release.EventFailed, release.EventRolledBack, release.EventAborted, release.EventAttention,
			} {
				outcomes += len(w.told(id, kind))
			}
			require.Equal(rt, 1, outcomes, "%s, %+v", id, a.receipt)
		}
	})
}

// draw lets one thing happen at the time.
func (w *world) draw(rt *rapid.T, id string, at time.Duration, sent map[string]*answered) {
	other := fmt.Sprintf("r-%d", rapid.IntRange(0, 11).Draw(rt, "other"))
	switch rapid.IntRange(0, 9).Draw(rt, "what") {
	case 0, 1, 2, 3, 4:
		spec := w.spec(rapid.SampledFrom([]release.Strategy{{}, gray(), {Watch: &release.Watch{For: release.Duration(5 * time.Minute)}}}).Draw(rt, "strategy"))
		spec.Artifact.Image = rapid.SampledFrom([]string{newImage, "registry.example/shop:3"}).Draw(rt, "image")
		spec.Lane.Policy = rapid.SampledFrom([]release.LanePolicy{release.LaneQueue, release.LaneSupersede, release.LaneReject}).Draw(rt, "policy")
		spec.Lane.Preempt = spec.Lane.Policy != release.LaneReject && rapid.Bool().Draw(rt, "preempt")
		if rapid.IntRange(0, 5).Draw(rt, "lost") == 0 {
			w.lose[release.WorkflowID(id)] = time.Duration(rapid.IntRange(1, 1000).Draw(rt, "lost after")) * time.Second
		}
		sent[id] = w.send(at, id, spec)
	case 5:
		w.whatever(at, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "drawn"})
	case 6:
		w.whatever(at, release.UpdateResume, release.LaneCommand{By: "ann"})
	case 7:
		w.whatever(at, release.UpdateDrop, release.LaneCommand{By: "ann", ReleaseID: other})
	case 8:
		w.whatever(at, release.UpdateAllow, release.LaneCommand{By: "ann", Artifact: newImage})
	case 9:
		kind := rapid.SampledFrom([]release.CommandKind{release.CommandAbort, release.CommandRollback}).Draw(rt, "word")
		w.stage.at(at, func() {
			_ = w.env.SignalWorkflowByID(release.WorkflowID(other), string(kind), release.Command{By: "ann"})
		})
	}
}

// clear ends the changes that nobody follows, as a person would on the platform.
func (w *world) clear() {
	for _, o := range w.sim.Orders(w.app.ID) {
		if !saeclient.ChangeOrderFinished(o.Status) {
			_, _ = w.client.AbortAndRollbackChangeOrder(w.t.Context(), &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: o.ID})
		}
	}
}

// whatever sends a command that may be refused, or come when the lane is gone.
func (w *world) whatever(at time.Duration, name string, c release.LaneCommand) {
	w.stage.at(at, func() { w.update(&answered{}, name, c) })
}
