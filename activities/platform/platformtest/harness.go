package platformtest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/activities/platform"
	"slipway/release"
)

// Loss is what becomes of a call.
type Loss string

// The losses.
const (
	// LostBefore is a call that does not reach the platform, and LostAfter one whose answer is lost.
	LostBefore Loss = "call lost"
	LostAfter  Loss = "answer lost"
	// DeathBefore and DeathAfter end the worker right before or after the call.
	DeathBefore Loss = "worker dies before"
	DeathAfter  Loss = "worker dies after"
	// Declined is a call that the platform does not carry out, because there are too many.
	Declined Loss = "declined"
)

// Losses lists all losses.
func Losses() []Loss { return []Loss{LostBefore, LostAfter, DeathBefore, DeathAfter, Declined} }

// Harness carries out verbs as the Temporal server and its workers do: in attempts that have
// numbers, with the delays that errors ask for, in skipped time, which the platform's clock follows.
// It is the transport of a driver, its guard and its clock, and can lose any of its HTTP calls.
// Outside of verbs calls pass as they are.
type Harness struct {
	// Platform is the name under which the verbs of Driver are found.
	Platform release.Platform
	Driver   platform.Driver
	// Clock is that of the platform.
	Clock Clock
	// Mutates tells which calls change something, and Declined answers one that is not carried out.
	// Both may be nil where Changing is empty.
	Mutates  func(*http.Request) bool
	Declined func(*http.Request) *http.Response

	mu sync.Mutex
	// now is the skipped time of the verb that is carried out; nil between verbs.
	now func() time.Time
	// Calls counts the HTTP calls that verbs have made, and Changes those of them that change
	// something.
	Calls, Changes int
	// Losing are calls that are lost, by their numbers from 0, and Changing are calls that change
	// something and are lost, by their numbers from 1.
	Losing, Changing map[int]Loss
	// Late are the calls, from 0, that get no answer and reach the platform only after a while.
	Late map[int]time.Duration
	slow []slowCall
	// OnCall is told of each call that may reach the platform, and may answer it itself or return what
	// changes the text of its answer.
	OnCall func(n int, r *http.Request) (*http.Response, func(string) string)
	// kill ends the context of the attempt under way, and dead tells that its worker died.
	kill context.CancelFunc
	dead bool
	// Cancelled is how an attempt has ended whose context was ended by Cancel.
	Cancelled error
	// FreezeFrom is the question to the guard, from 1, from which on all is frozen; 0 is never.
	FreezeFrom int
	// Asked counts the questions to the guard, and OnGuard is what happens while one is answered.
	Asked   int
	OnGuard func()
	// Trail are the questions to the guard and the calls that change something, in their order.
	Trail []Mark
	// said are all answers and errors.
	said []string
}

// Mark is an entry of a trail.
type Mark string

// The marks.
const (
	MarkGuard  Mark = "guard"
	MarkChange Mark = "change"
)

// slowCall is a call on its way to the platform.
type slowCall struct {
	at      time.Time
	request *http.Request
}

// Now is the clock of the driver.
func (h *Harness) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now == nil {
		return h.Clock.Now()
	}
	return h.now()
}

// Guard is the guard of the driver.
func (h *Harness) Guard(context.Context, release.App) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.Asked++
	h.Trail = append(h.Trail, MarkGuard)
	if h.OnGuard != nil {
		h.OnGuard()
	}
	if h.FreezeFrom == 0 || h.Asked < h.FreezeFrom {
		return nil
	}
	return temporal.NewNonRetryableApplicationError("frozen until Monday", string(release.FaultFrozen), nil, release.Freeze{Name: "weekend"})
}

// Cancel ends the attempt under way. It is called by OnCall and OnGuard.
func (h *Harness) Cancel() { h.kill() }

// RoundTrip carries an HTTP call: never one of a dead worker.
func (h *Harness) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	call := h.arrive(r)
	switch {
	case call.answer != nil:
		return call.answer, nil
	case call.loss == LostBefore:
		return nil, errors.New("no answer")
	case call.loss == DeathBefore:
		return nil, h.die()
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	switch {
	case err == nil && (call.loss == LostAfter || call.loss == DeathAfter):
		err = errors.Join(errors.New("no answer"), resp.Body.Close())
		resp = nil
	case err == nil && call.edit != nil:
		err = edited(resp, call.edit)
	}
	if call.loss == DeathAfter {
		return nil, h.die()
	}
	return resp, err
}

// edited changes the body of an answer.
func edited(resp *http.Response, edit func(string) string) error {
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(edit(string(text)))), -1
	return err
}

// arrival is what happens to a call.
type arrival struct {
	loss   Loss
	answer *http.Response
	edit   func(string) string
}

// arrive lets the platform's time come up to the call's, and tells what happens to the call.
func (h *Harness) arrive(r *http.Request) arrival {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now == nil {
		return arrival{}
	}
	now := h.now()
	h.reach(now)
	if h.dead {
		return arrival{loss: DeathBefore}
	}
	n := h.Calls
	h.Calls++
	call := arrival{loss: h.Losing[n]}
	if h.Mutates != nil && h.Mutates(r) {
		h.Changes++
		h.Trail = append(h.Trail, MarkChange)
		if loss, planned := h.Changing[h.Changes]; planned {
			call.loss = loss
		}
	}
	if h.OnCall != nil {
		call.answer, call.edit = h.OnCall(n, r) //nolint:bodyclose // whoever gets the answer closes it
	}
	if d, late := h.Late[n]; late {
		h.slow = append(h.slow, slowCall{at: now.Add(d), request: r.Clone(context.WithoutCancel(r.Context()))})
		call.loss = LostBefore
	}
	if call.loss == Declined {
		call.answer = h.Declined(r) //nolint:bodyclose // whoever gets the answer closes it
	}
	return call
}

// reach lets the platform's time come up to a moment, with the slow calls that come in until then.
func (h *Harness) reach(at time.Time) {
	until := func(at time.Time) {
		if d := at.Sub(h.Clock.Now()); d > 0 {
			_, _ = h.Clock.Advance(d)
		}
	}
	slices.SortFunc(h.slow, func(a, b slowCall) int { return a.at.Compare(b.at) })
	for len(h.slow) > 0 && !h.slow[0].at.After(at) {
		until(h.slow[0].at)
		if resp, err := http.DefaultTransport.RoundTrip(h.slow[0].request); err == nil {
			_ = resp.Body.Close()
		}
		h.slow = h.slow[1:]
	}
	until(at)
}

func (h *Harness) isDead() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead
}

func (h *Harness) die() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dead = true
	h.kill()
	return errors.New("the worker is dead")
}

// patience is how long a verb may take of real time, on a machine that has much else to do.
const patience = 5 * time.Minute

// attemptLimit is when the server notices that a worker has died.
const attemptLimit = time.Minute

// mortal makes attempts mortal.
type mortal struct {
	interceptor.WorkerInterceptorBase

	harness *Harness
}

func (m *mortal) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &mortalAttempt{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, harness: m.harness}
}

type mortalAttempt struct {
	interceptor.ActivityInboundInterceptorBase

	harness *Harness
}

func (m *mortalAttempt) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	ctx, kill := context.WithCancel(ctx)
	defer kill()
	h := m.harness
	h.mu.Lock()
	h.kill, h.dead = kill, false
	h.mu.Unlock()
	out, err := m.Next.ExecuteActivity(ctx, in)
	h.hears(nil, err)
	switch {
	case h.isDead():
		return nil, temporal.NewApplicationErrorWithOptions("the attempt has timed out", string(FaultDeath),
			temporal.ApplicationErrorOptions{NextRetryDelay: attemptLimit})
	case ctx.Err() != nil && err != nil:
		h.Cancelled = err
		return nil, temporal.NewNonRetryableApplicationError("cancelled", errCancelled, err)
	}
	return out, err
}

// FaultDeath is the fault of an attempt whose worker has died: it may have acted.
const FaultDeath release.Fault = "death"

// errCancelled is the type of the error of an attempt that was ended by Cancel.
const errCancelled = "cancelled"

// hears notes what was answered.
func (h *Harness) hears(out any, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.said = append(h.said, err.Error())
		return
	}
	text, _ := json.Marshal(out) //nolint:errchkjson // the answers of verbs are JSON
	h.said = append(h.said, string(text))
}

// Said are the texts of all answers and errors of verbs so far.
func (h *Harness) Said() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.said)
}

// Do carries out a verb to its end: until it succeeds, fails for good, finds another change in the
// way, or an hour has passed; and then lets a minute pass.
func Do[Out, In any](h *Harness, v release.Verb, in In) (Out, error) {
	out, err := Try[Out](h, v, in, release.FaultConflict)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reach(h.Clock.Now().Add(time.Minute))
	return out, err
}

// Try carries out a verb to its end, which any of the given faults is, too.
func Try[Out, In any](h *Harness, v release.Verb, in In, ends ...release.Fault) (Out, error) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(h.Clock.Now())
	env.SetTestTimeout(patience)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: patience, Interceptors: []interceptor.WorkerInterceptor{&mortal{harness: h}}})
	platform.Register(env, h.Platform, h.Driver)
	var types []string
	for _, end := range ends {
		types = append(types, string(end))
	}
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, in In) (Out, error) {
		var out Out
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: attemptLimit, ScheduleToCloseTimeout: time.Hour,
			RetryPolicy: &temporal.RetryPolicy{
				InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute, MaximumAttempts: math.MaxInt32,
				NonRetryableErrorTypes: types,
			},
		})
		err := workflow.ExecuteActivity(ctx, release.ActivityName(h.Platform, v), in).Get(ctx, &out)
		return out, err
	}, workflow.RegisterOptions{Name: "verb"})
	h.during(env.Now)
	defer h.during(nil)
	env.ExecuteWorkflow("verb", in)
	h.mu.Lock()
	h.reach(env.Now())
	h.mu.Unlock()
	var out Out
	err := env.GetWorkflowError()
	if err == nil {
		err = env.GetWorkflowResult(&out)
	}
	h.hears(out, err)
	return out, err
}

// Ask carries out what is no verb as one: its calls are counted and lost.
func (h *Harness) Ask(question func()) {
	h.during(h.Clock.Now)
	defer h.during(nil)
	question()
}

func (h *Harness) during(now func() time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = now
}

// FaultOf is the fault that a verb ended with; empty for success, and for an error that is none of a
// verb.
func FaultOf(err error) release.Fault {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return release.Fault(app.Type())
	}
	return ""
}
