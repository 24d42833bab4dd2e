package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

const (
	// planTime is how long a plan asks the platform and the ledger, without which there is no plan;
	// the rest of its limit is for the worker that answers.
	planTime = 50 * time.Second
	// besideTime is how long it asks for each of the other things, which it can do without.
	besideTime = 10 * time.Second
)

// Plan finds out what a release would do: the preparation of the release itself, which reads and
// checks, but all of it, and without waiting for anybody. It reaches no verb that changes something.
func Plan(ctx workflow.Context, in *release.Request) (*release.Plan, error) {
	if in == nil {
		return nil, invalid(release.Problem{Field: "spec", Message: "is missing: the workflow has no input"})
	}
	in.Spec = in.Spec.WithDefaults()
	problems, err := problemsOf(ctx, in.Spec.Validate)
	if err != nil {
		return nil, invalid(err)
	}
	r := newRun(ctx, in)
	p := planning{
		preparation: preparation{run: r, by: workflow.Now(ctx).Add(planTime)},
		plan: &release.Plan{
			App: r.p.App, Operation: r.p.Operation, At: workflow.Now(ctx), Strategy: r.p.Strategy, Approval: in.Spec.Approval, FreezeOverride: r.spec.Freeze.Override,
		},
	}
	p.refuseAll(problems)
	if len(problems) > 0 {
		return p.plan, nil // what is not valid can be asked about nowhere
	}
	if f := p.prepare(ctx); f != nil {
		return nil, f.err()
	}
	return p.plan, nil
}

// planning is the preparation of a release that is not begun: it collects what it finds instead of
// ending at it.
type planning struct {
	preparation

	plan *release.Plan
}

// prepare reads and checks what the release would, in its order. Its fault is why there is no plan.
func (p planning) prepare(ctx workflow.Context) *fault {
	p.askLane(ctx)
	if f := p.missing(p.loadJudged(ctx)); f != nil {
		return f
	}
	snap, f := p.look(ctx)
	if f != nil {
		p.plan.AppName = p.p.AppName
		if f := p.missing(f); f != nil {
			return f
		}
	} else {
		p.take(snap)
	}
	p.note("whether the gates can be measured", p.beside(ctx).checkGates(ctx))
	p.readFreezes(ctx)
	return nil
}

// beside is the preparation with the time for something that a plan can do without.
func (p planning) beside(ctx workflow.Context) preparation {
	return preparation{run: p.run, by: workflow.Now(ctx).Add(besideTime)}
}

// missing takes what the release would fail with into the plan. What it would try again is returned:
// it is not known, and nothing can be said without it.
func (p planning) missing(f *fault) *fault {
	if f == nil || f.class.Retryable() {
		return f
	}
	p.refuse(f.String())
	return nil
}

// note takes what was found beside into the plan: what the release would fail with, or what is not
// known now and the release would try again.
func (p planning) note(what string, f *fault) {
	if f := p.missing(f); f != nil {
		p.plan.Unknown = append(p.plan.Unknown, what+": "+f.text)
	}
}

func (p planning) refuse(why string) {
	p.plan.Refusals = append(p.plan.Refusals, release.PlannedRefusal{Reason: why})
}

func (p planning) refuseAll(problems release.Problems) {
	for _, each := range problems {
		p.plan.Refusals = append(p.plan.Refusals, release.PlannedRefusal{Field: each.Field, Reason: each.Message})
	}
}

// askLane asks the lane for the place that the release would take, and for what it would hand to the
// release.
func (p planning) askLane(ctx workflow.Context) {
	state, f := question(ctx, p.beside(ctx), read[release.LaneState](p.p.App, release.StateActivity, release.StateInput{App: p.p.App}))
	if f != nil {
		p.note("what runs and waits in the lane", f)
		return
	}
	place, refusal := state.Plan(p.spec, workflow.Now(ctx))
	p.plan.Lane = place
	if refusal != "" {
		p.refuse(refusal)
	}
	if place.Full != "" {
		p.plan.Waits = append(p.plan.Waits, "room in the lane: "+place.Full)
	}
	if place.WaitsFor != "" {
		p.plan.Waits = append(p.plan.Waits, place.WaitsFor)
	}
	p.scaling.debts = state.Debts
	if p.spec.Operation == release.OperationRollback {
		lane := release.LaneInput{Denied: state.Denied}
		p.request.Avoid = lane.Avoid()
	}
}

// take makes the plan of what was read.
func (p planning) take(snap release.Snapshot) {
	p.record(snap)
	p.refuseAll(p.planned().Refused)
	for _, judge := range p.judgements() {
		if f := judge(); f != nil && len(p.planned().Refused) == 0 { // what the platform refuses is told field by field
			p.refuse(f.String())
		}
	}
	p.plan.AppName, p.plan.Warning = p.p.AppName, p.planned().Warning
	p.plan.Runs, p.plan.RunsMixed = &snap.Version, p.runs.mixed
	p.plan.Strategy, p.plan.Watch = p.p.Strategy, p.spec.PlannedWatch()
	p.plan.Job = p.spec.PlannedJob(p.plan.At)
	if p.plan.Job == nil { // a template has no instances between its runs
		if !p.planned().PartUnknown {
			p.plan.Instances = &release.PlannedInstances{Before: snap.Instances, After: p.instancesAfter()}
		}
		p.plan.Batches = p.spec.PlannedBatches(p.plan.At, p.p.Batches)
	}
	if p.p.RollbackTo != nil || p.first() { // the target is resolved
		p.bring(snap)
	}
	if words := p.otherChange(snap.Busy); words != "" {
		p.plan.Waits = append(p.plan.Waits, words)
	}
	if p.suspends() && p.spec.Adopt == "" {
		for _, rule := range p.p.ScalingRules {
			if !rule.Gone {
				p.plan.ScalingRules = append(p.plan.ScalingRules, release.PlannedRule{Name: rule.Name, Owed: rule.Owed})
			}
		}
	}
	if !p.spec.Traffic.Empty() {
		p.plan.Traffic = &release.PlannedTraffic{Within: p.rulesWithin() != nil}
		if kept := p.traffic.kept; kept != nil {
			p.plan.Traffic.Kept = kept.Name
		}
	}
}

// otherChange says which unfinished change the release would wait for; empty where there is none, or
// it is that of the release that runs, which is waited for in the lane.
func (p planning) otherChange(busy *release.ForeignChange) string {
	running := p.plan.Lane.Running
	if busy == nil || running != "" && strings.Contains(busy.Description, release.Token(running, "")) {
		return ""
	}
	words := busy.Words()
	if running != "" && len(busy.Releases()) == 0 { // not every change carries a mark of its release
		words += ", or by that release"
	}
	if !busy.Since.IsZero() {
		words += ", unfinished since " + release.Moment(busy.Since)
	}
	return words
}

// bring tells what is to run in the end, and what is returned to.
func (p planning) bring(snap release.Snapshot) {
	p.plan.Brings = &release.Version{Artifact: p.p.Artifact}
	if snap.Wanted != nil {
		p.plan.Brings = snap.Wanted
	}
	if planned := snap.Planned; planned != nil {
		p.plan.Settings = planned.Settings
	}
	switch p.spec.Operation {
	case release.OperationRelease, release.OperationRollback, release.OperationJob:
		if p.bringsArtifact() && !p.first() { // which returns to nothing
			p.plan.Return = &release.PlannedReturn{Version: *p.p.RollbackTo, Kept: p.returnable(), OnFailure: p.spec.Rollback.Wanted()}
		}
	case release.OperationRestart, release.OperationRescale:
	}
}

// readFreezes reads which freezes hold the release now, or may hold a batch of it.
func (p planning) readFreezes(ctx workflow.Context) {
	until := p.spec.LastBatchBy(p.plan.At, max(1, len(p.p.Batches)))
	freezes, f := question(ctx, p.beside(ctx), read[[]release.PlannedFreeze](p.p.App, release.FreezesActivity,
		release.FreezesInput{App: p.p.App, Until: until}))
	if f != nil {
		p.note("which freezes hold or come", f)
		return
	}
	p.plan.Freezes, p.plan.FreezesUntil = freezes, until
	if len(freezes) > 0 && freezes[0].From.IsZero() && p.spec.Freeze.Override == "" {
		p.plan.Waits = append(p.plan.Waits, "the end of freeze "+freezes[0].Name+": "+freezes[0].Reason)
	}
}
