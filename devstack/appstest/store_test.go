package appstest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/devstack/embedded"
	"slipway/internal/bucketdoc"
	"slipway/internal/documents"
	"slipway/release"
)

// house is a NATS server, without what setup creates.
func house(tb testing.TB) (js jetstream.JetStream, url string) {
	tb.Helper()
	server, err := embedded.StartNATS(tb.Context(), embedded.NATSConfig{DataDir: tb.TempDir()})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, server.Close()) })
	conn, err := nats.Connect(server.URL())
	require.NoError(tb, err)
	tb.Cleanup(conn.Close)
	js, err = jetstream.New(conn)
	require.NoError(tb, err)
	return js, server.URL()
}

// stored are the application documents of a server that is set up.
func stored(t *testing.T) (*apps.Store, jetstream.JetStream) {
	t.Helper()
	js, _ := house(t)
	require.NoError(t, apps.Ensure(t.Context(), js, 0))
	return apps.NewStore(js), js
}

// application has an environment for each ID.
func application(name string, ids ...string) apps.Application {
	a := apps.Application{Name: name}
	for i, id := range ids {
		a.Environments = append(a.Environments, apps.Environment{
			Name: fmt.Sprintf("env-%d", i), App: apps.At(release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: id}),
		})
	}
	return a
}

func TestStore_KeepsDocumentsWithTheirHistory(t *testing.T) {
	t.Parallel()
	store, _ := stored(t)
	ctx := t.Context()
	none, err := store.List(ctx)
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = store.Get(ctx, "shop")
	require.EqualError(t, err, `"shop" is no application; there is none yet: slipway app apply -f FILE`)

	ann := documents.Change{By: "ann", Reason: "it has a name", At: time.Date(2026, time.July, 1, 9, 0, 0, 0, time.UTC)}
	first, err := store.Apply(ctx, application("shop", "a"), apps.Edit{Change: ann, Expected: 0})
	require.NoError(t, err)
	require.Equal(t, documents.ActionCreate, first.Change.Action)
	again, err := store.Apply(ctx, application("shop", "a"), apps.Edit{Change: documents.Change{By: "li"}, Expected: documents.Any})
	require.NoError(t, err)
	require.Equal(t, first, again, "what says the same is no change")
	second, err := store.Apply(ctx, application("shop", "a", "b"), apps.Edit{Change: documents.Change{By: "li"}, Expected: first.Revision})
	require.NoError(t, err)
	require.Equal(t, documents.ActionChange, second.Change.Action)

	old, err := store.At(ctx, "shop", first.Revision)
	require.NoError(t, err)
	require.Equal(t, first, old)
	_, err = store.At(ctx, "shop", 99)
	require.ErrorIs(t, err, documents.ErrForgotten)
	_, err = store.Get(ctx, "shp")
	require.EqualError(t, err, `"shp" is no application; did you mean shop?`)

	require.NoError(t, store.Delete(ctx, "shop", apps.Edit{Change: ann, Expected: documents.Any}))
	_, err = store.Get(ctx, "shop")
	require.ErrorAs(t, err, new(*documents.UnknownError))
	require.ErrorAs(t, store.Delete(ctx, "shop", apps.Edit{Change: ann, Expected: documents.Any}), new(*documents.UnknownError))
	history, err := store.History(ctx, "shop")
	require.NoError(t, err)
	require.Len(t, history, 3)
	require.Equal(t, []documents.Action{documents.ActionDelete, documents.ActionChange, documents.ActionCreate},
		[]documents.Action{history[0].Change.Action, history[1].Change.Action, history[2].Change.Action})
	require.Nil(t, history[0].Spec)
	third, err := store.Apply(ctx, application("shop", "a"), apps.Edit{Change: ann, Expected: 0})
	require.NoError(t, err)
	require.Equal(t, documents.ActionCreate, third.Change.Action)
	require.Greater(t, third.Revision, second.Revision, "a revision is never used twice")
}

func TestStore_NobodyOverwritesAnother(t *testing.T) {
	t.Parallel()
	store, _ := stored(t)
	first, err := store.Apply(t.Context(), application("shop", "a"), apps.Edit{Change: documents.Change{By: "ann"}, Expected: 0})
	require.NoError(t, err)
	var group sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		group.Go(func() {
			_, results[i] = store.Apply(t.Context(), application("shop", "a", fmt.Sprint("b", i)), apps.Edit{Change: documents.Change{By: "li"}, Expected: first.Revision})
		})
	}
	group.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
			continue
		}
		outdated, ok := errors.AsType[*documents.OutdatedError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "li", outdated.By)
	}
	require.Equal(t, 1, won)
}

// behind is a JetStream whose replicas have not got what was stored just now.
type behind struct{ jetstream.JetStream }

func (b behind) KeyValue(ctx context.Context, bucket string) (jetstream.KeyValue, error) {
	kv, err := b.JetStream.KeyValue(ctx, bucket)
	return behindKeys{kv}, err
}

type behindKeys struct{ jetstream.KeyValue }

func (behindKeys) Get(context.Context, string) (jetstream.KeyValueEntry, error) {
	return nil, jetstream.ErrKeyNotFound
}

// What was stored is returned without reading it again: in a cluster any replica answers.
func TestStore_ReturnsWhatItHasStoredThoughNoReplicaHasIt(t *testing.T) {
	t.Parallel()
	_, js := stored(t)
	first, err := apps.NewStore(behind{js}).Apply(t.Context(), application("shop", "a"), apps.Edit{Expected: 0})
	require.NoError(t, err)
	read, err := apps.NewStore(js).Get(t.Context(), "shop")
	require.NoError(t, err)
	require.Equal(t, read, first)
}

func TestStore_RefusesWhatAnotherDocumentHasAndWhatTheGuardSays(t *testing.T) {
	t.Parallel()
	store, js := stored(t)
	_, err := store.Apply(t.Context(), application("shop", "a"), apps.Edit{Expected: documents.Any})
	require.NoError(t, err)
	_, err = store.Apply(t.Context(), application("till", "x", "a"), apps.Edit{Expected: documents.Any})
	require.EqualError(t, err, "environment env-1: sae/cn-hangzhou/a is shop/env-0 already; an application has one name")
	_, err = store.Apply(t.Context(), application("till"), apps.Edit{Expected: documents.Any})
	require.ErrorAs(t, err, new(release.Problems))
	busy := errors.New("a release is under way")
	_, err = store.Apply(t.Context(), application("shop", "b"), apps.Edit{Expected: documents.Any, Guard: func(context.Context, *apps.Application, *apps.Application) error { return busy }})
	require.ErrorIs(t, err, busy)

	kv, err := js.KeyValue(t.Context(), apps.Bucket)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), "newer", `{"spec":{"name":"newer","signed":true},"change":{"action":"create"}}`)
	require.NoError(t, err)
	_, err = store.Get(t.Context(), "newer")
	require.ErrorContains(t, err, "if a newer version of Slipway wrote it, use that one")
	_, err = store.Apply(t.Context(), application("newer", "n"), apps.Edit{Expected: documents.Any})
	require.ErrorContains(t, err, "signed", "what is not understood is never overwritten")
	_, err = kv.PutString(t.Context(), "other", `{"spec":{"name":"shop","environments":[]},"change":{"action":"create"}}`)
	require.NoError(t, err)
	_, err = store.Get(t.Context(), "other")
	require.ErrorContains(t, err, "delete the key")
}

// TestStore_OfTwoAtOnceOneIsTold: two documents that are applied at the same moment may both be stored, but
// somebody is told.
func TestStore_OfTwoAtOnceOneIsTold(t *testing.T) {
	t.Parallel()
	store, _ := stored(t)
	_, err := store.Apply(t.Context(), application("shop", "a"), apps.Edit{Expected: documents.Any, Guard: func(ctx context.Context, _, _ *apps.Application) error {
		_, err := store.Apply(ctx, application("till", "a"), apps.Edit{Expected: documents.Any}) // after it was seen that nobody has a
		return err
	}})
	taken, ok := errors.AsType[*apps.TakenError](err)
	require.True(t, ok, "%v", err)
	require.True(t, taken.Stored)
	require.EqualError(t, err, "environment env-0: sae/cn-hangzhou/a became till/env-0 at the same time, and both documents are stored; an application has one name: change one of them")
}

func TestStore_ABucketThatForgetsIsRefused(t *testing.T) {
	t.Parallel()
	js, _ := house(t)
	_, err := apps.NewStore(js).List(t.Context())
	require.ErrorAs(t, err, new(*bucketdoc.AccessError))
	require.ErrorContains(t, err, "create it with: slipway setup")
	_, err = js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: apps.Bucket, TTL: time.Hour})
	require.NoError(t, err)
	require.ErrorContains(t, apps.Ensure(t.Context(), js, 0), "set the max age of stream KV_slipway-apps to 0")
}
