package releases_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"slipway/activities/releases"
	"slipway/ledger"
	"slipway/release"
)

// starting stands for the start of a lane.
type starting struct {
	client.WithStartWorkflowOperation
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	sub := release.Submission{ReleaseID: "r-1", Spec: release.Spec{App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}}}
	want := release.Receipt{ReleaseID: "r-1", Standing: release.StandingQueued, Ahead: 1}
	for name, c := range map[string]struct {
		err  error
		kind string
		// last tells that the error does not retry.
		last bool
	}{
		"taken":                 {},
		"refused":               {err: temporal.NewNonRetryableApplicationError("not this app", release.ErrorRefused, nil), kind: release.ErrorRefused, last: true},
		"the lane is full":      {err: temporal.NewApplicationError("100 releases wait in it", release.ErrorBusy), kind: release.ErrorBusy},
		"the lane has closed":   {err: temporal.NewApplicationError("closed", "AcceptedUpdateCompletedWorkflow"), kind: string(release.FaultUnavailable)},
		"the answer is lost":    {err: serviceerror.NewDeadlineExceeded("deadline"), kind: string(release.FaultUnavailable)},
		"Temporal does not run": {err: serviceerror.NewUnavailable("connection refused"), kind: string(release.FaultUnavailable)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.Test(t)
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) { *args.Get(1).(*release.Receipt) = want }).Return(c.err)
			m.On("NewWithStartWorkflowOperation", mock.Anything, release.WorkflowLane, release.LaneInput{App: sub.Spec.App}).Return(starting{})
			m.On("UpdateWithStartWorkflow", mock.Anything, client.UpdateWithStartWorkflowOptions{
				StartWorkflowOperation: starting{},
				UpdateOptions: client.UpdateWorkflowOptions{
					UpdateID: "r-1", WorkflowID: "lane/sae/cn-hangzhou/app-1", UpdateName: release.UpdateSubmit, Args: []any{sub},
					WaitForStage: client.WorkflowUpdateStageCompleted,
				},
			}).Return(handle, nil)
			r, err := releases.New(m, &ledger.Ledger{})
			require.NoError(t, err)
			receipt, err := r.Submit(t.Context(), sub)
			if c.err == nil {
				require.NoError(t, err)
				require.Equal(t, want, receipt)
				return
			}
			var app *temporal.ApplicationError
			require.ErrorAs(t, err, &app)
			require.Equal(t, c.kind, app.Type())
			require.Equal(t, c.last, app.NonRetryable())
		})
	}
}
