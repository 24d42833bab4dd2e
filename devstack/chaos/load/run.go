package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"slipway/apps"
	"slipway/cloudapi"
	"slipway/devstack/chaos/system"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
)

// Run carries a plan out.
type Run struct {
	access   system.Access
	plan     Plan
	releases *releases.Client
	ledger   *ledger.Ledger
	places   []Place
	notes    notes
	people   people
	// began is when the times of the plan began to count.
	began time.Time
}

// New is a run of a plan, whose applications do not exist yet.
func New(a system.Access, p Plan) *Run {
	return &Run{access: a, plan: p, releases: releases.New(a.Temporal), ledger: ledger.New(a.JetStream), notes: newNotes(), people: newPeople()}
}

// Prepare creates the applications and the documents. Nothing should fail yet.
func (r *Run) Prepare(ctx context.Context) error {
	for _, app := range r.plan.Applications {
		p, err := create(ctx, r.access, app)
		if err != nil {
			return fmt.Errorf("load: %s: %w", app.Name, err)
		}
		r.places = append(r.places, p)
	}
	if _, err := r.access.ServiceStageSim.Advance(ctx, settleTime); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	for i := range r.places {
		var err error
		if r.places[i].Before, err = r.places[i].Read(ctx, r.access); err != nil {
			return err
		}
	}
	return r.applyDocuments(ctx)
}

// applyDocuments stores the documents of the applications that are asked for by name.
func (r *Run) applyDocuments(ctx context.Context) error {
	documents := map[string]*apps.Application{}
	for _, p := range r.places {
		if p.Document == "" {
			continue
		}
		if documents[p.Document] == nil {
			documents[p.Document] = &apps.Application{Name: p.Document}
		}
		d := documents[p.Document]
		d.Environments = append(d.Environments, apps.Environment{Name: p.Environment, App: apps.At(p.App)})
		if p.Environment == production {
			d.Promotion = []apps.Promotion{{From: staging, To: production, After: release.Duration(time.Second), Auto: true}}
		}
	}
	store := apps.NewStore(r.access.JetStream)
	for _, d := range documents {
		if _, err := store.Apply(ctx, *d, apps.Edit{}); err != nil {
			return fmt.Errorf("load: document %s: %w", d.Name, err)
		}
	}
	return nil
}

// A moment is what is done at a time of the plan.
type moment struct {
	at time.Duration
	do func(context.Context) error
}

// Do sends all that the plan has at its times, and answers meanwhile what waits for people. It returns when all is sent, or with the
// error of ctx. What does not answer is tried again until then.
func (r *Run) Do(ctx context.Context) error {
	r.began = time.Now()
	return r.attending(ctx, func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return r.carryOut(ctx, r.messages()) })
		for _, a := range r.plan.Acts { // side by side: what is held is held for a while
			group.Go(func() error {
				return r.carryOut(ctx, []moment{{a.At, func(ctx context.Context) error { return r.act(ctx, a) }}})
			})
		}
		return group.Wait()
	})
}

// messages are all messages in the order of their times, the faulty ones after those that they are like.
func (r *Run) messages() (all []moment) {
	for _, q := range r.plan.Requests {
		all = append(all, moment{q.At, func(ctx context.Context) error { return r.request(ctx, q) }})
	}
	for _, s := range r.plan.Sets {
		all = append(all, moment{s.At, func(ctx context.Context) error { return r.set(ctx, s) }})
	}
	for _, f := range r.plan.Faulty {
		all = append(all, moment{f.At, func(ctx context.Context) error { return r.faulty(ctx, f) }})
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	return all
}

func (r *Run) carryOut(ctx context.Context, moments []moment) error {
	for _, m := range moments {
		if err := cloudapi.Sleep(ctx, m.at-time.Since(r.began)); err != nil {
			return err
		}
		if err := m.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// attending does something while people answer.
func (r *Run) attending(ctx context.Context, do func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.attend(ctx) })
	group.Go(func() error { return r.relieve(ctx) })
	group.Go(func() error {
		defer stop()
		return do(ctx)
	})
	return group.Wait()
}

// Sent is what was sent and done so far.
func (r *Run) Sent() Sent {
	s := r.notes.all()
	s.Places = r.places
	return s
}
