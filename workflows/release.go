package workflows

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// Deploy releases an artifact in one batch (strategy all).
func Deploy(ctx workflow.Context, in *release.Request) (*release.Progress, error) {
	return execute(ctx, in, release.WorkflowDeploy)
}

// GrayRelease releases an artifact batch by batch (strategies batch and gray).
func GrayRelease(ctx workflow.Context, in *release.Request) (*release.Progress, error) {
	return execute(ctx, in, release.WorkflowGrayRelease)
}

// Rollback returns an application to one of the versions it had before, at once or
// batch by batch.
func Rollback(ctx workflow.Context, in *release.Request) (*release.Progress, error) {
	return execute(ctx, in, release.WorkflowRollback)
}

// Restart restarts all instances of an application.
func Restart(ctx workflow.Context, in *release.Request) (*release.Progress, error) {
	return execute(ctx, in, release.WorkflowRestart)
}

// Rescale changes the number of instances of an application.
func Rescale(ctx workflow.Context, in *release.Request) (*release.Progress, error) {
	return execute(ctx, in, release.WorkflowRescale)
}

// execute carries a release out. What stands on the stack here stands there for as long as
// the release is parked: its input and its result are pointers, and what is large is left to
// functions that return.
func execute(ctx workflow.Context, in *release.Request, workflowType string) (*release.Progress, error) {
	if err := check(ctx, in, workflowType); err != nil {
		return nil, err
	}
	r := newRun(ctx, in)
	return r.execute(ctx)
}

// check completes the request of a workflow by its defaults, or refuses it.
func check(ctx workflow.Context, in *release.Request, workflowType string) error {
	if in == nil {
		return invalid(release.Problem{Field: "spec", Message: "is missing: the workflow has no input"})
	}
	in.Spec = in.Spec.WithDefaults()
	if !in.Checked {
		if err := checked(ctx, in.Spec.Validate); err != nil {
			return err
		}
	}
	if in.Spec.Workflow() != workflowType {
		return invalid(release.Problem{
			Field: "spec", Message: "asks for " + in.Spec.Workflow() + ", which is not carried out by " + workflowType,
		})
	}
	if in.ID == "" {
		return invalid(release.Problem{Field: "id", Message: "must be the release ID"})
	}
	return nil
}

// checked checks an input that may not have come through a door. What is found stands in the
// history: a check that becomes stricter with a later version breaks nothing that runs (R10).
func checked(ctx workflow.Context, check func() error) error {
	found, err := problemsOf(ctx, check)
	if err == nil && len(found) > 0 {
		err = found
	}
	if err != nil {
		return invalid(err)
	}
	return nil
}

// problemsOf are the problems that a check finds.
func problemsOf(ctx workflow.Context, check func() error) (found release.Problems, err error) {
	err = workflow.SideEffect(ctx, func(workflow.Context) any {
		problems, _ := errors.AsType[release.Problems](check())
		return problems
	}).Get(&found)
	return found, err
}

func invalid(err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), string(release.FaultInvalid), err)
}

// work is the way of one release once its turn has come.
func (r *run) work(ctx workflow.Context) *ending {
	if r.spec.Operation == release.OperationJob {
		return jobRelease{r}.work(ctx)
	}
	if e := (preparation{run: r}).prepare(ctx); e != nil {
		return e
	}
	if r.snap.Own != nil {
		return resumption{r}.takeUp(ctx, *r.snap.Own)
	}
	if f := (holding{r}).awaitStart(ctx); f != nil {
		return r.untouched(f)
	}
	r.noteHeld()
	if e := r.suspendScaling(ctx); e != nil {
		return e
	}
	if e := r.applyTraffic(ctx); e != nil {
		return r.cleared(ctx, r.restored(ctx, e))
	}
	if r.traffic.touched {
		r.events.note(&r.p)
	}
	changeID, e := r.begin(ctx)
	if e == nil {
		e = settlement{r}.settle(ctx, r.follow(ctx, release.StepRollout, changeID))
	}
	return watching{run: r}.watched(ctx, r.cleared(ctx, e))
}

// preparation is what a release does before it changes anything: it reads and checks.
type preparation struct {
	*run

	// by is when its questions are given up: a plan does not wait. Zero is never.
	by time.Time
}

// question asks something for the preparation, until it is answered or given up.
func question[Out any](ctx workflow.Context, p preparation, t call[Out]) (Out, *fault) {
	t.began, t.until = workflow.Now(ctx), p.by
	return attempt(ctx, &p.caller, t, func() bool { return p.abort != nil })
}

// prepare reads the application, waits for changes of others, checks what can be
// checked, and plans the batches. Nothing is changed yet.
func (p preparation) prepare(ctx workflow.Context) *ending {
	if f := p.loadJudged(ctx); f != nil {
		return p.untouched(f)
	}
	if f := p.read(ctx); f != nil {
		return p.untouched(f)
	}
	if f := p.checkGates(ctx); f != nil {
		return p.untouched(f)
	}
	return nil
}

// plan divides the release into batches. An adopted change has its
// own; those that it does not tell are seen once it is followed.
func (p preparation) plan() *fault {
	if !p.bringsArtifact() {
		return nil
	}
	if adopted := p.snap.Adopted; adopted != nil {
		p.p.Strategy.Type, p.p.Batches = adopted.Strategy, release.BatchesOf(adopted.Batches...)
		return nil
	}
	var err error
	if p.p.Batches, err = release.PlanBatches(p.platform.traits(), p.p.Operation, p.p.Strategy, p.instancesAfter()); err != nil {
		return &fault{class: release.FaultInvalid, text: err.Error()}
	}
	if !p.spec.Traffic.Empty() { // its rules lead requests to the gray batch, whatever share of all these are
		p.p.Batches[0].Weight = 0
	}
	return nil
}

// instancesAfter is the number of instances that the application has in the end.
func (p preparation) instancesAfter() int {
	if p.spec.Operation == release.OperationRescale {
		return p.spec.Instances
	}
	return p.planned().Instances
}

// loadJudged finds out which versions a rollback may return to that names none: those that releases
// have succeeded with (R19).
func (p preparation) loadJudged(ctx workflow.Context) (f *fault) {
	if p.spec.Operation != release.OperationRollback || p.spec.Version != "" {
		return nil
	}
	p.judged, f = question(ctx, p, read[release.Judged](p.p.App, release.JudgedActivity, release.JudgedInput{App: p.p.App}))
	return f
}

// snapshotInput is what the release wants to know of its application. Its traffic rule is
// asked for only until the release has put its own in the place.
func (p preparation) snapshotInput() release.SnapshotInput {
	in := release.SnapshotInput{
		App: p.p.App, Traffic: p.ruleApart() && !p.traffic.touched, Adopt: p.spec.Adopt, Token: p.token(),
	}
	if p.spec.Runs() {
		in.Job = &release.JobQuestion{Run: p.spec.Job}
	}
	switch {
	case p.spec.Operation == release.OperationRollback:
		in.Rollback = &release.RollbackQuestion{
			VersionID: p.spec.Version, Good: p.judged.Good, Avoid: slices.Concat(p.request.Avoid, p.judged.Bad),
		}
	case p.spec.Operation == release.OperationRescale:
		in.Rescale = &release.RescaleQuestion{Part: p.spec.Artifact.Part}
	case p.spec.Operation == release.OperationRelease && p.spec.Adopt == "":
		in.Release = &release.ReleaseQuestion{Artifact: p.spec.Artifact, Strategy: p.spec.Strategy, Config: p.spec.Config, Traffic: p.spec.Traffic}
	}
	return in
}

// planned is what the release will change; of other operations, and where a change is taken over, it is
// what there is.
func (r *run) planned() release.Planned {
	if p := r.snap.Planned; p != nil {
		return *p
	}
	return release.Planned{Artifact: r.p.Artifact, Instances: r.snap.Instances}
}

// untouched ends a release that has changed nothing.
func (r *run) untouched(f *fault) *ending {
	if f.class == release.FaultStopped {
		return decided(r.abort).end(release.PhaseAborted, "; nothing was changed")
	}
	r.p.Refused = f.class == release.FaultInvalid || f.class == release.FaultNotFound
	return end(release.PhaseFailed, "%v; nothing was changed", f)
}

// read reads the application once no change of others is unfinished, and plans for
// what it finds. It ends with [release.FaultStopped] when the release was stopped.
func (p preparation) read(ctx workflow.Context) *fault {
	snap, f := p.look(ctx)
	if f == nil && snap.Busy != nil {
		snap, f = p.awaitIdle(ctx, otherChangeWait{other: snap.Busy, question: p.snapshotInput(), unwanted: func() bool { return p.abort != nil }})
	}
	if f != nil {
		return f
	}
	p.record(snap)
	for _, judge := range p.judgements() {
		if f := judge(); f != nil {
			return f
		}
	}
	return nil
}

// look reads the application as it is now.
func (p preparation) look(ctx workflow.Context) (release.Snapshot, *fault) {
	snap, f := question(ctx, p, p.platform.snapshot(p.snapshotInput()))
	p.p.AppName = cmp.Or(snap.AppName, p.p.AppName)
	return snap, f
}

// judgements are what is made of what was read, in this order.
func (p preparation) judgements() []func() *fault {
	return []func() *fault{p.resolveTarget, p.takeable, p.plan}
}

// takeable finds out what the platform would refuse of the release.
func (p preparation) takeable() *fault {
	if refused := p.planned().Refused; len(refused) > 0 {
		return &fault{class: release.FaultInvalid, text: refused.OneLine()}
	}
	return nil
}

// record keeps what is returned to and restored in the end, as it was before the first
// change of the release's own: what was changed since is never recorded again (R13).
func (p preparation) record(snap release.Snapshot) {
	p.snap = snap
	if p.spec.Adopt == "" && snap.Own == nil { // else the version is what ran before that change
		p.runs = running{version: new(snap.Version)}
		if v := (release.Verification{Configured: snap.Version, Running: snap.Running}); !v.Uniform() {
			p.runs = running{mixed: v.Text()}
		}
		p.instances = new(snap.Instances)
	}
	if !p.traffic.touched {
		p.traffic.kept = snap.Traffic
	}
	p.scaling.record(snap.ScalingRules)
}

// resolveTarget tells what is to run in the end and what is returned to on failure.
func (p preparation) resolveTarget() *fault {
	switch p.spec.Operation {
	case release.OperationRollback:
		if p.snap.Wanted.ID == p.snap.Version.ID && p.runs.mixed == "" {
			return &fault{class: release.FaultInvalid, text: "the application runs version " + p.snap.Wanted.ID + " already"}
		}
		p.p.Artifact, p.p.Version = p.snap.Wanted.Artifact, p.snap.Wanted.ID
	case release.OperationRestart, release.OperationRescale:
		// The version stays: what runs is what is to run, and no version is returned to.
		p.p.Artifact = p.snap.Version.Artifact
		if !p.p.Artifact.Known() {
			p.p.Version = p.snap.Version.ID
		}
		p.p.RollbackTo = &release.Version{Artifact: p.p.Artifact}
		return nil
	case release.OperationJob:
		if !p.bringsArtifact() {
			p.p.Artifact = p.snap.Version.Artifact
		}
	case release.OperationRelease:
		p.p.Artifact, p.p.Settings, p.p.Warning = p.planned().Artifact, p.planned().Settings, p.planned().Warning
		if p.p.OnlyConfig && p.p.Artifact == (release.Artifact{}) { // its change has begun: nothing is planned any more
			p.p.Artifact = p.snap.Version.Artifact
		}
	}
	if p.first() {
		p.p.RollbackTo = nil
		return nil
	}
	p.p.RollbackTo = new(p.snap.Version)
	return nil
}

// first reports whether the release brings the first version that the application has.
func (r *run) first() bool {
	return r.platform.traits().FirstRelease && r.snap.Version == (release.Version{})
}

// begin begins the change of the release, exactly once, or takes over the one that
// it adopts.
func (r *run) begin(ctx workflow.Context) (changeID string, e *ending) {
	if id := r.spec.Adopt; id != "" {
		r.enter(ctx, release.PhaseRollingOut, "")
		r.p.ChangeID = id
		return id, nil
	}
	if r.abort == nil && !r.p.Paused {
		r.enter(ctx, release.PhaseRollingOut, "")
	}
	r.reachSafePoint(false)
	change, f := r.beginOnce(ctx)
	if f != nil {
		return "", r.notBegun(ctx, f)
	}
	if change.Nothing {
		return "", r.restored(ctx, end(release.PhaseSucceeded, "the application has %d instances already; nothing was changed", r.spec.Instances))
	}
	r.enter(ctx, release.PhaseRollingOut, "")
	r.p.ChangeID, r.p.Version = change.ID, cmp.Or(change.Version, r.p.Version)
	return change.ID, nil
}

// beginOnce begins the change. One that may have been begun is looked for before
// anything is sent again (R3), also when the release was stopped meanwhile.
func (r *run) beginOnce(ctx workflow.Context) (release.Change, *fault) {
	for doubts := 0; ; doubts++ {
		change, f := step(ctx, r, r.beginCall)
		if f == nil || !f.actedMaybe() {
			return change, f
		}
		verb := r.beginCall(false).doing
		back := r.showDoubt(ctx, verb, f)
		found, g := r.find(ctx, release.Verb(verb), r.token(), r.snap.Mark)
		back()
		if g != nil || found != nil {
			r.clearStall(verb)
			r.emitMoving()
			return deref(found), g
		}
		r.backOff(ctx, doubts, f, r.changed(&r.p))
	}
}

// showDoubt shows that it is looked for a change that may have begun, and returns the way back. A
// call that the will has ended does not stand still: nothing is tried any more.
func (r *run) showDoubt(ctx workflow.Context, verb string, f *fault) (back func()) {
	if !f.unwanted {
		r.showStall(ctx, task{doing: verb}, f)
		return func() {}
	}
	before := r.p.Reason
	if r.abort == nil {
		r.clearStall(verb)
	}
	r.p.Stalled = nil // that a stopped release moves again is told only where a change is found: else it ends
	r.p.Reason = "makes sure that no change has begun: the call that begins one was under way"
	r.show()
	return func() { r.p.Reason = before }
}

// token marks the change of the release where it can carry a mark.
func (r *run) token() string {
	if r.spec.Operation != release.OperationRelease || r.p.ReleaseID == "" { // a plan has begun no change
		return ""
	}
	return release.Token(r.p.ReleaseID, string(release.StepRollout))
}

// beginCall is the call that begins the change.
func (r *run) beginCall(override bool) call[release.Change] {
	switch r.spec.Operation {
	case release.OperationRollback:
		return r.platform.beginRollback(release.BeginRollbackInput{
			App: r.p.App, Version: *r.snap.Wanted, Strategy: r.p.Strategy, Mark: r.snap.Mark,
			RestoreScaling: !r.suspends(), Override: override,
		})
	case release.OperationRestart:
		return r.platform.beginRestart(release.BeginRestartInput{
			App: r.p.App, Mark: r.snap.Mark, RestoreScaling: !r.suspends(), Override: override,
		})
	case release.OperationRescale:
		return r.platform.beginRescale(release.BeginRescaleInput{
			App: r.p.App, Part: r.spec.Artifact.Part, Instances: r.spec.Instances, Mark: r.snap.Mark, RestoreScaling: !r.suspends(), Override: override,
		})
	case release.OperationJob:
		return r.platform.beginJobUpdate(release.BeginJobUpdateInput{
			App: r.p.App, Artifact: r.p.Artifact, Mark: r.snap.Mark, Override: override,
		})
	case release.OperationRelease:
	}
	return r.platform.beginRollout(release.BeginRolloutInput{
		App: r.p.App, Artifact: r.p.Artifact, Strategy: r.p.Strategy, Config: r.spec.Config,
		Token: r.token(), Mark: r.snap.Mark,
		RestoreScaling: !r.suspends(), Traffic: r.spec.Traffic, Override: override,
	})
}

// notBegun ends a release whose change was not begun. Only when that is certain are
// the scaling rules put back; otherwise a person must look.
func (r *run) notBegun(ctx workflow.Context, f *fault) *ending {
	switch {
	case f.class == release.FaultStopped:
		return r.restored(ctx, decided(r.abort).end(release.PhaseAborted, "; nothing was deployed"))
	case f.class == release.FaultUndecidable || f.actedMaybe():
		r.runs = running{}
		return end(release.PhaseNeedsAttention, "%v; whether a change was begun is unknown%s", f, r.scaling.left())
	default:
		return r.restored(ctx, end(release.PhaseFailed, "%v; nothing was deployed", f))
	}
}
