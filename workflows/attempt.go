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
func attempt[Out any](ctx workflow.Context, r *run, t call[Out], unwanted func() bool) (Out, *fault) {
	for {
		out, f := try(ctx, r, t, unwanted)
		next, again := t.retried()
		switch {
		case f == nil || f.class == release.FaultUnchanged && t.goesOn(ctx, f):
			r.moves(t.doing)
		case again && f.class == release.FaultDeclined:
			t.task = next
			continue
		case t.goesOn(ctx, f):
			r.stalls(ctx, t.task, f)
		case f.class != release.FaultConflict && !f.actedMaybe():
			r.moves(t.doing) // whoever tries on after the other two shows that itself
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
func try[Out any](ctx workflow.Context, r *run, t call[Out], unwanted func() bool) (Out, *fault) {
	var out Out
	if unwanted() {
		return out, &fault{verb: release.Verb(t.doing), class: release.FaultStopped, text: "it is not wanted any more"}
	}
	ctx, end := workflow.WithCancel(ctx)
	defer end() // a context that is not cancelled stays in memory as long as the release
	answer := r.start(ctx, t.task)
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
func (r *run) start(ctx workflow.Context, t task) workflow.Future {
	shown := release.Stall{}
	if s := r.p.Stalled; s != nil && s.Doing == t.doing {
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

// stalls shows that a task is tried in vain, and tells the world when that begins.
func (r *run) stalls(ctx workflow.Context, t task, f *fault) {
	r.showStall(ctx, t, f)
	r.standStill()
}

// showStall shows what is tried in vain. A further failure of the same task, or of another
// one that is tried in its place, belongs to the same standing still.
func (r *run) showStall(ctx workflow.Context, t task, f *fault) {
	now := workflow.Now(ctx)
	s := &release.Stall{Doing: t.doing, Fault: f.class, Failure: f.text, Since: t.began, At: now, Until: r.until}
	if s.Since.IsZero() {
		s.Since = now.Add(-release.Patience)
	}
	if !t.until.IsZero() {
		s.Until = t.until
	}
	if was := r.p.Stalled; was != nil && was.Doing == t.doing {
		s.Since = was.Since
	}
	r.p.Stalled = s
	r.show()
}

// moves shows that a task is not tried in vain any more.
func (r *run) moves(doing string) {
	if r.p.Stalled != nil && r.p.Stalled.Doing == doing {
		r.p.Stalled = nil
		r.goOn()
		r.show()
	}
}

// standStill tells the world, once, that the release stands still.
func (r *run) standStill() {
	if r.still {
		return
	}
	r.still = true
	r.tell(release.EventStalled)
}

// goOn tells the world that the release moves again, once nothing keeps it any more.
func (r *run) goOn() {
	if r.still && r.p.Stalled == nil && r.awaits() != release.AwaitOtherChange {
		r.still = false
		r.tell(release.EventMoving)
	}
}

// tell tells the world of a transition. A run that only tidies up after another one tells
// nothing.
func (r *run) tell(kind release.EventKind) {
	if r.news != nil {
		r.news.tell(&r.p, kind)
	}
}
