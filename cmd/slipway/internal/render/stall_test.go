package render_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// stalled is a release that tries something in vain before its first change.
func stalled(doing string, f release.Fault, failure string) release.Progress {
	p := parked()
	p.Phase, p.Awaiting, p.ChangeID = release.PhaseRollingOut, nil, ""
	p.Batches[0] = release.Batch{Number: 1, Instances: 1, State: release.BatchPending}
	p.Stalled = &release.Stall{
		Doing: doing, Fault: f, Failure: failure, Since: at(10), At: at(28), Until: at(0).Add(7 * 24 * time.Hour),
	}
	return p
}

func noWorker() release.Progress {
	return stalled(string(release.VerbBeginRollout), release.FaultNoWorker, "no worker has taken the task within 5s")
}

// goingBack is an aborted release whose scaling rules cannot be put back for now.
func goingBack() release.Progress {
	p := stalled(string(release.VerbSetScaling), release.FaultUnavailable, "dial tcp: connection refused\x1b[2J")
	p.Phase, p.Reason, p.ChangeID = release.PhaseRollingBack, "aborted by mei", "co-1"
	p.Batches[0].State = release.BatchAborted
	p.Stalled.Until = at(10).Add(24 * time.Hour)
	return p
}

func TestStall_TreeOfAStall(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]release.Progress{
		"tree-stalled.golden":      noWorker(),
		"tree-stalled-back.golden": goingBack(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, render.Tree(p, at(30), render.Style{}))
		})
	}
	golden(t, "tree-stalled-narrow.golden", render.Tree(goingBack(), at(30), render.Style{Width: 60, Color: true}))
}

// A stall of each class says in words which kind of not-yet it is, and what helps.
func TestStall_AStallOfEachClass(t *testing.T) {
	t.Parallel()
	for f, want := range map[release.Fault]struct{ kind, helps string }{
		release.FaultThrottled:   {"could not ask", "let the workers make fewer calls a second"},
		release.FaultUnavailable: {"could not ask", "find out whether the workers reach what they ask"},
		release.FaultUnguarded:   {"could not ask", "bring NATS back; where the calendar of freezes does not exist, slipway setup creates it"},
		release.FaultNoWorker:    {"no worker has taken it", "start a worker for region cn-hangzhou: none takes from task queue slipway-sae-cn-hangzhou"},
		release.FaultNotNow:      {"refused for now", "look at the application on its platform"},
		release.FaultConflict:    {"another change is in the way", "end it in the platform's console"},
		release.FaultAmbiguous:   {"the answer was lost", "what may have begun is looked for before anything is sent again"},
		"PanicError":             {"it fails", ""},
	} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			p := stalled(string(release.VerbBeginRollout), f, "the words of the failure")
			tree := render.Tree(p, at(30), render.Style{})
			require.Contains(t, tree, "Stalled:        ⚠ deploying: "+want.kind+"\n")
			require.Contains(t, tree, "Since:          2026-11-22T19:10:00Z (20m0s)\n")
			require.Contains(t, tree, "Last failure:   the words of the failure ("+string(f)+" at 2026-11-22T19:28:00Z)\n")
			require.Contains(t, tree, "Tried until:    2026-11-29T19:00:00Z (6d23h left), then it is aborted\n")
			require.Contains(t, tree, want.helps)
			require.Equal(t, want.helps != "", strings.Contains(tree, "What helps:"))
			require.Equal(t, "r-abcdefghijklmnop ◌ RollingOut, batch 0 of 3, stalled since 2026-11-22T19:10:00Z, deploying: "+want.kind+": the words of the failure",
				render.Line(p, time.UTC))
		})
	}
}

func TestStall_WhatIsTriedInWords(t *testing.T) {
	t.Parallel()
	for doing, want := range map[string]string{
		string(release.VerbSnapshot):       "reading the application",
		string(release.VerbAwaitIdle):      "waiting for the end of another change",
		string(release.VerbFindChange):     "looking for a change that may have begun",
		string(release.VerbBeginRollout):   "deploying",
		string(release.VerbObserve):        "looking at the change",
		string(release.VerbConfirmBatch):   "confirming batch 2",
		string(release.VerbAbortRollout):   "aborting the change",
		string(release.VerbBeginRollback):  "rolling back",
		string(release.VerbBeginRestart):   "restarting",
		string(release.VerbBeginRescale):   "rescaling",
		string(release.VerbBeginJobUpdate): "bringing the artifact to the job",
		string(release.VerbRunJob):         "running the job",
		string(release.VerbObserveRun):     "looking at the run",
		string(release.VerbStopRun):        "stopping the run",
		string(release.VerbApplyTraffic):   "setting the traffic rule",
		string(release.VerbClearTraffic):   "removing the traffic rule",
		string(release.VerbSetScaling):     "putting scaling rules back",
		string(release.VerbVerify):         "reading back what runs",
		"sae.Verify":                       "reading back what runs",
		release.AwaitOpenActivity:          "reading the calendar of freezes",
		release.JudgedActivity:             "asking the ledger which version is good",
		release.StandsActivity:             "asking the ledger whether what is promoted was taken back",
		release.RecallActivity:             "asking the ledger what the release held before it was reset",
		release.CheckGatesActivity:         "checking the gates",
		release.MeasureActivity:            "measuring the gates",
		"Teleport":                         "Teleport",
	} {
		t.Run(doing, func(t *testing.T) {
			t.Parallel()
			p := stalled(doing, release.FaultUnavailable, "away")
			p.Batches[0].State, p.Batches[1].State = release.BatchConfirmed, release.BatchDone
			require.Contains(t, render.Line(p, time.UTC), ", "+want+": could not ask")
		})
	}
	elsewhere := stalled(release.AwaitOpenActivity, release.FaultNoWorker, "no worker")
	require.Contains(t, render.Tree(elsewhere, at(30), render.Style{}), "start a worker: none takes from task queue slipway\n")
}

// What is switched off on the way out is put back by the same verb.
func TestStall_WhichWayScalingRulesAreSwitched(t *testing.T) {
	t.Parallel()
	abort := []release.Decision{{Kind: release.CommandAbort, By: "mei", At: at(11)}}
	refused := []release.Decision{{Kind: release.CommandAbort, By: "mei", At: at(11), Refused: "it is late"}}
	const off, back = "switching scaling rules off", "putting scaling rules back"
	for name, c := range map[string]struct {
		phase     release.Phase
		rule      release.HeldRule
		decisions []release.Decision
		want      string
		then      string
	}{
		"while it prepares":       {release.PhasePreparing, release.HeldRule{}, nil, off, "it is aborted"},
		"after a refused word":    {release.PhasePreparing, release.HeldRule{}, refused, off, "it is aborted"},
		"aborted meanwhile":       {release.PhasePreparing, release.HeldRule{}, abort, back, "it needs attention"},
		"once they are off":       {release.PhasePreparing, release.HeldRule{Suspended: true}, nil, back, "it needs attention"},
		"once it was not begun":   {release.PhaseRollingOut, release.HeldRule{}, nil, back, "it needs attention"},
		"at the end":              {release.PhaseFinalizing, release.HeldRule{Suspended: true}, nil, back, "it needs attention"},
		"on the way back":         {release.PhaseRollingBack, release.HeldRule{Suspended: true}, nil, back, "it needs attention"},
		"of a release on its way": {release.PhasePreparing, release.HeldRule{Gone: true}, nil, off, "it is aborted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := stalled(string(release.VerbSetScaling), release.FaultUnavailable, "away")
			p.Phase, p.ScalingRules, p.Decisions = c.phase, []release.HeldRule{c.rule}, c.decisions
			tree := render.Tree(p, at(30), render.Style{})
			require.Contains(t, tree, "⚠ "+c.want+": could not ask")
			require.Contains(t, tree, "left), then "+c.then+"\n")
		})
	}
}

// A word that waits for a safe point has not stopped a release whose batch is in progress.
func TestStall_AWordThatWaitsHasNotStoppedARelease(t *testing.T) {
	t.Parallel()
	p := stalled(string(release.VerbObserve), release.FaultUnavailable, "away")
	p.Decisions = []release.Decision{{Kind: release.CommandAbort, AtSafePoint: true, By: "mei", At: at(11)}}
	p.Batches[0].State = release.BatchRunning
	require.Contains(t, render.Tree(p, at(30), render.Style{}), "then it is aborted")
	p.Batches[0].State = release.BatchDone
	require.Contains(t, render.Tree(p, at(30), render.Style{}), "then it needs attention")
}

func TestStall_NewsOfAStall(t *testing.T) {
	t.Parallel()
	before := noWorker()
	before.Stalled = nil
	again := noWorker()
	again.Stalled.At = at(29)
	changed := stalled(string(release.VerbBeginRollout), release.FaultUnguarded, "the calendar of freezes cannot be read: nats: timeout")
	ended := goingBack()
	ended.Phase, ended.Outcome, ended.Stalled = release.PhaseAborted, release.PhaseAborted, nil

	var lines []string
	tell := func(prev, next release.Progress, minute, count int) {
		news := render.Diff(prev, next, at(minute))
		require.Len(t, news, count, news)
		lines = append(lines, news...)
	}
	tell(before, noWorker(), 10, 1)
	tell(noWorker(), again, 29, 0) // the same failure, seen again
	tell(noWorker(), changed, 30, 1)
	tell(changed, before, 31, 1)
	tell(changed, goingBack(), 32, 2) // it goes back, and stalls again
	tell(goingBack(), ended, 33, 1)   // the end is told by the phase
	golden(t, "news-stalled.golden", strings.Join(lines, "\n")+"\n")
}

// What a release does after a stall depends on what has ended it.
func TestStall_WhatEndsAStall(t *testing.T) {
	t.Parallel()
	decided := func(d release.Decision) []release.Decision { return append(parked().Decisions, d) }
	abort := release.Decision{Kind: release.CommandAbort, By: "mei", At: at(29)}
	refused, safe := abort, abort
	refused.Refused, safe.AtSafePoint = "it is late", true
	for name, c := range map[string]struct {
		phase     release.Phase
		decisions []release.Decision
		state     release.BatchState
		want      string
		stands    string
	}{
		"it succeeded":          {release.PhaseRollingOut, nil, release.BatchRunning, "moves again", "RollingOut, batch"},
		"an abort":              {release.PhaseRollingOut, decided(abort), release.BatchRunning, "being aborted", "RollingOut, being aborted, batch"},
		"an abort that waits":   {release.PhaseRollingOut, decided(safe), release.BatchRunning, "moves again", "RollingOut, batch"},
		"a safe point":          {release.PhaseRollingOut, decided(safe), release.BatchDone, "being aborted", "RollingOut, being aborted, batch"},
		"an abort, refused":     {release.PhaseRollingOut, decided(refused), release.BatchRunning, "moves again", "RollingOut, batch"},
		"a rollback":            {release.PhaseRollingOut, decided(release.Decision{Kind: release.CommandRollback, By: "mei"}), release.BatchRunning, "being rolled back", "RollingOut, being rolled back, batch"},
		"the way back":          {release.PhaseRollingBack, decided(abort), release.BatchAborted, "goes back", "RollingBack, batch"},
		"the end of an abort":   {release.PhaseFinalizing, decided(abort), release.BatchDone, "moves again", "Finalizing, batch"},
		"a confirmation of all": {release.PhaseRollingOut, decided(release.Decision{Kind: release.CommandConfirm, All: true, By: "mei"}), release.BatchRunning, "moves again", "RollingOut, batch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prev := stalled(string(release.VerbObserve), release.FaultUnavailable, "away")
			next := prev.Clone()
			next.Phase, next.Decisions, next.Stalled, next.Batches[0].State = c.phase, c.decisions, nil, c.state
			news := render.Diff(prev, next, at(30))
			require.Equal(t, "2026-11-22T19:30:00Z r-abcdefghijklmnop ◌ "+c.want+", after a stall of 20m0s while looking at the change", news[len(news)-1])
			require.Contains(t, render.Line(next, time.UTC), c.stands)
			status := "Status:         " + render.PhaseIcon(c.phase) + " " + strings.TrimSuffix(c.stands, ", batch") + "\n"
			require.Contains(t, render.Tree(next, at(30), render.Style{}), status)
		})
	}
}

// The same failure of another request is no news, another failure is.
func TestStall_TheSameFailureIsToldOnce(t *testing.T) {
	t.Parallel()
	failing := func(text string) release.Progress {
		return stalled(string(release.VerbObserve), release.FaultThrottled, text)
	}
	first := failing("Throttling: slow down (HTTP 429, request 6F2D1C0A-77B1)")
	require.Empty(t, render.Diff(first, failing("Throttling: slow down (HTTP 429, request 0DE1F7B2-11C3)"), at(30)))
	news := render.Diff(first, failing("ServiceBusy: slow down (HTTP 429, request 0DE1F7B2-11C3)"), at(30))
	require.Len(t, news, 1)
	require.Contains(t, news[0], "request 0DE1F7B2-11C3", "the number is told with it")
	set := func(p release.Progress) render.Set {
		s := checkout()
		id := s.Waves[0].Releases[0].Run.ReleaseID
		s.UnderWay = map[string]release.Progress{id: p}
		return s
	}
	require.Empty(t, render.SetDiff(set(first), set(failing("Throttling: slow down (HTTP 429, request 0DE1F7B2-11C3)")), at(30)))
}

// A rule is suspended once it is known to be off, and not before.
func TestStall_ScalingRulesAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	held, off := release.HeldRule{Name: "cpu"}, release.HeldRule{Name: "cpu", Suspended: true}
	restored, gone := off, off
	restored.Restored, gone.Gone = true, true
	for name, c := range map[string]struct {
		phase    release.Phase
		rule     release.HeldRule
		switches bool
		want     string
	}{
		"recorded":                       {release.PhasePreparing, held, false, "◌ not suspended"},
		"being switched off":             {release.PhasePreparing, held, true, "◌ being switched off"},
		"paused before it was":           {release.PhasePaused, held, false, "◌ not suspended"},
		"left to the change":             {release.PhaseRollingOut, held, false, "◌ not suspended"},
		"suspended":                      {release.PhaseRollingOut, off, false, "॥ suspended"},
		"suspended and being restored":   {release.PhaseFinalizing, off, true, "॥ suspended"},
		"restored":                       {release.PhaseFinalizing, restored, false, "✔ restored"},
		"gone":                           {release.PhaseRollingOut, gone, false, "✖ gone"},
		"never touched":                  {release.PhaseAborted, held, false, "◌ not suspended"},
		"left off":                       {release.PhaseFailed, off, false, "⚠ not restored"},
		"left off, or nobody knows":      {release.PhaseNeedsAttention, held, false, "⚠ not restored"},
		"restored, though it needs help": {release.PhaseNeedsAttention, restored, false, "✔ restored"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := stalled(string(release.VerbSetScaling), release.FaultUnavailable, "away")
			p.Phase, p.ScalingRules = c.phase, []release.HeldRule{c.rule}
			if !c.switches {
				p.Stalled = nil
			}
			require.Contains(t, render.Tree(p, at(30), render.Style{}), "└──⊞ cpu               ScalingRule   "+c.want+"\n")
		})
	}
}

// A set shows which of its releases stand still, though the set itself moves.
func TestStall_ASetWhoseReleaseIsStalled(t *testing.T) {
	t.Parallel()
	set := checkout()
	stalledSet := checkout()
	back := noWorker()
	back.ReleaseID = "r-4"
	stalledSet.UnderWay = map[string]release.Progress{"r-4": back}
	golden(t, "set-stalled.golden", render.SetTree(stalledSet, at(30), render.Style{}))

	ended := checkout()
	ended.Waves[0].Releases[0].Rollback.Outcome = release.PhaseSucceeded
	lines := slices.Concat(
		render.SetDiff(set, stalledSet, at(20)),
		render.SetDiff(stalledSet, stalledSet, at(21)),
		render.SetDiff(stalledSet, set, at(22)),
		render.SetDiff(stalledSet, ended, at(23)),
	)
	golden(t, "set-news-stalled.golden", strings.Join(lines, "\n")+"\n")
}

// A set that goes back shows what it waits for, whichever release of it that is, and what one may do.
func TestStall_ASetThatGoesBackBehindAStalledRelease(t *testing.T) {
	t.Parallel()
	set := checkout()
	set.Phase, set.Awaiting = release.PhaseRollingBack, nil
	set.Waves[0].Releases[0].Rollback = &release.SetRun{ReleaseID: "r-back", Standing: release.StandingStarted, StartedAt: at(9)}
	back := noWorker()
	back.ReleaseID, back.Phase = "r-back", release.PhaseRollingOut
	set.UnderWay = map[string]release.Progress{"r-back": back}
	name := set.Waves[0].Releases[0].Name
	text := render.SetTree(set, at(30), render.Style{})
	require.Contains(t, text, "\nAwaiting:       rollback of "+name+": stalled since 2026-11-22T19:10:00Z, deploying: no worker has taken it: ")
	require.Contains(t, text, "slipway release get r-back\n")

	back.Stalled, back.Phase, back.ChangeID = nil, release.PhaseQueued, ""
	back.Awaiting = &release.Awaiting{Kind: release.AwaitQueue, Behind: "release r-before runs"}
	set.UnderWay["r-back"] = back
	text = render.SetTree(set, at(30), render.Style{})
	require.Contains(t, text, "\nAwaiting:       rollback of "+name+": release r-before runs\n")
	require.Contains(t, text, "\nNext:           slipway lane get "+back.App.SearchValue()+"\n")

	set.UnderWay = nil
	require.Contains(t, render.SetTree(set, at(30), render.Style{}), "\nNext:           slipway set watch "+set.SetID+"\n")
}

// The kind of a failure is told once: where the platform's answer says it, nothing repeats it.
func TestStall_TheKindOfAFailureIsToldOnce(t *testing.T) {
	t.Parallel()
	p := release.Progress{ReleaseID: "r-qrstuvwxyzabcdef", Phase: release.PhaseRollingOut, Stalled: &release.Stall{
		Doing: "sae.Observe", Fault: release.FaultUnavailable, Failure: "SAE: DescribeChangeOrder: ServiceUnavailable: busy (unavailable, HTTP 503, request 6F2D)", Since: at(10), At: at(20),
	}}
	require.Contains(t, render.Tree(p, at(30), render.Style{}), "busy (unavailable, HTTP 503, request 6F2D) (at 2026-11-22T")
	p.Stalled.Failure = "dial tcp: connection refused"
	require.Contains(t, render.Tree(p, at(30), render.Style{}), "dial tcp: connection refused (Unavailable at 2026-11-22T")
}

// What a rollback of the set undoes besides it stands at the top, and is a line of its own once.
func TestSetTree_WhatARollbackUndoesBesides(t *testing.T) {
	t.Parallel()
	before, set := checkout(), checkout()
	set.Undoes = "a rollback of the set undoes what was released since, too: stock (r-9)"
	require.Contains(t, render.SetTree(set, at(30), render.Style{}), "\nCareful:        "+set.Undoes+"\n")
	require.Equal(t, []string{"2026-11-22T19:30:00Z " + set.SetID + " ⚠ " + set.Undoes}, render.SetDiff(before, set, at(30)))
	require.Empty(t, render.SetDiff(set, set, at(30)))
}
