package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestPhasesFormOneWayToAnEnd(t *testing.T) {
	t.Parallel()
	ends := 0
	for _, p := range release.Phases() {
		_, told := p.Outcome()
		require.Equal(t, p.Ended(), told, "exactly the ends have an outcome event: %s", p)
		if p.Ended() {
			ends++
			continue
		}
		require.False(t, p.CanBecome(p), "%s follows itself", p)
		require.True(t, reaches(p, map[release.Phase]bool{}), "%s reaches no end", p)
	}
	require.Equal(t, 5, ends)
	require.False(t, release.Phase("").Ended(), "no phase is no end")
	require.False(t, release.PhaseQueued.CanBecome(release.PhaseSucceeded), "nothing succeeds without having run")
	require.False(t, release.PhaseQueued.CanBecome(release.PhaseNeedsAttention), "a release that began nothing needs nobody")
	require.False(t, release.PhaseRollingBack.CanBecome(release.PhaseSucceeded), "the way back never succeeds")
}

func reaches(p release.Phase, seen map[release.Phase]bool) bool {
	if p.Ended() {
		return true
	}
	if seen[p] {
		return false
	}
	seen[p] = true
	for _, next := range p.Next() {
		if reaches(next, seen) {
			return true
		}
	}
	return false
}
