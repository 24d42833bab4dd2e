package servicestagesim_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/servicestageclient"
	"slipway/servicestageclient/servicestagetest"
	"slipway/servicestagesim"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	sim, err := servicestagesim.New(servicestagesim.Config{Clock: servicestagesim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC))})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	report := servicestagetest.Run(t, servicestagetest.Target{
		Config: servicestageclient.Config{
			Region: servicestagesim.DefaultRegion, ProjectID: servicestagesim.DefaultProjectID, Endpoint: server.URL,
			Credential: servicestageclient.Keys{AccessKey: servicestagesim.TestAccessKeyID, SecretKey: servicestagesim.TestAccessKeySecret},
		},
		World: servicestagetest.Simulated(), Strict: true,
		Pass: func(_ context.Context, d time.Duration) error { _, err := sim.Advance(d); return err },
	})
	report.Log(t)
	require.Empty(t, report.Missing())
}
