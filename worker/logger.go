package worker

import (
	"context"
	"reflect"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// naming has what workflows and activities log name the application that they are about.
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

// InterceptActivity stands before the logger of an attempt.
func (*naming) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	a := &namingActivity{}
	a.Next = next
	return a
}

type namingActivity struct {
	interceptor.ActivityInboundInterceptorBase
	outbound namingActivityOutbound
}

// Init puts the logger between.
func (a *namingActivity) Init(outbound interceptor.ActivityOutboundInterceptor) error {
	a.outbound.Next = outbound
	return a.Next.Init(&a.outbound)
}

// ExecuteActivity notes the application before the attempt logs anything.
func (a *namingActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	a.outbound.app = appOf(in.Args)
	return a.Next.ExecuteActivity(ctx, in)
}

type namingActivityOutbound struct {
	interceptor.ActivityOutboundInterceptorBase
	// app is as platform/region/id; empty where the attempt is about none.
	app string
}

// GetLogger names the application.
func (o *namingActivityOutbound) GetLogger(ctx context.Context) log.Logger {
	to := o.Next.GetLogger(ctx)
	if o.app == "" {
		return to
	}
	return log.With(to, "app", o.app)
}

// appOf is the application that an activity is about: every input of one that is has it as its field App.
func appOf(args []any) string {
	for _, arg := range args {
		input := reflect.ValueOf(arg)
		if input.Kind() != reflect.Struct {
			continue
		}
		if field := input.FieldByName("App"); field.IsValid() {
			if app, is := reflect.TypeAssert[release.App](field); is && app != (release.App{}) {
				return app.SearchValue()
			}
		}
	}
	return ""
}
