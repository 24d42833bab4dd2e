//go:build !race

// Without the race detector: the test environment lets timers fire while the coroutines of a
// workflow that has ended unwind, as long as a delivery is under way that it has left.

package workflows_test

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestProperty_WhateverHappensOneOrderAStepAndAnEnd is rules R1, R3, R6, R11, R13, R16 and R18 under any
// mix of lost answers, errors before and after the platform has acted, throttling, failing
// batches, workers that die before or after any call, freezes, changes begun
// elsewhere, a calendar that is away for a while, and a bus that is away for hours, also beyond
// the end of the release.
func TestProperty_WhateverHappensOneOrderAStepAndAnEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := newStage(rt)
		spec := s.drawSpec(rt)
		s.drawTrouble(rt)
		// Short limits: waiting is cheap in life, but each look costs the test time.
		spec.Limits.Confirm, spec.Limits.PlatformApproval, spec.Limits.Total = release.Duration(time.Hour), release.Duration(2*time.Hour), release.Duration(5*time.Hour)
		s.drawSurroundings(rt)
		p := s.run(spec)
		require.NoError(rt, s.sim.ClearFaults())
		s.death.strikes = nil
		require.True(rt, p.Outcome.Ended(), p.Reason)
		require.Nil(rt, p.Stalled)
		s.requireToldInOrder(rt, p)
		s.requireOneOrderAStep(rt, p)
		s.requireNothingBegunAfterAnAbort(rt, p)
		requireEachBatchConfirmedOnce(rt, p)
		if p.Outcome == release.PhaseNeedsAttention {
			require.NotEmpty(rt, p.Reason)
			for _, rule := range p.ScalingRules {
				require.True(rt, rule.Restored || strings.Contains(p.Reason, rule.Name), "%s does not name the rule that is off", p.Reason)
			}
			return
		}
		if s.spoiledByHand() {
			return
		}
		s.requireRulesAsBefore()
		require.True(rt, s.uniform(rt), "%s although versions are mixed", p.Outcome)
		if spec.Operation != release.OperationRescale { // which leaves what it was, wherever it is broken off
			require.Equal(rt, instancesAfter(spec, p), s.replicas(), "instances after %s: %s", p.Outcome, p.Reason)
		}
		if p.Outcome == release.PhaseSucceeded && !s.byHandAfter(p.ChangeID) {
			require.Equal(rt, p.Artifact.Image, s.configured())
		}
	})
}

// instancesAfter is how many instances the application is to have after a release: as many as its
// configuration says where it has succeeded, otherwise as many as before.
func instancesAfter(spec release.Spec, p release.Progress) int {
	if p.Outcome == release.PhaseSucceeded && spec.Config != nil && spec.Config.Instances != nil {
		return *spec.Config.Instances
	}
	return 5
}

// drawSpec draws what is asked for.
func (s *stage) drawSpec(t *rapid.T) release.Spec {
	versions := s.released()
	strategy := rapid.SampledFrom([]release.Strategy{
		{Type: release.StrategyAll},
		gray(),
		{Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmAuto},
		{Type: release.StrategyGray, Gray: 2, Batches: 1, Confirm: release.ConfirmAuto, Bake: release.Duration(time.Hour)},
	}).Draw(t, "strategy")
	if rapid.IntRange(0, 2).Draw(t, "watched") == 0 {
		strategy.Watch = &release.Watch{For: release.Duration(time.Hour)}
	}
	switch rapid.SampledFrom([]release.Operation{
		release.OperationRelease, release.OperationRelease, release.OperationRollback, release.OperationRestart, release.OperationRescale,
	}).Draw(t, "operation") {
	case release.OperationRollback:
		return release.Spec{App: s.app, Operation: release.OperationRollback, Version: versions[0], Strategy: strategy}
	case release.OperationRestart:
		return release.Spec{App: s.app, Operation: release.OperationRestart}
	case release.OperationRescale:
		return release.Spec{App: s.app, Operation: release.OperationRescale, Instances: 7}
	case release.OperationRelease, release.OperationJob: // jobs have a property of their own
	}
	spec := s.spec(strategy) // over itself, which is known by its configuration alone
	if rapid.Bool().Draw(t, "another image") {
		spec.Artifact.Image = "registry.example/shop:3"
	}
	spec.Config = rapid.SampledFrom([]*release.Config{
		nil, brings(0, "LOG_LEVEL=debug"), brings(7, "LOG_LEVEL=debug"), brings(4),
	}).Draw(t, "config")
	if strategy.Type == release.StrategyGray && rapid.Bool().Draw(t, "traffic") {
		spec.Traffic = canary()
	}
	spec.Limits.OnConfirmTimeout = rapid.SampledFrom([]release.TimeoutPolicy{
		release.TimeoutAbort, release.TimeoutContinue, release.TimeoutHold,
	}).Draw(t, "confirm timeout")
	return spec
}

// drawTrouble draws faults of the network and the platform, words, and deaths.
func (s *stage) drawTrouble(t *rapid.T) {
	kinds := []saesim.FaultKind{
		saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultTruncate, saesim.FaultError, saesim.FaultErrorAfter,
	}
	codes := []string{"", "Throttling.User", "System.Upgrading", "ServiceUnavailable"}
	operations := []string{"", "DeployApplication", "RollbackApplication", "RestartApplication", "RescaleApplication", "ConfirmPipelineBatch", "AbortAndRollbackChangeOrder"}
	for range rapid.IntRange(0, 4).Draw(t, "faults") {
		f := saesim.Fault{
			Kind:      rapid.SampledFrom(kinds).Draw(t, "kind"),
			Operation: rapid.SampledFrom(operations).Draw(t, "at"),
			Count:     rapid.IntRange(1, 4).Draw(t, "count"),
		}
		if f.Kind == saesim.FaultError || f.Kind == saesim.FaultErrorAfter {
			f.Code = rapid.SampledFrom(codes).Draw(t, "code")
			if f.Code == "ServiceUnavailable" {
				f.Status = http.StatusServiceUnavailable // SAE does not document it: the gateway in front says so
			}
		}
		s.fault(f)
	}
	if kind := rapid.SampledFrom([]saesim.FaultKind{"", "", saesim.FaultBatchFails, saesim.FaultSystemFails, saesim.FaultHang, saesim.FaultApproval}).Draw(t, "fate"); kind != "" {
		s.fault(saesim.Fault{Kind: kind})
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
	source := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)) //nolint:gosec // a test's dice
	s.death.strikes = func() bool {
		if deaths == 0 || source.IntN(6) > 0 {
			return false
		}
		deaths--
		return true
	}
}

// spoiledByHand reports whether an order begun by hand has not ended well: then what runs, and
// which rules are off, is of its making. The platform switches rules on again after a success
// alone.
func (s *stage) spoiledByHand() bool {
	return slices.ContainsFunc(s.sim.Orders(s.app.ID), func(o saesim.Order) bool {
		return o.Description == handDescription && o.Status != saeclient.ChangeOrderSuccess
	})
}

// byHandAfter reports whether an order was begun by hand after the one with the ID.
func (s *stage) byHandAfter(id string) bool {
	orders := s.sim.Orders(s.app.ID)
	at := slices.IndexFunc(orders, func(o saesim.Order) bool { return o.ID == id })
	return slices.ContainsFunc(orders[at+1:], func(o saesim.Order) bool { return o.Description == handDescription })
}

// drawSurroundings draws freezes, changes begun elsewhere, and collaborators that are
// away for a while.
func (s *stage) drawSurroundings(t *rapid.T) {
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
	for range rapid.IntRange(0, 2).Draw(t, "orders by hand") {
		from, to := span("by hand")
		s.at(from, func() { s.beginByHand(int((to - from).Minutes())) })
	}
}

// requireNothingBegunAfterAnAbort is R11 as the simulator sees it: no deployment of the
// release is sent once an abort has counted.
func (s *stage) requireNothingBegunAfterAnAbort(t tester, p release.Progress) {
	t.Helper()
	token := release.Token(p.ReleaseID, string(release.StepRollout))
	for _, d := range p.Decisions {
		if d.Kind != release.CommandAbort || d.AtSafePoint || d.Refused != "" {
			continue
		}
		for i, sent := range s.deploys {
			require.False(t, strings.HasPrefix(sent.Get("ChangeOrderDesc"), token) && s.deployedAt[i].After(d.At),
				"a deployment was sent at %s, after the abort of %s", s.deployedAt[i], d.At)
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

// requireOneOrderAStep counts the changes that were begun for the release: at most
// one for the operation, and one for the way back.
func (s *stage) requireOneOrderAStep(t tester, p release.Progress) {
	t.Helper()
	counts := map[string]int{}
	for _, o := range s.sim.Orders(s.app.ID) {
		if o.Type != saeclient.CoTypeCreateApp && o.Description != handDescription {
			counts[o.Type]++
		}
	}
	counts[saeclient.CoTypeDeploy]-- // the first is the deployment before
	want := map[string]int{saeclient.CoTypeDeployHistroy: 1}
	switch p.Operation {
	case release.OperationRelease:
		want[saeclient.CoTypeDeploy] = 1
		if p.Config != "" { // the number of instances is put back
			want[saeclient.CoTypeScaleOut], want[saeclient.CoTypeScaleIn] = 1, 1
		}
	case release.OperationRollback:
		want[saeclient.CoTypeDeployHistroy] = 2 // there, and back
	case release.OperationRestart:
		want = map[string]int{saeclient.CoTypeRestartApplication: 1}
	case release.OperationRescale:
		want = map[string]int{saeclient.CoTypeScaleOut: 1}
	case release.OperationJob: // jobs have a property of their own
	}
	for kind, n := range counts {
		require.LessOrEqual(t, n, want[kind], "%s: %s (%v)", kind, p.Reason, counts)
	}
}

// uniform reports whether all instances run one version.
func (s *stage) uniform(t tester) bool {
	t.Helper()
	groups, err := s.client.DescribeApplicationGroups(t.Context(), &saeclient.DescribeApplicationGroupsInput{AppID: s.app.ID})
	require.NoError(t, err)
	images := map[string]bool{}
	for _, g := range groups.Data {
		out, err := s.client.DescribeApplicationInstances(t.Context(), &saeclient.DescribeApplicationInstancesInput{AppID: s.app.ID, GroupID: g.GroupID, PageSize: new(100)})
		require.NoError(t, err)
		for _, i := range out.Data.Instances {
			images[i.ImageURL] = true
		}
	}
	return len(images) <= 1
}
