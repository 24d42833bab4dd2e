package appstest_test

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"slipway/apps"
	"slipway/internal/bucketdoc"
	"slipway/internal/documents"
)

// TestCurrent: the documents are those that there are, and are read only when something has changed.
func TestCurrent(t *testing.T) {
	t.Parallel()
	store, js := stored(t)
	ctx := t.Context()
	current := documents.NewCurrent(store.Store)
	asked := func() uint64 {
		before := js.Conn().Stats().OutMsgs
		_, err := current.All(ctx)
		require.NoError(t, err)
		return js.Conn().Stats().OutMsgs - before
	}
	names := func() (found []string) {
		t.Helper()
		now, err := current.All(ctx)
		require.NoError(t, err)
		for _, d := range now.Documents {
			found = append(found, d.Spec.Name)
		}
		require.Equal(t, uint64(1), asked(), "nothing has changed since")
		return found
	}
	require.Empty(t, names())
	_, err := store.Apply(ctx, application("shop", "a"), apps.Edit{})
	require.NoError(t, err)
	require.Equal(t, []string{"shop"}, names())
	_, err = store.Apply(ctx, application("stock", "b"), apps.Edit{})
	require.NoError(t, err)
	require.Equal(t, []string{"shop", "stock"}, names())
	require.NoError(t, store.Delete(ctx, "shop", apps.Edit{Expected: documents.Any}))
	require.Equal(t, []string{"stock"}, names())

	kv, err := js.KeyValue(ctx, apps.Bucket)
	require.NoError(t, err)
	_, err = kv.PutString(ctx, "newer", `{"spec": {"name": "newer", "more": true}}`)
	require.NoError(t, err)
	require.Equal(t, []string{"stock"}, names())
	now, err := current.All(ctx)
	require.NoError(t, err)
	require.Len(t, now.Unreadable, 1)
	require.Equal(t, "newer", now.Unreadable[0].Name)
	require.EqualError(t, now.Unreadable[0].Reason, `json: unknown field "more"`)
	_, err = store.List(ctx)
	require.EqualError(t, err, now.Unreadable[0].Error(), "whoever wants all of them is told")
	require.NoError(t, kv.Purge(ctx, "newer"))
	require.Equal(t, []string{"stock"}, names())

	// Many who ask at once read the documents once.
	_, err = store.Apply(ctx, application("shop", "a"), apps.Edit{})
	require.NoError(t, err)
	const many = 20
	alone := documents.NewCurrent(store.Store)
	before := js.Conn().Stats().OutMsgs
	_, err = alone.All(ctx)
	require.NoError(t, err)
	once := js.Conn().Stats().OutMsgs - before
	before = js.Conn().Stats().OutMsgs
	var group errgroup.Group
	for range many {
		group.Go(func() error {
			_, err := current.All(ctx)
			return err
		})
	}
	require.NoError(t, group.Wait())
	require.Equal(t, once+many-1, js.Conn().Stats().OutMsgs-before)

	// A bucket that was created anew has other documents, although its revisions have the same numbers.
	require.NoError(t, js.DeleteKeyValue(ctx, apps.Bucket))
	_, err = current.All(ctx)
	require.ErrorAs(t, err, new(*bucketdoc.AccessError))
	require.ErrorIs(t, err, jetstream.ErrBucketNotFound)
	require.NoError(t, apps.Ensure(ctx, js, 0))
	require.Empty(t, names())
}

// BenchmarkCurrent: what one push costs with a thousand documents, where all are read and where nothing has changed.
func BenchmarkCurrent(b *testing.B) {
	js, _ := house(b)
	require.NoError(b, apps.Ensure(b.Context(), js, 0))
	kv, err := js.KeyValue(b.Context(), apps.Bucket)
	require.NoError(b, err)
	for i := range 1000 {
		_, err := kv.PutString(b.Context(), fmt.Sprint("shop-", i), fmt.Sprintf(`{"spec": {"name": "shop-%d", "environments": [{"name": "staging", "app": {"platform": "sae", "region": "cn-hangzhou", "id": "%d"}}],
			"triggers": [{"name": "versions", "artifact": {"image": "registry.example/shop-%d", "tag": {"semver": ">=1.0"}}}]}}`, i, i, i))
		require.NoError(b, err)
	}
	store := apps.NewStore(js)
	current := documents.NewCurrent(store.Store)
	for name, all := range map[string]func() (documents.All[apps.Application], error){
		"all are read":        func() (documents.All[apps.Application], error) { return store.All(b.Context()) },
		"nothing has changed": func() (documents.All[apps.Application], error) { return current.All(b.Context()) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				found, err := all()
				require.NoError(b, err)
				require.Len(b, found.Documents, 1000)
			}
		})
	}
}
