package servicestagetest_test

import (
	"context"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/catalog"
	"slipway/servicestageclient/servicestagetest"
	"slipway/servicestagesim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestServicestagetest_Conformance runs the suite on the service that the environment names, and on the simulator when it
// names none.
func TestServicestagetest_Conformance(t *testing.T) {
	t.Parallel()
	if region := env("REGION"); region != "" {
		servicestagetest.Run(t, servicestagetest.Target{
			Config: servicestageclient.Config{
				Region: region, ProjectID: env("PROJECT_ID"), Endpoint: env("ENDPOINT"),
				Credential: servicestageclient.Keys{AccessKey: env("AK"), SecretKey: cloudapi.Secret(env("SK"))},
			},
			World: servicestagetest.World{
				VPC: env("VPC"), Cluster: env("CLUSTER"), Images: [2]string{env("IMAGE"), env("NEXT_IMAGE")}, GitHost: env("GIT_HOST"),
				GitToken: env("GIT_TOKEN"), Code: env("CODE"), Engine: env("ENGINE"), Engines: env("ENGINES") != "",
			},
		})
		return
	}
	report := servicestagetest.Run(t, simulated(t))
	report.Log(t)
	require.Empty(t, report.Missing())
	for _, op := range catalog.Operations() {
		require.NotEmpty(t, report.Refused[op.Name], "no refusal of %s", op.Name)
	}
}

// env is a variable of the suite's own.
func env(name string) string {
	return os.Getenv("SERVICESTAGETEST_" + name) //nolint:forbidigo // the environment says which service is tested
}

// simulated is a simulator on a stepped clock behind a real HTTP server.
func simulated(t *testing.T) servicestagetest.Target {
	t.Helper()
	sim, err := servicestagesim.New(servicestagesim.Config{Clock: servicestagesim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)), Seed: 1})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return servicestagetest.Target{
		Config: servicestageclient.Config{
			Region: servicestagesim.DefaultRegion, ProjectID: servicestagesim.DefaultProjectID, Endpoint: server.URL,
			Credential: servicestageclient.Keys{AccessKey: servicestagesim.TestAccessKeyID, SecretKey: servicestagesim.TestAccessKeySecret},
		},
		World: servicestagetest.Simulated(), Strict: true,
		Pass: func(_ context.Context, d time.Duration) error { _, err := sim.Advance(d); return err },
	}
}
