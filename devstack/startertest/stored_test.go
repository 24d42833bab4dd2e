package startertest_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

// A request that no starter has settled is found by the ID of what it asks for, among others and
// among what cannot be read.
func TestStored_ARequestIsFoundUntilItIsSettled(t *testing.T) {
	t.Parallel()
	js, _ := bus(t)
	_, err := wire.FindStored(t.Context(), js, "r-abcdefghijklmnop")
	require.ErrorIs(t, err, wire.ErrNotStored, "there is no stream")
	require.NoError(t, wire.EnsureStreams(t.Context(), js, wire.Storage{}))
	_, err = wire.FindStored(t.Context(), js, "r-abcdefghijklmnop")
	require.ErrorIs(t, err, wire.ErrNotStored)

	_, err = js.Publish(t.Context(), "slipway.request.sae.shop", []byte("garbage"))
	require.NoError(t, err)
	_, err = js.PublishMsg(t.Context(), requestFor(t, "shop", "1"))
	require.NoError(t, err)
	set, err := wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "2"}, wire.AskedSet{Set: release.Set{
		Name: "checkout", Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "shop", Spec: spec("shop")}}}},
	}})
	require.NoError(t, err)
	ack, err := js.PublishMsg(t.Context(), set)
	require.NoError(t, err)

	found, err := wire.FindStored(t.Context(), js, release.SetID("checkout", "ci", "2"))
	require.NoError(t, err)
	require.Equal(t, ack.Sequence, found.Sequence)
	id := release.ID(spec("shop").App, "ci", "1")
	found, err = wire.FindStored(t.Context(), js, id)
	require.NoError(t, err)
	require.Equal(t, uint64(2), found.Sequence)
	require.False(t, found.At.IsZero())
	require.Equal(t, spec("shop").App, found.Spec.App)

	stream, err := js.Stream(t.Context(), wire.StreamIn)
	require.NoError(t, err)
	require.NoError(t, stream.Purge(t.Context()))
	_, err = wire.FindStored(t.Context(), js, id)
	require.ErrorIs(t, err, wire.ErrNotStored)
}

// Where starters are down and much is waiting, the last request is found, too; a search that has
// no time to read all of them does not say that there is none.
func TestStored_ABacklogIsSearchedToItsEnd(t *testing.T) {
	t.Parallel()
	js, _ := bus(t)
	require.NoError(t, wire.EnsureStreams(t.Context(), js, wire.Storage{}))
	const many = 1100
	for i := range many {
		_, err := js.PublishMsgAsync(requestFor(t, "shop", strconv.Itoa(i)))
		require.NoError(t, err)
	}
	<-js.PublishAsyncComplete()
	found, err := wire.FindStored(t.Context(), js, release.ID(spec("shop").App, "ci", strconv.Itoa(many-1)))
	require.NoError(t, err)
	require.Equal(t, uint64(many), found.Sequence)
	_, err = wire.FindStored(t.Context(), js, "r-abcdefghijklmnop")
	require.ErrorIs(t, err, wire.ErrNotStored)

	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	_, err = wire.FindStored(late, js, "r-abcdefghijklmnop")
	require.ErrorIs(t, err, wire.ErrSearchUnfinished)
}
