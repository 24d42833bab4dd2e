package saetest_test

import (
	"context"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/internal/acskeys"
	"slipway/saeclient"
	"slipway/saeclient/saetest"
	"slipway/saesim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSaetest_Conformance runs the suite on the service that the environment names, and on the
// simulator when it names none.
func TestSaetest_Conformance(t *testing.T) {
	t.Parallel()
	if region := env("REGION"); region != "" {
		saetest.Run(t, realTarget(t, region))
		return
	}
	target, typed := simulated(t)
	report := saetest.Run(t, target)
	report.Log(t, "sae-simulated", "sae-refused")
	for _, name := range typed.Decoded() {
		t.Attr("sae-typed", name)
	}
	for name, reason := range saetest.LeftOut() {
		for _, column := range []string{"sae-typed", "sae-simulated", "sae-refused"} {
			t.Attr(column+"-without", name+": "+reason)
		}
	}
	for _, op := range saetest.Operations() {
		require.NotZero(t, report.Answered[op.Name], "%s is not called", op.Name)
		require.NotEmpty(t, report.Refused[op.Name], "no refusal of %s", op.Name)
	}
	requireAdditions(t, report)
	requireReadme(t, report, requireMembers(t, report))
}

// TestSaetest_ReadingOnly runs what does not change anything, and sees that nothing was changed.
func TestSaetest_ReadingOnly(t *testing.T) {
	t.Parallel()
	target, _ := simulated(t)
	target.Write = false
	report := saetest.Run(t, target)
	for _, op := range saetest.Operations() {
		if op.Mutates {
			require.Zero(t, report.Answered[op.Name], op.Name)
		}
	}
	require.NotZero(t, report.Answered["DescribePipeline"])
}

// env is a variable of the suite's own.
func env(name string) string {
	return os.Getenv("SAETEST_" + name) //nolint:forbidigo // the environment says which service is tested
}

// realTarget is the service that the environment names.
func realTarget(t *testing.T, region string) saetest.Target {
	t.Helper()
	caller, err := saetest.Typed(saeclient.Config{Region: region, Endpoint: env("ENDPOINT"), ReadRetries: 3})
	require.NoError(t, err)
	t.Cleanup(caller.Close)
	return saetest.Target{
		Caller: caller, Region: region, Write: env("WRITE") == "1",
		Have: saetest.Resources{
			Image: env("IMAGE"), NextImage: env("NEXT_IMAGE"), VPC: env("VPC"), VSwitch: env("VSWITCH"),
			SecurityGroup: env("SECURITY_GROUP"), SLB: env("SLB"), Certificate: env("CERTIFICATE"), LogDir: env("LOG_DIR"),
			Provider: env("PROVIDER"), Consumer: env("CONSUMER"), Open: env("OPEN") == "1", AnySetting: env("ANY_SETTING") == "1",
		},
	}
}

// simulated is a simulator on a stepped clock behind a real HTTP server.
func simulated(t *testing.T) (saetest.Target, *saetest.TypedCaller) {
	t.Helper()
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)), Strict: true})
	require.NoError(t, err)
	require.NoError(t, sim.SeedDemo())
	require.NoError(t, sim.SetServices(sim.Apps()[1].ID, []saesim.Service{{
		Name: "inventory", Methods: []saesim.ServiceMethod{{Name: "count", ReturnType: "int", ParameterTypes: []string{"int"}, Paths: []string{"/count"}}},
	}}))
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		server.Close()
		require.Empty(t, sim.Calls().Ignored, "parameters that were taken and did nothing")
	})
	typed, shop, inventory := caller(t, server.URL, saesim.DefaultRegion), sim.Apps()[0].ID, sim.Apps()[1].ID
	return saetest.Target{
		Caller: typed, Elsewhere: caller(t, server.URL, "xx-nowhere-1"), Region: saesim.DefaultRegion, Write: true, Strict: true,
		Pass: func(_ context.Context, d time.Duration) error { _, err := sim.Advance(d); return err },
		Have: saetest.Resources{
			Image: "registry.example/saetest:1", NextImage: "registry.example/saetest:2", VPC: "vpc-1", VSwitch: "vsw-1",
			SecurityGroup: "sg-1", SLB: "lb-saetest", Certificate: "1513561019707729_16f37aae5f3_-375882821_-169099", LogDir: "/var/log/app", Provider: inventory, Consumer: shop, Open: true, AnySetting: true,
		},
	}, typed
}

// caller is a typed client of a server.
func caller(t *testing.T, url, region string) *saetest.TypedCaller {
	t.Helper()
	typed, err := saetest.Typed(saeclient.Config{Region: region, Endpoint: url, Credential: keys(t)})
	require.NoError(t, err)
	t.Cleanup(typed.Close)
	return typed
}

func keys(t *testing.T) credentials.Credential {
	t.Helper()
	credential, err := acskeys.Pair(saesim.TestAccessKeyID, saesim.TestAccessKeySecret)
	require.NoError(t, err)
	return credential
}
