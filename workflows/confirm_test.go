package workflows_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"slipway/release"
	"slipway/workflows"
)

// pausing is a platform whose change is back in its pause after each confirmation.
type pausing struct {
	env      *testsuite.TestWorkflowEnvironment
	confirms atomic.Int32
	looks    atomic.Int32
	aborted  atomic.Bool
}

func (p *pausing) register() {
	register := func(v release.Verb, fn any) {
		p.env.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: release.ActivityName(release.PlatformSAE, v)})
	}
	old := release.Version{ID: "1.0.1", Artifact: release.Artifact{Image: oldImage}}
	register(release.VerbSnapshot, func(context.Context, release.SnapshotInput) (release.Snapshot, error) {
		return release.Snapshot{Instances: 6, Version: old}, nil
	})
	register(release.VerbBeginRollout, func(context.Context, release.BeginRolloutInput) (release.Change, error) {
		return release.Change{ID: "J1"}, nil
	})
	register(release.VerbObserve, p.observe)
	register(release.VerbConfirmBatch, func(context.Context, release.ConfirmBatchInput) error {
		p.confirms.Add(1)
		return nil
	})
	register(release.VerbAbortRollout, func(context.Context, release.AbortRolloutInput) (release.AbortRolloutResult, error) {
		p.aborted.Store(true)
		return release.AbortRolloutResult{}, nil
	})
	register(release.VerbVerify, func(context.Context, release.VerifyInput) (release.Verification, error) {
		return release.Verification{Configured: old}, nil
	})
	p.env.RegisterActivityWithOptions(func(context.Context, release.PublishInput) error { return nil }, activity.RegisterOptions{Name: release.PublishActivity})
}

func (p *pausing) observe(_ context.Context, in release.ObserveInput) (release.Observation, error) {
	if p.aborted.Load() {
		return release.Observation{State: release.ChangeAborted, Batch: 2}, nil
	}
	next := release.Observation{State: release.ChangeAwaitingConfirm, Batch: 1}
	if release.Changed(in.Seen, next) {
		return next, nil
	}
	if p.looks.Add(1) == 2 {
		p.env.SignalWorkflow(string(release.CommandConfirm), release.Command{Batch: 1, By: "ann"})
	}
	return release.Observation{}, temporal.NewApplicationErrorWithOptions("unchanged", string(release.FaultUnchanged),
		temporal.ApplicationErrorOptions{NextRetryDelay: time.Minute})
}

// TestConfirm_OneConfirmationIsCarriedOutOnce is R9: the platform is back in the same pause, which
// means that the batch after it has failed.
func TestConfirm_OneConfirmationIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	p := &pausing{env: suite.NewTestWorkflowEnvironment()}
	workflows.Register(p.env)
	p.register()
	p.env.ExecuteWorkflow(release.WorkflowGrayRelease, release.Request{ID: "r-x", Spec: release.Spec{
		App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a"}, Artifact: release.Artifact{Image: newImage}, Strategy: gray(),
	}})
	require.NoError(t, p.env.GetWorkflowError())
	var end release.Progress
	require.NoError(t, p.env.GetWorkflowResult(&end))
	require.EqualValues(t, 1, p.confirms.Load(), "one word, one call")
	require.Equal(t, release.PhaseRolledBack, end.Outcome, end.Reason)
	require.Contains(t, end.Reason, "batch 2 failed: the platform is back in the pause after batch 1")
}
