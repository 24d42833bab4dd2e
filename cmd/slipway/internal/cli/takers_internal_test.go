package cli

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// progressAt is a release as it is in a phase, at a change where one has begun.
func progressAt(phase release.Phase) release.Progress {
	p := release.Progress{ReleaseID: id, Phase: phase, Paused: phase == release.PhasePaused, Batches: make([]release.Batch, 2)}
	if phase != release.PhaseQueued && phase != release.PhasePreparing {
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

// What is offered for a command is what the command would count for, and nothing else.
func TestTakersOf(t *testing.T) {
	t.Parallel()
	for _, kind := range release.CommandKinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			which := takersOf(kind)
			require.True(t, which.Open)
			for _, phase := range release.Phases() {
				repeated, err := release.Admit(progressAt(phase), release.Command{Kind: kind, Batch: 1, Reason: "why"})
				require.Equal(t, err == nil && !repeated, slices.Contains(which.Phases, phase), "%s at %s: %v", kind, phase, err)
			}
		})
	}
}
