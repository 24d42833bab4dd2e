package release_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestDecide is the whole table: every state of a change in every situation that
// makes a difference.
func TestDecide(t *testing.T) {
	t.Parallel()
	rollout := func(s release.StrategyType) release.Situation {
		return release.Situation{Step: release.StepRollout, Strategy: s, RollbackWanted: true, TargetKnown: true}
	}
	all, batch, gray := rollout(release.StrategyAll), rollout(release.StrategyBatch), rollout(release.StrategyGray)
	keep := all
	keep.RollbackWanted = false
	first := all
	first.TargetKnown = false
	aborting := gray
	aborting.Aborting = true
	abortingAll := all
	abortingAll.Aborting = true
	abortingFirst := first
	abortingFirst.Aborting = true
	rollback := release.Situation{Step: release.StepRollback, Strategy: release.StrategyGray, RollbackWanted: true, TargetKnown: true}

	every := []release.Situation{all, batch, gray, keep, first, aborting, abortingAll, abortingFirst, rollback}
	onward := []release.Situation{all, batch, gray, keep, first}
	tests := []struct {
		states     []release.ChangeState
		situations []release.Situation
		want       release.Action
	}{
		{[]release.ChangeState{release.ChangePreparing, release.ChangeRunning, release.ChangeAwaitingBatch}, every, release.ActWatch},
		{[]release.ChangeState{release.ChangeAwaitingConfirm}, onward, release.ActAskPerson},
		{[]release.ChangeState{release.ChangeAwaitingConfirm}, []release.Situation{aborting, abortingAll, abortingFirst, rollback}, release.ActWatch},
		{[]release.ChangeState{release.ChangeAwaitingPlatformApproval}, every, release.ActAwaitPlatformApproval},
		{[]release.ChangeState{release.ChangeStuck}, onward, release.ActBreakOff},
		{[]release.ChangeState{release.ChangeStuck}, []release.Situation{aborting, abortingAll, abortingFirst}, release.ActWatch},
		{[]release.ChangeState{release.ChangeStuck}, []release.Situation{rollback}, release.ActSettleAny},
		{[]release.ChangeState{release.ChangeSucceeded}, []release.Situation{all, batch, gray, keep, first, abortingFirst}, release.ActSettleNew},
		{[]release.ChangeState{release.ChangeSucceeded}, []release.Situation{aborting, abortingAll}, release.ActRollBack},
		{[]release.ChangeState{release.ChangeSucceeded}, []release.Situation{rollback}, release.ActSettleOld},
		{failures(), []release.Situation{all}, release.ActRollBack},
		{failures(), []release.Situation{keep, first, rollback}, release.ActSettleAny},
		{failures(), []release.Situation{batch, gray, aborting, abortingAll, abortingFirst}, release.ActSettleOld},
		{[]release.ChangeState{release.ChangeGone}, every, release.ActSettleAny},
	}
	seen := map[release.ChangeState]int{}
	for _, tt := range tests {
		for _, state := range tt.states {
			for _, s := range tt.situations {
				seen[state]++
				require.Equal(t, tt.want, release.Decide(s, release.Observation{State: state}), "%s in %+v", state, s)
			}
		}
	}
	for _, state := range release.ChangeStates() {
		require.Equal(t, len(every), seen[state], "the table must say what %s means in every situation", state)
	}
}

// TestDecideWhatAnotherChangeOrderReplaced says that how an order ended counts for nothing
// once somebody has begun another.
func TestDecideWhatAnotherChangeOrderReplaced(t *testing.T) {
	t.Parallel()
	for _, state := range release.ChangeStates() {
		for _, strategy := range []release.StrategyType{release.StrategyAll, release.StrategyBatch, release.StrategyGray} {
			for _, step := range []release.Step{release.StepRollout, release.StepRollback} {
				s := release.Situation{Step: step, Strategy: strategy, RollbackWanted: true, TargetKnown: true}
				got := release.Decide(s, release.Observation{State: state, ReplacedBy: "another"})
				if state.Ended() {
					require.Equal(t, release.ActSettleAny, got, "%s in %+v", state, s)
				} else {
					require.Equal(t, release.Decide(s, release.Observation{State: state}), got, "it runs on: %s in %+v", state, s)
				}
			}
		}
	}
}

func failures() []release.ChangeState {
	return []release.ChangeState{release.ChangeFailed, release.ChangeSystemFailed, release.ChangeAborted}
}

func TestDecide_Changed(t *testing.T) {
	t.Parallel()
	running := release.Observation{State: release.ChangeRunning, Batch: 1}
	tests := []struct {
		name       string
		prev, next release.Observation
		want       bool
	}{
		{"nothing changed", running, running, false},
		{"it begins to move", release.Observation{State: release.ChangePreparing, Batch: 1}, running, false},
		{"it waits for its own timer", running, release.Observation{State: release.ChangeAwaitingBatch, Batch: 1}, false},
		{"the next batch began", running, release.Observation{State: release.ChangeRunning, Batch: 2}, true},
		{"a person is awaited", running, release.Observation{State: release.ChangeAwaitingConfirm, Batch: 1}, true},
		{"somebody confirmed", release.Observation{State: release.ChangeAwaitingConfirm, Batch: 1}, release.Observation{State: release.ChangeRunning, Batch: 2}, true},
		{"still parked", release.Observation{State: release.ChangeAwaitingConfirm, Batch: 1}, release.Observation{State: release.ChangeAwaitingConfirm, Batch: 1}, false},
		{"it ended", running, release.Observation{State: release.ChangeSucceeded, Batch: 1}, true},
		{"it vanished", running, release.Observation{State: release.ChangeGone}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, release.Changed(tt.prev, tt.next))
		})
	}
}

func TestDecide_LookDelayGrowsFromASecondToMinutes(t *testing.T) {
	t.Parallel()
	for _, state := range release.ChangeStates() {
		var delays []int
		for looks := range 200 {
			delays = append(delays, int(release.LookDelay(state, looks).Milliseconds()))
		}
		require.True(t, slices.IsSorted(delays), "the delay never shrinks: %s", state)
		require.LessOrEqual(t, 1000, delays[0])
		if state.Parked() {
			require.Equal(t, 5*60*1000, delays[199], "a parked look is minutes away")
		} else {
			require.Equal(t, 1000, delays[0])
			require.Equal(t, 15*1000, delays[199])
		}
	}
}
