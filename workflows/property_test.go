//go:build !race

// Without the race detector: the test environment lets timers fire while the coroutines of a
// workflow that has ended unwind, as long as a delivery is under way that it has left.

package workflows_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/activities/platform/platformtest"
	"slipway/release"
)

// TestProperty_WhateverHappensOneOrderAStepAndAnEnd is rules R1, R3, R6, R11, R13, R16 and R18 on every
// platform, under any mix of lost answers, errors before and after the platform has acted, throttling,
// failing batches, workers that die before or after any call, freezes, changes begun
// elsewhere, a calendar that is away for a while, and a bus that is away for hours, also beyond
// the end of the release.
func TestProperty_WhateverHappensOneOrderAStepAndAnEnd(t *testing.T) {
	t.Parallel()
	for _, of := range subjects() {
		t.Run(string(of.Traits.Platform), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { whateverHappens(rt, of) })
		})
	}
}

func whateverHappens(rt *rapid.T, of subject) {
	s := newTrial(rt, of)
	spec := s.drawSpec(rt)
	s.drawTrouble(rt)
	// Short limits: waiting is cheap in life, but each look costs the test time.
	spec.Limits.Confirm, spec.Limits.Total = release.Duration(time.Hour), release.Duration(5*time.Hour)
	if !slices.ContainsFunc(of.Traits.Unsupported, func(l release.Unsupported) bool { return l.Field == "limits.platformApproval" }) {
		spec.Limits.PlatformApproval = release.Duration(2 * time.Hour)
	}
	s.drawSurroundings(rt)
	p := s.run(spec)
	if s.calm != nil {
		s.calm(s.world)
	}
	s.death.strikes = nil
	require.True(rt, p.Outcome.Ended(), p.Reason)
	require.Nil(rt, p.Stalled)
	s.requireToldInOrder(rt, p)
	s.requireOneChangeAStep(rt, p)
	s.requireNothingBegunAfterAnAbort(rt, p)
	requireEachBatchConfirmedOnce(rt, p)
	if p.Outcome == release.PhaseNeedsAttention {
		require.NotEmpty(rt, p.Reason)
		for _, rule := range p.ScalingRules {
			require.True(rt, rule.Restored || strings.Contains(p.Reason, rule.Name), "%s does not name the rule that is off", p.Reason)
		}
		return
	}
	if s.hand != nil && s.hand.spoiled(s.world) {
		return
	}
	now := s.truth()
	require.Equal(rt, s.before.Rules, now.Rules)
	require.Len(rt, now.Shares, 1, "%s although versions are mixed", p.Outcome)
	if spec.Operation != release.OperationRescale { // which leaves what it was, wherever it is broken off
		require.Equal(rt, instancesAfter(spec, p), now.Instances, "instances after %s: %s", p.Outcome, p.Reason)
	}
	if p.Outcome == release.PhaseSucceeded && !s.byHandAfter(p.ChangeID) {
		require.Contains(rt, now.Shares, s.numberOf(p.Artifact), "%s runs not", p.Artifact)
	}
}

// instancesAfter is how many instances the application is to have after a release: as many as its
// configuration says where it has succeeded, otherwise as many as before.
func instancesAfter(spec release.Spec, p release.Progress) int {
	if p.Outcome == release.PhaseSucceeded && spec.Config != nil && spec.Config.Instances != nil {
		return *spec.Config.Instances
	}
	return instancesBefore
}

// numberOf is the number of an artifact.
func (s *trial) numberOf(a release.Artifact) int {
	for n := 1; n <= 3; n++ {
		if a.Same(s.world.Artifact(n)) {
			return n
		}
	}
	return 0
}

// strategies are some of an operation, as the platform has them.
func (s *trial) strategies(has []release.StrategyType) (out []release.Strategy) {
	for _, kind := range has {
		switch {
		case kind == release.StrategyBatch:
			out = append(out, release.Strategy{Type: kind, Batches: 2, Confirm: release.ConfirmAuto})
		case kind == release.StrategyGray && s.Traits.Step == release.StepWeight:
			out = append(out, release.Strategy{Type: kind, Weights: []int{5, 30}, Confirm: release.ConfirmManual},
				release.Strategy{Type: kind, Weights: []int{20}, Confirm: release.ConfirmAuto, Bake: release.Duration(time.Hour)})
		case kind == release.StrategyGray:
			out = append(out, gray(), release.Strategy{Type: kind, Gray: 2, Batches: 1, Confirm: release.ConfirmAuto, Bake: release.Duration(time.Hour)})
		default:
			out = append(out, release.Strategy{Type: kind})
		}
	}
	return out
}

// operations are what the platform does; a release counts twice.
func (s *trial) operations() []release.Operation {
	out := []release.Operation{release.OperationRelease, release.OperationRelease, release.OperationRollback}
	if s.Traits.Restart {
		out = append(out, release.OperationRestart)
	}
	if s.Traits.Rescale {
		out = append(out, release.OperationRescale)
	}
	return out
}

// drawSpec draws what is asked for.
func (s *trial) drawSpec(t *rapid.T) release.Spec {
	operation := rapid.SampledFrom(s.operations()).Draw(t, "operation")
	switch operation {
	case release.OperationRestart:
		return release.Spec{App: s.app, Operation: operation}
	case release.OperationRescale:
		return release.Spec{App: s.app, Operation: operation, Instances: instancesBefore + 2}
	case release.OperationRelease, release.OperationRollback, release.OperationJob: // jobs have a property of their own
	}
	has := s.Traits.Rollouts
	if operation == release.OperationRollback {
		has = s.Traits.Rollbacks
	}
	strategy := rapid.SampledFrom(s.strategies(has)).Draw(t, "strategy")
	if rapid.IntRange(0, 2).Draw(t, "watched") == 0 {
		strategy.Watch = &release.Watch{For: release.Duration(time.Hour)}
	}
	if operation == release.OperationRollback {
		snap, err := s.world.Driver().Snapshot(t.Context(), release.SnapshotInput{App: s.app, Rollback: &release.RollbackQuestion{}})
		require.NoError(t, err)
		return release.Spec{App: s.app, Operation: operation, Version: snap.Wanted.ID, Strategy: strategy}
	}
	spec := s.spec(strategy)
	// Over itself a release is known by its configuration alone.
	spec.Artifact = s.world.Artifact(rapid.IntRange(2, 3).Draw(t, "artifact"))
	spec.Config = s.drawConfig(t)
	if s.Traits.TakesRulesAway() && rapid.Bool().Draw(t, "suspend") {
		spec.Scaling.Suspend = new(true)
	}
	if s.traffic != nil && strategy.Type == release.StrategyGray && rapid.Bool().Draw(t, "traffic") {
		spec.Traffic = s.traffic()
	}
	spec.Limits.OnConfirmTimeout = rapid.SampledFrom([]release.TimeoutPolicy{
		release.TimeoutAbort, release.TimeoutContinue, release.TimeoutHold,
	}).Draw(t, "confirm timeout")
	return spec
}

// drawConfig draws what is changed of the configuration: nothing, a variable, the number of instances.
func (s *trial) drawConfig(t *rapid.T) *release.Config {
	variable, instances := rapid.Bool().Draw(t, "variable"), rapid.SampledFrom([]int{0, 0, 4, 7}).Draw(t, "instances")
	if !s.Traits.Takes("config.instances") {
		instances = 0
	}
	if !variable && instances == 0 {
		return nil
	}
	config := &release.Config{}
	if variable {
		config = s.world.Config("debug")
	}
	if instances > 0 {
		config.Instances = &instances
	}
	return config
}

// drawTrouble draws faults of the network and the platform, words, and deaths.
func (s *trial) drawTrouble(t *rapid.T) {
	for range rapid.IntRange(0, 3).Draw(t, "losses") {
		call := rapid.IntRange(1, 8).Draw(t, "call")
		s.lost[call] = rapid.SampledFrom([]platformtest.Loss{platformtest.LostBefore, platformtest.LostAfter, platformtest.Declined}).Draw(t, "loss")
	}
	if s.trouble != nil {
		s.trouble(t, s.world)
	}
	for range rapid.IntRange(0, 3).Draw(t, "words") {
		at := time.Duration(rapid.IntRange(1, 3*3600).Draw(t, "second")) * time.Second
		kind := rapid.SampledFrom([]release.CommandKind{
			release.CommandConfirm, release.CommandConfirm, release.CommandPause, release.CommandResume, release.CommandAbort, release.CommandRollback,
		}).Draw(t, "word")
		c := release.Command{Kind: kind}
		if kind == release.CommandConfirm {
			c.Batch = rapid.IntRange(1, 2).Draw(t, "batch")
			if rapid.IntRange(0, 2).Draw(t, "all") == 0 {
				s.confirmAll(at, release.Command{Note: "all of it"})
				continue
			}
		}
		s.say(at, c)
	}
	deaths := rapid.IntRange(0, 5).Draw(t, "deaths")
	source := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	s.death.strikes = func() bool {
		if deaths == 0 || source.IntN(6) > 0 {
			return false
		}
		deaths--
		return true
	}
}

// drawSurroundings draws freezes, changes begun elsewhere, and collaborators that are
// away for a while.
func (s *trial) drawSurroundings(t *rapid.T) {
	start := s.env.Now()
	span := func(name string) (from, to time.Duration) {
		from = time.Duration(rapid.IntRange(0, 3*3600).Draw(t, name+" from")) * time.Second
		return from, from + time.Duration(rapid.IntRange(1, 3600).Draw(t, name+" lasts"))*time.Second
	}
	away := func(name string, hours int) func() bool {
		if !rapid.Bool().Draw(t, name) {
			return nil
		}
		from, to := span(name)
		to = from + (to-from)*time.Duration(hours)
		return func() bool { d := s.since(start); return d >= from && d < to }
	}
	s.calendarDown, s.busDown = away("calendar away", 1), away("bus away", 12)
	if rapid.IntRange(0, 2).Draw(t, "freeze") == 0 {
		from, to := span("freeze")
		s.at(from, func() { s.freeze(stopped()) })
		s.at(to, func() { s.freeze(release.Calendar{}) })
	}
	if s.hand == nil {
		return
	}
	for range rapid.IntRange(0, 2).Draw(t, "changes by hand") {
		from, to := span("by hand")
		s.at(from, func() {
			s.reach()
			s.hand.begin(t.Context(), s.world, int((to - from).Minutes()))
		})
	}
}

// requireNothingBegunAfterAnAbort is R11 as the platform sees it: no call that brings a version is
// sent once an abort has counted.
func (s *trial) requireNothingBegunAfterAnAbort(t tester, p release.Progress) {
	t.Helper()
	for _, d := range p.Decisions {
		if d.Kind != release.CommandAbort || d.AtSafePoint || d.Refused != "" {
			continue
		}
		for _, at := range s.rollouts {
			require.False(t, at.After(d.At), "a version was brought at %s, after the abort of %s", at, d.At)
		}
	}
}

// requireEachBatchConfirmedOnce is R9: one decision has let a batch pass, and where that was one for
// all, it was of a word for all.
func requireEachBatchConfirmedOnce(t tester, p release.Progress) {
	t.Helper()
	passed, given := map[int]int{}, map[string]bool{}
	for _, d := range p.Decisions {
		switch {
		case d.Refused != "" || d.Kind != release.CommandConfirm:
		case d.All && d.Batch == 0:
			given[d.ID] = true
		default:
			passed[d.Batch]++
			require.Equal(t, 1, passed[d.Batch], "batch %d", d.Batch)
			require.True(t, !d.All || given[d.ID], "batch %d passed by a word for all that nobody gave", d.Batch)
		}
	}
}

// requireOneChangeAStep counts the changes that were begun for the release: at most one for the
// operation, one for the way back, and one that puts the number of instances back.
func (s *trial) requireOneChangeAStep(t tester, p release.Progress) {
	t.Helper()
	counts, verbs := map[release.Verb]int{}, s.truth().Verbs
	for _, id := range s.begun() {
		verb, told := verbs[id]
		if !told {
			verb = release.VerbBeginRollout
		}
		counts[verb]++
	}
	want := map[release.Verb]int{release.VerbBeginRollback: 1}
	switch p.Operation {
	case release.OperationRelease:
		want[release.VerbBeginRollout] = 1
		if p.Config != "" { // the number of instances is put back
			want[release.VerbBeginRescale] = 1
		}
	case release.OperationRollback:
		want[release.VerbBeginRollback] = 2 // there, and back
	case release.OperationRestart:
		want = map[release.Verb]int{release.VerbBeginRestart: 1}
	case release.OperationRescale:
		want = map[release.Verb]int{release.VerbBeginRescale: 1}
	case release.OperationJob: // jobs have a property of their own
	}
	for verb, n := range counts {
		require.LessOrEqual(t, n, want[verb], "%s: %s (%v)", verb, p.Reason, counts)
	}
}
