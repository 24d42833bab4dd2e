package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestInRegion(t *testing.T) {
	t.Parallel()
	for _, of := range release.Platforms() {
		require.NoError(t, release.InRegion(of.Platform, "cn-north-4"), "%s: whatever forms its applications have", of.Platform)
		require.ErrorContains(t, release.InRegion(of.Platform, "Mars"), `"Mars" is not a region ID`)
		require.Error(t, release.InRegion(of.Platform, ""))
	}
	require.ErrorContains(t, release.InRegion("moon", "cn-north-4"), "moon")
}
