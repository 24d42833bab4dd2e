package render_test

import (
	"strings"
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
			Need: release.NeedPlatformApproval, Text: "the platform's approval of change c-1", Subject: releases.SubjectRelease, ID: "r-qrstuvwxyzabcdef",
			App: "sae/cn-hangzhou/7171a6cc", AppName: "mail",
			Next: []release.NextStep{{Verb: release.NextPlatformApprove, Does: "approve change c-1 in the platform's console", Needed: true}},
		},
		{
			Need: release.NeedHelp, Text: "it stands still: SAE is away; what helps: wait; if it lasts, ask", Subject: releases.SubjectRelease, ID: "r-stalled234567ab",
			App: "sae/cn-hangzhou/7171a6cd", Since: at(25),
			Next: []release.NextStep{
				{Verb: release.NextHelp, Does: "wait; if it lasts, ask", Needed: true},
				{Verb: release.NextPause, Command: "slipway release pause r-stalled234567ab", Does: "lets nothing new begin"},
				{Verb: release.NextAbort, Command: "slipway release abort r-stalled234567ab", Does: "stops it"},
			},
		},
	}
}

func TestRender_Waiting(t *testing.T) {
	t.Parallel()
	golden(t, "waiting.golden", render.Waiting(needing(), at(30), render.Style{}))
}

// What stands below "Next" can be copied into a shell as it stands, whatever there is room for.
func TestRender_WaitingOffersCommandsOnly(t *testing.T) {
	t.Parallel()
	for _, style := range []render.Style{{}, {Width: 60}, {Width: 80}, {Width: 120}, {Height: 24, Width: 80}} {
		text := render.Waiting(needing(), at(30), style)
		_, below, found := strings.Cut(text, "\nNext:\n")
		require.True(t, found, "%+v: %s", style, text)
		commands, byHand, found := strings.Cut(below, "\nBy hand:\n")
		require.True(t, found, "%+v: %s", style, text)
		require.NotContains(t, commands, "console", "%+v", style)
		require.NotContains(t, commands, "wait; if it lasts", "%+v: the need says it", style)
		require.Contains(t, byHand, "r-qrstuvwxyzabcdef", "%+v", style)
		require.Contains(t, byHand, "approve change c-1", "%+v", style)
		require.NotContains(t, byHand, "slipway ", "%+v", style)
	}
}

func TestRender_WaitingLine(t *testing.T) {
	t.Parallel()
	all := needing()
	require.Equal(t, "r-abcdefghijklmnop ॥ confirmation of batch 1 of 2; next: slipway release confirm r-abcdefghijklmnop --batch 1  (lets batch 2 of 2 begin)", render.WaitingLine(all[0], nil))
	require.Contains(t, render.WaitingLine(all[2], nil), "r-qrstuvwxyzabcdef of mail ॥ ")
	require.Equal(t, "r-stalled234567ab ॥ it stands still: SAE is away; what helps: wait; if it lasts, ask; next: slipway release pause r-stalled234567ab  (lets nothing new begin)", render.WaitingLine(all[3], nil))
	require.Equal(t, "lane sae/cn-hangzhou/7171a6cb ॥ the lane is held by mei: migration; next: slipway lane resume sae/cn-hangzhou/7171a6cb  (lets releases begin again)", render.WaitingLine(all[1], nil))
}

// What no command does stands apart from the commands of a release, too, and before them.
func TestRender_ByHandIsNoCommand(t *testing.T) {
	t.Parallel()
	p := release.Progress{
		ReleaseID: "r-qrstuvwxyzabcdef", Phase: release.PhaseAwaitingPlatformApproval, ChangeID: "c-1",
		App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "7171a6cc"},
	}
	require.Contains(t, render.Tree(p, at(30), render.Style{}),
		"\nBy hand:   approve change c-1 of sae/cn-hangzhou/7171a6cc in the platform's console\nNext:      slipway release pause r-qrstuvwxyzabcdef\n")
}

// What is of no use any more is not offered.
func TestRender_OutdatedStepsAreNotOffered(t *testing.T) {
	t.Parallel()
	p := release.Progress{
		ReleaseID: "r-qrstuvwxyzabcdef", Phase: release.PhaseSucceeded, Operation: release.OperationRelease,
		App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "7171a6cc"},
	}
	require.Contains(t, render.Tree(p, at(30), render.Style{}), "slipway rollback sae/cn-hangzhou/7171a6cc")
	require.NotContains(t, render.Tree(p, at(30), render.Style{Outdated: []release.NextVerb{release.NextReturn}}), "slipway rollback")
}

// What brings no other version has no strategy, whatever its default is.
func TestRender_ARestartHasNoStrategy(t *testing.T) {
	t.Parallel()
	p := release.Progress{ReleaseID: "r-qrstuvwxyzabcdef", Phase: release.PhaseQueued, Strategy: release.Strategy{Type: release.StrategyAll}}
	for operation, want := range map[release.Operation]bool{
		release.OperationRelease: true, release.OperationRollback: true, release.OperationRestart: false, release.OperationRescale: false,
	} {
		p.Operation = operation
		require.Equal(t, want, strings.Contains(render.Tree(p, at(30), render.Style{}), "Strategy:"), operation)
	}
}

// A rule that was switched off by hand without an end says who did it, and what ends it.
func TestRender_ARuleThatWasSwitchedOffByHand(t *testing.T) {
	t.Parallel()
	text := render.RuleStates([]releases.RuleState{{
		ScalingRule: release.ScalingRule{Name: "night"}, Held: &releases.RuleHold{By: "mei", Reason: "load test", Since: at(10)},
	}}, render.Style{})
	require.Contains(t, text, "by hand (mei)   slipway scaling enable   ")
}
