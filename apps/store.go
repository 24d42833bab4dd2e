package apps

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

// Bucket is the key-value bucket that holds the application documents, each under its name.
const Bucket = "slipway-apps"

const (
	// history is how many revisions of a document the bucket keeps: as many as NATS can.
	history = 64
	// maxValue is the largest value that the bucket takes: a document, and who changed it.
	maxValue = MaxDocument + 16<<10
)

// Ensure creates the bucket when it does not exist: kept by one server, or by as many as replicas
// says where it is not 0. One that exists stays as the operator has it, replicas excepted where they are
// said; it is refused when it forgets with time, because an application would be unknown that nobody
// has deleted.
func Ensure(ctx context.Context, js bucketdoc.Manager, replicas int) error {
	return bucketdoc.EnsureKept(ctx, js, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Slipway: application documents", MaxValueSize: maxValue, History: history, Replicas: replicas,
	}, "the applications in it are unknown although nobody has deleted them")
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

// Document is one revision of an application document.
type Document struct {
	// Revision counts the changes of the bucket: that of a later change is higher.
	Revision uint64 `json:"revision"`
	// Change led to this revision.
	Change Change `json:"change"`
	// Application is nil where the document was deleted, and in a history where it cannot be read.
	Application *Application `json:"application,omitempty"`
}

// stored is the value in the bucket. Of what was deleted Application is nil.
type stored struct {
	Application *Application `json:"application,omitempty"`
	Change      Change       `json:"change"`
}

// Store reads and changes the application documents. Its methods may be called concurrently. Where
// NATS does not do what it is asked for, the error is one of [bucketdoc.AccessError].
type Store struct {
	js     jetstream.JetStream
	bucket bucketdoc.Bucket[stored]
}

// NewStore returns the documents in the bucket of a JetStream; see [Ensure].
func NewStore(js jetstream.JetStream) *Store {
	return &Store{js, bucketdoc.Bucket[stored]{JetStream: js, Name: Bucket, Decode: decode, SkipUnchanged: true}}
}

// decode reads a value. One with a field that is not known here is an error: a newer version of
// Slipway may have locked something with it.
func decode(key string, r bucketdoc.Revision) (stored, error) {
	var s stored
	if err := bucketdoc.Strict(r.Raw, &s); err != nil {
		return stored{}, fmt.Errorf("application %s cannot be read (bucket %s, revision %d): %w; if a newer version of Slipway wrote it, use that one", key, Bucket, r.Number, err)
	}
	if s.Application != nil && s.Application.Name != key {
		return stored{}, fmt.Errorf("key %s of bucket %s holds application %.*q; delete the key", key, Bucket, release.MaxID, s.Application.Name)
	}
	return s, nil
}

// UnknownError means that there is no document of a name.
type UnknownError struct {
	Name string
	// Known are the names that there are.
	Known []string
}

// Error implements error.
func (e *UnknownError) Error() string {
	text := fmt.Sprintf("%.*q is no application", release.MaxID, e.Name)
	switch near := release.DidYouMean(e.Name, e.Known); {
	case near != "":
		return text + near
	case len(e.Known) == 0:
		return text + "; there is none yet: slipway app apply -f FILE"
	}
	return text + "; list them with: slipway app list"
}

// Get returns the document of an application. Without one the error is [UnknownError].
func (s *Store) Get(ctx context.Context, name string) (Document, error) {
	if !release.IsName(name) {
		return Document{}, s.unknown(ctx, name)
	}
	have, err := s.bucket.Get(ctx, name)
	switch {
	case err != nil:
		return Document{}, err
	case have.Value.Application == nil:
		return Document{}, s.unknown(ctx, name)
	}
	return document(have.Number, have.Value), nil
}

// ErrForgotten means that the bucket has a revision of a document no more.
var ErrForgotten = errors.New("this revision of the application document is not kept any more")

// At returns a revision of the document of an application. One that the bucket has not, or that
// deleted the document, is [ErrForgotten].
func (s *Store) At(ctx context.Context, name string, revision uint64) (Document, error) {
	if !release.IsName(name) {
		return Document{}, ErrForgotten
	}
	have, err := s.bucket.At(ctx, name, revision)
	switch {
	case err != nil:
		return Document{}, err
	case have.Value.Application == nil:
		return Document{}, ErrForgotten
	}
	return document(have.Number, have.Value), nil
}

// unknown is the error of a name that no document has.
func (s *Store) unknown(ctx context.Context, name string) error {
	known, err := s.List(ctx)
	if err != nil {
		return err
	}
	unknown := &UnknownError{Name: name}
	for _, d := range known {
		unknown.Known = append(unknown.Known, d.Application.Name)
	}
	return unknown
}

func document(revision uint64, s stored) Document {
	return Document{Revision: revision, Change: s.Change, Application: s.Application}
}

// List returns all documents, by their names. The whole bucket is read.
func (s *Store) List(ctx context.Context) ([]Document, error) {
	latest := map[string]bucketdoc.Revision{}
	err := bucketdoc.Scan(ctx, s.js, Bucket, func(key string, r bucketdoc.Revision) { latest[key] = r })
	if err != nil {
		return nil, err
	}
	out := []Document{}
	for _, key := range slices.Sorted(maps.Keys(latest)) {
		if len(latest[key].Raw) == 0 {
			continue
		}
		value, err := decode(key, latest[key])
		if err != nil {
			return nil, err
		}
		if value.Application != nil {
			out = append(out, document(latest[key].Number, value))
		}
	}
	return out, nil
}

// History returns the revisions of a document that the bucket still has, the latest first, those that
// deleted it among them. One that cannot be read here has no application.
func (s *Store) History(ctx context.Context, name string) ([]Document, error) {
	if !release.IsName(name) {
		return nil, s.unknown(ctx, name)
	}
	revisions, err := s.bucket.History(ctx, name)
	if err != nil {
		return nil, err
	}
	out := []Document{}
	for _, r := range revisions {
		value, err := decode(name, r)
		if err != nil || value.Change.Action == "" {
			value.Change = Change{Action: ActionUnknown, At: r.StoredAt}
		}
		out = append(out, document(r.Number, value))
	}
	if len(out) == 0 {
		return nil, s.unknown(ctx, name)
	}
	return out, nil
}

// Any is the revision to give where any revision may be changed.
const Any = ^uint64(0)

// OutdatedError means that somebody else has changed a document meanwhile.
type OutdatedError struct {
	Name string
	// Expected is the revision that was to be changed, and Have the one that is there; 0 where
	// there is no document.
	Expected, Have uint64
	By             string
}

// Error implements error.
func (e *OutdatedError) Error() string {
	if e.Have == 0 {
		return fmt.Sprintf("application %s has no document any more; nothing was changed", e.Name)
	}
	return fmt.Sprintf("application %s is at revision %d, by %s, and not at %d; nothing was changed: look at it with slipway app diff, and apply again",
		e.Name, e.Have, cmp.Or(e.By, "somebody"), e.Expected)
}

// TakenError means that an environment of another document is the same application already.
type TakenError struct{ App, By, Environment string }

// Error implements error.
func (e *TakenError) Error() string {
	return fmt.Sprintf("environment %s: %s is %s already; an application has one name", e.Environment, e.App, e.By)
}

// Guard decides whether a document may be changed, before it is: from the one that is there, nil where
// there is none, to the next, nil where it is deleted. Its error changes nothing.
type Guard func(ctx context.Context, have, next *Application) error

// Edit says who changes a document, and when it may be changed.
type Edit struct {
	// Change is recorded with the document. Its action is filled in.
	Change

	// Expected is the revision that is changed: 0 for one that does not exist, or [Any].
	Expected uint64
	// Guard may refuse the change; nil refuses none.
	Guard Guard
}

// Apply stores a document, and returns it with its new revision; where nothing in it differs it is
// returned as it is. The error is [OutdatedError], [TakenError], that of the guard, or of the document.
func (s *Store) Apply(ctx context.Context, a Application, e Edit) (Document, error) {
	if err := a.Validate(); err != nil {
		return Document{}, err
	}
	if err := s.free(ctx, a); err != nil {
		return Document{}, err
	}
	return s.edit(ctx, a.Name, &a, e)
}

// Delete deletes a document; its history stays. The errors are those of [Store.Apply], and [UnknownError].
func (s *Store) Delete(ctx context.Context, name string, e Edit) error {
	if _, err := s.Get(ctx, name); err != nil {
		return err
	}
	_, err := s.edit(ctx, name, nil, e)
	return err
}

// free refuses a document with an application that another document has.
func (s *Store) free(ctx context.Context, a Application) error {
	known, err := s.List(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, d := range known {
		for _, theirs := range d.Application.Environments {
			for _, ours := range a.Environments {
				if d.Application.Name != a.Name && ours.App.WithDefaults() == theirs.App.WithDefaults() {
					problems = append(problems, &TakenError{App: ours.App.SearchValue(), By: d.Application.Name + "/" + theirs.Name, Environment: ours.Name})
				}
			}
		}
	}
	return errors.Join(problems...)
}

// edit stores the next document, nil for none.
func (s *Store) edit(ctx context.Context, name string, next *Application, e Edit) (Document, error) {
	_, err := s.bucket.Edit(ctx, name, func(have bucketdoc.Document[stored]) (stored, error) {
		was := have.Value.Application
		revision := have.Number
		if was == nil {
			revision = 0
		}
		if e.Expected != Any && e.Expected != revision {
			return stored{}, &OutdatedError{Name: name, Expected: e.Expected, Have: revision, By: have.Value.Change.By}
		}
		if was != nil && next != nil && same(*was, *next) {
			return have.Value, nil
		}
		if e.Guard != nil {
			if err := e.Guard(ctx, was, next); err != nil {
				return stored{}, err
			}
		}
		e.Action = action(was, next)
		return stored{next, e.Change}, nil
	})
	if err != nil || next == nil {
		return Document{}, bucketdoc.Explain(err, "application "+name, "slipway app history "+name)
	}
	return s.Get(ctx, name)
}

func action(was, next *Application) Action {
	switch {
	case next == nil:
		return ActionDelete
	case was == nil:
		return ActionCreate
	}
	return ActionChange
}

// same reports whether two documents say the same.
func same(a, b Application) bool {
	first, err := json.Marshal(a)
	second, other := json.Marshal(b)
	return err == nil && other == nil && string(first) == string(second)
}
