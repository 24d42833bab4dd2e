package saesim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// instancesNow counts the instances that run, and all of them.
func (h *harness) instancesNow(t tester) (running, all int) {
	t.Helper()
	list := h.instanceList(t)
	for _, i := range list {
		if i["InstanceContainerStatus"] == instanceRunning {
			running++
		}
	}
	return running, len(list)
}

// TestSurge_InstancesAboveTheNumber: they are there while a wave is under way, and no more
// instances are down for them.
func TestSurge_InstancesAboveTheNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		parameters     []string
		running, all   int
		waves, minimum int
	}{
		{"none", nil, 1, 4, 2, 1},
		{"one", []string{"MaxSurgeInstances", "1"}, 1, 5, 1, 1},
		{"30 percent", []string{"MaxSurgeInstances", "-1", "MinReadyInstances", "2"}, 2, 6, 1, 2},
		{"half", []string{"MaxSurgeInstanceRatio", "50", "MinReadyInstances", "3"}, 3, 6, 2, 3},
		{"a share of its own", []string{"MaxSurgeInstanceRatio", "-1", "MaxSurgeInstances", "4", "MinReadyInstances", "3"}, 3, 6, 2, 3},
		{"all ready", []string{"MaxSurgeInstances", "1", "MinReadyInstanceRatio", "100"}, 4, 5, 4, 4},
		{"twice as many", []string{"MaxSurgeInstances", "9", "MinReadyInstanceRatio", "100"}, 4, 8, 1, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			order := h.deploy(t, "2", single, c.parameters...)
			h.step(t, prepare)
			running, all := h.instancesNow(t)
			require.Equal(t, []int{c.running, c.all}, []int{running, all})
			for range c.waves {
				running, _ := h.instancesNow(t)
				require.GreaterOrEqual(t, running, c.minimum)
				require.Equal(t, statusRunning, h.order(t, order).Status)
				h.step(t, DefaultBatchDuration/4)
			}
			h.settle(t)
			require.Equal(t, statusSuccess, h.order(t, order).Status)
			require.Equal(t, "2:4", h.images(t))
		})
	}
}

// TestSurge_OnlyForOneDeployment: the numbers are kept and read back, and hold for the
// deployment that they were sent with.
func TestSurge_OnlyForOneDeployment(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.deploy(t, "2", single, "MaxSurgeInstances", "1")
	h.settle(t)
	require.InDelta(t, 1, h.must(t, opConfig)["MaxSurgeInstances"], 0)
	h.begin(t, opRestart)
	h.step(t, prepare)
	_, all := h.instancesNow(t)
	require.Equal(t, 4, all)
	h.settle(t)
	require.Equal(t, codeWithMessage, h.refused(t, opDeploy, "MaxSurgeInstances", "0", "MinReadyInstanceRatio", "100"))
	require.Equal(t, codeWithMessage, h.refused(t, opDeploy, "MaxSurgeInstances", "-2"))
	require.Equal(t, codeWithMessage, h.refused(t, opDeploy, "MaxSurgeInstanceRatio", "-2"))
}

// TestSurge_HoweverAWaveEnds: the instances above the number are gone when its order ends,
// and where it failed they are the ones that stay.
func TestSurge_HoweverAWaveEnds(t *testing.T) {
	t.Parallel()
	abort, rollback := "AbortChangeOrder", "AbortAndRollbackChangeOrder"
	for name, c := range map[string]struct {
		strategy, surge string
		fault           FaultKind
		// during is what there is when the order waits for somebody, or in its first wave.
		during string
		end    string
		after  string
	}{
		"aborted":                 {batch2, "2", "", "1:4 2:2!", abort, "1:2 2:2"},
		"rolled back":             {batch2, "2", "", "1:4 2:2!", rollback, "1:4"},
		"hangs, aborted":          {batch2, "2", FaultHang, "1:4 2:2!", abort, "1:4"},
		"hangs, rolled back":      {batch2, "2", FaultHang, "1:4 2:2!", rollback, "1:4"},
		"fails and rolls back":    {batch2, "2", FaultBatchFails, "1:4", "", "1:4"},
		"fails":                   {single, "2", FaultBatchFails, "1:2 2:2!", "", "1:2 2:2!"},
		"fails with all above it": {single, "4", FaultBatchFails, "1:4", "", "1:4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			if c.fault != "" {
				h.fault(t, Fault{Kind: c.fault, Operation: opDeploy})
			}
			order := h.deploy(t, "2", c.strategy, "MaxSurgeInstances", c.surge)
			h.step(t, prepare)
			if c.fault != "" {
				h.settle(t)
			}
			require.Equal(t, c.during, h.images(t))
			if c.end != "" {
				h.must(t, c.end, "ChangeOrderId", order)
				h.settle(t)
			}
			require.True(t, finished(h.order(t, order).Status))
			require.Equal(t, c.after, h.images(t))
			h.deploy(t, "3", single)
			h.settle(t)
			require.Equal(t, "3:4", h.images(t))
		})
	}
}

// TestSurge_AllStayReady whatever happens to a release that may have one instance more.
func TestSurge_AllStayReady(t *testing.T) {
	t.Parallel()
	for _, fault := range []FaultKind{FaultBatchFails, FaultHang, ""} {
		t.Run("fault "+string(fault), func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			if fault != "" {
				h.fault(t, Fault{Kind: fault, Operation: opDeploy})
			}
			order := h.deploy(t, "2", batch2, "MaxSurgeInstances", "1", "MinReadyInstanceRatio", "100")
			for step := range 200 {
				h.step(t, DefaultBatchDuration/50)
				running, all := h.instancesNow(t)
				require.GreaterOrEqual(t, running, 4, "step %d", step)
				require.LessOrEqual(t, all, 5)
				if step == 130 && !finished(h.order(t, order).Status) {
					h.must(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", order)
				}
			}
		})
	}
}

// TestSurge_WithAnotherCount and with a gray batch: the number is that of the deployment.
func TestSurge_WithAnotherCount(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	order := h.deploy(t, "2", gray1and2, "MaxSurgeInstances", "1", "Replicas", "6")
	h.step(t, prepare)
	running, all := h.instancesNow(t)
	require.Equal(t, []int{4, 5}, []int{running, all}, "the gray one beside the one it takes the place of")
	for range 2 {
		h.settle(t)
		h.next(t, order)
	}
	h.settle(t)
	require.Equal(t, "2:6", h.images(t))
	h.deploy(t, "3", single, "MaxSurgeInstances", "3", "Replicas", "2")
	h.settle(t)
	require.Equal(t, "3:2", h.images(t))
}

// TestSurge_NeverThreeVersions: where two versions live, the lesser one goes before the third
// comes, also when instances above the number are allowed.
func TestSurge_NeverThreeVersions(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	order := h.deploy(t, "2", gray1and2)
	h.settle(t)
	h.must(t, "AbortChangeOrder", "ChangeOrderId", order)
	require.Equal(t, "1:3 2:1", h.images(t))
	order = h.deploy(t, "3", single, "MaxSurgeInstances", "2")
	for _, want := range []string{"1:3 2:1", "1:3 3:1!", "1:2 3:1 3:3!", "3:4"} {
		require.Equal(t, want, h.images(t))
		if h.order(t, order).Status == statusReady {
			h.step(t, prepare)
		} else {
			h.step(t, DefaultBatchDuration/2)
		}
	}
	require.Equal(t, statusSuccess, h.order(t, order).Status)
}
