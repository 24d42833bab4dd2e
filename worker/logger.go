package worker

import (
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// naming has what workflows log name the application that they are about.
type naming struct {
	interceptor.WorkerInterceptorBase
}

// InterceptWorkflow stands before the logger of a workflow.
func (*naming) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	w := &namingInbound{}
	w.Next = next
	return w
}

type namingInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

// Init puts the logger between.
func (w *namingInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	o := &namingOutbound{}
	o.Next = outbound
	return w.Next.Init(o)
}

type namingOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
}

// GetLogger names the application by the search attribute that each workflow about one has.
func (o *namingOutbound) GetLogger(ctx workflow.Context) log.Logger {
	to := o.Next.GetLogger(ctx)
	if app, ok := o.Next.GetTypedSearchAttributes(ctx).GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchApp)); ok {
		return log.With(to, "app", app)
	}
	return to
}
