package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"slipway/release"
)

// update sends an update and tells what became of it.
func (s *stage) update(d time.Duration, kind release.CommandKind, c release.Command) *answer {
	a := &answer{}
	s.at(d, func() {
		s.env.UpdateWorkflow(string(kind), "", &testsuite.TestUpdateCallback{
			OnAccept: func() { a.accepted = true },
			OnReject: func(err error) { a.rejected = err },
			OnComplete: func(result any, err error) {
				a.err = err
				if p, ok := result.(release.Progress); ok {
					a.progress = p
				}
			},
		}, c)
	})
	return a
}

type answer struct {
	accepted bool
	rejected error
	err      error
	progress release.Progress
}

func TestCommands_UpdatesAreRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	early := s.update(time.Second, release.CommandConfirm, release.Command{Batch: 1, By: "ann"})
	wrong := s.update(time.Hour, release.CommandConfirm, release.Command{Batch: 2, By: "ann"})
	nameless := s.update(time.Hour, release.CommandConfirm, release.Command{Batch: 1})
	good := s.update(2*time.Hour, release.CommandConfirm, release.Command{Batch: 1, By: "ann", Via: "update", Note: "looks fine"})
	again := s.update(2*time.Hour+time.Minute, release.CommandConfirm, release.Command{Batch: 1, By: "bob"})
	s.at(2*time.Hour+2*time.Minute, func() {
		require.Equal(t, 2, again.progress.Awaiting.Batch, "saying it again is answered at once")
	})
	abort := s.update(3*time.Hour, release.CommandAbort, release.Command{By: "bob", Reason: "latency"})
	p := s.run(s.spec(gray()))

	for _, a := range []*answer{early, wrong, nameless} {
		require.False(t, a.accepted)
		var refused *temporal.ApplicationError
		require.ErrorAs(t, a.rejected, &refused)
		require.Equal(t, release.ErrorRefused, refused.Type())
	}
	require.ErrorContains(t, early.rejected, "the release is RollingOut")
	require.ErrorContains(t, wrong.rejected, "batch 2 does not wait for a confirmation: batch 1 does")
	require.ErrorContains(t, nameless.rejected, "by: is required: who gives the command")
	require.NoError(t, good.rejected)
	require.NoError(t, good.err)
	require.Equal(t, release.PhaseRollingOut, good.progress.Phase, "the answer shows what the word did")
	require.Equal(t, release.PhaseRollingBack, abort.progress.Phase)
	require.True(t, again.accepted, "confirming again is fine")
	require.True(t, abort.accepted)

	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Len(t, p.Decisions, 2, "a refused update leaves no trace, a repeated one counts once")
	require.Equal(t, "ann", p.Decisions[0].By)
	require.Equal(t, "update", p.Decisions[0].Via)
	require.Equal(t, "looks fine", p.Decisions[0].Note)
	require.Equal(t, "latency", p.Decisions[1].Note)
}

func TestCommands_RefusedSignalsAreRecordedButNotWithoutBound(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range 50 {
		s.confirm(time.Hour+time.Duration(i)*time.Second, 3)
	}
	s.abort(2 * time.Hour)
	p := s.run(s.spec(gray()))
	require.Len(t, p.Decisions, 20+1)
	require.Equal(t, "batch 3 does not wait for a confirmation: batch 1 does", p.Decisions[0].Refused)
}

// TestCommands_TheBudgetOfCommandsIsToldOnce: what comes beyond it has no effect, the system's own word has.
func TestCommands_TheBudgetOfCommandsIsToldOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range release.MaxCommands + 50 {
		s.confirm(time.Hour+time.Duration(i)*time.Second, 3)
	}
	s.confirm(2*time.Hour, 1)
	late := s.update(3*time.Hour, release.CommandConfirm, release.Command{Batch: 1, By: "ann"})
	s.at(4*time.Hour, func() {
		s.env.SignalWorkflow(string(release.CommandAbort), release.Command{By: release.Slipway, Via: release.ViaLane, Reason: "preempted"})
	})
	s.env.OnUpsertMemo(map[string]any{release.MemoCommands: release.MaxCommands}).Return(nil).Once()
	p := s.run(s.spec(gray()))
	s.env.AssertExpectations(t)

	var told int
	for _, d := range p.Decisions {
		if d.Refused == string(release.ErrTooManyCommands) {
			told++
		}
	}
	require.Equal(t, 1, told)
	require.True(t, late.accepted, "an update is not counted")
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Contains(t, p.Reason, "preempted")
}

func TestCommands_NobodySpeaksAsTheSystem(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	claims := s.update(time.Hour, release.CommandAbort, release.Command{By: "Slipway ", Via: release.ViaLane})
	denies := s.update(time.Hour, release.CommandAbort, release.Command{By: "ann", Via: release.ViaLane, Denied: true})
	s.at(2*time.Hour, func() {
		s.env.SignalWorkflow(string(release.CommandAbort), release.Command{By: "slipway", Via: release.ViaEvent, Source: "ci"})
	})
	s.at(3*time.Hour, func() {
		s.env.SignalWorkflow(string(release.CommandConfirm), release.Command{By: "ann", Batch: 1, Via: release.ViaEvent, Source: "https://ci.example/shop"})
	})
	s.confirm(4*time.Hour, 2)
	s.abort(5 * time.Hour)
	p := s.run(s.spec(gray()))
	require.ErrorContains(t, claims.rejected, "is what the system calls itself")
	require.ErrorContains(t, denies.rejected, "is for a lane to say")
	require.Contains(t, p.Decisions[0].Refused, "is what the system calls itself")
	require.Equal(t, "ci", p.Decisions[0].Source)
	require.Equal(t, "https://ci.example/shop", p.Decisions[1].Source)
	require.Empty(t, p.Decisions[1].Refused)
}

func TestCommands_QueuedReleaseWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(time.Hour, func() {
		require.Equal(t, release.PhaseQueued, s.progress().Phase)
		require.Equal(t, release.AwaitQueue, s.progress().Awaiting.Kind)
		require.NotZero(t, s.progress().AcceptedAt)
		require.Zero(t, s.progress().StartedAt, "its turn has not come")
		require.Empty(t, s.sim.Calls().Operations, "a queued release touches nothing")
		s.env.SignalWorkflow(release.SignalProceed, nil)
	})
	s.env.ExecuteWorkflow(release.WorkflowDeploy, release.Request{ID: "r-test", Spec: s.spec(release.Strategy{}), Queued: true})
	p := s.result()
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Less(t, p.EndedAt.Sub(p.StartedAt), time.Minute, "the time in the queue does not count")
	require.Equal(t, time.Hour, p.StartedAt.Sub(p.AcceptedAt).Round(time.Minute))
}

func TestCommands_QueuedReleaseCanBeAborted(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.abort(time.Hour)
	s.env.ExecuteWorkflow(release.WorkflowDeploy, release.Request{ID: "r-test", Spec: s.spec(release.Strategy{}), Queued: true})
	p := s.result()
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Contains(t, p.Reason, "before its turn came; nothing was changed")
	require.Zero(t, p.StartedAt)
	require.Empty(t, s.orders())
	require.Equal(t, []release.EventKind{release.EventAccepted, release.EventAborted}, s.kinds())
}

func TestCommands_WrongInputIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tests := []struct {
		name, workflow, want string
		in                   release.Request
	}{
		{"an invalid spec", release.WorkflowDeploy, "app.platform: ", release.Request{ID: "r-1"}},
		{"no release ID", release.WorkflowDeploy, "id: ", release.Request{Spec: s.spec(release.Strategy{})}},
		{"the wrong workflow", release.WorkflowDeploy, "asks for GrayRelease, which is not carried out by Deploy", release.Request{ID: "r-1", Spec: s.spec(gray())}},
		{"the other wrong workflow", release.WorkflowGrayRelease, "asks for Deploy, which is not carried out by GrayRelease", release.Request{ID: "r-1", Spec: s.spec(release.Strategy{})}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.env.ExecuteWorkflow(tt.workflow, tt.in)
			err := s.env.GetWorkflowError()
			require.ErrorContains(t, err, tt.want)
			var app *temporal.ApplicationError
			require.ErrorAs(t, err, &app)
			require.True(t, app.NonRetryable())
		})
	}
}
