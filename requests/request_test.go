package requests_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/requests"
	"slipway/wire"
)

func spec() release.Spec {
	return release.Spec{
		App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "7171a6ca-d1cd-4928-8642-7d5cfe69cafe"}, Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"},
		Strategy: release.Strategy{Type: release.StrategyAll},
	}.WithDefaults()
}

// The same event means the same release, and another event another one, whoever speaks.
func TestRequest_AnEventIsOneRelease(t *testing.T) {
	t.Parallel()
	named := wire.Named{Application: "shop", Environment: "staging", Says: map[string]any{"artifact": map[string]any{"image": "registry.example/shop:1.4.2"}}}
	byName, err := requests.OfNamed(named)
	require.NoError(t, err)
	set, err := requests.OfSet(wire.AskedSet{Set: release.Set{Name: "shop-and-orders", Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "shop", Spec: spec()}}}}}})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		request requests.Request
		kind    func(id string) error
	}{
		"release": {requests.OfRelease(spec()), release.CheckReleaseID},
		"by name": {byName, release.CheckReleaseID},
		"set":     {set, release.CheckSetID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const source = "https://ci.example/shop"
			one := c.request.Receipt(source, "1")
			require.NoError(t, c.kind(one.ID()))
			require.Equal(t, source, one.Source)
			require.Equal(t, "1", one.EventID)
			require.Equal(t, one, c.request.Receipt(source, "1"))
			require.NotEqual(t, one.ID(), c.request.Receipt(source, "2").ID())
			require.NotEqual(t, one.ID(), c.request.Receipt("https://ci.example/orders", "1").ID())
			require.NotEmpty(t, c.request.Digest())

			msg, err := c.request.Message(wire.Origin{Source: source, ID: "1", Identity: "ann"})
			require.NoError(t, err)
			require.Contains(t, msg.Subject, "slipway.by.ann.request.")
		})
	}
}

// What the ledger has of a request is the digest of what its receiver reads: who asks is part of it, also where only the subject says it.
func TestRequest_ItsContentIsWhatTheReceiverReads(t *testing.T) {
	t.Parallel()
	named := wire.Named{Application: "shop", Environment: "staging", Says: map[string]any{"artifact": map[string]any{"image": "registry.example/shop:1.4.2"}}}
	byName, err := requests.OfNamed(named)
	require.NoError(t, err)
	asked := wire.AskedSet{Set: release.Set{Name: "shop-and-orders", Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "shop", Spec: spec()}}}}}}
	set, err := requests.OfSet(asked)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		request requests.Request
		read    func(*nats.Msg) (digest string, err error)
	}{
		"release": {requests.OfRelease(spec()), func(msg *nats.Msg) (string, error) {
			r, err := wire.DecodeRequest(msg)
			return r.Spec.Digest(), err
		}},
		"by name": {byName, func(msg *nats.Msg) (string, error) {
			r, err := wire.DecodeNamedRequest(msg)
			return r.Digest, err
		}},
		"set": {set, func(msg *nats.Msg) (string, error) {
			r, err := wire.DecodeSetRequest(msg)
			return r.Digest, err
		}},
	} {
		for _, identity := range []string{"", "ann"} {
			t.Run(name+" of "+identity, func(t *testing.T) {
				t.Parallel()
				as, err := c.request.As(identity)
				require.NoError(t, err)
				msg, err := as.Message(wire.Origin{Source: "/ci", ID: "1", Identity: identity})
				require.NoError(t, err)
				digest, err := c.read(msg)
				require.NoError(t, err)
				require.Equal(t, digest, as.Digest())
				require.Equal(t, identity == "", digest == c.request.Digest())
			})
		}
	}
}
