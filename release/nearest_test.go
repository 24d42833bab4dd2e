package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"DeployApplication", "DescribeApplicationConfig", "DescribeChangeOrder", "DescribePipeline", "ListApplications", "RestartApplication"}
	for word, want := range map[string]string{
		"DeployAplication":   "DeployApplication",
		"deployapplication":  "DeployApplication",
		"DescribChangeOrder": "DescribeChangeOrder",
		"Pipeline":           "DescribePipeline",
		"Deploy":             "DeployApplication",
	} {
		near := release.Nearest(word, names)
		require.NotEmpty(t, near, word)
		require.Equal(t, want, near[0], word)
		require.LessOrEqual(t, len(near), 3)
	}
	for _, word := range []string{"", "x", "Frobnicate"} {
		require.Empty(t, release.Nearest(word, names), word)
		require.Empty(t, release.DidYouMean(word, names), word)
	}
	require.Equal(t, "; did you mean AppId?", release.DidYouMean("appid", []string{"AppName", "AppId"}))
}
