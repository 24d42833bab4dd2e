package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

func (s *stage) rollback(version string) release.Spec {
	return release.Spec{App: s.app, Operation: release.OperationRollback, Version: version, RequestedBy: "ann"}
}

func TestOperations_RollbackToTheLastGoodVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.released()
	p := s.run(s.rollback(""))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, oldImage, p.Artifact.Image)
	require.Equal(t, newImage, p.RollbackTo.Artifact.Image, "should the rollback fail, what ran before comes back")
	require.Equal(t, oldImage, s.configured())
	s.requireRulesAsBefore()
}

// TestOperations_RollbackAsksTheLedgerWhatIsGood: not for the newest version of the platform, which was
// aborted (R19).
func TestOperations_RollbackAsksTheLedgerWhatIsGood(t *testing.T) {
	t.Parallel()
	const aborted, latest = "registry.example/shop:aborted", "registry.example/shop:4"
	for name, c := range map[string]struct {
		judged release.Judged
		want   string
	}{
		"one that a release has succeeded with": {release.Judged{Good: []release.Version{{Artifact: release.Artifact{Image: latest}}, {Artifact: release.Artifact{Image: oldImage}}}, Bad: []release.Version{{Artifact: release.Artifact{Image: aborted}}}}, oldImage},
		"none is known, but a bad one":          {release.Judged{Bad: []release.Version{{Artifact: release.Artifact{Image: aborted}}}}, newImage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.released()
			for _, image := range []string{aborted, latest} {
				_, err := s.sim.BeginConsoleOrder(s.app.ID, saesim.ConsoleRelease{Image: image})
				require.NoError(t, err)
				_, err = s.sim.Advance(time.Hour)
				require.NoError(t, err)
			}
			s.judged = c.judged
			p := s.run(s.rollback(""))
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
			require.Equal(t, c.want, s.configured())
		})
	}
}

func TestOperations_RollbackAvoidsWhatIsKnownToBeBad(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.released()
	spec := s.rollback("").WithDefaults()
	s.env.ExecuteWorkflow(spec.Workflow(), release.Request{
		ID: "r-test", Spec: spec, Avoid: []release.Version{{Artifact: release.Artifact{Image: oldImage}}},
	})
	p := s.result()
	require.Equal(t, release.PhaseFailed, p.Outcome)
	require.Contains(t, p.Reason, "nothing was changed")
	require.Len(t, s.orders(), 1, "only the deployment before")
}

func TestOperations_RollbackByBatches(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	versions := s.released()
	spec := s.rollback(versions[0])
	spec.Strategy = gray()
	s.confirm(time.Hour, 1)
	s.confirm(2*time.Hour, 2)
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []release.BatchState{release.BatchConfirmed, release.BatchConfirmed, release.BatchDone}, states(p))
	require.Equal(t, oldImage, s.configured())
	s.requireRulesAsBefore()
}

func TestOperations_RollbackByBatchesAbortedWhileParked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	versions := s.released()
	spec := s.rollback(versions[0])
	spec.Strategy = gray()
	s.abort(time.Hour)
	p := s.run(spec)
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Equal(t, newImage, s.configured(), "what ran before the rollback")
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, s.orders())
	s.requireRulesAsBefore()
}

func TestOperations_RollbackIsRefusedBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	t.Run("the version runs already", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		versions := s.released()
		p := s.run(s.rollback(versions[1]))
		require.Equal(t, release.PhaseFailed, p.Outcome)
		require.Contains(t, p.Reason, "runs version "+versions[1]+" already; nothing was changed")
		require.Len(t, s.orders(), 1)
		s.requireRulesAsBefore()
	})
	t.Run("the version is gone", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		versions := s.released()
		require.NoError(t, s.sim.DeleteVersion(s.app.ID, versions[0]))
		p := s.run(s.rollback(versions[0]))
		require.Equal(t, release.PhaseFailed, p.Outcome)
		require.Contains(t, p.Reason, "nothing was changed")
		require.Len(t, s.orders(), 1)
	})
	t.Run("the platform does not support it", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.fault(saesim.Fault{Kind: saesim.FaultNoRollback})
		versions := s.released()
		p := s.run(s.rollback(versions[0]))
		require.Equal(t, release.PhaseFailed, p.Outcome)
		require.Contains(t, p.Reason, "cannot be rolled back")
		require.Contains(t, p.Reason, "nothing was changed")
		require.Len(t, s.orders(), 1)
	})
}

func TestOperations_Restart(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"", "RestartApplication"} {
		t.Run("lost answer "+lost, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			if lost != "" {
				s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: lost})
			}
			p := s.run(release.Spec{App: s.app, Operation: release.OperationRestart})
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
			require.Equal(t, []string{saeclient.CoTypeRestartApplication}, s.orders())
			require.Equal(t, oldImage, p.Artifact.Image)
			s.requireRulesAsBefore()
		})
	}
}

func TestOperations_RestartThatFails(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	p := s.run(release.Spec{App: s.app, Operation: release.OperationRestart})
	require.Equal(t, release.PhaseFailed, p.Outcome, p.Reason)
	require.Equal(t, []string{saeclient.CoTypeRestartApplication}, s.orders(), "no version is rolled back")
	s.requireRulesAsBefore()
}

func TestOperations_Rescale(t *testing.T) {
	t.Parallel()
	tests := []struct {
		instances int
		order     string
	}{{8, saeclient.CoTypeScaleOut}, {2, saeclient.CoTypeScaleIn}}
	for _, tt := range tests {
		t.Run(tt.order, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "RescaleApplication"})
			p := s.run(release.Spec{App: s.app, Operation: release.OperationRescale, Instances: tt.instances})
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
			require.Equal(t, []string{tt.order}, s.orders())
			require.Equal(t, tt.instances, s.replicas())
			s.requireRulesAsBefore()
		})
	}
}

// The platform names no change where the application has that number already.
func TestOperations_RescaleToWhatThereIs(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.run(release.Spec{App: s.app, Operation: release.OperationRescale, Instances: s.replicas()})
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "instances already; nothing was changed")
	require.Empty(t, s.orders())
	s.requireRulesAsBefore()
}

// byHand begins a deployment in two batches at the platform's console.
func (s *stage) byHand(image string) string {
	s.t.Helper()
	_, err := s.sim.Advance(time.Minute) // so that what was switched off before was switched off earlier
	require.NoError(s.t, err)
	id, err := s.sim.BeginConsoleOrder(s.app.ID, saesim.ConsoleRelease{
		Image: image, Strategy: `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"}}`,
	})
	require.NoError(s.t, err)
	return id
}

func (s *stage) adopting(id string) release.Spec {
	spec := s.spec(release.Strategy{})
	spec.Adopt = id
	return spec
}

func TestOperations_AdoptionOfAChangeOrderBegunByHand(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.byHand(newImage)
	s.at(30*time.Minute, func() {
		p := s.progress()
		require.Equal(t, release.PhaseAwaitingConfirm, p.Phase)
		require.Equal(t, id, p.ChangeID)
		require.Len(t, p.Batches, 2)
	})
	s.confirm(time.Hour, 1)
	p := s.run(s.adopting(id))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, oldImage, p.RollbackTo.Artifact.Image)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, s.orders(), "none of its own")
	s.requireRulesAsBefore()
}

func TestOperations_AdoptedChangeOrderIsAborted(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.byHand(newImage)
	s.abort(time.Hour)
	p := s.run(s.adopting(id))
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Equal(t, oldImage, s.configured())
	s.requireRulesAsBefore()
}

func TestOperations_AdoptionOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.run(s.adopting("00000000-0000-0000-0000-000000000000"))
	require.Equal(t, release.PhaseFailed, p.Outcome)
	require.Contains(t, p.Reason, "nothing was changed")
	s.requireRulesAsBefore()
}

func TestOperations_TheRecordOfTheChangeOrderExpires(t *testing.T) {
	t.Parallel()
	t.Run("after it has ended", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.at(1500*time.Millisecond, func() { require.NoError(t, s.sim.ExpireOrder(s.progress().ChangeID)) })
		p := s.run(s.spec(release.Strategy{}))
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		require.Contains(t, p.Reason, "no longer knows the change; every instance runs the new version")
		s.requireRulesAsBefore()
	})
	t.Run("while it is parked", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.at(time.Hour, func() { require.NoError(t, s.sim.ExpireOrder(s.progress().ChangeID)) })
		p := s.run(s.spec(gray()))
		require.Equal(t, release.PhaseNeedsAttention, p.Outcome, p.Reason)
		require.Contains(t, p.Reason, "mixed versions")
		require.Contains(t, p.Reason, "scaling rules left off: daily")
	})
}

func TestOperations_TheChangeOrderIsReplacedByAnother(t *testing.T) {
	t.Parallel()
	t.Run("that brings something else", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.at(time.Hour, func() {
			_, err := s.sim.ReplaceOrder(s.progress().ChangeID, saesim.ConsoleRelease{Image: "registry.example/shop:by-hand"})
			require.NoError(t, err)
		})
		p := s.run(s.spec(gray()))
		require.Equal(t, release.PhaseFailed, p.Outcome, p.Reason)
		require.Contains(t, p.Reason, "was begun elsewhere")
		require.Contains(t, p.Reason, "runs registry.example/shop:by-hand")
		require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, s.orders(), "nobody fights over what runs")
		s.requireRulesAsBefore()
	})
	t.Run("that waits for a person in turn", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		replacement := ""
		s.at(time.Hour, func() {
			s.fault(saesim.Fault{Kind: saesim.FaultApproval})
			var err error
			replacement, err = s.sim.ReplaceOrder(s.progress().ChangeID, saesim.ConsoleRelease{Image: newImage})
			require.NoError(t, err)
		})
		s.at(2*time.Hour, func() {
			p := s.progress()
			require.NotNil(t, p.Awaiting, p.Reason)
			require.Equal(t, release.AwaitOtherChange, p.Awaiting.Kind)
			require.Contains(t, p.Reason, replacement)
			require.NoError(t, s.sim.Approve(replacement))
		})
		p := s.run(s.spec(gray()))
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		require.Equal(t, newImage, s.configured())
		s.requireRulesAsBefore()
	})
}

func TestOperations_WhatSomebodyDoesToAScalingRuleIsRespectedAndTold(t *testing.T) {
	t.Parallel()
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.at(time.Hour, func() {
			_, err := s.client.DeleteApplicationScalingRule(t.Context(), &saeclient.DeleteApplicationScalingRuleInput{AppID: s.app.ID, ScalingRuleName: "daily"})
			require.NoError(t, err)
		})
		s.abort(2 * time.Hour)
		p := s.run(s.spec(gray()))
		require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
		require.Contains(t, p.Reason, "scaling rule daily was deleted by somebody meanwhile")
		require.True(t, p.ScalingRules[0].Gone)
		require.Equal(t, map[string]bool{"night": false}, s.rules())
	})
	t.Run("changed", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.at(time.Hour, func() {
			_, err := s.client.UpdateApplicationScalingRule(t.Context(), &saeclient.UpdateApplicationScalingRuleInput{
				AppID: s.app.ID, ScalingRuleName: "daily",
				ScalingRuleTimer: &saeclient.ScalingRuleTimer{Period: "* * *", Schedules: []saeclient.ScalingSchedule{{AtTime: "09:00", TargetReplicas: 5}}},
			})
			require.NoError(t, err)
		})
		s.abort(2 * time.Hour)
		p := s.run(s.spec(gray()))
		require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
		require.Contains(t, p.Reason, "scaling rule daily was changed by somebody meanwhile")
		require.True(t, p.ScalingRules[0].Restored)
		s.requireRulesAsBefore()
	})
}

func TestOperations_ToggleSwitchesBack(t *testing.T) {
	t.Parallel()
	toggle := func(t *testing.T, s *stage) release.ToggleResult {
		t.Helper()
		s.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, release.ToggleRequest{App: s.app, For: release.Duration(8 * time.Hour), By: "ann"})
		require.NoError(t, s.env.GetWorkflowError())
		var result release.ToggleResult
		require.NoError(t, s.env.GetWorkflowResult(&result))
		return result
	}
	t.Run("when the time has passed", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.at(7*time.Hour, func() { require.Equal(t, map[string]bool{"daily": false, "night": false}, s.rules()) })
		result := toggle(t, s)
		require.Equal(t, []string{"daily"}, result.Switched, "a rule that was off stays off")
		require.True(t, result.SwitchedBack)
		s.requireRulesAsBefore()
	})
	t.Run("when it is cancelled", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.at(time.Hour, s.env.CancelWorkflow)
		s.at(2*time.Hour, func() { t.Error("it waits on") })
		require.True(t, toggle(t, s).SwitchedBack)
		s.requireRulesAsBefore()
	})
	t.Run("when it was reset after it had switched them", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		before := []release.ScalingRule{{Name: "daily", Enabled: true}, {Name: "night"}}
		s.switchOff()
		s.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, release.ToggleInput{
			ToggleRequest: release.ToggleRequest{App: s.app, For: release.Duration(8 * time.Hour), By: "ann"}, Before: before,
		})
		require.NoError(t, s.env.GetWorkflowError())
		s.requireRulesAsBefore()
	})
	t.Run("cancelled before it has switched any", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.at(0, s.env.CancelWorkflow)
		require.Empty(t, toggle(t, s).Switched)
		s.requireRulesAsBefore()
	})
}

func TestOperations_ARefusedReleaseEndsAtOnceAndIsTold(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	spec := s.spec(release.Strategy{}).WithDefaults()
	s.env.ExecuteWorkflow(spec.Workflow(), release.Request{ID: "r-test", Spec: spec, Refused: "the lane is busy"})
	p := s.result()
	require.Equal(t, release.PhaseFailed, p.Outcome)
	require.Equal(t, "refused: the lane is busy; nothing was changed", p.Reason)
	require.Equal(t, []release.EventKind{release.EventFailed}, s.kinds())
	require.Empty(t, s.orders())
}

// TestOperations_ARescaleThatWasBrokenOffSaysWhatItLeaves: nothing puts the number of instances back.
func TestOperations_ARescaleThatWasBrokenOffSaysWhatItLeaves(t *testing.T) {
	t.Parallel()
	left := 0
	for at := 500 * time.Millisecond; at < 3*time.Second; at += 100 * time.Millisecond {
		s := newStage(t)
		s.abort(at)
		p := s.run(release.Spec{App: s.app, Operation: release.OperationRescale, Instances: 7})
		if p.Outcome == release.PhaseAborted && s.replicas() == 7 {
			require.Contains(t, p.Reason, "may be configured for 7 instances", "aborted after %s", at)
			left++
		}
	}
	require.Positive(t, left)
}
