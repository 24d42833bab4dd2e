// Package calendar reads the calendar of freezes before anything is changed: it guards
// the verbs of a platform, and has the activity that waits for the end of a freeze.
package calendar

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"slipway/activities/fault"
	"slipway/release"
)

// Source holds the calendar; [slipway/wire.Calendars] is one.
type Source interface {
	Load(ctx context.Context) (release.Calendar, uint64, error)
}

// Freezes reports which applications the calendar freezes.
type Freezes struct {
	source Source
	now    func() time.Time
}

// New returns the freezes of a calendar at the time that now returns.
func New(source Source, now func() time.Time) (*Freezes, error) {
	if source == nil || now == nil {
		return nil, errors.New("calendar: a source and a clock are needed")
	}
	return &Freezes{source: source, now: now}, nil
}

// Register registers the activity under its name.
func (f *Freezes) Register(r worker.ActivityRegistry) {
	r.RegisterActivityWithOptions(f.AwaitOpen, activity.RegisterOptions{Name: release.AwaitOpenActivity})
	r.RegisterActivityWithOptions(f.Ahead, activity.RegisterOptions{Name: release.FreezesActivity})
}

// maxRetryDelay is the longest time between two reads of the calendar.
const maxRetryDelay = time.Minute

// loadTimeout bounds the reading of the calendar.
const loadTimeout = 5 * time.Second

// Guard returns an error while a freeze holds the application: of type
// [release.FaultFrozen] with the [release.Freeze] as its detail, which does not retry, or
// [release.FaultUnguarded], which does, when the calendar cannot be read. A stop must
// never be missed, so a calendar that cannot be read holds as well.
func (f *Freezes) Guard(ctx context.Context, app release.App) error {
	freeze, frozen, err := f.frozen(ctx, app)
	switch {
	case err != nil:
		return err
	case frozen:
		return fault.Frozen(freeze)
	default:
		return nil
	}
}

// AwaitOpen returns once no freeze holds the application, or fails as frozen by another freeze
// than the one that is known. Until then it fails as unchanged with its own next delay, so that waiting costs neither history nor a worker.
func (f *Freezes) AwaitOpen(ctx context.Context, in release.AwaitOpenInput) error {
	freeze, frozen, err := f.frozen(ctx, in.App)
	switch {
	case err != nil || !frozen:
		return err
	case !freeze.Same(in.Known):
		return fault.Frozen(freeze)
	}
	// A freeze may be lifted before its time, so the next read is never far away.
	delay := min(release.LookDelay(release.ChangeAwaitingConfirm, int(activity.GetInfo(ctx).Attempt)), maxRetryDelay)
	if left := freeze.Until.Sub(f.now()); left > 0 {
		delay = min(delay, left)
	}
	return fault.Unchanged("freeze "+freeze.Name+" holds", delay)
}

// Ahead returns which freezes hold an application now, or begin by a time; see
// [release.Calendar.Ahead]. Its errors have the type [release.FaultUnguarded], which retries.
func (f *Freezes) Ahead(ctx context.Context, in release.FreezesInput) ([]release.PlannedFreeze, error) {
	calendar, err := f.load(ctx)
	if err != nil {
		return nil, err
	}
	return calendar.Ahead(in.App, f.now(), in.Until), nil
}

func (f *Freezes) frozen(ctx context.Context, app release.App) (release.Freeze, bool, error) {
	calendar, err := f.load(ctx)
	if err != nil {
		return release.Freeze{}, false, err
	}
	freeze, frozen := calendar.Frozen(app, f.now())
	return freeze, frozen, nil
}

// load reads the calendar.
func (f *Freezes) load(ctx context.Context) (release.Calendar, error) {
	bounded, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	calendar, _, err := f.source.Load(bounded)
	switch {
	case err != nil && ctx.Err() != nil:
		return release.Calendar{}, ctx.Err() // the attempt was cancelled
	case err != nil:
		return release.Calendar{}, fault.New(release.FaultUnguarded, fmt.Sprintf("the calendar of freezes cannot be read: %v", err))
	}
	return calendar, nil
}
