package render_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

func needing() []releases.Waiting {
	return []releases.Waiting{
		{
			Need: release.NeedConfirm, Text: "confirmation of batch 1 of 2", Subject: releases.SubjectRelease, ID: "r-abcdefghijklmnop", Since: at(10), Until: at(90),
			App: "sae/cn-hangzhou/7171a6ca", Artifact: "registry.example/shop:2", RequestedBy: "ann",
			Next: []release.NextStep{
				{Verb: release.NextConfirm, Command: "slipway release confirm r-abcdefghijklmnop --batch 1", Does: "lets batch 2 of 2 begin", Needed: true},
				{Verb: release.NextPause, Command: "slipway release pause r-abcdefghijklmnop", Does: "lets nothing new begin"},
				{Verb: release.NextAbort, Command: "slipway release abort r-abcdefghijklmnop", Does: "stops it"},
			},
		},
		{
			Need: release.NeedLane, Text: "the lane is held by mei: migration", Subject: releases.SubjectLane, Since: at(20),
			App: "sae/cn-hangzhou/7171a6cb", RequestedBy: "mei",
			Next: []release.NextStep{{Verb: release.NextResumeLane, Command: "slipway lane resume sae/cn-hangzhou/7171a6cb", Does: "lets releases begin again", Needed: true}},
		},
		{
			Need: release.NeedApproval, Text: "the platform's approval of change c-1", Subject: releases.SubjectRelease, ID: "r-qrstuvwxyzabcdef",
			App: "sae/cn-hangzhou/7171a6cc", AppName: "mail",
			Next: []release.NextStep{{Verb: release.NextApprove, Does: "approve change c-1 in the platform's console", Needed: true}},
		},
	}
}

func TestRender_Waiting(t *testing.T) {
	t.Parallel()
	golden(t, "waiting.golden", render.Waiting(needing(), at(30), render.Style{}))
}

func TestRender_WaitingLine(t *testing.T) {
	t.Parallel()
	all := needing()
	require.Equal(t, "r-abcdefghijklmnop ॥ confirmation of batch 1 of 2; next: slipway release confirm r-abcdefghijklmnop --batch 1  (lets batch 2 of 2 begin)", render.WaitingLine(all[0], nil))
	require.Contains(t, render.WaitingLine(all[2], nil), "r-qrstuvwxyzabcdef of mail ॥ ")
	require.Equal(t, "lane sae/cn-hangzhou/7171a6cb ॥ the lane is held by mei: migration; next: slipway lane resume sae/cn-hangzhou/7171a6cb  (lets releases begin again)", render.WaitingLine(all[1], nil))
}
