package manifest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/manifest"
	"slipway/release"
)

// The examples of Function Compute are valid as they are, and planned as their comments say.
func TestManifest_ExamplesOfFunctionCompute(t *testing.T) {
	t.Parallel()
	for name, weights := range map[string][]int{"fc-all": {100}, "fc-gray": {5, 30, 100}, "fc-rollback": {100}} {
		file, err := os.Open(filepath.Join("..", "examples", name+".yaml"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = file.Close() })
		spec, err := manifest.Read(file, manifest.Overrides{})
		require.NoError(t, err, name)
		spec = spec.WithDefaults()
		require.Equal(t, release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "orders", Qualifier: "live"}, spec.App)
		on, served := release.TraitsOf(spec.App.Platform)
		require.True(t, served)
		plan, err := release.PlanBatches(on, spec.Strategy, 0)
		require.NoError(t, err)
		var got []int
		for _, b := range plan {
			got = append(got, b.Weight)
		}
		require.Equal(t, weights, got, name)
	}
}
