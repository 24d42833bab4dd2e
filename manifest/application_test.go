package manifest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/manifest"
)

func TestReadApplication(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join(examples, "application.yaml"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	a, err := manifest.ReadApplication(file)
	require.NoError(t, err)
	require.Equal(t, []string{"staging", "production"}, a.Names())
	require.Equal(t, []string{"strategy.type", "freeze.override"}, a.Environments[1].Locked)
}

func TestReadApplication_TellsEachProblemWithItsLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`apiVersion: slipway.dev/v1
kind: Application
spec:
  name: Shop
  environments:
    - name: production
      app: {platform: sae, region: cn-hangzhou, id: a}
      release:
        strategy: {type: gray, weights: [5]}
        limits: {total: 5}
      locked: [strategi]
      approval: {count: 2}
`: {
			`name: "Shop" is not a name of 1-40 lower-case letters, digits or hyphens (line 4)`,
			"environments[0].release.strategy.weights: ", "(line 9)",
			`environments[0].release.limits.total: must be a string, not 5; write for example "5s" (line 10)`,
			"environments[0].locked[0]: ", "(line 11)", "environments[0].approval: is not a field here", "(line 12)",
		},
		"apiVersion: slipway.dev/v1\nkind: Release\nspec: {name: a}": {
			"kind: must be Application (line 1); a release is submitted with: slipway release submit -f FILE",
		},
		"apiVersion: slipway.dev/v1\nkind: Application\nspec:\n  name: a\n  name: b":   {"spec.name: is given twice (line 5)"},
		"apiVersion: slipway.dev/v1\nkind: Application\nmetadata: {name: a}\nspec: {}": {"metadata: is not a field here; there are apiVersion, kind, spec; what has a name has it in spec (line 3)"},
		"- a": {"is no Slipway file; it must have apiVersion, kind and spec"},
	} {
		_, err := manifest.ReadApplication(strings.NewReader(text))
		for _, each := range want {
			require.ErrorContains(t, err, each)
		}
	}
}

// FuzzReadApplication: whatever a file holds is a document or is refused.
func FuzzReadApplication(f *testing.F) {
	example, err := os.ReadFile(filepath.Join(examples, "application.yaml"))
	require.NoError(f, err)
	f.Add(string(example))
	f.Add("spec: {environments: [{release: {strategy: [1]}, locked: {a: b}}]}")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := manifest.ReadApplication(strings.NewReader(text))
		if err == nil {
			require.NoError(t, a.ValidateNamed())
		}
	})
}
