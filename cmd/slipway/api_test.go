package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"slipway/fcsim"
	"slipway/saesim"
	"slipway/servicestagesim"
)

// TestAPIScripts runs slipway against simulators of its own for each script. $SHOP is the ID
// of an application of SAE; its clock runs fast enough that change orders end at once. Function Compute
// has the service shop, ServiceStage the component $COMPONENT of $APPLICATION.
func TestAPIScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/api",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			sim, err := saesim.New(saesim.Config{Speed: 1000, Seed: 1})
			require.NoError(t, err)
			require.NoError(t, sim.SeedDemo())
			server := httptest.NewServer(sim)
			env.Defer(server.Close)
			env.Defer(func() {
				require.Empty(t, sim.Calls().Ignored, "parameters that the simulator took and that did nothing")
			})
			functions, err := fcsim.New(fcsim.Config{Seed: 1})
			require.NoError(t, err)
			require.NoError(t, functions.SeedDemo())
			onFC := httptest.NewServer(functions)
			env.Defer(onFC.Close)
			env.Setenv("SLIPWAY_FC_ENDPOINT", onFC.URL)
			env.Setenv("SLIPWAY_FC_REGION", fcsim.DefaultRegion)
			env.Setenv("SLIPWAY_FC_ACCOUNT_ID", fcsim.DefaultAccountID)
			components, err := servicestagesim.New(servicestagesim.Config{Seed: 1})
			require.NoError(t, err)
			require.NoError(t, components.SeedDemo())
			onServiceStage := httptest.NewServer(components)
			env.Defer(onServiceStage.Close)
			web := components.DemoComponent()
			env.Setenv("APPLICATION", web.ApplicationID)
			env.Setenv("COMPONENT", web.ID)
			env.Setenv("SLIPWAY_SERVICESTAGE_ENDPOINT", onServiceStage.URL)
			env.Setenv("SLIPWAY_SERVICESTAGE_REGION", servicestagesim.DefaultRegion)
			env.Setenv("SLIPWAY_SERVICESTAGE_PROJECT_ID", servicestagesim.DefaultProjectID)
			env.Setenv("HUAWEICLOUD_SDK_AK", servicestagesim.TestAccessKeyID)
			env.Setenv("HUAWEICLOUD_SDK_SK", servicestagesim.TestAccessKeySecret)
			env.Setenv("SHOP", sim.Apps()[0].ID)
			env.Setenv("SLIPWAY_SAE_ENDPOINT", server.URL)
			env.Setenv("SLIPWAY_SAE_REGION", saesim.DefaultRegion)
			env.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", saesim.TestAccessKeyID)
			env.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", saesim.TestAccessKeySecret)
			env.Values[simulator{}] = sim
			env.Values[arrival{}] = make(chan struct{})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "calls": calls, "fault": fault, "hang": hang, "arrived": arrived},
	})
}

// simulator is the key of the simulator in a script's values.
type simulator struct{}

// calls checks whether an operation was called: [!] calls OPERATION.
func calls(ts *testscript.TestScript, neg bool, args []string) {
	sim, ok := ts.Value(simulator{}).(*saesim.Simulator)
	if !ok || len(args) != 1 {
		ts.Fatalf("usage: [!] calls OPERATION")
	}
	if got := sim.Calls().Operations[args[0]]; got > 0 == neg {
		ts.Fatalf("%s was called %d times", args[0], got)
	}
}

// fault arranges a fault of an operation: fault OPERATION KIND.
func fault(ts *testscript.TestScript, neg bool, args []string) {
	sim, ok := ts.Value(simulator{}).(*saesim.Simulator)
	if !ok || neg || len(args) != 2 {
		ts.Fatalf("usage: fault OPERATION KIND")
	}
	_, err := sim.AddFault(saesim.Fault{Operation: args[0], Kind: saesim.FaultKind(args[1])})
	ts.Check(err)
}

// arrival is the key of the channel that is closed when a call has reached a server that hangs.
type arrival struct{}

// hang puts a server that never answers in the place of the simulator.
func hang(ts *testscript.TestScript, _ bool, _ []string) {
	reached, ok := ts.Value(arrival{}).(chan struct{})
	if !ok {
		ts.Fatalf("no channel")
	}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(reached)
		<-r.Context().Done()
	}))
	ts.Defer(server.Close)
	ts.Setenv("SLIPWAY_SAE_ENDPOINT", server.URL)
}

// arrived waits until a call has reached the server that hangs.
func arrived(ts *testscript.TestScript, _ bool, _ []string) {
	reached, ok := ts.Value(arrival{}).(chan struct{})
	if !ok {
		ts.Fatalf("no channel")
	}
	<-reached
}
