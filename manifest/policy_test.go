package manifest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/manifest"
)

func TestReadPolicy(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(examples, "policies", "policy.yaml"))
	require.NoError(t, err)
	p, err := manifest.ReadPolicy(strings.NewReader(string(raw)))
	require.NoError(t, err)
	require.Equal(t, "production", p.Name)
	require.Equal(t, 2, p.Demands.Approval.Count)

	_, err = manifest.ReadPolicy(strings.NewReader("apiVersion: slipway.dev/v1\nkind: Policy\nspec:\n  name: a\n  scopes: [aws]\n  demands:\n    watch: {for: 5}\n"))
	require.ErrorContains(t, err, "(line 5)")
	require.ErrorContains(t, err, `demands.watch.for: must be a string, not 5; write it in quotes: "5" (line 7)`)
	_, err = manifest.ReadPolicy(strings.NewReader("apiVersion: slipway.dev/v1\nkind: Release\nspec: {}\n"))
	require.ErrorContains(t, err, "kind: must be Policy (line 1); a release is submitted with")
	_, err = manifest.Read(strings.NewReader(string(raw)), manifest.Overrides{})
	require.ErrorContains(t, err, "a policy is stored with: slipway policy apply -f FILE")
}

// FuzzReadPolicy: whatever a file holds is a policy or is refused.
func FuzzReadPolicy(f *testing.F) {
	raw, err := os.ReadFile(filepath.Join(examples, "policies", "policy.yaml"))
	require.NoError(f, err)
	f.Add(string(raw))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := manifest.ReadPolicy(strings.NewReader(text))
		if err == nil {
			require.NoError(t, p.Validate())
		}
	})
}
