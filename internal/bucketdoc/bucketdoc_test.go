package bucketdoc_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/internal/bucketdoc"
)

// On a server it is tested by those that stand on it, in devstack/calendartest and
// devstack/ledgertest. Here a bucket in memory answers what a server answers seldom.

const name = "slipway-notes"

type note struct {
	Text string `json:"text"`
}

// memory is a bucket in memory with one key.
type memory struct {
	jetstream.KeyValue

	revisions []entry
	// missing is the error of the bucket itself; failing is that of every write.
	missing, failing error
	writes           int
}

type entry struct {
	jetstream.KeyValueEntry

	raw    []byte
	number uint64
}

func (e entry) Value() []byte      { return e.raw }
func (e entry) Revision() uint64   { return e.number }
func (e entry) Created() time.Time { return time.Unix(int64(e.number), 0).UTC() }

// server is one that has the bucket.
type server struct{ bucket *memory }

func (s server) KeyValue(context.Context, string) (jetstream.KeyValue, error) {
	return s.bucket, s.bucket.missing
}

func (m *memory) last() uint64 { return uint64(len(m.revisions)) }

func (m *memory) Get(ctx context.Context, _ string) (jetstream.KeyValueEntry, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(m.revisions) == 0 {
		return nil, jetstream.ErrKeyNotFound
	}
	return m.revisions[m.last()-1], nil
}

func (m *memory) Create(ctx context.Context, key string, raw []byte, _ ...jetstream.KVCreateOpt) (uint64, error) {
	if len(m.revisions) > 0 {
		return 0, jetstream.ErrKeyExists
	}
	return m.Update(ctx, key, raw, 0)
}

func (m *memory) Update(_ context.Context, _ string, raw []byte, number uint64) (uint64, error) {
	switch {
	case m.failing != nil:
		return 0, m.failing
	case number != m.last():
		return 0, jetstream.ErrKeyRevisionMismatch
	}
	m.writes++
	m.revisions = append(m.revisions, entry{raw: raw, number: number + 1})
	return number + 1, nil
}

func (m *memory) Delete(context.Context, string, ...jetstream.KVDeleteOpt) error {
	if m.failing != nil {
		return m.failing
	}
	m.revisions = nil
	return nil
}

func (m *memory) History(context.Context, string, ...jetstream.WatchOpt) ([]jetstream.KeyValueEntry, error) {
	if len(m.revisions) == 0 {
		return nil, jetstream.ErrKeyNotFound
	}
	var out []jetstream.KeyValueEntry
	for _, e := range m.revisions {
		out = append(out, e)
	}
	return out, nil
}

func notes(m *memory) bucketdoc.Bucket[note] {
	return bucketdoc.Bucket[note]{
		JetStream: server{m}, Name: name,
		Decode: func(_ string, r bucketdoc.Revision) (n note, err error) { return n, bucketdoc.Strict(r.Raw, &n) },
		Encode: func(n note) (note, []byte, error) {
			raw, err := json.Marshal(n)
			return n, raw, err
		},
	}
}

// appending returns an edit that makes the text longer.
func appending(text string) func(bucketdoc.Document[note]) (note, error) {
	return func(have bucketdoc.Document[note]) (note, error) { return note{have.Value.Text + text}, nil }
}

func TestBucketdoc_Get(t *testing.T) {
	t.Parallel()
	m := &memory{}
	none, err := notes(m).Get(t.Context(), "k")
	require.NoError(t, err)
	require.False(t, none.Exists())

	_, err = notes(m).Edit(t.Context(), "k", appending("a"))
	require.NoError(t, err)
	have, err := notes(m).Get(t.Context(), "k")
	require.NoError(t, err)
	require.True(t, have.Exists())
	require.Equal(t, note{"a"}, have.Value)
	require.Equal(t, bucketdoc.Revision{Number: 1, Raw: []byte(`{"text":"a"}`), StoredAt: time.Unix(1, 0).UTC()}, have.Revision)
}

func TestGet_whatIsNotUnderstoodIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	m := &memory{revisions: []entry{{raw: []byte(`{"text":"a","color":"red"}`), number: 1}}}
	_, err := notes(m).Get(t.Context(), "k")
	require.ErrorContains(t, err, "color")
	_, err = notes(m).Edit(t.Context(), "k", appending("b"))
	require.ErrorContains(t, err, "color")
	require.Zero(t, m.writes)
}

func TestEdit_isMadeAgainOnWhatOthersStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		calls := 0
		got, err := notes(m).Edit(t.Context(), "k", func(have bucketdoc.Document[note]) (note, error) {
			if calls++; calls <= 2 {
				_, err := notes(m).Edit(t.Context(), "k", appending("x"))
				require.NoError(t, err)
			}
			return note{have.Value.Text + "mine"}, nil
		})
		require.NoError(t, err)
		require.Equal(t, note{"xxmine"}, got.Value)
		require.EqualValues(t, 3, got.Number)
		require.Equal(t, 3, calls)
	})
}

func TestEdit_givesUpWhenOthersAreAlwaysFaster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		calls := 0
		slow := func(have bucketdoc.Document[note]) (note, error) {
			calls++
			_, err := notes(m).Edit(t.Context(), "k", appending("x"))
			return note{have.Value.Text + "mine"}, err
		}
		_, err := notes(m).Edit(t.Context(), "k", slow)
		var conflict *bucketdoc.ConflictError
		require.ErrorAs(t, err, &conflict)
		require.Equal(t, "k", conflict.Key)
		require.Equal(t, 10, calls)
		require.Equal(t, 10, m.writes, "only the others'")

		ctx, cancel := context.WithCancel(t.Context())
		_, err = notes(m).Edit(ctx, "k", func(have bucketdoc.Document[note]) (note, error) {
			cancel()
			return slow(have)
		})
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorAs(t, err, &conflict, "the caller has given up, and not the bucket")
	})
}

func TestEdit_errors(t *testing.T) {
	t.Parallel()
	m := &memory{}
	refused := errors.New("no such note")
	_, err := notes(m).Edit(t.Context(), "k", func(bucketdoc.Document[note]) (note, error) { return note{}, refused })
	require.Equal(t, refused, err)

	b := notes(m)
	b.Encode = func(note) (note, []byte, error) { return note{}, nil, refused }
	_, err = b.Edit(t.Context(), "k", appending("a"))
	require.Equal(t, refused, err)

	m.failing = jetstream.ErrNoStreamResponse
	_, err = notes(m).Edit(t.Context(), "k", appending("a"))
	var access *bucketdoc.AccessError
	require.ErrorAs(t, err, &access)
	require.True(t, access.Writing, "it may or may not have been stored")
	require.ErrorIs(t, err, jetstream.ErrNoStreamResponse)

	m.missing = jetstream.ErrBucketNotFound
	_, err = notes(m).Edit(t.Context(), "k", appending("a"))
	require.ErrorAs(t, err, &access)
	require.False(t, access.Writing)
	require.ErrorContains(t, err, "create it with: slipway setup")
	require.Zero(t, m.writes)
}

func TestEdit_skipUnchanged(t *testing.T) {
	t.Parallel()
	m := &memory{}
	b := notes(m)
	for _, skip := range []bool{true, true, false} {
		b.SkipUnchanged = skip
		got, err := b.Edit(t.Context(), "k", func(bucketdoc.Document[note]) (note, error) { return note{"a"}, nil })
		require.NoError(t, err)
		require.Equal(t, note{"a"}, got.Value)
	}
	require.Equal(t, 2, m.writes)
}

func TestBucketdoc_Delete(t *testing.T) {
	t.Parallel()
	m := &memory{}
	_, err := notes(m).Edit(t.Context(), "k", appending("a"))
	require.NoError(t, err)
	require.NoError(t, notes(m).Delete(t.Context(), "k"))
	none, err := notes(m).Get(t.Context(), "k")
	require.NoError(t, err)
	require.False(t, none.Exists())

	m.failing = jetstream.ErrNoStreamResponse
	var access *bucketdoc.AccessError
	require.ErrorAs(t, notes(m).Delete(t.Context(), "k"), &access)
	require.True(t, access.Writing, "it may or may not have been deleted")
	m.missing = jetstream.ErrBucketNotFound
	require.ErrorAs(t, notes(m).Delete(t.Context(), "k"), &access)
	require.False(t, access.Writing)
}

func TestBucketdoc_History(t *testing.T) {
	t.Parallel()
	m := &memory{}
	none, err := notes(m).History(t.Context(), "k")
	require.NoError(t, err)
	require.Empty(t, none)
	for _, text := range []string{"a", "b"} {
		_, err := notes(m).Edit(t.Context(), "k", appending(text))
		require.NoError(t, err)
	}
	history, err := notes(m).History(t.Context(), "k")
	require.NoError(t, err)
	require.Equal(t, []bucketdoc.Revision{
		{Number: 2, Raw: []byte(`{"text":"ab"}`), StoredAt: time.Unix(2, 0).UTC()},
		{Number: 1, Raw: []byte(`{"text":"a"}`), StoredAt: time.Unix(1, 0).UTC()},
	}, history)
}
