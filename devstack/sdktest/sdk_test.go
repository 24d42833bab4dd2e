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
	t.Cleanup(func() {
		server.Close()
		require.Empty(t, sim.Calls().Ignored, "parameters that were taken and did nothing")
	})
	shop, inventory := sim.Apps()[0].ID, sim.Apps()[1].ID
	return server, saetest.Target{
		Region: saesim.DefaultRegion, Write: true, Strict: true,
		Pass: func(_ context.Context, d time.Duration) error { _, err := sim.Advance(d); return err },
		Have: saetest.Resources{
			Image: "registry.example/sdk:1", NextImage: "registry.example/sdk:2", VPC: "vpc-1", VSwitch: "vsw-1",
			SecurityGroup: "sg-1", SLB: "lb-sdk", Certificate: "8756-cn-hangzhou", LogDir: "/var/log/app", Provider: inventory,
			Consumer: shop, Open: true, AnySetting: true,
		},
	}
}

// run tells the whole story with an SDK, which has no operation and no parameter less than saeclient.
func run(t *testing.T, target saetest.Target, sdk string) {
	t.Helper()
	report := saetest.Run(t, target)
	report.Log(t, "sae-"+sdk, "sae-"+sdk+"-refused")
	for _, op := range saetest.Operations() {
		require.NotZero(t, report.Answered[op.Name], "%s is not called", op.Name)
	}
	for name, reason := range saetest.LeftOut() {
		t.Attr("sae-"+sdk+"-without", name+": "+reason)
	}
	for name, reason := range saetest.NotSent() {
		t.Attr("sae-"+sdk+"-param-without", name+": "+reason)
	}
	require.Len(t, report.Additions(), len(saetest.Additions())-len(saetest.NotSent()))
}
