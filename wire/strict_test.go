package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

// TestParseSpecReadsOnAfterAProblem: a value that cannot be read hides nothing after it,
// whatever the order of the fields.
func TestParseSpecReadsOnAfterAProblem(t *testing.T) {
	t.Parallel()
	_, err := wire.ParseSpec([]byte(`{
	 "limits": {"confirm": "soon", "approvl": "3h", "a.b": 1},
	 "app": {"platform": "sae", "region": "cn-hangzhou", "id": "a-1"},
	 "artifact": {"image": "Bad Image"},
	 "strategy": {"type": "gray", "gray": -1, "batches": "two"}}`))
	var problems release.Problems
	require.ErrorAs(t, err, &problems)
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.Field)
	}
	require.ElementsMatch(t, []string{
		"limits.confirm", "limits.approvl", "limits.a.b", "artifact.image", "strategy.gray", "strategy.batches",
	}, fields)
}
