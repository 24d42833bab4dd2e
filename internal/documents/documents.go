// Package documents keeps what people apply: documents of one kind, each under its name, with who changed
// them, when and why.
//
// A [Store] stands on a bucket of [bucketdoc], and gives every kind of document the same: a revision that
// can be expected, so that nobody is overwritten; a guard that may refuse a change; a history, in which a
// deletion is a revision as any other. What cannot be read, because a newer version of Slipway has
// written it or because it is not valid, is an error and never overwritten: it might have forbidden something.
//
// Application documents, the authority document and policies stand on it.
package documents

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/bucketdoc"
	"slipway/release"
)

// History is how many revisions of a document its bucket keeps: as many as NATS can.
const History = 64

// Kind is a kind of document.
type Kind[T any] struct {
	// Bucket is the key-value bucket that holds the documents, each under its name.
	Bucket string
	// Noun is what one is called, such as "application", and Command the group of commands for them, such
	// as "slipway app".
	Noun, Command string
	// Name is that of a document. The one document of a kind that has only one always has the same.
	Name func(T) string
	// Only is that name, where there is only one document.
	Only string
	// Validate lists what is wrong with a document, or returns nil.
	Validate func(T) error
}

// Named is what a document is called in a sentence.
func (k Kind[T]) Named(name string) string {
	if k.Only != "" {
		return "the " + k.Noun
	}
	return k.Noun + " " + release.ShortenTo(name, release.MaxID)
}

// With is a command for a document.
func (k Kind[T]) With(verb, name string) string {
	if k.Only != "" {
		return k.Command + " " + verb
	}
	return k.Command + " " + verb + " " + name
}

// Action is what was done to a document.
type Action string

// The actions.
const (
	ActionCreate Action = "create"
	ActionChange Action = "change"
	ActionDelete Action = "delete"
	// ActionUnknown was not done by Slipway.
	ActionUnknown Action = "unknown"
)

// Change says who changed a document, and how.
type Change struct {
	Action Action    `json:"action"`
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Document is one revision of a document.
type Document[T any] struct {
	// Revision counts the changes of the bucket: that of a later change is higher.
	Revision uint64 `json:"revision"`
	// Change led to this revision.
	Change Change `json:"change"`
	// Spec is nil where the document was deleted, and in a history where it cannot be read.
	Spec *T `json:"spec,omitempty"`
	// Unreadable tells why it cannot be read; in a history only.
	Unreadable string `json:"unreadable,omitempty"`
}

// Stored is the value in the bucket. Of what was deleted Spec is nil.
type Stored[T any] struct {
	Spec   *T     `json:"spec,omitempty"`
	Change Change `json:"change"`
}

// Store reads and changes the documents of a kind. Its methods may be called concurrently. Where NATS does
// not do what it is asked for, the error is one of [bucketdoc.AccessError].
type Store[T any] struct {
	Kind Kind[T]

	js     jetstream.JetStream
	bucket bucketdoc.Bucket[Stored[T]]
}

// New returns the documents of a kind in their bucket of a JetStream.
func New[T any](js jetstream.JetStream, kind Kind[T]) *Store[T] {
	s := &Store[T]{Kind: kind, js: js}
	s.bucket = bucketdoc.Bucket[Stored[T]]{JetStream: bucketdoc.NewOpened(js), Name: kind.Bucket, Decode: s.decode, SkipUnchanged: true}
	return s
}

// decode reads a value. One with a field that is not known here is an error, and so is one that is not valid.
// The error is an [UnreadableError].
func (s *Store[T]) decode(key string, r bucketdoc.Revision) (Stored[T], error) {
	var stored Stored[T]
	err := bucketdoc.Strict(r.Raw, &stored)
	if err == nil && stored.Spec != nil {
		if name := s.Kind.Name(*stored.Spec); name != key {
			err := fmt.Errorf("key %s of bucket %s holds %s; delete the key", key, s.Kind.Bucket, s.Kind.Named(name))
			return Stored[T]{}, &UnreadableError{Name: key, Reason: err, text: err.Error()}
		}
		err = s.Kind.Validate(*stored.Spec)
	}
	if err != nil {
		return Stored[T]{}, &UnreadableError{Name: key, Reason: err, text: fmt.Sprintf(
			"%s cannot be read (key %s of bucket %s, revision %d): %v; if a newer version of Slipway wrote it, use that one",
			s.Kind.Named(key), key, s.Kind.Bucket, r.Number, err)}
	}
	return stored, nil
}

// UnreadableError means that a document cannot be read: a newer version of Slipway has written it, or it is not valid.
type UnreadableError struct {
	// Name is the key under which it stands.
	Name string
	// Reason is why it cannot be read.
	Reason error

	text string
}

// Error implements error; it names the document and the place where it stands.
func (e *UnreadableError) Error() string { return e.text }

// Unwrap returns the reason.
func (e *UnreadableError) Unwrap() error { return e.Reason }

// UnknownError means that there is no document of a name.
type UnknownError struct {
	// Noun, Command and Only are those of the [Kind].
	Noun, Command, Only string
	Name                string
	// Known are the names that there are.
	Known []string
}

// Error implements error.
func (e *UnknownError) Error() string {
	if e.Only != "" {
		return fmt.Sprintf("there is no %s; apply one with: %s apply -f FILE", e.Noun, e.Command)
	}
	text := fmt.Sprintf("%.*q is no %s", release.MaxID, e.Name, e.Noun)
	switch near := release.DidYouMean(e.Name, e.Known); {
	case near != "":
		return text + near
	case len(e.Known) == 0:
		return text + "; there is none yet: " + e.Command + " apply -f FILE"
	}
	return text + "; list them with: " + e.Command + " list"
}

// Get returns a document. Without one the error is [UnknownError]. It costs one request, or two at first.
func (s *Store[T]) Get(ctx context.Context, name string) (Document[T], error) {
	if !release.IsName(name) {
		return Document[T]{}, s.unknown(ctx, name)
	}
	have, err := s.bucket.Get(ctx, name)
	switch {
	case err != nil:
		return Document[T]{}, err
	case have.Value.Spec == nil:
		return Document[T]{}, s.unknown(ctx, name)
	}
	return of(have.Number, have.Value), nil
}

// ErrForgotten means that the bucket has a revision of a document no more.
var ErrForgotten = errors.New("this revision of the document is not kept any more")

// At returns a revision of a document. One that the bucket has not, or that deleted the document, is
// [ErrForgotten].
func (s *Store[T]) At(ctx context.Context, name string, revision uint64) (Document[T], error) {
	if !release.IsName(name) {
		return Document[T]{}, ErrForgotten
	}
	have, err := s.bucket.At(ctx, name, revision)
	switch {
	case err != nil:
		return Document[T]{}, err
	case have.Value.Spec == nil:
		return Document[T]{}, ErrForgotten
	}
	return of(have.Number, have.Value), nil
}

// unknown is the error of a name that no document has.
func (s *Store[T]) unknown(ctx context.Context, name string) error {
	e := &UnknownError{Noun: s.Kind.Noun, Command: s.Kind.Command, Only: s.Kind.Only, Name: name}
	if e.Only != "" {
		return e
	}
	known, err := s.List(ctx)
	for _, d := range known {
		e.Known = append(e.Known, s.Kind.Name(*d.Spec))
	}
	if _, denied := errors.AsType[*bucketdoc.AccessError](err); denied {
		return err
	}
	return e
}

func of[T any](revision uint64, s Stored[T]) Document[T] {
	return Document[T]{Revision: revision, Change: s.Change, Spec: s.Spec}
}

// List returns the documents that there are, by their names. The whole bucket is read. The error tells also of
// those that cannot be read; the others are returned with it.
func (s *Store[T]) List(ctx context.Context) ([]Document[T], error) {
	found, err := s.All(ctx)
	if err != nil {
		return nil, err
	}
	return found.Documents, found.err()
}

// All are the documents of a bucket by their names, and those that cannot be read.
type All[T any] struct {
	Documents  []Document[T]
	Unreadable []*UnreadableError

	// last is the latest revision that was read.
	last uint64
}

// err tells of the documents that cannot be read; nil where all can.
func (a All[T]) err() error {
	unreadable := make([]error, len(a.Unreadable))
	for i, each := range a.Unreadable {
		unreadable[i] = each
	}
	return errors.Join(unreadable...)
}

// All returns the documents that there are, as [Store.List] does, for those who can do without the ones that cannot be read.
func (s *Store[T]) All(ctx context.Context) (All[T], error) {
	latest := map[string]bucketdoc.Revision{}
	found := All[T]{Documents: []Document[T]{}}
	err := bucketdoc.Scan(ctx, s.js, s.Kind.Bucket, func(key string, r bucketdoc.Revision) { latest[key], found.last = r, r.Number })
	if err != nil {
		return All[T]{}, err
	}
	for _, key := range slices.Sorted(maps.Keys(latest)) {
		if len(latest[key].Raw) == 0 {
			continue
		}
		value, err := s.decode(key, latest[key])
		if unreadable, is := errors.AsType[*UnreadableError](err); is {
			found.Unreadable = append(found.Unreadable, unreadable)
		}
		if value.Spec != nil {
			found.Documents = append(found.Documents, of(latest[key].Number, value))
		}
	}
	return found, nil
}

// History returns the revisions of a document that the bucket still has, the latest first, those that
// deleted it among them. Without any the error is [UnknownError].
func (s *Store[T]) History(ctx context.Context, name string) ([]Document[T], error) {
	if !release.IsName(name) {
		return nil, s.unknown(ctx, name)
	}
	revisions, err := s.bucket.History(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(revisions) == 0 {
		return nil, s.unknown(ctx, name)
	}
	out := make([]Document[T], len(revisions))
	for i, r := range revisions {
		out[i] = s.told(name, r)
	}
	return out, nil
}

// told is a revision as a history shows it.
func (s *Store[T]) told(name string, r bucketdoc.Revision) Document[T] {
	if len(r.Raw) == 0 { // deleted by another client of NATS
		return Document[T]{Revision: r.Number, Change: Change{Action: ActionDelete, At: r.StoredAt}}
	}
	value, err := s.decode(name, r)
	out := of(r.Number, value)
	if err != nil {
		var loose struct {
			Change Change `json:"change"`
		}
		_ = json.Unmarshal(r.Raw, &loose) // what is no JSON tells of no change
		out.Change, out.Unreadable = loose.Change, err.Error()
	}
	if out.Change.Action == "" {
		out.Change = Change{Action: ActionUnknown, At: r.StoredAt}
	}
	return out
}

// Any is the revision to expect where any revision may be changed.
const Any = ^uint64(0)

// OutdatedError means that somebody else has changed a document meanwhile.
type OutdatedError struct {
	// Document is what it is called in a sentence, and Look the command that shows what would be changed.
	Document, Look string
	// Expected is the revision that was to be changed, and Have the one that is there; 0 where
	// there is no document.
	Expected, Have uint64
	By             string
}

// Error implements error.
func (e *OutdatedError) Error() string {
	if e.Have == 0 {
		return fmt.Sprintf("%s does not exist, or not any more; nothing was changed", e.Document)
	}
	return fmt.Sprintf("%s is at revision %d, by %s, and not at %d; nothing was changed: look at it with %s, and apply again",
		e.Document, e.Have, cmp.Or(e.By, "somebody"), e.Expected, e.Look)
}

// Guard decides whether a document may be changed, before it is: from the one that is there, nil where
// there is none, to the next, nil where it is deleted. Its error changes nothing.
type Guard[T any] func(ctx context.Context, have, next *T) error

// Edit says who changes a document, and when it may be changed.
type Edit[T any] struct {
	// Change is recorded with the document. Its action is filled in.
	Change

	// Expected is the revision that is changed: 0 for one that does not exist, or [Any].
	Expected uint64
	// Guard may refuse the change; nil refuses none.
	Guard Guard[T]
}

// Apply stores a document, and returns it with its new revision; where nothing in it differs it is
// returned as it is. The error is [OutdatedError], that of the guard, or of the document.
func (s *Store[T]) Apply(ctx context.Context, next T, e Edit[T]) (Document[T], error) {
	if err := s.Kind.Validate(next); err != nil {
		return Document[T]{}, err
	}
	name := s.Kind.Name(next)
	stored, err := s.edit(ctx, name, &next, e)
	if err != nil {
		return Document[T]{}, err
	}
	return of(stored.Number, stored.Value), nil
}

// Delete deletes a document; its history stays. The errors are those of [Store.Apply], and [UnknownError].
func (s *Store[T]) Delete(ctx context.Context, name string, e Edit[T]) error {
	if _, err := s.Get(ctx, name); err != nil {
		return err
	}
	_, err := s.edit(ctx, name, nil, e)
	return err
}

// edit stores the next document, nil for none, and returns what is stored.
func (s *Store[T]) edit(ctx context.Context, name string, next *T, e Edit[T]) (bucketdoc.Document[Stored[T]], error) {
	stored, err := s.bucket.Edit(ctx, name, func(have bucketdoc.Document[Stored[T]]) (Stored[T], error) {
		was, revision := have.Value.Spec, have.Number
		if was == nil {
			revision = 0
		}
		if e.Expected != Any && e.Expected != revision {
			return Stored[T]{}, &OutdatedError{
				Document: s.Kind.Named(name), Look: s.Kind.Command + " diff -f FILE", Expected: e.Expected, Have: revision, By: have.Value.Change.By,
			}
		}
		if was != nil && next != nil && same(*was, *next) {
			return have.Value, nil
		}
		if e.Guard != nil {
			if err := e.Guard(ctx, was, next); err != nil {
				return Stored[T]{}, err
			}
		}
		change := e.Change
		change.Action = action(was != nil, next != nil)
		return Stored[T]{next, change}, nil
	})
	return stored, bucketdoc.Explain(err, s.Kind.Named(name), s.Kind.With("history", name))
}

func action(was, will bool) Action {
	switch {
	case !will:
		return ActionDelete
	case !was:
		return ActionCreate
	}
	return ActionChange
}

// same reports whether two documents say the same.
func same(a, b any) bool {
	first, err := json.Marshal(a)
	second, other := json.Marshal(b)
	return err == nil && other == nil && string(first) == string(second)
}
