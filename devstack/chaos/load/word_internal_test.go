package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// What people send next depends on where a release stands alone, so that it is the same after any outage.
func TestAnswer_Word(t *testing.T) {
	t.Parallel()
	waits := func(kind release.AwaitKind, batch int) release.Progress {
		phase := release.PhaseAwaitingConfirm
		if kind == release.AwaitApproval {
			phase = release.PhaseAwaitingApproval
		}
		return release.Progress{
			Phase: phase, Artifact: release.Artifact{Image: "shop:2"}, ChangeID: "c1",
			Awaiting: &release.Awaiting{Kind: kind, Batch: batch}, Approval: &release.ApprovalState{Batch: batch, Artifact: "shop:2", AskedAt: time.Now()},
		}
	}
	after := func(p release.Progress, kind release.CommandKind) release.Progress {
		p.Decisions = append(p.Decisions, release.Decision{Kind: kind, All: kind == release.CommandConfirm, ChangeID: p.ChangeID})
		return p
	}
	paused := waits(release.AwaitResume, 1)
	paused.Paused = true
	ended := waits(release.AwaitConfirm, 1)
	ended.Phase = release.PhaseSucceeded
	half := waits(release.AwaitApproval, 0)
	half.Approval.Given = []release.Approver{{By: "ann"}}
	for name, tt := range map[string]struct {
		answer Answer
		at     release.Progress
		want   release.CommandKind // empty is nothing
		batch  int
		by     string
	}{
		"a batch is confirmed":                  {AnswerConfirm, waits(release.AwaitConfirm, 2), release.CommandConfirm, 2, "ann"},
		"all batches are confirmed":             {AnswerConfirmAll, waits(release.AwaitConfirm, 1), release.CommandConfirm, 0, "ann"},
		"a batch that all did not stand for":    {AnswerConfirmAll, after(waits(release.AwaitConfirm, 2), release.CommandConfirm), release.CommandConfirm, 2, "ann"},
		"a batch is a reason to pause":          {AnswerPause, waits(release.AwaitConfirm, 1), release.CommandPause, 0, "bo"},
		"what is paused is resumed":             {AnswerPause, paused, release.CommandResume, 0, "ann"},
		"what was paused is confirmed":          {AnswerPause, after(waits(release.AwaitConfirm, 1), release.CommandPause), release.CommandConfirm, 1, "ann"},
		"a batch is a reason to abort":          {AnswerAbort, waits(release.AwaitConfirm, 1), release.CommandAbort, 0, "bo"},
		"a batch is confirmed at its limit":     {AnswerAtLimit, waits(release.AwaitConfirm, 1), release.CommandConfirm, 1, "ann"},
		"what is aborted is left alone":         {AnswerAbort, after(waits(release.AwaitConfirm, 1), release.CommandAbort), "", 0, ""},
		"a batch is a reason to return":         {AnswerRollback, waits(release.AwaitConfirm, 1), release.CommandRollback, 0, "bo"},
		"a limit is left to pass":               {AnswerNone, waits(release.AwaitConfirm, 1), "", 0, ""},
		"an approval is given":                  {AnswerConfirm, waits(release.AwaitApproval, 0), release.CommandApprove, 0, "ann"},
		"by somebody who has not":               {AnswerConfirm, half, release.CommandApprove, 0, "bo"},
		"an approval is refused":                {AnswerAbort, half, release.CommandReject, 0, "bo"},
		"what has ended is left alone":          {AnswerConfirm, ended, "", 0, ""},
		"what bakes goes on by itself":          {AnswerConfirm, waits(release.AwaitBake, 1), "", 0, ""},
		"what waits for its turn is left alone": {AnswerAbort, waits(release.AwaitQueue, 0), "", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, is := tt.answer.word(tt.at)
			require.Equal(t, tt.want != "", is)
			require.Equal(t, []any{tt.want, tt.batch, tt.by}, []any{c.Kind, c.Batch, c.By})
			if is {
				require.NoError(t, c.Validate())
				_, err := release.Admit(tt.at, c)
				require.NoError(t, err)
			}
		})
	}
}

// Where nobody lets a release go on it does not succeed, and where nobody stops it it is not aborted.
func TestRequest_Ends(t *testing.T) {
	t.Parallel()
	waiting := release.Strategy{Type: release.StrategyGray, Confirm: release.ConfirmManual}
	auto := release.Strategy{Type: release.StrategyGray, Confirm: release.ConfirmAuto}
	all := release.Strategy{Type: release.StrategyAll}
	for name, tt := range map[string]struct {
		request Request
		want    release.Phase
	}{
		"confirmed":                      {Request{Answer: AnswerConfirm, Spec: release.Spec{Strategy: waiting}}, release.PhaseSucceeded},
		"aborted at its batch":           {Request{Answer: AnswerAbort, Spec: release.Spec{Strategy: waiting}}, release.PhaseAborted},
		"returned at its batch":          {Request{Answer: AnswerRollback, Spec: release.Spec{Strategy: waiting}}, release.PhaseAborted},
		"left to its limit":              {Request{Answer: AnswerNone, Spec: release.Spec{Strategy: waiting}}, release.PhaseAborted},
		"nobody is asked":                {Request{Answer: AnswerAbort, Spec: release.Spec{Strategy: auto}}, release.PhaseSucceeded},
		"rejected":                       {Request{Answer: AnswerAbort, Spec: release.Spec{Strategy: all, Approval: &release.Approval{}}}, release.PhaseAborted},
		"not approved":                   {Request{Answer: AnswerNone, Spec: release.Spec{Strategy: all, Approval: &release.Approval{}}}, release.PhaseAborted},
		"approved, and nothing to undo":  {Request{Answer: AnswerRollback, Spec: release.Spec{Strategy: all, Approval: &release.Approval{}}}, release.PhaseSucceeded},
		"a restart has no batch to stop": {Request{Answer: AnswerAbort, Spec: release.Spec{Operation: release.OperationRestart}}, release.PhaseSucceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, tt.request.ends(), tt.want)
			require.Len(t, tt.request.ends(), 4)
		})
	}
	atLimit := Request{Answer: AnswerAtLimit, Spec: release.Spec{Strategy: waiting}}
	require.Subset(t, atLimit.ends(), []release.Phase{release.PhaseSucceeded, release.PhaseAborted}, "whichever came first")
	fails := Request{Answer: AnswerConfirm, Gate: GateFails, Spec: release.Spec{Strategy: auto}}
	require.NotContains(t, fails.ends(), release.PhaseSucceeded, "a gate that fails lets nothing pass")
}
