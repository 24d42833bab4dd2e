package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// task is an activity to be carried out, however long that takes.
type task struct {
	// doing names it in the progress: a verb, or what else it is.
	doing   string
	name    string
	options workflow.ActivityOptions
	in      any
	// once tells that an effect of it adds up, or is to be known of: after a lost answer it
	// is not tried again, but ends with a fault that may have acted.
	once bool
	// again tells that it looks before it sends, because an earlier call was declined.
	again bool
	// began is when it was begun; zero where it waits by itself, so that its age says nothing.
	began time.Time
	// until is when it is given up; zero is never.
	until time.Time
}

// call is a task whose activity answers Out.
type call[Out any] struct{ task }

// read is a look at what belongs to no platform.
func read[Out any](app release.App, name string, in any) call[Out] {
	return call[Out]{task{doing: name, name: name, in: in, options: readOptions(app)}}
}

// caller carries out the activities of a release, a toggle or a watchdog, and shows what they
// wait for.
type caller struct {
	status

	platform platform
	// homeBy is when putting back is given up.
	homeBy time.Time
	// late is when a change of rules was sent last whose effect is not known.
	late time.Time
	// unfinished is the change whose end was awaited last, and in vain; it is told once the release
	// has ended so.
	unfinished string
}

// lastTry is how long before its end a task is not worth another try: the Temporal server
// tries no activity again that would be over by then.
const lastTry = time.Minute

// attempt carries a task out: what could not be asked and what is refused for now is tried
// again, and shown meanwhile, until it succeeds, until its time is over, or until it is
// unwanted. Then its attempts are ended: in between two of them at once; one that is under
// way is waited for, because it may act.
//
// A task that was unwanted before it had an effect ends with [release.FaultStopped]: there
// is no data from an abandoned wait (R13). One that may have had an effect ends with a
// fault of which actedMaybe is true.
func attempt[Out any](ctx workflow.Context, c *caller, t call[Out], unwanted func() bool) (Out, *fault) {
	for {
		out, f := try(ctx, c, t, unwanted)
		next, again := t.retried()
		switch {
		case f == nil || f.class == release.FaultUnchanged && t.goesOn(ctx, f):
			c.clearStall(t.doing)
		case again && f.class == release.FaultDeclined:
			t.task = next
			continue
		case t.goesOn(ctx, f):
			c.showStalled(ctx, t.task, f)
		case f.class != release.FaultConflict && !f.actedMaybe():
			c.clearStall(t.doing) // whoever tries on after the other two shows that itself
		}
		if f == nil || !t.goesOn(ctx, f) {
			return out, f
		}
	}
}

// goesOn reports whether the task is to be tried again after a fault.
func (t task) goesOn(ctx workflow.Context, f *fault) bool {
	switch {
	case !t.until.IsZero() && t.until.Sub(workflow.Now(ctx)) <= lastTry:
		return false
	case f.class == release.FaultDeclined && t.again:
		return true
	case f.class == release.FaultConflict, t.once && f.actedMaybe():
		return false
	default:
		return f.class.Retryable()
	}
}

// try begins the activity of a task and waits for its end.
func try[Out any](ctx workflow.Context, c *caller, t call[Out], unwanted func() bool) (Out, *fault) {
	var out Out
	if unwanted() {
		return out, &fault{verb: release.Verb(t.doing), class: release.FaultStopped, text: "it is not wanted any more"}
	}
	ctx, end := workflow.WithCancel(ctx)
	defer end() // a context that is not cancelled stays in memory as long as the release
	answer := c.start(ctx, t.task)
	stopped := false
	_ = workflow.Await(ctx, func() bool {
		stopped = unwanted()
		return answer.IsReady() || stopped
	})
	if !answer.IsReady() {
		end()
	}
	err := answer.Get(ctx, &out)
	if err == nil {
		return out, nil
	}
	f := newFault(t.doing, err)
	f.unwanted = stopped
	switch {
	case !stopped:
	case t.once && (t.again || f.actedMaybe()):
		f.class = release.FaultAmbiguous
	default:
		f.class = release.FaultStopped
	}
	return *new(Out), f
}

// start begins the activity of a task. The activity is told what is shown already, so that
// it ends when there is something new to show.
func (c *caller) start(ctx workflow.Context, t task) workflow.Future {
	shown := release.Stall{}
	if s := c.p.Stalled; s != nil && s.Doing == t.doing {
		shown = *s
	}
	options := t.options
	if options.Summary == "" {
		options.Summary = release.Summary(t.in)
	}
	if shown.Fault == release.FaultNoWorker {
		options.ScheduleToStartTimeout = 0
	}
	if !t.until.IsZero() {
		options.ScheduleToCloseTimeout = max(t.until.Sub(workflow.Now(ctx)), time.Second)
	}
	ctx = workflow.WithValue(workflow.WithActivityOptions(ctx, options), release.StallKey{}, shown)
	return workflow.ExecuteActivity(ctx, t.name, t.in)
}
