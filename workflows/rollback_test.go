package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// released deploys newImage past the workflow under test, and returns the version IDs,
// oldest first.
func (s *stage) released() []string {
	s.t.Helper()
	s.inStep = false
	_, err := s.client.DeployApplication(s.t.Context(), &saeclient.DeployApplicationInput{AppID: s.app.ID, ImageURL: new(newImage)})
	require.NoError(s.t, err)
	_, err = s.sim.Advance(time.Minute)
	require.NoError(s.t, err)
	out, err := s.client.ListAppVersions(s.t.Context(), &saeclient.ListAppVersionsInput{AppID: &s.app.ID})
	require.NoError(s.t, err)
	require.Len(s.t, out.Data, 2)
	s.inStep = true
	ids := map[string]string{}
	for _, v := range out.Data {
		ids[v.WarURL] = v.ID
	}
	return []string{ids[oldImage], ids[newImage]}
}

func TestRollbackToAVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	versions := s.released()
	s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "RollbackApplication"})
	p := s.run(release.Spec{App: s.app, Operation: release.OperationRollback, Version: versions[0], RequestedBy: "ann"})
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, oldImage, p.Artifact.Image)
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, s.orders(), "the lost answer begins no second order")
	s.requireRulesAsBefore()
}

func TestRollbackToAnUnknownVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.run(release.Spec{App: s.app, Operation: release.OperationRollback, Version: "none"})
	require.Equal(t, release.PhaseFailed, p.Outcome)
	require.Contains(t, p.Reason, "the application has no version none")
	require.Empty(t, s.orders())
}

func TestRollback_ToggleScalingRules(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, release.ToggleRequest{App: s.app, Enable: true})
	require.NoError(t, s.env.GetWorkflowError())
	var result release.ToggleResult
	require.NoError(t, s.env.GetWorkflowResult(&result))
	require.Len(t, result.Rules, 2)
	for _, rule := range result.Rules {
		require.True(t, rule.Enabled, rule.Name)
	}
	require.Equal(t, map[string]bool{"daily": true, "night": true}, s.rules())
}

func TestRollback_ToggleWaitsForARunningChangeOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
		AppID: s.app.ID, ImageURL: new(newImage), AutoEnableApplicationScalingRule: new(true),
	})
	require.NoError(t, err)
	s.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, release.ToggleRequest{App: s.app, Names: []string{"daily"}})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, map[string]bool{"daily": false, "night": false}, s.rules())
}

func TestRollback_ToggleNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, release.ToggleRequest{App: s.app, Names: []string{"daily", "weekly"}})
	require.ErrorContains(t, s.env.GetWorkflowError(), "no scaling rule weekly")
}

func TestRollback_ChangeOrderBegunElsewhereIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
		AppID: s.app.ID, ImageURL: new(oldImage), ChangeOrderDesc: new("by hand"),
		UpdateStrategy: &saeclient.UpdateStrategy{
			Type: saeclient.StrategyBatch, BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: saeclient.ReleaseAuto, BatchWaitTime: new(30)},
		},
	})
	require.NoError(t, err)
	s.at(10*time.Minute, func() {
		p := s.progress()
		require.Equal(t, release.PhasePreparing, p.Phase)
		require.Equal(t, release.AwaitOtherChange, p.Awaiting.Kind)
		require.Contains(t, p.Reason, "begun elsewhere")
	})
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Greater(t, p.EndedAt.Sub(p.StartedAt), 30*time.Minute)
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, s.orders())
}

func TestRollback_AbortWhileAnotherChangeOrderIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
		AppID: s.app.ID, ImageURL: new(oldImage),
		UpdateStrategy: &saeclient.UpdateStrategy{
			Type: saeclient.StrategyBatch, BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: saeclient.ReleaseManual},
		},
	})
	require.NoError(t, err)
	s.abort(time.Hour)
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Contains(t, p.Reason, "nothing was changed")
	require.Len(t, s.orders(), 1, "only the one begun elsewhere")
}
