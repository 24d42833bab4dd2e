package bucketdoc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/nats-io/nats.go/jetstream"
)

// Manager is the part of [jetstream.JetStream] that [Ensure] needs.
type Manager interface {
	Stream(ctx context.Context, name string) (jetstream.Stream, error)
	UpdateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error)
	CreateKeyValue(ctx context.Context, cfg jetstream.KeyValueConfig) (jetstream.KeyValue, error)
}

// StreamName is what a bucket is called among streams.
func StreamName(bucket string) string { return "KV_" + bucket }

// Ensure creates a bucket where it does not exist. One that exists belongs to its operator: it
// is changed only where adjust returns another configuration than it was given. The error of
// adjust changes nothing and is returned as it is; the others are [AccessError].
func Ensure(ctx context.Context, js Manager, create jetstream.KeyValueConfig, adjust func(jetstream.StreamConfig) (jetstream.StreamConfig, error)) error {
	stream, err := js.Stream(ctx, StreamName(create.Bucket))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateKeyValue(ctx, create)
		return accessError(create.Bucket, err)
	}
	if err != nil {
		return accessError(create.Bucket, err)
	}
	have := stream.CachedInfo().Config
	want, err := adjust(have)
	if err != nil || reflect.DeepEqual(have, want) {
		return err
	}
	_, err = js.UpdateStream(ctx, want)
	return accessError(create.Bucket, err)
}

// EnsureKept creates a bucket of documents where it does not exist, in files: kept by one server, or by as many
// as Replicas says where it is not 0. One that exists stays as its operator has it, replicas excepted where
// they are said; it is refused where it forgets with time, of which lost says what then happens.
func EnsureKept(ctx context.Context, js Manager, create jetstream.KeyValueConfig, lost string) error {
	replicas := create.Replicas
	create.Storage, create.Replicas = jetstream.FileStorage, cmp.Or(replicas, 1)
	return Ensure(ctx, js, create, func(have jetstream.StreamConfig) (jetstream.StreamConfig, error) {
		if have.MaxAge > 0 {
			return have, fmt.Errorf("bucket %s forgets after %s, and %s; set the max age of stream %s to 0", create.Bucket, have.MaxAge, lost, StreamName(create.Bucket))
		}
		have.Replicas = cmp.Or(replicas, have.Replicas)
		return have, nil
	})
}

func accessError(bucket string, err error) error {
	if err == nil {
		return nil
	}
	return &AccessError{Bucket: bucket, Writing: true, Err: err}
}
