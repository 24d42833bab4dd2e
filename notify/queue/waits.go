package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/ledger"
	"slipway/notify"
	"slipway/release"
	"slipway/wire"
)

// mostResumed is how many events of lanes are read to find that of one application; as many do not come within a ladder.
const mostResumed = 1000

// stillWaits reports whether what an event waits for is still waited for. An event that waits for nobody always is.
func (n *Notifier) stillWaits(ctx context.Context, what wire.Notification, e wire.LifecycleEvent) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	switch {
	case !notify.HasLadder(e):
		return true, nil
	case e.Lane != nil:
		over, err := n.resumed(ctx, what, e.Lane.App)
		return !over, err
	case e.Set != nil:
		return n.setWaits(ctx, *e.Set)
	case e.Kind == release.EventAttention:
		over, err := n.resumed(ctx, what, e.Progress.App)
		return !over, err
	}
	return n.releaseWaits(ctx, e.Progress)
}

// releaseWaits reports whether a release still needs what it has needed.
func (n *Notifier) releaseWaits(ctx context.Context, then release.Progress) (bool, error) {
	now := n.now()
	needed, waits := then.Need(now)
	if !waits {
		return true, nil
	}
	record, err := n.ledger.GetOf(ctx, then.App, then.ReleaseID)
	if ledger.IsUnknown(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	latest := record.Latest()
	if latest.Transition < then.Transition && !record.Ended() {
		return true, nil // the ledger is behind
	}
	needs, waits := latest.Need(now)
	return waits && needs.Kind == needed.Kind && needs.Since.Equal(needed.Since) && batch(latest) == batch(then), nil
}

// batch is the finished batch that is waited for; 0 where none is.
func batch(p release.Progress) int {
	if p.Awaiting == nil {
		return 0
	}
	return p.Awaiting.Batch
}

// setWaits reports whether a set still waits for what it has waited for.
func (n *Notifier) setWaits(ctx context.Context, then release.SetProgress) (bool, error) {
	set, err := n.ledger.GetSet(ctx, then.SetID)
	if ledger.IsUnknown(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	latest := set.Progress
	if latest.Transition < then.Transition && latest.Outcome == "" {
		return true, nil // the ledger is behind
	}
	a, b := latest.Awaiting, then.Awaiting
	return latest.Outcome == "" && a != nil && b != nil && a.Kind == b.Kind && a.Batch == b.Batch && a.Since.Equal(b.Since), nil
}

// resumed reports whether the lane of an application was let go on after an event. The lanes of several regions may have
// one subject.
func (n *Notifier) resumed(ctx context.Context, what wire.Notification, app release.App) (bool, error) {
	stream, err := n.js.Stream(ctx, wire.StreamEvents)
	if err != nil {
		return false, fmt.Errorf("stream %s: %w", wire.StreamEvents, err)
	}
	from := what.Sequence + 1
	for range mostResumed {
		msg, err := stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(wire.LaneEventSubject(app, release.EventResumed)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("read what was done to the lane of %s: %w", app.SearchValue(), err)
		}
		from = msg.Sequence + 1
		told, err := wire.DecodeEvent(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data})
		if err == nil && told.Lane != nil && told.Lane.App == app {
			return true, nil
		}
	}
	return false, nil
}
