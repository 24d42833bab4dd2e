package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

func gray() release.Strategy {
	return release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual}
}

func TestRelease_DeployInOneBatch(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, s.orders())
	require.Len(t, p.ScalingRules, 1)
	require.Equal(t, "daily", p.ScalingRules[0].Name)
	require.True(t, p.ScalingRules[0].Restored)
	require.Empty(t, p.ScalingRules[0].Note)
	require.Equal(t, oldImage, p.RollbackTo.Artifact.Image)
	s.requireRulesAsBefore()
	require.Len(t, s.deploys, 1)
	require.Equal(t, "false", s.deploys[0].Get("AutoEnableApplicationScalingRule"), "the release restores what it suspended itself")
	require.Equal(t, "slipway:r-test:rollout "+newImage, s.deploys[0].Get("ChangeOrderDesc"))
	require.True(t, s.deploys[0].Has("UpdateStrategy"), "a single batch is an empty strategy, sent as such")
	require.Empty(t, s.deploys[0].Get("UpdateStrategy"))
	require.Equal(t, []release.EventKind{release.EventAccepted, release.EventStarted, release.EventBatchDone, release.EventSucceeded}, s.kinds())
}

func TestRelease_GrayReleaseWithConfirmations(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(30*time.Minute, func() {
		p := s.progress()
		require.Equal(t, release.PhaseAwaitingConfirm, p.Phase)
		require.Equal(t, release.AwaitConfirm, p.Awaiting.Kind)
		require.Equal(t, 1, p.Awaiting.Batch)
		require.Equal(t, 24*time.Hour, p.Awaiting.Until.Sub(p.Awaiting.Since))
		require.Equal(t, release.TimeoutAbort, p.Awaiting.OnTimeout)
		require.Equal(t, []release.BatchState{release.BatchDone, release.BatchPending, release.BatchPending}, states(p))
		require.Equal(t, map[string]bool{"daily": false, "night": false}, s.rules(), "the rules stay off while batches are mixed")
	})
	s.confirm(time.Hour, 1)
	s.confirm(time.Hour+time.Second, 1)
	s.confirm(2*time.Hour, 2)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, s.orders())
	require.Equal(t, []release.BatchState{release.BatchConfirmed, release.BatchConfirmed, release.BatchDone}, states(p))
	require.Len(t, p.Decisions, 2, "confirming twice is one confirmation")
	require.Greater(t, p.Waited.Std(), 110*time.Minute, "two waits for a person")
	require.Less(t, p.Waited.Std(), 2*time.Hour, "without the time of the batches")
	require.Greater(t, p.EndedAt.Sub(p.StartedAt), 2*time.Hour)
	s.requireRulesAsBefore()
	require.Equal(t, []release.EventKind{
		release.EventAccepted, release.EventStarted,
		release.EventBatchDone, release.EventBatchWaiting, release.EventBatchConfirmed,
		release.EventBatchDone, release.EventBatchWaiting, release.EventBatchConfirmed,
		release.EventBatchDone, release.EventSucceeded,
	}, s.kinds())
}

func states(p release.Progress) []release.BatchState {
	var all []release.BatchState
	for _, b := range p.Batches {
		all = append(all, b.State)
	}
	return all
}

func TestRelease_BatchesThatConfirmThemselves(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.run(s.spec(release.Strategy{
		Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmAuto, Bake: release.Duration(5 * time.Minute),
	}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Greater(t, p.EndedAt.Sub(p.StartedAt), 5*time.Minute, "the platform waits the bake time")
	require.Empty(t, p.Decisions)
	s.requireRulesAsBefore()
}

func TestRelease_BakeTimeComesBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	st := gray()
	st.Batches, st.Bake = 1, release.Duration(time.Hour)
	s.at(30*time.Minute, func() { require.Equal(t, release.AwaitBake, s.progress().Awaiting.Kind) })
	s.confirm(31*time.Minute, 1)
	s.confirm(2*time.Hour, 1)
	p := s.run(s.spec(st))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.NotEmpty(t, p.Decisions[0].Refused, "a batch that bakes cannot be confirmed")
	require.Empty(t, p.Decisions[1].Refused)
}

// What the platform calls the application is searchable with the first phase after it was read, for no
// event of its own.
func TestRelease_IsFoundByTheNameOfItsApplication(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(s.spec(release.Strategy{}))
	require.Equal(t, []string{"Preparing ", "RollingOut shop", "Finalizing shop", "Succeeded shop"}, s.cost.searchable)
}

// What the platform says of the change that has failed is told after the way back, too; of changes that go well a release
// keeps nothing of the kind.
func TestRelease_TellsTheStagesOfTheChangeThatFailed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Len(t, p.Stages, 2)
	require.Equal(t, release.BatchFailed, p.Stages[1].State)
	require.Contains(t, p.Stages[1].Message, "EDAS-10022")
	for _, e := range s.events {
		require.Equal(t, e.Kind == release.EventRollingBack || e.Kind == release.EventRolledBack, len(e.Progress.Stages) > 0, e.Kind)
	}

	s = newStage(t)
	p = s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Empty(t, p.Stages)
}

// TestRelease_Endings is what becomes of a release under each fault, policy and word.
func TestRelease_Endings(t *testing.T) {
	t.Parallel()
	all := release.Strategy{Type: release.StrategyAll}
	deploy, back := saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy
	tests := []struct {
		name     string
		strategy release.Strategy
		with     func(*stage, *release.Spec)
		outcome  release.Phase
		reason   string
		orders   []string
		// image runs at the end; the default is the new one after success, else the old one.
		rulesOff bool
	}{
		{"single batch fails: rolled back by an order of its own", all, func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
		}, release.PhaseRolledBack, "the change ended failed", []string{deploy, back}, false},
		{"single batch fails, no rollback wanted", all, func(s *stage, spec *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
			spec.Rollback.OnFailure = new(false)
		}, release.PhaseNeedsAttention, "scaling rules left off: daily", []string{deploy}, true},
		{"gray batch fails: the platform rolls back", gray(), func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
		}, release.PhaseRolledBack, "the change ended failed", []string{deploy}, false},
		{"second batch fails", gray(), func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultBatchFails, Batch: 2})
			s.confirm(time.Hour, 1)
		}, release.PhaseRolledBack, "the change ended failed", []string{deploy}, false},
		{"a batch hangs: aborted and rolled back", gray(), func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultHang})
		}, release.PhaseRolledBack, "", []string{deploy}, false},
		{
			"aborted while parked", gray(), func(s *stage, _ *release.Spec) { s.abort(time.Hour) },
			release.PhaseAborted, "aborted by ann: too many errors",
			[]string{deploy},
			false,
		},
		{
			"cancelled while parked", gray(), func(s *stage, _ *release.Spec) { s.at(time.Hour, s.env.CancelWorkflow) },
			release.PhaseAborted, "aborted by temporal: the workflow was cancelled",
			[]string{deploy},
			false,
		},
		{
			"aborted while it runs", all, func(s *stage, _ *release.Spec) { s.abort(1100 * time.Millisecond) },
			release.PhaseAborted, "too many errors",
			[]string{deploy},
			false,
		},
		{
			"nobody confirms", gray(), nil,
			release.PhaseAborted, "nobody confirmed the batch within 24h",
			[]string{deploy},
			false,
		},
		{"nobody confirms, promoted by policy", gray(), func(s *stage, spec *release.Spec) {
			spec.Limits.OnConfirmTimeout = release.TimeoutContinue
			s.at(time.Hour, func() { require.Equal(s.t, release.TimeoutContinue, s.progress().Awaiting.OnTimeout) })
		}, release.PhaseSucceeded, "", []string{deploy}, false},
		{"nobody confirms, held to the total limit", gray(), func(_ *stage, spec *release.Spec) {
			spec.Limits.OnConfirmTimeout = release.TimeoutHold
		}, release.PhaseNeedsAttention, "scaling rules left off: daily", []string{deploy}, true},
		{"not done in time", gray(), func(_ *stage, spec *release.Spec) {
			spec.Limits.Total = release.Duration(time.Hour)
		}, release.PhaseAborted, "the release was not done within 1h", []string{deploy}, false},
		{"the approval comes", all, func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultApproval})
			s.at(time.Hour, func() {
				require.Equal(s.t, release.PhaseAwaitingPlatformApproval, s.progress().Phase)
				require.NoError(s.t, s.sim.Approve(s.progress().ChangeID))
			})
		}, release.PhaseSucceeded, "", []string{deploy}, false},
		{"the approval never comes", all, func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultApproval})
		}, release.PhaseAborted, "the platform's approval was not given within 72h", []string{deploy}, false},
		{"the approval is refused", gray(), func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultApproval})
			s.at(time.Hour, func() { require.NoError(s.t, s.sim.Reject(s.progress().ChangeID)) })
		}, release.PhaseRolledBack, "the change ended aborted, but not by Slipway", []string{deploy}, false},
		{"the answer of the deploy is lost", gray(), func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "DeployApplication"})
			s.confirm(time.Hour, 1)
			s.confirm(2*time.Hour, 2)
		}, release.PhaseSucceeded, "", []string{deploy}, false},
		{"the answer of a deploy is lost that ends before anybody looks", all, func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "DeployApplication"})
		}, release.PhaseSucceeded, "", []string{deploy}, false},
		{"the deploy never arrives", all, func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultDropBefore, Operation: "DeployApplication"})
		}, release.PhaseSucceeded, "", []string{deploy}, false},
		{"the answer of the rollback is lost", all, func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
			s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "RollbackApplication"})
		}, release.PhaseRolledBack, "", []string{deploy, back}, false},
		{"the answer of a confirmation is lost", gray(), func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "ConfirmPipelineBatch"})
			s.confirm(time.Hour, 1)
			s.confirm(2*time.Hour, 2)
		}, release.PhaseSucceeded, "", []string{deploy}, false},
		{"the answer of the abort is lost", gray(), func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "AbortAndRollbackChangeOrder"})
			s.abort(time.Hour)
		}, release.PhaseAborted, "", []string{deploy}, false},
		{"SAE is throttled and being upgraded", all, func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultError, Code: "Throttling.User", Status: 429, Count: 3})
			s.fault(saesim.Fault{Kind: saesim.FaultError, Code: "System.Upgrading", Count: 3})
		}, release.PhaseSucceeded, "", []string{deploy}, false},
		{"SAE refuses the deploy", all, func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "DeployApplication", Code: "InvalidParameter.WithMessage", Status: 400})
		}, release.PhaseFailed, "nothing was deployed", nil, false},
		{
			"too few instances for the strategy",
			release.Strategy{Type: release.StrategyGray, Gray: 3, Batches: 1},
			nil,
			release.PhaseFailed, "strategy.gray: 3 gray instances are more than 50 % of the application's 5", nil, false,
		},
		{"the application does not exist", all, func(_ *stage, spec *release.Spec) {
			spec.App.ID = "nobody"
		}, release.PhaseFailed, "nothing was changed", nil, false},
		{"a rule cannot be restored", all, func(s *stage, _ *release.Spec) {
			s.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "EnableApplicationScalingRule", Code: "InvalidParameter.WithMessage", Status: 400, Count: -1})
		}, release.PhaseNeedsAttention, "scaling rules left off: daily", []string{deploy}, true},
		{"rules are not suspended", gray(), func(s *stage, spec *release.Spec) {
			spec.Scaling.Suspend = new(false)
			s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
		}, release.PhaseRolledBack, "", []string{deploy}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			spec := s.spec(tt.strategy)
			if tt.with != nil {
				tt.with(s, &spec)
			}
			p := s.run(spec)
			require.Equal(t, tt.outcome, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, tt.reason)
			require.Equal(t, tt.orders, s.orders(), "exactly these changes, whatever the network said")
			if !tt.rulesOff {
				s.requireRulesAsBefore()
			}
			kinds := s.kinds()
			want, _ := tt.outcome.Outcome()
			require.Equal(t, want, kinds[len(kinds)-1], "the world is told")
			require.Nil(t, p.Awaiting)
		})
	}
}
