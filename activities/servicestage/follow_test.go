package servicestage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform/platformtest"
	"slipway/activities/servicestage/servicestageworld"
	"slipway/release"
	"slipway/servicestagesim"
)

// after lets a change begin in a component to which a fault happens, and looks at it when all is over.
func after(t *testing.T, s release.Strategy, f servicestagesim.Fault) (*host, release.Change) {
	t.Helper()
	h := newHost(t)
	if f.Kind != "" {
		_, err := h.AddFault(f)
		require.NoError(t, err)
	}
	change := h.begin(2, s)
	h.pass()
	return h, change
}

func fails(code string) servicestagesim.Fault {
	return servicestagesim.Fault{Kind: servicestagesim.FaultJobFails, Operation: "UpdateComponent", Code: code, Message: "the disk is full, password=" + platformtest.Secret}
}

func TestObserve_JobsThatFail(t *testing.T) {
	t.Parallel()
	for code, message := range map[string]string{
		"FAILED": "the disk is full", "PARTIALLY_FAILED": "the disk is full", "CANCELLED": "the disk is full",
		"ROLLBACKED": "ServiceStage has gone back by itself: the disk is full",
	} {
		for _, s := range []release.Strategy{all(), {Type: release.StrategyBatch, Batches: 2}, gray()} {
			t.Run(code+" "+string(s.Type), func(t *testing.T) {
				t.Parallel()
				h, change := after(t, s, fails(code))
				seen := h.look(change)
				require.Equal(t, release.ChangeFailed, seen.State)
				require.Contains(t, seen.Message, message)
				result := must[release.AbortRolloutResult](h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.App(), ChangeID: change.ID})
				require.True(t, result.Ended, "whoever wants the version before brings it back")
			})
		}
	}
}

func TestObserve_AQueuedJobIsPreparing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	_, err := h.AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultQueued, Operation: "UpdateComponent", Delay: time.Hour})
	require.NoError(t, err)
	seen := h.look(h.begin(2, all()))
	require.Equal(t, release.ChangePreparing, seen.State)
}

func TestConfirm_ARestThatFailedIsNotConfirmedAgain(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]servicestageworld.Form{"graying": {}, "upgrading": {PauseIsUpgrading: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hostOf(t, form)
			change := h.begin(2, gray())
			h.pass()
			_, err := h.AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultJobFails, Operation: "ComponentAction", Message: "no room"})
			require.NoError(t, err)
			confirm := release.ConfirmBatchInput{App: h.App(), ChangeID: change.ID, Batch: 1}
			must[struct{}](h, release.VerbConfirmBatch, confirm)
			seen := h.look(change)
			require.Equal(t, release.ChangeStuck, seen.State)
			require.Contains(t, seen.Message, "no room")
			sent := h.Changes
			must[struct{}](h, release.VerbConfirmBatch, confirm)
			require.Equal(t, sent, h.Changes, "a word is used once")

			snap := h.snapshot(release.SnapshotInput{Token: release.Token(named(gray()), "rollout")})
			require.True(t, snap.Own.Unfinished)
			v := must[release.Verification](h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: snap.Version})
			require.Len(t, v.Running, 2, "both versions run")
			back := must[release.Change](h, release.VerbBeginRollback, release.BeginRollbackInput{App: h.App(), Version: snap.Version, Strategy: all(), Mark: snap.Mark, Override: true})
			require.Equal(t, release.ChangeSucceeded, h.look(back).State)
			require.Equal(t, map[int]int{1: instances}, h.Truth().Shares)
		})
	}
}

func TestConfirm_OnlyInThePause(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	change := h.begin(2, gray())
	sent := h.Changes
	for _, batch := range []int{1, 2} {
		in := release.ConfirmBatchInput{App: h.App(), ChangeID: change.ID, Batch: batch}
		_, err := platformtest.Try[struct{}](h.Harness, release.VerbConfirmBatch, in)
		require.NoError(t, err)
	}
	require.Equal(t, sent, h.Changes, "its first batch is not done yet")
	h.pass()
	must[struct{}](h, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.App(), ChangeID: change.ID, Batch: 2})
	require.Equal(t, sent, h.Changes, "there is no pause after the second one")
	must[struct{}](h, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.App(), ChangeID: change.ID, Batch: 1})
	require.Equal(t, map[int]int{2: instances}, h.Truth().Shares)
}

func TestAbort_WaitsForTheJobThatRuns(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]release.Strategy{"all": all(), "batch": {Type: release.StrategyBatch, Batches: 4}, "gray": gray()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			change := h.begin(2, s)
			in := release.AbortRolloutInput{App: h.App(), ChangeID: change.ID}
			sent := h.Changes
			_, err := platformtest.Try[release.AbortRolloutResult](h.Harness, release.VerbAbortRollout, in, release.FaultNotNow)
			require.Equal(t, release.FaultNotNow, platformtest.FaultOf(err))
			require.ErrorContains(t, err, change.ID)
			require.Equal(t, sent, h.Changes)
			result, err := platformtest.Try[release.AbortRolloutResult](h.Harness, release.VerbAbortRollout, in)
			require.NoError(t, err)
			h.pass()
			if s.Type != release.StrategyGray {
				require.True(t, result.Ended, "it has succeeded before it could be aborted")
				require.Equal(t, map[int]int{2: instances}, h.Truth().Shares)
				return
			}
			require.False(t, result.Ended)
			require.Equal(t, release.ChangeAborted, h.look(change).State)
			require.Equal(t, map[int]int{1: instances}, h.Truth().Shares)
		})
	}
}

func TestAbort_AVersionThatDoesNotBecomeReady(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.Spoil()
	change := h.begin(2, all())
	h.pass()
	seen := h.look(change)
	require.Equal(t, release.ChangeRunning, seen.State)
	require.Equal(t, "0 of 4 instances are ready", seen.Message)
	in := release.AbortRolloutInput{App: h.App(), ChangeID: change.ID}
	require.False(t, must[release.AbortRolloutResult](h, release.VerbAbortRollout, in).Ended)
	require.Equal(t, release.ChangeAborted, h.look(change).State)
	require.Equal(t, map[int]int{1: instances}, h.Truth().Shares)
}

func TestObserve_WhatSomebodyElseDoesAfterwards(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		does  func(h *host) string
		state release.ChangeState
	}{
		"restarts":  {func(h *host) string { return h.Act("restart", "") }, release.ChangeSucceeded},
		"scales":    {func(h *host) string { return h.Act("scale", `{"replica":6}`) }, release.ChangeSucceeded},
		"releases":  {func(h *host) string { return h.Release(3, "") }, release.ChangeAborted},
		"goes back": {func(h *host) string { h.Act("rollback", `{"version":"1.0.0"}`); return "" }, release.ChangeAborted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, change := after(t, all(), servicestagesim.Fault{})
			require.Equal(t, release.ChangeSucceeded, h.look(change).State)
			by := c.does(h)
			h.pass()
			seen := h.look(change)
			require.Equal(t, c.state, seen.State)
			require.Equal(t, by, seen.ReplacedBy)
		})
	}
}

func TestGone_InBothForms(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]servicestageworld.Form{"404": {}, "401": {MissingIsUnauthorized: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := hostOf(t, form)
			change := h.begin(2, all())
			h.pass()
			h.Delete()
			h.pass()
			require.Equal(t, release.ChangeGone, h.look(change).State)
			for v, in := range map[release.Verb]any{
				release.VerbSnapshot:     release.SnapshotInput{App: h.App()},
				release.VerbVerify:       release.VerifyInput{App: h.App()},
				release.VerbConfirmBatch: release.ConfirmBatchInput{App: h.App(), ChangeID: change.ID, Batch: 1},
				release.VerbAbortRollout: release.AbortRolloutInput{App: h.App(), ChangeID: change.ID},
			} {
				f, _ := refused(h, v, in)
				require.Equal(t, release.FaultNotFound, f, string(v))
			}
		})
	}
}
