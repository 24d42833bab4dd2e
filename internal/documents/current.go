package documents

import (
	"context"

	"slipway/internal/bucketdoc"
)

// Current is what [Store.All] returns, read again only when something in the bucket has changed: for those who ask often. Its
// methods may be called concurrently.
type Current[T any] struct {
	store *Store[T]
	// turn is held by the one who looks: of many who ask at once one reads, and the others wait for that.
	turn chan struct{}
	// found is what there was when the bucket stood at; known tells that it was read.
	found All[T]
	at    bucketdoc.State
	known bool
}

// NewCurrent returns the documents of a store as they are at any time.
func NewCurrent[T any](s *Store[T]) *Current[T] {
	return &Current[T]{store: s, turn: make(chan struct{}, 1)}
}

// List returns the documents that there are, as [Store.List] does; they are shared.
func (c *Current[T]) List(ctx context.Context) ([]Document[T], error) {
	found, err := c.All(ctx)
	if err != nil {
		return nil, err
	}
	return found.Documents, found.err()
}

// All returns the documents as they are now, which are shared: nobody may change them. It costs one request where nothing has
// changed since they were read. The error is an [bucketdoc.AccessError].
func (c *Current[T]) All(ctx context.Context) (All[T], error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return All[T]{}, &bucketdoc.AccessError{Bucket: c.store.Kind.Bucket, Err: context.Cause(ctx)}
	}
	at, err := bucketdoc.StateOf(ctx, c.store.js, c.store.Kind.Bucket)
	switch {
	case err != nil:
		return All[T]{}, err
	case c.known && at == c.at:
		return c.found, nil
	}
	found, err := c.store.All(ctx)
	if err != nil {
		return All[T]{}, err
	}
	// A replica may have answered that does not have the latest revision yet: what it has is not kept.
	c.found, c.at, c.known = found, at, found.last == at.Last
	return found, nil
}
