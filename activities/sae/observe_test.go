package sae

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// The strategies of the tests, as SAE wants them.
const (
	inOneBatch  = ""
	inTwoByHand = `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"}}`
	grayThenTwo = `{"type":"GrayBatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"},"grayUpdate":{"gray":1}}`
)

func (h *host) observe(t tester, id string, seen release.Observation) release.Observation {
	t.Helper()
	return must[release.Observation](t, h, release.VerbObserve, release.ObserveInput{App: h.app, ChangeID: id, Seen: seen})
}

func TestObserveFollowsAnOrderToItsEnd(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id := h.deploy(t, image2, inTwoByHand, 0)
	first := h.observe(t, id, release.Observation{})
	require.Equal(t, release.ChangePreparing, first.State)
	parked := first
	for parked.State != release.ChangeAwaitingConfirm {
		parked = h.observe(t, id, parked)
	}
	require.Equal(t, 1, parked.Batch)
	must[struct{}](t, h, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.app, ChangeID: id, Batch: 1})
	last := parked
	for !last.State.Ended() {
		last = h.observe(t, id, last)
	}
	require.Equal(t, release.ChangeSucceeded, last.State)
	require.Empty(t, last.ReplacedBy)
}

// TestAnOrderIsGoneOnceItWasMissedThreeTimes: one answer that lags is no proof.
func TestAnOrderIsGoneOnceItWasMissedThreeTimes(t *testing.T) {
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
				h.deaths[2] = deathBefore
			}
			require.Equal(t, tt.want, h.observe(t, id, release.Observation{}).State)
			require.Equal(t, tt.looks, h.sim.Calls().Operations[looks])
		})
	}
}

// TestMissesAreCountedOneAfterTheOther: a look that finds the order begins anew.
func TestMissesAreCountedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id := h.deploy(t, image2, inTwoByHand, time.Minute)
	parked := h.observe(t, id, release.Observation{})
	require.Equal(t, release.ChangeAwaitingConfirm, parked.State)
	// The parked order shows nothing new: misses, a sight of it, and misses again.
	h.misses = map[int]bool{0: true, 1: true, 3: true, 4: true, 6: true, 7: true, 8: true}
	h.calls = 0
	require.Equal(t, release.ChangeGone, h.observe(t, id, parked).State)
	require.Equal(t, 10, h.calls, "nine looks and the list of orders")
}

func TestAnUnknownOrderIsGone(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	seen := h.observe(t, "00000000-0000-0000-0000-000000000000", release.Observation{})
	require.Equal(t, release.Observation{State: release.ChangeGone}, seen)
}

func TestAnAnswerWithoutDataIsNotALook(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id := h.deploy(t, image2, inOneBatch, time.Minute)
	look, _ := saeclient.LookupOperation("DescribeChangeOrder")
	h.bare[look.Path] = 2
	require.Equal(t, release.ChangeSucceeded, h.observe(t, id, release.Observation{}).State)
}

func TestAnOrderIsReplaced(t *testing.T) {
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

// TestWhatReplacesAnOrder holds the cases that the simulator does not make.
func TestWhatReplacesAnOrder(t *testing.T) {
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

func TestConfirmBatch(t *testing.T) {
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
		h.freezeFrom = 1
		require.Equal(t, release.FaultFrozen, faultOfVerb(confirm(h, id, 1, false)))
		require.Zero(t, h.sim.Calls().Operations[call])
		require.NoError(t, confirm(h, id, 1, true))
		asked := h.asked
		require.NoError(t, confirm(h, id, 1, false), "what was confirmed before the freeze is not frozen")
		require.Equal(t, asked, h.asked)
	})
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, release.FaultNotFound, faultOfVerb(confirm(newHost(t), "nothing", 1, false)))
	})
}

func TestAbortRollout(t *testing.T) {
	t.Parallel()
	abort := func(h *host, id string) error {
		_, err := do[struct{}](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.app, ChangeID: id})
		return err
	}
	end := func(t *testing.T, h *host, id string) release.ChangeState {
		t.Helper()
		h.pass(t, time.Minute)
		return h.observe(t, id, release.Observation{}).State
	}
	t.Run("rolls back, frozen or not, answered or not", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.freezeFrom = 1
		id := h.deploy(t, image2, grayThenTwo, time.Minute)
		h.fault(t, saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "AbortAndRollbackChangeOrder"})
		require.NoError(t, abort(h, id))
		require.Equal(t, release.ChangeAborted, end(t, h, id))
		require.Zero(t, h.asked)
		v := must[release.Verification](t, h, release.VerbVerify, release.VerifyInput{App: h.app, Want: release.Artifact{Image: image1}})
		require.True(t, v.OnlyRuns(release.Artifact{Image: image1}))
	})
	t.Run("leaves alone what has ended", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		id := h.deploy(t, image2, inOneBatch, time.Minute)
		require.NoError(t, abort(h, id))
		require.Equal(t, release.ChangeSucceeded, end(t, h, id))
	})
	t.Run("only aborts what brings no version", func(t *testing.T) {
		t.Parallel()
		for _, operation := range []string{"restart", "rescale"} {
			h, snap := begunBefore(t)
			b := beginners()[operation]
			h.fault(t, saesim.Fault{Kind: saesim.FaultHang, Operation: b.operation})
			change, err := b.begin(h, snap, false)
			require.NoError(t, err)
			require.Equal(t, release.ChangeStuck, h.observe(t, change.ID, release.Observation{}).State)
			require.NoError(t, abort(h, change.ID))
			require.Equal(t, release.ChangeAborted, end(t, h, change.ID))
		}
	})
	t.Run("says so where nothing can be rolled back", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.fault(t, saesim.Fault{Kind: saesim.FaultNoRollback})
		id := h.deploy(t, image2, grayThenTwo, time.Minute)
		err := abort(h, id)
		require.Equal(t, release.FaultInvalid, faultOfVerb(err))
		require.ErrorContains(t, err, "cannot be rolled back")
	})
}
