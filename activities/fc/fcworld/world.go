// Package fcworld is Function Compute for tests of its driver: a service on the simulator, reached over
// HTTP. It serves the suite of the driver contract and the property tests of releases.
package fcworld

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/cloud"
	"slipway/activities/fc"
	"slipway/activities/platform"
	"slipway/activities/platform/platformtest"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/fcsim"
	"slipway/internal/acskeys"
	"slipway/release"
)

// Platform is what the suites of every platform are told of Function Compute.
func Platform() platformtest.Platform {
	traits, _ := release.TraitsOf(release.PlatformFC)
	return platformtest.Platform{
		Traits: traits, Settle: cloud.DefaultSettle,
		Open: func(t platformtest.T, s platformtest.Setup, c platformtest.Connection) platformtest.World {
			t.Helper()
			return Open(t, s, c)
		},
	}
}

// The names of a world.
const (
	Service  = "shop"
	Function = "web"
	Alias    = "live"

	images = "registry.example/shop:"
	daily  = "daily"
	load   = "load"
)

// World is a service of Function Compute on the simulator, with one function that runs images.
type World struct {
	*fcsim.Simulator
	platformtest.Served[*fcclient.Client]

	t platformtest.T
}

var _ platformtest.World = (*World)(nil)

// aged is for how long the service of a world has been there.
const aged = time.Hour

// Open makes a world.
func Open(t platformtest.T, s platformtest.Setup, c platformtest.Connection) *World {
	t.Helper()
	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(c.Start.Add(-aged)), Seed: 1})
	require.NoError(t, err)
	w := &World{Simulator: sim, t: t, Served: platformtest.Serve(t, sim, c, platformtest.Callers[*fcclient.Client]{
		Secret: fcsim.TestAccessKeySecret, Client: newClient, Driver: newDriver,
	})}
	w.make(s)
	w.Pass(aged)
	return w
}

func newClient(address, secret string, transport http.RoundTripper) (*fcclient.Client, error) {
	credential, err := acskeys.Pair(fcsim.TestAccessKeyID, secret)
	if err != nil {
		return nil, err
	}
	return fcclient.New(fcclient.Config{
		Region: fcsim.DefaultRegion, AccountID: fcsim.DefaultAccountID, Endpoint: address, Credential: credential, Transport: transport,
	})
}

func newDriver(client *fcclient.Client, c platformtest.Connection) (platform.Driver, error) {
	return fc.New(fc.Config{Client: client, Guard: c.Guard, Now: c.Now})
}

// make makes the service, and releases its first version unless it is to be empty.
func (w *World) make(s platformtest.Setup) {
	w.t.Helper()
	_, err := w.Client.CreateService(w.t.Context(), &fcclient.CreateServiceInput{
		ServiceName: Service, LogConfig: &fcclient.LogConfig{Project: "p", Logstore: "l", EnableInstanceMetrics: new(true)},
	})
	require.NoError(w.t, err)
	first := 1
	if s.Empty {
		first = 0
	}
	_, err = w.Client.CreateFunction(w.t.Context(), &fcclient.CreateFunctionInput{
		ServiceName: Service, FunctionName: Function, Runtime: new("custom-container"), Handler: "-",
		CustomContainerConfig: &fcclient.CustomContainerConfig{Image: image(first), Args: `["--quiet"]`},
		EnvironmentVariables:  map[string]cloudapi.Secret{"PASSWORD": platformtest.Secret},
	})
	require.NoError(w.t, err)
	if s.Empty {
		return
	}
	_, err = w.Client.CreateAlias(w.t.Context(), &fcclient.CreateAliasInput{
		ServiceName: Service, AliasName: Alias, VersionID: w.Publish(), Description: new("what callers call"),
	})
	require.NoError(w.t, err)
	w.put(map[string]string{"target": strconv.Itoa(s.Instances)})
}

func image(n int) string { return images + strconv.Itoa(n) }

// App is the service with its alias.
func (w *World) App() release.App {
	return release.App{Platform: release.PlatformFC, Region: fcsim.DefaultRegion, ID: Service, Qualifier: Alias}
}

// Called has the name of the service, which is its ID.
func (w *World) Called() release.NamedApp { return release.NamedApp{ID: Service, Name: Service} }

// Artifact is an image.
func (w *World) Artifact(n int) release.Artifact { return release.Artifact{Image: image(n)} }

// Config is a variable.
func (w *World) Config(text string) *release.Config {
	return &release.Config{Variables: []release.Variable{{Name: "TEXT", Value: &text}}}
}

// Mutates asks the method: all that reads is a GET.
func (w *World) Mutates(r *http.Request) bool { return r.Method != http.MethodGet }

// Declined is the answer of a platform that is short of machines.
func (w *World) Declined(r *http.Request) *http.Response {
	const text = `{"ErrorCode":"ResourceThrottled","ErrorMessage":"too many calls, password=` + platformtest.Secret + `"}`
	header := http.Header{"Content-Type": {"application/json"}}
	return &http.Response{StatusCode: http.StatusServiceUnavailable, Request: r, Header: header, Body: io.NopCloser(strings.NewReader(text))}
}

// Truth reads the service past the driver.
func (w *World) Truth() platformtest.Truth {
	w.t.Helper()
	truth := platformtest.Truth{Shares: map[int]int{}, Rules: map[string]platformtest.Rule{}}
	versions, err := w.Client.ListServiceVersions(w.t.Context(), &fcclient.ListServiceVersionsInput{ServiceName: Service, Limit: new(100)})
	require.NoError(w.t, err)
	for _, v := range slices.Backward(versions.Versions) {
		truth.Changes = append(truth.Changes, v.VersionID)
	}
	a, err := w.Client.GetAlias(w.t.Context(), &fcclient.GetAliasInput{ServiceName: Service, AliasName: Alias})
	if cloudapi.HasCode(err, fcclient.CodeAliasNotFound) {
		return truth
	}
	require.NoError(w.t, err)
	rest := 100
	for version, weight := range a.AdditionalVersionWeight {
		percent := int(weight*100 + 0.5)
		truth.Shares[w.runs(version)] += percent
		rest -= percent
	}
	truth.Shares[w.runs(a.VersionID)] += rest
	p := w.provision()
	truth.Instances = int(p.Target)
	note := func(name string, rule json.Marshaler) {
		says, err := rule.MarshalJSON()
		require.NoError(w.t, err)
		truth.Rules[Function+"."+name] = platformtest.Rule{Enabled: true, Says: string(says)}
	}
	for _, rule := range p.ScheduledActions {
		note(rule.Name, fcclient.Wire(rule))
	}
	for _, rule := range p.TargetTrackingPolicies {
		note(rule.Name, fcclient.Wire(rule))
	}
	return truth
}

// runs is the number of the artifact that a version runs.
func (w *World) runs(version string) int {
	w.t.Helper()
	f, err := w.Client.GetFunction(w.t.Context(), &fcclient.GetFunctionInput{ServiceName: Service, FunctionName: Function, Qualifier: &version})
	require.NoError(w.t, err)
	n, err := strconv.Atoi(strings.TrimPrefix(f.CustomContainerConfig.Image, images))
	require.NoError(w.t, err)
	return n
}

// Publish publishes LATEST at the console.
func (w *World) Publish() string {
	w.t.Helper()
	v, err := w.Client.PublishServiceVersion(w.t.Context(), &fcclient.PublishServiceVersionInput{ServiceName: Service, Description: new("by hand")})
	require.NoError(w.t, err)
	return v.VersionID
}

// Update changes the function of LATEST at the console.
func (w *World) Update(in fcclient.UpdateFunctionInput) {
	w.t.Helper()
	in.ServiceName, in.FunctionName = Service, Function
	_, err := w.Client.UpdateFunction(w.t.Context(), &in)
	require.NoError(w.t, err)
}

// Move moves the alias at the console.
func (w *World) Move(main string, weights map[string]float64) {
	w.t.Helper()
	_, err := w.Client.UpdateAlias(w.t.Context(), &fcclient.UpdateAliasInput{
		ServiceName: Service, AliasName: Alias, VersionID: &main, AdditionalVersionWeight: weights,
	})
	require.NoError(w.t, err)
}

// Elsewhere releases at the console. What stays unfinished has half of the traffic.
func (w *World) Elsewhere(n int, ended bool) string {
	w.t.Helper()
	w.Update(fcclient.UpdateFunctionInput{CustomContainerConfig: &fcclient.CustomContainerConfig{Image: image(n), Args: `["--quiet"]`}})
	a, err := w.Client.GetAlias(w.t.Context(), &fcclient.GetAliasInput{ServiceName: Service, AliasName: Alias})
	require.NoError(w.t, err)
	version := w.Publish()
	if ended {
		w.Move(version, map[string]float64{})
	} else {
		w.Move(a.VersionID, map[string]float64{version: 0.5})
	}
	w.Pass(time.Minute)
	return version
}

// Spoil lets no instance start any more.
func (w *World) Spoil() {
	w.t.Helper()
	_, err := w.AddFault(fcsim.Fault{Kind: fcsim.FaultNoInstance, Count: -1})
	require.NoError(w.t, err)
}

// DeleteVersion deletes a version.
func (w *World) DeleteVersion(id string) {
	w.t.Helper()
	_, err := w.Client.DeleteServiceVersion(w.t.Context(), &fcclient.DeleteServiceVersionInput{ServiceName: Service, VersionID: id})
	require.NoError(w.t, err)
}

func (w *World) provision() fcclient.ProvisionConfig {
	w.t.Helper()
	p, err := w.Client.GetProvisionConfig(w.t.Context(), &fcclient.GetProvisionConfigInput{ServiceName: Service, Qualifier: Alias, FunctionName: Function})
	require.NoError(w.t, err)
	return p.ProvisionConfig
}

// put writes what is provisioned, and keeps the target unless it is given.
func (w *World) put(params map[string]string) {
	w.t.Helper()
	if params["target"] == "" {
		params["target"] = strconv.FormatInt(w.provision().Target, 10)
	}
	params["serviceName"], params["qualifier"], params["functionName"] = Service, Alias, Function
	_, err := w.Client.Call(w.t.Context(), "PutProvisionConfig", params)
	require.NoError(w.t, err)
}

// AddRules adds a rule by time and one by load.
func (w *World) AddRules() {
	w.t.Helper()
	w.put(map[string]string{"scheduledActions": "[" + byTime(2) + "]", "targetTrackingPolicies": "[" + byLoad("0.6") + "]"})
}

func byTime(target int) string {
	return `{"name":"` + daily + `","startTime":"2027-01-01T00:00:00Z","endTime":"2027-12-31T00:00:00Z","target":` + strconv.Itoa(target) +
		`,"scheduleExpression":"cron(0 30 8 * * *)"}`
}

func byLoad(share string) string {
	return `{"name":"` + load + `","startTime":"2027-01-01T00:00:00Z","endTime":"2027-12-31T00:00:00Z",` +
		`"metricType":"ProvisionedConcurrencyUtilization","metricTarget":` + share + `,"minCapacity":1,"maxCapacity":20}`
}

// ChangeRule gives a rule another target or load.
func (w *World) ChangeRule(name string) {
	w.t.Helper()
	if name == Function+"."+load {
		w.put(map[string]string{"targetTrackingPolicies": "[" + byLoad("0.7") + "]"})
		return
	}
	w.put(map[string]string{"scheduledActions": "[" + byTime(3) + "]"})
}

// DeleteRule deletes a rule.
func (w *World) DeleteRule(name string) {
	w.t.Helper()
	list := "scheduledActions"
	if name == Function+"."+load {
		list = "targetTrackingPolicies"
	}
	w.put(map[string]string{list: "[]"})
}
