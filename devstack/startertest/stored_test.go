package startertest_test

import (
	"testing"

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
	set, err := wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "2"}, release.Set{
		Name: "checkout", Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "shop", Spec: spec("shop")}}}},
	})
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
