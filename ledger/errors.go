package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/bucketdoc"
	"slipway/release"
)

// ErrUnavailable means that the ledger could not be asked: NATS is away, the bucket does not
// exist, or others change the record all the time. The change may or may not have been
// stored; each can be made again.
var ErrUnavailable = errors.New("the ledger is out of reach")

// ErrNotFound means that there is no such record: there never was one, or it is older than
// the ledger keeps it.
var ErrNotFound = errors.New("not in the ledger")

// IsUnknown reports whether an error says that the ledger has no record of an ID, which may be none.
func IsUnknown(err error) bool {
	_, malformed := errors.AsType[release.Problem](err)
	return malformed || errors.Is(err, ErrNotFound)
}

// ConflictError means that a release or a set was asked for before, with another content.
type ConflictError struct {
	// ID is that of the release or the set.
	ID string
	// Recorded is the digest of the content that it has, and Asked that of the content that was
	// refused. See [release.Spec.Digest].
	Recorded, Asked string
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s was asked for before with another content: recorded is %s, asked for is %s; ask under another event id",
		release.Named(e.ID), e.Recorded, e.Asked)
}

// ledgerError turns the error of a bucket into one of the ledger; any other stays as it is.
func ledgerError(err error) error {
	access, denied := errors.AsType[*bucketdoc.AccessError](err)
	conflict, outrun := errors.AsType[*bucketdoc.ConflictError](err)
	switch {
	case denied:
		return unavailable(access.Err)
	case outrun:
		return fmt.Errorf("%w: others change key %s all the time", ErrUnavailable, conflict.Key)
	}
	return err
}

// unavailable turns what NATS or the way to it has answered into [ErrUnavailable]. A caller
// that has cancelled its context is not told about NATS.
func unavailable(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, jetstream.ErrBucketNotFound):
		return fmt.Errorf("%w: bucket %s does not exist (%w); create it with: slipway setup", ErrUnavailable, Bucket, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
