package simframe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

func TestProblems_AreToldAtOnce(t *testing.T) {
	t.Parallel()
	var problems simframe.Problems
	require.NoError(t, problems.Err())
	problems.Add("Speed", "must be %d", 1)
	problems.Add("Region", "is none")
	require.EqualError(t, problems.Err(), "Speed: must be 1\nRegion: is none")
}

func TestFillTemplate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		template string
		args     []any
		text     string
	}{
		{"no places", []any{"a"}, "no places"},
		{"version '%d' of '%s'", []any{"3", "shop"}, "version '3' of 'shop'"},
		{"%+v should not contain %d", []any{map[string]int{"2": 1}, 2}, "map[2:1] should not contain 2"},
		{"'%s' of '%v'", []any{"shop"}, "'shop' of '-'"},
		{"at %s", []any{"100%s"}, "at 100%s"},
	} {
		require.Equal(t, tt.text, simframe.FillTemplate(tt.template, tt.args...))
	}
}
