package release_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestCommand_Admit(t *testing.T) {
	t.Parallel()
	parked := release.Progress{
		ReleaseID: "r-1", Phase: release.PhaseAwaitingConfirm,
		Batches:  []release.Batch{{Number: 1}, {Number: 2}, {Number: 3}},
		Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2},
		Decisions: []release.Decision{
			{Kind: release.CommandConfirm, Batch: 1, By: "ann"},
			{Kind: release.CommandConfirm, Batch: 3, By: "bob", Refused: "too early"},
		},
	}
	in := func(p release.Phase) release.Progress { return release.Progress{ReleaseID: "r-1", Phase: p} }
	baking := parked
	baking.Awaiting = &release.Awaiting{Kind: release.AwaitBake, Batch: 2}
	aborting := in(release.PhaseRollingBack)
	aborting.Decisions = []release.Decision{{Kind: release.CommandAbort, By: "ann"}}
	confirm := func(batch int) release.Command {
		return release.Command{Kind: release.CommandConfirm, Batch: batch, By: "ann"}
	}
	abort := release.Command{Kind: release.CommandAbort, By: "ann"}
	say := func(kind release.CommandKind) release.Command { return release.Command{Kind: kind, By: "ann"} }
	with := func(c release.Command, change func(*release.Command)) release.Command {
		change(&c)
		return c
	}
	paused := parked
	paused.Paused = true
	paused.Decisions = []release.Decision{{Kind: release.CommandPause, ID: "c-1"}}
	resumed := parked
	resumed.Decisions = []release.Decision{{Kind: release.CommandPause, ID: "c-1"}, {Kind: release.CommandResume, ID: "c-2"}}
	bound := parked
	bound.Artifact, bound.ChangeID = release.Artifact{Image: "shop:2"}, "order-1"
	givingWay := in(release.PhaseRollingOut)
	givingWay.Decisions = []release.Decision{{Kind: release.CommandAbort, AtSafePoint: true}}
	overridden := in(release.PhasePaused)
	overridden.Decisions = []release.Decision{{Kind: release.CommandOverride}}
	all := release.Command{Kind: release.CommandConfirm, All: true, ID: "c-9", Artifact: "shop:2", ChangeID: "order-1", By: "ann"}
	rolling := bound
	rolling.Phase, rolling.Awaiting = release.PhaseRollingOut, nil
	rolling.Batches = []release.Batch{{State: release.BatchConfirmed}, {State: release.BatchRunning}, {State: release.BatchPending}}
	of := func(p release.Progress, change func(*release.Progress)) release.Progress {
		p = p.Clone()
		change(&p)
		return p
	}
	watched := func(in release.Phase, a *release.Awaiting) release.Progress {
		return of(rolling, func(p *release.Progress) {
			p.Phase, p.Awaiting, p.Strategy.Watch = in, a, &release.Watch{For: release.Duration(time.Hour)}
		})
	}
	watching := watched(release.PhaseWatching, &release.Awaiting{Kind: release.AwaitWatch, Batch: 3})
	standing := of(rolling, func(p *release.Progress) {
		p.Decisions = []release.Decision{
			{Kind: release.CommandConfirm, ID: "c-8", All: true, ChangeID: "order-1", By: "bob"},
			{Kind: release.CommandConfirm, ID: "c-8", All: true, Batch: 1, ChangeID: "order-1", By: "bob"},
		}
	})
	tests := []struct {
		name     string
		p        release.Progress
		c        release.Command
		repeated bool
		refusal  string
	}{
		{"pause", parked, say(release.CommandPause), false, ""},
		{"pause twice", paused, say(release.CommandPause), true, ""},
		{"pause again after a resume", resumed, say(release.CommandPause), false, ""},
		{"the same pause that comes again late", resumed, with(say(release.CommandPause), func(c *release.Command) { c.ID = "c-1" }), true, ""},
		{"pause a queued release", in(release.PhaseQueued), say(release.CommandPause), false, "hold its lane instead"},
		{"pause the way back", in(release.PhaseRollingBack), say(release.CommandPause), false, "rolling back already"},
		{"resume", paused, say(release.CommandResume), false, ""},
		{"resume what is not paused", parked, say(release.CommandResume), false, "is not paused"},
		{"confirm while paused", paused, confirm(2), false, "resume it first"},
		{"rollback", bound, say(release.CommandRollback), false, ""},
		{"rollback before anything was begun", in(release.PhasePreparing), say(release.CommandRollback), false, "nothing was begun yet"},
		{"override", in(release.PhasePaused), say(release.CommandOverride), false, ""},
		{"override twice", overridden, say(release.CommandOverride), true, ""},
		{"abort at once after one at a safe point", givingWay, abort, false, ""},
		{"abort at a safe point twice", givingWay, with(abort, func(c *release.Command) { c.AtSafePoint = true }), true, ""},
		{"bound to what is released", bound, with(confirm(2), func(c *release.Command) { c.Artifact, c.ChangeID = "shop:2", "order-1" }), false, ""},
		{"bound to something else", bound, with(confirm(2), func(c *release.Command) { c.Artifact = "shop:1" }), false, "about another artifact; the release brings shop:2"},
		{"bound to another change", bound, with(confirm(2), func(c *release.Command) { c.ChangeID = "order-0" }), false, "about change order-0"},
		{"the waiting batch", parked, confirm(2), false, ""},
		{"a batch confirmed before", parked, confirm(1), true, ""},
		{"a batch that was refused before", parked, confirm(3), false, "batch 3 does not wait for a confirmation: batch 2 does"},
		{"a batch that does not exist", parked, confirm(4), false, "there is no batch 4: the release has 3"},
		{"while the batch bakes", baking, confirm(2), false, "batch 2 does not wait for a confirmation: the release is AwaitingConfirm"},
		{"while it rolls out", in(release.PhaseRollingOut), confirm(1), false, "the release is RollingOut"},
		{"after the end", in(release.PhaseSucceeded), confirm(1), false, "release r-1 has ended: Succeeded"},
		{"abort a parked release", parked, abort, false, ""},
		{"abort a queued release", in(release.PhaseQueued), abort, false, ""},
		{"abort twice", aborting, abort, true, ""},
		{"abort while it rolls back by itself", in(release.PhaseRollingBack), abort, false, "rolling back already"},
		{"abort when it is done but for the rules", in(release.PhaseFinalizing), abort, false, "runs everywhere already"},
		{"abort after the end", in(release.PhaseAborted), abort, false, "has ended"},
		{"all, while a batch waits", bound, all, false, ""},
		{"all, while a batch is in progress", rolling, all, false, ""},
		{"all twice", standing, all, true, ""},
		{"all twice, of which one was refused", of(standing, func(p *release.Progress) { p.Decisions[0].Refused = "no" }), all, false, ""},
		{"all twice, while paused", of(standing, func(p *release.Progress) { p.Paused = true }), all, true, ""},
		{"all again, for a batch that it did not pass", of(standing, func(p *release.Progress) {
			p.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2}
		}), all, false, ""},
		{"the same word for all, while a batch waits", of(standing, func(p *release.Progress) {
			p.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2}
		}), with(all, func(c *release.Command) { c.ID = "c-8" }), true, ""},
		{"all of a change that was replaced", of(standing, func(p *release.Progress) { p.ChangeID = "order-2" }), all, false, "the release is at \"order-2\""},
		{"all of the change after it", of(standing, func(p *release.Progress) { p.ChangeID = "order-2" }), with(all, func(c *release.Command) { c.ChangeID = "order-2" }), false, ""},
		{"all of something else", bound, with(all, func(c *release.Command) { c.Artifact = "shop:1" }), false, "about another artifact"},
		{"all before a change was begun", of(bound, func(p *release.Progress) { p.Phase, p.ChangeID = release.PhasePreparing, "" }), all, false, "about change order-1"},
		{"all while paused", of(bound, func(p *release.Progress) { p.Paused = true }), all, false, "resume it first"},
		{"all while a freeze holds it", of(bound, func(p *release.Progress) {
			p.Phase, p.Awaiting = release.PhasePaused, &release.Awaiting{Kind: release.AwaitFreeze}
			p.Batches[2].State = release.BatchPending
		}), all, false, ""},
		{"all while the last batch is in progress", of(rolling, func(p *release.Progress) { p.Batches[2].State = release.BatchRunning }), all, false, "no batch is left to confirm"},
		{"all of batches that nobody confirms", of(rolling, func(p *release.Progress) { p.Strategy.Confirm = release.ConfirmAuto }), all, false, "each begins by itself"},
		{"all, where a gate asks a person", of(bound, func(p *release.Progress) { p.Strategy.Confirm = release.ConfirmAuto }), all, false, ""},
		{"all on the way back", of(rolling, func(p *release.Progress) { p.Phase = release.PhaseRollingBack }), all, false, "rolling back already"},
		{"all when it is done but for the rules", of(rolling, func(p *release.Progress) { p.Phase = release.PhaseFinalizing }), all, false, "runs everywhere already"},
		{"all of what is being aborted", of(rolling, func(p *release.Progress) { p.Decisions = []release.Decision{{Kind: release.CommandAbort}} }), all, false, "being aborted"},
		{"a batch that all has let pass", standing, confirm(1), true, ""},
		{"pause what all was confirmed of", standing, say(release.CommandPause), false, ""},
		{"abort when it is done but for the rules, and is to be watched", watched(release.PhaseFinalizing, nil), abort, false, ""},
		{"pause when it is done but for the rules, and is to be watched", watched(release.PhaseFinalizing, nil), say(release.CommandPause), false, "runs everywhere already"},
		{"abort what is watched", watching, abort, false, ""},
		{"abort what is watched, by its lane", watching, with(abort, func(c *release.Command) { c.AtSafePoint, c.Via = true, release.ViaLane }), false, "gives way to the next release"},
		{"abort what is watched, at a safe point", watching, with(abort, func(c *release.Command) { c.AtSafePoint = true }), false, ""},
		{"roll back what is watched", watching, say(release.CommandRollback), false, ""},
		{"end the watch", watching, confirm(3), false, ""},
		{"end the watch as of another batch", watching, confirm(2), false, "confirm batch 3 to end the watch"},
		{"all of what is watched", watching, all, false, "no batch is left to confirm"},
		{"pause what is watched", watching, say(release.CommandPause), false, "nothing is left to hold back"},
		{"resume what is watched", watching, say(release.CommandResume), false, "not paused: it is Watching"},
		{"override for what is watched", watching, say(release.CommandOverride), false, "no freeze holds the release any more"},
		{"pause what waits for a person after its watch", watched(release.PhaseAwaitingConfirm, &release.Awaiting{Kind: release.AwaitConfirm, Batch: 3}), say(release.CommandPause), false, "nothing is left"},
		{"confirm what waits for a person after its watch", watched(release.PhaseAwaitingConfirm, &release.Awaiting{Kind: release.AwaitConfirm, Batch: 3}), confirm(3), false, ""},
		{"pause a batch before the watch", watched(release.PhaseAwaitingConfirm, &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2}), say(release.CommandPause), false, ""},
		{"no command", parked, release.Command{Kind: "dance"}, false, "is not a command"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			repeated, err := release.Admit(tt.p, tt.c)
			require.Equal(t, tt.repeated, repeated)
			if tt.refusal == "" {
				require.NoError(t, err)
				return
			}
			var refusal release.Refusal
			require.ErrorAs(t, err, &refusal)
			require.ErrorContains(t, err, tt.refusal)
		})
	}
}

func TestCommandValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		c      release.Command
		fields []string
	}{
		{"confirm", release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"}, nil},
		{"confirm all", release.Command{Kind: release.CommandConfirm, All: true, Artifact: "shop:2", ChangeID: "order-1", By: "ann"}, nil},
		{"confirm all of whatever comes", release.Command{Kind: release.CommandConfirm, All: true, By: "ann"}, []string{"artifact", "changeId"}},
		{"confirm all and one", release.Command{Kind: release.CommandConfirm, All: true, Batch: 1, Artifact: "shop:2", ChangeID: "order-1", By: "ann"}, []string{"batch"}},
		{"abort all", release.Command{Kind: release.CommandAbort, All: true, By: "ann"}, []string{"all"}},
		{"abort", release.Command{Kind: release.CommandAbort, By: "ann", Reason: "errors"}, nil},
		{"confirm without a batch or a name", release.Command{Kind: release.CommandConfirm}, []string{"batch", "by"}},
		{"abort of a batch", release.Command{Kind: release.CommandAbort, Batch: 1, By: "ann"}, []string{"batch"}},
		{"override without a reason", release.Command{Kind: release.CommandOverride, By: "ann"}, []string{"reason"}},
		{"a version that is none", release.Command{Kind: release.CommandRollback, By: "ann", Version: "a b"}, []string{"version"}},
		{"a version of a pause", release.Command{Kind: release.CommandPause, By: "ann", Version: "7"}, []string{"version"}},
		{"a confirmation at a safe point", release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann", AtSafePoint: true}, []string{"atSafePoint"}},
		{"unknown, with too many words", release.Command{Kind: "x", By: "ann", Note: strings.Repeat("x", 2000)}, []string{"note", "type"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.c.Validate()
			if tt.fields == nil {
				require.NoError(t, err)
				return
			}
			var problems release.Problems
			require.ErrorAs(t, err, &problems)
			var fields []string
			for _, p := range problems {
				fields = append(fields, p.Field)
			}
			require.Equal(t, tt.fields, fields)
		})
	}
}

func TestCommand_IdentityIsDerived(t *testing.T) {
	t.Parallel()
	require.Equal(t, "lane/sae/cn-hangzhou/a-1", release.LaneID(release.App{Platform: "sae", Region: "cn-hangzhou", ID: "a-1"}))
	require.Equal(t, "r-1.2.batch.waiting", release.EventID("r-1", 2, release.EventBatchWaiting))
	require.NotContains(t, release.Token("r-1", "rollout")+" ", release.Token("r-1", "roll")+" ", "tokens are told apart by their blank")
}

func TestCommand_Verification(t *testing.T) {
	t.Parallel()
	v1, v2 := release.Version{Artifact: release.Artifact{Image: "shop:1"}}, release.Version{Artifact: release.Artifact{Image: "shop:2"}}
	pkg := release.Version{Artifact: release.Artifact{Package: &release.Package{URL: "https://x/y.jar", Version: "1"}}}
	require.True(t, release.Verification{Configured: v2, Running: []release.Share{{Version: v2}}}.OnlyRuns(v2))
	require.False(t, release.Verification{Configured: v2, Running: []release.Share{{Version: v1}, {Version: v2}}}.OnlyRuns(v2), "mixed")
	require.False(t, release.Verification{Configured: v1, Running: []release.Share{{Version: v2}}}.OnlyRuns(v2), "the next restart would bring v1")
	require.False(t, release.Verification{Configured: v2, Running: []release.Share{{Version: v1}}}.Uniform())
	require.Equal(t, "mixed versions shop:1 (3 of 4 instances), shop:2 (1 of 4 instances), configured shop:2", release.Verification{
		Configured: v2, Running: []release.Share{{Version: v1, Instances: 3}, {Version: v2, Instances: 1}},
	}.Text())
	require.True(t, release.Verification{Configured: pkg, Running: []release.Share{{Version: release.Version{Artifact: release.Artifact{Package: new(*pkg.Artifact.Package)}}}}}.OnlyRuns(pkg), "packages compare by value")
	require.False(t, pkg.Same(v1))
	first, again := release.Version{ID: "1", Artifact: v1.Artifact}, release.Version{ID: "2", Artifact: v1.Artifact}
	require.False(t, release.Verification{Configured: first}.OnlyRuns(again), "where the platform tells which version runs, its artifact does not decide")
	require.True(t, release.Verification{Configured: release.Version{ID: "1"}}.OnlyRuns(first), "nor has it to be known")
	require.True(t, release.Verification{Configured: v1}.OnlyRuns(again), "else it does")
}

// TestCommand_OnlyALaneDeniesAnArtifact: nobody else tells a release that its artifact is denied.
func TestCommand_OnlyALaneDeniesAnArtifact(t *testing.T) {
	t.Parallel()
	for _, via := range []string{"", release.ViaEvent, release.ViaUpdate, release.ViaSignal, release.ViaSet, release.ViaCancel} {
		require.ErrorContains(t, release.Command{Kind: release.CommandAbort, By: "mei", Via: via, Denied: true}.Validate(), "denied: is for a lane", via)
	}
	require.Error(t, release.Command{Kind: release.CommandPause, By: release.Slipway, Via: release.ViaLane, Denied: true}.Validate())
	require.NoError(t, release.Command{Kind: release.CommandAbort, By: release.Slipway, Via: release.ViaLane, Denied: true}.Validate())
}

func TestCommand_NobodyClaimsTheNameOfTheSystem(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"slipway", "Slipway", " SLIPWAY\t", "temporal"} {
		for field, err := range map[string]error{
			"by of a command":      release.Command{Kind: release.CommandAbort, By: name}.Validate(),
			"by of an event":       release.Command{Kind: release.CommandAbort, By: name, Via: release.ViaEvent}.Validate(),
			"by to a lane":         release.LaneCommand{By: name, Reason: "x"}.Validate(release.UpdateHold),
			"by of a switch":       release.ToggleRequest{App: shop(), By: name}.Validate(),
			"requestedBy":          release.Spec{App: shop(), Artifact: release.Artifact{Image: "shop:1"}, RequestedBy: name}.WithDefaults().Validate(),
			"requestedBy of a set": release.Set{Name: "x", RequestedBy: name}.WithDefaults().Validate(),
			"by of a stop":         release.Stop{Name: "x", Reason: "y", By: name}.Validate(),
		} {
			require.ErrorContains(t, err, "is what the system calls itself", "%s %q", field, name)
		}
		require.NoError(t, release.Command{Kind: release.CommandAbort, By: name, Via: release.ViaLane}.Validate())
	}
	require.NoError(t, release.Command{Kind: release.CommandAbort, By: "slipway-bot"}.Validate())
}
