package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestWatchdogRestoresWhatALostReleaseHeld loses a release while its change runs:
// the order ends by itself, and only then the rules are put back and the next one begins.
func TestWatchdogRestoresWhatALostReleaseHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lose[release.WorkflowID("r-1")] = 1100 * time.Millisecond
	w.send(0, "r-1", w.spec(release.Strategy{}))
	w.send(time.Second, "r-2", w.spec(release.Strategy{}))
	w.at(10*time.Second, func() {
		require.NotNil(t, w.lane().Running, "%v", w.lane().Held)
		require.Equal(t, "r-1", w.lane().Running.ReleaseID, "its place is not free yet")
		require.Equal(t, map[string]bool{"daily": false, "night": false}, w.rules())
	})
	w.runLane()

	told := w.told("r-1", release.EventAttention)
	require.Len(t, told, 1)
	require.Equal(t, release.PhaseNeedsAttention, told[0].Progress.Outcome)
	require.Equal(t, "release was lost (terminated); scaling rules restored: daily", told[0].Progress.Reason)
	require.Len(t, told[0].Progress.ScalingRules, 1)
	require.True(t, told[0].Progress.ScalingRules[0].Restored)
	require.Nil(t, told[0].Progress.Awaiting)
	w.requireEnded("r-2", release.PhaseSucceeded, "")
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, w.orders())
	require.Greater(t, w.progressOf("r-2").StartedAt.Sub(told[0].Progress.StartedAt), time.Minute,
		"a call that was under way has a minute to act")
	w.requireRulesAsBefore()
}

// TestWatchdog_LostReleaseWithAParkedOrderHoldsTheLane: nobody knows what was meant to become of
// the change.
func TestWatchdog_LostReleaseWithAParkedOrderHoldsTheLane(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{
		"lost while parked": time.Hour, "lost while the first batch is in progress": 1100 * time.Millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.lose[release.WorkflowID("r-1")] = after
			w.send(0, "r-1", w.spec(gray()))
			w.send(time.Second, "r-2", w.spec(release.Strategy{}))
			w.at(after+5*time.Minute, func() {
				state := w.lane()
				require.Nil(t, state.Running)
				require.Equal(t, []string{"r-2"}, ids(state.Waiting))
				require.Equal(t, "slipway", state.Held.By)
				require.Equal(t, "r-1", state.Held.ReleaseID)
				require.Contains(t, state.Held.Reason, "release r-1: release was lost (terminated); change "+w.sim.Orders(w.app.ID)[1].ID)
				require.Contains(t, state.Held.Reason, "of the release is awaiting-confirm, and nobody follows it")
				require.Contains(t, state.Held.Reason, "scaling rules left off: daily")
				require.Len(t, w.told("r-1", release.EventAttention), 1)
				require.Len(t, w.orders(), 1)
			})
			w.command(24*time.Hour-time.Minute, release.UpdateDrop, release.LaneCommand{By: "ann", ReleaseID: "r-2"})
			w.command(24*time.Hour-time.Second, release.UpdateResume, release.LaneCommand{By: "ann"})
			w.runLane()
		})
	}
}

func TestWatchdog_LostReleaseThatHadTouchedNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.spec(gray()))
	w.lose[release.WorkflowID("r-2")] = time.Minute
	w.send(time.Second, "r-2", w.spec(release.Strategy{}))
	w.at(time.Hour, func() {
		state := w.lane()
		require.Empty(t, state.Waiting)
		require.Nil(t, state.Held)
		require.Equal(t, "release was lost (terminated)", w.told("r-2", release.EventAttention)[0].Progress.Reason)
	})
	w.abortRelease(2*time.Hour, "r-1")
	w.runLane()
}

// TestWatchdogThatIsLostHoldsTheLane: what nobody could look after, a person must.
func TestWatchdogThatIsLostHoldsTheLane(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lose[release.WorkflowID("r-1")] = 1100 * time.Millisecond
	w.lose[release.WatchdogID("r-1")] = time.Second
	w.send(0, "r-1", w.spec(release.Strategy{}))
	w.at(time.Hour, func() {
		require.Contains(t, w.lane().Held.Reason, "it was lost, and so was its watchdog")
	})
	w.command(2*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runLane()
}

// watched runs a watchdog alone on a release that was lost while its application stood as
// told.
func (w *world) watched(p release.Progress) release.WatchdogResult {
	w.t.Helper()
	p.ReleaseID, p.App = "r-1", w.app
	w.endings[release.WorkflowID("r-1")] = release.Ending{Lost: "terminated"}
	w.shown[release.WorkflowID("r-1")] = func() (release.Progress, error) { return p, nil }
	w.env.ExecuteWorkflow(release.WorkflowWatchdog, release.WatchdogRequest{ReleaseID: "r-1", App: w.app})
	w.requireOver()
	var result release.WatchdogResult
	require.NoError(w.t, w.env.GetWorkflowResult(&result))
	return result
}

// held is a release that was lost while it held the rule daily, which is off.
func (w *world) held() release.Progress {
	w.t.Helper()
	_, err := w.client.DisableApplicationScalingRule(w.t.Context(), &saeclient.DisableApplicationScalingRuleInput{AppID: w.app.ID, ScalingRuleName: "daily"})
	require.NoError(w.t, err)
	return release.Progress{
		Phase: release.PhaseRollingOut, Artifact: release.Artifact{Image: newImage}, ScalingRules: []release.HeldRule{{Name: "daily"}},
	}
}

func TestWatchdogFindsNothingToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	result := w.watched(release.Progress{Phase: release.PhasePreparing, Artifact: release.Artifact{Image: newImage}})
	require.Equal(t, release.WatchdogResult{Lost: "terminated"}, result)
	require.Len(t, w.told("r-1", release.EventAttention), 1, "the world is told all the same")
}

// TestWatchdogWaitsForOrdersOfOthers: a rule cannot be switched meanwhile, and what runs
// may change.
func TestWatchdogWaitsForOrdersOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.held()
	w.deployByHand(saeclient.ReleaseAuto)
	result := w.watched(p)
	require.Equal(t, release.WatchdogResult{Lost: "terminated", Restored: []string{"daily"}}, result)
	require.Greater(t, w.env.Now().Sub(w.started()), 30*time.Minute)
	require.True(t, w.rules()["daily"])
}

func TestWatchdogDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.SetWorkflowRunTimeout(48 * time.Hour)
	p := w.held()
	w.deployByHand(saeclient.ReleaseManual)
	result := w.watched(p)
	require.Empty(t, result.Restored)
	require.Contains(t, result.Left, "is unfinished: not within 24h; scaling rules left off: daily")
}

func TestWatchdog_CancelledWatchdogTellsWhatItLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.held()
	w.deployByHand(saeclient.ReleaseManual)
	w.at(time.Hour, w.env.CancelWorkflow)
	result := w.watched(p)
	require.Contains(t, result.Left, "is unfinished: the watchdog was cancelled; scaling rules left off: daily")
	require.Len(t, w.told("r-1", release.EventAttention), 1)
}

// TestWatchdogKnowsAnOrderByItsMarker: the release was lost before it knew its order.
func TestWatchdogKnowsAnOrderByItsMarker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.held()
	w.deployWith(saeclient.ReleaseManual, release.Token("r-1", "rollout")+" "+newImage)
	result := w.watched(p)
	require.Contains(t, result.Left, "of the release is awaiting-confirm, and nobody follows it")
	require.Less(t, w.env.Now().Sub(w.started()), time.Hour)
}

func TestWatchdogLeavesRulesOfMixedVersionsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.held()
	w.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	_, err := w.client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{AppID: w.app.ID, ImageURL: new(newImage)})
	require.NoError(t, err)
	result := w.watched(p)
	require.Empty(t, result.Restored)
	require.Contains(t, result.Left, "the application runs mixed versions")
	require.Contains(t, result.Left, "scaling rules left off: daily")
}

func TestWatchdogNamesWhatItCannotRestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.held()
	p.Traffic = &release.TrafficState{Applied: true}
	p.ScalingRules = append(p.ScalingRules, release.HeldRule{Name: "gone"})
	w.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "EnableApplicationScalingRule", Code: "InvalidParameter.WithMessage", Status: 400, Count: -1})
	result := w.watched(p)
	require.Contains(t, result.Left, "scaling rules left off: daily")
	require.Contains(t, result.Left, "the traffic rule of the release may still be in force")
}

func TestWatchdogOfAReleaseNobodyKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.endings[release.WorkflowID("r-1")] = release.Ending{Lost: "there is no such workflow"}
	w.env.ExecuteWorkflow(release.WorkflowWatchdog, release.WatchdogRequest{ReleaseID: "r-1", App: w.app})
	w.requireOver()
	var result release.WatchdogResult
	require.NoError(t, w.env.GetWorkflowResult(&result))
	require.Equal(t, "its last progress cannot be read (no such workflow; not in the ledger): look at its change and at the scaling rules", result.Left)
	require.Len(t, w.told("r-1", release.EventAttention), 1)
}

// TestWatchdogOfAReleaseLostOnItsLastSteps tells the outcome that the release had come to.
func TestWatchdogOfAReleaseLostOnItsLastSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.held()
	p.Phase, p.Outcome, p.ScalingRules[0].Restored = release.PhaseAborted, release.PhaseAborted, true
	w.watched(p)
	require.Len(t, w.told("r-1", release.EventAborted), 1)
	require.Empty(t, w.told("r-1", release.EventAttention))
}

// TestWatchdog_TheNumberOfALoss: the stream drops what the release itself has told.
func TestWatchdog_TheNumberOfALoss(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		last release.Progress
		want string
	}{
		"under way: the next one":          {release.Progress{Transition: 4, Phase: release.PhaseRollingOut}, "r-1.5.attention"},
		"ended: the same":                  {release.Progress{Transition: 4, Phase: release.PhaseAborted, Outcome: release.PhaseAborted}, "r-1.4.aborted"},
		"nothing is known: one of its own": {release.Progress{}, "r-1.0.attention"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.watched(c.last)
			require.Len(t, w.events, 1)
			require.Equal(t, c.want, w.events[0].ID)
		})
	}
}

// TestWatchdogByHand looks after a release that has ended by itself and left a rule off.
func TestWatchdogByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.held()
	p.ReleaseID, p.App, p.Phase, p.Outcome = "r-1", w.app, release.PhaseNeedsAttention, release.PhaseNeedsAttention
	w.at(time.Hour, func() { w.end(release.WorkflowID("r-1"), release.Ending{Progress: p}) })
	w.env.ExecuteWorkflow(release.WorkflowWatchdog, release.WatchdogRequest{ReleaseID: "r-1", App: w.app})
	w.requireOver()
	var result release.WatchdogResult
	require.NoError(t, w.env.GetWorkflowResult(&result))
	require.Equal(t, release.WatchdogResult{Restored: []string{"daily"}}, result)
	require.GreaterOrEqual(t, w.env.Now().Sub(w.started()), time.Hour, "it waits for the end of the release")
	require.True(t, w.rules()["daily"])
	require.Empty(t, w.told("r-1", release.EventAttention), "the release has told its end itself")
}

func TestWatchdogRefusesWrongInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.ExecuteWorkflow(release.WorkflowWatchdog, release.WatchdogRequest{App: w.app})
	require.ErrorContains(t, w.env.GetWorkflowError(), "releaseId: must be the release ID")
	w = newWorld(t)
	w.env.ExecuteWorkflow(release.WorkflowWatchdog, release.WatchdogRequest{ReleaseID: "r-1"})
	require.ErrorContains(t, w.env.GetWorkflowError(), "app.id")
}

// handDescription tells the orders that a test begins by hand, and handImage is what they bring.
const (
	handDescription = "by hand"
	handImage       = "registry.example/shop:by-hand"
)

// deployByHand begins a change of two batches past Slipway.
func (s *stage) deployByHand(releaseType string) { s.deployWith(releaseType, handDescription) }

func (s *stage) deployWith(releaseType, description string) {
	s.t.Helper()
	batches := &saeclient.BatchUpdate{Batch: 2, ReleaseType: releaseType}
	if releaseType == saeclient.ReleaseAuto {
		batches.BatchWaitTime = new(30)
	}
	_, err := s.client.DeployApplication(s.t.Context(), &saeclient.DeployApplicationInput{
		AppID: s.app.ID, ImageURL: new(newImage), ChangeOrderDesc: &description,
		UpdateStrategy: &saeclient.UpdateStrategy{Type: saeclient.StrategyBatch, BatchUpdate: batches},
	})
	require.NoError(s.t, err)
}

// started is when the stage was set.
func (w *world) started() time.Time { return time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC) }

func TestWatchdog_ALostReleaseShowsNothingRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.held()
	p.Batches = []release.Batch{
		{Number: 1, Instances: 2, State: release.BatchDone}, {Number: 2, Instances: 3, State: release.BatchRunning, StartedAt: w.env.Now()},
	}
	p.Stalled, p.Transition = &release.Stall{Doing: "Observe", Failure: "x"}, 4
	w.watched(p)
	told := w.told("r-1", release.EventAttention)[0].Progress
	require.Nil(t, told.Stalled)
	require.Equal(t, release.BatchDone, told.Batches[0].State)
	require.Equal(t, release.BatchAborted, told.Batches[1].State)
}
