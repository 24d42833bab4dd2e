package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestRestore_RulesAreRecordedBeforeTheFirstChange is R13: a worker dies between two calls that
// switch rules off, and a freeze begins.
func TestRestore_RulesAreRecordedBeforeTheFirstChange(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"freeze ends", "abort"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			_, err := s.client.EnableApplicationScalingRule(t.Context(), &saeclient.EnableApplicationScalingRuleInput{AppID: s.app.ID, ScalingRuleName: "night"})
			require.NoError(t, err)
			s.sim.ResetCalls()
			died := false
			s.death.strikes = func() bool {
				if died || s.sim.Calls().Operations["DisableApplicationScalingRule"] != 1 {
					return false
				}
				died = true
				s.freeze(stopped())
				return true
			}
			s.awaiting(30*time.Minute, release.PhasePaused, release.AwaitFreeze)
			if how == "freeze ends" {
				s.at(time.Hour, func() { s.freeze(release.Calendar{}) })
			} else {
				s.abort(time.Hour)
			}
			p := s.run(s.spec(release.Strategy{}))
			require.True(t, died)
			require.Equal(t, map[string]release.Phase{"freeze ends": release.PhaseSucceeded, "abort": release.PhaseAborted}[how], p.Outcome, p.Reason)
			require.Equal(t, map[string]bool{"daily": true, "night": true}, s.rules(), "every rule that was on is on")
			require.Len(t, p.ScalingRules, 2)
		})
	}
}

// TestRestore_RulesThatSomebodySwitchesWhileNothingWasChangedAreTheirs is the other side of R13:
// what is restored is what was on right before the first change of the release's own.
func TestRestore_RulesThatSomebodySwitchesWhileNothingWasChangedAreTheirs(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.freeze(stopped())
	s.at(time.Hour, func() {
		_, err := s.client.DisableApplicationScalingRule(t.Context(), &saeclient.DisableApplicationScalingRuleInput{AppID: s.app.ID, ScalingRuleName: "daily"})
		require.NoError(t, err)
		s.freeze(release.Calendar{})
	})
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, map[string]bool{"daily": false, "night": false}, s.rules())
}

// TestRestore_ARuleIsShownSuspendedOnlyWhileItIsOff is R17: no state is shown that is not true.
func TestRestore_ARuleIsShownSuspendedOnlyWhileItIsOff(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.freeze(stopped())
	s.at(30*time.Minute, func() {
		require.False(t, s.progress().ScalingRules[0].Suspended)
		s.freeze(release.Calendar{})
	})
	s.at(time.Hour, func() {
		require.True(t, s.progress().ScalingRules[0].Suspended)
		require.False(t, s.progress().ScalingRules[0].Restored)
	})
	s.abort(2 * time.Hour)
	p := s.run(s.spec(gray()))
	require.True(t, p.ScalingRules[0].Restored)
}

// TestRestore_TheTrafficRuleIsRecordedBeforeItIsReplaced is R13 and R20: a freeze or pause falls
// between the traffic rule and the change.
func TestRestore_TheTrafficRuleIsRecordedBeforeItIsReplaced(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"freeze", "pause"} {
		for _, own := range []bool{true, false} {
			t.Run(how, func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				want := map[string]string{}
				call := "CreateGreyTagRoute"
				if own {
					s.ownRule()
					want, call = s.routes(), "UpdateGreyTagRoute"
				}
				s.before(call, func() {
					if how == "freeze" {
						s.freeze(stopped())
						return
					}
					s.at(0, func() { s.env.SignalWorkflow(string(release.CommandPause), release.Command{By: "ann"}) })
				})
				s.at(30*time.Minute, func() { require.Equal(t, release.PhasePaused, s.progress().Phase) })
				s.at(time.Hour, func() { s.freeze(release.Calendar{}) })
				if how == "pause" {
					s.say(time.Hour, release.Command{Kind: release.CommandResume})
				}
				s.confirm(2*time.Hour, 1)
				s.confirm(3*time.Hour, 2)
				spec := s.spec(gray())
				spec.Traffic = canary()
				p := s.run(spec)
				require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
				require.True(t, p.Traffic.Cleared)
				require.Equal(t, want, s.routes())
			})
		}
	}
}

// TestRestore_TheVersionToReturnToIsWhatRanRightBefore is R13: a hotfix is begun by hand between
// the reading of the application and the release's own order, which fails.
func TestRestore_TheVersionToReturnToIsWhatRanRightBefore(t *testing.T) {
	t.Parallel()
	const hotfix = "registry.example/shop:hotfix"
	s := newStage(t)
	s.before("DisableApplicationScalingRule", func() {
		_, err := s.client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
			AppID: s.app.ID, ImageURL: new(hotfix), ChangeOrderDesc: new(handDescription), AutoEnableApplicationScalingRule: new(true),
		})
		require.NoError(t, err)
		_, err = s.sim.Advance(time.Minute) // it has ended when the release's own order is sent
		require.NoError(t, err)
		s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	})
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, hotfix, p.RollbackTo.Artifact.Image)
	require.Equal(t, hotfix, s.configured())
	s.requireRulesAsBefore()
}

// TestRestore_SwitchingForATimeWaitsForAnOrder is R1 and R6: the time of a switching ends while a
// change is parked.
func TestRestore_SwitchingForATimeWaitsForAnOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(10*time.Minute, s.foreignOrder)
	began := s.env.Now()
	query := func() (shown release.ToggleResult) {
		value, err := s.env.QueryWorkflow(release.QueryToggle)
		require.NoError(t, err)
		require.NoError(t, value.Get(&shown))
		return shown
	}
	s.at(5*time.Minute, func() {
		require.WithinDuration(t, began.Add(30*time.Minute), query().Until, time.Minute)
		require.Equal(t, []string{"daily"}, query().Switched)
	})
	s.at(3*time.Hour, func() {
		shown := query()
		require.Contains(t, shown.Waiting, "begun elsewhere")
		require.False(t, s.rules()["daily"])
	})
	s.at(5*time.Hour, s.abortForeign)
	s.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, release.ToggleRequest{
		App: s.app, Names: []string{"daily"}, For: release.Duration(30 * time.Minute), By: "ann",
	})
	require.True(t, s.env.IsWorkflowCompleted())
	require.NoError(t, s.env.GetWorkflowError())
	var result release.ToggleResult
	require.NoError(t, s.env.GetWorkflowResult(&result))
	require.True(t, result.SwitchedBack)
	s.requireRulesAsBefore()
}

// TestRestore_PuttingBackHasItsOwnTime lets a release last for days after an answer was lost at its
// beginning: the time for putting back begins when there is something to put back.
func TestRestore_PuttingBackHasItsOwnTime(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "DeployApplication"})
	s.confirm(20*time.Hour, 1)
	s.confirm(40*time.Hour, 2)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Len(t, s.orders(), 1)
	s.requireRulesAsBefore()
}

// TestRestore_SwitchingWaitsForAnOrderThatHasSwitchedItself is R1: while somebody's order runs, the
// platform has switched the rules off for it, which says nothing of the rules.
func TestRestore_SwitchingWaitsForAnOrderThatHasSwitchedItself(t *testing.T) {
	t.Parallel()
	for _, enable := range []bool{true, false} {
		for _, d := range []time.Duration{0, time.Hour} {
			s := newStage(t)
			s.beginByHand(5)
			s.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, release.ToggleRequest{App: s.app, Enable: enable, For: release.Duration(d), By: "ann"})
			require.NoError(t, s.env.GetWorkflowError())
			if d > 0 {
				s.requireRulesAsBefore()
			} else {
				require.Equal(t, map[string]bool{"daily": enable, "night": enable}, s.rules())
			}
		}
	}
}

// TestRestore_PuttingBackAfterALongWayBack has its own day, too.
func TestRestore_PuttingBackAfterALongWayBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	s.fault(saesim.Fault{Kind: saesim.FaultApproval, Operation: "RollbackApplication"})
	s.at(23*time.Hour+50*time.Minute, func() {
		s.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "EnableApplicationScalingRule", Code: saeclient.CodeSystemUpgrading, Count: -1})
		orders := s.sim.Orders(s.app.ID)
		require.NoError(t, s.sim.Approve(orders[len(orders)-1].ID))
	})
	s.at(25*time.Hour, func() { require.NoError(t, s.sim.ClearFaults()) })
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	s.requireRulesAsBefore()
}

// TestRestore_ARollbackThatNeverBeginsIsNotTakenForOne whose answers are all lost for a day.
func TestRestore_ARollbackThatNeverBeginsIsNotTakenForOne(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	s.fault(saesim.Fault{Kind: saesim.FaultDropBefore, Operation: "RollbackApplication", Count: -1})
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "not rolled back")
	require.Equal(t, []string{saeclient.CoTypeDeploy}, s.orders())
}

// beginByHand begins a change by hand; see [changeByHand].
func (s *stage) beginByHand(minutes int) {
	changeByHand(s.t.Context(), s.client, s.app.ID, minutes)
}

// changeByHand begins a change by hand, unless the platform refuses. It is done after
// a pause of some minutes between its two batches, as long as nothing fails.
func changeByHand(ctx context.Context, client *saeclient.Client, app string, minutes int) {
	_, _ = client.DeployApplication(ctx, &saeclient.DeployApplicationInput{
		AppID: app, ImageURL: new(handImage), ChangeOrderDesc: new(handDescription),
		AutoEnableApplicationScalingRule: new(true),
		UpdateStrategy: &saeclient.UpdateStrategy{
			Type: saeclient.StrategyBatch, BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: saeclient.ReleaseAuto, BatchWaitTime: &minutes},
		},
	})
}
