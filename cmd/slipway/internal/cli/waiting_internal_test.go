package cli

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

// What fails again in the same way has a line once; data has all of it.
func TestWaiting_WhatNeedsTheSameIsToldOnce(t *testing.T) {
	t.Parallel()
	help := func(text string) []any {
		return []any{[]releases.Waiting{{Need: release.NeedHelp, ID: id, Text: text}}}
	}
	confirm := func(text string) []any {
		return []any{[]releases.Waiting{{Need: release.NeedConfirm, ID: id, Text: text}}}
	}
	for name, c := range map[string]struct {
		first, then []any
		// lines is how many lines tell of the change, and data how many of data do.
		lines, data int
	}{
		"another request": {help("away (request 6F2D)"), help("away (request 0DE1)"), 0, 1},
		"another failure": {help("away (request 6F2D)"), help("busy (request 6F2D)"), 1, 1},
		"another batch":   {confirm("confirmation of batch 1 of 3"), confirm("confirmation of batch 2 of 3"), 1, 1},
		"another need":    {help("away (request 6F2D)"), confirm("confirmation of batch 1 of 3"), 2, 2},
	} {
		for format, want := range map[render.Format]int{render.FormatTable: c.lines, render.FormatJSON: c.data} {
			t.Run(name+" "+string(format), func(t *testing.T) {
				t.Parallel()
				require.Equal(t, want, waitingLines(t, format, slices.Concat(c.first, c.then)...)-waitingLines(t, format, c.first...))
			})
		}
	}
}

// waitingLines is how many lines a list prints that is watched for so many reads.
func waitingLines(t *testing.T, format render.Format, reads ...any) int {
	t.Helper()
	lines := 0
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancelCause(t.Context())
		defer end(nil)
		call, out, _ := listCall(format)
		require.NoError(t, waitingList(readsOf[releases.Waiting](end, reads...)).watch(ctx, call))
		lines = strings.Count(out.String(), "\n")
	})
	return lines
}
