package wire_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

func triggeredBy(tag, by, sender string) wire.Named {
	return wire.Named{
		Application: "shop", Environment: "staging",
		Says:    map[string]any{"requestedBy": by, "artifact": map[string]any{"image": "registry.example/team/shop:" + tag + "@" + pushedDigest}},
		Trigger: release.Trigger{Rule: "main", Sender: sender, Source: "/ci", EventID: "7", PushedBy: "ann", PushedAt: time.Date(2026, 3, 1, 10, 0, 0, 0, time.FixedZone("", 3600))},
	}
}

// Who told of a push, and by which of its tags, makes no other content of what it asks for.
func TestTrigger_IsToldAndDoesNotCount(t *testing.T) {
	t.Parallel()
	read := func(n wire.Named) wire.NamedRequest {
		msg, err := wire.EncodeNamedRequest(wire.Origin{Source: "urn:slipway:trigger", ID: "1"}, n)
		require.NoError(t, err)
		r, err := wire.DecodeNamedRequest(msg)
		require.NoError(t, err)
		return r
	}
	first := read(triggeredBy("1.4.2", "trigger", "harbor"))
	require.Equal(t, release.Trigger{
		Rule: "main", Sender: "harbor", Source: "/ci", EventID: "7", PushedBy: "ann", PushedAt: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
	}, first.Trigger)
	require.NotContains(t, first.Says, "trigger")
	require.Equal(t, first.Digest, read(triggeredBy("latest", "hooks", "cdevents")).Digest)
	other := triggeredBy("1.4.2", "trigger", "harbor")
	other.Says["artifact"] = map[string]any{"image": "registry.example/team/shop:1.4.2"}
	require.NotEqual(t, first.Digest, read(other).Digest)
}

func TestTrigger_Refused(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`"trigger":{}`: `trigger.rule: "" is not a name`,
		`"trigger":{"rule":"main","sender":"a b"}`:                         `trigger.sender: "a b" is not a name`,
		`"trigger":{"rule":"main","who":"ann"}`:                            "trigger.who: is not a field here",
		`"trigger":null`:                                                   "trigger: must be an object",
		`"trigger":{"rule":"main","pushedAt":"soon"}`:                      "trigger.pushedAt: ",
		`"trigger":{"rule":"main","pushedAt":"9999-12-31T23:59:59-05:00"}`: "trigger.pushedAt: is before the year 0 or after the year 9999",
	} {
		_, err := wire.ParseNamed([]byte(`{"application":"shop","environment":"staging","artifact":{"image":"shop:1"},` + data + `}`))
		require.ErrorContains(t, err, want)
	}
}
