package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// leased is a spec that suspends scaling rules, which is no default where they are taken away.
func leased(s *stage, st release.Strategy) release.Spec {
	spec := s.spec(st)
	spec.Scaling.Suspend = new(true)
	return spec
}

// TestShift_Endings is what becomes of a release on a platform that shifts traffic, does not return by
// itself, and tells versions by their IDs.
func TestShift_Endings(t *testing.T) {
	t.Parallel()
	all, gray := release.Strategy{}, shifts(5, 30)
	promoted := []string{"1 2:5", "1 2:30", "2"}
	confirmed := func(s *stage, _ *shifting, _ *release.Spec) {
		s.confirm(time.Hour, 1)
		s.confirm(2*time.Hour, 2)
	}
	for name, c := range map[string]struct {
		strategy release.Strategy
		with     func(*stage, *shifting, *release.Spec)
		outcome  release.Phase
		reason   string
		moves    []string
		// returns tells that the way back is told.
		returns bool
	}{
		"all at once":    {all, nil, release.PhaseSucceeded, "", []string{"2"}, false},
		"by two weights": {gray, confirmed, release.PhaseSucceeded, "", promoted, false},
		"the answer of the rollout is lost": {gray, func(s *stage, p *shifting, spec *release.Spec) {
			confirmed(s, p, spec)
			p.lost[release.VerbBeginRollout] = true
		}, release.PhaseSucceeded, "", promoted, false},
		"aborted while parked": {
			gray, func(s *stage, _ *shifting, _ *release.Spec) { s.abort(time.Hour) },
			release.PhaseAborted, "too many errors",
			[]string{"1 2:5", "1"},
			true,
		},
		"aborted while parked, no rollback wanted after a failure": {gray, func(s *stage, _ *shifting, spec *release.Spec) {
			spec.Rollback.OnFailure = new(false)
			s.abort(time.Hour)
		}, release.PhaseAborted, "too many errors", []string{"1 2:5", "1"}, true},
		"nobody confirms": {gray, nil, release.PhaseAborted, "nobody confirmed the batch within 24h", []string{"1 2:5", "1"}, true},
		"somebody moves the traffic back": {gray, func(s *stage, p *shifting, spec *release.Spec) {
			spec.Rollback.OnFailure = new(false)
			s.at(time.Hour, func() { p.by(func() { p.move("1", "", 0) }) })
		}, release.PhaseRolledBack, "not by Slipway", []string{"1 2:5", "1"}, true},
		"somebody moves the traffic to a version of theirs": {gray, func(s *stage, p *shifting, _ *release.Spec) {
			s.at(time.Hour, func() {
				p.by(func() {
					p.versions["7"] = release.Artifact{}
					p.move("7", "", 0)
				})
			})
		}, release.PhaseFailed, "change 7 was begun elsewhere after the one of this release; the application runs version 7", []string{"1 2:5", "7"}, false},
		"the version before is somebody else's": {gray, func(s *stage, p *shifting, _ *release.Spec) {
			p.versions["1"] = release.Artifact{}
			s.abort(time.Hour)
		}, release.PhaseAborted, "", []string{"1 2:5", "1"}, true},
		"the first version": {all, func(_ *stage, p *shifting, _ *release.Spec) {
			p.serves = ""
		}, release.PhaseSucceeded, "", []string{"2"}, false},
		"the first version, and the alias is deleted": {all, func(_ *stage, p *shifting, _ *release.Spec) {
			p.serves = ""
			p.before(release.VerbObserve, func() { p.serves = "" })
		}, release.PhaseFailed, "had no version before that could be returned to; the application runs no version yet", []string{"2"}, false},
		"the first version, and another one serves": {all, func(_ *stage, p *shifting, _ *release.Spec) {
			p.serves = ""
			p.before(release.VerbObserve, func() { p.move("1", "", 0) })
		}, release.PhaseFailed, "had no version before that could be returned to", []string{"2", "1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			platform := newShifting(s)
			spec := leased(s, c.strategy)
			if c.with != nil {
				c.with(s, platform, &spec)
			}
			p := s.run(spec)
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, c.reason)
			require.Equal(t, c.moves, platform.moves, "each step once, whatever the network said")
			require.Equal(t, map[string]string{"api.daily": "at 08:00"}, platform.rules, "what was taken away is back")
			require.Equal(t, c.returns, slices.Contains(s.kinds(), release.EventRollingBack))
			if c.outcome == release.PhaseSucceeded {
				require.Equal(t, release.Version{ID: "2", Artifact: release.Artifact{Image: newImage}}, *p.Runs)
			}
		})
	}
}

// by lets somebody else change something.
func (p *shifting) by(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

// What somebody else has made of the traffic is said as the platform shows it.
func TestShift_SaysWhoHasMovedWhat(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	platform := newShifting(s)
	platform.elsewhere = "somebody else has moved the alias live meanwhile: version 7 has all of the traffic"
	s.at(time.Hour, func() {
		platform.by(func() {
			platform.versions["7"] = release.Artifact{}
			platform.move("7", "", 0)
		})
	})
	p := s.run(s.spec(shifts(5)))
	require.Equal(t, release.PhaseFailed, p.Outcome)
	require.Equal(t, platform.elsewhere+"; the application runs version 7", p.Reason)
}

// What is refused as it was asked for says so, and a plan of it tells no number of instances that is of
// something else.
func TestShift_AReleaseOfAnUnknownPart(t *testing.T) {
	t.Parallel()
	unknown := func(p *release.Planned) {
		p.Refused, p.PartUnknown, p.Instances = release.Problems{{Field: "artifact.part", Message: "name one of api, web"}}, true, 0
	}
	s := newStage(t)
	newShifting(s).plan = unknown
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, "artifact.part: name one of api, web; nothing was changed", p.Reason)
	require.True(t, p.Refused)
	require.Equal(t, release.NextCorrect, release.Next(p)[0].Verb)

	planned := newPlanStage(t)
	newShifting(planned.stage).plan = unknown
	planned.env.ExecuteWorkflow(release.WorkflowPlan, release.Request{Spec: planned.spec(release.Strategy{})})
	var plan release.Plan
	require.NoError(t, planned.env.GetWorkflowResult(&plan))
	require.Equal(t, []string{"artifact.part: name one of api, web"}, reasons(plan))
	require.Nil(t, plan.Instances)
}

// A warning stands in the plan and in the progress, and stops nothing.
func TestShift_AWarningIsTold(t *testing.T) {
	t.Parallel()
	const warning = "these call LATEST: trigger timer"
	warns := func(p *release.Planned) { p.Warning = warning }
	s := newStage(t)
	newShifting(s).plan = warns
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, []any{release.PhaseSucceeded, warning, ""}, []any{p.Outcome, p.Warning, p.Reason})

	planned := newPlanStage(t)
	newShifting(planned.stage).plan = warns
	planned.env.ExecuteWorkflow(release.WorkflowPlan, release.Request{Spec: planned.spec(release.Strategy{})})
	var plan release.Plan
	require.NoError(t, planned.env.GetWorkflowResult(&plan))
	require.Empty(t, plan.Refusals)
	require.Equal(t, warning, plan.Warning)
}

// A plan of the first version says what it brings, and that nothing is returned to.
func TestShift_APlanOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	s := newPlanStage(t)
	newShifting(s.stage).serves = ""
	s.env.ExecuteWorkflow(release.WorkflowPlan, release.Request{Spec: s.spec(release.Strategy{})})
	var plan release.Plan
	require.NoError(t, s.env.GetWorkflowResult(&plan))
	require.Empty(t, plan.Refusals)
	require.Equal(t, release.Version{Artifact: release.Artifact{Image: newImage}}, *plan.Brings)
	require.Nil(t, plan.Return)
}

// A rescale moves no traffic: its batch is of the instances that it brings.
func TestShift_ARescaleHasNoWeight(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	newShifting(s)
	p := s.run(release.Spec{App: s.app, Operation: release.OperationRescale, Instances: 5, RequestedBy: "test"})
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Len(t, p.Batches, 1)
	require.Equal(t, []int{0, 5}, []int{p.Batches[0].Weight, p.Batches[0].Instances})
}

func TestShift_BatchesHaveWeights(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	newShifting(s)
	s.at(30*time.Minute, func() {
		p := s.progress()
		require.Equal(t, release.AwaitConfirm, p.Awaiting.Kind)
		require.Equal(t, []release.BatchState{release.BatchDone, release.BatchPending, release.BatchPending}, states(p))
		require.Equal(t, "2", p.Version)
	})
	s.confirm(time.Hour, 1)
	s.confirm(2*time.Hour, 2)
	p := s.run(s.spec(shifts(5, 30)))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []int{5, 30, 100}, []int{p.Batches[0].Weight, p.Batches[1].Weight, p.Batches[2].Weight})
	require.Equal(t, []release.BatchState{release.BatchConfirmed, release.BatchConfirmed, release.BatchDone}, states(p))
}

// A rule that is taken away stands in the history and in the ledger before, and is put back as it was.
func TestShift_RulesAreKeptBeforeTheyAreTakenAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	platform := newShifting(s)
	kept := platform.rule("api.daily").Kept
	platform.before(release.VerbSetScaling, func() {
		require.Len(t, s.noted, 1, "the ledger knows")
		require.JSONEq(t, string(kept), string(s.noted[0].ScalingRules[0].Kept))
	})
	s.at(30*time.Minute, func() {
		require.Empty(t, platform.rules)
		held := s.progress().ScalingRules
		require.True(t, held[0].Suspended)
		require.JSONEq(t, string(kept), string(held[0].Kept))
	})
	s.confirm(time.Hour, 1)
	p := s.run(leased(s, shifts(5)))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []release.HeldRule{{Name: "api.daily", Revision: "at 08:00", Suspended: true, Restored: true}}, p.ScalingRules)
	require.Equal(t, map[string]string{"api.daily": "at 08:00"}, platform.rules)
}

func TestShift_WhatSomebodyDoesToARuleIsRespected(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		suspend bool
		with    func(*stage, *shifting)
		want    map[string]string
		reason  string
	}{
		"changed right before it is taken away": {true, func(_ *stage, p *shifting) {
			p.before(release.VerbSetScaling, func() { p.rules["api.daily"] = "at 09:00" })
		}, map[string]string{"api.daily": "at 09:00"}, ""},
		"made anew meanwhile": {true, func(s *stage, p *shifting) {
			s.at(30*time.Minute, func() { p.by(func() { p.rules["api.daily"] = "at 10:00" }) })
		}, map[string]string{"api.daily": "at 10:00"}, "scaling rule api.daily was changed by somebody meanwhile"},
		"deleted, where none is suspended": {false, func(s *stage, p *shifting) {
			s.at(30*time.Minute, func() { p.by(func() { delete(p.rules, "api.daily") }) })
		}, map[string]string{}, ""},
		"the answer of taking away is lost": {true, func(_ *stage, p *shifting) {
			p.lost[release.VerbSetScaling] = true
		}, map[string]string{"api.daily": "at 08:00"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			platform := newShifting(s)
			c.with(s, platform)
			spec := s.spec(shifts(5))
			spec.Scaling.Suspend = &c.suspend
			s.confirm(time.Hour, 1)
			p := s.run(spec)
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, c.reason)
			require.Equal(t, c.want, platform.rules)
		})
	}
}

// A rule that a release before has taken away is put back by the next one, where it is known what it was.
func TestShift_TheNextReleasePutsBackWhatIsOwed(t *testing.T) {
	t.Parallel()
	for name, kept := range map[string]bool{"kept": true, "not known any more": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			platform := newShifting(s)
			debt := release.Debt{ReleaseID: "r-0"}
			owed := platform.rule("api.daily")
			if !kept {
				owed.Kept = nil
			}
			debt.Add(owed)
			delete(platform.rules, "api.daily")
			spec := s.spec(release.Strategy{}).WithDefaults()
			s.env.ExecuteWorkflow(spec.Workflow(), release.Request{ID: "r-test", Spec: spec, Debts: []release.Debt{debt}})
			p := s.result()
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
			if kept {
				require.Equal(t, map[string]string{"api.daily": "at 08:00"}, platform.rules)
				require.Equal(t, []release.Debt{{ReleaseID: "r-0", ScalingRules: []string{"api.daily"}}}, p.Paid())
				return
			}
			require.Contains(t, p.Reason, "release r-0 has left scaling rules off: api.daily")
			require.Empty(t, p.Paid())
		})
	}
}

func TestShift_AToggleForATimePutsBackWhatItTook(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	platform := newShifting(s)
	s.at(time.Hour, func() { require.Empty(t, platform.rules) })
	s.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, release.ToggleRequest{App: s.app, For: release.Duration(8 * time.Hour), By: "ann"})
	require.NoError(t, s.env.GetWorkflowError())
	var result release.ToggleResult
	require.NoError(t, s.env.GetWorkflowResult(&result))
	require.Equal(t, []string{"api.daily"}, result.Switched)
	require.True(t, result.SwitchedBack)
	require.Equal(t, map[string]string{"api.daily": "at 08:00"}, platform.rules)
}

// A run of a switching that is reset begins with what it has to put back.
func TestShift_AToggleThatIsResetPutsBackWhatItTook(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	platform := newShifting(s)
	request := release.ToggleRequest{App: s.app, For: release.Duration(8 * time.Hour), By: "ann"}
	s.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, request)
	require.NoError(t, s.env.GetWorkflowError())
	require.Len(t, s.server.runs, 1)
	kept := platform.rule("api.daily")
	require.Equal(t, []release.ScalingRule{kept}, s.server.runs[0].Before)

	again := newStage(t)
	reset := newShifting(again)
	reset.rules = map[string]string{} // it had taken it away
	again.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, s.server.runs[0])
	require.NoError(t, again.env.GetWorkflowError())
	require.Equal(t, platform.rules, reset.rules)
}

// A rule that somebody changes right before it is taken away is put back as they have changed it.
func TestShift_AToggleKeepsWhatSomebodyHasChanged(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	platform := newShifting(s)
	platform.before(release.VerbSetScaling, func() { platform.rules["api.daily"] = "at 09:00" })
	s.at(time.Hour, func() { require.Empty(t, platform.rules) })
	s.env.ExecuteWorkflow(release.WorkflowToggleScalingRules, release.ToggleRequest{App: s.app, For: release.Duration(8 * time.Hour), By: "ann"})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, map[string]string{"api.daily": "at 09:00"}, platform.rules)
}

// A rollback returns to versions by their IDs, be it that nobody knows their artifacts.
func TestShift_RollbackByID(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version string
		judged  release.Judged
		moves   []string
	}{
		"named, published by somebody else": {version: "2", moves: []string{"2"}},
		"the last good one":                 {judged: release.Judged{Good: []release.Version{{ID: "1"}}}, moves: []string{"1"}},
		"what is bad is avoided":            {judged: release.Judged{Bad: []release.Version{{ID: "2"}}}, moves: []string{"1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			platform := newShifting(s)
			platform.versions["2"], platform.versions["3"] = release.Artifact{}, release.Artifact{Image: newImage}
			platform.newest, platform.serves = 3, "3"
			s.judged = c.judged
			p := s.run(release.Spec{App: s.app, Operation: release.OperationRollback, Version: c.version, RequestedBy: "test"})
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
			require.Equal(t, c.moves, platform.moves)
			require.Equal(t, c.moves[0], p.Runs.ID)
		})
	}
}

// A watchdog puts back what was taken away, from the last progress of a release that was lost.
func TestShift_AWatchdogPutsBackWhatWasTakenAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	platform := newShifting(w.stage)
	lost := release.HeldRule{Name: "api.daily", Revision: "at 08:00", Kept: platform.rule("api.daily").Kept, Suspended: true}
	delete(platform.rules, "api.daily")
	w.endings[release.WorkflowID("r-lost")] = release.Ending{Lost: "terminated"}
	w.shown[release.WorkflowID("r-lost")] = func() (release.Progress, error) {
		return release.Progress{
			ReleaseID: "r-lost", App: w.app.WithDefaults(), Operation: release.OperationRelease, Phase: release.PhaseRollingOut,
			Artifact: release.Artifact{Image: oldImage}, Version: "1", ScalingRules: []release.HeldRule{lost},
		}, nil
	}
	w.env.ExecuteWorkflow(release.WorkflowWatchdog, release.WatchdogRequest{ReleaseID: "r-lost", App: w.app})
	var result release.WatchdogResult
	require.NoError(t, w.env.GetWorkflowResult(&result))
	require.Equal(t, []string{"api.daily"}, result.Restored, result.Left)
	require.Empty(t, result.Left)
	require.Equal(t, map[string]string{"api.daily": "at 08:00"}, platform.rules)
}

// A step that a lost release has left open is a person's, who is told what there is to do on the platform.
func TestShift_AWatchdogLeavesAnOpenStepToAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	platform := newShifting(w.stage)
	platform.versions["2"], platform.newest = release.Artifact{Image: newImage}, 2
	platform.change, platform.from, platform.weights = "2", "1", []int{5, 30}
	platform.move("1", "2", 5)
	w.endings[release.WorkflowID("r-lost")] = release.Ending{Lost: "terminated"}
	w.shown[release.WorkflowID("r-lost")] = func() (release.Progress, error) {
		return release.Progress{
			ReleaseID: "r-lost", App: w.app.WithDefaults(), Operation: release.OperationRelease, Phase: release.PhaseAwaitingConfirm,
			Artifact: release.Artifact{Image: newImage}, Version: "2", ChangeID: "2",
		}, nil
	}
	w.env.ExecuteWorkflow(release.WorkflowWatchdog, release.WatchdogRequest{ReleaseID: "r-lost", App: w.app})
	var result release.WatchdogResult
	require.NoError(t, w.env.GetWorkflowResult(&result))
	require.Contains(t, result.Left, "change 2 of the release is awaiting-confirm, and nobody follows it: confirm or abort it on the platform")
	require.NotContains(t, result.Left, "adopt")
	require.Equal(t, []string{"1 2:5"}, platform.moves)
}

// A rule that somebody changes right before the way back of a watch takes it away does not hold the way back.
func TestShift_TheWayBackOfAWatchTakesRulesAsTheyAre(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	platform := newShifting(s)
	spec := leased(s, release.Strategy{Watch: &release.Watch{For: release.Duration(4 * time.Hour)}})
	s.at(time.Hour, func() {
		platform.by(func() {
			platform.before(release.VerbSetScaling, func() { platform.rules["api.daily"] = "at 09:00" })
		})
	})
	s.abort(2 * time.Hour)
	s.at(3*time.Hour, func() { require.Equal(t, "1", platform.serves) })
	p := s.run(spec)
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Equal(t, []string{"2", "1"}, platform.moves)
	require.Equal(t, map[string]string{"api.daily": "at 09:00"}, platform.rules)
}

// Who breaks a release off that has changed the number of instances of one part says of which it is put back.
func TestShift_InstancesOfAPartArePutBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	platform := newShifting(s)
	spec := s.spec(shifts(5))
	spec.Artifact.Part, spec.Config = aPart, &release.Config{Instances: new(7)}
	s.at(30*time.Minute, func() { require.Equal(t, 7, platform.target) })
	s.abort(time.Hour)
	p := s.run(spec)
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Equal(t, []string{aPart}, platform.rescaled)
	require.Equal(t, 3, platform.target)
	require.Equal(t, []string{"1 2:5", "1"}, platform.moves)
}

// A rescale says of which part; one that does not exist is found out before anything is changed.
func TestShift_RescaleOfAPart(t *testing.T) {
	t.Parallel()
	for part, c := range map[string]struct {
		outcome  release.Phase
		reason   string
		rescaled []string
		target   int
	}{
		aPart: {release.PhaseSucceeded, "", []string{aPart}, 7},
		"":    {release.PhaseSucceeded, "", []string{""}, 7},
		"pay": {release.PhaseFailed, "Snapshot: artifact.part: there is no function pay; nothing was changed", nil, 3},
	} {
		t.Run("part "+part, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			platform := newShifting(s)
			p := s.run(release.Spec{App: s.app, Operation: release.OperationRescale, Artifact: release.Artifact{Part: part}, Instances: 7, RequestedBy: "test"})
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Equal(t, c.reason, p.Reason)
			require.Equal(t, c.rescaled, platform.rescaled)
			require.Equal(t, c.target, platform.target)
			require.Empty(t, platform.moves)
		})
	}
}

// Where traffic rules are a part of the change, they go with its beginning: nothing is read, set or removed
// apart from it. Such a release is handed over as a lane has taken it: no platform here takes rules of that kind.
func TestShift_TrafficRulesThatAreAPartOfTheChange(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*stage){
		"succeeded": func(s *stage) { s.confirm(time.Hour, 1) },
		"aborted":   func(s *stage) { s.abort(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			platform := newShifting(s)
			end(s)
			spec := s.spec(shifts(5)).WithDefaults()
			spec.Traffic = canary()
			s.env.ExecuteWorkflow(spec.Workflow(), release.Request{ID: "r-test", Spec: spec, Checked: true})
			p := s.result()
			require.Equal(t, name, strings.ToLower(string(p.Outcome)), p.Reason)
			require.Equal(t, canary(), platform.traffic)
			require.Equal(t, &release.TrafficState{Applied: true, Cleared: true}, p.Traffic, "it has ended with the change")
		})
	}
}
