package sae

import (
	"context"

	"slipway/release"
	"slipway/saeclient"
)

// beginning is a call that begins a change order.
type beginning struct {
	verb     release.Verb
	app      release.App
	token    string
	mark     release.Mark
	override bool
	// again tells that an earlier call was declined, which may have begun the order.
	again bool
	// met reports whether the application has already what the call asks for, so that it would begin no order; nil
	// where it always begins one.
	met func(context.Context) (bool, error)
	// call makes the call, with [cloud.Send], and returns the ID of the order.
	call func(context.Context) (string, error)
}

// once sends a call that begins a change order, once: when its answer is lost, nobody says
// it again before [Driver.FindChange] has found that there is no such order.
//
// What an earlier run of the release has begun, found by its token, is taken over. Where
// another order is in the way nothing is sent: what the release has read, the version to
// return to above all, is true no more. A freeze is asked about after the look: what was
// begun before it is followed, not reported frozen.
func (d *Driver) once(ctx context.Context, b beginning) (release.Change, error) {
	ctx, calls := errorsOfSAE().Recording(ctx)
	change, err := d.beginOnce(ctx, b)
	return change, calls.Doubt(err)
}

func (d *Driver) beginOnce(ctx context.Context, b beginning) (release.Change, error) {
	t, err := traceOf(b.verb, b.token, b.mark)
	if err != nil {
		return release.Change{}, err
	}
	found, err := d.begunBefore(ctx, b.app, t, b.again)
	if err != nil || found.ID != "" {
		return found, err
	}
	if err := d.frame.Guarded(ctx, b.app, b.override); err != nil {
		return release.Change{}, err
	}
	if b.met != nil {
		if met, err := b.met(ctx); err != nil || met {
			return release.Change{Nothing: met}, failed(err)
		}
	}
	id, err := b.call(ctx)
	if err := errorsOfSAE().Begun(id, err); err != nil {
		return release.Change{}, answered(err)
	}
	return release.Change{ID: id}, nil
}

// begunBefore finds the order of the same token, or after a call that was declined the one
// that it has begun all the same, and fails where another order is in the way.
func (d *Driver) begunBefore(ctx context.Context, app release.App, t trace, declined bool) (release.Change, error) {
	orders, err := d.orders(ctx, saeclient.ListChangeOrdersInput{AppID: app.ID}, t.watermark.At)
	if err != nil {
		return release.Change{}, failed(err)
	}
	if t.token != "" || declined {
		if found, err := t.find(orders); err != nil || found.ID != "" {
			return found, err
		}
	}
	return release.Change{}, t.inTheWay(orders)
}
