package gates_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"slipway/release"
)

func TestDocs_TheDocumentedGatesCanBeMeasuredAsDocumented(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/gates.md")
	require.NoError(t, err)
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(document)
	require.Len(t, example, 2)
	var file struct {
		Strategy release.Strategy `json:"strategy"`
	}
	require.NoError(t, yaml.UnmarshalStrict(example[1], &file))
	require.Len(t, file.Strategy.Gates, 2)

	setting := regexp.MustCompile(`(?m)^SLIPWAY_GATES_ALLOW=(\S+)$`).FindSubmatch(document)
	require.Len(t, setting, 2)
	env := suite().NewTestActivityEnvironment()
	newGates(t, strings.Split(string(setting[1]), ",")...).Register(env)
	_, err = env.ExecuteActivity(release.CheckGatesActivity, release.CheckGatesInput{Gates: file.Strategy.Gates})
	require.NoError(t, err)
}

func TestDocs_TheDocumentedInstancesCanBeAskedAsDocumented(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/gates.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(document), "\n## Asking the new instances\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(section)
	require.Len(t, example, 2)
	var documented release.Strategy
	require.NoError(t, yaml.UnmarshalStrict([]byte(example[1]), &documented))
	setting := regexp.MustCompile(`(?m)^SLIPWAY_GATES_ALLOW=(\S+)$`).FindStringSubmatch(section)
	require.Len(t, setting, 2)
	require.NoError(t, newGates(t, setting[1]).Check(t.Context(), release.CheckGatesInput{Gates: documented.Gates}))
	require.Len(t, documented.Gates, 1)
}
