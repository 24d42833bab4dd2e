package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
)

// awaiting checks what the release waits for at a time.
func (s *stage) awaiting(d time.Duration, phase release.Phase, kind release.AwaitKind) {
	s.at(d, func() {
		p := s.progress()
		require.Equal(s.t, phase, p.Phase, "after %s: %s", d, p.Reason)
		require.NotNil(s.t, p.Awaiting, "after %s", d)
		require.Equal(s.t, kind, p.Awaiting.Kind, "after %s", d)
	})
}

func TestPauseHoldsTheNextBatchBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	st := gray()
	st.Confirm, st.Bake = release.ConfirmAuto, release.Duration(time.Hour)
	s.say(30*time.Minute, release.Command{Kind: release.CommandPause, ID: "c-1"})
	s.awaiting(31*time.Minute, release.PhasePaused, release.AwaitResume)
	s.say(40*time.Minute, release.Command{Kind: release.CommandPause, ID: "c-1"})
	s.confirm(2*time.Hour, 1)
	s.awaiting(5*time.Hour, release.PhasePaused, release.AwaitResume)
	s.say(6*time.Hour, release.Command{Kind: release.CommandResume, ID: "c-2"})
	s.say(6*time.Hour+30*time.Minute, release.Command{Kind: release.CommandPause, ID: "c-1"})
	s.awaiting(6*time.Hour+31*time.Minute, release.PhaseRollingOut, release.AwaitBake)
	p := s.run(s.spec(st))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.False(t, p.Paused)
	require.Greater(t, p.EndedAt.Sub(p.StartedAt), 7*time.Hour, "the second batch bakes after the pause")
	require.Less(t, p.EndedAt.Sub(p.StartedAt), 8*time.Hour)
	kinds := []release.CommandKind{}
	for _, d := range p.Decisions {
		if d.Refused == "" {
			kinds = append(kinds, d.Kind)
		}
	}
	require.Equal(t, []release.CommandKind{release.CommandPause, release.CommandResume}, kinds, "a word that comes again late is no new word")
	require.Equal(t, "the release is paused; resume it first", p.Decisions[1].Refused)
	require.Subset(t, s.kinds(), []release.EventKind{release.EventPaused, release.EventResumed})
	s.requireRulesAsBefore()
}

func TestPauseWhileAPersonIsAskedStopsTheClock(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.say(23*time.Hour, release.Command{Kind: release.CommandPause})
	s.awaiting(40*time.Hour, release.PhasePaused, release.AwaitResume)
	s.say(41*time.Hour, release.Command{Kind: release.CommandResume})
	s.awaiting(64*time.Hour, release.PhaseAwaitingConfirm, release.AwaitConfirm)
	s.confirm(64*time.Hour, 1)
	s.confirm(65*time.Hour, 2)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	s.kinds() // no event twice
}

func TestPauseBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
		AppID: s.app.ID, ImageURL: new(oldImage),
		UpdateStrategy: &saeclient.UpdateStrategy{
			Type: saeclient.StrategyBatch, BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: saeclient.ReleaseAuto, BatchWaitTime: new(30)},
		},
	})
	require.NoError(t, err)
	s.say(10*time.Minute, release.Command{Kind: release.CommandPause})
	s.at(2*time.Hour, func() {
		require.Equal(t, release.PhasePaused, s.progress().Phase)
		require.Len(t, s.orders(), 1, "only the one begun elsewhere")
	})
	s.say(3*time.Hour, release.Command{Kind: release.CommandAbort})
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Contains(t, p.Reason, "nothing was changed")
	require.Len(t, s.orders(), 1)
}

func TestPausedForGoodEndsAtTheTotalLimit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.say(time.Hour, release.Command{Kind: release.CommandPause})
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Contains(t, p.Reason, "the release was not done within 168h")
	s.requireRulesAsBefore()
}

func TestPause_AbortAtASafePoint(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.say(1100*time.Millisecond, release.Command{Kind: release.CommandAbort, Reason: "a hotfix comes", AtSafePoint: true})
	s.at(1200*time.Millisecond, func() { require.Equal(t, release.PhaseRollingOut, s.progress().Phase) })
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Equal(t, "aborted by ann: a hotfix comes", p.Reason)
	require.Equal(t, release.BatchDone, p.Batches[0].State, "the batch in progress was let to its end")
	s.requireRulesAsBefore()
}

func TestPause_AbortAtASafePointThatNeverComes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.say(1100*time.Millisecond, release.Command{Kind: release.CommandAbort, AtSafePoint: true})
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, "one batch has no point between batches")
}

func TestPause_RollbackOfAReleaseUnderWay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.say(time.Hour, release.Command{Kind: release.CommandRollback, Reason: "wrong prices"})
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseRolledBack, p.Outcome)
	require.Equal(t, "rolled back by ann: wrong prices", p.Reason)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, s.orders())
	s.requireRulesAsBefore()
}

func TestPause_RollbackOfAReleaseUnderWayToAnotherVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	versions := s.released()
	spec := s.spec(gray())
	spec.Artifact.Image = "registry.example/shop:3"
	s.say(time.Hour, release.Command{Kind: release.CommandRollback, Version: versions[0]})
	p := s.run(spec)
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, versions[0], p.RollbackTo.ID)
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, s.orders())
	require.Equal(t, oldImage, s.configured())
	s.requireRulesAsBefore()
}

// configured is the image that the application is configured to run.
func (s *stage) configured() string {
	s.t.Helper()
	return s.config().ImageURL
}

func TestPause_AWordIsBoundToItsRelease(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.say(time.Hour, release.Command{Kind: release.CommandConfirm, Batch: 1, Artifact: oldImage})
	s.say(2*time.Hour, release.Command{Kind: release.CommandConfirm, Batch: 1, ChangeID: "another"})
	s.awaiting(3*time.Hour, release.PhaseAwaitingConfirm, release.AwaitConfirm)
	s.say(4*time.Hour, release.Command{Kind: release.CommandConfirm, Batch: 1, Artifact: newImage})
	s.say(5*time.Hour, release.Command{Kind: release.CommandConfirm, Batch: 1, Artifact: newImage})
	s.awaiting(6*time.Hour, release.PhaseAwaitingConfirm, release.AwaitConfirm)
	s.confirm(7*time.Hour, 2)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Len(t, p.Decisions, 4)
	require.Contains(t, p.Decisions[0].Refused, "the release brings "+newImage)
	require.Contains(t, p.Decisions[1].Refused, "change another")
}
