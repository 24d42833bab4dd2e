package apps

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/bucketdoc"
	"slipway/internal/documents"
	"slipway/release"
)

// Bucket is the key-value bucket that holds the application documents, each under its name.
const Bucket = "slipway-apps"

// maxValue is the largest value that the bucket takes: a document, and who changed it.
const maxValue = MaxDocument + 16<<10

// Ensure creates the bucket when it does not exist: kept by one server, or by as many as replicas
// says where it is not 0. One that exists stays as the operator has it, replicas excepted where they are
// said; it is refused when it forgets with time, because an application would be unknown that nobody
// has deleted.
func Ensure(ctx context.Context, js bucketdoc.Manager, replicas int) error {
	return bucketdoc.EnsureKept(ctx, js, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Slipway: application documents", MaxValueSize: maxValue, History: documents.History, Replicas: replicas,
	}, "the applications in it are unknown although nobody has deleted them")
}

// Document is one revision of an application document.
type Document = documents.Document[Application]

// Edit says who changes a document, and when it may be changed.
type Edit = documents.Edit[Application]

// Store reads and changes the application documents. Its methods may be called concurrently.
type Store struct{ *documents.Store[Application] }

// Documents says what application documents are as documents.
func Documents() documents.Kind[Application] {
	return documents.Kind[Application]{
		Bucket: Bucket, Noun: "application", Command: "slipway app",
		Name: func(a Application) string { return a.Name }, Validate: Application.Validate,
	}
}

// NewStore returns the documents in the bucket of a JetStream; see [Ensure].
func NewStore(js jetstream.JetStream) *Store { return &Store{documents.New(js, Documents())} }

// TakenError means that an environment of another document is the same application already.
type TakenError struct {
	App, By, Environment string
	// Stored tells that the document was stored all the same, because the other one was at the same time.
	Stored bool
}

// Error implements error.
func (e *TakenError) Error() string {
	if e.Stored {
		return fmt.Sprintf("environment %s: %s became %s at the same time, and both documents are stored; an application has one name: change one of them", e.Environment, e.App, e.By)
	}
	return fmt.Sprintf("environment %s: %s is %s already; an application has one name", e.Environment, e.App, e.By)
}

// Apply stores a document, and returns it with its new revision; where nothing in it differs it is
// returned as it is. Besides those of [documents.Store.Apply] the error may be [TakenError]. That is looked
// for before, and once more after it was stored: of two documents that are applied at once at least one is
// told, with the document.
func (s *Store) Apply(ctx context.Context, a Application, e Edit) (Document, error) {
	if err := a.Validate(); err != nil {
		return Document{}, err
	}
	if err := s.free(ctx, a, false); err != nil {
		return Document{}, err
	}
	stored, err := s.Store.Apply(ctx, a, e)
	if err != nil {
		return Document{}, err
	}
	return stored, s.free(ctx, a, true)
}

// free refuses a document with an application that another document has.
func (s *Store) free(ctx context.Context, a Application, stored bool) error {
	known, err := s.List(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, d := range known {
		for _, theirs := range d.Spec.Environments {
			for _, ours := range a.Environments {
				if d.Spec.Name != a.Name && ours.App.same(theirs.App) {
					problems = append(problems, &TakenError{App: ours.App.App().SearchValue(), By: d.Spec.Name + "/" + theirs.Name, Environment: ours.Name, Stored: stored})
				}
			}
		}
	}
	return errors.Join(problems...)
}

// NamesOf returns what an application is called, as application/environment: one name, or none; several only
// where two documents were applied at once. All documents are read.
func (s *Store) NamesOf(ctx context.Context, app release.App) (names []string, err error) {
	known, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range known {
		for _, e := range d.Spec.Environments {
			if e.App.App().WithDefaults() == app.WithDefaults() {
				names = append(names, d.Spec.Name+"/"+e.Name)
			}
		}
	}
	return names, nil
}
