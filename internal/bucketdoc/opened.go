package bucketdoc

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

// Opened keeps buckets open, for those who ask often: the server is asked for a bucket once, and again after a request to it has
// failed. Its methods may be called concurrently.
type Opened struct {
	from KeyValues

	mu      sync.Mutex
	buckets map[string]jetstream.KeyValue
}

// NewOpened keeps the buckets of a JetStream open.
func NewOpened(from KeyValues) *Opened {
	return &Opened{from: from, buckets: map[string]jetstream.KeyValue{}}
}

// KeyValue returns a bucket, which may be gone since it was opened.
func (o *Opened) KeyValue(ctx context.Context, bucket string) (jetstream.KeyValue, error) {
	o.mu.Lock()
	kept := o.buckets[bucket]
	o.mu.Unlock()
	if kept != nil {
		return kept, nil
	}
	kv, err := o.from.KeyValue(ctx, bucket)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buckets[bucket] = kv
	return kv, nil
}

// forget has a bucket opened anew.
func (o *Opened) forget(bucket string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.buckets, bucket)
}
