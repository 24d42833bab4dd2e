package channeltest

import (
	"context"
	"slices"
	"sync"

	"slipway/notify"
)

// Told is a message as people have got it.
type Told struct {
	// ID is by what the receiver would know a repetition; robots of groups have none.
	ID string
	// Title is what a notification shows, and Text all there is to read, without markup.
	Title, Text string
	// Page is whether everybody is called, for whatever reason.
	Page bool
	// Links are where one can go.
	Links []notify.Link
	// Body is what was sent.
	Body []byte
}

// record is what was told to one receiver.
type record struct {
	mu      sync.Mutex
	told    []Told
	tries   int
	changed chan struct{} // closed at the next change
}

func newRecord() record { return record{changed: make(chan struct{})} }

// Told is what people have got so far.
func (r *record) Told() []Told {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

// Tries is how many attempts there were, whatever has become of them.
func (r *record) Tries() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tries
}

// Await waits until people have got so many messages, and returns what they have got.
func (r *record) Await(ctx context.Context, messages int) ([]Told, error) {
	return r.await(ctx, func() bool { return len(r.told) >= messages })
}

// AwaitTries waits until there were so many attempts.
func (r *record) AwaitTries(ctx context.Context, tries int) error {
	_, err := r.await(ctx, func() bool { return r.tries >= tries })
	return err
}

func (r *record) await(ctx context.Context, done func() bool) ([]Told, error) {
	for {
		r.mu.Lock()
		told, changed, ok := slices.Clone(r.told), r.changed, done()
		r.mu.Unlock()
		if ok {
			return told, nil
		}
		select {
		case <-ctx.Done():
			return told, ctx.Err()
		case <-changed:
		}
	}
}

func (r *record) try() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	r.wake()
}

func (r *record) add(t Told) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, t)
	r.wake()
}

func (r *record) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}
