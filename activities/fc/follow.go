package fc

import (
	"context"
	"errors"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// A change is a release as its alias shows it.
type change struct {
	alias alias
	// record is what is remembered of it; zero where that is lost.
	record record
	// batch is the number, from 1, of the step that it is in; 0 for none.
	batch int
}

// change reads the alias with what is remembered of a version's release. The record of the alias is the
// one that counts; where somebody has taken it off, that of the version has to do.
func (d *Driver) change(ctx context.Context, app release.App, version string) (c change, err error) {
	if c.alias, err = d.alias(ctx, app); err != nil || !c.alias.exists {
		return c, err
	}
	gray, percent := c.alias.gray()
	c.record = c.alias.record
	if c.record.token == "" {
		if c.record, err = d.recordOf(ctx, app.ID, version, nil); err != nil && !gone(err) {
			return c, err
		}
		c.record.version, c.record.code, c.record.artifact = version, "", ""
	}
	if gray == version && c.record.version == version && c.alias.main == c.record.from {
		c.batch = c.record.batch(percent)
	}
	return c, nil
}

// Observe returns when the release shows something that the caller has not seen. Until then it fails as
// unchanged with its own next delay, so that waiting costs neither history nor a worker.
func (d *Driver) Observe(ctx context.Context, in release.ObserveInput) (release.Observation, error) {
	seen, err := d.observe(ctx, in)
	if err != nil {
		return release.Observation{}, failed(err)
	}
	if !release.Changed(in.Seen, seen) {
		return release.Observation{}, cloud.NothingNew(ctx, seen)
	}
	return seen, nil
}

func (d *Driver) observe(ctx context.Context, in release.ObserveInput) (release.Observation, error) {
	if function, target, is := rescaleOf(in.ChangeID); is {
		return d.observeRescale(ctx, in.App, function, target)
	}
	c, err := d.change(ctx, in.App, in.ChangeID)
	switch {
	case errors.Is(err, cloudapi.ErrNotFound) || err == nil && !c.alias.exists:
		return release.Observation{State: release.ChangeGone}, nil
	case err != nil:
		return release.Observation{}, err
	case c.batch == 0:
		seen := c.ended(in.ChangeID)
		if seen.ReplacedBy != "" {
			seen.Elsewhere = "somebody else has moved the alias " + qualifier(in.App) + " meanwhile: " + c.alias.shares()
		}
		return seen, nil
	}
	seen := release.Observation{State: release.ChangeAwaitingConfirm, Batch: c.batch, Batches: c.batches(release.BatchDone)}
	if seen.Message, err = d.starting(ctx, in.App, c); seen.Message != "" {
		seen.State, seen.Batches = release.ChangeRunning, c.batches(release.BatchRunning)
		seen.Stages = release.BoundedStages([]release.Stage{{Batch: c.batch, Name: "provisioned instances", State: release.BatchRunning, Message: seen.Message}})
	}
	return seen, err
}

// ended is a change of which no step is open.
func (c change) ended(version string) release.Observation {
	served := c.alias.only(version)
	steps := 1
	if c.record.version == version {
		steps = len(c.record.weights) + 1
	}
	switch {
	case served:
		c.batch = steps
		return release.Observation{State: release.ChangeSucceeded, Batch: steps, Batches: c.batchesOf(steps, release.BatchDone)}
	case c.record.version == version && c.alias.only(c.record.from):
		return release.Observation{State: release.ChangeAborted}
	}
	by := c.alias.serves()
	if gray, _ := c.alias.gray(); gray != "" {
		by = gray
	}
	return release.Observation{State: release.ChangeAborted, ReplacedBy: by}
}

// batches are the steps of a release; the one that it is in has the given state.
func (c change) batches(state release.BatchState) []release.BatchChange {
	return c.batchesOf(len(c.record.weights)+1, state)
}

func (c change) batchesOf(steps int, state release.BatchState) []release.BatchChange {
	batches := make([]release.BatchChange, steps)
	for i := range batches {
		switch n := i + 1; {
		case n < c.batch:
			batches[i].State = release.BatchDone
		case n == c.batch:
			batches[i].State = state
		default:
			batches[i].State = release.BatchPending
		}
	}
	return batches
}

// starting says which provisioned instances a step still waits for; empty where it waits for none.
//
// How the platform divides them among two versions is not documented: one of the new version is waited
// for, whichever its part of the traffic is.
func (d *Driver) starting(ctx context.Context, app release.App, c change) (string, error) {
	provisions, err := d.provisions(ctx, app)
	if err != nil {
		return "", err
	}
	gray, _ := c.alias.gray()
	for _, p := range provisions {
		if words := p.lacks(); p.current < p.target {
			return words, nil
		}
		if p.target == 0 { // instances come with the calls
			continue
		}
		instances, err := d.instances(ctx, app, p.function, gray)
		if err != nil {
			return "", err
		}
		if len(instances) == 0 {
			return "no provisioned instance of " + p.function + " runs version " + gray + " yet", nil
		}
	}
	return "", nil
}

// ConfirmBatch gives the new version the traffic of the step after a finished one. A step that was made
// before is left alone, whatever is frozen since; so is a release that has ended.
func (d *Driver) ConfirmBatch(ctx context.Context, in release.ConfirmBatchInput) error {
	c, err := d.change(ctx, in.App, in.ChangeID)
	switch {
	case err != nil:
		return failed(err)
	case !c.alias.exists:
		return noAlias(in.App)
	case c.batch != in.Batch:
		return nil
	}
	if err := d.frame.Guarded(ctx, in.App, in.Override); err != nil {
		return err
	}
	return failed(d.move(ctx, in.App, c.alias, c.record.step(in.Batch+1)))
}

// AbortRollout gives all of the traffic back to the version that served before. A release that has ended
// already is left alone. No freeze holds it.
func (d *Driver) AbortRollout(ctx context.Context, in release.AbortRolloutInput) (release.AbortRolloutResult, error) {
	if _, _, is := rescaleOf(in.ChangeID); is { // what was wanted before is not known here
		return release.AbortRolloutResult{Ended: true}, nil
	}
	c, err := d.change(ctx, in.App, in.ChangeID)
	switch gray, _ := c.alias.gray(); {
	case err != nil:
		return release.AbortRolloutResult{}, failed(err)
	case !c.alias.exists:
		return release.AbortRolloutResult{}, noAlias(in.App)
	case gray != in.ChangeID:
		// One that ended as aborted has done what was wanted: by an earlier attempt, as likely as not.
		return release.AbortRolloutResult{Ended: c.ended(in.ChangeID).ReplacedBy != "" || c.alias.only(in.ChangeID)}, nil
	}
	return release.AbortRolloutResult{}, failed(d.move(ctx, in.App, c.alias, step{main: c.alias.main, by: c.record}))
}

// FindChange looks for the change of a verb whose answer was lost. That there is none is certain
// only once the call cannot be at work any more; until then it fails as unchanged and is tried again
// at that time. A version that was published without any traffic is none: the next call goes on with it. A
// change that is found is complete: of the calls that begin one the last does not move the traffic, and is
// said again where it may be missing.
func (d *Driver) FindChange(ctx context.Context, in release.FindChangeInput) (release.FoundChange, error) {
	seen, err := readMark(in.Mark)
	if err != nil {
		return release.FoundChange{}, err
	}
	// Asked before the look, so that a look that finds nothing is late enough.
	left := d.frame.Settling(in.Since)
	found, err := d.find(ctx, in, seen)
	switch {
	case err != nil:
		return release.FoundChange{}, failed(err)
	case found != nil:
		found.Adopted = true
		return release.FoundChange{Change: found}, nil
	case left > 0:
		return release.FoundChange{}, fault.Unchanged("no change is found yet; the call may still be at work", left)
	}
	return release.FoundChange{}, nil
}

func (d *Driver) find(ctx context.Context, in release.FindChangeInput, seen mark) (*release.Change, error) {
	if in.Verb == release.VerbBeginRescale {
		return d.findRescale(ctx, in.App, seen)
	}
	a, err := d.alias(ctx, in.App)
	if err != nil {
		return nil, err
	}
	token := in.Token
	switch in.Verb { //nolint:exhaustive // see default
	case release.VerbBeginRollout:
	case release.VerbBeginRollback:
		token = rollbackToken
		if a.same(seen) { // it may be the record of an earlier one
			return nil, nil
		}
	default:
		return nil, cloud.Refused(release.FaultInvalid, "%s begins no change on Function Compute", in.Verb)
	}
	own := a.own(token)
	if own == nil {
		return nil, nil
	}
	return &release.Change{ID: own.ID, Version: own.Version}, d.provide(ctx, in.App, a.record)
}

// findRescale takes a number of instances that is another one than before for the one that was asked for.
func (d *Driver) findRescale(ctx context.Context, app release.App, seen mark) (*release.Change, error) {
	provisions, err := d.provisions(ctx, app)
	if err != nil {
		return nil, err
	}
	for _, p := range provisions {
		if p.target != seen.Targets[p.function] {
			return &release.Change{ID: rescaleID(p.function, p.target)}, nil
		}
	}
	return nil, nil
}

// BeginRollback gives all of the traffic to an earlier version, which is as it was then, configuration
// included. Doing it twice does nothing twice.
func (d *Driver) BeginRollback(ctx context.Context, in release.BeginRollbackInput) (release.Change, error) {
	ctx, calls := errorsOfFC().Recording(ctx)
	change, err := d.beginRollback(ctx, in)
	return change, calls.Doubt(failed(err))
}

func (d *Driver) beginRollback(ctx context.Context, in release.BeginRollbackInput) (release.Change, error) {
	seen, err := readMark(in.Mark)
	switch {
	case err != nil:
		return release.Change{}, err
	case in.Strategy.Type != "" && in.Strategy.Type != release.StrategyAll:
		return release.Change{}, cloud.Refused(release.FaultInvalid, "strategy.type: a rollback moves all of the traffic at once on Function Compute: use all")
	}
	list, err := d.published(ctx, in.App.ID)
	if err != nil {
		return release.Change{}, err
	}
	a, err := d.alias(ctx, in.App)
	if err != nil {
		return release.Change{}, err
	}
	r := reading{app: in.App, alias: a, versions: &reader{driver: d, service: in.App.ID, list: list}}
	change := release.Change{ID: in.Version.ID, Version: in.Version.ID}
	if a.record.token == rollbackToken && a.only(in.Version.ID) && !a.same(seen) {
		change.Adopted = true
		return change, nil
	}
	if err := r.inTheWay(seen, ""); err != nil {
		return release.Change{}, err
	}
	kept, err := r.versions.kept(ctx, in.Version.ID)
	if err != nil {
		return release.Change{}, err
	}
	switch {
	case !a.exists:
		return release.Change{}, noAlias(in.App)
	case !kept:
		return release.Change{}, r.noVersion(in.Version.ID)
	}
	if err := d.frame.Guarded(ctx, in.App, in.Override); err != nil {
		return release.Change{}, err
	}
	by := record{token: rollbackToken, version: in.Version.ID, from: a.serves()}
	return change, d.move(ctx, in.App, a, by.step(1))
}

// mostInstances is how many instances one call lists at most.
const mostInstances = 1000

// instances lists the instances of a function behind the alias that run a version.
func (d *Driver) instances(ctx context.Context, app release.App, name, version string) ([]fcclient.Instance, error) {
	out, err := d.client.ListInstances(ctx, &fcclient.ListInstancesInput{ServiceName: app.ID, FunctionName: name, Qualifier: new(qualifier(app)), Limit: new(int64(mostInstances))})
	if err != nil {
		return nil, err
	}
	var of []fcclient.Instance
	for _, i := range out.Instances {
		if i.VersionID == int64(number(version)) {
			of = append(of, i)
		}
	}
	return of, nil
}
