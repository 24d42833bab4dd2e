package attempt

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

type workflowInbound struct {
	interceptor.WorkflowInboundInterceptorBase

	data converter.DataConverter
}

// Init intercepts the activities that the workflow schedules.
func (w *workflowInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	o := &workflowOutbound{data: w.data}
	o.Next = outbound
	return w.Next.Init(o)
}

type workflowOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase

	data converter.DataConverter
}

// ExecuteActivity writes the stall that the workflow shows into the activity's header.
func (w *workflowOutbound) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	if shown, ok := ctx.Value(release.StallKey{}).(release.Stall); ok {
		payload, err := w.data.ToPayload(shown)
		if err != nil {
			return failedFuture(ctx, fmt.Errorf("the value of release.StallKey cannot be written as JSON, correct its times: %w", err))
		}
		interceptor.WorkflowHeader(ctx)[release.StallHeader] = payload
	}
	return w.Next.ExecuteActivity(ctx, activityType, args...)
}

// failedFuture is the future of an activity that was not scheduled.
func failedFuture(ctx workflow.Context, err error) workflow.Future {
	future, settable := workflow.NewFuture(ctx)
	settable.SetError(err)
	return future
}

// shownBy returns the stall that the activity's workflow shows; false when the workflow did
// not ask for stalls. A header that cannot be read is of another version, whose workflow does
// not expect the error of this one.
func (i *Interceptor) shownBy(ctx context.Context) (release.Stall, bool) {
	var shown release.Stall
	payload, ok := interceptor.Header(ctx)[release.StallHeader]
	if !ok {
		return shown, false
	}
	if err := i.data.FromPayload(payload, &shown); err != nil {
		activity.GetLogger(ctx).Warn("stall not reported: the header "+release.StallHeader+" cannot be read", "error", err)
		return release.Stall{}, false
	}
	return shown, true
}
