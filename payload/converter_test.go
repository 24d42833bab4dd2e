package payload_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"slipway/payload"
)

func TestConverter_FailuresSayNothingInPlain(t *testing.T) {
	t.Parallel()
	fc := payload.FailureConverter(payload.Converter(codec(t, autumn())), true)
	failure := fc.ErrorToFailure(temporal.NewApplicationError("shop:2.0 does not start", "Unhealthy", "shop:2.0"))
	require.NotContains(t, failure.String(), "shop")
	require.Equal(t, "Unhealthy", failure.GetApplicationFailureInfo().GetType(), "retries go by the type")

	without := payload.FailureConverter(payload.Converter(codec(t, payload.NoKeys())), false)
	require.Contains(t, without.FailureToError(failure).Error(), "Encoded failure")

	app, ok := errors.AsType[*temporal.ApplicationError](fc.FailureToError(failure))
	require.True(t, ok)
	require.Equal(t, "shop:2.0 does not start", app.Message())
	var detail string
	require.NoError(t, app.Details(&detail))
	require.Equal(t, "shop:2.0", detail)

	again := fc.ErrorToFailure(app)
	require.NotContains(t, again.String(), "shop", "a failure that is handed on")
}

// failing is a codec server that does not answer.
type failing struct{ converter.PayloadCodec }

func (failing) Decode([]*commonpb.Payload) ([]*commonpb.Payload, error) {
	return nil, errors.New("connection refused")
}

// A worker that cannot decode blocks the workflow: it neither fails it nor drops anything.
func TestConverter_AWorkflowThatCannotBeDecodedIsBlocked(t *testing.T) {
	t.Parallel()
	sealed := encode(t, codec(t, keyring{"winter", map[string][]byte{"winter": key(3)}}), plain(t, "x"))
	for name, c := range map[string]struct {
		codec converter.PayloadCodec
		want  string
	}{
		"a key is missing":                 {codec(t, autumn()), `payload of key "winter"`},
		"a codec server that is not there": {failing{}, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dc := payload.Converter(c.codec)
			inside, ok := dc.(workflow.ContextAware)
			require.True(t, ok)
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			env.ExecuteWorkflow(func(ctx workflow.Context) error {
				var value string
				return inside.WithWorkflowContext(ctx).FromPayload(sealed, &value)
			})
			failed, ok := errors.AsType[*temporal.PanicError](env.GetWorkflowError())
			require.True(t, ok, "%v", env.GetWorkflowError())
			require.ErrorContains(t, failed, c.want)

			// Outside of workflows it is an error.
			var value string
			require.ErrorContains(t, dc.FromPayload(sealed, &value), c.want)
		})
	}
}

// What is no fault of the codec stays an error, as it is without one.
func TestConverter_AWorkflowIsNotBlockedByAValueOfAnotherType(t *testing.T) {
	t.Parallel()
	dc := payload.Converter(codec(t, autumn()))
	inside, ok := dc.(workflow.ContextAware)
	require.True(t, ok)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		in := inside.WithWorkflowContext(ctx)
		sealed, err := in.ToPayloads("no number")
		if err != nil {
			return err
		}
		var number int
		if err := in.FromPayloads(sealed, &number); err == nil {
			return errors.New("a text was read as a number")
		}
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
}
