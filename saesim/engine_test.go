package saesim

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEngine_SingleBatchRunsThrough(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	id := h.deploy(t, "2", single, "ChangeOrderDesc", "two")
	o := h.order(t, id)
	require.Equal(t, []any{statusReady, 0, 1, "CoDeploy", "two", true}, []any{o.Status, o.SubStatus, o.BatchCount, o.CoTypeCode, o.Description, o.Auto})
	require.Equal(t, "registry.test/shop:1", h.configImage(t), "before the order runs the configuration is the old one")

	h.step(t, prepare)
	require.Equal(t, statusRunning, h.order(t, id).Status)
	require.Equal(t, "registry.test/shop:2", h.configImage(t))
	require.Equal(t, "1:1 2:3!", h.images(t), "one instance stays up: a quarter of four")

	h.step(t, DefaultBatchDuration/2)
	require.Equal(t, "2:3 2:1!", h.images(t))
	h.step(t, DefaultBatchDuration/2)
	o = h.order(t, id)
	require.Equal(t, statusSuccess, o.Status)
	require.Equal(t, statusSuccess, o.Pipelines[0].Status)
	require.Equal(t, "2:4", h.images(t))
}

func TestEngine_MinReadyInstancesStayUp(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		parameters []string
		up         int
	}{
		"system value":  {nil, 2}, // ceil(25% of 5)
		"outage":        {[]string{"MinReadyInstances", "0"}, 0},
		"absolute":      {[]string{"MinReadyInstances", "3"}, 3},
		"system by -1":  {[]string{"MinReadyInstances", "-1"}, 2},
		"ratio wins":    {[]string{"MinReadyInstances", "1", "MinReadyInstanceRatio", "50"}, 3},
		"ratio is off":  {[]string{"MinReadyInstances", "1", "MinReadyInstanceRatio", "-1"}, 1},
		"ratio of all":  {[]string{"MinReadyInstanceRatio", "100"}, 4},
		"ratio of none": {[]string{"MinReadyInstanceRatio", "0"}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 5)
			id := h.deploy(t, "2", single, tt.parameters...)
			lowest := 5
			for range 200 {
				h.step(t, DefaultBatchDuration/100)
				lowest = min(lowest, int(h.must(t, "DescribeApplicationStatus")["RunningInstances"].(float64)))
			}
			require.Equal(t, tt.up, lowest)
			require.Equal(t, statusSuccess, h.order(t, id).Status)
		})
	}
}

func TestEngine_GrayReleaseWaitsForEachConfirmation(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	id := h.deploy(t, "2", gray1and2)
	o := h.order(t, id)
	require.Equal(t, []any{3, "manual", false, o.Pipelines[0].PipelineID}, []any{o.BatchCount, o.BatchType, o.Auto, o.CurrentPipelineID})

	for batch, images := range []string{"1:3 2:1", "1:2 2:2"} {
		h.settle(t)
		o = h.order(t, id)
		require.Equal(t, statusWaitConfirm, o.Status)
		require.Equal(t, o.Pipelines[batch].PipelineID, o.CurrentPipelineID)
		require.Equal(t, statusSuccess, o.Pipelines[batch].Status)
		require.Equal(t, statusWaitConfirm, o.Pipelines[batch+1].Status)
		require.Equal(t, images, h.images(t))

		p := h.must(t, "DescribePipeline", "PipelineId", o.CurrentPipelineID)
		require.Equal(t, o.Pipelines[batch+1].PipelineID, p["NextPipelineId"])
		require.Equal(t, true, p["ShowBatch"])

		require.Equal(t, codeCannotStartBatch, h.refused(t, "ConfirmPipelineBatch", "PipelineId", o.CurrentPipelineID, "Confirm", "true"),
			"the current pipeline is not the one to confirm")
		h.next(t, id)
		require.Equal(t, statusRunning, h.order(t, id).Status)
		require.Equal(t, codeCannotStartBatch, h.refused(t, "ConfirmPipelineBatch", "PipelineId", o.Pipelines[batch+1].PipelineID, "Confirm", "true"),
			"a batch is confirmed once")
	}
	h.settle(t)
	require.Equal(t, statusSuccess, h.order(t, id).Status)
	require.Equal(t, "2:4", h.images(t))
}

func TestEngine_AnOrderShowsTheStrategyItWasSentWith(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	first := h.versions(t)[0]
	for name, tt := range map[string]struct {
		strategy string
		begin    func(strategy string) string
		want     any
	}{
		"a gray deployment": {gray1and2, func(s string) string { return h.deploy(t, "2", s) }, gray1and2},
		"a rollback":        {batch2Man, func(s string) string { return h.begin(t, opRollback, "VersionId", first, paramUpdateStrategy, s) }, batch2Man},
		"in a single batch": {single, func(s string) string { return h.deploy(t, "3", s) }, nil},
		"brings no version": {single, func(string) string { return h.begin(t, opRestart) }, nil},
		"an empty strategy": {"{}", func(s string) string { return h.deploy(t, "4", s) }, nil},
	} {
		id := tt.begin(tt.strategy)
		require.Equal(t, tt.want, h.must(t, "DescribeChangeOrder", "ChangeOrderId", id)["ApplicationUpdateStrategy"], name)
		h.call(t, "AbortChangeOrder", "ChangeOrderId", id)
	}
}

func TestEngine_AutomaticReleaseWaitsByItself(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	id := h.deploy(t, "2", batch2Wait)
	h.step(t, prepare+DefaultBatchDuration)
	o := h.order(t, id)
	require.Equal(t, []any{statusWaitAuto, 1, true}, []any{o.Status, o.BatchWaitTime, o.Auto})
	require.Equal(t, statusWaitAuto, o.Pipelines[1].Status)
	require.Equal(t, codeCannotStartBatch, h.refused(t, "ConfirmPipelineBatch", "PipelineId", o.Pipelines[1].PipelineID, "Confirm", "true"))

	h.step(t, time.Minute-time.Nanosecond)
	require.Equal(t, statusWaitAuto, h.order(t, id).Status)
	h.step(t, time.Nanosecond)
	require.Equal(t, statusRunning, h.order(t, id).Status)
	h.step(t, DefaultBatchDuration)
	require.Equal(t, statusSuccess, h.order(t, id).Status)
}

func TestEngine_BatchWaitTimeOfARollbackIsBetweenBatches(t *testing.T) {
	t.Parallel()
	const auto = `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto"}}`
	h := deployed(t, 4)
	first := h.versions(t)[0]
	h.deploy(t, "2", single)
	h.settle(t)
	id := h.begin(t, opRollback, "VersionId", first, paramUpdateStrategy, auto, "BatchWaitTime", "5")
	h.step(t, prepare+DefaultBatchDuration)
	require.Equal(t, statusWaitAuto, h.order(t, id).Status)
	h.step(t, 5*time.Second)
	require.Equal(t, "1:2 1:2!", h.images(t))
}

func TestEngine_FailingBatch(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		strategy string
		kind     FaultKind
		batch    int
		status   int
		sub      int
		images   string
		config   string
	}{
		"a single batch stays as it failed":        {single, FaultBatchFails, 1, statusFailed, 0, "1:1 2:3!", "2"},
		"a system failure of a single batch":       {single, FaultSystemFails, 1, statusSystemFail, 0, "1:1 2:3!", "2"},
		"the first of two batches rolls back":      {batch2, FaultBatchFails, 1, statusFailed, 0, "1:4", "1"},
		"the second of two batches rolls back":     {batch2, FaultBatchFails, 2, statusFailed, 0, "1:4", "1"},
		"a system failure of a batch rolls back":   {batch2, FaultSystemFails, 2, statusSystemFail, 0, "1:4", "1"},
		"the gray batch rolls back":                {gray1and2, FaultBatchFails, 1, statusFailed, 0, "1:4", "1"},
		"a hanging gray batch waits for somebody":  {gray1and2, FaultHang, 1, statusRunning, 1, "1:3 2:1!", "2"},
		"a hanging single batch waits for one too": {single, FaultHang, 1, statusRunning, 1, "1:1 2:3!", "2"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			h.addRules(t)
			h.fault(t, Fault{Kind: tt.kind, Batch: tt.batch, AppID: h.app})
			id := h.deploy(t, "2", tt.strategy)
			h.settle(t)
			o := h.order(t, id)
			require.Equal(t, []any{tt.status, tt.sub}, []any{o.Status, o.SubStatus})
			require.Equal(t, tt.images, h.images(t))
			require.Equal(t, "registry.test/shop:"+tt.config, h.configImage(t))
			require.Equal(t, "-r0 -r1 -r2", h.rules(t), "rules stay off after a failure")
			require.NotEmpty(t, o.ErrorMessage)
			if tt.sub == 1 {
				require.Equal(t, "RUNNING_BUT_HAS_ERROR", h.must(t, "DescribeApplicationStatus")["SubStatus"])
				require.Equal(t, codeOrderRunning, h.refused(t, opDeploy, "ImageUrl", "registry.test/shop:3"))
			}
			p := h.must(t, "DescribePipeline", "PipelineId", o.Pipelines[tt.batch-1].PipelineID)
			task := p["StageList"].([]any)[0].(map[string]any)["TaskList"].([]any)[1].(map[string]any)
			require.Equal(t, float64(statusFailed), task["Status"])
			require.Equal(t, "EDAS-10022", task["ErrorCode"])
		})
	}
}

func TestEngine_RollbackOfAFailedReleaseTakesTime(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.fault(t, Fault{Kind: FaultBatchFails})
	id := h.deploy(t, "2", batch2)
	h.step(t, prepare+DefaultBatchDuration)
	require.Equal(t, statusRunning, h.order(t, id).Status, "while it rolls back the order runs")
	require.Equal(t, codeOrderRunning, h.refused(t, "AbortChangeOrder", "ChangeOrderId", id))
	require.Equal(t, codeOrderRunning, h.refused(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id))
	h.step(t, DefaultBatchDuration)
	require.Equal(t, statusFailed, h.order(t, id).Status)
}

func TestEngine_AbortAndRollback(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		strategy string
		fault    *Fault
		reach    func(t *testing.T, h *harness, id string)
	}{
		"parked after the gray batch": {gray1and2, nil, func(t *testing.T, h *harness, _ string) { t.Helper(); h.settle(t) }},
		"parked after a later batch": {gray1and2, nil, func(t *testing.T, h *harness, id string) {
			t.Helper()
			h.settle(t)
			h.next(t, id)
			h.settle(t)
		}},
		"in the middle of a batch": {batch2, nil, func(t *testing.T, h *harness, _ string) { t.Helper(); h.step(t, prepare+time.Second) }},
		"hanging":                  {gray1and2, &Fault{Kind: FaultHang}, func(t *testing.T, h *harness, _ string) { t.Helper(); h.settle(t) }},
		"a hanging single batch":   {single, &Fault{Kind: FaultHang}, func(t *testing.T, h *harness, _ string) { t.Helper(); h.settle(t) }},
		"not yet running":          {batch2, nil, func(*testing.T, *harness, string) {}},
		"waiting between two batches": {batch2Wait, nil, func(t *testing.T, h *harness, _ string) {
			t.Helper()
			h.step(t, prepare+DefaultBatchDuration)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			if tt.fault != nil {
				h.fault(t, *tt.fault)
			}
			id := h.deploy(t, "2", tt.strategy)
			tt.reach(t, h, id)
			g := h.call(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id)
			require.Equal(t, "success", g.body["ErrorCode"], "the sample's odd ErrorCode")
			require.Equal(t, id, g.data()["ChangeOrderId"])
			h.settle(t)
			require.Equal(t, statusAborted, h.order(t, id).Status)
			require.Equal(t, "1:4", h.images(t))
			require.Equal(t, "registry.test/shop:1", h.configImage(t))
			require.Len(t, h.sim.Orders(h.app), 2, "the rollback goes on under the order's ID")
			require.Equal(t, codeOrderNotRunning, h.refused(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id))
		})
	}
}

func TestEngine_AbortLeavesWhatRuns(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.addRules(t)
	id := h.deploy(t, "2", gray1and2)
	h.settle(t)
	h.must(t, "AbortChangeOrder", "ChangeOrderId", id)
	o := h.order(t, id)
	require.Equal(t, statusAborted, o.Status)
	require.Equal(t, []int{statusSuccess, statusAborted, statusAborted}, []int{o.Pipelines[0].Status, o.Pipelines[1].Status, o.Pipelines[2].Status})
	require.Equal(t, "1:3 2:1", h.images(t))
	require.Equal(t, "-r0 -r1 -r2", h.rules(t))
	require.Equal(t, codeOrderNotRunning, h.refused(t, "AbortChangeOrder", "ChangeOrderId", id))
}

func TestEngine_RefusedBatchEndsTheOrder(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	id := h.deploy(t, "2", gray1and2)
	h.settle(t)
	h.must(t, "ConfirmPipelineBatch", "PipelineId", h.order(t, id).Pipelines[1].PipelineID, "Confirm", "false")
	require.Equal(t, statusAborted, h.order(t, id).Status)
	require.Equal(t, "1:3 2:1", h.images(t))
}

func TestEngine_ThirdVersionNeverLivesBesideTwo(t *testing.T) {
	t.Parallel()
	mixed := func(t *testing.T) *harness {
		t.Helper()
		h := deployed(t, 4)
		id := h.deploy(t, "2", gray1and2)
		h.settle(t)
		h.must(t, "AbortChangeOrder", "ChangeOrderId", id)
		return h
	}
	t.Run("a gray release of a third is refused", func(t *testing.T) {
		t.Parallel()
		h := mixed(t)
		require.Equal(t, codeInvalidStatus, h.refused(t, opDeploy, "ImageUrl", "registry.test/shop:3", paramUpdateStrategy, gray1and2))
	})
	t.Run("a single batch takes the lesser version first", func(t *testing.T) {
		t.Parallel()
		h := mixed(t)
		h.deploy(t, "3", single, "MinReadyInstances", "3")
		h.step(t, prepare)
		require.Equal(t, "1:3 3:1!", h.images(t))
		h.settle(t)
		require.Equal(t, "3:4", h.images(t))
	})
	t.Run("its rollback ends in the greater version alone", func(t *testing.T) {
		t.Parallel()
		h := mixed(t)
		id := h.deploy(t, "3", single, "MinReadyInstances", "3")
		h.step(t, prepare)
		h.must(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id)
		h.settle(t)
		require.Equal(t, "1:4", h.images(t))
		require.Equal(t, "registry.test/shop:1", h.configImage(t))
	})
	t.Run("a rollback to one of the two changes only the others", func(t *testing.T) {
		t.Parallel()
		h := mixed(t)
		h.begin(t, opRollback, "VersionId", h.versions(t)[1])
		h.step(t, prepare)
		require.Equal(t, "1:3 1:1!", h.images(t))
		h.settle(t)
		require.Equal(t, "1:4", h.images(t))
	})
}

func TestEngine_Approval(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		approve bool
		status  int
		images  string
		rules   string
	}{
		"approved": {true, statusSuccess, "2:4", "+r0 -r1 +r2"},
		"rejected": {false, statusAborted, "1:4", "+r0 -r1 +r2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			h.addRules(t)
			h.fault(t, Fault{Kind: FaultApproval})
			data := h.must(t, opDeploy, "ImageUrl", "registry.test/shop:2")
			require.Equal(t, true, data["IsNeedApproval"])
			id := data["ChangeOrderId"].(string)
			h.settle(t)
			o := h.order(t, id)
			require.Equal(t, statusApproval, o.Status)
			require.NotEmpty(t, o.ApprovalID)
			require.Equal(t, "+r0 -r1 +r2", h.rules(t), "nothing happens before the approval")
			require.Equal(t, codeOrderRunning, h.refused(t, opDeploy, "ImageUrl", "registry.test/shop:3"))

			if tt.approve {
				require.NoError(t, h.sim.Approve(id))
				require.Equal(t, statusApproved, h.order(t, id).Status)
			} else {
				require.NoError(t, h.sim.Reject(id))
			}
			require.ErrorIs(t, h.sim.Approve(id), ErrNotWaiting)
			h.settle(t)
			require.Equal(t, tt.status, h.order(t, id).Status)
			require.Equal(t, tt.images, h.images(t))
			require.Equal(t, tt.rules, h.rules(t))
		})
	}
}

func TestEngine_OrdersRestoreExactlyTheRulesTheySwitchedOff(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ auto, after string }{
		"by default":            {"", "+r0 -r1 +r2"},
		"when asked to":         {"true", "+r0 -r1 +r2"},
		"not when asked not to": {"false", "-r0 -r1 -r2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, op := range []string{opDeploy, opRollback, opRestart, opRescale} {
				h := deployed(t, 4)
				h.addRules(t)
				parameters := []string{"AutoEnableApplicationScalingRule", tt.auto}
				switch op {
				case opDeploy:
					parameters = append(parameters, "ImageUrl", "registry.test/shop:2")
				case opRollback:
					parameters = append(parameters, "VersionId", h.versions(t)[0])
				case opRescale:
					parameters = append(parameters, "Replicas", "6")
				}
				h.begin(t, op, parameters...)
				require.Equal(t, "-r0 -r1 -r2", h.rules(t), op)
				require.Equal(t, codeOrderRunning, h.refused(t, "EnableApplicationScalingRule", "ScalingRuleName", "r1"))
				require.Equal(t, codeOrderRunning, h.refused(t, "DisableApplicationScalingRule", "ScalingRuleName", "r1"))
				h.settle(t)
				require.Equal(t, tt.after, h.rules(t), op)
			}
		})
	}
}

func TestEngine_LookingOftenChangesNothing(t *testing.T) {
	t.Parallel()
	run := func(steps int) string {
		h := deployed(t, 7)
		h.fault(t, Fault{Kind: FaultBatchFails, Batch: 2})
		h.deploy(t, "2", batch2Wait)
		const whole = 3 * time.Minute
		for range steps {
			h.step(t, whole/time.Duration(steps))
			h.images(t)
		}
		h.settle(t)
		h.sim.mu.Lock()
		defer h.sim.mu.Unlock()
		h.sim.look()
		h.sim.st.Calls, h.sim.st.Requests = nil, 0
		text, err := json.Marshal(h.sim.st)
		require.NoError(t, err)
		return string(text)
	}
	require.JSONEq(t, run(1), run(240))
}

func TestEngine_Rescale(t *testing.T) {
	t.Parallel()
	h := deployed(t, 3)
	out := h.begin(t, opRescale, "Replicas", "5")
	require.Equal(t, typeScaleOut, h.order(t, out).CoTypeCode)
	h.settle(t)
	require.Equal(t, "1:5", h.images(t))
	in := h.begin(t, opRescale, "Replicas", "2")
	require.Equal(t, typeScaleIn, h.order(t, in).CoTypeCode)
	h.settle(t)
	require.Equal(t, "1:2", h.images(t))
	require.InEpsilon(t, 2, h.must(t, "DescribeApplicationConfig")["Replicas"], 0)
}

func TestEngine_RestartReplacesInstancesOfTheSameVersion(t *testing.T) {
	t.Parallel()
	h := deployed(t, 3)
	before := h.instanceIDs()
	h.begin(t, opRestart)
	h.settle(t)
	require.Equal(t, "1:3", h.images(t))
	for _, id := range h.instanceIDs() {
		require.NotContains(t, before, id)
	}
}

func (h *harness) instanceIDs() []string {
	h.sim.mu.Lock()
	defer h.sim.mu.Unlock()
	h.sim.look()
	var ids []string
	for _, i := range h.sim.st.Apps[h.app].Instances {
		ids = append(ids, i.ID)
	}
	return ids
}
