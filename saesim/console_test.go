package saesim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (h *harness) listed(t tester) []string {
	t.Helper()
	var ids []string
	for _, entry := range h.must(t, "ListChangeOrders")["ChangeOrderList"].([]any) {
		ids = append(ids, entry.(map[string]any)["ChangeOrderId"].(string))
	}
	return ids
}

// recorded is an order as the simulator itself knows it.
func (h *harness) recorded(t tester, id string) Order {
	t.Helper()
	for _, o := range h.sim.Orders(h.app) {
		if o.ID == id {
			return o
		}
	}
	require.Fail(t, "no such order")
	return Order{}
}

func (h *harness) requireForgotten(t *testing.T, id string, pipelines []pipelineData) {
	t.Helper()
	require.Equal(t, codeOrderNotFound, h.refused(t, "DescribeChangeOrder", "ChangeOrderId", id))
	require.Equal(t, codeOrderNotFound, h.refused(t, "AbortChangeOrder", "ChangeOrderId", id))
	require.Equal(t, codeWithMessage, h.refused(t, "DescribePipeline", "PipelineId", pipelines[0].PipelineID))
	require.NotContains(t, h.listed(t), id)
	require.True(t, h.recorded(t, id).Expired)
}

func TestConsole_ExpiredRecordOfAFinishedOrder(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	id := h.deploy(t, "2", single)
	h.settle(t)
	pipelines := h.order(t, id).Pipelines
	require.NoError(t, h.sim.ExpireOrder(id))
	h.requireForgotten(t, id, pipelines)
	require.Len(t, h.listed(t), 1, "the others stay")
	require.Equal(t, "2:2", h.images(t))
	status := h.must(t, "DescribeApplicationStatus")
	require.Equal(t, "", status["LastChangeOrderId"])
	require.Equal(t, false, status["LastChangeOrderRunning"])
	require.ErrorIs(t, h.sim.ExpireOrder("x"), ErrNoSuchOrder)
}

func TestConsole_ExpiredRecordOfARunningOrder(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.addRules(t)
	id := h.deploy(t, "2", batch2)
	pipelines := h.order(t, id).Pipelines
	h.step(t, prepare)
	require.NoError(t, h.sim.ExpireOrder(id))
	h.requireForgotten(t, id, pipelines)
	require.Equal(t, codeOrderRunning, h.refused(t, opDeploy, "ImageUrl", "registry.test/shop:3"), "it goes on, unseen")
	require.Equal(t, true, h.must(t, "DescribeApplicationStatus")["LastChangeOrderRunning"])
	h.step(t, 2*DefaultBatchDuration)
	require.Equal(t, "2:4", h.images(t))
	require.Equal(t, "+r0 -r1 +r2", h.rules(t))
	require.Equal(t, statusSuccess, h.recorded(t, id).Status)
	h.deploy(t, "3", single)
}

func TestConsole_ExpiredRecordOfAnOrderThatWaits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault  FaultKind
		early  bool // the record expires before the order waits
		images string
	}{
		"confirmation":       {images: "1:3 2:1"},
		"confirmation later": {early: true, images: "1:3 2:1"},
		"approval":           {fault: FaultApproval, images: "1:4"},
		"hanging":            {fault: FaultHang, images: "1:3 2:1!"},
		"hanging later":      {fault: FaultHang, early: true, images: "1:3 2:1!"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			if tt.fault != "" {
				h.fault(t, Fault{Kind: tt.fault})
			}
			id := h.deploy(t, "2", gray1and2)
			if !tt.early {
				h.settle(t)
			}
			pipelines := h.order(t, id).Pipelines
			require.NoError(t, h.sim.ExpireOrder(id))
			h.requireForgotten(t, id, pipelines)
			h.settle(t)
			require.Equal(t, statusAborted, h.recorded(t, id).Status, "nobody can name it any more")
			require.Equal(t, tt.images, h.images(t))
			h.deploy(t, "3", single)
		})
	}
}

func TestConsole_OrderReplacedAtTheConsole(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.addRules(t)
	id := h.deploy(t, "2", gray1and2, "ChangeOrderDesc", "token-1")
	h.settle(t)
	require.Equal(t, statusWaitConfirm, h.order(t, id).Status)
	other, err := h.sim.ReplaceOrder(id, ConsoleRelease{Image: "registry.test/shop:9"})
	require.NoError(t, err)
	require.Equal(t, statusAborted, h.order(t, id).Status)
	require.Equal(t, "1:3 2:1", h.images(t), "an abort rolls nothing back")
	replacing := h.order(t, other)
	require.Equal(t, typeDeploy, replacing.CoTypeCode)
	require.NotContains(t, replacing.Description, "token")
	require.Equal(t, sourceConsole, h.must(t, "ListChangeOrders")["ChangeOrderList"].([]any)[0].(map[string]any)["Source"])
	h.settle(t)
	require.Equal(t, statusSuccess, h.order(t, other).Status)
	require.Equal(t, "9:4", h.images(t))
	_, err = h.sim.ReplaceOrder(other, ConsoleRelease{Image: "x"})
	require.ErrorIs(t, err, ErrOrderFinished)
	_, err = h.sim.ReplaceOrder("x", ConsoleRelease{Image: "x"})
	require.ErrorIs(t, err, ErrNoSuchOrder)
}

func TestConsole_ReplacedByARollback(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	first := h.versions(t)[0]
	id := h.deploy(t, "2", batch2Man)
	h.settle(t)
	_, err := h.sim.ReplaceOrder(id, ConsoleRelease{})
	require.ErrorContains(t, err, "an image or a version")
	require.Equal(t, statusWaitConfirm, h.order(t, id).Status, "what cannot be begun aborts nothing")
	other, err := h.sim.ReplaceOrder(id, ConsoleRelease{VersionID: first})
	require.NoError(t, err)
	require.Equal(t, typeRollback, h.order(t, other).CoTypeCode)
	h.settle(t)
	require.Equal(t, "1:4", h.images(t))
}

func TestConsoleOrder(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	id, err := h.sim.BeginConsoleOrder(h.app, ConsoleRelease{Image: "registry.test/shop:2", Strategy: gray1and2, Description: "by hand"})
	require.NoError(t, err)
	require.Equal(t, codeOrderRunning, h.refused(t, opRestart))
	h.settle(t)
	order := h.order(t, id)
	require.Equal(t, statusWaitConfirm, order.Status)
	require.Equal(t, "by hand", order.Description)
	require.Equal(t, Order{
		ID: id, AppID: h.app, Type: typeDeploy, Description: "by hand", Status: statusWaitConfirm, Batches: 3,
		Source: sourceConsole, CreatedAt: h.recorded(t, id).CreatedAt,
	}, h.recorded(t, id))
	h.next(t, id)
	h.settle(t)
	h.next(t, id)
	h.settle(t)
	require.Equal(t, "2:4", h.images(t))

	for name, r := range map[string]ConsoleRelease{
		"both":         {Image: "a", VersionID: "b"},
		"neither":      {},
		"bad strategy": {Image: "a", Strategy: "{"},
		"no version":   {VersionID: "nothing"},
	} {
		_, err := h.sim.BeginConsoleOrder(h.app, r)
		require.Error(t, err, name)
	}
	_, err = h.sim.BeginConsoleOrder("x", ConsoleRelease{Image: "a"})
	require.ErrorIs(t, err, ErrNoSuchApp)
}

func TestConsole_FaultsOfCallsSpareTheConsole(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	h.fault(t, Fault{Kind: FaultBatchFails, Operation: opDeploy})
	id, err := h.sim.BeginConsoleOrder(h.app, ConsoleRelease{Image: "registry.test/shop:2"})
	require.NoError(t, err)
	h.settle(t)
	require.Equal(t, statusSuccess, h.order(t, id).Status)
	h.fault(t, Fault{Kind: FaultBatchFails})
	id, err = h.sim.BeginConsoleOrder(h.app, ConsoleRelease{Image: "registry.test/shop:3"})
	require.NoError(t, err)
	h.settle(t)
	require.Equal(t, statusFailed, h.order(t, id).Status)
}

func TestConsole_RollbackByBatches(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	first := h.versions(t)[0]
	h.deploy(t, "2", single)
	h.settle(t)
	id := h.begin(t, opRollback, "VersionId", first, paramUpdateStrategy, gray1and2)
	h.settle(t)
	order := h.order(t, id)
	require.Equal(t, statusWaitConfirm, order.Status)
	require.Equal(t, 3, order.BatchCount)
	require.Equal(t, releaseManual, order.BatchType)
	require.Equal(t, "1:1 2:3", h.images(t))
	h.next(t, id)
	h.settle(t)
	h.next(t, id)
	h.settle(t)
	require.Equal(t, statusSuccess, h.order(t, id).Status)
	require.Equal(t, "1:4", h.images(t))
	require.Equal(t, "registry.test/shop:1", h.configImage(t))

	h.fault(t, Fault{Kind: FaultBatchFails, Batch: 2, Operation: opRollback})
	id = h.begin(t, opRollback, "VersionId", h.versions(t)[0], paramUpdateStrategy, batch2)
	h.settle(t)
	require.Equal(t, statusFailed, h.order(t, id).Status)
	require.Equal(t, "1:4", h.images(t), "a rollback by batches that fails is put back itself")
}

func TestConsole_OrderThatCannotBeRolledBack(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	require.False(t, h.order(t, h.listed(t)[0]).SupportRollback, "nothing was before the first version")
	id := h.deploy(t, "2", gray1and2)
	require.True(t, h.order(t, id).SupportRollback)
	h.must(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id)

	h.fault(t, Fault{Kind: FaultNoRollback, Operation: opDeploy})
	h.fault(t, Fault{Kind: FaultBatchFails, Batch: 2})
	id = h.deploy(t, "2", gray1and2)
	require.False(t, h.order(t, id).SupportRollback)
	require.Equal(t, codeInvalidStatus, h.refused(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id))
	h.settle(t)
	require.Equal(t, codeInvalidStatus, h.refused(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id))
	h.next(t, id)
	h.settle(t)
	require.Equal(t, statusFailed, h.order(t, id).Status)
	require.Equal(t, "1:2 2:1 2:1!", h.images(t), "it stays as it failed")
}

func TestConsole_DeletedVersion(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	first := h.versions(t)[0]
	h.fault(t, Fault{Kind: FaultBatchFails})
	h.deploy(t, "2", single)
	h.settle(t)
	second := h.versions(t)[0]
	require.ErrorIs(t, h.sim.DeleteVersion(h.app, first), ErrVersionInUse, "an instance runs it")
	require.ErrorIs(t, h.sim.DeleteVersion(h.app, second), ErrVersionInUse, "it is configured")
	id := h.deploy(t, "3", single)
	h.settle(t)
	require.True(t, h.order(t, id).SupportRollback)
	require.NoError(t, h.sim.DeleteVersion(h.app, first))
	require.ErrorIs(t, h.sim.DeleteVersion(h.app, first), ErrNoSuchVersion)
	require.ErrorIs(t, h.sim.DeleteVersion("x", first), ErrNoSuchApp)
	require.NotContains(t, h.versions(t), first)
	require.Equal(t, codeObviously, h.refused(t, opRollback, "VersionId", first))

	h.deploy(t, "4", single)
	require.ErrorIs(t, h.sim.DeleteVersion(h.app, h.versions(t)[0]), ErrVersionInUse, "an order brings it")
	h.settle(t)
}

// TestConsole_RestartAndRescaleAreOrdersLikeAnyOther covers what the other orders have:
// type, one at a time, faults, abort.
func TestConsole_RestartAndRescaleAreOrdersLikeAnyOther(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		parameters []string
		kind       string
	}{
		"restart":   {[]string{opRestart}, typeRestart},
		"scale out": {[]string{opRescale, "Replicas", "5"}, typeScaleOut},
		"scale in":  {[]string{opRescale, "Replicas", "2"}, typeScaleIn},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 3)
			begin := func() string { return h.begin(t, tt.parameters[0], tt.parameters[1:]...) }
			for fault, want := range map[FaultKind]int{FaultBatchFails: statusFailed, FaultSystemFails: statusSystemFail, FaultHang: statusRunning} {
				h.fault(t, Fault{Kind: fault, Operation: tt.parameters[0]})
				id := begin()
				require.Equal(t, codeOrderRunning, h.refused(t, opDeploy, "ImageUrl", "registry.test/shop:2"))
				h.settle(t)
				order := h.order(t, id)
				require.Equal(t, tt.kind, order.CoTypeCode)
				require.Equal(t, want, order.Status, fault)
				require.False(t, order.SupportRollback)
				if fault == FaultHang {
					require.Equal(t, 1, order.SubStatus)
					require.Equal(t, codeInvalidStatus, h.refused(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id))
					h.must(t, "AbortChangeOrder", "ChangeOrderId", id)
					require.Equal(t, statusAborted, h.order(t, id).Status)
				}
				h.must(t, opRescale, "Replicas", "3")
				h.settle(t)
			}
			h.step(t, time.Second)
			id := begin()
			h.settle(t)
			require.Equal(t, statusSuccess, h.order(t, id).Status)
		})
	}
}
