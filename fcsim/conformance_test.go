package fcsim_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/fcclient"
	"slipway/fcclient/fctest"
	"slipway/fcsim"
	"slipway/internal/acskeys"
)

// TestConformance tells the story of all operations at the simulator, which is held to every
// documented code, member and status.
func TestConformance(t *testing.T) {
	t.Parallel()
	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(begin()), Seed: 1})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	pair, err := acskeys.Pair(fcsim.TestAccessKeyID, fcsim.TestAccessKeySecret)
	require.NoError(t, err)
	report := fctest.Run(t, fctest.Target{
		Config: fcclient.Config{Region: fcsim.DefaultRegion, AccountID: fcsim.DefaultAccountID, Endpoint: server.URL, Credential: pair},
		Strict: true, Domain: "shop.example.com",
		Pass: func(_ context.Context, d time.Duration) error {
			_, err := sim.Advance(d)
			return err
		},
	})
	report.Log(t)
	for _, op := range fcclient.Operations() {
		require.NotZero(t, report.Answered[op.Name], op.Name)
	}
}
