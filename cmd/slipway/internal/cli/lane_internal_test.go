package cli

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

// A lane of which nothing is known is not shown like one that is idle.
func TestLane_UnknownLane(t *testing.T) {
	t.Parallel()
	app1 := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}
	for f, want := range map[render.Format]string{
		render.FormatTable: "Lane:   ? unknown",
		render.FormatJSON:  `"unknown": "no worker answers"`,
		render.FormatYAML:  "unknown: no worker answers",
	} {
		var out bytes.Buffer
		a := &app{Env: Env{Stdout: &out}}
		err := a.printUnknownLane(&call{format: f}, releases.ShownLane{LaneState: release.LaneState{App: app1}, Unknown: "no worker answers"})
		require.EqualError(t, err, "lane sae/cn-hangzhou/app-1: no worker answers")
		require.Equal(t, exitError, exitCode(err))
		require.Contains(t, out.String(), want)
		require.NotContains(t, out.String(), "idle")
		if f == render.FormatJSON {
			var shown map[string]any
			require.NoError(t, json.Unmarshal(out.Bytes(), &shown))
			require.Len(t, shown, 2)
		}
	}
}

// The lane keeps the first hold, and who holds it again is told so.
func TestLane_HeldBefore(t *testing.T) {
	t.Parallel()
	held := release.LaneState{Held: &release.Hold{By: "ann", Reason: "migration", Since: time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC)}}
	const already = "held already by ann, since 2026-11-22T20:35:00Z: migration; the new reason is not taken"
	require.Equal(t, already, heldBefore(release.UpdateHold, release.LaneCommand{By: "mei", Reason: "sale"}, held, render.Style{}))
	require.Equal(t, already, heldBefore(release.UpdateHold, release.LaneCommand{By: "ann", Reason: "sale"}, held, render.Style{}))
	require.Empty(t, heldBefore(release.UpdateHold, release.LaneCommand{By: "ann", Reason: "migration"}, held, render.Style{}))
	require.Empty(t, heldBefore(release.UpdateDrop, release.LaneCommand{By: "mei"}, held, render.Style{}))
}

func TestLaneNotes(t *testing.T) {
	t.Parallel()
	sick := releases.Partial{Reason: releases.PartialFailing, Message: "panic"}
	late := releases.Partial{Reason: releases.PartialNoAnswer, Message: "late"}
	require.Equal(t, []string{"a: panic", "c: late"}, laneNotes([]releases.LaneStatus{
		{App: "a", Partial: sick}, {App: "b", Partial: sick}, {App: "c", Partial: late}, {App: "d", State: &release.LaneState{}},
	}))
}

func TestLaneHold_NeverReleased(t *testing.T) {
	t.Parallel()
	const none = "Temporal remembers no release of this application"
	require.Equal(t, none+"; to hold its lane all the same, add --force", forced(none))
	require.Equal(t, none+"; did you mean sae/r/shop? To hold its lane all the same, add --force", forced(none+"; did you mean sae/r/shop?"))
}
