package sae

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
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
	// misses are the calls that are answered that there is no such change order.
	misses map[int]bool
	// bare are the paths whose next calls, so many, are carried out and answered without
	// data.
	bare map[string]int
	// kill ends the attempt under way, and dead tells that it has been.
	kill context.CancelFunc
	dead bool
	// freezeFrom is the question to the guard from which on all is frozen; 0 is never.
	freezeFrom int
	// asked counts the questions.
	asked int
}

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
	h := &host{deaths: map[int]death{}, late: map[int]time.Duration{}, bare: map[string]int{}}
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)), Seed: 1})
	require.NoError(t, err)
	h.sim = sim
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	h.client = clientOf(t, server.URL, h)
	h.driver, err = New(Config{Client: h.client, Guard: h.guard})
	require.NoError(t, err)
	created, err := h.client.CreateApplication(t.Context(), &saeclient.CreateApplicationInput{
		AppName: "shop", PackageType: "Image", ImageURL: new(image1), Replicas: 4, CPU: new(1000), Memory: new(2048),
	})
	require.NoError(t, err)
	h.app = release.App{Platform: release.PlatformSAE, Region: saesim.DefaultRegion, ID: created.Data.AppID}
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

func (h *host) guard(context.Context, release.App) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
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

// RoundTrip carries an HTTP call: never one of a dead worker.
func (h *host) RoundTrip(r *http.Request) (*http.Response, error) {
	dies, lost, missed := h.arrive(r)
	if lost {
		return nil, errors.New("no answer")
	}
	if missed {
		return &http.Response{StatusCode: http.StatusNotFound, Request: r, Body: body(
			`{"RequestId":"1","Code":"InvalidChangeOrder.NotFound","ErrorCode":"InvalidChangeOrder.NotFound","Success":false}`,
		)}, nil
	}
	if dies == deathBefore {
		h.die()
		return nil, errors.New("the worker is dead")
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if dies == deathAfter {
		h.die()
		if err == nil {
			_ = resp.Body.Close()
		}
		return nil, errors.New("the worker is dead")
	}
	if err == nil && h.answersBare(r.URL.Path) {
		_ = resp.Body.Close()
		resp.Body, resp.ContentLength = body(`{"RequestId":"1","Code":"200","Message":"success","Success":true}`), -1
	}
	return resp, err
}

func body(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }

func (h *host) answersBare(path string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bare[path]--
	return h.now != nil && h.bare[path] >= 0
}

// arrive lets the platform's time come up to the call's, and tells what happens to the
// call.
func (h *host) arrive(r *http.Request) (dies death, lost, missed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now == nil {
		return "", false, false
	}
	now := h.now()
	h.reach(now)
	if h.dead {
		return deathBefore, false, false
	}
	n := h.calls
	h.calls++
	if d, late := h.late[n]; late {
		h.slow = append(h.slow, slowCall{at: now.Add(d), request: r.Clone(context.WithoutCancel(r.Context()))})
		return "", true, false
	}
	return h.deaths[n], false, h.misses[n]
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
	if m.host.isDead() {
		return nil, temporal.NewApplicationErrorWithOptions("the attempt has timed out", "death",
			temporal.ApplicationErrorOptions{NextRetryDelay: attemptLimit})
	}
	return out, err
}

// do carries out a verb to its end: until it succeeds, fails for good, or an hour has
// passed; and then lets a minute pass.
func do[Out, In any](h *host, v release.Verb, in In) (Out, error) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(h.sim.Now())
	env.SetTestTimeout(time.Minute)
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&mortal{host: h}}})
	h.driver.Register(env)
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, in In) (Out, error) {
		var out Out
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: attemptLimit, ScheduleToCloseTimeout: time.Hour,
			RetryPolicy: &temporal.RetryPolicy{
				InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute, MaximumAttempts: math.MaxInt32,
			},
		})
		err := workflow.ExecuteActivity(ctx, release.ActivityName(release.PlatformSAE, v), in).Get(ctx, &out)
		return out, err
	}, workflow.RegisterOptions{Name: "verb"})
	h.during(env.Now)
	defer h.during(nil)
	env.ExecuteWorkflow("verb", in)
	h.mu.Lock()
	h.reach(env.Now().Add(time.Minute))
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
