package fctest_test

import (
	"context"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/fcclient"
	"slipway/fcclient/fctest"
	"slipway/fcsim"
	"slipway/internal/acskeys"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFctest_Conformance runs the suite on the service that the environment names, and on the
// simulator when it names none.
func TestFctest_Conformance(t *testing.T) {
	t.Parallel()
	if region := env("REGION"); region != "" {
		fctest.Run(t, fctest.Target{
			Config: fcclient.Config{Region: region, AccountID: env("ACCOUNT_ID"), Endpoint: env("ENDPOINT"), ReadRetries: 3}, Domain: env("DOMAIN"),
		})
		return
	}
	report := fctest.Run(t, simulated(t))
	report.Log(t)
	for _, op := range fcclient.Operations() {
		require.NotZero(t, report.Answered[op.Name], "%s is not called", op.Name)
		require.NotEmpty(t, report.Refused[op.Name], "no refusal of %s", op.Name)
	}
}

// env is a variable of the suite's own.
func env(name string) string {
	return os.Getenv("FCTEST_" + name) //nolint:forbidigo // the environment says which service is tested
}

// simulated is a simulator on a stepped clock behind a real HTTP server.
func simulated(t *testing.T) fctest.Target {
	t.Helper()
	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)), Seed: 1})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	credential, err := acskeys.Pair(fcsim.TestAccessKeyID, fcsim.TestAccessKeySecret)
	require.NoError(t, err)
	return fctest.Target{
		Config: fcclient.Config{Region: fcsim.DefaultRegion, AccountID: fcsim.DefaultAccountID, Endpoint: server.URL, Credential: credential},
		Strict: true, Domain: "fctest.example",
		Pass: func(_ context.Context, d time.Duration) error { _, err := sim.Advance(d); return err },
	}
}
