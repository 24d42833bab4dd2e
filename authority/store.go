package authority

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/bucketdoc"
)

// Bucket is the key-value bucket that holds the document.
const Bucket = "slipway-authority"

const (
	// Key is the one key in the bucket.
	Key = "authority"
	// history is how many revisions the bucket keeps, the most that NATS can.
	history = 64
)

// EnsureBucket creates the bucket when it does not exist: kept by one server, or by as many as
// replicas says where it is not 0. One that exists stays as the operator has it, replicas excepted
// where they are said; it is refused when it forgets with time, because then everybody could do
// everything although nobody has said so.
func EnsureBucket(ctx context.Context, js bucketdoc.Manager, replicas int) error {
	return bucketdoc.EnsureKept(ctx, js, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Slipway: who may do what", History: history, Replicas: replicas,
	}, "then everybody may do everything")
}

// Change says who changed the document, and why.
type Change struct {
	By     string    `json:"by,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Stored is a document as it is kept.
type Stored struct {
	Document

	// Change led to this document from the revision before.
	Change Change `json:"change,omitzero"`
}

// Current is the document that counts.
type Current struct {
	Stored

	// Revision counts the changes of the bucket; it is 0 where there is no document.
	Revision uint64 `json:"revision"`
}

// Exists reports whether there is a document.
func (c Current) Exists() bool { return c.Revision > 0 }

// Entry is one revision that the bucket still has.
type Entry struct {
	Current

	// Deleted tells that the document was taken away: from then on everybody could do everything.
	Deleted bool `json:"deleted,omitempty"`
	// Unreadable tells why the document of the revision cannot be read here.
	Unreadable string `json:"unreadable,omitempty"`
}

// Store reads and changes the document. Its methods may be called concurrently.
type Store struct{ bucket bucketdoc.Bucket[Stored] }

// NewStore returns the document in the bucket of a JetStream.
func NewStore(js bucketdoc.KeyValues) *Store {
	return &Store{bucketdoc.Bucket[Stored]{JetStream: js, Name: Bucket, Decode: decode}}
}

// decode refuses a field that it does not know, and what is not valid: a document of a newer version
// must not allow more than it says.
func decode(key string, r bucketdoc.Revision) (Stored, error) {
	var stored Stored
	err := bucketdoc.Strict(r.Raw, &stored)
	if err == nil {
		err = stored.Validate()
	}
	if err != nil {
		return Stored{}, fmt.Errorf("the authority document cannot be read (key %s of bucket %s, revision %d): %w; if a newer version of Slipway wrote it, use that one",
			key, Bucket, r.Number, err)
	}
	return stored, nil
}

// Load returns the document that counts, or one that does not exist. Without the bucket the error is
// [jetstream.ErrBucketNotFound]. A document that cannot be read is an error. It costs two requests.
func (s *Store) Load(ctx context.Context) (Current, error) {
	have, err := s.bucket.Get(ctx, Key)
	if err != nil {
		return Current{}, err
	}
	return Current{have.Value, have.Number}, nil
}

// ErrChanged means that another revision counts than the one that a change was made from.
var ErrChanged = errors.New("the document has changed since")

// Apply replaces the document. Where from is not nil it is the revision that must count until then,
// 0 for no document; otherwise the error is [ErrChanged]. Judge is asked about the document that
// is replaced, where there is one; its error changes nothing and is returned.
func (s *Store) Apply(ctx context.Context, next Stored, from *uint64, judge func(Document) error) (Current, error) {
	if err := next.Validate(); err != nil {
		return Current{}, err
	}
	_, err := s.bucket.Edit(ctx, Key, func(have bucketdoc.Document[Stored]) (Stored, error) {
		if from != nil && *from != have.Number {
			return Stored{}, fmt.Errorf("%w: it is at revision %d, and not at %d", ErrChanged, have.Number, *from)
		}
		if have.Exists() {
			if err := judge(have.Value.Document); err != nil {
				return Stored{}, err
			}
		}
		return next, nil
	})
	if err != nil {
		return Current{}, bucketdoc.Explain(err, "the document", "slipway authority get")
	}
	return s.Load(ctx)
}

// History returns the revisions that the bucket still has, the latest first.
func (s *Store) History(ctx context.Context) ([]Entry, error) {
	revisions, err := s.bucket.History(ctx, Key)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(revisions))
	for i, r := range revisions {
		out[i].Revision, out[i].Deleted = r.Number, len(r.Raw) == 0
		if out[i].Deleted {
			out[i].Change = Change{At: r.StoredAt}
			continue
		}
		stored, err := decode(Key, r)
		if err != nil {
			out[i].Unreadable, out[i].Change = err.Error(), Change{At: r.StoredAt}
			continue
		}
		out[i].Stored = stored
	}
	return out, nil
}
