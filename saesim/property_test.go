package saesim

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// world drives one application with random calls and remembers what has to hold.
type world struct {
	*harness

	images int
	// enabled is the set of rules that were enabled when the unfinished order
	// switched them off, or that are enabled now.
	enabled map[string]bool
	// last is the order under way, and restore whether it is to restore rules.
	last    string
	restore bool
	// before are the versions alive when it began, gradual whether it has a strategy.
	before  []string
	gradual bool
	ended   map[string]int
}

func (w *world) state() (*application, *changeOrder) {
	w.sim.mu.Lock()
	defer w.sim.mu.Unlock()
	w.sim.look()
	app := w.sim.st.Apps[w.app]
	return app, w.sim.st.active(app)
}

// check is called after every action.
func (w *world) check(t *rapid.T) {
	app, active := w.state()
	require.LessOrEqual(t, len(app.alive()), 2, "at most two versions alive: %v", app.alive())
	unfinished := 0
	for _, o := range w.sim.Orders(w.app) {
		if !finished(o.Status) {
			unfinished++
			require.Equal(t, active.ID, o.ID)
		} else if was, seen := w.ended[o.ID]; seen {
			require.Equal(t, was, o.Status, "a finished order stays as it ended")
		} else {
			w.ended[o.ID] = o.Status
			w.orderEnded(t, app, o)
		}
	}
	require.LessOrEqual(t, unfinished, 1, "one order at a time")
	require.Len(t, app.Instances, app.Replicas+app.leaving()+w.scaling(app, active))
	surge := 0
	if active != nil {
		surge = active.Plan.Surge
	}
	require.LessOrEqual(t, app.leaving(), surge, "no more instances above the number than were allowed")
	w.checkRules(t, app, active)
}

// scaling is how many instances a scaling order has still to add or take away.
func (w *world) scaling(app *application, active *changeOrder) int {
	if active == nil || active.Plan.Replicas == 0 {
		return 0
	}
	return len(app.Instances) - app.leaving() - app.Replicas
}

func (w *world) orderEnded(t *rapid.T, app *application, o Order) {
	if o.ID != w.last {
		return
	}
	order := w.sim.st.Orders[o.ID]
	switch {
	case o.Status == statusSuccess && order.Plan.Target != "":
		require.Len(t, app.alive(), 1, "a release that succeeded leaves one version")
		require.Equal(t, order.Plan.Target, app.CurrentVersion)
	case o.Status == statusFailed && w.gradual:
		require.Subset(t, w.before, slices.Collect(maps.Keys(app.alive())), "a gray or batch release that failed was rolled back")
	}
	if o.Status == statusSuccess && w.restore || order.ApprovalID != "" && !order.Approved {
		return
	}
	w.enabled = map[string]bool{}
}

// checkRules compares the rules with what an order may do to them.
func (w *world) checkRules(t *rapid.T, app *application, active *changeOrder) {
	want := w.enabled
	if active != nil && active.Phase != phaseApproval {
		want = map[string]bool{}
	}
	have := map[string]bool{}
	for _, r := range app.Rules {
		if r.Enabled {
			have[r.Name] = true
		}
	}
	require.Equal(t, want, have, "exactly the rules that were on")
}

// started notes an order that was accepted.
func (w *world) started(g got, app *application, restore, gradual bool) {
	if g.status != 200 {
		return
	}
	w.last, w.restore, w.gradual = g.data()["ChangeOrderId"].(string), restore, gradual
	w.before = slices.Collect(maps.Keys(app.alive()))
}

// TestProperty_WhateverIsCalledTheRulesOfThePlatformHold makes random calls at random times.
func TestProperty_WhateverIsCalledTheRulesOfThePlatformHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{harness: newHarness(t), images: 1, ended: map[string]int{}, enabled: map[string]bool{"r0": true, "r2": true}}
		w.create(t, rapid.IntRange(1, 7).Draw(t, "instances"))
		w.addRules(t)
		t.Repeat(map[string]func(*rapid.T){
			"":         w.check,
			"deploy":   w.deploySomething,
			"rollback": w.rollBackSomewhere,
			"other":    w.restartOrRescale,
			"answer":   w.answerOrder,
			"rule":     w.switchSomeRule,
			"fault": func(t *rapid.T) {
				kind := rapid.SampledFrom([]FaultKind{FaultBatchFails, FaultSystemFails, FaultHang, FaultApproval}).Draw(t, "kind")
				w.fault(t, Fault{Kind: kind, Batch: rapid.IntRange(1, 3).Draw(t, "batch")})
			},
			"time": func(t *rapid.T) {
				for range rapid.IntRange(1, 30).Draw(t, "steps") {
					w.step(t, time.Duration(rapid.Int64Range(0, int64(DefaultBatchDuration)).Draw(t, "step")))
					w.check(t)
				}
			},
			"long time": func(t *rapid.T) { w.settle(t) },
		})
		w.windUp(t)
	})
}

func (w *world) someStrategy(t *rapid.T) string {
	gray, batch := rapid.IntRange(0, 3).Draw(t, "gray"), rapid.IntRange(0, 4).Draw(t, "batches")
	kind := rapid.SampledFrom([]string{releaseAuto, releaseManual}).Draw(t, "release type")
	switch {
	case batch == 0:
		return ""
	case gray == 0:
		return fmt.Sprintf(`{"type":"BatchUpdate","batchUpdate":{"batch":%d,"releaseType":%q,"batchWaitTime":1}}`, batch, kind)
	}
	return fmt.Sprintf(`{"type":"GrayBatchUpdate","batchUpdate":{"batch":%d,"releaseType":%q},"grayUpdate":{"gray":%d}}`, batch, kind, gray)
}

func (w *world) rollout(t *rapid.T) (parameters []string, restore, gradual bool) {
	restore = rapid.Bool().Draw(t, "restore")
	strategy := w.someStrategy(t)
	return []string{
		paramUpdateStrategy, strategy, "AutoEnableApplicationScalingRule", fmt.Sprint(restore),
		"MinReadyInstances", fmt.Sprint(rapid.IntRange(-1, 4).Draw(t, "min ready")),
	}, restore, strategy != ""
}

func (w *world) deploySomething(t *rapid.T) {
	app, _ := w.state()
	w.images++
	parameters, restore, gradual := w.rollout(t)
	parameters = append(parameters, "MaxSurgeInstances", fmt.Sprint(rapid.IntRange(-1, 3).Draw(t, "surge")))
	g := w.call(t, opDeploy, append(parameters, "ImageUrl", fmt.Sprintf("registry.test/shop:%d", w.images))...)
	w.started(g, app, restore, gradual)
}

func (w *world) rollBackSomewhere(t *rapid.T) {
	app, _ := w.state()
	parameters, restore, gradual := w.rollout(t)
	target := rapid.SampledFrom(app.Versions).Draw(t, "version")
	w.started(w.call(t, opRollback, append(parameters, "VersionId", target.ID)...), app, restore, gradual)
}

func (w *world) restartOrRescale(t *rapid.T) {
	app, _ := w.state()
	if rapid.Bool().Draw(t, "restart") {
		w.started(w.call(t, opRestart), app, true, false)
		return
	}
	replicas := fmt.Sprint(rapid.IntRange(1, 8).Draw(t, "replicas"))
	w.started(w.call(t, opRescale, "Replicas", replicas), app, true, false)
}

// answerOrder confirms, refuses, aborts, rolls back, approves or rejects.
func (w *world) answerOrder(t *rapid.T) {
	_, active := w.state()
	if active == nil {
		t.Skip("nothing runs")
	}
	pipeline := rapid.SampledFrom(active.Pipelines).Draw(t, "pipeline").ID
	switch rapid.IntRange(0, 7).Draw(t, "answer") {
	case 0, 1, 2:
		w.call(t, "ConfirmPipelineBatch", "PipelineId", pipeline, "Confirm", "true")
	case 3:
		w.call(t, "ConfirmPipelineBatch", "PipelineId", pipeline, "Confirm", "false")
	case 4:
		w.call(t, "AbortChangeOrder", "ChangeOrderId", active.ID)
	case 5:
		w.call(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", active.ID)
	case 6:
		_ = w.sim.Approve(active.ID)
	case 7:
		_ = w.sim.Reject(active.ID)
	}
}

func (w *world) switchSomeRule(t *rapid.T) {
	name := rapid.SampledFrom([]string{"r0", "r1", "r2"}).Draw(t, "rule")
	if rapid.Bool().Draw(t, "on") {
		if w.call(t, "EnableApplicationScalingRule", "ScalingRuleName", name).status == 200 {
			w.enabled[name] = true
		}
	} else if w.call(t, "DisableApplicationScalingRule", "ScalingRuleName", name).status == 200 {
		delete(w.enabled, name)
	}
}

// windUp brings the order under way to an end: every order can be ended.
func (w *world) windUp(t *rapid.T) {
	w.settle(t)
	w.check(t)
	_, active := w.state()
	if active == nil {
		return
	}
	require.Contains(t, []phase{phaseApproval, phaseConfirm, phaseHanging}, active.Phase, "only these wait for somebody")
	w.must(t, "AbortChangeOrder", "ChangeOrderId", active.ID)
	w.check(t)
	_, active = w.state()
	require.Nil(t, active)
}
