package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// The release's own change that hangs is not said to be somebody else's.
func TestConclude_NamesTheChangeThatIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := &caller{status: status{p: release.Progress{ChangeID: "c-1"}}}
	require.Equal(t, "its own change c-1 (CoDeploy), which has not ended", c.words(&release.ForeignChange{ID: "c-1", Type: "CoDeploy"}))
	require.Equal(t, "change c-2 (CoDeploy), begun elsewhere", c.words(&release.ForeignChange{ID: "c-2", Type: "CoDeploy"}))
}

// A change whose end was awaited in vain is kept until a later wait succeeds. One that nobody waits for
// any more is none, and a release under way does not show it.
func TestConclude_WhatIsUnfinished(t *testing.T) {
	t.Parallel()
	failed := temporal.NewNonRetryableApplicationError("the application is gone", string(release.FaultInvalid), nil)
	for name, c := range map[string]struct {
		unwanted bool
		err      error
		want     string
	}{
		"in vain":     {err: failed, want: "c-2"},
		"unwanted":    {unwanted: true, want: "c-1"},
		"it succeeds": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			env.RegisterActivityWithOptions(func(release.SnapshotInput) (release.Snapshot, error) { return release.Snapshot{}, c.err },
				activity.RegisterOptions{Name: release.ActivityName(release.PlatformSAE, release.VerbAwaitIdle)})
			caller := &caller{platform: platform{app: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}}, unfinished: "c-1"}
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				_, _ = caller.awaitOther(ctx, otherChangeWait{
					other: &release.ForeignChange{ID: "c-2"}, unwanted: func() bool { return c.unwanted }, until: workflow.Now(ctx).Add(time.Hour),
				})
				return nil
			})
			require.NoError(t, env.GetWorkflowError())
			require.Equal(t, c.want, caller.unfinished)
			require.Empty(t, caller.p.UnfinishedChange)
		})
	}
}
