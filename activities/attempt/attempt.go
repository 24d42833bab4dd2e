// Package attempt is what every attempt of an activity has in common, as an interceptor of
// Temporal workers: it heartbeats while the attempt runs, so that a worker that died is noticed
// within the activity's heartbeat timeout, and it informs a workflow that its activity has
// failed for longer than [release.Patience], although the activity is still being retried.
//
// An attempt that fails costs no history, and a workflow sees nothing of it. That is what
// makes waiting cheap, and it is why a workflow that waits for an activity cannot show what
// it waits for. A workflow that wants to know puts the stall that it shows, the zero one at
// first, into the context of the activity, under [release.StallKey]. Its activity then ends
// with an error that is not retried once there is something new to show
// ([release.Stall.Worth]), or once it succeeds again while a stall is shown; the workflow
// schedules the activity again with what it shows now. Other activities are never ended.
//
// How long an activity fails is known to the worker that ran its attempts only. Another one,
// or a worker that was restarted, counts from its own first failure.
package attempt

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// Config holds what an [Interceptor] needs.
type Config struct {
	// Now is the clock by which failures are timed; default [time.Now]. A test whose time is skipped
	// has a clock of its own.
	Now func() time.Time
	// DataConverter is that of the worker's Temporal client, default Temporal's own. Temporal
	// does not apply it to headers, and a stall says what must not be readable.
	DataConverter converter.DataConverter
}

// Interceptor serves one or several workers of a process; see the package.
type Interceptor struct {
	interceptor.WorkerInterceptorBase
	now     func() time.Time
	data    converter.DataConverter
	failing *failing
}

// New returns an interceptor for the Interceptors of a worker's options.
func New(c Config) *Interceptor {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.DataConverter == nil {
		c.DataConverter = converter.GetDefaultDataConverter()
	}
	return &Interceptor{now: c.Now, data: c.DataConverter, failing: newFailing()}
}

// InterceptWorkflow passes the stall that a workflow shows on to its activities.
func (i *Interceptor) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	w := &workflowInbound{data: i.data}
	w.Next = next
	return w
}

// InterceptActivity wraps one attempt of an activity.
func (i *Interceptor) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	a := &activityInbound{root: i, beats: &beats{}}
	a.Next = next
	return a
}

// activityInbound is one attempt.
type activityInbound struct {
	interceptor.ActivityInboundInterceptorBase
	root  *Interceptor
	beats *beats
}

// Init intercepts the activity's own heartbeats.
func (a *activityInbound) Init(outbound interceptor.ActivityOutboundInterceptor) error {
	a.beats.Next = outbound
	return a.Next.Init(a.beats)
}

// ExecuteActivity runs the attempt, with heartbeats where the activity has a heartbeat timeout.
func (a *activityInbound) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	begun := a.root.now()
	info := activity.GetInfo(ctx)
	if info.HeartbeatTimeout > 0 {
		detached, end := detach(ctx)
		defer end()
		ctx = detached
		defer a.beats.begin(ctx, info.HeartbeatTimeout)()
	}
	out, err := a.Next.ExecuteActivity(ctx, in)
	shown, asked := a.root.shownBy(ctx)
	if !asked {
		return out, err
	}
	return out, a.root.attemptError(ctx, try{id: idOf(info), shown: shown, begun: begun}, err)
}
