package systemtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
)

// TestComponents_AGrayReleaseOutlivesItsWorkerAndALostAnswer loses the answer of the update of a component, and kills the worker
// while the gray release waits for its confirmation. One job is begun, one version is made, and it serves in the end.
func TestComponents_AGrayReleaseOutlivesItsWorkerAndALostAnswer(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, Seed: 5, Speed: 10})
	client, err := h.ServiceStageClient()
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	app, application, err := scenario.CreateComponent(h.ctx, client, "shop")
	require.NoError(t, err)
	records := func() []servicestageclient.ReleaseRecord {
		out, err := client.ListComponentRecords(h.ctx, &servicestageclient.ListComponentRecordsInput{ApplicationID: application, ComponentID: app.ID})
		require.NoError(t, err)
		return out.Records
	}
	_, err = h.ServiceStageSim().Advance(time.Hour) // its first job is over
	require.NoError(t, err)
	require.Len(t, records(), 1)
	_, err = h.ServiceStageSim().AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultDropAfter, Operation: "UpdateComponent"})
	require.NoError(t, err)

	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	h.ServiceStageSim().ResetCalls()
	id, events := h.request(app, t.Name(), release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1, Confirm: release.ConfirmManual})
	h.until(events, release.EventBatchWaiting, 1)
	require.NoError(t, worker.Kill())
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	h.confirm(id, 1)
	p := h.until(events, release.EventSucceeded, 0)
	require.NoError(t, worker.Stop())

	calls := h.ServiceStageSim().Calls().Operations
	require.Equal(t, []int{1, 1}, []int{calls["UpdateComponent"], calls["ComponentAction"]}, "%v", calls)
	made := records()
	require.Len(t, made, 2, "one version beside the first one")
	component, err := client.GetComponent(h.ctx, &servicestageclient.GetComponentInput{ApplicationID: application, ComponentID: app.ID})
	require.NoError(t, err)
	require.Equal(t, scenario.NewImage, component.Source.URL)
	require.NotEqual(t, "1.0.0", component.Version)
	require.NotEmpty(t, p.ChangeID)
}

// TestComponents_RequestsReachTheNewVersionByTheirHeaders asks a component in the pause of a gray release by headers: who sends the
// header reaches the new version, nobody else does, and after the confirmation everybody. The worker is killed in between.
func TestComponents_RequestsReachTheNewVersionByTheirHeaders(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, Seed: 5, Speed: 10})
	client, err := h.ServiceStageClient()
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	app, _, err := scenario.CreateComponent(h.ctx, client, "shop")
	require.NoError(t, err)
	sim := h.ServiceStageSim()
	_, err = sim.Advance(time.Hour) // its first job is over
	require.NoError(t, err)
	answers := func(headers map[string]string) string {
		served, err := sim.Serve(servicestagesim.Request{Component: app.ID, Headers: headers})
		require.NoError(t, err)
		return served.Source
	}
	tester, other := map[string]string{"X-Canary": "1"}, map[string]string{"X-Canary": "0"}

	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	request := spec(app, release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1, Confirm: release.ConfirmManual})
	request.Traffic = &release.Traffic{Headers: &release.HeaderTraffic{
		Match: release.MatchAll, Rules: []release.HeaderRule{{Name: "x-canary", Op: release.HeaderEqual, Value: "1"}},
	}}
	id, err := scenario.Request(h.ctx, h.JetStream, t.Name(), request)
	require.NoError(t, err)
	events := h.follow(id)
	p := h.until(events, release.EventBatchWaiting, 1)
	require.Equal(t, &release.TrafficState{Applied: true}, p.Traffic)
	for range 20 {
		require.Equal(t, scenario.NewImage, answers(tester))
		require.Equal(t, scenario.OldImage, answers(other))
		require.Equal(t, scenario.OldImage, answers(nil))
	}
	require.NoError(t, worker.Kill())
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	h.confirm(id, 1)
	p = h.until(events, release.EventSucceeded, 0)
	require.NoError(t, worker.Stop())
	require.True(t, p.Traffic.Cleared)
	require.Equal(t, scenario.NewImage, answers(other))
}
