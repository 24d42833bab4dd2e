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

// Without a worker nobody knows whether something waits: that is not said, and the code is not that
// of a list that is whole.
func TestWaiting_WithoutAWorkerNothingIsClaimed(t *testing.T) {
	t.Parallel()
	silent := releases.Partial{Reason: releases.PartialNoWorker, Message: "no worker answers (task queue slipway)"}
	known := []releases.Waiting{{Need: release.NeedConfirm, ID: id, Text: "confirmation of a batch"}}
	for name, c := range map[string]struct {
		list releases.WaitingList
		err  error
		none bool
		code int
		told string
	}{
		"all is known":            {releases.WaitingList{}, nil, true, exitOK, ""},
		"no worker answers":       {releases.WaitingList{Partial: silent, Asked: 1}, nil, false, exitTimeout, silent.Message},
		"what Temporal knows":     {releases.WaitingList{Partial: silent, Asked: 1, Found: known}, nil, false, exitTimeout, silent.Message},
		"nothing was to be asked": {releases.WaitingList{}, &releases.NoWorkerError{Queue: "slipway"}, false, exitTimeout, "no worker answers"},
		"one does not answer":     {releases.WaitingList{Partial: releases.Partial{Reason: releases.PartialNoAnswer, Message: "1 did not answer"}}, nil, true, exitOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, out, told := listCall(render.FormatTable)
			err := waitingList(func(context.Context) (found[releases.Waiting], error) { return whatWaits(c.list, c.err) }).print(t.Context(), call)
			require.Equal(t, c.code, exitCode(err))
			require.Equal(t, c.none, strings.Contains(told.String(), "nothing waits for a person"))
			require.Equal(t, len(c.list.Found) > 0, out.Len() > 0)
			if c.told != "" {
				require.ErrorContains(t, err, c.told)
				require.Empty(t, told.String(), "it is told once")
			}
			w := listWatch[releases.Waiting]{list: waitingList(nil), call: call, screen: call.app.screen(call.cmd)}
			told.Reset()
			now, err := whatWaits(c.list, c.err)
			require.NoError(t, w.update(now, err))
			require.Equal(t, c.none, strings.Contains(told.String(), "nothing waits for a person"))
			require.Equal(t, c.none, strings.Contains(w.picture(), "nothing waits for a person"))
		})
	}
}
