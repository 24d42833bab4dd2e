package ledger

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

func TestBucketIsCreatedWithWhatIsSaid(t *testing.T) {
	t.Parallel()
	b := Config{}.bucket()
	require.Equal(t, jetstream.FileStorage, b.Storage)
	require.EqualValues(t, 1, b.History)
	require.Equal(t, 1, b.Replicas)
	require.Equal(t, 400*24*time.Hour, b.TTL)
	require.Greater(t, int(b.MaxValueSize), MaxRecord)
	require.Zero(t, b.MaxBytes)

	b = Config{Replicas: 3, MaxAge: time.Hour}.bucket()
	require.Equal(t, 3, b.Replicas)
	require.Equal(t, time.Hour, b.TTL)
	require.Zero(t, Config{MaxAge: -1}.bucket().TTL, "kept for ever")
}

func TestBucket_AnExistingBucketKeepsWhatIsNotSaid(t *testing.T) {
	t.Parallel()
	have := jetstream.StreamConfig{
		Name: "KV_slipway-ledger", Replicas: 5, MaxAge: 30 * 24 * time.Hour, Duplicates: 2 * time.Minute, MaxMsgSize: maxValue,
		MaxBytes: 1 << 30, MaxMsgsPerSubject: 9, Placement: &jetstream.Placement{Cluster: "east"},
	}
	require.Equal(t, have, Config{}.over(have))

	want := have
	want.Replicas, want.MaxAge, want.Duplicates = 3, time.Minute, time.Minute
	require.Equal(t, want, Config{Replicas: 3, MaxAge: time.Minute}.over(have))
	want = have
	want.MaxAge = 0
	require.Equal(t, want, Config{MaxAge: -1}.over(have))

	small, unbounded := have, have
	small.MaxMsgSize, unbounded.MaxMsgSize = 1024, -1
	require.Equal(t, have, Config{}.over(small), "a record must fit")
	require.Equal(t, unbounded, Config{}.over(unbounded))
}
