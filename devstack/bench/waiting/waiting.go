// Package waiting counts what a release costs while it waits for a confirmation, in skipped time: the workflow, the driver of
// SAE and the simulator are real, and a day takes a moment. So the numbers are exact, and the same each time.
package waiting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/activities/attempt"
	"slipway/activities/platform"
	"slipway/activities/sae"
	"slipway/internal/acskeys"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/workflows"
)

// Cost is what a release has cost by the end of its wait.
type Cost struct {
	// Calls are those to SAE, and Looks those among them that look at the change.
	Calls, Looks int
}

// real bounds how long it takes in real time.
const realLimit = 2 * time.Minute

// id is that of the release.
const id = "r-waiting"

// wait is a release that waits.
type wait struct {
	env *testsuite.TestWorkflowEnvironment
	sim *saesim.Simulator

	mu     sync.Mutex
	parked time.Time
	// wrong is what went wrong beside the workflow.
	wrong error
}

// Gray begins a gray release on SAE, has it wait for the confirmation of its first batch for the given time, and counts.
func Gray(forTime time.Duration) (cost Cost, err error) {
	if forTime <= 0 || forTime > time.Duration(release.DefaultTotalLimit) {
		return cost, fmt.Errorf("waiting: %s is no time that a release waits; it must be positive, and %s at most", forTime, time.Duration(release.DefaultTotalLimit))
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	w := &wait{env: suite.NewTestWorkflowEnvironment()}
	w.env.SetTestTimeout(realLimit)
	w.env.SetStartTime(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	if w.sim, err = saesim.New(saesim.Config{Clock: saesim.SteppedClock(w.env.Now()), Seed: 1}); err != nil {
		return cost, err
	}
	if err := w.sim.SeedDemo(); err != nil {
		return cost, err
	}
	server := httptest.NewServer(w.inStep(w.sim))
	defer server.Close()
	if err := w.assemble(server.URL); err != nil {
		return cost, err
	}
	w.sim.ResetCalls()
	w.env.RegisterDelayedCallback(func() {
		calls := w.sim.Calls()
		cost = Cost{Calls: calls.Total, Looks: calls.Operations["DescribeChangeOrder"]}
		w.env.CancelWorkflow()
	}, settling+forTime)
	w.env.ExecuteWorkflow(release.WorkflowGrayRelease, release.Request{ID: id, Spec: release.Spec{
		App:      release.App{Platform: release.PlatformSAE, Region: saesim.DefaultRegion, ID: saesim.DemoShop},
		Artifact: release.Artifact{Image: "registry.example/shop:2"},
		Strategy: release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual},
		Limits:   release.Limits{Confirm: release.DefaultTotalLimit},
	}.WithDefaults()})
	return cost, w.problem(cost)
}

// settling is the time within which the first batch is done.
const settling = time.Minute

// problem is what speaks against a count.
func (w *wait) problem(cost Cost) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if cost.Calls == 0 {
		return errors.Join(errors.New("waiting: the release ended before it had waited"), w.env.GetWorkflowError(), w.wrong)
	}
	if w.parked.IsZero() {
		return errors.Join(errors.New("waiting: the release does not wait for a confirmation"), w.wrong)
	}
	return w.wrong
}

// inStep moves the clock of the simulator up to the skipped time before each request.
func (w *wait) inStep(sim *saesim.Simulator) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if d := w.env.Now().Sub(sim.Now()); d > 0 {
			if _, err := sim.Advance(d); err != nil {
				w.mu.Lock()
				w.wrong = errors.Join(w.wrong, err)
				w.mu.Unlock()
			}
		}
		sim.ServeHTTP(rw, r)
	})
}

// assemble registers what a worker has.
func (w *wait) assemble(endpoint string) error {
	credential, err := acskeys.Pair(saesim.TestAccessKeyID, saesim.TestAccessKeySecret)
	if err != nil {
		return err
	}
	client, err := saeclient.New(saeclient.Config{Region: saesim.DefaultRegion, Endpoint: endpoint, Credential: credential})
	if err != nil {
		return err
	}
	free := func(context.Context, release.App) error { return nil }
	driver, err := sae.New(sae.Config{Client: client, Guard: free, Now: w.env.Now})
	if err != nil {
		return err
	}
	w.env.SetWorkerOptions(worker.Options{
		Interceptors:             []interceptor.WorkerInterceptor{&patient{}, attempt.New(attempt.Config{Now: w.env.Now})},
		DeadlockDetectionTimeout: realLimit, // a busy machine is no deadlock
	})
	workflows.Register(w.env)
	platform.Register(w.env, release.PlatformSAE, driver)
	w.env.RegisterActivityWithOptions(w.publish, activity.RegisterOptions{Name: release.PublishActivity})
	return nil
}

// publish hears that the release waits.
func (w *wait) publish(_ context.Context, in release.PublishInput) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, event := range in.Events {
		if event.Kind == release.EventBatchWaiting {
			w.parked = w.env.Now()
		}
	}
	return nil
}

// patient has activities tried again as often as the server does, without an end: the test environment gives up after ten attempts.
type patient struct {
	interceptor.WorkerInterceptorBase
}

func (*patient) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	in := &patientInbound{}
	in.Next = next
	return in
}

type patientInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (in *patientInbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	out := &patientOutbound{}
	out.Next = next
	return in.Next.Init(out)
}

type patientOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
}

func (out *patientOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if policy := workflow.GetActivityOptions(ctx).RetryPolicy; policy != nil && policy.MaximumAttempts == 0 {
		endless := *policy
		endless.MaximumAttempts = math.MaxInt32
		ctx = workflow.WithRetryPolicy(ctx, endless)
	}
	return out.Next.ExecuteActivity(ctx, name, args...)
}
