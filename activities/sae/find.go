package sae

import (
	"context"
	"slices"
	"strings"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/release"
	"slipway/saeclient"
)

// A trace is how the change order of a verb is told from others: by the token in its
// description, or, where SAE takes no description, by its type and a time after which it
// was begun.
type trace struct {
	token string
	types []string
	// any tells that the type of the order is not known.
	any       bool
	watermark watermark
}

// traceOf returns the trace that a verb leaves; one that begins no change order leaves none, and
// fails. The type of a rescale depends on the number of instances at that moment (SAE API
// reference ch. 12.13, 14.2).
func traceOf(v release.Verb, token string, m release.Mark) (t trace, err error) {
	w, err := readMark(m)
	if err != nil {
		return t, err
	}
	t = trace{token: token, watermark: w}
	switch v { //nolint:exhaustive // see default
	case release.VerbBeginRollout:
		t.types = []string{saeclient.CoTypeDeploy}
	case release.VerbBeginRollback:
		t.types = []string{saeclient.CoTypeDeployHistroy}
	case release.VerbBeginRestart:
		t.types = []string{saeclient.CoTypeRestartApplication}
	case release.VerbBeginRescale:
		t.types = []string{saeclient.CoTypeScaleOut, saeclient.CoTypeScaleIn}
	case release.VerbBeginJobUpdate:
		t.any = true
	default:
		return t, cloud.Refused(release.FaultInvalid, "%s begins no change order", v)
	}
	return t, nil
}

// mine reports whether an order can be the one.
func (t trace) mine(o order) bool {
	if t.token != "" {
		return strings.HasPrefix(o.Description, t.token+" ")
	}
	return t.couldBe(o) && newer(o, t.watermark)
}

// couldBe reports whether an order has a type that the verb's has.
func (t trace) couldBe(o order) bool { return t.any || slices.Contains(t.types, o.CoTypeCode) }

// find finds the order; an empty ID is none.
func (t trace) find(orders []order) (release.Change, error) {
	var found []string
	for _, o := range orders {
		if t.mine(o) {
			found = append(found, o.ChangeOrderID)
		}
	}
	switch len(found) {
	case 0:
		return release.Change{}, nil
	case 1:
		return release.Change{ID: found[0], Adopted: true}, nil
	default:
		return release.Change{}, cloud.Undecidable("each of the change orders %s could be the one whose answer was lost", strings.Join(found, ", "))
	}
}

// inTheWay fails where an order is unfinished, or was begun since the watermark and either
// brings a version or could be taken for the one that is about to be begun.
func (t trace) inTheWay(orders []order) error {
	if o := unfinished(orders); o != nil {
		return cloud.NotYet(release.FaultConflict, "change order %s (%s) is unfinished", o.ID, o.Type)
	}
	for _, o := range orders {
		if newer(o, t.watermark) && (bringsVersion(o.CoTypeCode) || t.couldBe(o)) {
			return cloud.NotYet(release.FaultConflict, "change order %s (%s) was begun elsewhere since the application was read", o.ChangeOrderID, o.CoTypeCode)
		}
	}
	return nil
}

// find looks for the change order of a call whose answer was lost.
func (d *Driver) find(ctx context.Context, app release.App, t trace) (release.Change, error) {
	look := saeclient.ListChangeOrdersInput{AppID: app.ID}
	switch {
	case t.token != "":
		look.Key = &t.token
	case len(t.types) == 1:
		look.CoType = &t.types[0]
	}
	orders, err := d.orders(ctx, look, t.watermark.At)
	if err != nil {
		return release.Change{}, failed(err)
	}
	return t.find(orders)
}

// FindChange looks for the change order of a verb whose answer was lost. That there is
// none is certain only once the call cannot be at work any more; until then it fails as
// unchanged and is tried again at that time.
func (d *Driver) FindChange(ctx context.Context, in release.FindChangeInput) (release.FoundChange, error) {
	if in.Verb == release.VerbRunJob {
		return d.findRun(ctx, in)
	}
	t, err := traceOf(in.Verb, in.Token, in.Mark)
	if err != nil {
		return release.FoundChange{}, err
	}
	// Asked before the look, so that a look that finds nothing is late enough.
	left := d.frame.Settling(in.Since)
	found, err := d.find(ctx, in.App, t)
	switch {
	case err != nil:
		return release.FoundChange{}, err
	case found.ID != "":
		return release.FoundChange{Change: &found}, nil
	case left > 0:
		return release.FoundChange{}, fault.Unchanged("no change order is found yet; the call may still be at work", left)
	default:
		return release.FoundChange{}, nil
	}
}
