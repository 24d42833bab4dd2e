package gates_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"slipway/activities/gates"
	"slipway/release"
)

func newGates(t *testing.T, allow ...string) *gates.Gates {
	t.Helper()
	g, err := gates.New(gates.Config{Allow: allow})
	require.NoError(t, err)
	return g
}

// serve answers with each handler in turn, the last one for ever, and counts.
func serve(t *testing.T, answers ...http.HandlerFunc) (address string, asked *atomic.Int32) {
	t.Helper()
	asked = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(asked.Add(1))
		answers[min(n, len(answers))-1](w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func httpGate(address string, change ...func(*release.HTTPGate)) release.Gate {
	h := &release.HTTPGate{URL: address}
	for _, c := range change {
		c(h)
	}
	return release.Gate{Name: "health", HTTP: h}
}

func suite() *testsuite.WorkflowTestSuite {
	s := &testsuite.WorkflowTestSuite{}
	s.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	return s
}

func anApp() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
}

// attempt carries out one attempt; before are the samples of earlier ones.
func attempt(t *testing.T, g *gates.Gates, gate release.Gate, before ...release.Sample) (release.GateResult, error) {
	t.Helper()
	env := suite().NewTestActivityEnvironment()
	g.Register(env)
	if before != nil {
		env.SetHeartbeatDetails(release.Measuring{Samples: before})
	}
	value, err := env.ExecuteActivity(release.MeasureActivity, release.MeasureInput{Gate: gate, Batch: 1, App: anApp(), ChangeID: "co-1"})
	var r release.GateResult
	if err == nil {
		require.NoError(t, value.Get(&r))
	}
	return r, err
}

// sampleOf is the only sample of a gate that wants one.
func sampleOf(t *testing.T, g *gates.Gates, gate release.Gate) release.Sample {
	t.Helper()
	r, err := attempt(t, g, gate)
	require.NoError(t, err)
	require.Len(t, r.Samples, 1)
	require.WithinDuration(t, time.Now(), r.Samples[0].At, time.Minute)
	r.Samples[0].At = time.Time{}
	return r.Samples[0]
}

func requireInvalid(t *testing.T, err error, text string) {
	t.Helper()
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, string(release.FaultInvalid), app.Type())
	require.True(t, app.NonRetryable())
	require.Contains(t, app.Message(), text)
}

// measured is what a workflow got from measuring, and how long it waited for it.
type measured struct {
	Result release.GateResult
	Took   time.Duration
}

// measureIn measures a gate as a workflow does, with time skipped while it waits.
func measureIn(t *testing.T, g *gates.Gates, gate release.Gate) (measured, error) {
	t.Helper()
	env := suite().NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	g.Register(env)
	env.ExecuteWorkflow(func(ctx workflow.Context) (measured, error) {
		began := workflow.Now(ctx)
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: release.SampleLimit, ScheduleToCloseTimeout: gate.Limit(),
		})
		var m measured
		err := workflow.ExecuteActivity(ctx, release.MeasureActivity, release.MeasureInput{Gate: gate, Batch: 2}).Get(ctx, &m.Result)
		m.Took = workflow.Now(ctx).Sub(began)
		return m, err
	})
	require.True(t, env.IsWorkflowCompleted())
	var m measured
	if err := env.GetWorkflowError(); err != nil {
		return m, err
	}
	return m, env.GetWorkflowResult(&m)
}

func verdicts(r release.GateResult) []release.Verdict {
	var list []release.Verdict
	for _, s := range r.Samples {
		list = append(list, s.Verdict)
	}
	return list
}

func TestGates_SamplesAreTakenAtTheirInterval(t *testing.T) {
	t.Parallel()
	const pass, fail = release.VerdictPass, release.VerdictFail
	for name, c := range map[string]struct {
		answers []http.HandlerFunc
		want    []release.Verdict
		verdict release.Verdict
	}{
		"all good":             {[]http.HandlerFunc{status(200)}, []release.Verdict{pass, pass, pass, pass}, pass},
		"one failure, allowed": {[]http.HandlerFunc{status(200), status(503), status(200)}, []release.Verdict{pass, fail, pass, pass}, pass},
		"two failures":         {[]http.HandlerFunc{status(503)}, []release.Verdict{fail, fail}, fail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, asked := serve(t, c.answers...)
			gate := httpGate(address)
			gate.Samples, gate.Interval, gate.MaxFailures = 4, release.Duration(time.Hour), 1
			m, err := measureIn(t, newGates(t, "127.0.0.1"), gate)
			require.NoError(t, err)
			require.Equal(t, c.want, verdicts(m.Result))
			require.Equal(t, c.verdict, m.Result.Verdict)
			require.Equal(t, 2, m.Result.Batch)
			require.Equal(t, len(c.want), int(asked.Load()), "no sample is taken that the verdict does not need")
			between := time.Duration(len(c.want)-1) * time.Hour
			require.InDelta(t, between, m.Took, float64(time.Minute))
		})
	}
}

func TestGates_AnAttemptAsksForTheNextOneWithoutAFault(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, status(200))
	gate := httpGate(address)
	gate.Samples, gate.Interval = 3, release.Duration(7*time.Second)
	_, err := attempt(t, newGates(t, "127.0.0.1"), gate)
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok)
	require.Equal(t, string(release.FaultUnchanged), app.Type())
	require.False(t, app.NonRetryable())
	require.Equal(t, 7*time.Second, app.NextRetryDelay())
	require.Equal(t, temporal.ApplicationErrorCategoryBenign, app.Category())
	require.Contains(t, app.Message(), "sample 1 of 3")
}

func TestGates_AnotherWorkerGoesOnWhereOneDied(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, status(204))
	gate := httpGate(address)
	gate.Samples, gate.DryRun = 3, true
	before := []release.Sample{
		{At: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), Verdict: release.VerdictPass, Value: "200"},
		{At: time.Date(2026, 11, 2, 8, 1, 0, 0, time.UTC), Verdict: release.VerdictPass, Value: "201"},
	}
	r, err := attempt(t, newGates(t, "127.0.0.1"), gate, before...)
	require.NoError(t, err)
	require.Equal(t, before, r.Samples[:2])
	require.Equal(t, "204", r.Samples[2].Value)
	require.Equal(t, release.VerdictPass, r.Verdict)
	require.True(t, r.DryRun)
}

func TestGates_SamplesThatCannotBeReadAreTakenAnew(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, status(200))
	env := suite().NewTestActivityEnvironment()
	newGates(t, "127.0.0.1").Register(env)
	env.SetHeartbeatDetails("of another version")
	value, err := env.ExecuteActivity(release.MeasureActivity, release.MeasureInput{Gate: httpGate(address)})
	require.NoError(t, err)
	var r release.GateResult
	require.NoError(t, value.Get(&r))
	require.Len(t, r.Samples, 1)
}

func TestGates_AnAttemptThatIsCanceledTakesNoSample(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	// Until its first sample is in, Measure needs nothing of an activity's context.
	_, err := newGates(t, "127.0.0.1").Measure(ctx, release.MeasureInput{Gate: httpGate(address)})
	require.ErrorIs(t, err, context.Canceled)
}

func TestGates_OnlyAllowedHostsAreAsked(t *testing.T) {
	t.Parallel()
	address, asked := serve(t, status(200))
	at, err := url.Parse(address)
	require.NoError(t, err)
	for name, allow := range map[string][]string{
		"nothing is allowed": nil,
		"another host":       {"127.0.0.2", "localhost"},
		"another port":       {"127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGates(t, allow...)
			for _, gate := range []release.Gate{httpGate(address + "/?probe=hush"), prometheusGate(address)} {
				_, err := attempt(t, g, gate)
				requireInvalid(t, err, "SLIPWAY_GATES_ALLOW")
				require.Contains(t, err.Error(), at.Host)
				require.NotContains(t, err.Error(), "hush")
				require.Zero(t, asked.Load())
			}
		})
	}
}

func TestGates_CheckTellsBeforeAnythingIsAsked(t *testing.T) {
	t.Parallel()
	address, asked := serve(t, status(200))
	check := func(gs ...release.Gate) error {
		env := suite().NewTestActivityEnvironment()
		newGates(t, "127.0.0.1").Register(env)
		_, err := env.ExecuteActivity(release.CheckGatesActivity, release.CheckGatesInput{Gates: gs})
		return err
	}
	require.NoError(t, check(httpGate(address), prometheusGate(address)))
	broken := httpGate(address)
	broken.Samples = 1000
	err := check(httpGate("https://one.example"), broken, httpGate("https://two.example"))
	for _, text := range []string{"one.example", "gate.samples", "two.example"} {
		requireInvalid(t, err, text)
	}
	require.Regexp(t, `SLIPWAY_GATES_ALLOW; .*gate\.samples.*; .*two\.example`, err.Error(), "they are told in one line")
	require.Zero(t, asked.Load())
}

func TestGates_AGateThatIsWrongIsNeverMeasured(t *testing.T) {
	t.Parallel()
	gate := prometheusGate("http://127.0.0.1:1")
	gate.Prometheus.Pass, gate.Prometheus.Fail = "", ""
	_, err := attempt(t, newGates(t, "127.0.0.1"), gate)
	requireInvalid(t, err, "give pass, fail or both")
	_, err = attempt(t, newGates(t, "127.0.0.1"), release.Gate{Name: "empty"})
	requireInvalid(t, err, "give either http or prometheus")
}

func TestGates_MetadataServicesAreNeverAsked(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"169.254.169.254", "100.100.100.200", "[fe80::1]", "[::ffff:169.254.169.254]"} {
		g := newGates(t, "0.0.0.0/0", "::/0")
		_, err := attempt(t, g, httpGate("http://"+host+"/latest/meta-data/"))
		requireInvalid(t, err, "never asked")
		_, err = attempt(t, g, prometheusGate("http://"+host))
		requireInvalid(t, err, "never asked")
	}
}

// closedAddress is an address on which nothing listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return "http://" + l.Addr().String()
}
