package sae

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/activities/platform/platformtest"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// A beginner is one of the verbs that begin a change order.
type beginner struct {
	verb      release.Verb
	operation string
	token     string
	types     []string
	in        func(*host, release.Snapshot) any
}

const rolloutToken = "slipway:r-test:rollout"

func beginners() map[string]beginner {
	return map[string]beginner{
		"deploy": {release.VerbBeginRollout, "DeployApplication", rolloutToken, []string{saeclient.CoTypeDeploy}, func(h *host, s release.Snapshot) any {
			return release.BeginRolloutInput{
				App: h.app, Artifact: release.Artifact{Image: image3}, Token: rolloutToken, Mark: s.Mark,
			}
		}},
		"rollback": {release.VerbBeginRollback, "RollbackApplication", "", []string{saeclient.CoTypeDeployHistroy}, func(h *host, s release.Snapshot) any {
			return release.BeginRollbackInput{App: h.app, Version: *s.Wanted, Mark: s.Mark}
		}},
		"restart": {release.VerbBeginRestart, "RestartApplication", "", []string{saeclient.CoTypeRestartApplication}, func(h *host, s release.Snapshot) any {
			return release.BeginRestartInput{App: h.app, Mark: s.Mark}
		}},
		"rescale": {release.VerbBeginRescale, "RescaleApplication", "", []string{saeclient.CoTypeScaleOut, saeclient.CoTypeScaleIn}, func(h *host, s release.Snapshot) any {
			return release.BeginRescaleInput{App: h.app, Instances: 6, Mark: s.Mark}
		}},
	}
}

// TestBegin_WhetherThePlatformRestoresScalingRules is R1: the platform switches rules on again only
// where the release leaves that to it, by every verb that begins a change order.
func TestBegin_WhetherThePlatformRestoresScalingRules(t *testing.T) {
	t.Parallel()
	for verb, in := range map[release.Verb]func(h *host, s release.Snapshot, restore bool) any{
		release.VerbBeginRollout: func(h *host, s release.Snapshot, restore bool) any {
			return release.BeginRolloutInput{App: h.app, Artifact: release.Artifact{Image: image3}, Token: rolloutToken, Mark: s.Mark, RestoreScaling: restore}
		},
		release.VerbBeginRollback: func(h *host, s release.Snapshot, restore bool) any {
			return release.BeginRollbackInput{App: h.app, Version: *s.Wanted, Mark: s.Mark, RestoreScaling: restore}
		},
		release.VerbBeginRestart: func(h *host, s release.Snapshot, restore bool) any {
			return release.BeginRestartInput{App: h.app, Mark: s.Mark, RestoreScaling: restore}
		},
		release.VerbBeginRescale: func(h *host, s release.Snapshot, restore bool) any {
			return release.BeginRescaleInput{App: h.app, Instances: 6, Mark: s.Mark, RestoreScaling: restore}
		},
	} {
		for restore, after := range map[bool][]string{true: {"+daily", "-night", "+load"}, false: {"-daily", "-night", "-load"}} {
			t.Run(fmt.Sprintf("%s %t", verb, restore), func(t *testing.T) {
				t.Parallel()
				h, snap := begunBefore(t)
				h.addRules(t)
				must[release.Change](t, h, verb, in(h, snap, restore))
				h.pass(t, time.Minute)
				require.Equal(t, after, states(h.snapshot(t, nil).ScalingRules))
			})
		}
	}
}

// begin says the verb; an answer that is lost, and a worker that dies, are its end.
func (b beginner) begin(h *host, s release.Snapshot) (release.Change, error) {
	return try[release.Change](h, b.verb, b.in(h, s), release.FaultConflict, platformtest.FaultDeath)
}

// find looks for the change order of a call that was not sent after a time.
func (b beginner) find(h *host, s release.Snapshot, since time.Time) (release.FoundChange, error) {
	return try[release.FoundChange](h, release.VerbFindChange, release.FindChangeInput{
		App: h.app, Verb: b.verb, Token: b.token, Mark: s.Mark, Since: since,
	})
}

// step does what a release does: where an answer was lost it looks for the change order,
// and says the verb again only once there is certainly none.
func (b beginner) step(h *host, s release.Snapshot) (release.Change, error) {
	for {
		change, err := b.begin(h, s)
		if f := platformtest.FaultOf(err); f != release.FaultAmbiguous && f != platformtest.FaultDeath {
			return change, err
		}
		found, err := b.find(h, s, h.sim.Now())
		if err != nil {
			return release.Change{}, err
		}
		if found.Change != nil {
			return *found.Change, nil
		}
	}
}

// begunBefore makes an application that has had one order of every kind: with image2
// running and image1 to go back to.
// TestBegin_ARescaleToWhatThereIsBeginsNothing: SAE would take the call and name no order.
func TestBegin_ARescaleToWhatThereIsBeginsNothing(t *testing.T) {
	t.Parallel()
	h, snap := begunBefore(t)
	change := must[release.Change](t, h, release.VerbBeginRescale, release.BeginRescaleInput{App: h.app, Instances: snap.Instances, Mark: snap.Mark})
	require.Equal(t, release.Change{Nothing: true}, change)
	require.Zero(t, h.sim.Calls().Operations["RescaleApplication"])
}

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
	h.Calls = 0
	h.sim.ResetCalls()
	return h, snap
}

// markOf is what a mark says.
func markOf(t require.TestingT, m release.Mark) watermark {
	w, err := readMark(m)
	require.NoError(t, err)
	return w
}

// begun are the orders of some types that are newer than a snapshot.
func (h *host) begun(t require.TestingT, s release.Snapshot, types []string) []string {
	var ids []string
	mark := markOf(t, s.Mark)
	for _, o := range h.sim.Orders(h.app.ID) {
		if slices.Contains(types, o.Type) && o.CreatedAt.After(mark.At) && !slices.Contains(mark.Known, o.ID) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// someFaults arranges lost answers, refusals, worker deaths, and calls that get no answer
// and reach the platform later. A refusal that is certain is never given for a call that
// was carried out.
func someFaults(t *rapid.T, h *host, operation string) {
	kinds := []saesim.FaultKind{
		saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultTruncate, saesim.FaultError, saesim.FaultErrorAfter,
	}
	unsure := []saesim.Fault{
		{Status: http.StatusInternalServerError},
		{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable"},
		{Status: http.StatusBadGateway, Code: "Bad"},
	}
	certain := []saesim.Fault{
		{Status: http.StatusTooManyRequests, Code: "Throttling.User"},
		{Code: saeclient.CodeSystemUpgrading},
	}
	for range rapid.IntRange(0, 5).Draw(t, "faults") {
		kind, refusals := rapid.SampledFrom(kinds).Draw(t, "kind"), unsure
		if kind == saesim.FaultError {
			refusals = append(refusals, certain...)
		}
		f := refusals[rapid.IntRange(0, len(refusals)-1).Draw(t, "refusal")]
		f.Kind = kind
		f.Operation = rapid.SampledFrom([]string{operation, operation, "ListChangeOrders", ""}).Draw(t, "operation")
		f.Count = rapid.IntRange(1, 2).Draw(t, "count")
		h.fault(t, f)
	}
	for range rapid.IntRange(0, 3).Draw(t, "deaths") {
		at := rapid.IntRange(0, 9).Draw(t, "call")
		h.Losing[at] = rapid.SampledFrom([]platformtest.Loss{platformtest.DeathBefore, platformtest.DeathAfter}).Draw(t, "death")
	}
	for range rapid.IntRange(0, 3).Draw(t, "late calls") {
		at := rapid.IntRange(0, 9).Draw(t, "call")
		h.Late[at] = time.Duration(rapid.Int64Range(1, int64(DefaultSettle)-1).Draw(t, "late"))
	}
}

// TestBegin_ExactlyOneChangeOrder is the rule of the whole package: whatever becomes of answers
// and workers, a step begins one change order, and finds it.
func TestBegin_ExactlyOneChangeOrder(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				h, snap := begunBefore(t)
				someFaults(t, h, b.operation)
				change, err := b.step(h, snap)
				h.pass(t, time.Minute)
				require.NoError(t, err)
				require.Equal(t, []string{change.ID}, h.begun(t, snap, b.types))
			})
		})
	}
}

// lookedAndBegan are the calls so far by their operations, but for the reading of the configuration,
// which says what a deployment is to send.
func (h *host) lookedAndBegan() map[string]int {
	calls := h.sim.Calls().Operations
	delete(calls, opDescribe)
	return calls
}

// TestBegin_ALostAnswerIsLookedFor and not asked for again, for every single way to lose it.
func TestBegin_ALostAnswerIsLookedFor(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		for _, kind := range []saesim.FaultKind{saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultTruncate, saesim.FaultErrorAfter} {
			t.Run(fmt.Sprint(name, " ", kind), func(t *testing.T) {
				t.Parallel()
				h, snap := begunBefore(t)
				h.fault(t, saesim.Fault{Kind: kind, Operation: b.operation})
				_, err := b.begin(h, snap)
				require.Equal(t, release.FaultAmbiguous, platformtest.FaultOf(err))
				require.Equal(t, map[string]int{"ListChangeOrders": 1, b.operation: 1}, h.lookedAndBegan())

				lost := h.sim.Now()
				found, err := b.find(h, snap, lost)
				require.NoError(t, err)
				begun := h.begun(t, snap, b.types)
				if kind == saesim.FaultDropBefore {
					require.Empty(t, begun)
					require.Nil(t, found.Change)
					require.Equal(t, DefaultSettle, h.sim.Now().Sub(lost), "until then the call may have been at work")
					return
				}
				require.Equal(t, &release.Change{ID: begun[0], Adopted: true}, found.Change)
				require.Equal(t, lost, h.sim.Now(), "what is found is certain at once")
			})
		}
	}
}

// TestBegin_ACallThatComesLateIsFound: it was at work when the first look found nothing.
func TestBegin_ACallThatComesLateIsFound(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, snap := begunBefore(t)
			first := 1 // behind the look at the change orders
			if b.operation == opDeploy || b.verb == release.VerbBeginRescale {
				first++ // and the reading of the configuration
			}
			h.Late[first] = DefaultSettle - time.Second
			_, err := b.begin(h, snap)
			require.Equal(t, release.FaultAmbiguous, platformtest.FaultOf(err))
			require.Empty(t, h.begun(t, snap, b.types))
			found, err := b.find(h, snap, h.sim.Now())
			require.NoError(t, err)
			require.Equal(t, h.begun(t, snap, b.types)[0], found.Change.ID)
		})
	}
}

func TestBegin_WhatCannotBeAtWorkAnyMoreIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, snap := begunBefore(t)
			now := h.sim.Now()
			found, err := b.find(h, snap, now.Add(-DefaultSettle))
			require.NoError(t, err)
			require.Nil(t, found.Change)
			require.Equal(t, now, h.sim.Now())
			require.Equal(t, map[string]int{"ListChangeOrders": 1}, h.sim.Calls().Operations)
		})
	}
}

// TestBegin_AnAnswerWithoutDataIsALostAnswer: neither does it name an order, nor does it say
// that there is none.
func TestBegin_AnAnswerWithoutDataIsALostAnswer(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, snap := begunBefore(t)
			h.bare = map[string]int{b.operation: 1, "ListChangeOrders": 1}
			_, err := b.begin(h, snap)
			require.Equal(t, release.FaultAmbiguous, platformtest.FaultOf(err))
			h.bare["ListChangeOrders"] = 2
			found, err := b.find(h, snap, h.sim.Now())
			require.NoError(t, err)
			require.Equal(t, h.begun(t, snap, b.types), []string{found.Change.ID})
			require.Equal(t, 5, h.sim.Calls().Operations["ListChangeOrders"])
		})
	}
}

func TestBegin_TwoCandidatesCannotBeToldApart(t *testing.T) {
	t.Parallel()
	h, snap := begunBefore(t)
	for range 2 {
		_, err := h.sim.BeginConsoleOrder(h.app.ID, saesim.ConsoleRelease{VersionID: snap.Wanted.ID})
		require.NoError(t, err)
		h.pass(t, time.Minute)
	}
	_, err := beginners()["rollback"].find(h, snap, h.sim.Now())
	require.Equal(t, release.FaultUndecidable, platformtest.FaultOf(err))
	for _, id := range h.begun(t, snap, []string{saeclient.CoTypeDeployHistroy}) {
		require.ErrorContains(t, err, id)
	}
}

// TestBegin_NothingIsBegunOnWhatIsTrueNoMore: the version to return to was read before somebody
// else's change order.
func TestBegin_NothingIsBegunOnWhatIsTrueNoMore(t *testing.T) {
	t.Parallel()
	deploys := func(d time.Duration) func(*testing.T, *host, release.Snapshot) string {
		return func(t *testing.T, h *host, _ release.Snapshot) string {
			t.Helper()
			return h.deploy(t, image2, inOneBatch, d)
		}
	}
	tests := map[string]struct {
		// elsewhere begins an order and returns its ID.
		elsewhere func(*testing.T, *host, release.Snapshot) string
		// hinders are the verbs that are held up.
		hinders []string
		text    string
	}{
		"a deployment under way":          {deploys(0), []string{"deploy", "rollback", "restart", "rescale"}, "is unfinished"},
		"a deployment that has ended":     {deploys(time.Minute), []string{"deploy", "rollback", "restart", "rescale"}, "was begun elsewhere since the application was read"},
		"a rollback that has ended":       {rollsBack, []string{"deploy", "rollback", "restart", "rescale"}, "was begun elsewhere"},
		"a restart that has ended":        {restarts, []string{"restart"}, "was begun elsewhere"},
		"a change of size that has ended": {rescales, []string{"rescale"}, "was begun elsewhere"},
	}
	for name, tt := range tests {
		for verb, b := range beginners() {
			t.Run(name+", then a "+verb, func(t *testing.T) {
				t.Parallel()
				h, snap := begunBefore(t)
				id := tt.elsewhere(t, h, snap)
				h.sim.ResetCalls()
				_, err := b.begin(h, snap)
				if !slices.Contains(tt.hinders, verb) {
					require.NoError(t, err)
					return
				}
				require.Equal(t, release.FaultConflict, platformtest.FaultOf(err))
				require.ErrorContains(t, err, "change order "+id+" (")
				require.ErrorContains(t, err, tt.text)
				require.Equal(t, map[string]int{"ListChangeOrders": 1}, h.sim.Calls().Operations, "nothing was sent")
				require.Zero(t, h.Asked)
			})
		}
	}
}

func rollsBack(t *testing.T, h *host, s release.Snapshot) string {
	t.Helper()
	id, err := h.sim.BeginConsoleOrder(h.app.ID, saesim.ConsoleRelease{VersionID: s.Wanted.ID})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	return id
}

func restarts(t *testing.T, h *host, _ release.Snapshot) string {
	t.Helper()
	out, err := h.client.RestartApplication(t.Context(), &saeclient.RestartApplicationInput{AppID: h.app.ID})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	return out.Data.ChangeOrderID
}

func rescales(t *testing.T, h *host, _ release.Snapshot) string {
	t.Helper()
	out, err := h.client.RescaleApplication(t.Context(), &saeclient.RescaleApplicationInput{AppID: h.app.ID, Replicas: 5})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	return out.Data.ChangeOrderID
}

// TestBegin_TheOrderInTheWayMayBeItsOwn: it was not listed yet when it was looked for. Without a
// token nobody can tell.
func TestBegin_TheOrderInTheWayMayBeItsOwn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		verb  string
		begun func(release.Snapshot) saesim.ConsoleRelease
		own   bool
	}{
		"its own": {"deploy", func(release.Snapshot) saesim.ConsoleRelease {
			return saesim.ConsoleRelease{Image: image3, Description: rolloutToken + " " + image3}
		}, true},
		"somebody else's": {"deploy", func(release.Snapshot) saesim.ConsoleRelease {
			return saesim.ConsoleRelease{Image: image3, Description: "by hand"}
		}, false},
		"a rollback": {"rollback", func(s release.Snapshot) saesim.ConsoleRelease {
			return saesim.ConsoleRelease{VersionID: s.Wanted.ID}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, snap := begunBefore(t)
			var id string
			h.meanwhile = func() {
				var err error
				id, err = h.sim.BeginConsoleOrder(h.app.ID, tt.begun(snap))
				require.NoError(t, err)
			}
			change, err := beginners()[tt.verb].begin(h, snap)
			if tt.own {
				require.NoError(t, err)
				require.Equal(t, release.Change{ID: id, Adopted: true}, change)
				return
			}
			require.Equal(t, release.FaultConflict, platformtest.FaultOf(err))
		})
	}
}

// TestBegin_ARefusalThatPassesIsNoProof that nothing was begun: not even that another order is in the way, which may be the call's own.
func TestBegin_ARefusalThatPassesIsNoProof(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		saeclient.CodeChangeOrderRunning, saeclient.CodeApplicationInvalidStatus, saeclient.CodeSystemUpgrading, "Throttling.User",
	} {
		for name, b := range beginners() {
			t.Run(code+" "+name, func(t *testing.T) {
				t.Parallel()
				h, snap := begunBefore(t)
				h.fault(t, saesim.Fault{Kind: saesim.FaultError, Operation: b.operation, Code: code, Status: http.StatusBadRequest})
				_, err := try[release.Change](h, b.verb, b.in(h, snap), release.FaultDeclined)
				require.Equal(t, release.FaultDeclined, platformtest.FaultOf(err))
				change, err := b.begin(h, snap)
				require.NoError(t, err)
				require.False(t, change.Adopted)
			})
		}
	}
}

// TestBegin_WhatADeclinedCallHasBegunIsFound although SAE said that it refuses for now.
func TestBegin_WhatADeclinedCallHasBegunIsFound(t *testing.T) {
	t.Parallel()
	for _, code := range []string{saeclient.CodeSystemUpgrading, saeclient.CodeChangeOrderRunning} {
		for name, b := range beginners() {
			t.Run(code+" "+name, func(t *testing.T) {
				t.Parallel()
				h, snap := begunBefore(t)
				h.fault(t, saesim.Fault{Kind: saesim.FaultErrorAfter, Operation: b.operation, Code: code, Status: http.StatusBadRequest})
				_, err := try[release.Change](h, b.verb, b.in(h, snap), release.FaultDeclined, release.FaultConflict)
				require.Equal(t, release.FaultDeclined, platformtest.FaultOf(err))
				again, ok := b.in(h, snap).(interface{ Retried() any })
				require.True(t, ok)
				change, err := try[release.Change](h, b.verb, again.Retried())
				require.NoError(t, err)
				require.True(t, change.Adopted)
				require.Len(t, h.begun(t, snap, b.types), 1)
			})
		}
	}
}

// TestBegin_ACancelledAttemptSendsNothing or learns what became of what it has sent.
func TestBegin_ACancelledAttemptSendsNothing(t *testing.T) {
	t.Parallel()
	for name, b := range beginners() {
		t.Run(name+", while the guard is asked", func(t *testing.T) {
			t.Parallel()
			h, snap := begunBefore(t)
			h.cancelOn = atGuard
			_, err := b.begin(h, snap)
			require.Error(t, err)
			require.Equal(t, context.Canceled, h.Cancelled)
			require.Zero(t, h.sim.Calls().Operations[b.operation])
		})
		t.Run(name+", on the wire", func(t *testing.T) {
			t.Parallel()
			h, snap := begunBefore(t)
			h.cancelOn = b.operation
			change, err := b.begin(h, snap)
			require.NoError(t, err)
			require.Equal(t, []string{change.ID}, h.begun(t, snap, b.types))
		})
		t.Run(name+", on the wire, and the answer is lost", func(t *testing.T) {
			t.Parallel()
			h, snap := begunBefore(t)
			h.cancelOn = b.operation
			h.fault(t, saesim.Fault{Kind: saesim.FaultDropAfter, Operation: b.operation})
			_, err := b.begin(h, snap)
			require.Error(t, err)
			require.Equal(t, release.FaultAmbiguous, platformtest.FaultOf(h.Cancelled))
		})
	}
}

// TestBegin_ALookThatIsCutOffIsNoFaultOfThePlatform.
func TestBegin_ALookThatIsCutOffIsNoFaultOfThePlatform(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.cancelOn = "ListChangeOrders"
	_, err := do[release.Snapshot](h, release.VerbSnapshot, release.SnapshotInput{App: h.app})
	require.Error(t, err)
	require.Equal(t, context.Canceled, h.Cancelled)
}
