package sae

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/activities/platform"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// tester is what tests and property checks have in common.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
	Cleanup(func())
}

// A host carries out verbs as the Temporal server and its workers do: in attempts that
// have numbers, with the delays that errors ask for, in skipped time. Behind it is the
// simulator over HTTP, whose clock follows the skipped time. A worker can be made to die
// before or after any of its HTTP calls.
type host struct {
	sim    *saesim.Simulator
	client *saeclient.Client
	driver *Driver
	app    release.App
	// mapID and secretID are those of the config map and the secret, once they are made.
	mapID, secretID int64
	// tokens counts the releases that were begun.
	tokens int
	// operations are those of the platform. It takes long to list them, and every call needs them.
	operations []cloudapi.Operation

	mu sync.Mutex
	// now is the skipped time of the verb that is carried out; nil between verbs.
	now func() time.Time
	// calls counts the HTTP calls that verbs have made.
	calls int
	// deaths are the calls at which a worker dies.
	deaths map[int]death
	// late are the calls that get no answer and reach the platform only after a while.
	late map[int]time.Duration
	slow []slowCall
	// answers are the calls that do not reach the platform and are answered here.
	answers map[int]answer
	// bare are the operations whose next calls, so many, are carried out and answered without
	// data, and edits change the answers of an operation.
	bare  map[string]int
	edits map[string]func(string) string
	// sent are the parameters of the calls of verbs, by operation.
	sent map[string][]url.Values
	// kill ends the context of the attempt under way, and dead tells that its worker died.
	kill context.CancelFunc
	dead bool
	// cancelOn is the operation on whose way, or after whose question to the guard, the
	// attempt is cancelled. Cancelled is how such an attempt has ended.
	cancelOn  string
	cancelled error
	// freezeFrom is the question to the guard from which on all is frozen; 0 is never.
	freezeFrom int
	// asked counts the questions, and meanwhile is what happens while one is answered.
	asked     int
	meanwhile func()
}

// An answer is one that the platform did not give.
type answer struct {
	status int
	body   string
}

// unknownOrder answers that there is no such change order.
func unknownOrder() answer {
	return answer{http.StatusNotFound, `{"RequestId":"1","Code":"InvalidChangeOrder.NotFound","ErrorCode":"InvalidChangeOrder.NotFound","Success":false}`}
}

// atGuard stands for the guard in host.cancelOn.
const atGuard = "the guard"

// A slowCall is on its way to the platform.
type slowCall struct {
	at      time.Time
	request *http.Request
}

type death string

const (
	deathBefore death = "before the call"
	deathAfter  death = "after the call"
)

// The images of the tests.
const (
	image1 = "registry.example/shop:1"
	image2 = "registry.example/shop:2"
	image3 = "registry.example/shop:3"
)

// newHost makes a host with an application of four instances that has run image1 for an
// hour.
func newHost(t tester) *host {
	t.Helper()
	return newHostOf(t, map[string]string{
		"PackageType": "Image", "ImageUrl": image1, "Replicas": "4", "Cpu": "1000", "Memory": "2048",
	})
}

// newHostOf makes a host with an application of the name shop that is made with the given
// parameters and has run for an hour.
func newHostOf(t tester, params map[string]string) *host {
	t.Helper()
	h := &host{
		deaths: map[int]death{}, late: map[int]time.Duration{}, bare: map[string]int{},
		edits: map[string]func(string) string{}, sent: map[string][]url.Values{}, operations: saeclient.Operations(),
	}
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)), Seed: 1})
	require.NoError(t, err)
	h.sim = sim
	t.Cleanup(func() {
		require.Empty(t, sim.Calls().Ignored, "parameters that the simulator took and that did nothing")
	})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	h.client = clientOf(t, server.URL, h)
	h.driver, err = New(Config{Client: h.client, Guard: h.guard, Now: h.clock})
	require.NoError(t, err)
	params = maps.Clone(params)
	params["AppName"] = "shop"
	created, err := h.client.Call(t.Context(), "CreateApplication", params)
	require.NoError(t, err)
	var answer struct {
		Data struct {
			AppID string `json:"AppId"`
		}
	}
	require.NoError(t, json.Unmarshal(created, &answer))
	h.app = release.App{Platform: release.PlatformSAE, Region: saesim.DefaultRegion, ID: answer.Data.AppID}
	h.pass(t, time.Hour)
	return h
}

func clientOf(t tester, address string, transport http.RoundTripper) *saeclient.Client {
	t.Helper()
	credential, err := credentials.NewCredential(&credentials.Config{
		Type: new("access_key"), AccessKeyId: new(saesim.TestAccessKeyID), AccessKeySecret: new(saesim.TestAccessKeySecret),
	})
	require.NoError(t, err)
	client, err := saeclient.New(saeclient.Config{
		Region: saesim.DefaultRegion, Endpoint: address, Credential: credential, Transport: transport,
	})
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// clock is the driver's.
func (h *host) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now == nil {
		return h.sim.Now()
	}
	return h.now()
}

func (h *host) guard(context.Context, release.App) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	if h.meanwhile != nil {
		h.meanwhile()
	}
	if h.cancelOn == atGuard {
		h.kill()
	}
	if h.freezeFrom == 0 || h.asked < h.freezeFrom {
		return nil
	}
	return temporal.NewNonRetryableApplicationError("frozen until Monday", string(release.FaultFrozen), nil, release.Freeze{Name: "weekend"})
}

// pass lets time go by on the platform.
func (h *host) pass(t tester, d time.Duration) {
	t.Helper()
	_, err := h.sim.Advance(d)
	require.NoError(t, err)
}

func (h *host) fault(t tester, f saesim.Fault) {
	t.Helper()
	_, err := h.sim.AddFault(f)
	require.NoError(t, err)
}

// operationOf is the name of the operation that a request calls.
func (h *host) operationOf(r *http.Request) string {
	i := slices.IndexFunc(h.operations, func(o cloudapi.Operation) bool { return o.Method == r.Method && o.Path == r.URL.Path })
	if i < 0 {
		return ""
	}
	return h.operations[i].Name
}

// RoundTrip carries an HTTP call: never one of a dead worker.
func (h *host) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	call := h.arrive(r)
	switch {
	case call.lost:
		return nil, errors.New("no answer")
	case call.answer != nil:
		return &http.Response{StatusCode: call.answer.status, Request: r, Body: body(call.answer.body)}, nil
	case call.dies == deathBefore:
		h.die()
		return nil, errors.New("the worker is dead")
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if call.dies == deathAfter {
		h.die()
		if err == nil {
			_ = resp.Body.Close()
		}
		return nil, errors.New("the worker is dead")
	}
	if err == nil && call.edit != nil {
		err = edited(resp, call.edit)
	}
	return resp, err
}

func body(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }

// edited changes the body of an answer.
func edited(resp *http.Response, edit func(string) string) error {
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body, resp.ContentLength = body(edit(string(text))), -1
	return err
}

func withoutData(string) string {
	return `{"RequestId":"1","Code":"200","Message":"success","Success":true}`
}

// arrival is what happens to a call.
type arrival struct {
	dies   death
	lost   bool
	answer *answer
	edit   func(string) string
}

// arrive lets the platform's time come up to the call's, and tells what happens to the
// call.
func (h *host) arrive(r *http.Request) arrival {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now == nil {
		return arrival{}
	}
	now := h.now()
	h.reach(now)
	if h.dead {
		return arrival{dies: deathBefore}
	}
	n, operation := h.calls, h.operationOf(r)
	h.calls++
	h.sent[operation] = append(h.sent[operation], r.URL.Query())
	if operation == h.cancelOn {
		h.kill()
	}
	if d, late := h.late[n]; late {
		h.slow = append(h.slow, slowCall{at: now.Add(d), request: r.Clone(context.WithoutCancel(r.Context()))})
		return arrival{lost: true}
	}
	call := arrival{dies: h.deaths[n], edit: h.edits[operation]}
	if a, ours := h.answers[n]; ours {
		call.answer = &a
	}
	if h.bare[operation] > 0 {
		h.bare[operation]--
		call.edit = withoutData
	}
	return call
}

// reach lets the platform's time come up to a moment, with the slow calls that come in
// until then.
func (h *host) reach(at time.Time) {
	until := func(at time.Time) {
		if d := at.Sub(h.sim.Now()); d > 0 {
			_, _ = h.sim.Advance(d)
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

func (h *host) isDead() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead
}

func (h *host) die() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dead = true
	h.kill()
}

// attemptLimit is when the server notices that a worker has died.
const attemptLimit = time.Minute

// mortal makes attempts mortal.
type mortal struct {
	interceptor.WorkerInterceptorBase

	host *host
}

func (m *mortal) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &mortalAttempt{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, host: m.host}
}

type mortalAttempt struct {
	interceptor.ActivityInboundInterceptorBase

	host *host
}

func (m *mortalAttempt) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	ctx, kill := context.WithCancel(ctx)
	defer kill()
	m.host.mu.Lock()
	m.host.kill, m.host.dead = kill, false
	m.host.mu.Unlock()
	out, err := m.Next.ExecuteActivity(ctx, in)
	switch {
	case m.host.isDead():
		return nil, temporal.NewApplicationErrorWithOptions("the attempt has timed out", errDeath,
			temporal.ApplicationErrorOptions{NextRetryDelay: attemptLimit})
	case ctx.Err() != nil && err != nil:
		m.host.cancelled = err
		return nil, temporal.NewNonRetryableApplicationError("cancelled", errCancelled, err)
	}
	return out, err
}

// The types of the errors of attempts that ended by what is arranged here.
const (
	errDeath     = "death"
	errCancelled = "cancelled"
)

// do carries out a verb to its end: until it succeeds, fails for good, or an hour has
// passed; and then lets a minute pass.
func do[Out, In any](h *host, v release.Verb, in In) (Out, error) {
	out, err := try[Out](h, v, in, string(release.FaultConflict))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reach(h.sim.Now().Add(time.Minute))
	return out, err
}

// try carries out a verb to its end, which any of the given errors is, too.
func try[Out, In any](h *host, v release.Verb, in In, ends ...string) (Out, error) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(h.sim.Now())
	env.SetTestTimeout(time.Minute)
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&mortal{host: h}}})
	platform.Register(env, release.PlatformSAE, h.driver)
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, in In) (Out, error) {
		var out Out
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: attemptLimit, ScheduleToCloseTimeout: time.Hour,
			RetryPolicy: &temporal.RetryPolicy{
				InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute, MaximumAttempts: math.MaxInt32,
				NonRetryableErrorTypes: ends,
			},
		})
		err := workflow.ExecuteActivity(ctx, release.ActivityName(release.PlatformSAE, v), in).Get(ctx, &out)
		return out, err
	}, workflow.RegisterOptions{Name: "verb"})
	h.during(env.Now)
	defer h.during(nil)
	env.ExecuteWorkflow("verb", in)
	h.mu.Lock()
	h.reach(env.Now())
	h.mu.Unlock()
	var out Out
	if err := env.GetWorkflowError(); err != nil {
		return out, err
	}
	err := env.GetWorkflowResult(&out)
	return out, err
}

func (h *host) during(now func() time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = now
}

// must is do for a verb that has to succeed.
func must[Out, In any](t tester, h *host, v release.Verb, in In) Out {
	t.Helper()
	out, err := do[Out](h, v, in)
	require.NoError(t, err)
	return out
}

// faultOfVerb is the fault that a verb ended with; empty for success.
func faultOfVerb(err error) release.Fault {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return release.Fault(app.Type())
	}
	return ""
}

// refusedAs is do for a verb that has to fail, with the given fault and a text.
func refusedAs[In any](t tester, h *host, v release.Verb, in In) (release.Fault, string) {
	t.Helper()
	_, err := do[struct{}](h, v, in)
	require.Error(t, err)
	return faultOfVerb(err), err.Error()
}

// deploy begins a deployment past the driver and lets some time pass.
func (h *host) deploy(t tester, image, strategy string, d time.Duration) string {
	t.Helper()
	id, err := h.sim.BeginConsoleOrder(h.app.ID, saesim.ConsoleRelease{Image: image, Strategy: strategy})
	require.NoError(t, err)
	h.pass(t, d)
	return id
}
