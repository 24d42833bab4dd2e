package sae

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform/platformtest"
	"slipway/cloudapi"
	"slipway/internal/acskeys"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// tester is what tests and property checks have in common.
type tester = platformtest.T

// A host is the harness of the driver, with what tests of SAE's own behaviour need besides. Behind it
// is the simulator over HTTP.
type host struct {
	*platformtest.Harness

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
	// answers are the calls, from 0, that do not reach the platform and are answered here.
	answers map[int]answer
	// bare are the operations whose next calls, so many, are carried out and answered without
	// data, and edits change the answers of an operation.
	bare  map[string]int
	edits map[string]func(string) string
	// sent are the parameters of the calls of verbs, by operation.
	sent map[string][]url.Values
	// cancelOn is the operation on whose way, or after whose question to the guard, the
	// attempt is cancelled.
	cancelOn string
	// meanwhile is what happens while the guard is asked.
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
	return newHostOf(t, running1())
}

// running1 are the parameters of an application of four instances that runs image1.
func running1() map[string]string {
	return map[string]string{"PackageType": "Image", "ImageUrl": image1, "Replicas": "4", "Cpu": "1000", "Memory": "2048"}
}

// newHostOf makes a host with an application of the name shop that is made with the given
// parameters and has run for an hour.
func newHostOf(t tester, params map[string]string) *host {
	t.Helper()
	return newHostAt(t, params, saesim.DefaultBatchDuration)
}

// newHostAt is newHostOf with the time that a batch takes.
func newHostAt(t tester, params map[string]string, batch time.Duration) *host {
	t.Helper()
	h := &host{
		Harness: &platformtest.Harness{Platform: release.PlatformSAE, Losing: map[int]platformtest.Loss{}, Late: map[int]time.Duration{}},
		bare:    map[string]int{}, edits: map[string]func(string) string{}, sent: map[string][]url.Values{}, operations: saeclient.Operations(),
	}
	h.OnCall, h.OnGuard = h.called, h.guarded
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)), Seed: 1, BatchDuration: batch})
	require.NoError(t, err)
	h.sim, h.Clock = sim, sim
	t.Cleanup(func() {
		require.Empty(t, sim.Calls().Ignored, "parameters that the simulator took and that did nothing")
	})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	h.client = clientOf(t, server.URL, h)
	h.driver, err = New(Config{Client: h.client, Guard: h.Guard, Now: h.Now})
	require.NoError(t, err)
	h.Driver = h.driver
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
	credential, err := acskeys.Pair(saesim.TestAccessKeyID, saesim.TestAccessKeySecret)
	require.NoError(t, err)
	client, err := saeclient.New(saeclient.Config{
		Region: saesim.DefaultRegion, Endpoint: address, Credential: credential, Transport: transport,
	})
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// guarded is what happens while the guard is asked.
func (h *host) guarded() {
	if h.meanwhile != nil {
		h.meanwhile()
	}
	if h.cancelOn == atGuard {
		h.Cancel()
	}
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

// called notes a call of a verb, and tells what becomes of its answer.
func (h *host) called(n int, r *http.Request) (*http.Response, func(string) string) {
	operation := h.operationOf(r)
	h.sent[operation] = append(h.sent[operation], r.URL.Query())
	if operation == h.cancelOn {
		h.Cancel()
	}
	if a, ours := h.answers[n]; ours {
		return &http.Response{StatusCode: a.status, Request: r, Body: io.NopCloser(strings.NewReader(a.body))}, nil
	}
	if h.bare[operation] > 0 {
		h.bare[operation]--
		return nil, withoutData
	}
	return nil, h.edits[operation]
}

func withoutData(string) string {
	return `{"RequestId":"1","Code":"200","Message":"success","Success":true}`
}

// do carries out a verb to its end, and then lets a minute pass; see [platformtest.Do].
func do[Out, In any](h *host, v release.Verb, in In) (Out, error) {
	return platformtest.Do[Out](h.Harness, v, in)
}

// try carries out a verb to its end, which any of the given faults is, too.
func try[Out, In any](h *host, v release.Verb, in In, ends ...release.Fault) (Out, error) {
	return platformtest.Try[Out](h.Harness, v, in, ends...)
}

// must is do for a verb that has to succeed.
func must[Out, In any](t tester, h *host, v release.Verb, in In) Out {
	t.Helper()
	out, err := do[Out](h, v, in)
	require.NoError(t, err)
	return out
}

// refusedAs is do for a verb that has to fail, with the given fault and a text.
func refusedAs[In any](t tester, h *host, v release.Verb, in In) (release.Fault, string) {
	t.Helper()
	_, err := do[struct{}](h, v, in)
	require.Error(t, err)
	return platformtest.FaultOf(err), err.Error()
}

// deploy begins a deployment past the driver and lets some time pass.
func (h *host) deploy(t tester, image, strategy string, d time.Duration) string {
	t.Helper()
	id, err := h.sim.BeginConsoleOrder(h.app.ID, saesim.ConsoleRelease{Image: image, Strategy: strategy})
	require.NoError(t, err)
	h.pass(t, d)
	return id
}
