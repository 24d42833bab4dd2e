package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
)

// brings is a release at once of an image, which may be watched.
func (w *world) brings(image string, watch release.Duration) release.Spec {
	spec := w.spec(release.Strategy{})
	spec.Artifact.Image = image
	if watch > 0 {
		spec.Strategy.Watch = &release.Watch{For: watch}
	}
	return spec
}

const thirdImage = "registry.example/shop:3"

// TestWatchLane_TheNextReleaseEndsTheWatch lets one come in the middle of a watch, and others behind it.
func TestWatchLane_TheNextReleaseEndsTheWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.brings(newImage, 168*hour))
	w.send(time.Hour, "r-2", w.brings(thirdImage, 168*hour))
	w.send(2*time.Hour, "r-3", w.brings(newImage, hour))
	w.runLane()
	w.requireEnded("r-1", release.PhaseSucceeded, "the watch was ended, because release r-2 of test waits")
	w.requireEnded("r-2", release.PhaseSucceeded, "because release r-3 of test waits")
	w.requireEnded("r-3", release.PhaseSucceeded, "")
	require.Less(t, w.progressOf("r-2").StartedAt.Sub(w.started()), time.Hour+time.Minute, "it does not wait for the end")
	require.Empty(t, w.progressOf("r-3").Reason, "it was watched to its end")
	require.Equal(t, []string{"r-1", "r-2", "r-3"}, w.order())
	w.requireOneAtATime()
	w.requireRulesAsBefore()
}

// TestWatchLane_OneThatWaitsBeforeTheWatchEndsItAtOnce: the watch is over as soon as it begins.
func TestWatchLane_OneThatWaitsBeforeTheWatchEndsItAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	watched := w.spec(gray())
	watched.Strategy.Watch = &release.Watch{For: hour}
	w.send(0, "r-1", watched)
	w.send(time.Minute, "r-2", w.brings(thirdImage, 0))
	w.tell(time.Hour, "r-1", release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"})
	w.tell(2*time.Hour, "r-1", release.Command{Kind: release.CommandConfirm, Batch: 2, By: "ann"})
	w.runLane()
	w.requireEnded("r-1", release.PhaseSucceeded, "because release r-2 of test waits")
	w.requireEnded("r-2", release.PhaseSucceeded, "")
	require.Less(t, w.progressOf("r-1").EndedAt.Sub(w.started()), 2*time.Hour+time.Minute)
	require.Len(t, w.told("r-1", release.EventWatching), 1)
}

// TestWatchLane_OneThatPreemptsAbortsNothingThatIsWatched, neither in the watch nor before it.
func TestWatchLane_OneThatPreemptsAbortsNothingThatIsWatched(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]time.Duration{"in the watch": time.Hour, "while the last batch runs": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.send(0, "r-1", w.brings(newImage, 168*hour))
			hotfix := w.brings(thirdImage, 0)
			hotfix.Lane.Preempt = true
			w.send(at, "r-2", hotfix)
			w.runLane()
			w.requireEnded("r-1", release.PhaseSucceeded, "because release r-2 of test waits")
			w.requireEnded("r-2", release.PhaseSucceeded, "")
			require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, w.orders(), "nothing was rolled back")
			require.NotEmpty(t, w.progressOf("r-1").Decisions[0].Refused)
		})
	}
}

// TestWatchLane_AHeldLaneLetsTheWatchGoOn, and so does one whose next release has left.
func TestWatchLane_AHeldLaneLetsTheWatchGoOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		resumed bool
		reason  string
		ends    time.Duration
	}{
		"to its end":           {false, "", 5 * time.Hour},
		"until it is resumed":  {true, "because release r-2 of test waits", 3 * time.Hour},
		"the next one is gone": {true, "", 5 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.send(0, "r-1", w.brings(newImage, 5*hour))
			w.command(time.Hour, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "audit"})
			w.send(2*time.Hour, "r-2", w.brings(thirdImage, 0))
			if c.ends == 5*time.Hour && c.resumed {
				w.command(150*time.Minute, release.UpdateDrop, release.LaneCommand{By: "ann", ReleaseID: "r-2"})
			}
			if c.resumed {
				w.command(3*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
			} else {
				w.command(8*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
			}
			w.runLane()
			p := w.progressOf("r-1")
			w.requireEnded("r-1", release.PhaseSucceeded, c.reason)
			require.InDelta(t, c.ends.Hours(), p.EndedAt.Sub(w.started()).Hours(), 0.1)
		})
	}
}

// TestWatchLane_AHoldThatComesInAFreezeIsHeeded: the next one could begin when the watch heard of it, and
// cannot any more when the freeze ends.
func TestWatchLane_AHoldThatComesInAFreezeIsHeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.brings(newImage, 10*hour))
	w.at(30*time.Minute, func() { w.freeze(stopped()) })
	w.send(time.Hour, "r-2", w.brings(thirdImage, 0))
	w.command(2*time.Hour, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "audit"})
	w.at(3*time.Hour, func() { w.freeze(release.Calendar{}) })
	w.command(4*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runLane()
	w.requireEnded("r-1", release.PhaseSucceeded, "because release r-2 of test waits")
	require.InDelta(t, 4, w.progressOf("r-1").EndedAt.Sub(w.started()).Hours(), 0.1)
}

// TestWatchLane_AFreezeLetsTheWatchGoOn: the next release would only wait in it.
func TestWatchLane_AFreezeLetsTheWatchGoOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		override string
		ends     time.Duration
	}{
		"until it ends":                    {"", 4 * time.Hour},
		"but not where the next overrides": {"orders are lost", time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.send(0, "r-1", w.brings(newImage, 10*hour))
			w.at(30*time.Minute, func() { w.freeze(stopped()) })
			next := w.brings(thirdImage, 0)
			next.Freeze.Override = c.override
			w.send(time.Hour, "r-2", next)
			if c.override == "" {
				w.at(2*time.Hour, func() {
					p := w.progressOf("r-1")
					require.Equal(t, release.PhaseWatching, p.Phase)
					require.Equal(t, "release r-2 of test waits, and would be held by freeze line: incident 7", p.Reason)
				})
				w.at(4*time.Hour, func() { w.freeze(release.Calendar{}) })
			}
			w.runLane()
			w.requireEnded("r-1", release.PhaseSucceeded, "because release r-2 of test waits")
			require.InDelta(t, c.ends.Hours(), w.progressOf("r-1").EndedAt.Sub(w.started()).Hours(), 0.1)
		})
	}
}

// TestWatchLane_WhatIsRolledBackInItsWatchIsDenied as any other.
func TestWatchLane_WhatIsRolledBackInItsWatchIsDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.brings(newImage, 10*hour))
	w.tell(time.Hour, "r-1", release.Command{Kind: release.CommandRollback, By: "ann"})
	again := w.send(2*time.Hour, "r-2", w.brings(newImage, 0))
	w.command(3*time.Hour, release.UpdateAllow, release.LaneCommand{By: "ann"})
	w.runLane()
	w.requireEnded("r-1", release.PhaseRolledBack, "rolled back by ann")
	require.Equal(t, release.StandingRefused, again.receipt.Standing)
	require.Equal(t, oldImage, w.configured())
	w.requireRulesAsBefore()
}

// TestWatchLane_ALaneThatContinuesAsNewTellsItToo: the release is no child of the run that has the next one.
func TestWatchLane_ALaneThatContinuesAsNewTellsItToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.remembering(1)
	w.send(time.Second, "r-1", w.brings(newImage, 168*hour))
	w.command(time.Hour, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "audit"})
	w.send(2*time.Hour, "r-2", w.brings(thirdImage, 0))
	w.command(3*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.forget(5 * time.Hour)
	w.runContinuing(in)
	w.requireEnded("r-1", release.PhaseSucceeded, "because release r-2 of test waits")
	require.InDelta(t, 3, w.progressOf("r-1").EndedAt.Sub(w.started()).Hours(), 0.1)
}

// TestWatchLane_AWatchThatIsLostHoldsNothing (R15, R19): the version does not count as good, and the lane is
// not held.
func TestWatchLane_AWatchThatIsLostHoldsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lose[release.WorkflowID("r-1")] = time.Hour
	w.send(0, "r-1", w.brings(newImage, 168*hour))
	w.runLane()
	told := w.told("r-1", release.EventAttention)
	require.Len(t, told, 1)
	require.Equal(t, "release was lost (terminated, while its new version was watched, which does not count as good)", told[0].Progress.Reason)
	require.Len(t, w.settled, 1)
	require.NotEqual(t, release.PhaseSucceeded, w.settled[0].Progress.Outcome)
	w.requireRulesAsBefore()
}

// TestWatchLane_AResetReleaseWatchesOnceMore: its change has ended by then, and the ledger knows what it had
// put back.
func TestWatchLane_AResetReleaseWatchesOnceMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		say     release.Command
		outcome release.Phase
		runs    string
		orders  int
	}{
		"to the end": {release.Command{}, release.PhaseSucceeded, newImage, 1},
		"aborted":    {release.Command{Kind: release.CommandAbort}, release.PhaseAborted, oldImage, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			before := s.version(oldImage)
			s.recalled = map[string]release.Progress{"r-test": {
				Phase: release.PhaseWatching, RollbackTo: &before, ScalingRules: []release.HeldRule{{Name: "daily", Suspended: true, Restored: true}},
			}}
			s.deployWith(saeclient.ReleaseAuto, release.Token("r-test", string(release.StepRollout))+" "+newImage)
			s.at(time.Hour, func() { s.env.SignalWorkflow(release.SignalProceed, release.Turn{}) })
			if c.say.Kind != "" {
				s.say(2*time.Hour, c.say)
			}
			spec := s.watched(5 * hour).WithDefaults()
			s.env.ExecuteWorkflow(spec.Workflow(), release.Request{ID: "r-test", Spec: spec, Queued: true})
			p := s.result()
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Equal(t, c.runs, s.configured())
			require.Len(t, s.orders(), c.orders)
			s.requireRulesAsBefore()
		})
	}
}

// version is the version of an image, which the platform keeps once another one was released.
func (s *stage) version(image string) release.Version {
	s.t.Helper()
	out, err := s.client.ListAppVersions(s.t.Context(), &saeclient.ListAppVersionsInput{AppID: &s.app.ID})
	require.NoError(s.t, err)
	for _, v := range out.Data {
		if v.WarURL == image {
			return release.Version{ID: v.ID, Artifact: release.Artifact{Image: image}}
		}
	}
	require.Fail(s.t, "there is no such version", image)
	return release.Version{}
}

// TestWatchSet_AWaveEndsWhenItsWatchesHave lets one of two releases of the first wave be watched.
func TestWatchSet_AWaveEndsWhenItsWatchesHave(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "prices", "shop")
	watched := m.member("stock", release.Strategy{Watch: &release.Watch{For: 3 * hour}})
	p := m.runSet(release.Set{Waves: []release.Wave{
		{Name: "first", Confirm: release.ConfirmAuto, Releases: []release.SetRelease{watched, m.member("prices", release.Strategy{})}}, m.wave("shop"),
	}})
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.GreaterOrEqual(t, p.Waves[1].Releases[0].Run.StartedAt.Sub(p.StartedAt), 3*time.Hour)
}

// TestWatchSet_AnAbortRollsBackWhatIsWatched: its set is not over before it.
func TestWatchSet_AnAbortRollsBackWhatIsWatched(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "shop")
	watched := m.member("stock", release.Strategy{Watch: &release.Watch{For: 30 * hour}})
	m.saySet(time.Hour, release.Command{Kind: release.CommandAbort, AtSafePoint: true})
	p := m.runSet(release.Set{Waves: []release.Wave{{Name: "first", Confirm: release.ConfirmAuto, Releases: []release.SetRelease{watched}}, m.wave("shop")}})
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Equal(t, phasesOf{"stock": "Aborted", "shop": ""}, outcomes(p))
	require.Equal(t, oldImage, m.runs("stock"))
}
