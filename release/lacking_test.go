package release_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestLacking_IsWhatTheDoorRefuses: a driver that is asked past the door says the same of the same fields.
func TestLacking_IsWhatTheDoorRefuses(t *testing.T) {
	t.Parallel()
	five := 5
	q := release.ReleaseQuestion{
		Artifact: release.Artifact{Image: "registry.example/shop:2", Part: "web", Registry: &release.Registry{Instance: "r"}},
		Strategy: release.Strategy{Type: release.StrategyBatch, Weights: []int{5, 30}, MinReadyInstances: &five},
		Config: &release.Config{
			Variables: []release.Variable{{Name: "A", Secret: &release.KeyOf{ID: "keys", Key: "a"}}},
			Mounts:    &release.Mounts{Secrets: []release.MountKey{}}, Runtime: &release.Runtime{JDK: new("Dragonwell 17")},
			Hooks:    &release.Hooks{PreStop: &release.Hook{None: true}},
			Platform: release.Parameters{"nonsense": json.RawMessage(`1`)},
		},
	}
	for p, fields := range map[release.Platform][]string{
		release.PlatformSAE: {"artifact.part", "strategy.weights", "config.platform.nonsense"},
		release.PlatformFC: {
			"artifact.registry", "strategy.type", "strategy.minReadyInstances", "config.variables[0].secret", "config.hooks", "config.mounts", "config.runtime",
			"config.platform.nonsense",
		},
		release.PlatformServiceStage: {
			"artifact.part", "artifact.registry", "strategy.minReadyInstances", "config.hooks.preStop.none", "config.mounts", "config.runtime",
			"config.platform.nonsense",
		},
	} {
		door := refusalsOf(t, release.Spec{App: release.App{Platform: p, Region: "x", ID: "a"}, Artifact: q.Artifact, Strategy: q.Strategy, Config: q.Config})
		var lacking []string
		for _, problem := range traitsOf(t, p).Lacking(q) {
			lacking = append(lacking, problem.Field)
			require.Equal(t, door[problem.Field], problem.Message, "%s: %s", p, problem.Field)
		}
		require.ElementsMatch(t, fields, lacking, "%s", p)
	}
}

func TestLacking_NothingOfAReleaseThatIsValid(t *testing.T) {
	t.Parallel()
	for _, traits := range release.Platforms() {
		q := release.ReleaseQuestion{Artifact: release.Artifact{Image: "registry.example/shop:2"}, Strategy: release.Strategy{Type: release.StrategyAll}}
		require.Empty(t, traits.Lacking(q), "%s", traits.Platform)
	}
}
