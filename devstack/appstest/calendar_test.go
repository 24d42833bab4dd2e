package appstest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/wire"
)

// A freeze of a name follows the document: what it is applied to next is held, and what it was of when it
// was written stays held once the document is gone.
func TestCalendar_AFreezeOfANameFollowsItsDocument(t *testing.T) {
	t.Parallel()
	store, js := stored(t)
	ctx := t.Context()
	require.NoError(t, wire.EnsureCalendar(ctx, js, 0))
	change := apps.Edit{Expected: documents.Any}
	_, err := store.Apply(ctx, application("shop", "a", "b"), change)
	require.NoError(t, err)
	for scope, want := range map[string]string{"shopp": "did you mean shop?", "shop/env-9": "there are env-0, env-1"} {
		named, err := release.ParseScope(scope)
		require.NoError(t, err)
		_, err = store.Fill(ctx, named)
		require.ErrorContains(t, err, want)
	}
	whole, err := store.Fill(ctx, release.Scope{Application: "shop"})
	require.NoError(t, err)
	require.Len(t, whole.Apps, 2)
	first, err := store.Fill(ctx, release.Scope{Application: "shop", Environment: "env-0"})
	require.NoError(t, err)
	require.NoError(t, wire.NewCalendars(js).Edit(ctx, wire.CalendarChange{Action: "stop"}, func(c release.Calendar) (release.Calendar, error) {
		return c.WithStop(release.Stop{Name: "first", Reason: "busy", Scope: first}), nil
	}))
	held := func() (ids []string) {
		calendar, _, err := apps.NewCalendar(js).Load(ctx)
		require.NoError(t, err)
		for _, id := range []string{"a", "b", "c"} {
			if _, frozen := calendar.Frozen(release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: id}, time.Now()); frozen {
				ids = append(ids, id)
			}
		}
		return ids
	}
	require.Equal(t, []string{"a"}, held())
	_, err = store.Apply(ctx, application("shop", "c", "b"), change)
	require.NoError(t, err)
	require.Equal(t, []string{"c"}, held())
	require.NoError(t, store.Delete(ctx, "shop", change))
	require.Equal(t, []string{"a"}, held())
	require.NoError(t, js.DeleteKeyValue(ctx, apps.Bucket))
	_, _, err = apps.NewCalendar(js).Load(ctx)
	require.Error(t, err, "what a name stands for is not known: nothing may be changed")
}
