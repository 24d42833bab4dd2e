package release_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

const nextID = "r-abcdefghijklmnop"

var nextApp = release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "7171a6ca"} //nolint:gochecknoglobals // a value of tests

// atNext is a release of two batches with its first one finished.
func atNext(phase release.Phase, change func(*release.Progress)) release.Progress {
	p := release.Progress{
		ReleaseID: nextID, App: nextApp, Phase: phase, Operation: release.OperationRelease, ChangeID: "c-1",
		Artifact:   release.Artifact{Image: "registry.example/shop:2"},
		RollbackTo: &release.Version{ID: "v1", Artifact: release.Artifact{Image: "registry.example/shop:1"}},
		Batches:    []release.Batch{{Number: 1, State: release.BatchDone}, {Number: 2, State: release.BatchPending}},
	}
	if change != nil {
		change(&p)
	}
	return p
}

func awaiting(kind release.AwaitKind, batch int) func(*release.Progress) {
	return func(p *release.Progress) { p.Awaiting = &release.Awaiting{Kind: kind, Batch: batch} }
}

func stalled(doing string, fault release.Fault) func(*release.Progress) {
	return func(p *release.Progress) { p.Stalled = &release.Stall{Doing: doing, Fault: fault} }
}

func aborted(p *release.Progress) {
	p.Decisions = []release.Decision{{Kind: release.CommandAbort, By: "ann"}}
}

// TestNext is the whole table: what may be done next in every phase and for everything that is
// awaited.
func TestNext(t *testing.T) {
	t.Parallel()
	const (
		pause    = "slipway release pause " + nextID
		abort    = "slipway release abort " + nextID
		rollback = "slipway release rollback " + nextID
		retry    = "slipway release retry " + nextID
		watch    = "slipway release watch " + nextID
		undo     = "slipway rollback sae/cn-hangzhou/7171a6ca"
		resume   = "! slipway release resume " + nextID
		unhold   = "! slipway lane resume sae/cn-hangzhou/7171a6ca"
		allow    = "slipway lane allow sae/cn-hangzhou/7171a6ca --artifact registry.example/shop:2"
		app      = "! slipway api sae DescribeApplicationStatus AppId=7171a6ca --sae-region cn-hangzhou"
		history  = "slipway history sae/cn-hangzhou/7171a6ca"
		lane     = "slipway lane get sae/cn-hangzhou/7171a6ca"
		freezes  = "slipway freeze list --app sae/cn-hangzhou/7171a6ca"
		override = "slipway release override " + nextID + " --reason ''"
		look     = "slipway api sae DescribeChangeOrder ChangeOrderId=c-9 --sae-region cn-hangzhou"
		end      = "slipway api sae AbortChangeOrder ChangeOrderId=c-9 --sae-region cn-hangzhou"
	)
	tests := []struct {
		name string
		p    release.Progress
		want []string
	}{
		{"queued", atNext(release.PhaseQueued, func(p *release.Progress) {
			p.ChangeID, p.Awaiting = "", &release.Awaiting{Kind: release.AwaitQueue}
		}), []string{lane, abort}},
		{"queued, partial", release.Progress{ReleaseID: nextID, App: nextApp, Phase: release.PhaseQueued}, []string{lane, abort}},
		{"preparing", atNext(release.PhasePreparing, func(p *release.Progress) { p.ChangeID = "" }), []string{pause, abort}},
		{"other change", atNext(release.PhasePreparing, awaiting(release.AwaitOtherChange, 0)), []string{"end-change", pause, abort, rollback}},
		{"other change, named", atNext(release.PhasePreparing, func(p *release.Progress) {
			p.Awaiting = &release.Awaiting{Kind: release.AwaitOtherChange, ChangeID: "c-9"}
		}), []string{look, end, pause, abort, rollback}},
		{"other change that waits for somebody", atNext(release.PhasePreparing, func(p *release.Progress) {
			p.Awaiting = &release.Awaiting{Kind: release.AwaitOtherChange, ChangeID: "c-9", Stuck: true}
		}), []string{"! " + look, end, pause, abort, rollback}},
		{"other change, on the way back", atNext(release.PhaseRollingBack, func(p *release.Progress) {
			p.Awaiting = &release.Awaiting{Kind: release.AwaitOtherChange, ChangeID: "c-9"}
		}), []string{look, end}},
		{"other change on a platform without commands", atNext(release.PhaseRollingBack, func(p *release.Progress) {
			p.App.Platform = "other"
			p.Awaiting = &release.Awaiting{Kind: release.AwaitOtherChange, ChangeID: "c-9"}
		}), []string{"show-change", "end-change"}},
		{"rolling out", atNext(release.PhaseRollingOut, nil), []string{pause, abort, rollback}},
		{"bake", atNext(release.PhaseRollingOut, awaiting(release.AwaitBake, 1)), []string{pause, abort, rollback}},
		{"gates", atNext(release.PhaseRollingOut, awaiting(release.AwaitGates, 1)), []string{pause, abort, rollback}},
		{"schedule", atNext(release.PhaseRollingOut, awaiting(release.AwaitSchedule, 1)), []string{pause, abort, rollback}},
		{"freeze", atNext(release.PhasePaused, func(p *release.Progress) {
			p.Awaiting = &release.Awaiting{Kind: release.AwaitFreeze, Freeze: "nights", Until: time.Now()}
		}), []string{override, freezes, pause, abort, rollback}},
		{"freeze without an end", atNext(release.PhasePaused, awaiting(release.AwaitFreeze, 1)), []string{"! " + override, freezes, pause, abort, rollback}},
		{"stop", atNext(release.PhasePaused, func(p *release.Progress) {
			p.Awaiting = &release.Awaiting{Kind: release.AwaitFreeze, Freeze: "incident 42", Stop: true}
		}), []string{"! slipway freeze lift 'incident 42'", "! " + override, freezes, pause, abort, rollback}},
		{"freeze, overridden", atNext(release.PhasePaused, func(p *release.Progress) {
			awaiting(release.AwaitFreeze, 1)(p)
			p.Decisions = []release.Decision{{Kind: release.CommandOverride, By: "ann"}}
		}), []string{freezes, pause, abort, rollback}},
		{
			"confirm", atNext(release.PhaseAwaitingConfirm, awaiting(release.AwaitConfirm, 1)),
			[]string{"! slipway release confirm " + nextID + " --batch 1", pause, abort, rollback},
		},
		{
			"confirm, with several left", atNext(release.PhaseAwaitingConfirm, func(p *release.Progress) {
				awaiting(release.AwaitConfirm, 1)(p)
				p.Batches = append(p.Batches, release.Batch{Number: 3, State: release.BatchPending})
			}),
			[]string{"! slipway release confirm " + nextID + " --batch 1", "slipway release confirm " + nextID + " --all", pause, abort, rollback},
		},
		{
			"confirm, partial",
			release.Progress{ReleaseID: nextID, App: nextApp, Phase: release.PhaseAwaitingConfirm},
			[]string{"! slipway release confirm " + nextID, pause, abort},
		},
		{"confirmed", atNext(release.PhaseAwaitingConfirm, func(p *release.Progress) {
			awaiting(release.AwaitConfirm, 1)(p)
			p.Decisions = []release.Decision{{Kind: release.CommandConfirm, Batch: 1, By: "ann"}}
		}), []string{pause, abort, rollback}},
		{
			"platform's approval", atNext(release.PhaseAwaitingPlatformApproval, awaiting(release.AwaitPlatformApproval, 0)),
			[]string{"! platform-approve", pause, abort, rollback},
		},
		{"paused", atNext(release.PhasePaused, func(p *release.Progress) {
			p.Paused = true
			awaiting(release.AwaitResume, 0)(p)
		}), []string{resume, abort, rollback}},
		{"paused, while a batch waits", atNext(release.PhaseAwaitingConfirm, func(p *release.Progress) {
			p.Paused = true
			awaiting(release.AwaitConfirm, 1)(p)
		}), []string{resume, abort, rollback}},
		{"paused, partial", release.Progress{ReleaseID: nextID, App: nextApp, Phase: release.PhasePaused}, []string{resume, abort}},
		{"stopping", atNext(release.PhaseRollingOut, aborted), []string{watch}},
		{"stopping, before a change has begun", atNext(release.PhaseRollingOut, func(p *release.Progress) {
			aborted(p)
			p.ChangeID = ""
		}), []string{watch}},
		{"stopping, while paused", atNext(release.PhasePaused, func(p *release.Progress) {
			p.Paused = true
			aborted(p)
		}), []string{watch}},
		{"stalled", atNext(release.PhaseRollingOut, stalled("sae.Observe", release.FaultNoWorker)), []string{"! help", pause, abort, rollback}},
		{"stalled, on the way back", atNext(release.PhaseRollingBack, stalled("sae.Observe", release.FaultUnavailable)), []string{"! help", watch}},
		{"restarting", atNext(release.PhaseRollingOut, func(p *release.Progress) { p.Operation = release.OperationRestart }), []string{pause, abort}},
		{"running a job", atNext(release.PhaseRunning, func(p *release.Progress) { p.Operation = release.OperationJob }), []string{abort}},
		{"finalizing", atNext(release.PhaseFinalizing, nil), []string{undo}},
		{"finalizing, to be watched", atNext(release.PhaseFinalizing, func(p *release.Progress) { p.Strategy.Watch = &release.Watch{} }), []string{abort, rollback}},
		{"watching", atNext(release.PhaseWatching, awaiting(release.AwaitWatch, 2)), []string{"slipway release confirm " + nextID + " --batch 2", abort, rollback}},
		{
			"watching, partial",
			release.Progress{ReleaseID: nextID, App: nextApp, Phase: release.PhaseWatching},
			[]string{"slipway release confirm " + nextID, abort},
		},
		{"a watch that was not conclusive", atNext(release.PhaseAwaitingConfirm, func(p *release.Progress) {
			awaiting(release.AwaitConfirm, 2)(p)
			p.Strategy.Watch = &release.Watch{}
		}), []string{"! slipway release confirm " + nextID + " --batch 2", abort, rollback}},
		{
			"approval", atNext(release.PhaseAwaitingApproval, func(p *release.Progress) {
				awaiting(release.AwaitApproval, 0)(p)
				p.ChangeID = ""
			}),
			[]string{"! slipway release approve " + nextID, "slipway release reject " + nextID + " --reason ''", abort},
		},
		{
			"approval of a batch", atNext(release.PhaseAwaitingConfirm, awaiting(release.AwaitApproval, 1)),
			[]string{"! slipway release approve " + nextID + " --batch 1", "slipway release reject " + nextID + " --batch 1 --reason ''", pause, abort, rollback},
		},
		{"rejected", atNext(release.PhaseAborted, func(p *release.Progress) {
			p.Decisions = []release.Decision{{Kind: release.CommandReject, By: "ann"}}
		}), []string{retry}},
		{"rolling back", atNext(release.PhaseRollingBack, nil), []string{watch}},
		{"succeeded", atNext(release.PhaseSucceeded, nil), []string{undo}},
		{"rollback, finalizing", atNext(release.PhaseFinalizing, func(p *release.Progress) { p.Operation = release.OperationRollback }), []string{watch}},
		{"rollback succeeded", atNext(release.PhaseSucceeded, func(p *release.Progress) { p.Operation = release.OperationRollback }), nil},
		{"rescaled", atNext(release.PhaseSucceeded, func(p *release.Progress) { p.Operation = release.OperationRescale }), nil},
		{"rolled back", atNext(release.PhaseRolledBack, nil), []string{allow, retry}},
		{"rolled back, over itself", atNext(release.PhaseRolledBack, func(p *release.Progress) { p.RollbackTo.Artifact = p.Artifact }), []string{retry}},
		{"rollback rolled back", atNext(release.PhaseRolledBack, func(p *release.Progress) { p.Operation = release.OperationRollback }), []string{retry}},
		{"aborted", atNext(release.PhaseAborted, nil), []string{retry}},
		{"failed", atNext(release.PhaseFailed, nil), []string{retry}},
		{"refused for its artifact", atNext(release.PhaseFailed, func(p *release.Progress) { p.Denied = true }), []string{allow, retry}},
		{"refused as it was asked for", atNext(release.PhaseFailed, func(p *release.Progress) { p.Refused = true }), []string{"correct", retry}},
		{"dropped for its artifact", atNext(release.PhaseAborted, func(p *release.Progress) { p.Denied = true }), []string{allow, retry}},
		{"attention, with a change unfinished", atNext(release.PhaseNeedsAttention, func(p *release.Progress) {
			p.UnfinishedChange = "c-9"
			p.ScalingRules = []release.HeldRule{{Name: "cpu", Suspended: true}}
		}), []string{app, history, "! " + look, end, "! slipway scaling recover --release " + nextID, undo, unhold, retry}},
		{"attention, with its own change unfinished", atNext(release.PhaseNeedsAttention, func(p *release.Progress) {
			p.ChangeID, p.UnfinishedChange = "c-9", "c-9"
		}), []string{app, history, "! " + look, "! " + end, undo, unhold, retry}},
		{"attention", atNext(release.PhaseNeedsAttention, nil), []string{app, history, undo, unhold, retry}},
		{"attention, owing", atNext(release.PhaseNeedsAttention, func(p *release.Progress) {
			p.ScalingRules = []release.HeldRule{{Name: "cpu", Suspended: true}, {Name: "night", Restored: true}}
		}), []string{app, history, "! slipway scaling recover --release " + nextID, undo, unhold, retry}},
		{"attention of a restart", atNext(release.PhaseNeedsAttention, func(p *release.Progress) { p.Operation = release.OperationRestart }), []string{app, history, unhold, retry}},
		{"attention on a platform without commands", atNext(release.PhaseNeedsAttention, func(p *release.Progress) {
			p.App.Platform = "other"
		}), []string{"! show-app", "slipway history other/cn-hangzhou/7171a6ca", "slipway rollback other/cn-hangzhou/7171a6ca", "! slipway lane resume other/cn-hangzhou/7171a6ca", retry}},
	}
	phases, kinds := map[release.Phase]bool{}, map[release.AwaitKind]bool{}
	for _, tt := range tests {
		phases[tt.p.Phase] = true
		if tt.p.Awaiting != nil {
			kinds[tt.p.Awaiting.Kind] = true
		}
		require.Equal(t, tt.want, shown(release.Next(tt.p)), tt.name)
	}
	require.Len(t, phases, len(release.Phases()), "a phase has no row")
	require.Len(t, kinds, len(awaitKinds()), "something that is awaited has no row")
}

func awaitKinds() []release.AwaitKind {
	return []release.AwaitKind{
		release.AwaitQueue, release.AwaitOtherChange, release.AwaitBake, release.AwaitConfirm, release.AwaitApproval, release.AwaitPlatformApproval,
		release.AwaitGates, release.AwaitResume, release.AwaitSchedule, release.AwaitWatch, release.AwaitFreeze,
	}
}

// shown is each step as its command, or its verb where it has none, with a mark where it is needed.
func shown(steps []release.NextStep) []string {
	var out []string
	for _, s := range steps {
		text := s.Command
		if text == "" {
			text = string(s.Verb)
		}
		if s.Needed {
			text = "! " + text
		}
		out = append(out, text)
	}
	return out
}

// TestNext_Admitted walks every state that a release under way can be in: whatever is offered is
// taken, and a command that is needed is offered wherever it is taken.
func TestNext_Admitted(t *testing.T) {
	t.Parallel()
	kinds := map[release.NextVerb]release.CommandKind{
		release.NextConfirm: release.CommandConfirm, release.NextResume: release.CommandResume, release.NextOverride: release.CommandOverride,
		release.NextPause: release.CommandPause, release.NextAbort: release.CommandAbort, release.NextRollback: release.CommandRollback,
	}
	for p := range underWayStates() {
		offered := map[release.CommandKind]bool{}
		for _, s := range release.Next(p) {
			require.NotEmpty(t, s.Does, "%+v", p)
			kind, sent := kinds[s.Verb]
			if !sent {
				continue
			}
			offered[kind] = true
			_, err := release.Admit(p, commandOf(kind, p))
			require.NoError(t, err, "%s is offered to %s", kind, describeState(p))
			require.Contains(t, s.Command, "slipway release "+string(kind)+" "+p.ReleaseID)
		}
		for _, kind := range []release.CommandKind{release.CommandConfirm, release.CommandResume, release.CommandAbort} {
			repeated, err := release.Admit(p, commandOf(kind, p))
			require.Equal(t, err == nil && !repeated, offered[kind], "%s of %s", kind, describeState(p))
		}
	}
}

func commandOf(kind release.CommandKind, p release.Progress) release.Command {
	c := release.Command{Kind: kind}
	if kind == release.CommandConfirm {
		c.Batch = 1
		if p.Awaiting != nil {
			c.Batch = p.Awaiting.Batch
		}
	}
	return c
}

func describeState(p release.Progress) string {
	return fmt.Sprintf("%s, awaiting %+v, paused %t, decisions %+v", p.Phase, p.Awaiting, p.Paused, p.Decisions)
}

func underWayStates() func(func(release.Progress) bool) {
	said := [][]release.Decision{
		nil,
		{{Kind: release.CommandConfirm, Batch: 1}},
		{{Kind: release.CommandAbort}},
		{{Kind: release.CommandAbort, AtSafePoint: true}},
		{{Kind: release.CommandRollback}},
		{{Kind: release.CommandOverride}},
		{{Kind: release.CommandAbort, Refused: "no"}},
	}
	return func(yield func(release.Progress) bool) {
		for _, phase := range release.Phases() {
			if phase.Ended() {
				continue
			}
			for _, kind := range awaitKinds() {
				for _, decisions := range said {
					for _, change := range []string{"", "c-1"} {
						for _, paused := range []bool{false, true} {
							p := atNext(phase, awaiting(kind, 1))
							p.Decisions, p.ChangeID, p.Paused = decisions, change, paused
							if !yield(p) {
								return
							}
						}
					}
				}
			}
		}
	}
}

func TestNextOfSet(t *testing.T) {
	t.Parallel()
	p := release.SetProgress{
		SetID: "s-abcdefghijklmnop", Phase: release.PhaseAwaitingConfirm, Waves: make([]release.WaveProgress, 3),
		Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2},
	}
	const abort = "slipway set abort s-abcdefghijklmnop"
	require.Equal(t, []string{"! slipway set confirm s-abcdefghijklmnop --wave 2", abort}, shown(release.NextOfSet(p)))
	partial := release.SetProgress{SetID: p.SetID, Phase: p.Phase}
	require.Equal(t, []string{"! slipway set confirm s-abcdefghijklmnop", abort}, shown(release.NextOfSet(partial)))
	require.Equal(t, []string{"! slipway doctor", abort}, shown(release.NextUnanswered(release.NextOfSet(partial))), "no worker answers")
	p.Awaiting, p.Phase = nil, release.PhaseRollingOut
	require.Equal(t, []string{abort}, shown(release.NextOfSet(p)))
	p.Phase = release.PhaseRollingBack
	require.Equal(t, []string{"slipway set watch s-abcdefghijklmnop"}, shown(release.NextOfSet(p)))
	p.Phase = release.PhaseFailed
	require.Empty(t, release.NextOfSet(p))

	released := func(id, before string, outcome release.Phase) release.SetStanding {
		app := release.App{Platform: "sae", Region: "cn-hangzhou", ID: id}
		return release.SetStanding{Name: id, App: app, RollbackTo: before, Run: release.SetRun{Outcome: outcome}}
	}
	p.Waves = []release.WaveProgress{{Releases: []release.SetStanding{
		released("stock", "v-1", release.PhaseSucceeded), released("shop", "", release.PhaseSucceeded),
		released("web", "v-2", release.PhaseRolledBack), released("mail", "v-3", release.PhaseSucceeded),
	}}, {Releases: []release.SetStanding{released("pay", "v-4", release.PhaseSucceeded)}}}
	const undo = "slipway rollback sae/cn-hangzhou/"
	left := []string{undo + "stock --to-version v-1", undo + "shop", undo + "mail --to-version v-3"}
	require.Equal(t, left, shown(release.NextOfSet(p)), "no more than three")
	p.Phase = release.PhaseSucceeded
	require.Empty(t, release.NextOfSet(p))
}

func TestNextOfLane(t *testing.T) {
	t.Parallel()
	require.Empty(t, release.NextOfLane(release.LaneState{App: nextApp}))
	s := release.LaneState{
		App: nextApp, Held: &release.Hold{By: "ann", Reason: "a migration"},
		Debts: []release.Debt{{ReleaseID: nextID, ScalingRules: []string{"cpu"}}, {ReleaseID: "r-2", Traffic: true}},
		Denied: []release.Denial{
			{Artifact: release.Artifact{Image: "registry.example/shop:2"}},
			{Artifact: release.Artifact{Package: &release.Package{URL: "https://oss.example/a b.jar", Version: "1"}}},
			{Artifact: release.Artifact{Package: &release.Package{URL: "https://oss.example/a.jar?Signature=secret", Version: "1"}}},
		},
	}
	const allow = "slipway lane allow sae/cn-hangzhou/7171a6ca --artifact "
	steps := release.NextOfLane(s)
	require.Equal(t, []string{
		"slipway scaling recover --release " + nextID, "! slipway lane resume sae/cn-hangzhou/7171a6ca",
		allow + "ARTIFACT",
	}, shown(steps), "of many that are denied the last one")
	require.Contains(t, steps[2].Does, ", the last of 3 that are denied; --all allows all")
	require.False(t, slices.ContainsFunc(steps, func(s release.NextStep) bool { return strings.Contains(s.String(), "secret") }))

	s.Denied = s.Denied[:2]
	require.Contains(t, shown(release.NextOfLane(s)), allow+"'https://oss.example/a b.jar@1'")
	s.Denied = s.Denied[:1]
	require.Equal(t, "lets registry.example/shop:2 be released again, which was rolled back", release.NextOfLane(s)[2].Does)

	// Whoever has held a lane by hand has nothing to look at.
	require.Equal(t, "lets releases begin again", steps[1].Does)
	steps = release.NextOfLane(release.LaneState{App: nextApp, Held: &release.Hold{By: release.Slipway, ReleaseID: nextID}})
	require.Equal(t, []string{"! slipway release get " + nextID, "! slipway lane resume sae/cn-hangzhou/7171a6ca"}, shown(steps))
	require.Equal(t, "lets releases begin again, once somebody has looked at the application", steps[1].Does)
}

// A rollback denies what the release brings, and says how that ends; nothing else does.
func TestNext_Denying(t *testing.T) {
	t.Parallel()
	p := atNext(release.PhaseRollingOut, nil)
	require.Equal(t, "denies registry.example/shop:2, so that nothing brings it again until: "+
		"slipway lane allow sae/cn-hangzhou/7171a6ca --artifact registry.example/shop:2", p.Denying())
	for _, s := range release.Next(p) {
		require.Equal(t, s.Verb == release.NextRollback, strings.Contains(s.Does, "denied"), s)
	}
	require.Empty(t, atNext(release.PhaseSucceeded, nil).Denying())
	require.Empty(t, atNext(release.PhaseRollingOut, func(p *release.Progress) { p.Operation = release.OperationRollback }).Denying())
	require.NotContains(t, atNext(release.PhaseRollingOut, func(p *release.Progress) {
		p.Artifact = release.Artifact{Package: &release.Package{URL: "https://oss.example/a.jar?Signature=secret", Version: "1"}}
	}).Denying(), "secret")
}
