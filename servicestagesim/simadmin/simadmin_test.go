package simadmin_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/servicestagesim"
	"slipway/servicestagesim/simadmin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestClient(t *testing.T) {
	t.Parallel()
	sim, err := servicestagesim.New(servicestagesim.Config{Clock: servicestagesim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC))})
	require.NoError(t, err)
	require.NoError(t, sim.SeedDemo())
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	c := simadmin.New(server.URL, server.Client())

	wanted := servicestagesim.Behaviour{Source: "swr.test/shop:2", Result: servicestagesim.ResultMissing}
	require.NoError(t, c.SetBehaviour(t.Context(), wanted))
	behaviours, err := c.Behaviours(t.Context())
	require.NoError(t, err)
	require.Equal(t, []servicestagesim.Behaviour{wanted}, behaviours)
	require.Equal(t, behaviours, sim.Behaviours())
	var refused *simadmin.Error
	require.ErrorAs(t, c.SetBehaviour(t.Context(), servicestagesim.Behaviour{Source: "x", Result: "sad"}), &refused)
	require.Equal(t, http.StatusBadRequest, refused.Status)

	_, err = c.Serve(t.Context(), servicestagesim.Request{Component: "none"})
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusNotFound, refused.Status)

	fault, err := c.AddFault(t.Context(), servicestagesim.Fault{Kind: servicestagesim.FaultJobFails, Operation: "UpdateComponent", Batch: 2})
	require.NoError(t, err)
	faults, err := c.Faults(t.Context())
	require.NoError(t, err)
	require.Equal(t, []servicestagesim.Fault{fault}, faults)
	require.ErrorIs(t, c.RemoveFault(t.Context(), 9), servicestagesim.ErrNoSuchFault)
}
