package authority

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/bucketdoc"
	"slipway/internal/documents"
)

// Bucket is the key-value bucket that holds the document.
const Bucket = "slipway-authority"

// Key is the one key in the bucket.
const Key = "authority"

// Ensure creates the bucket when it does not exist: kept by one server, or by as many as
// replicas says where it is not 0. One that exists stays as the operator has it, replicas excepted
// where they are said; it is refused when it forgets with time, because then everybody could do
// everything although nobody has said so.
func Ensure(ctx context.Context, js bucketdoc.Manager, replicas int) error {
	return bucketdoc.EnsureKept(ctx, js, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Slipway: who may do what", History: documents.History, Replicas: replicas,
	}, "then everybody may do everything")
}

// Store reads and changes the document. Its methods may be called concurrently.
type Store struct{ *documents.Store[Document] }

// Documents says what the authority document is as a document.
func Documents() documents.Kind[Document] {
	return documents.Kind[Document]{
		Bucket: Bucket, Noun: "authority document", Command: "slipway authority", Only: Key,
		Name: func(Document) string { return Key }, Validate: Document.Validate,
	}
}

// NewStore returns the document in the bucket of a JetStream.
func NewStore(js jetstream.JetStream) *Store { return &Store{documents.New(js, Documents())} }

// Current is the document that counts.
type Current struct {
	Document

	// Revision counts the changes of the bucket; it is 0 where there is no document.
	Revision uint64
}

// Exists reports whether there is a document.
func (c Current) Exists() bool { return c.Revision > 0 }

// Load returns the document that counts, or one that does not exist. Without the bucket the error is
// [jetstream.ErrBucketNotFound]. A document that cannot be read is an error. It costs one request, or two at first.
func (s *Store) Load(ctx context.Context) (Current, error) {
	have, err := s.Get(ctx, Key)
	if _, none := errors.AsType[*documents.UnknownError](err); none {
		return Current{}, nil
	}
	if err != nil {
		return Current{}, err
	}
	return Current{*have.Spec, have.Revision}, nil
}
