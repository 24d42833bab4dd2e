package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"slipway/cloudapi"
	"slipway/release"
	"slipway/wire"
)

// How often people look at what an event has told, how often at everything, and how soon they send a word again that has changed
// nothing.
const (
	lookInterval  = 100 * time.Millisecond
	sweepInterval = 3 * time.Second
	wordInterval  = 5 * time.Second
	// looksAtOnce is how many releases are looked at side by side.
	looksAtOnce = 4
)

// asked is a release or a set that somebody has asked for, as people see it. What only those who look change needs no lock: they
// look at one release once at a time.
type asked struct {
	answer      Answer
	after       time.Duration
	application int
	eventID     string

	// look tells that there is something to look at. The lock of [people] guards it.
	look bool
	// about is what people have seen last that needs a word, since when, and when they have sent one.
	about       string
	since, sent time.Time
	words       int
}

// people are those who answer.
type people struct {
	mu   sync.Mutex
	open map[string]*asked
	// told are the releases and sets of whose end the world was told.
	told map[string]bool
}

func newPeople() people { return people{open: map[string]*asked{}, told: map[string]bool{}} }

// expect lets people look after a release or a set.
func (p *people) expect(id string, a *asked) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open[id] == nil {
		p.open[id] = a
	}
}

// mark lets them look at one, if they look after it, or at all.
func (p *people) mark(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.open[id]; a != nil {
		a.look = true
	}
}

func (p *people) markAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.open {
		a.look = true
	}
}

// see marks what an event tells of.
func (p *people) see(told wire.LifecycleEvent) {
	id, outcome := told.Progress.ReleaseID, told.Progress.Outcome
	if told.Set != nil {
		id, outcome = told.Set.SetID, told.Set.Outcome
	}
	p.mark(id)
	if outcome != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.told[id] = true
	}
}

// hasToldEnd reports whether the world was told of the end of a release or a set.
func (p *people) hasToldEnd(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told[id]
}

// ended lets them look no more.
func (p *people) ended(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, id)
}

// marked takes what there is to look at.
func (p *people) marked() map[string]*asked {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := map[string]*asked{}
	for id, a := range p.open {
		if a.look {
			a.look, found[id] = false, a
		}
	}
	return found
}

// attend answers what waits for people until ctx ends. They look at what an event has told of, and from time to time at all: an event
// may have been told to nobody, a word lost, and a release that was reset tells nothing twice.
func (r *Run) attend(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { r.follow(ctx); return nil })
	group.Go(func() error {
		looks, sweeps := time.NewTicker(lookInterval), time.NewTicker(sweepInterval)
		defer looks.Stop()
		defer sweeps.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-sweeps.C:
				r.people.markAll()
			case <-looks.C:
				if err := r.lookAtMarked(ctx); err != nil {
					return err
				}
			}
		}
	})
	return group.Wait()
}

func (r *Run) lookAtMarked(ctx context.Context) error {
	var group errgroup.Group
	group.SetLimit(looksAtOnce)
	for id, a := range r.people.marked() {
		group.Go(func() error { return r.look(ctx, id, a) })
	}
	if err := group.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// follow marks what events tell of, from now on; it begins anew where it was whenever the server does not answer.
func (r *Run) follow(ctx context.Context) {
	for next := uint64(1); ctx.Err() == nil; {
		consumer, err := r.access.JetStream.OrderedConsumer(ctx, wire.StreamEvents, jetstream.OrderedConsumerConfig{
			FilterSubjects: []string{wire.AllEvents}, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: next,
		})
		if err == nil {
			next = r.followOne(ctx, consumer, next)
		}
		_ = cloudapi.Sleep(ctx, againInterval) // whoever loops sees that ctx has ended
	}
}

// followOne reads events until one does not come, and returns the sequence of the one that is next.
func (r *Run) followOne(ctx context.Context, consumer jetstream.Consumer, next uint64) uint64 {
	messages, err := consumer.Messages()
	if err != nil {
		return next
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return next
		}
		if meta, err := msg.Metadata(); err == nil {
			next = meta.Sequence.Stream + 1
		}
		if told, err := wire.DecodeEvent(&nats.Msg{Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()}); err == nil {
			r.people.see(told)
		}
	}
}

// look looks at a release or a set, and sends the word that it waits for. Where nobody can be asked they look again later.
func (r *Run) look(ctx context.Context, id string, a *asked) error {
	c, due, ended := r.wordOf(ctx, id, a)
	switch {
	case ended:
		r.people.ended(id)
		return nil
	case !due:
		a.about = ""
		return nil
	}
	return r.send(ctx, id, a, c)
}

// wordOf is the word that a release or a set waits for, whether one is due, and whether it has ended.
func (r *Run) wordOf(ctx context.Context, id string, a *asked) (c release.Command, due, ended bool) {
	if release.IsSetID(id) {
		status, err := r.releases.GetSet(ctx, id)
		if err != nil { // nobody answers, or it does not exist yet
			return c, false, false
		}
		c, due = a.answer.aboutSet(status.Progress)
		return c, due, status.Closed && status.Progress.Outcome != ""
	}
	status, err := r.releases.Get(ctx, id)
	if err != nil {
		return c, false, false
	}
	r.approveOnPlatform(ctx, status.Progress)
	c, due = a.answer.word(status.Progress)
	return c, due, status.Closed && status.Progress.Outcome != ""
}

// approveOnPlatform gives the approval of the platform's own that a release waits for. One that cannot be given now is given later.
func (r *Run) approveOnPlatform(ctx context.Context, p release.Progress) {
	if p.Awaiting != nil && p.Awaiting.Kind == release.AwaitPlatformApproval {
		_ = r.access.SAESim.Approve(ctx, p.ChangeID) // somebody else may have
	}
}

// send sends a word that people have found to be due, once they have thought it over, and not again at once.
func (r *Run) send(ctx context.Context, id string, a *asked, c release.Command) error {
	if about := fmt.Sprintf("%s %d %t %s", c.Kind, c.Batch, c.All, c.By); a.about != about {
		a.about, a.since, a.sent = about, time.Now(), time.Time{}
	}
	if time.Since(a.since) < a.after || time.Since(a.sent) < wordInterval {
		r.people.mark(id)
		return nil
	}
	if err := r.command(ctx, *a, id, c); err != nil {
		return err
	}
	a.words++
	a.sent = time.Now()
	return nil
}
