// Package bucketdoc keeps documents in a JetStream key-value bucket: one value under one key,
// which several processes read and change.
//
// A change is a compare-and-set: it is made of the document as it was read, and made again
// when somebody else was faster, so that nobody is overwritten ([Bucket.Edit]). What a key
// holds is read by the caller's own decoder, which refuses what it does not understand;
// such a document is never overwritten either. Where the bucket keeps a history,
// [Bucket.History] returns it.
//
// The calendar of freezes, the ledger, and the documents that people apply (internal/documents) stand on it.
package bucketdoc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// tries bounds how often a change is made anew because somebody else was faster; pause
	// grows with each, because a replica may still show the revision before.
	tries = 10
	pause = 20 * time.Millisecond
)

// KeyValues is the part of [jetstream.JetStream] that is needed to read and change documents.
type KeyValues interface {
	KeyValue(ctx context.Context, bucket string) (jetstream.KeyValue, error)
}

// Revision is one state of a key.
type Revision struct {
	// Number counts the changes of the bucket. Of what does not exist it is 0.
	Number uint64
	// Raw is the value as it is stored; empty where the key was deleted.
	Raw []byte
	// StoredAt is when the server stored it.
	StoredAt time.Time
}

// Document is the current revision of a key with what it holds.
type Document[T any] struct {
	Revision

	// Value is zero where there is no such document.
	Value T
}

// Exists reports whether there is such a document.
func (d Document[T]) Exists() bool { return d.Number > 0 }

// Bucket is a bucket with documents of one type. Its methods may be called concurrently.
type Bucket[T any] struct {
	JetStream KeyValues
	// Name is that of the bucket.
	Name string
	// Decode reads what stands under a key. Its error is returned as it is.
	Decode func(key string, r Revision) (T, error)
	// Encode returns a document as it is stored, which may be less than was given, and its
	// encoding. Its error changes nothing and is returned as it is. Left out, a document is stored
	// whole, as JSON.
	Encode func(T) (stored T, raw []byte, err error)
	// SkipUnchanged writes nothing where a change leaves the encoding as it is. Without it the
	// history shows every change.
	SkipUnchanged bool
}

// Get returns the document of a key; without one the result does not exist, which is no
// error. The error is an [AccessError] or that of Decode. It costs two requests, or one where the bucket is [Opened].
func (b Bucket[T]) Get(ctx context.Context, key string) (Document[T], error) {
	kv, err := b.open(ctx)
	if err != nil {
		return Document[T]{}, err
	}
	return b.get(ctx, kv, key)
}

// At returns a revision of the document of a key, which does not exist where the bucket has it no more, or
// has it of another key. The errors are those of [Bucket.Get].
func (b Bucket[T]) At(ctx context.Context, key string, number uint64) (Document[T], error) {
	kv, err := b.open(ctx)
	if err != nil {
		return Document[T]{}, err
	}
	entry, err := b.ask(ctx, kv, func(kv jetstream.KeyValue) (jetstream.KeyValueEntry, error) { return kv.GetRevision(ctx, key, number) })
	return b.read(key, entry, err)
}

// Edit stores what edit makes of the document of a key, and returns it as it is stored, but for when: in a cluster, whoever
// reads it afterwards may ask a replica that has not got it yet. Somebody who changes the document at the same time is not
// overwritten: edit is called again, with what they have stored. Its error changes nothing and is returned as it is. The other errors are
// those of [Bucket.Get] and [ConflictError].
func (b Bucket[T]) Edit(ctx context.Context, key string, edit func(Document[T]) (T, error)) (none Document[T], err error) {
	kv, err := b.open(ctx)
	if err != nil {
		return none, err
	}
	for try := range tries {
		var stored Document[T]
		stored, err = b.editOnce(ctx, kv, key, edit)
		if !outdated(err) {
			return stored, err
		}
		select {
		case <-ctx.Done():
			return none, &AccessError{Bucket: b.Name, Err: context.Cause(ctx)}
		case <-time.After(time.Duration(try) * pause):
		}
	}
	return none, &ConflictError{Bucket: b.Name, Key: key, Err: err}
}

// Delete takes the document of a key away, whoever has changed it meanwhile. One that does not exist is no error, and leaves a marker in
// the bucket. The error is an [AccessError].
func (b Bucket[T]) Delete(ctx context.Context, key string) error {
	kv, err := b.open(ctx)
	if err != nil {
		return err
	}
	if err := kv.Delete(ctx, key); err != nil {
		return &AccessError{Bucket: b.Name, Writing: true, Err: err}
	}
	return nil
}

// History returns the revisions of a key that the bucket still has, the latest first. Those
// that were deleted are among them. The error is an [AccessError].
func (b Bucket[T]) History(ctx context.Context, key string) ([]Revision, error) {
	kv, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := kv.History(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, &AccessError{Bucket: b.Name, Err: err}
	}
	out := make([]Revision, len(entries))
	for i, entry := range entries {
		out[len(entries)-1-i] = revisionOf(entry)
	}
	return out, nil
}

func (b Bucket[T]) open(ctx context.Context) (jetstream.KeyValue, error) {
	kv, err := b.JetStream.KeyValue(ctx, b.Name)
	if err != nil {
		return nil, &AccessError{Bucket: b.Name, Err: err}
	}
	return kv, nil
}

func (b Bucket[T]) get(ctx context.Context, kv jetstream.KeyValue, key string) (Document[T], error) {
	entry, err := b.ask(ctx, kv, func(kv jetstream.KeyValue) (jetstream.KeyValueEntry, error) { return kv.Get(ctx, key) })
	return b.read(key, entry, err)
}

// ask asks the bucket. Where that fails, and the bucket was kept open, it is opened anew and asked once more: it may be gone.
func (b Bucket[T]) ask(ctx context.Context, kv jetstream.KeyValue, what func(jetstream.KeyValue) (jetstream.KeyValueEntry, error)) (jetstream.KeyValueEntry, error) {
	entry, err := what(kv)
	kept, is := b.JetStream.(*Opened)
	if !is || err == nil || absent(err) {
		return entry, err
	}
	kept.forget(b.Name)
	if kv, err = kept.KeyValue(ctx, b.Name); err != nil {
		return nil, err
	}
	return what(kv)
}

// absent reports whether a key has no value.
func absent(err error) bool {
	return errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrKeyDeleted)
}

// read decodes what the bucket has answered.
func (b Bucket[T]) read(key string, entry jetstream.KeyValueEntry, err error) (Document[T], error) {
	if absent(err) {
		return Document[T]{}, nil
	}
	if err != nil {
		return Document[T]{}, &AccessError{Bucket: b.Name, Err: err}
	}
	r := revisionOf(entry)
	value, err := b.Decode(key, r)
	return Document[T]{Revision: r, Value: value}, err
}

// editOnce makes one try; the error of one that came too late is outdated.
func (b Bucket[T]) editOnce(ctx context.Context, kv jetstream.KeyValue, key string, edit func(Document[T]) (T, error)) (none Document[T], err error) {
	have, err := b.get(ctx, kv, key)
	if err != nil {
		return none, err
	}
	edited, err := edit(have)
	if err != nil {
		return none, err
	}
	stored, raw, err := b.encode(edited)
	number := have.Number
	switch {
	case err != nil:
		return none, err
	case !have.Exists():
		number, err = kv.Create(ctx, key, raw)
	case !b.SkipUnchanged || !bytes.Equal(raw, have.Raw):
		number, err = kv.Update(ctx, key, raw, have.Number)
	}
	switch {
	case outdated(err):
		return none, err
	case err != nil:
		return none, &AccessError{Bucket: b.Name, Writing: true, Err: err}
	}
	return Document[T]{Revision: Revision{Number: number, Raw: raw}, Value: stored}, nil
}

func (b Bucket[T]) encode(edited T) (stored T, raw []byte, err error) {
	if b.Encode != nil {
		return b.Encode(edited)
	}
	raw, err = json.Marshal(edited)
	return edited, raw, err
}

// outdated reports whether the document has changed since it was read.
func outdated(err error) bool {
	return errors.Is(err, jetstream.ErrKeyRevisionMismatch) || errors.Is(err, jetstream.ErrKeyExists)
}

func revisionOf(entry jetstream.KeyValueEntry) Revision {
	return Revision{Number: entry.Revision(), Raw: entry.Value(), StoredAt: entry.Created()}
}

// Strict decodes JSON into v and refuses fields that it does not have: what a newer version
// has stored must not be read as less than it is.
func Strict(raw []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(v)
}

// AccessError means that NATS did not do what it was asked for.
type AccessError struct {
	Bucket string
	// Writing reports whether a change was sent, which may or may not have been stored.
	Writing bool
	// Err is the error of the NATS client, or that of the context.
	Err error
}

// Error implements error.
func (e *AccessError) Error() string {
	if errors.Is(e.Err, jetstream.ErrBucketNotFound) {
		return fmt.Sprintf("bucket %s does not exist (%v); create it with: slipway setup", e.Bucket, e.Err)
	}
	return fmt.Sprintf("bucket %s: %v", e.Bucket, e.Err)
}

// Unwrap returns the error of the NATS client.
func (e *AccessError) Unwrap() error { return e.Err }

// ConflictError means that nothing was changed, because others were faster each time.
type ConflictError struct {
	Bucket, Key string
	// Err is the server's refusal of the last try.
	Err error
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("others change key %s of bucket %s all the time: %v", e.Key, e.Bucket, e.Err)
}

// Unwrap returns the refusal of the last try.
func (e *ConflictError) Unwrap() error { return e.Err }

// Explain says of an error of [Bucket.Edit] what has become of a change: what was to be changed, such as "the
// calendar", and the command that shows it. Other errors are returned as they are.
func Explain(err error, what, look string) error {
	access, denied := errors.AsType[*AccessError](err)
	conflict, outrun := errors.AsType[*ConflictError](err)
	switch {
	case denied && access.Writing:
		return fmt.Errorf("it is not certain that %s was changed; look with: %s: %w", what, look, err)
	case outrun:
		return fmt.Errorf("others change %s all the time (%w); nothing was changed, try again", what, conflict.Err)
	}
	return err
}
