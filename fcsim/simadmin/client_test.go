package simadmin_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/fcsim"
	"slipway/fcsim/simadmin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T) (*fcsim.Simulator, *simadmin.Client) {
	t.Helper()
	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC))})
	require.NoError(t, err)
	require.NoError(t, sim.SeedDemo())
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, simadmin.New(server.URL, server.Client())
}

func TestClient_Behaviours(t *testing.T) {
	t.Parallel()
	sim, c := serve(t)
	wanted := fcsim.Behaviour{Code: "registry.example/shop:2", Result: fcsim.ResultHandled, Rate: 0.5, Body: "no", Status: 503}
	require.NoError(t, c.SetBehaviour(t.Context(), wanted))
	behaviours, err := c.Behaviours(t.Context())
	require.NoError(t, err)
	require.Equal(t, []fcsim.Behaviour{wanted}, behaviours, "nothing is lost on the way")
	require.Equal(t, behaviours, sim.Behaviours())
	var refused *simadmin.Error
	require.ErrorAs(t, c.SetBehaviour(t.Context(), fcsim.Behaviour{Code: "x", Result: "sad"}), &refused)
	require.Equal(t, http.StatusBadRequest, refused.Status)
}

func TestClient_LoadAndFaults(t *testing.T) {
	t.Parallel()
	_, c := serve(t)
	require.NoError(t, c.SetLoad(t.Context(), fcsim.Load{Service: fcsim.DemoService, Alias: fcsim.DemoAlias, Function: fcsim.DemoWeb, Busy: 1.5}))
	require.ErrorIs(t, c.SetLoad(t.Context(), fcsim.Load{Service: "none"}), fcsim.ErrNoSuchProvision)
	fault, err := c.AddFault(t.Context(), fcsim.Fault{Kind: fcsim.FaultQueued, AppID: fcsim.DemoService, Delay: time.Minute})
	require.NoError(t, err)
	faults, err := c.Faults(t.Context())
	require.NoError(t, err)
	require.Equal(t, []fcsim.Fault{fault}, faults)
	require.ErrorIs(t, c.RemoveFault(t.Context(), 9), fcsim.ErrNoSuchFault)
}
