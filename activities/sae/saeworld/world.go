// Package saeworld is Serverless App Engine for tests of its driver: an application on the simulator,
// reached over HTTP. It serves the suite of the driver contract and the property tests of releases.
package saeworld

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform"
	"slipway/activities/platform/platformtest"
	"slipway/activities/sae"
	"slipway/cloudapi"
	"slipway/internal/acskeys"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// Platform is what the suites of every platform are told of SAE.
func Platform() platformtest.Platform {
	traits, _ := release.TraitsOf(release.PlatformSAE)
	return platformtest.Platform{
		Traits: traits, Settle: sae.DefaultSettle,
		Open: func(t platformtest.T, s platformtest.Setup, c platformtest.Connection) platformtest.World {
			t.Helper()
			return Open(t, s, c)
		},
	}
}

// World is an application of SAE on the simulator.
type World struct {
	*saesim.Simulator
	platformtest.Served[*saeclient.Client]

	t          platformtest.T
	app        release.App
	operations map[string]cloudapi.Operation
	jobs       []string
	instances  int
}

var _ platformtest.JobWorld = (*World)(nil)

// aged is for how long the application of a world has been there.
const aged = time.Hour

// Open makes a world. Parameters that were sent to the simulator and did nothing fail its test.
func Open(t platformtest.T, s platformtest.Setup, c platformtest.Connection) *World {
	t.Helper()
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(c.Start.Add(-aged)), Seed: 1})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.Empty(t, sim.Calls().Ignored, "parameters that the simulator took and that did nothing")
	})
	w := &World{
		Simulator: sim, t: t, instances: s.Instances, operations: map[string]cloudapi.Operation{},
		Served: platformtest.Serve(t, sim, c, platformtest.Callers[*saeclient.Client]{
			Secret: saesim.TestAccessKeySecret, Client: newClient, Driver: newDriver,
		}),
	}
	for _, o := range saeclient.Operations() {
		w.operations[o.Method+" "+o.Path] = o
	}
	created, err := w.Client.CreateApplication(t.Context(), &saeclient.CreateApplicationInput{
		AppName: "shop", PackageType: "Image", ImageURL: new(image(1)), Replicas: s.Instances, CPU: new(1000), Memory: new(2048),
	})
	require.NoError(t, err)
	w.app = release.App{Platform: release.PlatformSAE, Region: saesim.DefaultRegion, ID: created.Data.AppID}
	w.Pass(aged)
	return w
}

func newClient(address, secret string, transport http.RoundTripper) (*saeclient.Client, error) {
	credential, err := acskeys.Pair(saesim.TestAccessKeyID, secret)
	if err != nil {
		return nil, err
	}
	return saeclient.New(saeclient.Config{Region: saesim.DefaultRegion, Endpoint: address, Credential: credential, Transport: transport})
}

func newDriver(client *saeclient.Client, c platformtest.Connection) (platform.Driver, error) {
	return sae.New(sae.Config{Client: client, Guard: c.Guard, Now: c.Now})
}

const images = "registry.example/shop:"

func image(n int) string { return images + strconv.Itoa(n) }

// App is the application.
func (w *World) App() release.App { return w.app }

// Called has the name that it was created with, in the namespace of the region.
func (w *World) Called() release.NamedApp {
	return release.NamedApp{ID: w.app.ID, Namespace: saesim.DefaultRegion, Name: "shop"}
}

// Artifact is an image.
func (w *World) Artifact(n int) release.Artifact { return release.Artifact{Image: image(n)} }

// Config is a variable.
func (w *World) Config(text string) *release.Config {
	return &release.Config{Variables: []release.Variable{{Name: "TEXT", Value: &text}}}
}

// Mutates asks the table of operations.
func (w *World) Mutates(r *http.Request) bool { return w.operations[r.Method+" "+r.URL.Path].Mutates }

// Declined is the gateway's answer to a user who calls too often.
func (w *World) Declined(r *http.Request) *http.Response {
	const text = `{"RequestId":"1","Code":"Throttling.User","Message":"too many calls, password=` + platformtest.Secret + `"}`
	return &http.Response{StatusCode: http.StatusTooManyRequests, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}
}

// Truth reads the application past the driver.
func (w *World) Truth() platformtest.Truth {
	w.t.Helper()
	truth := platformtest.Truth{Shares: map[int]int{}, Rules: map[string]platformtest.Rule{}, Verbs: map[string]release.Verb{}}
	for _, o := range w.Orders(w.app.ID) {
		if o.Type != saeclient.CoTypeCreateApp {
			truth.Changes = append(truth.Changes, o.ID)
			truth.Verbs[o.ID] = verb(o.Type)
		}
	}
	config, err := w.Client.DescribeApplicationConfig(w.t.Context(), &saeclient.DescribeApplicationConfigInput{AppID: w.app.ID})
	require.NoError(w.t, err)
	truth.Instances = config.Data.Replicas
	w.shares(truth.Shares)
	rules, err := w.Client.DescribeApplicationScalingRules(w.t.Context(), &saeclient.DescribeApplicationScalingRulesInput{AppID: w.app.ID})
	require.NoError(w.t, err)
	for _, r := range rules.Data.ApplicationScalingRules {
		if r.Metric != nil {
			r.Metric.MetricsStatus = nil // what is measured is not what the rule says
		}
		says, err := json.Marshal([]any{r.ScaleRuleType, r.Timer, r.Metric})
		require.NoError(w.t, err)
		truth.Rules[r.ScaleRuleName] = platformtest.Rule{Enabled: r.ScaleRuleEnabled, Says: string(says)}
	}
	return truth
}

// verb is the one that begins a change order of a type.
func verb(coType string) release.Verb {
	switch coType {
	case saeclient.CoTypeDeployHistroy:
		return release.VerbBeginRollback
	case saeclient.CoTypeRestartApplication:
		return release.VerbBeginRestart
	case saeclient.CoTypeScaleIn, saeclient.CoTypeScaleOut:
		return release.VerbBeginRescale
	}
	return release.VerbBeginRollout
}

// shares counts the instances of each image, by its number.
func (w *World) shares(count map[int]int) {
	w.t.Helper()
	groups, err := w.Client.DescribeApplicationGroups(w.t.Context(), &saeclient.DescribeApplicationGroupsInput{AppID: w.app.ID})
	require.NoError(w.t, err)
	for _, g := range groups.Data {
		out, err := w.Client.DescribeApplicationInstances(w.t.Context(), &saeclient.DescribeApplicationInstancesInput{
			AppID: w.app.ID, GroupID: g.GroupID, PageSize: new(100),
		})
		require.NoError(w.t, err)
		for _, i := range out.Data.Instances {
			n, _ := strconv.Atoi(strings.TrimPrefix(i.ImageURL, images)) // 0 where it is another
			count[n]++
		}
	}
}

// Elsewhere deploys at the console. What stays unfinished waits after the first of two batches.
func (w *World) Elsewhere(n int, ended bool) string {
	w.t.Helper()
	order := saesim.ConsoleRelease{Image: image(n)}
	if !ended {
		order.Strategy = `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"}}`
	}
	id, err := w.BeginConsoleOrder(w.app.ID, order)
	require.NoError(w.t, err)
	w.Pass(time.Minute)
	return id
}

// Spoil lets the next batch hang.
func (w *World) Spoil() {
	w.t.Helper()
	_, err := w.AddFault(saesim.Fault{Kind: saesim.FaultHang})
	require.NoError(w.t, err)
}

// DeleteVersion takes a version out of the history.
func (w *World) DeleteVersion(id string) {
	w.t.Helper()
	require.NoError(w.t, w.Simulator.DeleteVersion(w.app.ID, id))
}

// AddRules adds a rule by time and one by load.
func (w *World) AddRules() {
	w.t.Helper()
	at := w.Now().Add(-2 * aged)
	for _, in := range []saeclient.CreateApplicationScalingRuleInput{
		{ScalingRuleName: "daily", ScalingRuleType: saeclient.ScalingRuleTiming, ScalingRuleTimer: timer(at, w.instances)},
		{ScalingRuleName: "load", ScalingRuleType: saeclient.ScalingRuleOnMetric, ScalingRuleMetric: onLoad(70)},
	} {
		in.AppID = w.app.ID
		_, err := w.Client.CreateApplicationScalingRule(w.t.Context(), &in)
		require.NoError(w.t, err)
	}
}

func timer(at time.Time, instances int) *saeclient.ScalingRuleTimer {
	return &saeclient.ScalingRuleTimer{Period: "* * *", Schedules: []saeclient.ScalingSchedule{{AtTime: at.Format("15:04"), TargetReplicas: instances}}}
}

func onLoad(percent int) *saeclient.ScalingRuleMetric {
	return &saeclient.ScalingRuleMetric{
		MinReplicas: 2, MaxReplicas: 8, Metrics: []saeclient.ScalingMetric{{MetricType: saeclient.MetricCPU, MetricTargetAverageUtilization: percent}},
	}
}

// ChangeRule gives a rule another time or load.
func (w *World) ChangeRule(name string) {
	w.t.Helper()
	in := &saeclient.UpdateApplicationScalingRuleInput{AppID: w.app.ID, ScalingRuleName: name}
	if name == "load" {
		in.ScalingRuleMetric = onLoad(71)
	} else {
		in.ScalingRuleTimer = timer(w.Now().Add(-3*aged), w.instances)
	}
	_, err := w.Client.UpdateApplicationScalingRule(w.t.Context(), in)
	require.NoError(w.t, err)
}

// DeleteRule deletes a rule.
func (w *World) DeleteRule(name string) {
	w.t.Helper()
	_, err := w.Client.DeleteApplicationScalingRule(w.t.Context(), &saeclient.DeleteApplicationScalingRuleInput{AppID: w.app.ID, ScalingRuleName: name})
	require.NoError(w.t, err)
}

// Job makes a job template.
func (w *World) Job() release.App {
	w.t.Helper()
	name := fmt.Sprintf("job-%d", len(w.jobs)+1)
	made, err := w.Client.CreateJob(w.t.Context(), &saeclient.CreateJobInput{
		AppName: name, PackageType: "Image", ImageURL: new(image(1)), Replicas: 2, Workload: "job",
	})
	require.NoError(w.t, err)
	w.jobs = append(w.jobs, made.Data.AppID)
	w.Pass(aged)
	app := w.app
	app.ID = made.Data.AppID
	return app
}

// Runs counts the runs of the templates.
func (w *World) Runs() int {
	w.t.Helper()
	n := 0
	for _, id := range w.jobs {
		out, err := w.Client.DescribeJobHistory(w.t.Context(), &saeclient.DescribeJobHistoryInput{AppID: id})
		require.NoError(w.t, err)
		n += len(out.Data.Jobs)
	}
	return n
}
