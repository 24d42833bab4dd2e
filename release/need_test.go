package release_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestNeed is the whole table: what a release needs of a person, in every phase and for everything
// that is awaited.
func TestNeed(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	const soon, long = time.Minute, release.OtherChangePatience
	waits := func(a release.Awaiting) func(*release.Progress) {
		return func(p *release.Progress) {
			a.Since = since
			p.Awaiting = &a
		}
	}
	other := release.Awaiting{Kind: release.AwaitOtherChange, ChangeID: "c-9"}
	stuck, own := other, other
	stuck.Stuck, own.ChangeID = true, "c-1"
	stop := release.Awaiting{Kind: release.AwaitFreeze, Freeze: "incident-42", Stop: true}
	tests := []struct {
		name  string
		phase release.Phase
		as    func(*release.Progress)
		after time.Duration
		want  release.NeedKind
		text  string
	}{
		{"queued", release.PhaseQueued, waits(release.Awaiting{Kind: release.AwaitQueue}), long, "", ""},
		{"preparing", release.PhasePreparing, nil, long, "", ""},
		{"rolling out", release.PhaseRollingOut, nil, long, "", ""},
		{"confirm", release.PhaseAwaitingConfirm, waits(release.Awaiting{Kind: release.AwaitConfirm, Batch: 1}), 0, release.NeedConfirm, "confirmation of batch 1 of 2"},
		{"confirm, partial", release.PhaseAwaitingConfirm, nil, 0, release.NeedConfirm, "confirmation of a batch"},
		{"approval", release.PhaseAwaitingApproval, func(p *release.Progress) {
			waits(release.Awaiting{Kind: release.AwaitApproval})(p)
			p.Approval = twoOf("ann", "li", "mei")
			p.Approval.Take(release.Decision{By: "li"})
		}, 0, release.NeedApproval, "approval by 2 of ann, li, mei, not whoever asked for it; approved by li, 1 missing"},
		{"approval of a batch", release.PhaseAwaitingConfirm, func(p *release.Progress) {
			waits(release.Awaiting{Kind: release.AwaitApproval, Batch: 1})(p)
			p.Approval = &release.ApprovalState{Approval: release.Approval{Count: 1, Verified: true}, Batch: 1, AskedAt: since}
		}, 0, release.NeedApproval, "approval of batch 1 of 2 by 1 person, with a verified identity; nobody has approved yet"},
		{"approval, partial", release.PhaseAwaitingApproval, nil, 0, release.NeedApproval, "approval"},
		{"platform's approval", release.PhaseAwaitingPlatformApproval, waits(release.Awaiting{Kind: release.AwaitPlatformApproval}), 0, release.NeedPlatformApproval, "the platform's approval of change c-1"},
		{"paused", release.PhasePaused, func(p *release.Progress) {
			waits(release.Awaiting{Kind: release.AwaitResume})(p)
			p.Paused, p.Decisions = true, []release.Decision{{Kind: release.CommandPause, By: "mei", At: since, Note: "the logs"}}
		}, 0, release.NeedResume, "paused by mei: the logs"},
		{"paused while a batch waits", release.PhaseAwaitingConfirm, func(p *release.Progress) {
			waits(release.Awaiting{Kind: release.AwaitConfirm, Batch: 1})(p)
			p.Paused = true
		}, 0, release.NeedResume, "paused"},
		{"paused, partial", release.PhasePaused, nil, 0, release.NeedResume, "paused"},
		{"paused, then aborted", release.PhaseRollingOut, func(p *release.Progress) {
			p.Paused = true
			p.Decisions = []release.Decision{{Kind: release.CommandPause, By: "mei"}, {Kind: release.CommandAbort, By: "mei"}}
		}, 0, "", ""},
		{"stalled", release.PhaseRollingOut, func(p *release.Progress) {
			p.Stalled = &release.Stall{Doing: "sae.Observe", Fault: release.FaultUnavailable, Failure: "SAE is away", Since: since}
		}, 0, release.NeedHelp, "it stands still: SAE is away; what helps: wait; if it lasts, find out whether the workers reach what they ask"},
		{"a short change of somebody else", release.PhasePreparing, waits(other), soon, "", ""},
		{"one that lasts", release.PhasePreparing, waits(other), long, release.NeedOtherChange, "the end of change c-9, begun elsewhere, which has not ended for long"},
		{"one that waits for somebody", release.PhasePreparing, waits(stuck), 0, release.NeedOtherChange, "the end of change c-9, begun elsewhere, which waits for somebody"},
		{"its own that hangs", release.PhaseRollingBack, waits(own), long, release.NeedOtherChange, "the end of its own change c-1, which has not ended for long"},
		{"one without a name", release.PhasePreparing, waits(release.Awaiting{Kind: release.AwaitOtherChange}), long, release.NeedOtherChange, "the end of an unfinished change of the application, which has not ended for long"},
		{"a freeze that ends", release.PhasePaused, waits(release.Awaiting{Kind: release.AwaitFreeze, Freeze: "nights", Until: since.Add(time.Hour)}), long, "", ""},
		{"a stop", release.PhasePaused, func(p *release.Progress) {
			waits(stop)(p)
			p.Reason = "held by freeze incident-42: the database is down"
		}, 0, release.NeedFreeze, "somebody to lift stop incident-42: held by freeze incident-42: the database is down"},
		{"a freeze without an end", release.PhasePaused, waits(release.Awaiting{Kind: release.AwaitFreeze, Freeze: "nights"}), 0, release.NeedFreeze, "the end of a freeze"},
		{"bake", release.PhaseRollingOut, waits(release.Awaiting{Kind: release.AwaitBake, Batch: 1}), long, "", ""},
		{"gates", release.PhaseRollingOut, waits(release.Awaiting{Kind: release.AwaitGates, Batch: 1}), long, "", ""},
		{"schedule", release.PhaseRollingOut, waits(release.Awaiting{Kind: release.AwaitSchedule, Batch: 1}), long, "", ""},
		{"running a job", release.PhaseRunning, nil, long, "", ""},
		{"finalizing", release.PhaseFinalizing, nil, long, "", ""},
		{"watching", release.PhaseWatching, waits(release.Awaiting{Kind: release.AwaitWatch, Batch: 2}), long, "", ""},
		{"a watch that was not conclusive", release.PhaseAwaitingConfirm, func(p *release.Progress) {
			waits(release.Awaiting{Kind: release.AwaitConfirm, Batch: 2})(p)
			p.Strategy.Watch = &release.Watch{}
		}, 0, release.NeedConfirm, "a decision about the new version, whose watch was not conclusive"},
		{"rolling back", release.PhaseRollingBack, nil, long, "", ""},
		{"succeeded", release.PhaseSucceeded, nil, long, "", ""},
		{"rolled back", release.PhaseRolledBack, nil, long, "", ""},
		{"aborted", release.PhaseAborted, nil, long, "", ""},
		{"failed", release.PhaseFailed, nil, long, "", ""},
		{"needs attention", release.PhaseNeedsAttention, nil, long, "", ""},
	}
	phases, kinds := map[release.Phase]bool{}, map[release.AwaitKind]bool{}
	var needs []release.NeedKind
	for _, tt := range tests {
		p := atNext(tt.phase, tt.as)
		phases[p.Phase] = true
		if p.Awaiting != nil {
			kinds[p.Awaiting.Kind] = true
		}
		need, needed := p.Need(since.Add(tt.after))
		require.Equal(t, tt.want != "", needed, tt.name)
		require.Equal(t, tt.want, need.Kind, tt.name)
		require.Equal(t, tt.text, need.Text, tt.name)
		if p.Awaiting != nil && needed {
			require.Equal(t, since, need.Since, tt.name)
			require.NotEmpty(t, release.Next(p), "%s: what is needed can be done", tt.name)
		}
		if needed && !slices.Contains(needs, need.Kind) {
			needs = append(needs, need.Kind)
		}
	}
	require.ElementsMatch(t, release.UnderWayNeeds(), needs)
	require.Len(t, phases, len(release.Phases()), "a phase has no row")
	require.Len(t, kinds, len(awaitKinds()), "something that is awaited has no row")
}
