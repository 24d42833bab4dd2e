package execution_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"

	"slipway/releases/execution"
)

// workflow answers a query with a value or an error; without both it never answers.
type workflow struct {
	value any
	err   error
}

//nolint:revive // the signature is that of Temporal's client
func (w workflow) QueryWorkflow(ctx context.Context, _, _, _ string, _ ...any) (converter.EncodedValue, error) {
	if w.err != nil {
		return nil, w.err
	}
	if w.value == nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(w.value)
	return encoded{payloads}, err
}

type encoded struct{ payloads *commonpb.Payloads }

func (e encoded) HasValue() bool { return true }

func (e encoded) Get(to any) error {
	return converter.GetDefaultDataConverter().FromPayloads(e.payloads, to)
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of   workflow
		want execution.Reason
	}{
		"answers":              {workflow{value: 7}, ""},
		"of another type":      {workflow{value: "seven"}, execution.Unreadable},
		"has not run yet":      {workflow{err: serviceerror.NewWorkflowNotReady("no task yet")}, execution.NotReady},
		"cannot go on":         {workflow{err: serviceerror.NewQueryFailed("nondeterministic workflow")}, execution.Failing},
		"no poller":            {workflow{err: serviceerror.NewFailedPrecondition("no poller seen")}, execution.NoWorker},
		"the server is away":   {workflow{err: serviceerror.NewUnavailable("away")}, execution.NoWorker},
		"the server was slow":  {workflow{err: serviceerror.NewDeadlineExceeded("deadline")}, execution.NoWorker},
		"too many questions":   {workflow{err: &serviceerror.ResourceExhausted{}}, execution.NoWorker},
		"nobody answers":       {workflow{}, execution.NoWorker},
		"never was":            {workflow{err: serviceerror.NewNotFound("no such workflow")}, execution.Forgotten},
		"no such namespace":    {workflow{err: serviceerror.NewNamespaceNotFound("prod")}, execution.Refused},
		"without a permission": {workflow{err: serviceerror.NewPermissionDenied("no", "")}, execution.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				value, err := execution.Query[int](t.Context(), c.of, execution.Question{Query: "progress", Within: time.Second})
				require.Equal(t, c.want, execution.ReasonOf(err))
				if c.want == "" {
					require.NoError(t, err)
					require.Equal(t, 7, value)
					return
				}
				require.Zero(t, value)
				if c.of.err != nil {
					require.ErrorIs(t, err, c.of.err)
					require.EqualError(t, err, c.of.err.Error())
				}
			})
		})
	}
}

func TestQuery_TheCallersTimeIsOver(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	cancel(why)
	_, err := execution.Query[int](ctx, workflow{}, execution.Question{Within: time.Hour})
	require.Equal(t, execution.Late, execution.ReasonOf(err))
	require.ErrorIs(t, err, why)
}
