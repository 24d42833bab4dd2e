package sae

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// A beginner is one of the verbs that begin a change order.
type beginner struct {
	operation string
	types     []string
	begin     func(*host, release.Snapshot, bool) (release.Change, error)
}

func beginners() map[string]beginner {
	return map[string]beginner{
		"deploy": {"DeployApplication", []string{saeclient.CoTypeDeploy}, func(h *host, s release.Snapshot, override bool) (release.Change, error) {
			return do[release.Change](h, release.VerbBeginRollout, release.BeginRolloutInput{
				App: h.app, Artifact: release.Artifact{Image: image3}, Token: "slipway:r-test:rollout", Watermark: s.Watermark, Override: override,
			})
		}},
		"rollback": {"RollbackApplication", []string{saeclient.CoTypeDeployHistroy}, func(h *host, s release.Snapshot, override bool) (release.Change, error) {
			return do[release.Change](h, release.VerbBeginRollback, release.BeginRollbackInput{
				App: h.app, Version: *s.Wanted, Watermark: s.Watermark, Override: override,
			})
		}},
		"restart": {"RestartApplication", []string{saeclient.CoTypeRestartApplication}, func(h *host, s release.Snapshot, override bool) (release.Change, error) {
			return do[release.Change](h, release.VerbBeginRestart, release.BeginRestartInput{App: h.app, Watermark: s.Watermark, Override: override})
		}},
		"rescale": {"RescaleApplication", []string{saeclient.CoTypeScaleOut, saeclient.CoTypeScaleIn}, func(h *host, s release.Snapshot, override bool) (release.Change, error) {
			return do[release.Change](h, release.VerbBeginRescale, release.BeginRescaleInput{
				App: h.app, Instances: 6, Watermark: s.Watermark, Override: override,
			})
		}},
	}
}

// begunBefore makes an application that has had one order of every kind: with image2
// running and image1 to go back to.
func begunBefore(t tester) (*host, release.Snapshot) {
	t.Helper()
	h := newHost(t)
	h.deploy(t, image2, "", time.Minute)
	h.deploy(t, image1, "", time.Minute)
	versions, err := h.client.ListAppVersions(t.Context(), &saeclient.ListAppVersionsInput{AppID: &h.app.ID})
	require.NoError(t, err)
	second := newestVersions(versions.Data)[1].ID
	_, err = h.sim.BeginConsoleOrder(h.app.ID, saesim.ConsoleRelease{VersionID: second})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	_, err = h.client.RestartApplication(t.Context(), &saeclient.RestartApplicationInput{AppID: h.app.ID})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	for _, n := range []int{5, 4} {
		_, err = h.client.RescaleApplication(t.Context(), &saeclient.RescaleApplicationInput{AppID: h.app.ID, Replicas: n})
		require.NoError(t, err)
		h.pass(t, time.Minute)
	}
	snap := must[release.Snapshot](t, h, release.VerbSnapshot, release.SnapshotInput{App: h.app, Rollback: &release.RollbackQuestion{}})
	h.calls = 0
	h.sim.ResetCalls()
	return h, snap
}

// begun are the orders of some types that are newer than a snapshot.
func (h *host) begun(s release.Snapshot, types []string) []string {
	var ids []string
	for _, o := range h.sim.Orders(h.app.ID) {
		if slices.Contains(types, o.Type) && o.CreatedAt.After(s.Watermark.At) && !slices.Contains(s.Watermark.Known, o.ID) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// someFaults arranges lost answers, refusals, worker deaths, and calls that get no answer
// and reach the platform later.
func someFaults(t *rapid.T, h *host, operation string) {
	kinds := []saesim.FaultKind{
		saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultTruncate, saesim.FaultError, saesim.FaultErrorAfter,
	}
	refusals := []saesim.Fault{
		{Status: http.StatusInternalServerError},
		{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable"},
		{Status: http.StatusTooManyRequests, Code: "Throttling.User"},
		{Code: saeclient.CodeSystemUpgrading},
		{Status: http.StatusBadGateway, Code: "Bad"},
	}
	for range rapid.IntRange(0, 5).Draw(t, "faults") {
		f := refusals[rapid.IntRange(0, len(refusals)-1).Draw(t, "refusal")]
		f.Kind = rapid.SampledFrom(kinds).Draw(t, "kind")
		f.Operation = rapid.SampledFrom([]string{operation, operation, "ListChangeOrders", ""}).Draw(t, "operation")
		f.Count = rapid.IntRange(1, 2).Draw(t, "count")
		h.fault(t, f)
	}
	for range rapid.IntRange(0, 3).Draw(t, "deaths") {
		at := rapid.IntRange(0, 7).Draw(t, "call")
		h.deaths[at] = rapid.SampledFrom([]death{deathBefore, deathAfter}).Draw(t, "death")
	}
	for range rapid.IntRange(0, 3).Draw(t, "late calls") {
		at := rapid.IntRange(0, 7).Draw(t, "call")
		h.late[at] = time.Duration(rapid.Int64Range(1, int64(DefaultSettle)-1).Draw(t, "late"))
	}
}

// TestExactlyOneChangeOrder is the rule of the whole package: whatever becomes of answers
// and workers, a step begins one change order, and the verb finds it.
func TestExactlyOneChangeOrder(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				h, snap := begunBefore(t)
				someFaults(t, h, b.operation)
				change, err := b.begin(h, snap, false)
				begun := h.begun(snap, b.types)
				require.LessOrEqual(t, len(begun), 1, "one step, one change order")
				if err != nil {
					require.Equal(t, release.FaultUndecidable, faultOfVerb(err), err)
					return
				}
				require.Equal(t, []string{change.ID}, begun)
			})
		})
	}
}

// TestALostAnswerIsFound walks through every single way to lose an answer.
func TestALostAnswerIsFound(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		for _, kind := range []saesim.FaultKind{saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultTruncate, saesim.FaultErrorAfter} {
			t.Run(fmt.Sprint(name, " ", kind), func(t *testing.T) {
				t.Parallel()
				h, snap := begunBefore(t)
				h.fault(t, saesim.Fault{Kind: kind, Operation: b.operation})
				before := h.sim.Now()
				change, err := b.begin(h, snap, false)
				require.NoError(t, err)
				require.Equal(t, []string{change.ID}, h.begun(snap, b.types))
				require.Equal(t, kind != saesim.FaultDropBefore, change.Adopted)
				require.GreaterOrEqual(t, h.sim.Now().Sub(before), DefaultSettle, "a lost call may still be at work")
			})
		}
	}
}

// TestAnAnswerWithoutDataIsALostAnswer: neither does it name an order, nor does it say
// that there is none.
func TestAnAnswerWithoutDataIsALostAnswer(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, snap := begunBefore(t)
			operation, _ := saeclient.LookupOperation(b.operation)
			list, _ := saeclient.LookupOperation("ListChangeOrders")
			h.bare = map[string]int{operation.Path: 1, list.Path: 2}
			change, err := b.begin(h, snap, false)
			require.NoError(t, err)
			require.True(t, change.Adopted)
			require.Equal(t, []string{change.ID}, h.begun(snap, b.types))
			require.Equal(t, 3, h.sim.Calls().Operations["ListChangeOrders"])
		})
	}
}

func TestTwoCandidatesCannotBeToldApart(t *testing.T) {
	t.Parallel()
	h, snap := begunBefore(t)
	_, err := h.sim.BeginConsoleOrder(h.app.ID, saesim.ConsoleRelease{VersionID: snap.Wanted.ID})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	h.fault(t, saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "RollbackApplication"})
	_, err = beginners()["rollback"].begin(h, snap, false)
	require.Equal(t, release.FaultUndecidable, faultOfVerb(err))
	require.Len(t, h.begun(snap, []string{saeclient.CoTypeDeployHistroy}), 2, "the person's and the one that is not known; no third")
}

func TestAForeignOrderIsWaitedForAndNotAdopted(t *testing.T) {
	t.Parallel()
	h, snap := begunBefore(t)
	foreign := h.deploy(t, image2, "", 0)
	change, err := beginners()["deploy"].begin(h, snap, false)
	require.NoError(t, err)
	require.NotEqual(t, foreign, change.ID)
	require.False(t, change.Adopted)
}

func TestAFreezeHoldsWhatWouldBegin(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, snap := begunBefore(t)
			h.freezeFrom = 1
			_, err := b.begin(h, snap, false)
			require.Equal(t, release.FaultFrozen, faultOfVerb(err))
			require.Empty(t, h.begun(snap, b.types))
			require.Zero(t, h.sim.Calls().Operations[b.operation], "the call was not made")

			change, err := b.begin(h, snap, true)
			require.NoError(t, err)
			require.Equal(t, []string{change.ID}, h.begun(snap, b.types))
		})
	}
}

func TestAFreezeDoesNotHideWhatWasBegun(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, snap := begunBefore(t)
			h.fault(t, saesim.Fault{Kind: saesim.FaultDropAfter, Operation: b.operation})
			h.freezeFrom = 2
			change, err := b.begin(h, snap, false)
			require.NoError(t, err)
			require.True(t, change.Adopted)
		})
	}
}
