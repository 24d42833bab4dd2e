package simadmin_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/internal/simframe"
	"slipway/saesim"
	"slipway/saesim/simadmin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func begin() time.Time { return time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC) }

func serve(t *testing.T) (*saesim.Simulator, *simadmin.Client) {
	t.Helper()
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(begin())})
	require.NoError(t, err)
	require.NoError(t, sim.SeedDemo())
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, simadmin.New(server.URL+"/", server.Client())
}

func TestClient_Faults(t *testing.T) {
	t.Parallel()
	sim, c := serve(t)
	wanted := saesim.Fault{
		Operation: "DeployApplication", AppID: sim.Apps()[0].ID, Kind: saesim.FaultDelay, Count: 3, Probability: 0.5,
		Status: 503, Code: "System.Upgrading", Message: "later", Delay: 250 * time.Millisecond, Batch: 2,
	}
	added, err := c.AddFault(t.Context(), wanted)
	require.NoError(t, err)
	wanted.ID = 1
	require.Equal(t, wanted, added, "nothing is lost on the way")
	listed, err := c.Faults(t.Context())
	require.NoError(t, err)
	require.Equal(t, []saesim.Fault{wanted}, listed)

	require.ErrorIs(t, c.RemoveFault(t.Context(), 7), saesim.ErrNoSuchFault)
	require.NoError(t, c.RemoveFault(t.Context(), 1))
	_, err = c.AddFault(t.Context(), saesim.Fault{Kind: "surprise"})
	var refused *simadmin.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusBadRequest, refused.Status)
	_, err = c.AddFault(t.Context(), saesim.Fault{Kind: saesim.FaultHang})
	require.NoError(t, err)
	require.NoError(t, c.ClearFaults(t.Context()))
	require.Empty(t, sim.Faults())
}

func TestClient_Clock(t *testing.T) {
	t.Parallel()
	_, c := serve(t)
	reading, err := c.Advance(t.Context(), 90*time.Minute)
	require.NoError(t, err)
	require.Equal(t, simframe.ClockReading{Now: begin().Add(90 * time.Minute)}, reading)
	again, err := c.Clock(t.Context())
	require.NoError(t, err)
	require.Equal(t, reading, again)
	_, err = c.Advance(t.Context(), -time.Second)
	require.ErrorContains(t, err, "forward")
}

func TestClient_CallsOrdersAndState(t *testing.T) {
	t.Parallel()
	sim, c := serve(t)
	apps, err := c.Apps(t.Context())
	require.NoError(t, err)
	require.Equal(t, sim.Apps(), apps)
	orders, err := c.Orders(t.Context(), apps[1].ID)
	require.NoError(t, err)
	require.Equal(t, sim.Orders(apps[1].ID), orders)
	require.Len(t, orders, 1)
	all, err := c.Orders(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, all, 4, "those of the job template, too")

	response, err := c.HTTP.Get(c.URL + "pop/v1/sam/app/listApplications") //nolint:noctx // the shortest unsigned call
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	counts, err := c.Calls(t.Context())
	require.NoError(t, err)
	require.Equal(t, saesim.CallCounts{Total: 1, Operations: map[string]int{"ListApplications": 1}}, counts)
	require.NoError(t, c.ResetCalls(t.Context()))
	require.Zero(t, sim.Calls().Total)

	snapshot, err := c.Snapshot(t.Context())
	require.NoError(t, err)
	require.NoError(t, c.Reset(t.Context()))
	require.Empty(t, sim.Apps())
	require.NoError(t, c.Restore(t.Context(), snapshot))
	require.Equal(t, apps, sim.Apps())
	require.Error(t, c.Restore(t.Context(), []byte("{}")))
}

func TestClient_Services(t *testing.T) {
	t.Parallel()
	sim, c := serve(t)
	app := sim.Apps()[0].ID
	wanted := []saesim.Service{{
		Name: "stock", Framework: saesim.FrameworkDubbo, Group: "HSF", Version: "1.0.1",
		Methods: []saesim.ServiceMethod{{Name: "count", ReturnType: "int", ParameterTypes: []string{"int"}}},
	}}
	require.NoError(t, c.SetServices(t.Context(), app, wanted))
	services, err := c.Services(t.Context(), app)
	require.NoError(t, err)
	require.Equal(t, wanted, services)
	require.ErrorIs(t, c.SetServices(t.Context(), "x", wanted), saesim.ErrNoSuchApp)
	_, err = c.Services(t.Context(), "x")
	require.ErrorIs(t, err, saesim.ErrNoSuchApp)
	require.ErrorContains(t, c.SetServices(t.Context(), app, []saesim.Service{{}}), "name")
}

func TestClient_ApprovalsOfUnknownOrders(t *testing.T) {
	t.Parallel()
	sim, c := serve(t)
	require.ErrorIs(t, c.Approve(t.Context(), "x"), saesim.ErrNoSuchOrder)
	require.ErrorIs(t, c.Reject(t.Context(), sim.Orders("")[0].ID), saesim.ErrNotWaiting)
}

func TestClient_BadRequests(t *testing.T) {
	t.Parallel()
	_, c := serve(t)
	for target, body := range map[string]string{
		"POST faults": "{", "POST faults ": `{"kind":"delay","delay":"soon"}`, "POST clock/advance": `{"duration":"soon"}`,
		"POST approvals/x": "[]", "GET nothing": "", "DELETE faults/x": "", "PUT state": "",
	} {
		method, path, _ := strings.Cut(strings.TrimSpace(target), " ")
		request, err := http.NewRequestWithContext(t.Context(), method, c.URL+"_saesim/"+path, strings.NewReader(body))
		require.NoError(t, err)
		response, err := c.HTTP.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.GreaterOrEqual(t, response.StatusCode, http.StatusBadRequest, target)
		require.Less(t, response.StatusCode, http.StatusInternalServerError, target)
	}
}

func TestClient_Health(t *testing.T) {
	t.Parallel()
	_, c := serve(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL+"healthz", http.NoBody)
	require.NoError(t, err)
	response, err := c.HTTP.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func TestClient_NobodyThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	c := simadmin.New(server.URL, server.Client())
	require.ErrorContains(t, c.Reset(t.Context()), "404")
	server.Close()
	require.Error(t, c.Reset(t.Context()))
}

func TestClient_Console(t *testing.T) {
	t.Parallel()
	sim, c := serve(t)
	app := sim.Apps()[0].ID
	first, err := c.BeginConsoleOrder(t.Context(), app, saesim.ConsoleRelease{Image: "registry.example/shop:2", Description: "by hand"})
	require.NoError(t, err)
	require.Equal(t, "by hand", sim.Orders(app)[1].Description)
	second, err := c.ReplaceOrder(t.Context(), first, saesim.ConsoleRelease{Image: "registry.example/shop:3"})
	require.NoError(t, err)
	require.Equal(t, second, sim.Orders(app)[2].ID)
	require.NoError(t, c.ExpireOrder(t.Context(), second))
	require.True(t, sim.Orders(app)[2].Expired)

	_, err = c.ReplaceOrder(t.Context(), first, saesim.ConsoleRelease{Image: "x"})
	require.ErrorIs(t, err, saesim.ErrOrderFinished)
	_, err = c.ReplaceOrder(t.Context(), second, saesim.ConsoleRelease{Image: "x"})
	require.ErrorIs(t, err, saesim.ErrNoSuchOrder, "an expired order has no name")
	_, err = c.BeginConsoleOrder(t.Context(), "nothing", saesim.ConsoleRelease{Image: "x"})
	require.ErrorIs(t, err, saesim.ErrNoSuchApp)
	require.ErrorIs(t, c.ExpireOrder(t.Context(), "nothing"), saesim.ErrNoSuchOrder)
	require.ErrorIs(t, c.DeleteVersion(t.Context(), app, "nothing"), saesim.ErrNoSuchVersion)
}

func TestClient_JobTemplates(t *testing.T) {
	t.Parallel()
	sim, c := serve(t)
	require.NoError(t, c.SetJobTemplate(t.Context(), sim.Apps()[0].ID, saesim.JobTemplate{Instances: 2, Forbid: true}))
	require.ErrorIs(t, c.SetJobTemplate(t.Context(), "nothing", saesim.JobTemplate{}), saesim.ErrNoSuchApp)
	require.ErrorContains(t, c.SetJobTemplate(t.Context(), sim.Apps()[0].ID, saesim.JobTemplate{Instances: 51}), "instances")
}

func TestClient_SetNetwork(t *testing.T) {
	t.Parallel()
	sim, c := serve(t)
	network := saesim.Network{Prefix: netip.MustParsePrefix("127.9.0.0/16")}
	require.NoError(t, c.SetNetwork(t.Context(), sim.Apps()[0].ID, network))
	require.ErrorIs(t, c.SetNetwork(t.Context(), "nothing", network), saesim.ErrNoSuchApp)
	require.ErrorContains(t, c.SetNetwork(t.Context(), sim.Apps()[0].ID, saesim.Network{}), "prefix: it is missing")
}
