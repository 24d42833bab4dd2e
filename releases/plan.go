package releases

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"slipway/release"
)

// Plan finds out what a release would do, and why it would be refused; nothing is changed. A worker
// does it by a workflow, so that nobody else needs to reach the platform.
//
// A plan with refusals is no error. The errors are a [NoWorkerError], [UnreachableError], what the
// platform answered where it could not be read, and one that is [context.DeadlineExceeded] where no
// worker has answered within [release.PlanLimit].
func (c *Client) Plan(ctx context.Context, spec release.Spec) (release.Plan, error) {
	var plan release.Plan
	app := spec.App
	if app.Validate() != nil {
		app = release.App{} // the plan says what is wrong with it
	}
	if err := c.CheckWorkers(ctx, app); err != nil {
		return plan, err
	}
	run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: release.PlanID(spec.App, uuid.NewString()), TaskQueue: release.WorkflowTaskQueue,
		WorkflowExecutionTimeout: release.PlanLimit, StaticSummary: "plan: " + spec.Title(),
	}, release.WorkflowPlan, release.Request{Spec: spec})
	if err != nil {
		return plan, classify("", err)
	}
	if err := run.Get(ctx, &plan); err != nil {
		return plan, c.unplanned(ctx, spec.App, err)
	}
	return plan, nil
}

// unplanned is why there is no plan.
func (c *Client) unplanned(ctx context.Context, app release.App, err error) error {
	failed, answered := errors.AsType[*temporal.ApplicationError](err)
	_, late := errors.AsType[*temporal.TimeoutError](err)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case answered && failed.Type() == string(release.FaultNoWorker):
		return &NoWorkerError{Queue: release.PlatformTaskQueue(app.Platform, app.Region), Platform: app.Platform, Region: app.Region}
	case !answered && late:
		return fmt.Errorf("no worker has answered within %s what would be done: %w; nothing was changed; %s", release.PlanLimit, context.DeadlineExceeded, startWorker)
	}
	return c.platformError(err)
}

// SetPlan is what each release of a set would do if it began now.
type SetPlan struct {
	Name string `json:"name"`
	// OnFailure says what becomes of the rest when a release has not succeeded.
	OnFailure release.SetPolicy `json:"onFailure"`
	Waves     []WavePlan        `json:"waves"`
}

// WavePlan is one wave of a set.
type WavePlan struct {
	// Number counts from 1.
	Number int    `json:"number"`
	Name   string `json:"name"`
	// Confirm manual lets the wave begin only when a person has said so.
	Confirm  release.ConfirmMode `json:"confirm"`
	Releases []ReleasePlan       `json:"releases"`
}

// ReleasePlan is one release of a wave.
type ReleasePlan struct {
	Name string `json:"name"`
	// ByName is set where the release is asked for by the name of its application.
	ByName *release.ByName `json:"byName,omitempty"`
	Plan   release.Plan    `json:"plan"`
}

// Refused reports whether a release of the set would be refused.
func (p SetPlan) Refused() bool {
	return p.any(func(r release.Plan) bool { return len(r.Refusals) > 0 })
}

// Waits reports whether a release of the set would wait before it begins.
func (p SetPlan) Waits() bool { return p.any(func(r release.Plan) bool { return len(r.Waits) > 0 }) }

func (p SetPlan) any(is func(release.Plan) bool) bool {
	return slices.ContainsFunc(p.Waves, func(w WavePlan) bool {
		return slices.ContainsFunc(w.Releases, func(r ReleasePlan) bool { return is(r.Plan) })
	})
}

// PlanSet plans every release of a set, several at a time, and tells by which names they are asked for, by what
// the set calls them. An error of one of them is that of all, and names it.
func (c *Client) PlanSet(ctx context.Context, set release.Set, names map[string]release.ByName) (SetPlan, error) {
	set = set.WithDefaults()
	plan := SetPlan{Name: set.Name, OnFailure: set.OnFailure, Waves: make([]WavePlan, len(set.Waves))}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(callsAtOnce)
	for i, w := range set.Waves {
		plan.Waves[i] = WavePlan{Number: i + 1, Name: w.Name, Confirm: w.Confirm, Releases: make([]ReleasePlan, len(w.Releases))}
		for j, r := range w.Releases {
			of := &plan.Waves[i].Releases[j]
			if of.Name = r.Name; names[r.Name] != (release.ByName{}) {
				of.ByName = new(names[r.Name])
			}
			all.Go(func() (err error) {
				if of.Plan, err = c.Plan(ctx, r.Spec); err != nil {
					return fmt.Errorf("release %s: %w", r.Name, err)
				}
				return nil
			})
		}
	}
	return plan, all.Wait()
}
