package sae

import (
	"context"
	"errors"
	"slices"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
	"slipway/saeclient"
)

// beginning is a call that begins a change order, and how to find the order again when
// the call's answer was lost.
type beginning struct {
	app      release.App
	override bool
	// look narrows the list of change orders that is searched.
	look saeclient.ListChangeOrdersInput
	// mine tells whether a listed order can be the call's.
	mine func(order) bool
	// send makes the call and returns the ID of the order.
	send func(context.Context) (string, error)
}

// newer tells the orders of the given types that were begun after a watermark. One
// whose time cannot be read counts as newer, so that nothing is begun twice because of
// it.
func newer(w release.Watermark, types ...string) func(order) bool {
	return func(o order) bool {
		at := o.CreateTime
		return slices.Contains(types, o.CoTypeCode) && (at.IsZero() || !at.Before(w.At)) && !slices.Contains(w.Known, o.ChangeOrderID)
	}
}

// once sends a call that begins a change order, unless an earlier attempt already did.
//
// Every attempt but the first looks before it sends. An attempt whose answer was lost
// asks for the next one only after the settle delay, so an order that is not found by
// then was never begun. An attempt that died with its worker is followed by the next
// one only after the attempt's own time limit, which is longer still.
//
// A freeze is asked about after the look: what was begun before it is followed, not
// reported frozen.
func (d *Driver) once(ctx context.Context, b beginning) (release.Change, error) {
	if activity.GetInfo(ctx).Attempt > 1 {
		found, err := d.find(ctx, b)
		if err != nil || found.ID != "" {
			return found, err
		}
	}
	if err := d.guarded(ctx, b.app, b.override); err != nil {
		return release.Change{}, err
	}
	id, err := b.send(ctx)
	switch {
	case err == nil && id != "":
		return release.Change{ID: id}, nil
	case err == nil:
		return release.Change{}, d.lost("the platform accepted the change but named no change order")
	case errors.Is(err, saeclient.ErrAmbiguous):
		return release.Change{}, d.lost(err.Error())
	case saeclient.HasCode(err, saeclient.CodeChangeOrderRunning):
		// The order that is in the way may be our own.
		found, lookErr := d.find(ctx, b)
		if lookErr != nil || found.ID != "" {
			return found, lookErr
		}
	}
	return release.Change{}, failed(err)
}

// lost asks for the next attempt once a call whose answer was lost can no longer be at
// work.
func (d *Driver) lost(why string) error {
	return temporal.NewApplicationErrorWithOptions(why, string(release.FaultAmbiguous),
		temporal.ApplicationErrorOptions{NextRetryDelay: d.settle})
}

// find looks for the change order of an earlier attempt.
func (d *Driver) find(ctx context.Context, b beginning) (release.Change, error) {
	b.look.AppID = b.app.ID
	orders, err := d.orders(ctx, b.look)
	if err != nil {
		return release.Change{}, failed(err)
	}
	orders = slices.DeleteFunc(orders, func(o order) bool { return !b.mine(o) })
	switch len(orders) {
	case 0:
		return release.Change{}, nil
	case 1:
		return release.Change{ID: orders[0].ChangeOrderID, Adopted: true}, nil
	default:
		return release.Change{}, undecidable("%d change orders could be the one whose answer was lost", len(orders))
	}
}
