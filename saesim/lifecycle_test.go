package saesim

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// callLifecycle calls the operations on an application as a whole, for the test of
// the documented shapes. It begins and ends with a running application.
func (h *harness) callLifecycle(t *testing.T, call func(op string, parameters ...string) map[string]any) {
	t.Helper()
	call("DescribeInstanceSpecifications")
	call("UpdateAppSecurityGroup", "SecurityGroupId", "sg-1")
	gone := call(opCreate, "AppName", "gone", "PackageType", "Image", "ImageUrl", "a/b:1", "Replicas", "2")["AppId"].(string)
	h.settle(t)
	call("DescribeChangeOrder", "ChangeOrderId", call(opDelete, "AppId", gone)["ChangeOrderId"].(string))
	call("ListApplications")
	h.settle(t)
	for _, op := range []string{opStop, opStart} {
		call(op)
		h.settle(t)
		call("DescribeApplicationStatus")
	}
	call("RestartInstances", paramInstanceIDs, h.instances(t)[0])
	h.settle(t)
	call(opVertical, "Cpu", "2000", "Memory", "4096")
	h.settle(t)
	call(opReduce, paramInstanceIDs, h.instances(t)[0])
	h.settle(t)
	call("ListApplications")
	call(opBatchStop, paramNamespace, DefaultRegion)
	call("ListNamespaceChangeOrders", paramNamespace, DefaultRegion)
	h.settle(t)
	order := call(opBatchStart, paramNamespace, DefaultRegion, "AppIds", h.app)["ChangeOrderId"].(string)
	call("DescribeChangeOrder", "ChangeOrderId", order)
	h.settle(t)
	call("ListNamespaceChangeOrders", paramNamespace, DefaultRegion)
}

// instances lists the IDs of the application's instances, by slot.
func (h *harness) instances(t tester) []string {
	t.Helper()
	h.sim.mu.Lock()
	defer h.sim.mu.Unlock()
	h.sim.look()
	var ids []string
	for _, i := range h.sim.st.Apps[h.app].Instances {
		ids = append(ids, i.ID)
	}
	return ids
}

func (h *harness) replicas(t tester) float64 {
	t.Helper()
	return h.must(t, "DescribeApplicationConfig")["Replicas"].(float64)
}

func (h *harness) runState(t tester) string {
	t.Helper()
	return h.must(t, "DescribeApplicationStatus")["CurrentStatus"].(string)
}

func TestLifecycle_StopAndStart(t *testing.T) {
	t.Parallel()
	h := deployed(t, 3)
	h.addRules(t)
	require.Equal(t, codeInvalidStatus, h.refused(t, opStart), "it runs")
	id := h.begin(t, opStop)
	require.Equal(t, codeOrderRunning, h.refused(t, opStart))
	require.Equal(t, typeStop, h.order(t, id).CoTypeCode)
	require.False(t, h.order(t, id).SupportRollback)
	h.settle(t)
	require.Equal(t, statusSuccess, h.order(t, id).Status)
	require.Equal(t, "STOPPED", h.runState(t))
	require.Empty(t, h.instances(t))
	require.InDelta(t, 3, h.replicas(t), 0)
	require.Equal(t, "+r0 -r1 +r2", h.rules(t))

	for op, parameters := range map[string][]string{
		opStop: nil, opRestart: nil, opRescale: {"Replicas", "5"}, "RestartInstances": {paramInstanceIDs, "x"},
		opReduce: {paramInstanceIDs, "x"}, opVertical: {"Cpu", "1000", "Memory", "2048"},
	} {
		require.Equal(t, codeInvalidStatus, h.refused(t, op, parameters...), op)
	}
	id = h.begin(t, opStart)
	h.settle(t)
	require.Equal(t, typeStart, h.order(t, id).CoTypeCode)
	require.Equal(t, statusSuccess, h.order(t, id).Status)
	require.Equal(t, "RUNNING", h.runState(t))
	require.Equal(t, "1:3", h.images(t))
}

func TestLifecycle_StopThatFailsOrIsAborted(t *testing.T) {
	t.Parallel()
	h := deployed(t, 3)
	h.fault(t, Fault{Kind: FaultBatchFails, Operation: opStop})
	h.begin(t, opStop)
	h.settle(t)
	require.Equal(t, "RUNNING", h.runState(t))
	require.Equal(t, "1:3", h.images(t))
	id := h.begin(t, opStop)
	h.must(t, "AbortChangeOrder", "ChangeOrderId", id)
	require.Equal(t, "RUNNING", h.runState(t), "it had not begun")
	id = h.begin(t, opStop)
	h.step(t, prepare)
	h.must(t, "AbortChangeOrder", "ChangeOrderId", id)
	require.Equal(t, "STOPPED", h.runState(t), "all instances were on their way out")
}

func TestLifecycle_DeployingAStoppedApplicationStartsIt(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]string{"a new version": "2", "a rollback": "1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 3)
			h.begin(t, opStop)
			h.settle(t)
			if version == "2" {
				h.deploy(t, version, gray1and2)
			} else {
				h.begin(t, opRollback, "VersionId", h.versions(t)[0], paramUpdateStrategy, batch2)
			}
			require.Equal(t, "STOPPED", h.runState(t))
			h.step(t, prepare)
			require.Equal(t, "RUNNING", h.runState(t))
			h.settle(t)
			require.True(t, strings.HasPrefix(h.images(t), version+":"))
		})
	}
}

func TestLifecycle_NotDeployedYet(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.app = h.must(t, opCreate, "AppName", "empty", "PackageType", "Image", "ImageUrl", "a/b:1", "Replicas", "2", "Deploy", "false")["AppId"].(string)
	for op, parameters := range map[string][]string{
		opStart: nil, opStop: nil, opRestart: nil, "RestartInstances": {paramInstanceIDs, "x"},
		opReduce: {paramInstanceIDs, "x"}, opVertical: {"Cpu", "1000", "Memory", "2048"},
	} {
		require.Equal(t, codeNotDeployYet, h.refused(t, op, parameters...), op)
	}
	h.begin(t, opDelete)
	h.settle(t)
	require.Empty(t, h.sim.Apps())
}

func TestLifecycle_DeletedApplication(t *testing.T) {
	t.Parallel()
	h := deployed(t, 3)
	h.addRules(t)
	h.must(t, "CreateGreyTagRoute", "Name", "rule-a", "Description", "d", "ScRules", scRules)
	h.fault(t, Fault{Kind: FaultBatchFails, Operation: opDelete})
	id := h.begin(t, opDelete)
	h.settle(t)
	require.Equal(t, statusFailed, h.order(t, id).Status)
	require.Equal(t, "1:3", h.images(t), "a deletion that fails deletes nothing")

	id = h.begin(t, opDelete)
	require.Equal(t, codeOrderRunning, h.refused(t, opDelete))
	listed := h.must(t, "ListApplications")["Applications"].([]any)[0].(map[string]any)
	require.Equal(t, true, listed["AppDeletingStatus"])
	h.settle(t)
	order := h.order(t, id)
	require.Equal(t, statusSuccess, order.Status, "its order can still be read")
	require.Equal(t, typeDelete, order.CoTypeCode)
	require.Equal(t, codeAppNotFound, h.refused(t, opDeploy, "ImageUrl", "a/b:1"))
	require.Equal(t, codeAppNotFound, h.refused(t, opDelete))
	require.Equal(t, codeAppIDNotFound, h.refused(t, "ListChangeOrders"))
	require.Equal(t, codeWithMessage, h.refused(t, "DescribeGreyTagRoute", "GreyTagRouteId", "1"))
	require.Empty(t, h.must(t, "ListApplications")["Applications"])
	require.Empty(t, h.sim.Apps())

	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	require.NoError(t, h.sim.Restore(snapshot))
	require.Equal(t, statusSuccess, h.order(t, id).Status)
}

func TestLifecycle_RestartOfGivenInstances(t *testing.T) {
	t.Parallel()
	h := deployed(t, 3)
	before := h.instances(t)
	require.Equal(t, codeObviously, h.refused(t, "RestartInstances", paramInstanceIDs, before[0]+",nothing"))
	id := h.begin(t, "RestartInstances", paramInstanceIDs, before[0]+", "+before[2]+","+before[0])
	h.settle(t)
	require.Equal(t, typeRestartInstances, h.order(t, id).CoTypeCode)
	after := h.instances(t)
	require.Equal(t, before[1], after[1])
	require.NotEqual(t, before[0], after[0])
	require.NotEqual(t, before[2], after[2])
	require.Equal(t, "1:3", h.images(t))
}

func TestLifecycle_ScaleInByInstances(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.addRules(t)
	before := h.instances(t)
	require.Equal(t, codeObviously, h.refused(t, opReduce, paramInstanceIDs, "nothing"))
	require.Equal(t, codeWithMessage, h.refused(t, opReduce, paramInstanceIDs, strings.Join(before, ",")))
	id := h.begin(t, opReduce, paramInstanceIDs, before[0]+","+before[2])
	require.Equal(t, "-r0 -r1 -r2", h.rules(t))
	h.step(t, time.Minute)
	require.Equal(t, typeReduce, h.order(t, id).CoTypeCode)
	require.Equal(t, "+r0 -r1 +r2", h.rules(t))
	require.Equal(t, []string{before[1], before[3]}, h.instances(t))
	require.InDelta(t, 2, h.replicas(t), 0)

	h.deploy(t, "2", batch2)
	h.step(t, time.Minute)
	require.Equal(t, "2:2", h.images(t), "no gap is left that a release would fill")
}

func TestLifecycle_VerticalRescale(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	first := h.versions(t)[0]
	h.deploy(t, "2", single)
	h.settle(t)
	before := h.instances(t)
	require.Equal(t, codeInstanceSpec, h.refused(t, opVertical, "Cpu", "1000", "Memory", "1000"))
	h.must(t, opVertical, "Cpu", "2000", "Memory", "4096")
	require.InDelta(t, 1000, h.must(t, "DescribeApplicationConfig")["Cpu"], 0, "it is being prepared")
	h.settle(t)
	config := h.must(t, "DescribeApplicationConfig")
	require.InDelta(t, 2000, config["Cpu"], 0)
	require.InDelta(t, 4096, config["Memory"], 0)
	require.NotEqual(t, before, h.instances(t))
	require.Len(t, h.versions(t), 2, "it makes no version")
	h.must(t, opRollback, "VersionId", first)
	h.settle(t)
	require.InDelta(t, 2000, h.must(t, "DescribeApplicationConfig")["Cpu"], 0, "a version has no size of its own")
}

func TestLifecycle_SecurityGroup(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	require.Equal(t, codeWithMessage, h.refused(t, "UpdateAppSecurityGroup", "SecurityGroupId", "vpc-1"))
	require.Equal(t, codeNotEmpty, h.refused(t, "UpdateAppSecurityGroup"))
	require.Equal(t, codeAppNotFound, h.refused(t, "UpdateAppSecurityGroup", "AppId", "x", "SecurityGroupId", "sg-1"))
	h.begin(t, opRestart)
	h.must(t, "UpdateAppSecurityGroup", "SecurityGroupId", "sg-2")
	require.Equal(t, "sg-2", h.must(t, "DescribeApplicationConfig")["SecurityGroupId"])
}

func TestLifecycle_BatchStopAndStart(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	h.app = ""
	other := h.must(t, opCreate, "AppName", "second", "PackageType", "Image", "ImageUrl", "registry.test/shop:7", "Replicas", "1")["AppId"].(string)
	empty := h.must(t, opCreate, "AppName", "empty", "PackageType", "Image", "ImageUrl", "a/b:1", "Replicas", "2", "Deploy", "false")["AppId"].(string)
	h.settle(t)
	shop := h.sim.Apps()[0].ID
	busy := h.begin(t, opRestart, "AppId", shop)

	id := h.begin(t, opBatchStop, paramNamespace, DefaultRegion)
	require.Equal(t, statusReady, h.order(t, id).Status)
	require.Equal(t, 1, h.order(t, id).BatchCount, "one is busy, one was never deployed")
	h.step(t, prepare)
	require.Equal(t, statusRunning, h.order(t, id).Status)
	h.settle(t)
	order := h.order(t, id)
	require.Equal(t, statusSuccess, order.Status)
	require.Equal(t, typeBatchStop, order.CoTypeCode)
	h.must(t, "DescribePipeline", "PipelineId", order.CurrentPipelineID)
	require.Equal(t, statusSuccess, h.order(t, busy).Status)
	require.Equal(t, "STOPPED", h.must(t, "DescribeApplicationStatus", "AppId", other)["CurrentStatus"])
	require.Equal(t, typeStop, h.must(t, "ListChangeOrders", "AppId", other)["ChangeOrderList"].([]any)[0].(map[string]any)["CoTypeCode"])

	second := h.begin(t, opBatchStart, paramNamespace, DefaultRegion, "AppIds", other+","+empty)
	h.fault(t, Fault{Kind: FaultBatchFails, Operation: opBatchStop, AppID: shop})
	h.settle(t)
	third := h.begin(t, opBatchStop, paramNamespace, DefaultRegion)
	h.settle(t)
	require.Equal(t, statusFailed, h.order(t, third).Status, "one of two failed")
	require.Equal(t, "RUNNING", h.must(t, "DescribeApplicationStatus", "AppId", shop)["CurrentStatus"])
	require.Equal(t, "STOPPED", h.must(t, "DescribeApplicationStatus", "AppId", other)["CurrentStatus"])

	ids := func(parameters ...string) []string {
		data := h.must(t, "ListNamespaceChangeOrders", append([]string{paramNamespace, DefaultRegion}, parameters...)...)
		var list []string
		for _, entry := range data["ChangeOrderList"].([]any) {
			list = append(list, entry.(map[string]any)["ChangeOrderId"].(string))
		}
		return list
	}
	last := h.must(t, "DescribeNamespaceResources")
	require.Equal(t, third, last["LastChangeOrderId"])
	require.Equal(t, "FAIL", last["LastChangeOrderStatus"])
	require.Equal(t, false, last["LastChangeOrderRunning"])
	require.Equal(t, []string{third, second, id}, ids())
	require.Equal(t, []string{second}, ids("CoType", typeBatchStart))
	require.Equal(t, []string{third}, ids("CoStatus", "3"))
	require.Equal(t, []string{second}, ids("Key", "start"))
	require.Equal(t, []string{id}, ids("CurrentPage", "2", "PageSize", "2"))
	require.Empty(t, ids(paramNamespace, DefaultRegion+":other"))
}

func TestLifecycle_BatchRefusals(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	h.app = ""
	other := h.must(t, opCreate, "AppName", "second", "PackageType", "Image", "ImageUrl", "a/b:1", "Replicas", "1")["AppId"].(string)
	h.settle(t)
	h.sim.st.Apps[other].NamespaceID = DefaultRegion + ":x"
	for _, op := range []string{opBatchStart, opBatchStop} {
		require.Equal(t, codeNamespaceEmpty, h.refused(t, op, paramNamespace, DefaultRegion+":empty"))
		require.Equal(t, codeObviously, h.refused(t, op, paramNamespace, DefaultRegion, "AppIds", "nothing"))
		require.Equal(t, codeMixedNamespaces, h.refused(t, op, paramNamespace, DefaultRegion, "AppIds", other))
	}
	id := h.begin(t, opBatchStart, paramNamespace, DefaultRegion)
	require.Equal(t, statusSuccess, h.order(t, id).Status, "all run already")
}

func TestLifecycle_Usage(t *testing.T) {
	t.Parallel()
	app := &application{
		CreatedAt: start(), Config: map[string]string{"Cpu": "500", "Memory": "2048"}, Instances: []*instance{{Slot: 0}, {Slot: 1}},
	}
	hour := func(n int) time.Time { return start().Add(time.Duration(n) * time.Hour) }
	app.charge(hour(1))
	require.Equal(t, usage{Since: hour(1), CPU: 60, Memory: 240}, app.Usage)
	app.Instances = app.Instances[:1]
	require.Equal(t, usage{Since: hour(3), CPU: 120, Memory: 480}, app.usedUntil(hour(3)))
	require.Equal(t, usage{Since: hour(1), CPU: 60, Memory: 240}, app.Usage, "reading changes nothing")
	december := time.Date(2026, time.December, 1, 0, 0, 0, 0, gmt8())
	require.Equal(t, usage{Since: december.Add(time.Hour), CPU: 30, Memory: 120}, app.usedUntil(december.Add(time.Hour)), "a month begins anew")
}
