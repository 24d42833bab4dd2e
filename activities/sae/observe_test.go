package sae

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform/platformtest"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// The strategies of the tests, as SAE wants them.
const (
	inOneBatch    = ""
	inTwoByHand   = `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"}}`
	inThreeByHand = `{"type":"BatchUpdate","batchUpdate":{"batch":3,"releaseType":"manual"}}`
	grayThenTwo   = `{"type":"GrayBatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"},"grayUpdate":{"gray":1}}`
)

func (h *host) observe(t tester, id string, seen release.Observation) release.Observation {
	t.Helper()
	return must[release.Observation](t, h, release.VerbObserve, release.ObserveInput{App: h.app, ChangeID: id, Seen: seen})
}

// An order that ends early ends the batches that it never began, too. They have not failed.
func TestObserve_BatchesThatNeverBegan(t *testing.T) {
	t.Parallel()
	states := func(o release.Observation) []release.BatchState {
		var all []release.BatchState
		for _, b := range o.Batches {
			all = append(all, b.State)
		}
		return all
	}
	for name, tt := range map[string]struct {
		fault saesim.FaultKind
		end   func(t *testing.T, h *host, id string)
		want  []release.BatchState
	}{
		"aborted between two batches": {"", func(t *testing.T, h *host, id string) {
			t.Helper()
			_, err := h.client.AbortChangeOrder(t.Context(), &saeclient.AbortChangeOrderInput{ChangeOrderID: id})
			require.NoError(t, err)
		}, []release.BatchState{release.BatchDone, release.BatchPending, release.BatchPending}},
		"rolled back between two batches": {"", func(t *testing.T, h *host, id string) {
			t.Helper()
			_, err := h.client.AbortAndRollbackChangeOrder(t.Context(), &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: id})
			require.NoError(t, err)
			h.pass(t, time.Minute)
		}, []release.BatchState{release.BatchDone, release.BatchPending, release.BatchPending}},
		"the first one failed": {saesim.FaultBatchFails, nil, []release.BatchState{release.BatchFailed, release.BatchPending, release.BatchPending}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			if tt.fault != "" {
				h.fault(t, saesim.Fault{Kind: tt.fault})
			}
			id := h.deploy(t, image2, inThreeByHand, time.Minute)
			if tt.end != nil {
				tt.end(t, h, id)
			}
			seen := h.observe(t, id, release.Observation{State: release.ChangeRunning, Batch: 1})
			require.True(t, seen.State.Ended(), seen.State)
			require.Equal(t, tt.want, states(seen))
			require.Zero(t, seen.Batches[2].EndedAt)
		})
	}
}

// What SAE says of the batch that has failed is seen with its end, and of one that succeeded nothing is asked.
func TestObserve_TellsTheStagesOfWhatHasFailed(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.fault(t, saesim.Fault{Kind: saesim.FaultBatchFails})
	id := h.deploy(t, image2, inTwoByHand, time.Minute)
	stages := h.observe(t, id, release.Observation{State: release.ChangeRunning, Batch: 1}).Stages
	require.Len(t, stages, 2)
	require.Equal(t, []release.BatchState{release.BatchDone, release.BatchFailed}, []release.BatchState{stages[0].State, stages[1].State})
	require.Equal(t, 1, stages[1].Batch)
	require.Regexp(t, "^.+: Update instances$", stages[1].Name)
	require.Regexp(t, "^EDAS-10022 .+", stages[1].Message)

	h.sim.ResetCalls()
	id = h.deploy(t, image2, inOneBatch, time.Minute)
	require.Empty(t, h.observe(t, id, release.Observation{State: release.ChangeRunning, Batch: 1}).Stages)
	require.Zero(t, h.sim.Calls().Operations["DescribePipeline"])
}

// A change that takes long is asked for its stages in the looks that have become rare, and the last of these has them.
func TestObserve_TellsTheStagesOfWhatTakesLong(t *testing.T) {
	t.Parallel()
	h := newHostAt(t, running1(), 5*time.Minute)
	id := h.deploy(t, image2, inOneBatch, time.Minute+15*time.Second) // it prepares for a quarter of that
	h.sim.ResetCalls()
	require.Empty(t, h.observe(t, id, release.Observation{State: release.ChangeRunning, Batch: 1}).Stages, "it has succeeded")
	calls := h.sim.Calls().Operations
	require.InDelta(t, 52, calls["DescribeChangeOrder"], 3)
	require.InDelta(t, 22, calls["DescribePipeline"], 3)

	require.False(t, worthStages(release.ChangeRunning, 1))
	require.True(t, worthStages(release.ChangeRunning, 60))
	require.False(t, worthStages(release.ChangeAwaitingConfirm, 60))
	require.True(t, worthStages(release.ChangeStuck, 1))
}

// A look that cannot have the stages is one nevertheless.
func TestObserve_GoesOnWithoutStages(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.fault(t, saesim.Fault{Kind: saesim.FaultBatchFails})
	h.fault(t, saesim.Fault{Operation: "DescribePipeline", Kind: saesim.FaultError, Code: "InternalError", Status: 500, Count: -1})
	id := h.deploy(t, image2, inOneBatch, time.Minute)
	seen := h.observe(t, id, release.Observation{State: release.ChangeRunning, Batch: 1})
	require.True(t, seen.State.Broken(), seen.State)
	require.Empty(t, seen.Stages)
}

func TestTaskMessage(t *testing.T) {
	t.Parallel()
	for want, task := range map[string]saeclient.DescribePipelineDataStageListTaskList{
		"":                                {},
		"3 instances":                     {Message: "3 instances"},
		"EDAS-10022 the port is not open": {ErrorCode: "EDAS-10022", ErrorMessage: "<p>the port is <b>not</b> open</p>", Message: "3 instances"},
		"EDAS-10022":                      {ErrorCode: "EDAS-10022"},
		"EDAS-10022 it is not ready":      {ErrorCode: "EDAS-10022", ErrorMessage: "EDAS-10022 it is not ready"},
	} {
		require.Equal(t, want, taskMessage(task))
	}
	require.NotContains(t, taskMessage(saeclient.DescribePipelineDataStageListTaskList{ErrorMessage: "login with password=hunter2 refused"}), "hunter2")
}

// TestObserve_AnOrderIsGoneOnceItWasMissedThreeTimes: one answer that lags is no proof.
func TestObserve_AnOrderIsGoneOnceItWasMissedThreeTimes(t *testing.T) {
	t.Parallel()
	const looks = "DescribeChangeOrder"
	missed := saesim.Fault{Operation: looks, Kind: saesim.FaultError, Code: saeclient.CodeChangeOrderNotFound}
	tests := map[string]struct {
		faults []saesim.Fault
		want   release.ChangeState
		looks  int
	}{
		"two misses":            {[]saesim.Fault{missed, missed}, release.ChangeSucceeded, 3},
		"three misses":          {[]saesim.Fault{missed, missed, missed}, release.ChangeGone, 3},
		"no answer in between":  {[]saesim.Fault{missed, missed, {Operation: looks, Kind: saesim.FaultDropAfter}, missed}, release.ChangeGone, 4},
		"a dead worker between": {[]saesim.Fault{missed, missed, missed}, release.ChangeGone, 3},
	}
	seen := release.Observation{State: release.ChangePreparing, Batch: 1}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			id := h.deploy(t, image2, inOneBatch, time.Minute)
			h.sim.ResetCalls()
			for _, f := range tt.faults {
				h.fault(t, f)
			}
			if name == "a dead worker between" {
				h.Losing[2] = platformtest.DeathBefore
			}
			require.Equal(t, tt.want, h.observe(t, id, seen).State)
			require.Equal(t, tt.looks, h.sim.Calls().Operations[looks])
		})
	}
}

// TestObserve_AFreshOrderMayShowUpLate: an order that nobody has seen yet is still coming
// where one that was seen would be gone, and is waited for half a minute.
func TestObserve_AFreshOrderMayShowUpLate(t *testing.T) {
	t.Parallel()
	const patience = 30 * time.Second
	tests := map[string]struct {
		late time.Duration
		want release.ChangeState
	}{
		"within the patience": {patience - 5*time.Second, release.ChangeSucceeded},
		"never":               {time.Hour, release.ChangeGone},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.fault(t, saesim.Fault{Kind: saesim.FaultLate, Operation: "DeployApplication", Delay: tt.late})
			id := must[release.Change](t, h, release.VerbBeginRollout, release.BeginRolloutInput{
				App: h.app, Artifact: release.Artifact{Image: image2}, Token: rolloutToken,
			}).ID
			require.Equal(t, tt.want, h.observe(t, id, release.Observation{}).State)
		})
	}
}

// TestObserve_MissesAreCountedOneAfterTheOther: a look that finds the order begins anew.
func TestObserve_MissesAreCountedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id := h.deploy(t, image2, inTwoByHand, time.Minute)
	parked := h.observe(t, id, release.Observation{})
	require.Equal(t, release.ChangeAwaitingConfirm, parked.State)
	// The parked order shows nothing new: misses, a sight of it, and misses again.
	h.answers, h.Calls = map[int]answer{}, 0
	for _, call := range []int{0, 1, 3, 4, 6, 7, 8} {
		h.answers[call] = unknownOrder()
	}
	require.Equal(t, release.ChangeGone, h.observe(t, id, parked).State)
	require.Equal(t, 10, h.Calls, "nine looks and the list of orders")
}

// shown is what the platform shows of a change order now.
func (h *host) shown(t tester, id string) answer {
	t.Helper()
	text, err := h.client.Call(t.Context(), "DescribeChangeOrder", map[string]string{"ChangeOrderId": id})
	require.NoError(t, err)
	return answer{http.StatusOK, string(text)}
}

// TestObserve_AnOrderThatFallsBackIsLookedAtAgain: a read that lags shows an earlier batch. One that
// goes on to do so is told of as it is.
func TestObserve_AnOrderThatFallsBackIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// lag are the looks that show the first batch, and miss those that find nothing.
		lag, miss []int
		batch     int
		state     release.ChangeState
		looks     int
	}{
		"once":                     {[]int{0}, nil, 2, release.ChangeAwaitingConfirm, 2},
		"twice":                    {[]int{0, 1}, nil, 2, release.ChangeAwaitingConfirm, 3},
		"for good":                 {[]int{0, 1, 2}, nil, 1, release.ChangeAwaitingConfirm, 3},
		"and is missed in between": {[]int{0, 2, 3}, []int{1}, 1, release.ChangeAwaitingConfirm, 4},
		"and is gone":              {[]int{0, 1}, []int{2, 3, 4}, 0, release.ChangeGone, 5},
		"and is missed, not gone":  {[]int{0}, []int{1, 2}, 2, release.ChangeAwaitingConfirm, 4},
		"and is missed around it":  {[]int{2}, []int{0, 1, 3, 4}, 2, release.ChangeAwaitingConfirm, 6},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			id := h.deploy(t, image2, grayThenTwo, time.Minute)
			before := h.shown(t, id)
			must[struct{}](t, h, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.app, ChangeID: id, Batch: 1})
			h.Calls, h.answers = 0, map[int]answer{}
			for _, look := range tt.lag {
				h.answers[look] = before
			}
			for _, look := range tt.miss {
				h.answers[look] = unknownOrder()
			}
			began := h.sim.Now()
			seen, err := try[release.Observation](h, release.VerbObserve, release.ObserveInput{
				App: h.app, ChangeID: id, Seen: release.Observation{State: release.ChangeRunning, Batch: 2},
			})
			require.NoError(t, err)
			require.Equal(t, tt.state, seen.State)
			require.Equal(t, tt.batch, seen.Batch)
			looks := h.Calls
			if seen.State.Ended() {
				looks-- // the list of orders
			}
			require.Equal(t, tt.looks, looks)
			require.Equal(t, time.Duration(tt.looks-1)*missDelay, h.sim.Now().Sub(began))
		})
	}
}

// TestObserve_AnOrderThatHasEndedDoesNotFallBack: nothing is to be waited for then.
func TestObserve_AnOrderThatHasEndedDoesNotFallBack(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id := h.deploy(t, image2, grayThenTwo, time.Minute)
	_, err := h.client.AbortAndRollbackChangeOrder(t.Context(), &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: id})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	h.Calls = 0
	seen := h.observe(t, id, release.Observation{State: release.ChangeRunning, Batch: 2})
	require.Equal(t, release.ChangeAborted, seen.State)
	require.Equal(t, 2, h.Calls, "a look and the list of orders")
}

func TestObserve_AnUnknownOrderIsGone(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	seen := h.observe(t, "00000000-0000-0000-0000-000000000000", release.Observation{})
	require.Equal(t, release.Observation{State: release.ChangeGone}, seen)
}

func TestObserve_AnAnswerWithoutDataIsNotALook(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id := h.deploy(t, image2, inOneBatch, time.Minute)
	h.bare["DescribeChangeOrder"] = 2
	require.Equal(t, release.ChangeSucceeded, h.observe(t, id, release.Observation{}).State)
}

func TestObserve_AnOrderIsReplaced(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// then is what happens once the order waits after its first batch.
		then func(tester, *host, string) string
		want release.ChangeState
	}{
		"by nothing": {func(t tester, h *host, id string) string {
			must[struct{}](t, h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.app, ChangeID: id})
			return ""
		}, release.ChangeAborted},
		"by a deployment under way": {func(t tester, h *host, id string) string {
			other, err := h.sim.ReplaceOrder(id, saesim.ConsoleRelease{Image: image3})
			require.NoError(t, err)
			return other
		}, release.ChangeAborted},
		"by a deployment that has ended": {func(t tester, h *host, id string) string {
			other, err := h.sim.ReplaceOrder(id, saesim.ConsoleRelease{Image: image3})
			require.NoError(t, err)
			h.pass(t, time.Minute)
			return other
		}, release.ChangeAborted},
		"by a rollback": {func(t tester, h *host, id string) string {
			versions, err := h.client.ListAppVersions(t.Context(), &saeclient.ListAppVersionsInput{AppID: &h.app.ID})
			require.NoError(t, err)
			other, err := h.sim.ReplaceOrder(id, saesim.ConsoleRelease{VersionID: newestVersions(versions.Data)[1].ID})
			require.NoError(t, err)
			return other
		}, release.ChangeAborted},
		"by the newest of two": {func(t tester, h *host, id string) string {
			_, err := h.sim.ReplaceOrder(id, saesim.ConsoleRelease{Image: image3})
			require.NoError(t, err)
			h.pass(t, time.Minute)
			return h.deploy(t, image1, inOneBatch, time.Minute)
		}, release.ChangeAborted},
		"not by a rescale": {func(t tester, h *host, id string) string {
			must[struct{}](t, h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.app, ChangeID: id})
			_, err := h.client.RescaleApplication(t.Context(), &saeclient.RescaleApplicationInput{AppID: h.app.ID, Replicas: 5})
			require.NoError(t, err)
			h.pass(t, time.Minute)
			return ""
		}, release.ChangeAborted},
		"by a rescale under way": {func(t tester, h *host, id string) string {
			must[struct{}](t, h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.app, ChangeID: id})
			out, err := h.client.RescaleApplication(t.Context(), &saeclient.RescaleApplicationInput{AppID: h.app.ID, Replicas: 5})
			require.NoError(t, err)
			return out.Data.ChangeOrderID
		}, release.ChangeAborted},
		"once its record is gone": {func(t tester, h *host, id string) string {
			require.NoError(t, h.sim.ExpireOrder(id))
			return h.deploy(t, image3, inOneBatch, time.Minute)
		}, release.ChangeGone},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			id := h.deploy(t, image2, inTwoByHand, time.Minute)
			parked := h.observe(t, id, release.Observation{})
			require.Equal(t, release.ChangeAwaitingConfirm, parked.State)
			require.Empty(t, parked.ReplacedBy)
			replacedBy := tt.then(t, h, id)
			seen := h.observe(t, id, parked)
			require.Equal(t, tt.want, seen.State)
			require.Equal(t, replacedBy, seen.ReplacedBy)
		})
	}
}

// TestObserve_WhatReplacesAnOrder holds the cases that the simulator does not make.
func TestObserve_WhatReplacesAnOrder(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	made := func(id, coType string, seconds, status int) order {
		return order{ChangeOrderID: id, CoTypeCode: coType, Status: status, CreateTime: begun.Add(time.Duration(seconds) * time.Second)}
	}
	const done, running = saeclient.ChangeOrderSuccess, saeclient.ChangeOrderRunning
	mine := made("mine", saeclient.CoTypeDeploy, 0, saeclient.ChangeOrderAbort)
	tests := map[string]struct {
		orders []order
		want   string
	}{
		"its own way back":                 {[]order{made("back", saeclient.CoTypeRollback, 5, done), mine}, ""},
		"its own way back, under way":      {[]order{made("back", saeclient.CoTypeRollback, 5, running), mine}, ""},
		"the way back of another":          {[]order{made("back", saeclient.CoTypeRollback, 9, running), made("next", saeclient.CoTypeDeploy, 5, done), mine}, "back"},
		"another after its own way back":   {[]order{made("next", saeclient.CoTypeDeploy, 9, done), made("back", saeclient.CoTypeRollback, 5, done), mine}, "next"},
		"an earlier one":                   {[]order{mine, made("old", saeclient.CoTypeDeploy, -5, done)}, ""},
		"an earlier one of its second":     {[]order{mine, made("old", saeclient.CoTypeDeploy, 0, done)}, ""},
		"a later one of its second":        {[]order{made("next", saeclient.CoTypeDeploy, 0, done), mine}, "next"},
		"a restart":                        {[]order{made("next", saeclient.CoTypeRestartApplication, 5, done), mine}, ""},
		"a restart under way":              {[]order{made("next", saeclient.CoTypeRestartApplication, 5, running), mine}, "next"},
		"the oldest first":                 {[]order{mine, made("next", saeclient.CoTypeDeploy, 5, done), made("last", saeclient.CoTypeDeployHistroy, 9, done)}, "last"},
		"nothing else":                     {[]order{mine}, ""},
		"a scaling after a deployment":     {[]order{made("out", saeclient.CoTypeScaleOut, 9, done), made("next", saeclient.CoTypeDeploy, 5, done), mine}, "next"},
		"an order without a time, ended":   {[]order{{ChangeOrderID: "odd", CoTypeCode: saeclient.CoTypeDeploy, Status: done}, mine}, ""},
		"an order without a time, at work": {[]order{{ChangeOrderID: "odd", CoTypeCode: saeclient.CoTypeDeploy, Status: running}, mine}, "odd"},
	}
	for name, tt := range tests {
		require.Equal(t, tt.want, replacement(tt.orders, "mine", mine.CreateTime), name)
	}
}

func TestObserve_ConfirmBatch(t *testing.T) {
	t.Parallel()
	confirm := func(h *host, id string, batch int, override bool) error {
		_, err := do[struct{}](h, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.app, ChangeID: id, Batch: batch, Override: override})
		return err
	}
	const call = "ConfirmPipelineBatch"
	for _, kind := range []saesim.FaultKind{"", saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultTruncate, saesim.FaultErrorAfter} {
		t.Run("once "+string(kind), func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			id := h.deploy(t, image2, grayThenTwo, time.Minute)
			if kind != "" {
				h.fault(t, saesim.Fault{Kind: kind, Operation: call})
			}
			require.NoError(t, confirm(h, id, 1, false))
			require.Equal(t, 2, h.observe(t, id, release.Observation{}).Batch, "the next batch, and not the one after it")
			calls := h.sim.Calls().Operations[call]
			require.NoError(t, confirm(h, id, 1, false), "again is nothing new")
			require.Equal(t, calls, h.sim.Calls().Operations[call])
		})
	}
	t.Run("frozen", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		id := h.deploy(t, image2, grayThenTwo, time.Minute)
		h.FreezeFrom = 1
		require.Equal(t, release.FaultFrozen, platformtest.FaultOf(confirm(h, id, 1, false)))
		require.Zero(t, h.sim.Calls().Operations[call])
		require.NoError(t, confirm(h, id, 1, true))
		asked := h.Asked
		require.NoError(t, confirm(h, id, 1, false), "what was confirmed before the freeze is not frozen")
		require.Equal(t, asked, h.Asked)
	})
	t.Run("cancelled while the guard is asked", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		id := h.deploy(t, image2, grayThenTwo, time.Minute)
		h.cancelOn = atGuard
		require.Error(t, confirm(h, id, 1, false))
		require.Equal(t, context.Canceled, h.Cancelled)
		require.Zero(t, h.sim.Calls().Operations[call])
	})
	t.Run("cancelled on the wire", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		id := h.deploy(t, image2, grayThenTwo, time.Minute)
		h.cancelOn = call
		require.NoError(t, confirm(h, id, 1, false), "what was sent is read back")
		require.Equal(t, 2, h.observe(t, id, release.Observation{}).Batch)
	})
	t.Run("before the look has caught up", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		id := h.deploy(t, image2, grayThenTwo, time.Minute)
		before := h.shown(t, id)
		require.NoError(t, confirm(h, id, 1, false))
		h.pass(t, time.Minute)
		h.Calls, h.answers = 0, map[int]answer{0: before, 1: before}
		require.NoError(t, confirm(h, id, 2, false))
		require.Equal(t, 3, h.observe(t, id, release.Observation{}).Batch, "batch 2 was confirmed, although it did not show at first")
	})
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, release.FaultNotFound, platformtest.FaultOf(confirm(newHost(t), "nothing", 1, false)))
	})
}

func TestObserve_AbortRollout(t *testing.T) {
	t.Parallel()
	const call = "AbortAndRollbackChangeOrder"
	abort := func(h *host, id string) (release.AbortRolloutResult, error) {
		return do[release.AbortRolloutResult](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.app, ChangeID: id})
	}
	end := func(t *testing.T, h *host, id string) release.ChangeState {
		t.Helper()
		h.pass(t, time.Minute)
		return h.observe(t, id, release.Observation{}).State
	}
	for _, kind := range []saesim.FaultKind{"", saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultErrorAfter} {
		t.Run("rolls back, frozen or not, answered or not "+string(kind), func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.FreezeFrom = 1
			id := h.deploy(t, image2, grayThenTwo, time.Minute)
			if kind != "" {
				h.fault(t, saesim.Fault{Kind: kind, Operation: call})
			}
			out, err := abort(h, id)
			require.NoError(t, err)
			require.False(t, out.Ended)
			require.Equal(t, release.ChangeAborted, end(t, h, id))
			require.Zero(t, h.Asked)
			v := must[release.Verification](t, h, release.VerbVerify, release.VerifyInput{App: h.app, Want: of(image1)})
			require.True(t, v.OnlyRuns(of(image1)))
		})
	}
	t.Run("leaves alone what has ended, and says so", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		id := h.deploy(t, image2, inOneBatch, time.Minute)
		out, err := abort(h, id)
		require.NoError(t, err)
		require.True(t, out.Ended)
		require.Equal(t, release.ChangeSucceeded, end(t, h, id))
		require.Zero(t, h.sim.Calls().Operations[call])
	})
	t.Run("says so when it ends meanwhile", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		id := h.deploy(t, image2, inOneBatch, 0)
		running := h.shown(t, id)
		h.pass(t, time.Minute)
		h.Calls, h.answers = 0, map[int]answer{0: running}
		out, err := abort(h, id)
		require.NoError(t, err)
		require.True(t, out.Ended)
		require.Equal(t, 1, h.sim.Calls().Operations[call])
	})
	t.Run("is refused for now while SAE stops the order", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		id := h.deploy(t, image2, grayThenTwo, time.Minute)
		_, err := h.client.AbortAndRollbackChangeOrder(t.Context(), &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: id})
		require.NoError(t, err)
		_, err = try[release.AbortRolloutResult](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.app, ChangeID: id}, release.FaultNotNow)
		require.Equal(t, release.FaultNotNow, platformtest.FaultOf(err))
		require.ErrorContains(t, err, "change order "+id+" cannot be aborted now")
	})
	t.Run("only aborts what brings no version", func(t *testing.T) {
		t.Parallel()
		for _, operation := range []string{"restart", "rescale"} {
			h, snap := begunBefore(t)
			b := beginners()[operation]
			h.fault(t, saesim.Fault{Kind: saesim.FaultHang, Operation: b.operation})
			change, err := b.begin(h, snap)
			require.NoError(t, err)
			h.pass(t, time.Minute)
			require.Equal(t, release.ChangeStuck, h.observe(t, change.ID, release.Observation{}).State)
			_, err = abort(h, change.ID)
			require.NoError(t, err)
			require.Equal(t, release.ChangeAborted, end(t, h, change.ID))
		}
	})
	t.Run("says so where nothing can be rolled back", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.fault(t, saesim.Fault{Kind: saesim.FaultNoRollback})
		id := h.deploy(t, image2, grayThenTwo, time.Minute)
		_, err := abort(h, id)
		require.Equal(t, release.FaultInvalid, platformtest.FaultOf(err))
		require.ErrorContains(t, err, "cannot be rolled back")
	})
	t.Run("cancelled on the wire", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		id := h.deploy(t, image2, grayThenTwo, time.Minute)
		h.cancelOn = call
		_, err := abort(h, id)
		require.NoError(t, err)
		require.Equal(t, release.ChangeAborted, end(t, h, id))
	})
	t.Run("cancelled before", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		id := h.deploy(t, image2, grayThenTwo, time.Minute)
		h.edits["DescribeChangeOrder"] = func(text string) string { h.Cancel(); return text }
		_, err := abort(h, id)
		require.Error(t, err)
		require.Equal(t, context.Canceled, h.Cancelled)
		require.Zero(t, h.sim.Calls().Operations[call])
	})
}
