package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
)

const (
	// tries bounds how often a change is made anew because somebody else was faster; pause
	// grows with each, because a replica may still show the revision before.
	tries = 10
	pause = 20 * time.Millisecond
)

// Ledger reads and writes the records of releases. Its methods may be called concurrently.
// An application or a release ID that can name no record is a [release.Problem].
type Ledger struct{ js jetstream.JetStream }

// New returns the ledger in the bucket of a JetStream; see [EnsureLedger].
func New(js jetstream.JetStream) *Ledger { return &Ledger{js} }

// Create records that a release was asked for. It needs the digest of the content, and takes
// of the record what is known of a request. Of several that create the record of one release
// at the same time exactly one does, and is answered true.
//
// Where the record exists, it is answered as it is, if it has the same digest; with another
// one the answer is a [ConflictError]. The same content is to be submitted again as long as
// the record is not [Record.Accepted]. A record that was made of a progress alone, and so has
// no digest, takes the identity of the request.
func (l *Ledger) Create(ctx context.Context, r Record) (record Record, created bool, err error) {
	if r.Identity.Digest == "" {
		return Record{}, false, release.Problem{Field: "identity.digest", Message: "must be the digest of the content"}
	}
	record, err = l.change(ctx, r.App, r.ReleaseID, func(have Record, exists bool) (Record, error) {
		created = !exists
		if !exists {
			return r.request(), nil
		}
		return have.askedAgain(r)
	})
	return record, created && err == nil, err
}

// Accept records that the lane of the application has the release. Without a record the
// error is [ErrNotFound].
func (l *Ledger) Accept(ctx context.Context, app release.App, releaseID string) error {
	_, err := l.change(ctx, app, releaseID, func(have Record, exists bool) (Record, error) {
		have.Accepted = true
		return have, mustExist(exists, releaseID)
	})
	return err
}

// Update records what a release tells of itself, unless the record shows something later
// already. Reports may come in any order and more than once: an end beats everything before
// it, then stands, and takes nothing but the same end; before it the higher number of the
// transition wins. A release that has no record gets one, without the digest of its content.
func (l *Ledger) Update(ctx context.Context, u Report) error {
	p := u.Progress
	_, err := l.change(ctx, p.App, p.ReleaseID, func(have Record, exists bool) (Record, error) {
		if !exists {
			have = Record{ReleaseID: p.ReleaseID, App: p.App}
		}
		return have.reported(u), nil
	})
	return err
}

// MarkLost records that a release has ended without telling, as a watchdog finds out. A release without an outcome needs attention from then on, and its record
// takes no report any more; an outcome that it has told stands. What it holds stays recorded.
// A release that has no record gets one.
func (l *Ledger) MarkLost(ctx context.Context, app release.App, releaseID string, loss Loss) error {
	_, err := l.change(ctx, app, releaseID, func(have Record, exists bool) (Record, error) {
		if !exists {
			have = Record{ReleaseID: releaseID, App: app}
		}
		return have.lost(loss), nil
	})
	return err
}

// Pay records that what a release held was put back by somebody else, or is of no concern
// any more. What is not held is passed over, so that paying again changes nothing. Without a
// record the error is [ErrNotFound].
func (l *Ledger) Pay(ctx context.Context, app release.App, releaseID string, what Payment) error {
	_, err := l.change(ctx, app, releaseID, func(have Record, exists bool) (Record, error) {
		return have.paid(what), mustExist(exists, releaseID)
	})
	return err
}

func mustExist(exists bool, releaseID string) error {
	if !exists {
		return fmt.Errorf("release %s is %w", releaseID, ErrNotFound)
	}
	return nil
}

func (l *Ledger) open(ctx context.Context) (jetstream.KeyValue, error) {
	kv, err := l.js.KeyValue(ctx, Bucket)
	if err != nil {
		return nil, unavailable(err)
	}
	return kv, nil
}

// edit returns a record as it is to be, given as it is. It may be called several times, each
// time with what others have stored meanwhile. Its error changes nothing.
type edit func(have Record, exists bool) (Record, error)

// change stores what an edit makes of a record, and answers it. Somebody who changes the record
// at the same time is not overwritten.
func (l *Ledger) change(ctx context.Context, app release.App, releaseID string, do edit) (Record, error) {
	key, err := keyOf(app, releaseID)
	if err != nil {
		return Record{}, err
	}
	kv, err := l.open(ctx)
	if err != nil {
		return Record{}, err
	}
	for try := range tries {
		r, err := changeOnce(ctx, kv, key, do)
		if !overtaken(err) {
			return r, err
		}
		select {
		case <-ctx.Done():
			return Record{}, unavailable(context.Cause(ctx))
		case <-time.After(time.Duration(try) * pause):
		}
	}
	return Record{}, fmt.Errorf("%w: others change the record of %s all the time", ErrUnavailable, releaseID)
}

func changeOnce(ctx context.Context, kv jetstream.KeyValue, key string, do edit) (Record, error) {
	have, err := load(ctx, kv, key)
	if err != nil {
		return Record{}, err
	}
	next, err := do(have.Record, have.exists())
	if err != nil {
		return Record{}, err
	}
	next, value, err := fit(next)
	switch {
	case err != nil:
		return Record{}, err
	case !have.exists():
		_, err = kv.Create(ctx, key, value)
	case !bytes.Equal(value, have.value):
		_, err = kv.Update(ctx, key, value, have.revision)
	}
	switch {
	case overtaken(err):
		return Record{}, err
	case err != nil:
		return Record{}, unavailable(err)
	}
	return next, nil
}

// overtaken tells whether the record has changed since it was read.
func overtaken(err error) bool {
	return errors.Is(err, jetstream.ErrKeyRevisionMismatch) || errors.Is(err, jetstream.ErrKeyExists)
}

// stored is a record as the bucket has it; without a revision there is none.
type stored struct {
	Record

	value    []byte
	revision uint64
}

func (s stored) exists() bool { return s.revision > 0 }

func load(ctx context.Context, kv jetstream.KeyValue, key string) (stored, error) {
	entry, err := kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return stored{}, nil
	}
	if err != nil {
		return stored{}, unavailable(err)
	}
	r, err := decode(key, entry.Value(), entry.Created())
	return stored{Record: r, value: entry.Value(), revision: entry.Revision()}, err
}

// decode reads a record, and refuses one that is not of its key: nothing that it says may be
// taken for another release.
func decode(key string, value []byte, at time.Time) (Record, error) {
	var r Record
	if err := json.Unmarshal(value, &r); err != nil {
		return Record{}, fmt.Errorf("key %s of bucket %s is no record of a release (%w); delete the key", key, Bucket, err)
	}
	if want, err := keyOf(r.App, r.ReleaseID); err != nil || want != key {
		return Record{}, fmt.Errorf("key %s of bucket %s holds the record of another release, %.*q; delete the key", key, Bucket, maxID, r.ReleaseID)
	}
	r.UpdatedAt = at.UTC()
	return r, nil
}
