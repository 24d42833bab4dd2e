package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

func promotes(by, now string) wire.Named {
	return wire.Named{
		Application: "shop", Environment: "production", Says: map[string]any{"requestedBy": by},
		PromotedFrom: release.PromotedFrom{Release: "r-1", Now: now},
	}
}

func TestPromotion_TheSameIsOneReleaseWhoeverAsks(t *testing.T) {
	t.Parallel()
	read := func(o wire.Origin, n wire.Named) (wire.NamedRequest, string) {
		msg, err := wire.EncodeNamedRequest(o, n)
		require.NoError(t, err)
		r, err := wire.DecodeNamedRequest(msg)
		require.NoError(t, err)
		require.Equal(t, n.PromotedFrom, r.PromotedFrom)
		require.NotContains(t, r.Says, "promotedFrom")
		return r, msg.Header.Get("Nats-Msg-Id")
	}
	ann, first := read(wire.Origin{Source: "cli", ID: "1"}, promotes("ann", ""))
	li, second := read(wire.Origin{Source: "cli", ID: "2"}, promotes("li", "a fix"))
	_, again := read(wire.Origin{Source: "cli", ID: "2"}, promotes("li", "a fix"))
	require.Equal(t, release.PromotionID("shop", "production", "r-1"), ann.ReleaseID)
	require.Equal(t, ann.ReleaseID, li.ReleaseID)
	require.Equal(t, ann.Digest, li.Digest)
	require.NotEqual(t, first, second, "one that was refused may be asked for again")
	require.Equal(t, second, again)
	require.NotEqual(t, release.PromotionID("shop", "production", "r-2"), ann.ReleaseID)
	verified, _ := read(wire.Origin{Source: "cli", ID: "3", Identity: "ann"}, promotes("ann", ""))
	require.Equal(t, ann.ReleaseID, verified.ReleaseID)
	require.True(t, verified.Admission.Verified)
}

func TestPromotion_SaysNothingOfWhatIsReleased(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`"promotedFrom":{"release":"r-1"},"artifact":{"image":"shop:1"}`:     "artifact: has no meaning beside promotedFrom",
		`"promotedFrom":{"release":"r-1"},"config":{"cpu":1}`:                "config: has no meaning beside promotedFrom",
		`"promotedFrom":{"release":"r-1"},"retryOf":"r-2"`:                   "retryOf: has no meaning beside promotedFrom",
		`"promotedFrom":{"release":"shop:1"}`:                                `promotedFrom.release: "shop:1" is not the ID of a release`,
		`"promotedFrom":{}`:                                                  "promotedFrom.release: ",
		`"promotedFrom":null`:                                                "promotedFrom: must be an object",
		`"promotedFrom":{"release":"r-1","after":"1h"}`:                      "promotedFrom.after: is not a field here",
		`"promotedFrom":{"release":"r-1","environment":"staging or so"}`:     "promotedFrom.environment: ",
		`"promotedFrom":{"release":"r-1"},"requestedBy":"ann","colour":1`:    "colour: ",
		`"promotedFrom":{"release":"r-1"},"operation":"rollback","note":"n"`: "operation: has no meaning beside promotedFrom",
	} {
		_, err := wire.ParseNamed([]byte(`{"application":"shop","environment":"production",` + data + `}`))
		require.ErrorContains(t, err, want)
	}
	n, err := wire.ParseNamed([]byte(`{"application":"shop","environment":"production","promotedFrom":{"release":"r-1","environment":"staging"},"note":"n","lane":{"preempt":true},"freeze":{"override":"x"}}`))
	require.NoError(t, err)
	require.True(t, n.Promotes())
	require.Len(t, n.Says, 3)
}
