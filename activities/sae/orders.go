package sae

import (
	"cmp"
	"context"
	"slices"
	"time"

	"slipway/activities/cloud"
	"slipway/release"
	"slipway/saeclient"
)

// recentOrders is how many change orders one call reads. SAE runs one order of an
// application at a time, so what matters is among the newest.
const recentOrders = 50

type order = saeclient.ListChangeOrdersDataChangeOrderList

// newestOrders lists the newest change orders of an application.
func (d *Driver) newestOrders(ctx context.Context, appID string) ([]order, error) {
	return d.orders(ctx, saeclient.ListChangeOrdersInput{AppID: appID}, time.Time{})
}

// orders lists the change orders that match: the newest, and all that were begun since a
// time, unless it is zero. How SAE sorts the list is not stated: one that is not newest
// first is read to its end.
func (d *Driver) orders(ctx context.Context, in saeclient.ListChangeOrdersInput, since time.Time) ([]order, error) {
	var all []order
	in.PageSize = new(recentOrders)
	for page := 1; ; page++ {
		in.CurrentPage = &page
		out, err := d.client.ListChangeOrders(ctx, &in)
		if err != nil {
			return nil, err
		}
		if err := present("ListChangeOrders", out.Data); err != nil {
			return nil, err
		}
		got := out.Data.ChangeOrderList
		all = append(all, got...)
		if len(got) == 0 || len(all) >= out.Data.TotalSize || reach(all, since) {
			return all, nil
		}
	}
}

// reach reports whether the orders, the newest of a list, go back to a time.
func reach(orders []order, since time.Time) bool {
	oldest := orders[len(orders)-1].CreateTime
	return slices.IsSortedFunc(orders, newestFirst) && (since.IsZero() || oldest.Before(since))
}

func newestFirst(a, b order) int {
	return b.CreateTime.Compare(a.CreateTime)
}

// watermarkOf marks the newest of the orders. An order whose time cannot be read is known,
// too: it would be newer than every watermark.
func watermarkOf(orders []order) watermark {
	return newest(orders, func(o order) (time.Time, string) { return o.CreateTime, o.ChangeOrderID })
}

// newest marks the newest of a list, by the time and the ID of each. What has no time is known, too.
func newest[T any](all []T, of func(T) (time.Time, string)) watermark {
	var w watermark
	for _, each := range all {
		if at, _ := of(each); at.After(w.At) {
			w.At = at
		}
	}
	for _, each := range all {
		if at, id := of(each); at.IsZero() || at.Equal(w.At) {
			w.Known = append(w.Known, id)
		}
	}
	return w
}

// newer reports whether an order was begun after a watermark. One whose time cannot be read
// counts as newer, so that nothing is begun twice because of it.
func newer(o order, w watermark) bool {
	return (o.CreateTime.IsZero() || !o.CreateTime.Before(w.At)) && !slices.Contains(w.Known, o.ChangeOrderID)
}

// own finds the change order that carries a token; nil where none does.
func own(orders []order, token string) *release.OwnChange {
	for _, o := range orders {
		if token != "" && (trace{token: token}).mine(o) {
			return &release.OwnChange{ID: o.ChangeOrderID, Unfinished: !saeclient.ChangeOrderFinished(o.Status)}
		}
	}
	return nil
}

// unfinished finds the change order that is still at work, if any, other than the given
// ones.
func unfinished(orders []order, except ...string) *release.ForeignChange {
	for _, o := range orders {
		if !saeclient.ChangeOrderFinished(o.Status) && !slices.Contains(except, o.ChangeOrderID) {
			return &release.ForeignChange{
				ID: o.ChangeOrderID, Type: o.CoTypeCode, Description: cloud.WithoutSecrets(o.Description),
				Stuck: changeState(o.Status, 0).Parked(), // the list has no SubStatus
				Since: o.CreateTime.UTC(),
			}
		}
	}
	return nil
}

// bringsVersion tells the types of change orders that bring a version: a deployment and
// a rollback to an old version (SAE API reference ch. 14.2).
func bringsVersion(coType string) bool {
	return coType == saeclient.CoTypeDeploy || coType == saeclient.CoTypeDeployHistroy
}

// mayBeMixed reports whether the newest change order that brings a version has ended otherwise than
// in success: one that was aborted may have left its batches as they were.
func mayBeMixed(orders []order) bool {
	brought := slices.DeleteFunc(slices.Clone(orders), func(o order) bool { return !bringsVersion(o.CoTypeCode) })
	if len(brought) == 0 {
		return false
	}
	newest := slices.MinFunc(brought, newestFirst)
	return saeclient.ChangeOrderFinished(newest.Status) && newest.Status != saeclient.ChangeOrderSuccess
}

// replacement finds the change order that somebody has begun after the given one, which
// has ended: the newest unfinished one, or else the newest that brings a version. An
// order that only changes the number of instances, and has done so, replaces nothing.
//
// A CoRollback order is how a platform may show that it takes a version back. Unless a
// further version was brought in between, what it takes back is the given order's, which
// makes it a part of that order's end.
func replacement(orders []order, id string, since time.Time) string {
	later := slices.DeleteFunc(slices.Clone(orders), func(o order) bool { return !begunAfter(orders, o, id, since) })
	slices.SortStableFunc(later, newestFirst)
	brought := slices.IndexFunc(later, func(o order) bool { return bringsVersion(o.CoTypeCode) })
	open := slices.IndexFunc(later, func(o order) bool {
		return !saeclient.ChangeOrderFinished(o.Status) && (o.CoTypeCode != saeclient.CoTypeRollback || brought >= 0)
	})
	switch {
	case open >= 0:
		return later[open].ChangeOrderID
	case brought >= 0:
		return later[brought].ChangeOrderID
	default:
		return ""
	}
}

// begunAfter reports whether an order was begun after the one with the given ID, which was
// begun at the given time. Orders of one second are told apart by their places in the
// list; an order is unfinished only when it is the last.
func begunAfter(orders []order, o order, id string, since time.Time) bool {
	if o.ChangeOrderID == id {
		return false
	}
	if !saeclient.ChangeOrderFinished(o.Status) {
		return true
	}
	if o.CreateTime.IsZero() || since.IsZero() {
		return false
	}
	place := func(id string) int {
		return slices.IndexFunc(orders, func(o order) bool { return o.ChangeOrderID == id })
	}
	return cmp.Or(o.CreateTime.Compare(since.Truncate(time.Second)), cmp.Compare(place(id), place(o.ChangeOrderID))) > 0
}
