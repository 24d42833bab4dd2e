package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The page that people read says what the schemas say.
func TestPage_ReleaseFileReferenceIsUpToDate(t *testing.T) {
	t.Parallel()
	want, err := page()
	require.NoError(t, err)
	got, err := os.ReadFile("../../../../docs/release-file.md")
	require.NoError(t, err)
	require.Equal(t, want, string(got), "docs/release-file.md: run make generate")
}

func TestPage_RowOfAFieldWithoutADescription(t *testing.T) {
	t.Parallel()
	w := &writer{all: library{}, name: "request.schema.json"}
	w.row("limits.batch", "", node{Type: "integer"}, false)
	require.Equal(t, []string{"limits.batch: has no description in request.schema.json"}, w.missing)
	w.row("limits.queue", "", node{Ref: "#/$defs/nothing"}, false)
	require.Len(t, w.missing, 2)
}
