package saesim

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shown lists the instances as the API shows them, by their image.
func (h *harness) shown(t tester) map[string][]map[string]any {
	t.Helper()
	out := map[string][]map[string]any{}
	for _, entry := range list(h.must(t, "DescribeApplicationInstances", "GroupId", h.group(), "PageSize", "100")["Instances"]) {
		i := entry.(map[string]any)
		out[i["ImageUrl"].(string)] = append(out[i["ImageUrl"].(string)], i)
	}
	return out
}

func TestNetwork_InstancesHaveTheirAddressesInTheNetworkOfTheirApplication(t *testing.T) {
	t.Parallel()
	for name, prefix := range map[string]string{
		"by default": "192.168.0.0/16", "on loopback": "127.9.0.0/24", "of IPv6": "fd00:9::/64", "with few addresses": "127.9.1.0/29",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			network := netip.MustParsePrefix(prefix)
			if network != defaultNetwork() {
				require.NoError(t, h.sim.SetNetwork(h.app, Network{Prefix: network}))
			}
			h.deploy(t, "2", gray1and2)
			h.settle(t)
			used := map[string]bool{}
			for _, instances := range h.shown(t) {
				for _, i := range instances {
					address := i["InstanceContainerIp"].(string)
					require.True(t, network.Contains(netip.MustParseAddr(address)), address)
					require.False(t, used[address], "%s is that of two", address)
					used[address] = true
				}
			}
			require.Len(t, used, 4)
			require.NotContains(t, used, network.Addr().String())
		})
	}
}

func TestNetwork_RefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	require.ErrorIs(t, h.sim.SetNetwork("x", Network{Prefix: defaultNetwork()}), ErrNoSuchApp)
	require.ErrorContains(t, h.sim.SetNetwork(h.app, Network{}), "it is missing")
	require.ErrorContains(t, h.sim.SetNetwork(h.app, Network{Prefix: netip.MustParsePrefix("127.9.0.7/16")}), "it would be 127.9.0.0/16")
	// One address is enough for all, and is that of all.
	require.NoError(t, h.sim.SetNetwork(h.app, Network{Prefix: netip.MustParsePrefix("127.9.0.7/32")}))
	h.must(t, opRescale, "Replicas", "3")
	h.settle(t)
	for _, i := range h.shown(t)["registry.test/shop:1"] {
		require.Equal(t, "127.9.0.7", i["InstanceContainerIp"])
	}
}

func TestNetwork_OutlivesTheSimulator(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	require.NoError(t, h.sim.SetNetwork(h.app, Network{Prefix: netip.MustParsePrefix("127.9.0.0/16")}))
	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	require.NoError(t, h.sim.Reset())
	require.NoError(t, h.sim.Restore(snapshot))
	h.must(t, opRestart)
	h.settle(t)
	require.Contains(t, h.shown(t)["registry.test/shop:1"][0]["InstanceContainerIp"], "127.9.")
}

func TestFault_UnhealthyInstancesSayWhyAndTheirBatchSucceeds(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.fault(t, Fault{Kind: FaultUnhealthy, Message: "connection to the database refused"})
	id := h.deploy(t, "2", gray1and2)
	h.settle(t)
	require.Equal(t, statusWaitConfirm, h.order(t, id).Status)
	shown := h.shown(t)
	require.Len(t, shown["registry.test/shop:2"], 1)
	ill := shown["registry.test/shop:2"][0]
	require.Equal(t, instanceRunning, ill["InstanceContainerStatus"])
	require.Equal(t, healthBad, ill["InstanceHealthStatus"])
	require.Equal(t, "connection to the database refused", ill["UnhealthyMessage"])
	log, _ := h.call(t, "DescribeInstanceLog", "InstanceId", ill["InstanceId"].(string)).body["Data"].(string)
	require.Contains(t, log, "connection to the database refused\n")
	for _, well := range shown["registry.test/shop:1"] {
		require.NotContains(t, well, "UnhealthyMessage")
	}
	// What comes after is well again.
	h.must(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id)
	h.step(t, time.Hour)
	for _, i := range h.shown(t)["registry.test/shop:1"] {
		require.NotContains(t, i, "UnhealthyMessage")
	}
}

func TestFault_UnhealthyHitsItsBatchAlone(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.fault(t, Fault{Kind: FaultUnhealthy, Batch: 2})
	id := h.deploy(t, "2", gray1and2)
	h.settle(t)
	require.NotContains(t, h.shown(t)["registry.test/shop:2"][0], "UnhealthyMessage")
	h.next(t, id)
	h.settle(t)
	var why []any
	for _, i := range h.shown(t)["registry.test/shop:2"] {
		if said, ill := i["UnhealthyMessage"]; ill {
			why = append(why, said)
		}
	}
	require.Equal(t, []any{unhealthyMessage}, why)
}
