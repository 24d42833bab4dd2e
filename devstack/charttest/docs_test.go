package charttest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chartutil"

	"slipway/internal/markdown"
)

// Values that the document shows are taken by the chart, each over the least that there is; what is no values is settings.
func TestDocument_ItsValuesAreTaken(t *testing.T) {
	t.Parallel()
	known, taken := loadChart(t).Values, 0
	for _, block := range markdown.Blocks(read(t, root+"/docs/deploy-kubernetes.md")) {
		if block.Info != "yaml" {
			continue
		}
		shown, err := chartutil.ReadValues([]byte(block.Text))
		require.NoError(t, err, block.Text)
		for name := range shown {
			if _, is := known[name]; !is {
				require.Regexp(t, "\\| `(--)?"+name+"`", read(t, root+"/docs/command-reference.md"), "neither a value nor a setting")
			}
		}
		if _, is := shown["nats-password"]; is {
			continue
		}
		render(t, chartutil.CoalesceTables(shown, cases(t)["smallest"]))
		taken++
	}
	require.Equal(t, 2, taken)
}
