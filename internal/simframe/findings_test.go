package simframe_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

func TestFindings_AreBounded(t *testing.T) {
	t.Parallel()
	var f simframe.Findings
	f.Check(true, "all is well")
	require.False(t, f.Any())
	require.Empty(t, f.Text())
	for i := range 25 {
		f.Check(false, "number %d", i)
	}
	require.Equal(t, 25, f.Count())
	require.Contains(t, f.Text(), "number 0; number 1")
	require.Contains(t, f.Text(), "number 19; and 5 more")
	f = simframe.Findings{}
	f.Check(false, "%s", strings.Repeat("é", 1000))
	require.Equal(t, strings.Repeat("é", 250)+"…", f.Text(), "a text is cut between characters")
	require.Equal(t, "abc", simframe.Shorten("abc"))
}

func TestSorted(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"a", "b"}, simframe.SortedKeys(map[string]int{"b": 1, "a": 2}))
	require.Equal(t, []int{2, 1}, simframe.SortedValues(map[string]int{"b": 1, "a": 2}))
	require.NotNil(t, simframe.SortedKeys(map[string]int{}), "JSON shows it as a list")
	require.NotNil(t, simframe.SortedValues(map[string]int{}))
}
