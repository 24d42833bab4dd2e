// Package servicestageworld is ServiceStage for tests of its driver: a component on the simulator, reached over
// HTTP. It serves the suite of the driver contract and the property tests of releases.
package servicestageworld

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/cloud"
	"slipway/activities/platform"
	"slipway/activities/platform/platformtest"
	"slipway/activities/servicestage"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
)

// Platform is what the suites of every platform are told of ServiceStage. Every form that its answers are known to have is a platform of
// its own: see [Form].
func Platform(f Form) platformtest.Platform {
	traits, _ := release.TraitsOf(release.PlatformServiceStage)
	return platformtest.Platform{
		Traits: traits, Settle: cloud.DefaultSettle, ListsNone: true,
		Open: func(t platformtest.T, s platformtest.Setup, c platformtest.Connection) platformtest.World {
			t.Helper()
			return Open(t, f, s, c)
		},
	}
}

// Form is how the platform answers where its reference and its real services differ.
type Form struct {
	// PauseIsUpgrading shows the pause of a gray release as the reference does, which has no word for it.
	PauseIsUpgrading bool
	// MissingIsUnauthorized answers what is not there by HTTP 401, as the real service does.
	MissingIsUnauthorized bool
}

const (
	// Component is the name of the component of a world.
	Component       = "web"
	environmentName = "production"

	images  = "swr.servicestagesim.test/shop/web:"
	cluster = "1d3091a2-1ecf-11ee-ae69-0255ac1001ba"
	// artifacts is how many artifacts a story may release.
	artifacts = 9
)

// World is a component of ServiceStage on the simulator, which runs images.
type World struct {
	*servicestagesim.Simulator

	// Client calls the simulator past the driver.
	Client *servicestageclient.Client
	// Application is the application that the component belongs to.
	Application string

	t                platformtest.T
	app              release.App
	setup            platformtest.Setup
	driver, stranger *servicestage.Driver
	// byHand is how many versions were released at the console.
	byHand int
}

var _ platformtest.World = (*World)(nil)

// aged is for how long the component of a world has been there.
const aged = time.Hour

// Open makes a world.
func Open(t platformtest.T, f Form, s platformtest.Setup, c platformtest.Connection) *World {
	t.Helper()
	sim, err := servicestagesim.New(servicestagesim.Config{
		Clock: servicestagesim.SteppedClock(c.Start.Add(-aged)), Seed: 1,
		PauseIsUpgrading: f.PauseIsUpgrading, MissingIsUnauthorized: f.MissingIsUnauthorized,
	})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	w := &World{Simulator: sim, t: t, setup: s}
	w.Client = w.client(server.URL, servicestagesim.TestAccessKeySecret, http.DefaultTransport)
	w.driver = w.driverOf(w.client(server.URL, servicestagesim.TestAccessKeySecret, c.Transport), c)
	w.stranger = w.driverOf(w.client(server.URL, platformtest.Secret, c.Transport), c)
	w.make()
	w.pass(aged)
	return w
}

// make makes the component, with what it stands in.
func (w *World) make() {
	w.t.Helper()
	environment := w.call("CreateEnvironment", map[string]string{
		"name": environmentName, "deploy_mode": "container", "vpc_id": "0c72428b-cd6c-4283-a560-210d3edb49f7",
	})["id"]
	id, _ := environment.(string)
	w.call("ModifyEnvironmentResources", map[string]string{
		"environment_id": id, "resources": `[{"id":"` + cluster + `","type":"cce","name":"cluster"}]`,
	})
	w.Application, _ = w.call("CreateApplication", map[string]string{"name": "shop"})["id"].(string)
	component, _ := w.call("CreateComponent", map[string]string{
		"application_id": w.Application, "environment_id": id, "name": Component, "version": "1.0.0", "replica": strconv.Itoa(w.setup.Instances),
		"runtime_stack":   `{"name":"Docker","type":"Docker","version":"1","deploy_mode":"container"}`,
		"source":          `{"kind":"image","storage":"swr","url":"` + image(1) + `"}`,
		"envs":            `[{"name":"PASSWORD","value":"` + platformtest.Secret + `"}]`,
		"refer_resources": `[{"id":"` + cluster + `","type":"cce","parameters":{"namespace":"default"}}]`,
	})["component_id"].(string)
	w.app = release.App{Platform: release.PlatformServiceStage, Region: servicestagesim.DefaultRegion, ID: component}
}

// call carries an operation out past the driver.
func (w *World) call(operation string, params map[string]string) map[string]any {
	w.t.Helper()
	text, err := w.Client.Call(w.t.Context(), operation, params)
	require.NoError(w.t, err)
	var answer map[string]any
	require.NoError(w.t, json.Unmarshal(text, &answer))
	return answer
}

func (w *World) client(address, secret string, transport http.RoundTripper) *servicestageclient.Client {
	w.t.Helper()
	client, err := servicestageclient.New(servicestageclient.Config{
		Region: servicestagesim.DefaultRegion, ProjectID: servicestagesim.DefaultProjectID, Endpoint: address, Transport: transport,
		Credential: servicestageclient.Keys{AccessKey: servicestagesim.TestAccessKeyID, SecretKey: cloudapi.Secret(secret)},
	})
	require.NoError(w.t, err)
	w.t.Cleanup(client.CloseIdleConnections)
	return client
}

func (w *World) driverOf(client *servicestageclient.Client, c platformtest.Connection) *servicestage.Driver {
	w.t.Helper()
	d, err := servicestage.New(servicestage.Config{Client: client, Guard: c.Guard, Now: c.Now})
	require.NoError(w.t, err)
	return d
}

// pass lets time go by on the platform.
func (w *World) pass(d time.Duration) {
	w.t.Helper()
	_, err := w.Advance(d)
	require.NoError(w.t, err)
}

func image(n int) string { return images + strconv.Itoa(n) }

// number is the number of the artifact with an address; 0 for any that the world did not make.
func number(url string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(url, images))
	if err != nil {
		return 0
	}
	return n
}

// App is the component.
func (w *World) App() release.App { return w.app }

// Called has the name of the component, in its environment.
func (w *World) Called() release.NamedApp {
	return release.NamedApp{ID: w.app.ID, Namespace: environmentName, Name: Component}
}

// Driver reaches the simulator through the connection of the world, as Stranger does.
func (w *World) Driver() platform.Driver { return w.driver }

// Stranger signs with a secret that is not that of its key.
func (w *World) Stranger() platform.Driver { return w.stranger }

// Artifact is an image.
func (w *World) Artifact(n int) release.Artifact { return release.Artifact{Image: image(n)} }

// Config is a variable.
func (w *World) Config(text string) *release.Config {
	return &release.Config{Variables: []release.Variable{{Name: "TEXT", Value: &text}}}
}

// Mutates asks the method: all that reads is a GET.
func (w *World) Mutates(r *http.Request) bool { return r.Method != http.MethodGet }

// Declined is the answer of a gateway that lets no more calls through.
func (w *World) Declined(r *http.Request) *http.Response {
	const text = `{"error_code":"APIGW.0308","error_msg":"too many calls, password=` + platformtest.Secret + `"}`
	header := http.Header{"Content-Type": {"application/json"}}
	return &http.Response{StatusCode: http.StatusTooManyRequests, Request: r, Header: header, Body: io.NopCloser(strings.NewReader(text))}
}

// state is what the world asks of the simulator's state.
type state struct {
	Components map[string]struct {
		Replica  int
		Serving  replicas
		Next     replicas
		Releases []struct {
			Version string
			Spec    struct{ Source struct{ URL string } }
		}
	}
	Jobs map[string]struct {
		ID, Purpose, Subject string
		Number               uint64
	}
}

type replicas struct {
	Version string
	Count   int
}

func (w *World) state() (s state) {
	w.t.Helper()
	text, err := w.Snapshot()
	require.NoError(w.t, err)
	require.NoError(w.t, json.Unmarshal(text, &s))
	return s
}

// Truth reads the component past the driver: what adds up are releases and restarts.
func (w *World) Truth() platformtest.Truth {
	w.t.Helper()
	s := w.state()
	component := s.Components[w.app.ID]
	truth := platformtest.Truth{
		Shares: map[int]int{}, Instances: component.Replica, Rules: map[string]platformtest.Rule{}, Verbs: map[string]release.Verb{},
	}
	runs := map[string]int{}
	for _, r := range component.Releases {
		runs[r.Version] = number(r.Spec.Source.URL)
	}
	for _, of := range []replicas{component.Serving, component.Next} {
		if of.Count > 0 {
			truth.Shares[runs[of.Version]] += of.Count
		}
	}
	numbers := map[string]uint64{}
	for id, job := range s.Jobs {
		if job.Subject != w.app.ID {
			continue
		}
		switch job.Purpose {
		case "restart":
			truth.Verbs[id] = release.VerbBeginRestart
		case "create", "update", "gray":
		default:
			continue
		}
		numbers[id] = job.Number
		truth.Changes = append(truth.Changes, id)
	}
	slices.SortFunc(truth.Changes, func(a, b string) int { return cmp.Compare(numbers[a], numbers[b]) })
	return truth
}

// Release releases an artifact at the console, by a strategy as it travels; empty is all at once. It returns the job.
func (w *World) Release(n int, strategy string) string {
	w.t.Helper()
	params := map[string]string{}
	if strategy != "" {
		params["deploy_strategy"] = strategy
	}
	return w.Specify(n, params)
}

// Specify releases an artifact at the console, with parameters as they travel, and returns the job.
func (w *World) Specify(n int, params map[string]string) string {
	w.t.Helper()
	w.byHand++
	params["application_id"], params["component_id"], params["name"] = w.Application, w.app.ID, Component
	params["version"] = "9.9." + strconv.Itoa(w.byHand)
	params["replica"] = strconv.Itoa(w.state().Components[w.app.ID].Replica)
	params["runtime_stack"] = `{"name":"Docker","type":"Docker","version":"1","deploy_mode":"container"}`
	params["source"] = `{"kind":"image","storage":"swr","url":"` + image(n) + `"}`
	job, _ := w.call("UpdateComponent", params)["job_id"].(string)
	return job
}

// Act carries an action out at the console, with parameters as they travel, and returns the job.
func (w *World) Act(action, parameters string) string {
	w.t.Helper()
	params := map[string]string{"application_id": w.Application, "component_id": w.app.ID, "action": action}
	if parameters != "" {
		params["parameters"] = parameters
	}
	job, _ := w.call("ComponentAction", params)["job_id"].(string)
	return job
}

// Delete deletes the component at the console.
func (w *World) Delete() {
	w.t.Helper()
	_, err := w.Client.Call(w.t.Context(), "DeleteComponent", map[string]string{"application_id": w.Application, "component_id": w.app.ID})
	require.NoError(w.t, err)
}

// Gray is the strategy of a release that waits after its first replica.
const Gray = `{"type":"GrayRelease","gray_release":{"type":"weight","first_batch_weight":10,"first_batch_replica":1,"remaining_batch":1}}`

// Elsewhere releases at the console. What stays unfinished is a gray release that waits.
func (w *World) Elsewhere(n int, ended bool) string {
	w.t.Helper()
	strategy := Gray
	if ended {
		strategy = ""
	}
	job := w.Release(n, strategy)
	w.pass(time.Minute)
	return job
}

// Spoil lets no replica of what was not released yet become ready.
func (w *World) Spoil() { w.Behave(servicestagesim.ResultUnready) }

// Behave says how it goes with what was not released yet.
func (w *World) Behave(result servicestagesim.Result) {
	w.t.Helper()
	released := map[int]bool{}
	for _, r := range w.state().Components[w.app.ID].Releases {
		released[number(r.Spec.Source.URL)] = true
	}
	for n := 1; n <= artifacts; n++ {
		if !released[n] {
			require.NoError(w.t, w.SetBehaviour(servicestagesim.Behaviour{Source: image(n), Result: result}))
		}
	}
}

// Headers are rules that lead the requests of testers.
func Headers() *release.Traffic {
	return &release.Traffic{Headers: &release.HeaderTraffic{Match: release.MatchAny, Rules: []release.HeaderRule{
		{Name: "x-canary", Op: release.HeaderEqual, Value: "1"}, {Name: "x-user", Op: release.HeaderIn, Value: "ada, eva"},
	}}}
}

// Answers is the artifact that answers a request with a header.
func (w *World) Answers(name, value string) int {
	w.t.Helper()
	served, err := w.Serve(servicestagesim.Request{Component: w.app.ID, Headers: map[string]string{name: value}})
	require.NoError(w.t, err)
	return number(served.Source)
}

// Lead changes how the gray release of the newest version leads requests, as somebody does at the console: the API documents no
// body for it.
func (w *World) Lead(gray string) {
	w.t.Helper()
	w.editReleases(func(releases []map[string]json.RawMessage) []map[string]json.RawMessage {
		newest := releases[len(releases)-1]
		var spec map[string]json.RawMessage
		require.NoError(w.t, json.Unmarshal(newest["spec"], &spec))
		spec["strategy"] = json.RawMessage(`{"type":"GrayRelease","gray_release":` + gray + `}`)
		newest["spec"] = json.RawMessage(cloud.Wire(spec))
		return releases
	})
}

// DeleteVersion forgets the record of a version, as the platform does with old ones.
func (w *World) DeleteVersion(id string) {
	w.t.Helper()
	w.editReleases(func(releases []map[string]json.RawMessage) []map[string]json.RawMessage {
		left := slices.DeleteFunc(releases, func(r map[string]json.RawMessage) bool { return cloud.Text(r["version"]) == id })
		require.NotEmpty(w.t, left)
		return left
	})
}

// editReleases changes what the platform keeps of the releases of the component, the oldest first.
func (w *World) editReleases(edit func([]map[string]json.RawMessage) []map[string]json.RawMessage) {
	w.t.Helper()
	text, err := w.Snapshot()
	require.NoError(w.t, err)
	var s map[string]json.RawMessage
	var components map[string]map[string]json.RawMessage
	var releases []map[string]json.RawMessage
	require.NoError(w.t, json.Unmarshal(text, &s))
	require.NoError(w.t, json.Unmarshal(s["components"], &components))
	require.NoError(w.t, json.Unmarshal(components[w.app.ID]["releases"], &releases))
	components[w.app.ID]["releases"] = json.RawMessage(cloud.Wire(edit(releases)))
	s["components"] = json.RawMessage(cloud.Wire(components))
	require.NoError(w.t, w.Restore([]byte(cloud.Wire(s))))
}

// AddRules fails: components have no scaling rules.
func (w *World) AddRules() { require.Fail(w.t, "ServiceStage has no scaling rules") }

// ChangeRule fails likewise.
func (w *World) ChangeRule(string) { w.AddRules() }

// DeleteRule fails likewise.
func (w *World) DeleteRule(string) { w.AddRules() }
