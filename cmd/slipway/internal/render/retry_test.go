package render_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/release"
)

// What a release repeats is shown with the release, and in what is known of its application.
func TestRender_WhatIsRepeated(t *testing.T) {
	t.Parallel()
	p := release.Progress{ReleaseID: "r-b", RetryOf: "r-a", Phase: release.PhaseRollingOut}
	require.Regexp(t, `Retry of:?\s+r-a`, render.Tree(p, at(9), render.Style{}))
	require.NotContains(t, render.Tree(release.Progress{ReleaseID: "r-a"}, at(9), render.Style{}), "Retry of")
	for _, c := range []struct{ reason, want string }{{"", "retry of r-a"}, {"aborted by mei", "retry of r-a; aborted by mei"}} {
		require.Contains(t, render.History([]ledger.Record{{ReleaseID: "r-b", RetryOf: "r-a", Progress: release.Progress{Reason: c.reason}}}, render.Style{}), c.want)
	}
}
