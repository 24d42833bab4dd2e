package workflows_test

import (
	"context"
	"errors"
	"log/slog"
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
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/activities/attempt"
	"slipway/activities/calendar"
	"slipway/activities/gates"
	"slipway/activities/platform"
	"slipway/activities/sae"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/workflows"
)

// stage is Temporal's test environment with skipped time, the real SAE driver, and the
// simulator behind it over HTTP, whose clock follows the skipped time.
type stage struct {
	t      tester
	env    *testsuite.TestWorkflowEnvironment
	sim    *saesim.Simulator
	client *saeclient.Client
	app    release.App
	cost   *cost
	death  *death
	server *server
	// inStep makes the simulator's clock follow the skipped time.
	inStep bool

	mu       sync.Mutex
	events   []release.Event
	calendar release.Calendar
	// busAway is how many more attempts to publish fail; busDown and calendarDown tell
	// whether NATS is away just now.
	busAway               int
	busDown, calendarDown func() bool
	// noted is what the ledger alone was told.
	noted []release.Progress
	// living is what a lane finds that looks for releases, and recalled what the ledger knows
	// of releases by their IDs; settled is what it was told of lost ones. attended counts the
	// looks of releases that wait, and waiting is what they wait for.
	living release.Living
	// unlisted are found only where they are looked for by their ID.
	unlisted []release.LaneEntry
	recalled map[string]release.Progress
	judged   release.Judged
	settled  []release.SettleInput
	attended int
	waiting  string
	// ledger remembers what it was told; nil where only recalled is remembered.
	ledger *memory
	// deploys are the parameters of each DeployApplication, and deployedAt is when it came.
	deploys    []url.Values
	deployedAt []time.Time
	// hooks run once, right before the next call of an operation.
	hooks map[string]func()
	// operations are those of the platform. It takes long to list them, and every call needs them.
	operations []cloudapi.Operation
}

// The images that the tests release.
const (
	oldImage = "registry.example/shop:1"
	newImage = "registry.example/shop:2"
)

// creation is how long the application has been there when the tests begin.
const creation = time.Hour

// tester is what tests and property checks have in common.
type tester interface {
	require.TestingT
	Helper()
	Cleanup(fn func())
	Context() context.Context
	Error(args ...any)
}

func newStage(t tester) *stage {
	t.Helper()
	return newStageWith(t, slog.DiscardHandler, func(d *sae.Driver) platform.Driver { return d })
}

// newStageWith is a stage whose logs are kept, and on which something stands around the platform's driver.
func newStageWith(t tester, logs slog.Handler, around func(*sae.Driver) platform.Driver) *stage {
	t.Helper()
	s := bareStage(t, logs)
	s.connect(around)
	return s
}

// bareStage is a stage without a platform.
func bareStage(t tester, logs slog.Handler) *stage {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(logs)))
	s := &stage{t: t, env: suite.NewTestWorkflowEnvironment(), cost: &cost{}, death: &death{}, server: newServer(), operations: saeclient.Operations()}
	s.env.SetTestTimeout(time.Minute)
	s.env.SetWorkerOptions(worker.Options{Interceptors: s.interceptors()})
	t.Cleanup(func() { require.Empty(t, s.cost.unnamed, "every activity has a summary") })
	workflows.Register(s.env)
	s.env.RegisterActivityWithOptions(s.publish, activity.RegisterOptions{Name: release.PublishActivity})
	s.env.RegisterActivityWithOptions(s.findLiving, activity.RegisterOptions{Name: release.LivingActivity})
	s.env.RegisterActivityWithOptions(s.awaitLedger, activity.RegisterOptions{Name: release.AwaitLedgerActivity})
	s.env.RegisterActivityWithOptions(s.attend, activity.RegisterOptions{Name: release.AttendActivity})
	s.env.RegisterActivityWithOptions(s.waitsFor, activity.RegisterOptions{Name: release.WaitsForActivity})
	s.env.RegisterActivityWithOptions(s.judge, activity.RegisterOptions{Name: release.JudgedActivity})
	s.env.RegisterActivityWithOptions(s.recall, activity.RegisterOptions{Name: release.RecallActivity})
	s.env.RegisterActivityWithOptions(s.settle, activity.RegisterOptions{Name: release.SettleActivity})

	s.env.SetStartTime(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC))
	return s
}

// connect connects the stage with the simulator of SAE, and makes the application.
func (s *stage) connect(around func(*sae.Driver) platform.Driver) {
	t := s.t
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(s.env.Now().Add(-creation)), Seed: 1})
	require.NoError(t, err)
	s.sim = sim
	t.Cleanup(func() {
		require.Empty(t, sim.Calls().Ignored, "parameters that the simulator took and that did nothing")
	})
	server := httptest.NewServer(s.follow(sim))
	t.Cleanup(server.Close)
	credential, err := credentials.NewCredential(&credentials.Config{
		Type: new("access_key"), AccessKeyId: new(saesim.TestAccessKeyID), AccessKeySecret: new(saesim.TestAccessKeySecret),
	})
	require.NoError(t, err)
	s.client, err = saeclient.New(saeclient.Config{Region: saesim.DefaultRegion, Endpoint: server.URL, Credential: credential, Transport: s.death})
	require.NoError(t, err)
	driver, err := sae.New(sae.Config{Client: s.client, Guard: s.freezes(), Now: s.env.Now})
	require.NoError(t, err)
	s.drive(release.PlatformSAE, around(driver))
	s.createApp()
	s.inStep = true
}

// freezes is the guard of a driver: the calendar of the stage.
func (s *stage) freezes() platform.Guard {
	freezes, err := calendar.New(s, s.env.Now)
	require.NoError(s.t, err)
	freezes.Register(s.env)
	return freezes.Guard
}

// drive registers the verbs of a driver, and the gates that ask it for instances.
func (s *stage) drive(p release.Platform, d platform.Driver) {
	s.death.platform = p
	s.t.Cleanup(s.death.transport.CloseIdleConnections)
	measuring, err := gates.New(gates.Config{Allow: []string{"127.0.0.1", "127.9.0.0/16"}, Instances: d, Now: s.env.Now})
	require.NoError(s.t, err)
	measuring.Register(s.env)
	platform.Register(s.env, p, d)
}

// interceptors are what stands around every workflow and activity, the outermost first: what
// counts, the server, the death of workers, and what a real worker has.
func (s *stage) interceptors(more ...interceptor.WorkerInterceptor) []interceptor.WorkerInterceptor {
	real := attempt.New(attempt.Config{Now: s.env.Now})
	return append([]interceptor.WorkerInterceptor{s.cost, s.server}, append(more, s.death, real)...)
}

// follow moves the simulator's clock up to the skipped time before each request.
func (s *stage) follow(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d := s.env.Now().Sub(s.sim.Now()); s.inStep && d > 0 {
			if _, err := s.sim.Advance(d); err != nil {
				s.t.Error(err)
			}
		}
		s.runHook(r)
		if strings.HasSuffix(r.URL.Path, "/deployApplication") {
			s.mu.Lock()
			s.deploys, s.deployedAt = append(s.deploys, r.URL.Query()), append(s.deployedAt, s.env.Now())
			s.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

// before runs something once, right before the next call of an operation.
func (s *stage) before(operation string, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hooks == nil {
		s.hooks = map[string]func(){}
	}
	s.hooks[operation] = do
}

func (s *stage) runHook(r *http.Request) {
	called := slices.IndexFunc(s.operations, func(o cloudapi.Operation) bool { return o.Method == r.Method && o.Path == r.URL.Path })
	if called < 0 {
		return
	}
	operation := s.operations[called].Name
	s.mu.Lock()
	do := s.hooks[operation]
	delete(s.hooks, operation)
	s.mu.Unlock()
	if do != nil {
		do()
	}
}

// since is how long it is since the release began, for conditions that end by themselves.
func (s *stage) since(start time.Time) time.Duration { return s.env.Now().Sub(start) }

// Load is the calendar of freezes.
func (s *stage) Load(context.Context) (release.Calendar, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calendarDown != nil && s.calendarDown() {
		return release.Calendar{}, 0, errors.New("nats: no servers available for connection")
	}
	return s.calendar, 1, nil
}

// freeze puts another calendar up.
func (s *stage) freeze(c release.Calendar) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calendar = c
}

func (s *stage) publish(_ context.Context, in release.PublishInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busDown != nil && s.busDown() {
		return errors.New("the bus does not answer")
	}
	if s.busAway > 0 {
		s.busAway--
		return errors.New("the bus does not answer")
	}
	for _, e := range in.Events {
		if s.ledger != nil && e.Lane == nil { // the ledger has releases and sets
			s.ledger.take(e)
		}
		if e.Kind == "" {
			s.noted = append(s.noted, e.Progress)
		} else {
			s.events = append(s.events, e)
		}
	}
	return nil
}

// createApp creates an application of five instances that runs oldImage, with two
// scaling rules, of which the second is disabled.
func (s *stage) createApp() {
	ctx := s.t.Context()
	created, err := s.client.CreateApplication(ctx, &saeclient.CreateApplicationInput{
		AppName: "shop", PackageType: "Image", ImageURL: new(oldImage), Replicas: 5, CPU: new(1000), Memory: new(2048),
	})
	require.NoError(s.t, err)
	s.app = release.App{Platform: release.PlatformSAE, Region: saesim.DefaultRegion, ID: created.Data.AppID}
	_, err = s.sim.Advance(creation)
	require.NoError(s.t, err)
	for _, name := range []string{"daily", "night"} {
		_, err = s.client.CreateApplicationScalingRule(ctx, &saeclient.CreateApplicationScalingRuleInput{
			AppID: s.app.ID, ScalingRuleName: name, ScalingRuleType: "timing",
			ScalingRuleTimer: &saeclient.ScalingRuleTimer{
				Period: "* * *", Schedules: []saeclient.ScalingSchedule{{AtTime: map[string]string{"daily": "08:00", "night": "20:00"}[name], TargetReplicas: 5}},
			},
		})
		require.NoError(s.t, err)
	}
	_, err = s.client.DisableApplicationScalingRule(ctx, &saeclient.DisableApplicationScalingRuleInput{AppID: s.app.ID, ScalingRuleName: "night"})
	require.NoError(s.t, err)
	s.sim.ResetCalls()
}

// rules reads the scaling rules as they are now.
func (s *stage) rules() map[string]bool {
	s.t.Helper()
	out, err := s.client.DescribeApplicationScalingRules(s.t.Context(), &saeclient.DescribeApplicationScalingRulesInput{AppID: s.app.ID})
	require.NoError(s.t, err)
	rules := map[string]bool{}
	for _, r := range out.Data.ApplicationScalingRules {
		rules[r.ScaleRuleName] = r.ScaleRuleEnabled
	}
	return rules
}

// requireRulesAsBefore checks rule R1.
func (s *stage) requireRulesAsBefore() {
	s.t.Helper()
	require.Equal(s.t, map[string]bool{"daily": true, "night": false}, s.rules())
}

// orders are the types of the changes after the application's creation.
func (s *stage) orders() []string {
	var types []string
	for _, o := range s.sim.Orders(s.app.ID) {
		if o.Type != saeclient.CoTypeCreateApp {
			types = append(types, o.Type)
		}
	}
	return types
}

// kinds are the lifecycle events in their order.
func (s *stage) kinds() []release.EventKind {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kinds []release.EventKind
	ids := map[string]bool{}
	for _, e := range s.events {
		require.False(s.t, ids[e.ID], "event %s twice", e.ID)
		ids[e.ID] = true
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (s *stage) fault(f saesim.Fault) {
	s.t.Helper()
	_, err := s.sim.AddFault(f)
	require.NoError(s.t, err)
}

func (s *stage) spec(st release.Strategy) release.Spec {
	return release.Spec{App: s.app, Artifact: release.Artifact{Image: newImage}, Strategy: st, RequestedBy: "test"}
}

// run carries out a release to its end.
func (s *stage) run(spec release.Spec) release.Progress {
	s.t.Helper()
	spec = spec.WithDefaults()
	s.env.ExecuteWorkflow(spec.Workflow(), release.Request{ID: "r-test", Spec: spec})
	return s.result()
}

func (s *stage) result() release.Progress {
	s.t.Helper()
	require.True(s.t, s.env.IsWorkflowCompleted())
	require.NoError(s.t, s.env.GetWorkflowError())
	var p release.Progress
	require.NoError(s.t, s.env.GetWorkflowResult(&p))
	return p
}

func (s *stage) progress() release.Progress {
	s.t.Helper()
	value, err := s.env.QueryWorkflow(release.QueryProgress)
	require.NoError(s.t, err)
	var p release.Progress
	require.NoError(s.t, value.Get(&p))
	return p
}

// at runs something once the workflow's time has come so far.
func (s *stage) at(d time.Duration, fn func()) { s.env.RegisterDelayedCallback(fn, d) }

func (s *stage) confirm(d time.Duration, batch int) {
	s.at(d, func() {
		s.env.SignalWorkflow(string(release.CommandConfirm), release.Command{Batch: batch, By: "ann"})
	})
}

func (s *stage) abort(d time.Duration) {
	s.say(d, release.Command{Kind: release.CommandAbort, By: "ann", Reason: "too many errors"})
}

// say tells the release a word by signal.
func (s *stage) say(d time.Duration, c release.Command) {
	if c.By == "" {
		c.By = "ann"
	}
	s.at(d, func() { s.env.SignalWorkflow(string(c.Kind), c) })
}

// cost counts the commands a workflow gives; each writes a fixed number of history
// events, whatever time passes.
type cost struct {
	interceptor.WorkerInterceptorBase

	activities, markers, timers, upserts int
	// handed are the lifecycle events that were given into the history of a release or set,
	// and deliveries how many workflows were begun to deliver some.
	handed     []any
	deliveries int
	// searchable are the phase and the name of the application of each upsert.
	searchable []string
	// unnamed are the activities without a summary, and summaries those of the others.
	unnamed, summaries []string
}

// hands counts what stands in the history of the workflow that hands it over.
func (c *cost) hands(ctx workflow.Context, args ...any) {
	if workflow.GetInfo(ctx).WorkflowType.Name == release.WorkflowDelivery {
		return
	}
	c.handed = append(c.handed, args...)
}

func (c *cost) total() int { return c.activities + c.markers + c.timers + c.upserts }

func (c *cost) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &costInbound{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, cost: c}
}

type costInbound struct {
	interceptor.WorkflowInboundInterceptorBase

	cost *cost
}

func (i *costInbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&costOutbound{WorkflowOutboundInterceptorBase: interceptor.WorkflowOutboundInterceptorBase{Next: out}, cost: i.cost})
}

type costOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase

	cost *cost
}

func (o *costOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	o.cost.activities++
	if name == release.PublishActivity {
		o.cost.hands(ctx, args...)
	}
	// The test environment stops after ten attempts where nothing is said; the server does not.
	options := workflow.GetActivityOptions(ctx)
	if options.Summary == "" {
		o.cost.unnamed = append(o.cost.unnamed, name)
	} else {
		o.cost.summaries = append(o.cost.summaries, options.Summary)
	}
	policy := temporal.RetryPolicy{}
	if options.RetryPolicy != nil {
		policy = *options.RetryPolicy
	}
	policy.MaximumAttempts = math.MaxInt32
	options.RetryPolicy = &policy
	ctx = workflow.WithActivityOptions(ctx, options)
	return o.Next.ExecuteActivity(ctx, name, args...)
}

func (o *costOutbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	o.cost.markers++
	return o.Next.ExecuteLocalActivity(ctx, name, args...)
}

func (o *costOutbound) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	if name == release.WorkflowDelivery {
		o.cost.deliveries++
		o.cost.hands(ctx, args...)
	}
	return o.Next.ExecuteChildWorkflow(ctx, name, args...)
}

func (o *costOutbound) SignalChildWorkflow(ctx workflow.Context, workflowID, name string, arg any) workflow.Future {
	if name == release.SignalDeliver {
		o.cost.hands(ctx, arg)
	}
	return o.Next.SignalChildWorkflow(ctx, workflowID, name, arg)
}

func (o *costOutbound) NewTimer(ctx workflow.Context, d time.Duration) workflow.Future {
	o.cost.timers++
	return o.Next.NewTimer(ctx, d)
}

func (o *costOutbound) NewTimerWithOptions(ctx workflow.Context, d time.Duration, options workflow.TimerOptions) workflow.Future {
	o.cost.timers++
	return o.Next.NewTimerWithOptions(ctx, d, options)
}

func (o *costOutbound) UpsertTypedSearchAttributes(ctx workflow.Context, attributes ...temporal.SearchAttributeUpdate) error {
	o.cost.upserts++
	all := temporal.NewSearchAttributes(attributes...)
	phase, _ := all.GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchPhase))
	name, _ := all.GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchAppName))
	o.cost.searchable = append(o.cost.searchable, phase+" "+name)
	return o.Next.UpsertTypedSearchAttributes(ctx, attributes...)
}

func (s *stage) findLiving(_ context.Context, in release.LivingInput) (release.Living, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.living
	for _, e := range s.unlisted {
		if slices.Contains(in.Also, e.ReleaseID) {
			found.Releases = append(slices.Clone(found.Releases), e)
		}
	}
	return found, nil
}

func (s *stage) awaitLedger(context.Context, release.AwaitLedgerInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busDown != nil && s.busDown() {
		return errors.New("nats: no servers available for connection")
	}
	s.living.LedgerAway = false
	return nil
}

// attend looks once: the test environment goes on with an activity that nobody wants any more.
func (s *stage) attend(context.Context, release.Submission) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attended++
	return nil
}

func (s *stage) waitsFor(context.Context, release.Ref) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting, nil
}

func (s *stage) judge(context.Context, release.JudgedInput) (release.Judged, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judged, nil
}

func (s *stage) recall(_ context.Context, in release.Ref) (release.Progress, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busDown != nil && s.busDown() {
		return release.Progress{}, errors.New("nats: no servers available for connection")
	}
	p, known := s.recalled[in.ReleaseID]
	if s.ledger != nil {
		var r record
		r, known = s.ledger.records[in.ReleaseID]
		p = r.Progress
	}
	if !known {
		return p, temporal.NewNonRetryableApplicationError("not in the ledger", string(release.FaultNotFound), nil)
	}
	return p, nil
}

func (s *stage) settle(_ context.Context, in release.SettleInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busDown != nil && s.busDown() {
		return errors.New("nats: no servers available for connection")
	}
	s.settled = append(s.settled, in)
	if s.ledger != nil {
		s.ledger.settle(in)
	}
	return nil
}
