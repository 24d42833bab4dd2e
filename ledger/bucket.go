package ledger

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/bucketdoc"
)

// Bucket is the key-value bucket that holds the ledger.
const Bucket = "slipway-ledger"

// The defaults of [Config].
const (
	DefaultReplicas = 1
	DefaultMaxAge   = 400 * 24 * time.Hour
)

const (
	// stream is what the bucket is called among streams, and subjects what its keys begin
	// with as subjects.
	stream   = "KV_" + Bucket
	subjects = "$KV." + Bucket + "."
	// maxValue is the largest value that the bucket takes: a record, and room for headers.
	maxValue = MaxRecord + 8<<10
)

// Config says how the bucket is kept. What is zero is not said: a bucket is created with the
// default, and one that exists keeps what it has.
type Config struct {
	// Replicas is the number of servers that keep each record, 1 to 5; more than one need a
	// cluster of as many servers.
	Replicas int
	// MaxAge is how long a record is kept after its last change, and so how long an event
	// counts once. It must be longer than Temporal keeps the history of what has ended.
	// Negative keeps records for ever.
	MaxAge time.Duration
}

// EnsureLedger creates the bucket where it does not exist: in files, with one value a key and
// no limit of size. Of one that exists it sets right what is said in c, and a size of values
// that is too small for a record; all else belongs to the operator. An operator who limits
// the size of the bucket makes it refuse new records when it is full.
func EnsureLedger(ctx context.Context, js bucketdoc.Manager, c Config) error {
	return bucketdoc.Ensure(ctx, js, c.bucket(), func(have jetstream.StreamConfig) (jetstream.StreamConfig, error) {
		return c.over(have), nil
	})
}

// bucket is the bucket as it is created.
func (c Config) bucket() jetstream.KeyValueConfig {
	b := jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Slipway: one record of every release", Storage: jetstream.FileStorage,
		History: 1, MaxValueSize: maxValue, Replicas: DefaultReplicas, TTL: DefaultMaxAge,
	}
	if c.Replicas != 0 {
		b.Replicas = c.Replicas
	}
	if c.MaxAge != 0 {
		b.TTL = max(c.MaxAge, 0)
	}
	return b
}

// over returns the stream of an existing bucket with what is said, and what must hold.
func (c Config) over(have jetstream.StreamConfig) jetstream.StreamConfig {
	if c.Replicas != 0 {
		have.Replicas = c.Replicas
	}
	if c.MaxAge != 0 {
		have.MaxAge = max(c.MaxAge, 0)
	}
	if have.MaxAge > 0 { // the server refuses a window longer than the age
		have.Duplicates = min(have.Duplicates, have.MaxAge)
	}
	if have.MaxMsgSize >= 0 && have.MaxMsgSize < maxValue {
		have.MaxMsgSize = maxValue
	}
	return have
}
