package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/bucketdoc"
	"slipway/release"
)

// Ledger reads and writes the records of releases. Its methods may be called concurrently.
// An application or a release ID that can name no record is a [release.Problem].
type Ledger struct {
	js jetstream.JetStream
	// opened is the bucket, for what is asked of it often.
	opened *bucketdoc.Opened
}

// New returns the ledger in the bucket of a JetStream; see [EnsureLedger].
func New(js jetstream.JetStream) *Ledger { return &Ledger{js, bucketdoc.NewOpened(js)} }

// Create records that a release was asked for. It needs the digest of the content, and takes
// of the record what is known of a request. Of several that create the record of one release
// at the same time exactly one does, and is answered true.
//
// Where the record exists, it is answered as it is, if it has the same digest; with another
// one the answer is a [ConflictError]. The same content is to be submitted again as long as
// the record is not [Record.Accepted]. A record that was made of a progress alone takes the
// event of the request.
func (l *Ledger) Create(ctx context.Context, r Record) (record Record, created bool, err error) {
	if r.Identity.Digest == "" {
		return Record{}, false, release.Problem{Field: "identity.digest", Message: "must be the digest of the content"}
	}
	record, err = l.changeRecord(ctx, r.App, r.ReleaseID, func(have Record, exists bool) (Record, error) {
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
	_, err := l.changeRecord(ctx, app, releaseID, func(have Record, exists bool) (Record, error) {
		have.Accepted = true
		return have, mustExist(exists, releaseID)
	})
	return err
}

// Update records what a release tells of itself, unless the record shows something later
// already. Reports may come in any order and more than once: an end beats everything before
// it, then stands, and takes nothing but the same end; before it the higher number of the
// transition wins. A release that has no record gets one, without an event.
func (l *Ledger) Update(ctx context.Context, u Report) error {
	_, err := l.Conclude(ctx, u)
	return err
}

// Conclude is Update, and reports whether the record has got its outcome by this report. That is
// so for one report of a release, however often and from where its end is reported; for none
// where the answer of the bucket was lost.
func (l *Ledger) Conclude(ctx context.Context, u Report) (first bool, err error) {
	p := u.Progress
	_, err = l.changeRecord(ctx, p.App, p.ReleaseID, func(have Record, exists bool) (Record, error) {
		if !exists {
			have = Record{ReleaseID: p.ReleaseID, App: p.App}
		}
		next := have.reported(u)
		first = have.Outcome == "" && next.Outcome != ""
		return next, nil
	})
	return first && err == nil, err
}

// MarkLost records that a release has ended without telling, as a watchdog finds out. A release
// without an outcome needs attention from then on, and its record takes no report any more; an
// outcome that it has told stands. What it holds stays recorded. A release that has no record
// gets one.
func (l *Ledger) MarkLost(ctx context.Context, app release.App, releaseID string, loss Loss) error {
	_, err := l.changeRecord(ctx, app, releaseID, func(have Record, exists bool) (Record, error) {
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
	_, err := l.changeRecord(ctx, app, releaseID, func(have Record, exists bool) (Record, error) {
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

// changeRecord changes the record of a release, see [change].
func (l *Ledger) changeRecord(ctx context.Context, app release.App, releaseID string, do edit[Record]) (Record, error) {
	key, err := keyOf(app, releaseID)
	if err != nil {
		return Record{}, err
	}
	return change(ctx, l.opened, key, do)
}

// entry is what stands under a key of the bucket: a [Record] or a [Set].
type entry[T any] interface {
	// fit returns the entry as it is stored, and its encoding.
	fit() (T, []byte, error)
	// named returns the key that the entry belongs to.
	named() (string, error)
	// stored returns the entry with the time of its storage.
	stored(at time.Time) T
}

// edit returns an entry as it is to be, given as it is. It may be called several times, each
// time with what others have stored meanwhile. Its error changes nothing.
type edit[T any] func(have T, exists bool) (T, error)

// bucketOf is the bucket of the ledger, seen as one of entries of a type.
func bucketOf[T entry[T]](in *bucketdoc.Opened) bucketdoc.Bucket[T] {
	return bucketdoc.Bucket[T]{
		JetStream: in, Name: Bucket, SkipUnchanged: true, Encode: T.fit,
		Decode: func(key string, r bucketdoc.Revision) (T, error) { return decode[T](key, r.Raw, r.StoredAt) },
	}
}

// change stores what an edit makes of an entry, and returns it. Somebody who changes the entry
// at the same time is not overwritten.
func change[T entry[T]](ctx context.Context, in *bucketdoc.Opened, key string, do edit[T]) (T, error) {
	stored, err := bucketOf[T](in).Edit(ctx, key, func(have bucketdoc.Document[T]) (T, error) {
		return do(have.Value, have.Exists())
	})
	return stored.Value, ledgerError(err)
}

// load returns the entry of a key, which may not exist.
func load[T entry[T]](ctx context.Context, in *bucketdoc.Opened, key string) (bucketdoc.Document[T], error) {
	have, err := bucketOf[T](in).Get(ctx, key)
	return have, ledgerError(err)
}

// decode reads an entry, and refuses one that is not of its key: nothing that it says may be
// taken for another release.
func decode[T entry[T]](key string, value []byte, at time.Time) (none T, err error) {
	var e T
	if err := json.Unmarshal(value, &e); err != nil {
		return none, fmt.Errorf("key %s of bucket %s is no entry of the ledger (%w); delete the key", key, Bucket, err)
	}
	if want, err := e.named(); err != nil || want != key {
		return none, fmt.Errorf("key %s of bucket %s holds the entry of another key, %.*q; delete the key", key, Bucket, maxID, want)
	}
	return e.stored(at.UTC()), nil
}
