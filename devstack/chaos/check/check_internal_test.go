package check

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/chaos/load"
	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// The release of the tests, and what it is of.
const first = "r-aaaaaaaaaaaaaaaa"

func shop() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
}

func at(second int) time.Time { return time.Date(2026, time.November, 2, 8, 0, second, 0, time.UTC) }

func told(number uint64, kind release.EventKind, outcome release.Phase) event {
	e := event{sequence: number}
	e.ID, e.Kind = release.EventID(first, number, kind), kind
	e.Progress = release.Progress{ReleaseID: first, App: shop(), Transition: number, Phase: outcome, Outcome: outcome}
	return e
}

func order(id string, began, ended int, release string) change {
	c := change{app: shop(), id: id, what: "CoDeploy", began: at(began), ended: at(ended)}
	if release != "" {
		c.release, c.step = []string{release}, "rollout"
	}
	return c
}

func stateOf(image, variable string) load.State {
	return load.State{
		Image: image, Variable: variable, Instances: 5, Rules: map[string]bool{"office-hours": true, "sale-weekend": false}, Rest: map[string]any{"Cpu": 1000.0},
	}
}

// record is that of a release whose place in the stream is also the minute of its turn.
func record(id string, sequence int, outcome release.Phase) ledger.Record {
	p := release.Progress{ReleaseID: id, App: shop(), Operation: release.OperationRelease, Artifact: release.Artifact{Image: "shop:2"}, Phase: outcome, Outcome: outcome}
	return ledger.Record{
		ReleaseID: id, App: shop(), Accepted: true, Outcome: outcome, Progress: p, Sequence: uint64(sequence),
		StartedAt: at(60 * sequence), EndedAt: at(60*sequence + 30),
	}
}

// good is the evidence of a release that has gone as it should, in which nothing is found.
func good() evidence {
	return evidence{
		sent: load.Sent{
			Messages: []load.Message{{
				Sequence: 1, Kind: wire.KindRequest, EventID: "release-0", Target: first, May: load.May{Ends: []release.Phase{release.PhaseSucceeded}},
			}},
			Asked:  map[string]release.Spec{first: {Config: &release.Config{Variables: []release.Variable{{Name: load.Variable, Value: new("new")}}}}},
			Places: []load.Place{{App: shop(), Application: load.Application{Platform: release.PlatformSAE}, Before: stateOf("shop:1", "old")}},
		},
		records: []ledger.Record{record(first, 1, release.PhaseSucceeded)},
		after:   []load.State{stateOf("shop:2", "new")},
		events: []event{
			told(1, release.EventAccepted, ""), told(2, release.EventStarted, ""), told(3, release.EventSucceeded, release.PhaseSucceeded),
		},
		changes: []change{order("o1", 0, 9, first)},
	}
}

// spoilt is the evidence after something has gone wrong.
type spoilt struct {
	spoil func(*evidence)
	// rule and found are of the first violation.
	rule, found string
}

// requireFound spoils good evidence in each way, and checks that the violation is found.
func requireFound(t *testing.T, ways map[string]spoilt) {
	t.Helper()
	require.Empty(t, good().violations())
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := good()
			way.spoil(&e)
			found := e.violations()
			require.NotEmpty(t, found)
			require.Equal(t, way.rule, found[0].Rule)
			require.Contains(t, found[0].Found, way.found)
			require.NotEmpty(t, found[0].Where)
		})
	}
}

func TestOneOutcome(t *testing.T) {
	t.Parallel()
	letter := func(reason string) wire.Letter { return wire.Letter{Sequence: 7, StreamSequence: 1, Reason: reason} }
	requireFound(t, map[string]spoilt{
		"a request is lost":                      {func(e *evidence) { e.records, e.events, e.changes = nil, nil, nil }, "R6", "nobody knows of it"},
		"a release has not ended":                {func(e *evidence) { e.records[0].Outcome = "" }, "R6", "has not ended"},
		"it has ended as it must not":            {func(e *evidence) { e.records[0].Outcome = release.PhaseAborted }, "R6", "has ended Aborted, which it must not"},
		"a request that is good is refused":      {func(e *evidence) { e.letters = []wire.Letter{letter("no")} }, "R6", "was to be taken, and is a dead letter: no"},
		"a dead letter has no reason":            {func(e *evidence) { e.letters = []wire.Letter{letter("")} }, "R6", "dead letter 7 has no reason"},
		"a message has two dead letters":         {func(e *evidence) { e.letters = []wire.Letter{letter("no"), letter("no")} }, "R6", "has 2 dead letters"},
		"what cannot be taken is no dead letter": {func(e *evidence) { e.sent.Messages[0].May = load.May{Letter: true} }, "R6", "was to be refused"},
		"nobody settles a message":               {func(e *evidence) { e.unsettled = 1 }, "R6", "1 messages are not settled"},
		"nobody has asked for a release":         {func(e *evidence) { e.sent.Messages, e.sent.Asked = nil, nil }, "R15", "nobody has asked for it"},
	})
}

func TestOneChangeAStep(t *testing.T) {
	t.Parallel()
	requireFound(t, map[string]spoilt{
		"a step is begun twice": {func(e *evidence) { e.changes = append(e.changes, order("o2", 10, 19, first)) }, "R3", "CoDeploy o2 is of step rollout, for which o1 was begun"},
		"two changes at a time": {func(e *evidence) { e.changes = append(e.changes, order("o2", 5, 19, "")) }, "R2", "CoDeploy o2 was begun before o1 had ended"},
		"a change is left":      {func(e *evidence) { e.changes[0].ended = time.Time{} }, "R4", "CoDeploy o1 has not ended, and no release names it"},
		"another is begun beside it": {func(e *evidence) {
			e.changes[0].ended = time.Time{}
			e.records[0] = record(first, 1, release.PhaseNeedsAttention)
			e.records[0].Held.ChangeID = "o1"
			e.sent.Messages[0].May.Ends = []release.Phase{release.PhaseNeedsAttention}
			e.events[2] = told(3, release.EventAttention, release.PhaseNeedsAttention)
			e.changes = append(e.changes, order("o2", 10, 19, ""))
		}, "R2", "was begun before o1 had ended"},
	})
}

func TestToldOnce(t *testing.T) {
	t.Parallel()
	requireFound(t, map[string]spoilt{
		"an event is there twice":     {func(e *evidence) { e.events = append(e.events, e.events[1]) }, "R16", "is there twice, at 2 and 2"},
		"the order is another one":    {func(e *evidence) { e.events[0], e.events[1] = e.events[1], e.events[0] }, "R16", ".1.accepted is told after"},
		"nobody is told of the start": {func(e *evidence) { e.events = e.events[1:] }, "R16", "that it was accepted is told 0 times"},
		"nobody is told of the end":   {func(e *evidence) { e.events = e.events[:2] }, "R16", "its end is told 0 times"},
		"two ends are told": {func(e *evidence) {
			e.events = append(e.events, told(4, release.EventSucceeded, release.PhaseSucceeded))
		}, "R16", "its end is told 2 times"},
		"another end is told": {
			func(e *evidence) { e.events[2] = told(3, release.EventFailed, release.PhaseFailed) }, "R16",
			"tells the end Failed, and the ledger has Succeeded",
		},
	})
}

// A release that was reset may tell its transitions again; its last end is the one that counts.
func TestToldOnce_OfWhatWasReset(t *testing.T) {
	t.Parallel()
	e := good()
	e.events = append(e.events, told(2, release.EventStalled, ""), told(4, release.EventSucceeded, release.PhaseSucceeded))
	require.NotEmpty(t, e.violations())
	e.sent.Disturbed = map[string]bool{first: true}
	require.Empty(t, e.violations())
	e.events = append(e.events, told(5, release.EventAttention, release.PhaseNeedsAttention))
	require.ErrorContains(t, asError(e.violations()), "tells the end NeedsAttention, and the ledger has Succeeded")
	e.events = e.events[:1]
	require.ErrorContains(t, asError(e.violations()), "its end is told 0 times")
}

// second is another release of the tests, which was published after the first.
const second = "r-bbbbbbbbbbbbbbbb"

// withSecond adds a release that has gone as it should.
func withSecond(e *evidence) {
	e.records = append(e.records, record(second, 2, release.PhaseSucceeded))
	e.changes = append(e.changes, order("o2", 70, 79, second))
	e.sent.Asked[second] = release.Spec{}
	for i, kind := range []release.EventKind{release.EventAccepted, release.EventSucceeded} {
		ev := told(uint64(i+1), kind, "")
		if kind == release.EventSucceeded {
			ev = told(uint64(i+1), kind, release.PhaseSucceeded)
		}
		ev.ID, ev.Progress.ReleaseID = release.EventID(second, uint64(i+1), kind), second
		e.events = append(e.events, ev)
	}
}

func TestInOrder(t *testing.T) {
	t.Parallel()
	two := good()
	withSecond(&two)
	require.Empty(t, two.violations())
	requireFound(t, map[string]spoilt{
		"the later one comes first": {func(e *evidence) { withSecond(e); e.records[0].Sequence = 3 }, "R14", "CoDeploy o2 was begun after that of " + first},
		"two have their turn":       {func(e *evidence) { withSecond(e); e.records[1].StartedAt = at(70) }, "R2", "and " + first + " had its end at"},
	})
}

func TestNothingAfterStop(t *testing.T) {
	t.Parallel()
	batches := func(states ...release.BatchState) (all []release.Batch) {
		for i, s := range states {
			all = append(all, release.Batch{Number: i + 1, State: s})
		}
		return all
	}
	abort := []release.Decision{{Kind: release.CommandAbort, By: "bo"}}
	stop := func(e *evidence, phase release.Phase, before, after []release.Batch) {
		p := &e.events[1].Progress
		p.Operation, p.Phase, p.Decisions, p.Batches, p.StartedAt = release.OperationRelease, phase, abort, before, at(1)
		last := &e.events[2].Progress
		last.Operation, last.Decisions, last.Batches, last.StartedAt = release.OperationRelease, abort, after, at(1)
	}
	onItsWay := good()
	stop(&onItsWay, release.PhaseRollingOut, batches(release.BatchConfirmed, release.BatchPending, release.BatchPending),
		batches(release.BatchConfirmed, release.BatchDone, release.BatchPending))
	require.Empty(t, onItsWay.violations(), "a batch that was confirmed may have begun before the abort")
	requireFound(t, map[string]spoilt{
		"a batch begins": {func(e *evidence) {
			stop(e, release.PhaseAwaitingConfirm, batches(release.BatchDone, release.BatchPending), batches(release.BatchDone, release.BatchRunning))
		}, "R11", "batch 2 is running in "},
		"a change begins": {func(e *evidence) { stop(e, release.PhaseAwaitingApproval, nil, nil) }, "R11", "CoDeploy o1 was begun, and the release was stopped before"},
	})
}

func TestEndState(t *testing.T) {
	t.Parallel()
	requireFound(t, map[string]spoilt{
		"the old version runs":          {func(e *evidence) { e.after[0].Image = "shop:1" }, "R19", "it runs {image:shop:1"},
		"its configuration is missing":  {func(e *evidence) { e.after[0].Variable = "old" }, "R19", "variable:old"},
		"there are more instances":      {func(e *evidence) { e.after[0].Instances = 6 }, "R19", "instances:6"},
		"what has failed runs":          {func(e *evidence) { endsAs(e, release.PhaseRolledBack, release.EventRolledBack) }, "R19", "must run one of [{image:shop:1"},
		"a scaling rule is off":         {func(e *evidence) { e.after[0].Rules["office-hours"] = false }, "R1", "scaling rule office-hours is there: true, enabled: false"},
		"a traffic rule is left":        {func(e *evidence) { e.after[0].Route = "by a release" }, "R20", `its traffic rule is "by a release", must be ""`},
		"a scaling rule is gone":        {func(e *evidence) { delete(e.after[0].Rules, "office-hours") }, "R1", "is there: false"},
		"a rule is on that was off":     {func(e *evidence) { e.after[0].Rules["sale-weekend"] = true }, "R1", "sale-weekend is there: true, enabled: true"},
		"a rule is off that was put on": {func(e *evidence) { e.sent.Enabled = map[int][]string{0: {"sale-weekend"}} }, "R1", "must be enabled: true"},
		"the traffic is divided":        {func(e *evidence) { e.after[0].Divided = "version 1 and 2" }, "R13", "version 1 and 2, and no release names it"},
		"a setting is another one":      {func(e *evidence) { e.after[0].Rest["Cpu"] = 500.0 }, "R20", "Cpu is 500, and was 1000"},
		"a setting is gone":             {func(e *evidence) { delete(e.after[0].Rest, "Cpu") }, "R20", "Cpu is <nil>"},
		"a setting is new":              {func(e *evidence) { e.after[0].Rest["Gpu"] = 1.0 }, "R20", "Gpu is 1"},
	})
}

// endsAs lets the release end otherwise.
func endsAs(e *evidence, outcome release.Phase, kind release.EventKind) {
	e.records[0].Outcome = outcome
	e.events[2] = told(3, kind, outcome)
	e.sent.Messages[0].May.Ends = []release.Phase{outcome}
}

// What a release names is no violation, and what somebody has released by hand may run.
func TestEndState_WhatIsNamed(t *testing.T) {
	t.Parallel()
	e := good()
	endsAs(&e, release.PhaseNeedsAttention, release.EventAttention)
	e.records[0].Held = ledger.Held{ScalingRules: []string{"office-hours"}, Traffic: true}
	e.after[0] = stateOf("shop:1", "old")
	e.after[0].Rules["office-hours"], e.after[0].Divided, e.after[0].Route = false, "version 1 and 2", "by the release"
	require.Empty(t, e.violations())

	e = good()
	e.sent.Foreign = map[int][]string{0: {"shop:by-hand"}}
	e.after[0].Image = "shop:by-hand"
	require.Empty(t, e.violations())
}

// A rollback returns to what was there before, with its configuration.
func TestEndState_ARollback(t *testing.T) {
	t.Parallel()
	e := good()
	withSecond(&e)
	e.records[1].Progress.Operation, e.records[1].Progress.Artifact.Image = release.OperationRollback, "shop:1"
	e.after[0] = stateOf("shop:1", "old")
	require.Empty(t, e.violations())
	e.after[0] = stateOf("shop:2", "new")
	require.Len(t, e.violations(), 1)
}

func TestNothingIgnored(t *testing.T) {
	t.Parallel()
	e := good()
	e.ignored = map[release.Platform][]string{release.PlatformSAE: {"DeployApplication.Colour"}}
	found := e.violations()
	require.Len(t, found, 1)
	require.Equal(t, "nothing ignored: parameters were taken and did nothing: [DeployApplication.Colour] (the simulator of sae)", found[0].String())
}

// A set that was asked for has an end, too.
func TestOneOutcome_OfASet(t *testing.T) {
	t.Parallel()
	const id = "s-aaaaaaaaaaaaaaaa"
	e := good()
	e.sent.Messages = append(e.sent.Messages, load.Message{
		Sequence: 2, Kind: wire.KindSet, EventID: "set-0", Target: id, May: load.May{Ends: []release.Phase{release.PhaseSucceeded}},
	})
	require.ErrorContains(t, asError(e.violations()), "nobody knows of it")
	e.sets = map[string]ledger.Set{id: {SetID: id, Progress: release.SetProgress{Phase: release.PhaseRollingOut}}}
	require.ErrorContains(t, asError(e.violations()), "has not ended: RollingOut")
	e.sets[id] = ledger.Set{SetID: id, Progress: release.SetProgress{Outcome: release.PhaseSucceeded}}
	require.Empty(t, e.violations())
	require.Equal(t, map[release.Phase]int{release.PhaseSucceeded: 1}, e.summary().Sets)
}

func asError(found []Violation) error {
	var all []error
	for _, v := range found {
		all = append(all, errors.New(v.String()))
	}
	return errors.Join(all...)
}

// A summary counts what there was to judge.
func TestSummary(t *testing.T) {
	t.Parallel()
	require.Equal(t, Summary{
		Releases: map[release.Platform]map[release.Phase]int{release.PlatformSAE: {release.PhaseSucceeded: 1}}, Sets: map[release.Phase]int{}, Messages: 1, Events: 3, Changes: 1,
	}, good().summary())
}
