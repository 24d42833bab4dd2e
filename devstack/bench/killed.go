package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/wire"
)

// killed is a worker in a process of its own that is killed while many releases go on.
type killed struct {
	*crowd

	launch scenario.Launch
	worker *scenario.Process
	// told are the events of all releases.
	told jetstream.MessagesContext
}

// unlimited leaves calls to a simulator unlimited, which is a question of quotas and not of recovery.
const unlimited = "100000"

// newKilled starts a worker process on a stack that has none, and creates the applications.
func newKilled(ctx context.Context, s *stack.Stack, binary string, n int) (*killed, error) {
	crowd, err := newCrowd(ctx, s, n)
	if err != nil {
		return nil, err
	}
	env := maps.Clone(s.Env())
	env["SLIPWAY_SAE_CALLS_PER_SECOND"] = unlimited
	k := &killed{crowd: crowd, launch: scenario.Launch{Binary: binary, Role: "worker", Env: env, Log: io.Discard}}
	if k.worker, err = k.launch.Start(ctx); err != nil {
		return nil, err
	}
	consumer, err := s.JetStream.OrderedConsumer(ctx, wire.StreamEvents, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverNewPolicy})
	if err != nil {
		return nil, errors.Join(err, k.worker.Kill())
	}
	if k.told, err = consumer.Messages(); err != nil {
		return nil, errors.Join(err, k.worker.Kill())
	}
	return k, nil
}

func (k *killed) close() error {
	k.told.Stop()
	return k.worker.Stop()
}

// recovery is how long releases take after a kill of their worker.
type recovery struct {
	// moved is when the last of them has told its first event since, and ended when all have ended.
	moved, ended time.Duration
}

// turn parks a release of each application, confirms all of them, kills the worker once the starter has handed the confirmations
// over, and starts another one at once. Without a kill it only waits.
func (k *killed) turn(ctx context.Context, kill bool) (r recovery, err error) {
	k.rounds++
	ids := map[string]bool{}
	for n := range k.apps {
		id, err := k.request(ctx, n, release.Strategy{Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmManual})
		if err != nil {
			return r, err
		}
		ids[id] = true
	}
	if err := k.until(ctx, ids, func(e wire.LifecycleEvent, _ time.Time) bool { return e.Kind == release.EventBatchWaiting }); err != nil {
		return r, err
	}
	for id := range ids {
		command := release.Command{ID: id + "-confirm", Kind: release.CommandConfirm, Batch: 1, By: "ann"}
		if err := scenario.Command(ctx, k.JetStream, id, command); err != nil {
			return r, err
		}
	}
	if err := k.drained(ctx, wire.StreamIn); err != nil {
		return r, err
	}
	at := time.Now()
	if kill {
		if err := k.again(ctx); err != nil {
			return r, err
		}
	}
	moved := map[string]bool{}
	err = k.until(ctx, ids, func(e wire.LifecycleEvent, told time.Time) bool {
		if id := e.Progress.ReleaseID; told.After(at) {
			if !moved[id] {
				moved[id], r.moved = true, max(r.moved, told.Sub(at))
			}
			r.ended = max(r.ended, told.Sub(at))
		}
		if outcome := e.Progress.Outcome; outcome != "" && outcome != release.PhaseSucceeded {
			err = fmt.Errorf("bench: release %s ended %s: %s", e.Progress.ReleaseID, outcome, e.Progress.Reason)
		}
		return e.Progress.Outcome != ""
	})
	return r, err
}

// again kills the worker and starts another one.
func (k *killed) again(ctx context.Context) (err error) {
	if err := k.worker.Kill(); err != nil {
		return err
	}
	k.worker, err = k.launch.Start(ctx)
	return err
}

// until reads events until one of each release is wanted. It shows each event once.
func (k *killed) until(ctx context.Context, ids map[string]bool, wanted func(e wire.LifecycleEvent, told time.Time) bool) error {
	left := maps.Clone(ids)
	for len(left) > 0 {
		msg, err := k.told.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("bench: %d releases have not told what they are waited for: %w", len(left), err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return err
		}
		event, err := wire.DecodeEvent(&nats.Msg{Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()})
		if err != nil {
			return err
		}
		if left[event.Progress.ReleaseID] && wanted(event, meta.Timestamp) {
			delete(left, event.Progress.ReleaseID)
		}
	}
	return nil
}
