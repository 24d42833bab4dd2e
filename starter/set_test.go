package starter

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"slipway/release"
)

func TestASetIsStartedOnce(t *testing.T) {
	t.Parallel()
	in := release.SetRequest{ID: "s-1", Set: release.Set{Name: "checkout"}}
	away := serviceerror.NewUnavailable("connection refused")
	for name, c := range map[string]struct{ answer, want error }{
		"the first time":      {nil, nil},
		"the same event":      {serviceerror.NewWorkflowExecutionAlreadyStarted("started", "", ""), nil},
		"Temporal is not up":  {away, away},
		"it is asked to wait": {serviceerror.NewResourceExhausted(0, "slow down"), serviceerror.NewResourceExhausted(0, "slow down")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.Test(t)
			m.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
				return o.ID == "set/s-1" && o.TaskQueue == release.WorkflowTaskQueue && o.WorkflowExecutionErrorWhenAlreadyStarted &&
					o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
			}), release.WorkflowReleaseSet, in).Return(&mocks.WorkflowRun{}, c.answer)
			require.Equal(t, c.want, (&Starter{temporal: m, cfg: Config{}.WithDefaults()}).startSet(t.Context(), in))
		})
	}
}
