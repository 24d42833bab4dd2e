package render_test

import (
	"testing"

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
			ReleaseID: "r-a", Artifact: image("1.4.1"), Accepted: true, StartedAt: at(1), Outcome: release.PhaseSucceeded,
			Progress: release.Progress{Operation: release.OperationRelease, Phase: release.PhaseSucceeded},
		},
	}, render.Style{}))
}
