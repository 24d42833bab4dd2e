package top

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/releases"
)

// How a workflow has ended is told as everywhere else.
func TestTop_Stopped(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	for how, want := range map[string]string{
		"terminated": "its workflow was terminated", "failed": "its workflow failed", "timed out": "its workflow timed out",
	} {
		r := v.row(releases.Listed{ID: "r-1", Phase: release.PhaseRollingOut, Stopped: how})
		require.Equal(t, want, r.reason)
		require.Equal(t, rankTrouble, r.rank)
	}
}
