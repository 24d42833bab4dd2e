package sdktest

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/saeclient/saetest"
	"slipway/saesim"
)

// simulated is a simulator, and what the story may use of it.
func simulated(t *testing.T) (*httptest.Server, saetest.Target) {
	t.Helper()
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC))})
	require.NoError(t, err)
	require.NoError(t, sim.SeedDemo())
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	shop, inventory := sim.Apps()[0].ID, sim.Apps()[1].ID
	return server, saetest.Target{
		Region: saesim.DefaultRegion, Write: true, Strict: true,
		Pass: func(_ context.Context, d time.Duration) error { _, err := sim.Advance(d); return err },
		Have: saetest.Resources{
			Image: "registry.example/sdk:1", NextImage: "registry.example/sdk:2", VPC: "vpc-1", VSwitch: "vsw-1",
			SecurityGroup: "sg-1", SLB: "lb-sdk", LogDir: "/var/log/app", Job: shop, Provider: inventory, Consumer: shop, Open: true,
		},
	}
}

// requireAll fails when the story left an operation out that the SDK is not said to lack.
func requireAll(t *testing.T, report saetest.Report, without map[string]string) {
	t.Helper()
	for _, op := range saetest.Reference() {
		if _, lacks := without[op.Name]; lacks {
			require.Zero(t, report.Answered[op.Name], "%s works: take it from the list", op.Name)
			continue
		}
		require.NotZero(t, report.Answered[op.Name], "%s is not called", op.Name)
	}
}
