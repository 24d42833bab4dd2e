package soak

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"slipway/devstack/scenario"
	"slipway/release"
	"slipway/wire"
)

// How many applications are created, and requests published, at the same time.
const (
	creators   = 64
	publishers = 16
)

// batches of an active release, after the one gray instance; the last one does not bake.
const batches = 2

// mostProblems bounds what is told of releases that went wrong.
const mostProblems = 20

// load are the releases of a run, and what is heard of them.
type load struct {
	run      *run
	messages jetstream.MessagesContext
	done     chan struct{}
	// failed has what stopped the load, at most once.
	failed chan error
	// allParked is closed when all are parked that are to be.
	allParked chan struct{}

	mu sync.Mutex
	// parked has those that are to be parked, and whether each is by now; active the applications of the others.
	parked map[string]bool
	active map[string]release.App
	// lacking is how many are not parked yet, begun how many active ones were asked for, and ended how many of them have ended.
	lacking, begun, ended int
	wrong                 []string
}

// begin creates the applications, parks what is to be parked, and begins what is to be active. The active ones begin one after
// the other, spread over the time that one of them takes.
func (r *run) begin(ctx context.Context) (*load, error) {
	apps, err := r.createApps(ctx)
	if err != nil {
		return nil, err
	}
	l := &load{
		run: r, done: make(chan struct{}), failed: make(chan error, 1), allParked: make(chan struct{}),
		parked: map[string]bool{}, active: map[string]release.App{}, lacking: r.Parked,
	}
	for i := range r.Parked {
		l.parked[release.ID(apps[i], scenario.Source, parkedEvent(i))] = false
	}
	consumer, err := r.stack.JetStream.OrderedConsumer(ctx, wire.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{wire.AllEvents}})
	if err != nil {
		return nil, fmt.Errorf("soak: events: %w", err)
	}
	if l.messages, err = consumer.Messages(); err != nil {
		return nil, fmt.Errorf("soak: events: %w", err)
	}
	go l.listen(ctx)
	if err := errors.Join(r.park(ctx, apps[:r.Parked]), l.await(ctx), l.spread(ctx, apps[r.Parked:])); err != nil {
		l.stop()
		return nil, err
	}
	return l, nil
}

func (r *run) createApps(ctx context.Context) ([]release.App, error) {
	apps := make([]release.App, r.Parked+r.Active)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(creators)
	for i := range apps {
		group.Go(func() (err error) {
			apps[i], err = scenario.CreateApp(ctx, r.sae, fmt.Sprintf("service-%05d", i))
			return err
		})
	}
	return apps, group.Wait()
}

func parkedEvent(i int) string { return fmt.Sprintf("parked-%d", i) }

// park asks for the releases that wait for a confirmation which nobody gives.
func (r *run) park(ctx context.Context, apps []release.App) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(publishers)
	for i, app := range apps {
		group.Go(func() error {
			_, err := scenario.Request(ctx, r.stack.JetStream, parkedEvent(i), release.Spec{
				App: app, Artifact: release.Artifact{Image: scenario.NewImage}, RequestedBy: "soak",
				Strategy: release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: batches, Confirm: release.ConfirmManual},
				Limits:   release.Limits{Confirm: release.DefaultTotalLimit},
			})
			return err
		})
	}
	return group.Wait()
}

// await waits until all are parked that are to be.
func (l *load) await(ctx context.Context) error {
	select {
	case <-l.allParked:
		return nil
	case err := <-l.failed:
		return err
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		return fmt.Errorf("soak: %d of %d releases are not parked yet: %w", l.lacking, l.run.Parked, context.Cause(ctx))
	}
}

// spread begins the active releases.
func (l *load) spread(ctx context.Context, apps []release.App) error {
	tick := time.NewTicker(max(batches*l.run.Bake/time.Duration(len(apps)), time.Millisecond))
	defer tick.Stop()
	for _, app := range apps {
		if err := l.next(ctx, app); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case err := <-l.failed:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// next asks for the next release of an application that is active.
func (l *load) next(ctx context.Context, app release.App) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	event := fmt.Sprintf("active-%d", l.begun)
	l.active[release.ID(app, scenario.Source, event)] = app
	_, err := scenario.Request(ctx, l.run.stack.JetStream, event, release.Spec{
		App: app, Artifact: release.Artifact{Image: fmt.Sprintf("registry.example/service:1.%d.0", l.begun)}, RequestedBy: "soak",
		Strategy: release.Strategy{
			Type: release.StrategyGray, Gray: 1, Batches: batches, Confirm: release.ConfirmAuto, Bake: release.Duration(l.run.Bake),
		},
	})
	l.begun++
	return err
}

// listen hears all events, notes who has parked and ended, and begins the next release where one has ended.
func (l *load) listen(ctx context.Context) {
	defer close(l.done)
	for {
		msg, err := l.messages.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			return
		}
		if err == nil {
			err = l.hear(ctx, msg)
		}
		if err != nil {
			l.failed <- fmt.Errorf("soak: %w", err)
			return
		}
	}
}

func (l *load) hear(ctx context.Context, msg jetstream.Msg) error {
	event, err := wire.DecodeEvent(&nats.Msg{Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()})
	if err != nil {
		return err
	}
	app, goesOn := l.note(event.Kind, event.Progress)
	if !goesOn {
		return nil
	}
	return l.next(ctx, app)
}

// note keeps what an event tells. It returns the application whose next release is to begin, and whether there is one.
func (l *load) note(kind release.EventKind, p release.Progress) (release.App, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	is, toBeParked := l.parked[p.ReleaseID]
	app, isActive := l.active[p.ReleaseID]
	switch {
	case toBeParked && !is && kind == release.EventBatchWaiting:
		l.parked[p.ReleaseID] = true
		if l.lacking--; l.lacking == 0 {
			close(l.allParked)
		}
	case !release.EventsEnded.Has(kind):
	case toBeParked:
		l.wrong = append(l.wrong, fmt.Sprintf("%s was to stay parked and has ended: %s: %s", p.ReleaseID, p.Phase, p.Reason))
	case isActive:
		if kind != release.EventSucceeded {
			l.wrong = append(l.wrong, fmt.Sprintf("%s was to succeed and has not: %s: %s", p.ReleaseID, p.Phase, p.Reason))
		}
		delete(l.active, p.ReleaseID)
		l.ended++
		return app, true
	}
	return release.App{}, false
}

// hasEnded is how many active releases have ended so far.
func (l *load) hasEnded() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// some returns the IDs of some of the parked releases, the same ones each time.
func (l *load) some(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := slices.Sorted(maps.Keys(l.parked))
	return ids[:min(n, len(ids))]
}

func (l *load) problems() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wrong[:min(mostProblems, len(l.wrong))]
}

func (l *load) stop() {
	l.messages.Stop()
	<-l.done
}
