package cli

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// progressAt is a release as it is in a phase, at a change where one has begun.
func progressAt(phase release.Phase) release.Progress {
	p := release.Progress{ReleaseID: id, Phase: phase, Paused: phase == release.PhasePaused, Batches: make([]release.Batch, 2)}
	if phase != release.PhaseQueued && phase != release.PhasePreparing && phase != release.PhaseAwaitingApproval {
		p.ChangeID = "co-1"
	}
	if phase == release.PhaseAwaitingConfirm {
		p.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1}
	}
	if phase == release.PhaseWatching {
		p.Awaiting = &release.Awaiting{Kind: release.AwaitWatch, Batch: 1}
	}
	return p
}

// asking is a release that asks for approval where it waits for people: of itself, or of a batch.
func asking(p release.Progress) release.Progress {
	p.Approval = &release.ApprovalState{Approval: release.Approval{Count: 1}, AskedAt: time.Unix(1, 0)}
	switch p.Phase { //nolint:exhaustive // in the others nobody is asked
	case release.PhaseAwaitingConfirm:
		p.Strategy.Approval, p.Approval.Batch, p.Approval.ChangeID = &p.Approval.Approval, 1, p.ChangeID
		p.Awaiting = &release.Awaiting{Kind: release.AwaitApproval, Batch: 1}
	case release.PhaseAwaitingApproval:
		p.Awaiting = &release.Awaiting{Kind: release.AwaitApproval}
	}
	return p
}

// What is offered for a command is what the command would count for, and nothing else.
func TestTakersOf(t *testing.T) {
	t.Parallel()
	for _, kind := range release.CommandKinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			which := takersOf(kind)
			require.True(t, which.Open)
			for _, phase := range release.Phases() {
				p, c := progressAt(phase), release.Command{Kind: kind, Batch: 1, Reason: "why"}
				if kind == release.CommandApprove || kind == release.CommandReject {
					p = asking(p)
					c = p.Deciding(kind)
				}
				repeated, err := release.Admit(p, c)
				require.Equal(t, err == nil && !repeated, slices.Contains(which.Phases, phase), "%s at %s: %v", kind, phase, err)
			}
		})
	}
}
