package servicestage

import (
	"context"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/release"
	"slipway/servicestageclient"
)

// An action is one that begins a job of its own: a rollback, a restart or a rescale.
type action struct {
	app      release.App
	verb     release.Verb
	mark     release.Mark
	override bool
	// again tells that an earlier call was declined, which may have begun the job.
	again bool
	name  string
	// parameters are those of the action; nil where it has none. A version among them is the one that it brings.
	parameters *servicestageclient.ActionParameters
	// check refuses what cannot be, once the component was read; nil refuses nothing.
	check func(reading) error
	// met reports whether the component has already what the action asks for; nil where it always begins a job.
	met func(reading) bool
}

// begin sends a call that begins the job of an action, once: when its answer is lost, nobody says it again before
// [Driver.FindChange] has found that there is no such job. Where another job is in the way nothing is sent.
func (d *Driver) begin(ctx context.Context, a action) (release.Change, error) {
	ctx, calls := errorsOfServiceStage().Recording(ctx)
	change, err := d.beginOnce(ctx, a)
	return change, calls.Doubt(missing(err))
}

func (d *Driver) beginOnce(ctx context.Context, a action) (release.Change, error) {
	seen, err := readMark(a.mark)
	if err != nil {
		return release.Change{}, err
	}
	r, err := d.read(ctx, a.app)
	if err != nil {
		return release.Change{}, err
	}
	if a.again {
		if found, err := r.begunSince(a.verb, seen); err != nil || found != nil {
			return adopted(found), err
		}
	}
	if r.returned(a, seen) {
		return adopted(&release.Change{ID: seen.Job, Version: r.now.Version}), nil
	}
	if err := d.blocks(ctx, a, r, seen); err != nil {
		return release.Change{}, err
	}
	if err := a.possible(r); err != nil {
		return release.Change{}, err
	}
	if a.check != nil {
		if err := a.check(r); err != nil {
			return release.Change{}, err
		}
	}
	if err := d.frame.Guarded(ctx, a.app, a.override); err != nil {
		return release.Change{}, err
	}
	if a.met != nil && a.met(r) {
		return release.Change{Nothing: true}, nil
	}
	id, err := d.act(ctx, r.place, a.name, a.parameters)
	if err := errorsOfServiceStage().Begun(id, err); err != nil {
		return release.Change{}, err
	}
	change := release.Change{ID: id}
	if a.parameters != nil {
		change.Version = a.parameters.Version
	}
	return change, nil
}

// returned reports whether the version that a rollback brings serves alone already, as the caller has seen: the platform has gone back by
// itself, or somebody has brought it back. There is nothing to begin then, and ServiceStage would refuse it.
func (r reading) returned(a action, seen mark) bool {
	if a.verb != release.VerbBeginRollback || r.status.LastJobID != seen.Job || r.moving() || r.failed() || r.stopped() {
		return false
	}
	return r.now.Version == a.parameters.Version && r.serves() == a.parameters.Version
}

// possible refuses an action that the component takes in no such state, however long it is waited for: that of one which is
// stopped, and but for a rollback that of one which has failed.
func (a action) possible(r reading) error {
	switch {
	case r.stopped():
		return cloud.Refused(release.FaultInvalid, "%s", stoppedComponent)
	case r.failed() && a.verb != release.VerbBeginRollback:
		return cloud.Refused(release.FaultInvalid, "app.id: what was done last with the component has failed, and ServiceStage restarts and scales no such component: roll back, or release a version first")
	}
	return nil
}

// stoppedComponent is why nothing can be done with a component that is stopped.
const stoppedComponent = "app.id: the component is stopped, and ServiceStage changes nothing of it until it is started: start it at the console first"

// blocks fails where something is in the way of an action. A gray release that waits is not in the way of a rollback once the
// caller has seen it so.
func (d *Driver) blocks(ctx context.Context, a action, r reading, seen mark) error {
	if a.verb != release.VerbBeginRollback || r.status.LastJobID != seen.Job || !r.moving() {
		return d.inTheWay(ctx, r, seen)
	}
	last, err := d.job(ctx, seen.Job)
	if err != nil {
		return err
	}
	if last != nil && last.Job.Finished() {
		return nil
	}
	return d.inTheWay(ctx, r, seen)
}

// adopted is a change that was found.
func adopted(found *release.Change) release.Change {
	if found == nil {
		return release.Change{}
	}
	found.Adopted = true
	return *found
}

// begunSince is the job that an action has begun since a mark; nil where none was begun. The platform lists no jobs: the last one is
// taken for it unless it shows that it is another.
func (r reading) begunSince(verb release.Verb, seen mark) (*release.Change, error) {
	last := r.status.LastJobID
	if last == seen.Job || last == "" {
		return nil, nil //nolint:nilnil // none is an answer
	}
	released := len(r.records) > 0 && r.records[0].Version != seen.Newest
	other := r.now.Version != seen.Version
	if verb == release.VerbBeginRollback {
		other = r.now.Version == seen.Version
	}
	if released || other {
		return nil, cloud.Undecidable("job %s was begun since the component was read, and it is none of %s: whether that was begun cannot be told", last, verb)
	}
	change := &release.Change{ID: last}
	if verb == release.VerbBeginRollback {
		change.Version = r.now.Version
	}
	return change, nil
}

// FindChange looks for the change of a verb whose answer was lost. That there is none is certain
// only once the call cannot be at work any more; until then it fails as unchanged and is tried again
// at that time.
func (d *Driver) FindChange(ctx context.Context, in release.FindChangeInput) (release.FoundChange, error) {
	seen, err := readMark(in.Mark)
	if err != nil {
		return release.FoundChange{}, err
	}
	// Asked before the look, so that a look that finds nothing is late enough.
	left := d.frame.Settling(in.Since)
	r, err := d.read(ctx, in.App)
	if err != nil {
		return release.FoundChange{}, missing(err)
	}
	var found *release.Change
	switch in.Verb { //nolint:exhaustive // see default
	case release.VerbBeginRollout:
		found = r.released(in.Token)
	case release.VerbBeginRollback, release.VerbBeginRestart, release.VerbBeginRescale:
		found, err = r.begunSince(in.Verb, seen)
	default:
		err = cloud.Refused(release.FaultInvalid, "%s begins no change on ServiceStage", in.Verb)
	}
	switch {
	case err != nil:
		return release.FoundChange{}, err
	case found != nil:
		found.Adopted = true
		return release.FoundChange{Change: found}, nil
	case left > 0:
		return release.FoundChange{}, fault.Unchanged("no change is found yet; the call may still be at work", left)
	}
	return release.FoundChange{}, nil
}

// released is the change that carries a token; nil where there is none.
func (r reading) released(token string) *release.Change {
	version, _ := versionOf(token)
	record := r.recordOf(version)
	if record == nil {
		return nil
	}
	return &release.Change{ID: r.jobOf(record), Version: version}
}

// BeginRollback brings a version back that was in service, all instances at once, with the configuration that it
// had. The version decides, so that doing it twice does nothing twice.
func (d *Driver) BeginRollback(ctx context.Context, in release.BeginRollbackInput) (release.Change, error) {
	if in.Strategy.Type != "" && in.Strategy.Type != release.StrategyAll {
		return release.Change{}, cloud.Refused(release.FaultInvalid, "strategy.type: a rollback replaces all instances at once on ServiceStage: use all")
	}
	return d.begin(ctx, action{
		app: in.App, verb: release.VerbBeginRollback, mark: in.Mark, override: in.Override, again: in.Again, name: servicestageclient.ActionRollback,
		parameters: &servicestageclient.ActionParameters{Version: in.Version.ID},
		check: func(r reading) error {
			if r.recordOf(in.Version.ID) == nil {
				return noVersion(in.Version.ID)
			}
			return nil
		},
	})
}

// BeginRestart restarts all instances.
func (d *Driver) BeginRestart(ctx context.Context, in release.BeginRestartInput) (release.Change, error) {
	return d.begin(ctx, action{
		app: in.App, verb: release.VerbBeginRestart, mark: in.Mark, override: in.Override, again: in.Again, name: servicestageclient.ActionRestart,
	})
}

// BeginRescale changes the number of instances. On virtual machines these are servers that somebody has to choose.
func (d *Driver) BeginRescale(ctx context.Context, in release.BeginRescaleInput) (release.Change, error) {
	if err := cloud.PartIn(d.traits, in.Part); err != nil {
		return release.Change{}, err
	}
	return d.begin(ctx, action{
		app: in.App, verb: release.VerbBeginRescale, mark: in.Mark, override: in.Override, again: in.Again, name: servicestageclient.ActionScale,
		parameters: &servicestageclient.ActionParameters{Replica: &in.Instances},
		check: func(r reading) error {
			if onServers(r.now) {
				return cloud.Refused(release.FaultInvalid, "instances: the component runs on virtual machines, which ServiceStage wants to be named one by one: scale it at the console")
			}
			return nil
		},
		met: func(r reading) bool { return r.now.Replica == in.Instances },
	})
}

// onServers reports whether a component runs on virtual machines.
func onServers(c *servicestageclient.Component) bool {
	return c.RuntimeStack != nil && c.RuntimeStack.DeployMode == "virtualmachine"
}
