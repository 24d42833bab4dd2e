package saesim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/saesim/simadmin"
)

func deployInput(app, version string) *saeclient.DeployApplicationInput {
	return &saeclient.DeployApplicationInput{AppID: app, ImageURL: new("registry.example/shop:" + version), ChangeOrderDesc: new("token")}
}

// TestFaultsOnCalls breaks a deployment in every way a call can break, over HTTP,
// and counts what the platform did.
func TestFaultsOnCalls(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault  saesim.Fault
		class  error // what the client makes of it
		orders int   // change orders that exist afterwards
		status int
	}{
		"dropped before": {saesim.Fault{Kind: saesim.FaultDropBefore}, cloudapi.ErrAmbiguous, 0, 0},
		"dropped after":  {saesim.Fault{Kind: saesim.FaultDropAfter}, cloudapi.ErrAmbiguous, 1, 0},
		"cut answer":     {saesim.Fault{Kind: saesim.FaultTruncate}, cloudapi.ErrAmbiguous, 1, 200},
		"refused":        {saesim.Fault{Kind: saesim.FaultError, Code: "System.Upgrading"}, cloudapi.ErrUnavailable, 0, 400},
		"throttled":      {saesim.Fault{Kind: saesim.FaultError, Code: "Throttling.User"}, cloudapi.ErrThrottled, 0, 429},
		"broken":         {saesim.Fault{Kind: saesim.FaultError, Status: 503}, cloudapi.ErrAmbiguous, 0, 503},
		"broken after":   {saesim.Fault{Kind: saesim.FaultErrorAfter}, cloudapi.ErrAmbiguous, 1, 500},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, server := serve(t, saesim.Config{Clock: stepped()})
			c, app := client(t, server), sim.Apps()[0].ID
			tt.fault.Operation, tt.fault.AppID = "DeployApplication", app
			admin := simadmin.New(server.URL, server.Client())
			_, err := admin.AddFault(t.Context(), tt.fault)
			require.NoError(t, err)

			_, err = c.DeployApplication(t.Context(), deployInput(app, "2"))
			require.ErrorIs(t, err, tt.class)
			var answered *cloudapi.Error
			require.ErrorAs(t, err, &answered)
			require.Equal(t, tt.status, answered.HTTPStatus)

			found, err := c.ListChangeOrders(t.Context(), &saeclient.ListChangeOrdersInput{AppID: app, Key: new("token")})
			require.NoError(t, err)
			require.Equal(t, tt.orders, found.Data.TotalSize)
			require.Equal(t, 1, sim.Calls().Operations["DeployApplication"], "a broken call counts")

			if tt.orders == 0 {
				_, err = c.DeployApplication(t.Context(), deployInput(app, "2"))
				require.NoError(t, err, "a fault without count happens once")
			}
		})
	}
}

func TestFaultsAreMeantForWhatTheySay(t *testing.T) {
	t.Parallel()
	sim, server := serve(t, saesim.Config{Clock: stepped()})
	c, shop, inventory := client(t, server), sim.Apps()[0].ID, sim.Apps()[1].ID
	read := func(app string) error {
		_, err := c.DescribeApplicationStatus(t.Context(), &saeclient.DescribeApplicationStatusInput{AppID: app})
		return err
	}
	order, err := c.DeployApplication(t.Context(), deployInput(shop, "2"))
	require.NoError(t, err)
	_, err = sim.AddFault(saesim.Fault{Operation: "DescribeApplicationStatus", AppID: shop, Kind: saesim.FaultError, Count: 2, Code: "System.Upgrading"})
	require.NoError(t, err)
	require.NoError(t, read(inventory))
	require.ErrorIs(t, read(shop), cloudapi.ErrUnavailable)
	require.ErrorIs(t, read(shop), cloudapi.ErrUnavailable)
	require.NoError(t, read(shop), "used up")

	_, err = sim.AddFault(saesim.Fault{AppID: shop, Kind: saesim.FaultError, Count: -1, Code: "System.Upgrading"})
	require.NoError(t, err)
	_, err = c.DescribeChangeOrder(t.Context(), &saeclient.DescribeChangeOrderInput{ChangeOrderID: order.Data.ChangeOrderID})
	require.ErrorIs(t, err, cloudapi.ErrUnavailable, "an order belongs to its application")
	require.NoError(t, read(inventory))
	require.NoError(t, sim.ClearFaults())
	require.NoError(t, read(shop))
}

func TestFaultsHappenAsOftenAsTheirProbabilityAndTheSameForASeed(t *testing.T) {
	t.Parallel()
	pattern := func(seed uint64) (text string, hits int) {
		sim, server := serve(t, saesim.Config{Clock: stepped(), Seed: seed})
		c, app := client(t, server), sim.Apps()[0].ID
		_, err := sim.AddFault(saesim.Fault{Kind: saesim.FaultError, Probability: 0.3, Count: -1})
		require.NoError(t, err)
		for range 200 {
			mark := "."
			if _, err := c.DescribeApplicationStatus(t.Context(), &saeclient.DescribeApplicationStatusInput{AppID: app}); err != nil {
				mark = "x"
				hits++
			}
			text += mark
		}
		return text, hits
	}
	one, hits := pattern(1)
	again, _ := pattern(1)
	other, _ := pattern(2)
	require.Equal(t, one, again)
	require.NotEqual(t, one, other)
	require.InDelta(t, 60, hits, 25)
}

func TestFaultValidationNamesEveryProblem(t *testing.T) {
	t.Parallel()
	sim, err := saesim.New(saesim.Config{})
	require.NoError(t, err)
	_, err = sim.AddFault(saesim.Fault{
		Kind: "surprise", Operation: "Nothing", Count: -2, Probability: 1.5, Status: 200, Delay: -1, Batch: -1,
	})
	for _, field := range []string{"kind", "operation", "count", "probability", "status", "delay", "batch"} {
		require.ErrorContains(t, err, field+": ")
	}
	_, err = sim.AddFault(saesim.Fault{Kind: saesim.FaultApproval, Operation: "RestartApplication"})
	require.ErrorContains(t, err, "approval")
	_, err = sim.AddFault(saesim.Fault{Kind: saesim.FaultDelay})
	require.ErrorContains(t, err, "delay")
	require.Empty(t, sim.Faults())
}

func TestFault_BatchFaultWaitsForAnOrderThatHasTheBatch(t *testing.T) {
	t.Parallel()
	sim, server := serve(t, saesim.Config{Clock: stepped()})
	c, app := client(t, server), sim.Apps()[0].ID
	_, err := sim.AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, Batch: 2})
	require.NoError(t, err)
	deploy := func(version string, strategy *saeclient.UpdateStrategy) {
		in := deployInput(app, version)
		in.UpdateStrategy = strategy
		_, err := c.DeployApplication(t.Context(), in)
		require.NoError(t, err)
		_, err = sim.Advance(time.Hour)
		require.NoError(t, err)
	}
	deploy("2", nil)
	deploy("3", &saeclient.UpdateStrategy{
		Type: saeclient.StrategyBatch, BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: saeclient.ReleaseAuto},
	})
	orders := sim.Orders(app)
	require.Equal(t, []int{2, 3}, []int{orders[1].Status, orders[2].Status})
}
