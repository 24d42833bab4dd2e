package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/release"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	image := func(tag string) release.Artifact { return release.Artifact{Image: "registry.example/shop:" + tag} }
	golden(t, "history.golden", render.History([]ledger.Record{
		{ReleaseID: "r-e", RequestedAt: at(9), Artifact: image("1.4.3"), RequestedBy: "ci"},
		{ReleaseID: "r-d", RequestedAt: at(8), Artifact: image("1.4.3"), Accepted: true},
		{ReleaseID: "r-c", RequestedAt: at(7), Accepted: true, Progress: release.Progress{Operation: release.OperationRestart, Phase: release.PhaseRollingOut}},
		{
			ReleaseID: "r-b", RequestedAt: at(5), Artifact: image("1.4.2"), Accepted: true, RequestedBy: "mei", Outcome: release.PhaseAborted,
			Progress: release.Progress{Operation: release.OperationRelease, Phase: release.PhaseAborted, Reason: "aborted by mei: 订单金额不对\x1b[2J"},
		},
		{
			ReleaseID: "r-f", Artifact: image("1.4.1"), Accepted: true, StartedAt: at(3), Outcome: release.PhaseRolledBack, Cut: release.Cut{Settings: 1},
			Progress: release.Progress{
				Operation: release.OperationRelease, Phase: release.PhaseRolledBack, OnlyConfig: true, Settings: settings(),
			},
		},
		{
			ReleaseID: "r-a", Artifact: image("1.4.1"), Accepted: true, StartedAt: at(1), Outcome: release.PhaseSucceeded,
			Progress: release.Progress{Operation: release.OperationRelease, Phase: release.PhaseSucceeded},
		},
	}, render.Style{}))
}

// What people have given as a reason is shown once, whatever it was given with.
func TestHistory_Notes(t *testing.T) {
	t.Parallel()
	abort := release.Decision{Kind: release.CommandAbort, By: "mei", At: at(9), Via: release.ViaUpdate, Note: "errors"}
	late := abort
	late.Refused = "it came too late"
	for name, c := range map[string]struct {
		p    release.Progress
		want string
	}{
		"none":                           {release.Progress{Decisions: []release.Decision{{Kind: release.CommandPause, By: "mei"}}}, ""},
		"of the release":                 {release.Progress{Note: "fix rounding"}, "fix rounding"},
		"of an abort that is the reason": {release.Progress{Phase: release.PhaseAborted, Reason: "aborted by mei: errors", Decisions: []release.Decision{abort}}, "aborted by mei: errors"},
		"of an abort that the reason puts in other words": {
			release.Progress{Phase: release.PhaseRolledBack, Reason: "stopped by mei (errors)", Decisions: []release.Decision{abort}}, "stopped by mei (errors)",
		},
		"of a note that the reason happens to quote": {
			release.Progress{
				Phase: release.PhaseAborted, Reason: "aborted by mei: as ann: orders", Decisions: []release.Decision{
					{Kind: release.CommandPause, By: "ann", Note: "orders"}, {Kind: release.CommandAbort, By: "mei", Note: "as ann: orders"},
				},
			},
			"aborted by mei: as ann: orders   pause by ann: orders",
		},
		"of an abort":         {release.Progress{Reason: "what runs is not known", Decisions: []release.Decision{abort}}, "what runs is not known   abort by mei: errors"},
		"of what was refused": {release.Progress{Decisions: []release.Decision{late}}, ""},
		"of several": {
			release.Progress{Note: "fix rounding", Decisions: []release.Decision{
				{Kind: release.CommandConfirm, Batch: 1, By: "ann", At: at(3), Note: "orders look right"},
				{Kind: release.CommandOverride, By: "li", Via: release.ViaRequest, Note: "orders are lost"},
				{Kind: release.CommandRollback, Version: "v-7", By: "mei", Note: "since 2026-11-22T19:00:00Z"},
			}},
			"fix rounding; confirm batch 1 by ann: orders look right; override by li: orders are lost; rollback to version v-7 by mei: since 2026-11-22T19:00:00Z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, row, _ := strings.Cut(render.History([]ledger.Record{{ReleaseID: "r-a", RequestedAt: at(1), Accepted: true, Progress: c.p}}, render.Style{}), "\n")
			_, told, _ := strings.Cut(row, "r-a")
			require.Equal(t, c.want, strings.TrimSpace(told))
		})
	}
}

// The history of all environments says which one each release was of, and how long it took.
func TestHistoryOf_Environments(t *testing.T) {
	t.Parallel()
	staging := release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop-staging"}
	record := ledger.Record{
		ReleaseID: "r-a", App: staging.WithDefaults(), RequestedAt: at(1), EndedAt: at(4), Accepted: true, Outcome: release.PhaseSucceeded, RequestedBy: "ci",
		Identity: ledger.Identity{Source: "https://ci.example/shop", EventID: "build-42"},
	}
	drawn := render.HistoryOf([]ledger.Record{record}, map[release.App]string{staging: "staging"}, render.Style{})
	require.Contains(t, drawn, "ENVIRONMENT")
	require.Contains(t, drawn, "staging")
	require.Contains(t, drawn, "3m")
	require.NotContains(t, drawn, "build-42")
	wide := render.History([]ledger.Record{record}, render.Style{Wide: true})
	require.NotContains(t, wide, "ENVIRONMENT")
	require.Contains(t, wide, "https://ci.example/shop build-42")
	require.Contains(t, wide, "3m")
}
