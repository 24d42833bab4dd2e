package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// The release that is repeated is known from the request on, and from a report alone, however the
// release ends.
func TestChange_WhatIsRepeated(t *testing.T) {
	t.Parallel()
	asked := Record{ReleaseID: "r-a", App: shop(), RetryOf: "r-before", Identity: Identity{EventID: "1", Digest: "d"}}
	require.Equal(t, "r-before", asked.request().RetryOf)
	require.Equal(t, "r-before", asked.lost(Loss{How: "terminated"}).Progress.RetryOf, "it has told nothing itself")

	p := progress(release.PhaseRollingOut)
	p.RetryOf = "r-before"
	told := Record{ReleaseID: "r-a", App: shop()}.reported(Report{Progress: p, Transition: 1})
	require.Equal(t, "r-before", told.RetryOf)
	again, err := Record{ReleaseID: "r-a", App: shop()}.askedAgain(asked)
	require.NoError(t, err)
	require.Equal(t, "r-before", again.RetryOf)
}
