package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// inbox lets commands and limits take effect in the order in which Temporal stored them
// (R12), however long workers were away and in whatever order coroutines run.
//
// One coroutine receives both: a blocked selector is woken by the first of its cases that
// becomes ready, and Temporal hands events to it in the order of the history. What came
// later in the same workflow task is taken in afterwards, commands before limits. What a
// command or limit means is decided right there, by a function that does not block, so
// that whoever waits for it finds the decision already made.
type inbox struct {
	apply commandHandler
	// refuse records that a command is not taken.
	refuse func(workflow.Context, release.Command, error)
	// at is when the latest command, cancellation or limit was taken in.
	at time.Time
	// taken counts the commands that came by signals from outside.
	taken     int
	cancelled workflow.ReceiveChannel
	commands  []workflow.ReceiveChannel
	kinds     []release.CommandKind
	// proceed brings a release its turn, and begin takes it; nil where none is awaited.
	proceed workflow.ReceiveChannel
	begin   func(workflow.ReceiveChannel)
	// successor brings the news which release could begin next, and follow takes it; nil where nobody
	// wants to know.
	successor workflow.ReceiveChannel
	follow    func(workflow.ReceiveChannel)
	// armed wakes the coroutine when there is a further limit to watch.
	armed  workflow.Channel
	limits []*limit
}

// commandHandler takes a command and reports whether it counted, or why it does not apply.
type commandHandler func(workflow.Context, release.Command) (counted bool, err error)

// limit is a time that passes.
type limit struct {
	timer  workflow.Future
	disarm workflow.CancelFunc
	passed bool
	over   bool
	then   func(workflow.Context)
}

// newInbox returns an inbox for the signals of all commands; open begins to receive them. A
// cancellation of the workflow is an abort: cancelling is not forgetting (R8).
func newInbox(ctx, cancelled workflow.Context, apply commandHandler, refuse func(workflow.Context, release.Command, error)) *inbox {
	in := &inbox{apply: apply, refuse: refuse, cancelled: cancelled.Done(), armed: workflow.NewBufferedChannel(ctx, 1)}
	for _, kind := range release.CommandKinds() {
		in.kinds = append(in.kinds, kind)
		in.commands = append(in.commands, workflow.GetSignalChannel(ctx, string(kind)))
	}
	return in
}

// open begins to receive, behind the coroutine of the workflow itself: what an activity has
// answered was stored before a command that came because of it, although both may come in
// one workflow task.
func (in *inbox) open(ctx workflow.Context) { workflow.Go(ctx, in.run) }

// arm begins a limit of something; then is called once it has passed, and must not block.
func (in *inbox) arm(ctx workflow.Context, of string, d time.Duration, then func(workflow.Context)) *limit {
	ctx, disarm := workflow.WithCancel(ctx)
	l := &limit{timer: newTimer(ctx, d, of), disarm: disarm, then: then}
	in.limits = append(in.limits, l)
	in.armed.SendAsync(true)
	return l
}

// newTimer begins a timer that says in Temporal's UI what it is for.
func newTimer(ctx workflow.Context, d time.Duration, what string) workflow.Future {
	return workflow.NewTimerWithOptions(ctx, d, workflow.TimerOptions{Summary: what})
}

// cancel ends a limit that is not wanted any more.
func (l *limit) cancel() {
	if l != nil && !l.over {
		l.over = true
		l.disarm()
	}
}

// passed reports whether a limit has passed; one that was never armed has not.
func passed(l *limit) bool { return l != nil && l.passed }

func (in *inbox) run(ctx workflow.Context) {
	for {
		in.limits = slices.DeleteFunc(in.limits, func(l *limit) bool { return l.over })
		s := workflow.NewNamedSelector(ctx, "commands and limits")
		for i, commands := range in.commands {
			s.AddReceive(commands, func(c workflow.ReceiveChannel, _ bool) { in.receive(ctx, in.kinds[i], c) })
		}
		if in.cancelled != nil {
			s.AddReceive(in.cancelled, func(workflow.ReceiveChannel, bool) { in.cancel(ctx) })
		}
		if in.proceed != nil {
			s.AddReceive(in.proceed, func(c workflow.ReceiveChannel, _ bool) { in.begin(c) })
		}
		if in.successor != nil {
			s.AddReceive(in.successor, func(c workflow.ReceiveChannel, _ bool) { in.follow(c) })
		}
		s.AddReceive(in.armed, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
		for _, l := range in.limits {
			s.AddFuture(l.timer, func(workflow.Future) { in.at = workflow.Now(ctx); l.pass(ctx) })
		}
		s.Select(ctx)
	}
}

// receive takes a command that came by signal. Nobody waits for the answer: a refusal
// stands in the progress.
func (in *inbox) receive(ctx workflow.Context, kind release.CommandKind, c workflow.ReceiveChannel) {
	in.at = workflow.Now(ctx)
	var command release.Command
	c.Receive(ctx, &command)
	command.Kind = kind
	if command.Via == "" {
		command.Via = release.ViaSignal
	}
	if command.Via != release.ViaEvent { // the starter has seen to them
		command.Verified, command.SignedBy, command.Groups = false, "", nil
	}
	if in.within(ctx, command) {
		_, _ = in.apply(ctx, command)
	}
}

// within reports whether a command is within the budget, and lets the world know when that is
// spent: each signal stays in the history, also one that is refused. What comes beyond is told
// once.
func (in *inbox) within(ctx workflow.Context, c release.Command) bool {
	if c.System() {
		return true
	}
	in.taken++
	switch in.taken {
	case release.MaxCommands:
		if err := workflow.UpsertMemo(ctx, map[string]any{release.MemoCommands: in.taken}); err != nil {
			workflow.GetLogger(ctx).Error("the memo cannot be set", "error", err)
		}
	case release.MaxCommands + 1:
		in.refuse(ctx, c, release.ErrTooManyCommands)
	}
	return in.taken <= release.MaxCommands
}

func (in *inbox) cancel(ctx workflow.Context) {
	in.cancelled, in.at = nil, workflow.Now(ctx)
	_, _ = in.apply(ctx, release.Command{
		Kind: release.CommandAbort, By: release.Temporal, Via: release.ViaCancel, Reason: "the workflow was cancelled",
	})
}

func (l *limit) pass(ctx workflow.Context) {
	if l.over { // its timer was cancelled
		return
	}
	l.over, l.passed = true, true
	l.disarm() // it has passed; this lets its context go
	if l.then != nil {
		l.then(ctx)
	}
}
