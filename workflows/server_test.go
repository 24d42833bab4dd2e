package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// server plays the part of the Temporal server where the test environment is not like it.
//
// An activity that is cancelled between two attempts ends at once and is never tried again;
// one whose attempt is under way is waited for, and its failure is not tried again. The test
// environment ends both at once and goes on trying them behind the workflow's back. A task
// queue without a worker lets a task time out.
type server struct {
	interceptor.WorkerInterceptorBase

	// noWorker reports whether the platform's task queue has no worker just now.
	noWorker func() bool
	// runs are what each run of a switching began with that another one has begun.
	runs []release.ToggleInput

	mu    sync.Mutex
	tasks map[string]*serverTask
}

// serverTask is what the server knows of an activity.
type serverTask struct{ running, cancelled bool }

func newServer() *server { return &server{tasks: map[string]*serverTask{}} }

// with changes what is known of an activity.
func (s *server) with(id string, change func(*serverTask)) serverTask {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tasks[id]
	if t == nil {
		t = &serverTask{}
		s.tasks[id] = t
	}
	change(t)
	return *t
}

func (s *server) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &serverInbound{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, server: s}
}

type serverInbound struct {
	interceptor.WorkflowInboundInterceptorBase

	server *server
	ended  atomic.Bool
}

func (i *serverInbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	defer i.ended.Store(true)
	for {
		result, err := i.Next.ExecuteWorkflow(ctx, in)
		next, again := errors.AsType[*workflow.ContinueAsNewError](err)
		if !again || next.WorkflowType.Name != release.WorkflowToggleScalingRules {
			return result, err
		}
		var args release.ToggleInput // the test environment carries out one run only
		if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &args); err != nil {
			return nil, err
		}
		i.server.runs = append(i.server.runs, args)
		in.Args = []any{args}
	}
}

// HandleSignal gives no signal to a workflow that has ended. The test environment would, while
// the coroutines of the workflow unwind.
func (i *serverInbound) HandleSignal(ctx workflow.Context, in *interceptor.HandleSignalInput) error {
	if i.ended.Load() {
		return nil
	}
	return i.Next.HandleSignal(ctx, in)
}

func (i *serverInbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&serverOutbound{WorkflowOutboundInterceptorBase: interceptor.WorkflowOutboundInterceptorBase{Next: out}, server: i.server})
}

type serverOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase

	server *server
	begun  int
}

func (o *serverOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	o.begun++
	options := workflow.GetActivityOptions(ctx)
	options.ActivityID = fmt.Sprintf("%s/%d", workflow.GetInfo(ctx).WorkflowExecution.ID, o.begun)
	lasting, _ := workflow.NewDisconnectedContext(workflow.WithActivityOptions(ctx, options))
	if o.server.away(name) && options.ScheduleToStartTimeout > 0 {
		return o.untaken(ctx, options.ScheduleToStartTimeout)
	}
	f := &serverFuture{owner: lasting, server: o.server, id: options.ActivityID}
	workflow.Go(lasting, func(lasting workflow.Context) {
		for o.server.away(name) && ctx.Err() == nil {
			_ = workflow.Sleep(lasting, time.Second)
		}
		if ctx.Err() == nil {
			f.Future = o.Next.ExecuteActivity(lasting, name, args...)
		}
		_ = workflow.Await(lasting, func() bool { return f.done() || ctx.Err() != nil })
		f.cancel()
	})
	return f
}

func (s *server) away(name string) bool {
	return s.noWorker != nil && strings.HasPrefix(name, string(release.PlatformSAE)+".") && s.noWorker()
}

// untaken is the answer of a task that no worker takes in time.
func (o *serverOutbound) untaken(ctx workflow.Context, after time.Duration) workflow.Future {
	answer, settle := workflow.NewFuture(ctx)
	workflow.Go(ctx, func(ctx workflow.Context) {
		if err := workflow.Sleep(ctx, after); err != nil {
			settle.SetError(err)
			return
		}
		settle.SetError(temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START, nil))
	})
	return answer
}

// serverFuture is the answer of an activity.
type serverFuture struct {
	workflow.Future // nil until a worker takes the task

	owner  workflow.Context
	server *server
	id     string
	gone   bool
}

func (f *serverFuture) done() bool { return f.gone || f.Future != nil && f.Future.IsReady() }

// cancel ends the activity at once where no attempt is under way.
func (f *serverFuture) cancel() {
	if f.done() {
		return
	}
	now := f.server.with(f.id, func(t *serverTask) { t.cancelled = true })
	f.gone = !now.running
}

func (f *serverFuture) IsReady() bool { return f.done() }

func (f *serverFuture) Get(_ workflow.Context, out any) error {
	_ = workflow.Await(f.owner, f.done)
	if f.gone {
		return temporal.NewCanceledError()
	}
	return f.Future.Get(f.owner, out)
}

func (s *server) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &served{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, server: s}
}

// served is an activity whose attempts the server governs.
type served struct {
	interceptor.ActivityInboundInterceptorBase

	server *server
}

func (a *served) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	id := activity.GetInfo(ctx).ActivityID
	if a.server.with(id, func(t *serverTask) { t.running = !t.cancelled }).cancelled {
		return nil, temporal.NewNonRetryableApplicationError("it was cancelled", string(release.FaultStopped), nil)
	}
	out, err := a.Next.ExecuteActivity(ctx, in)
	if now := a.server.with(id, func(t *serverTask) { t.running = false }); err != nil && now.cancelled {
		if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
			err = temporal.NewNonRetryableApplicationError(app.Message(), app.Type(), err)
		}
	}
	return out, err
}
