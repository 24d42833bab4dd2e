package wire_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

func checkout(t *testing.T) release.Set {
	t.Helper()
	s, err := wire.ParseSet([]byte(`{"name":"checkout","waves":[
		{"releases":[{"name":"stock","spec":{"app":{"platform":"sae","region":"cn-hangzhou","id":"a-1"},"artifact":{"image":"stock:1"}}}]},
		{"name":"front","confirm":"manual","releases":[{"name":"shop","spec":{"app":{"platform":"sae","region":"cn-hangzhou","id":"a-2"},"artifact":{"image":"shop:1"}}}]}],
		"onFailure":"rollback","limits":{"total":"12h"},"requestedBy":"ci"}`))
	require.NoError(t, err)
	return s
}

func TestSetRequestSurvivesTheWire(t *testing.T) {
	t.Parallel()
	want := checkout(t)
	require.Equal(t, "wave-1", want.Waves[0].Name, "with its defaults")
	msg, err := wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "7"}, want)
	require.NoError(t, err)
	require.Equal(t, "slipway.request.set.checkout", msg.Subject)
	require.Equal(t, release.SetID("checkout", "ci", "7")+"."+want.Digest()[len("sha256:"):][:16], msg.Header.Get(nats.MsgIdHdr))
	require.True(t, wire.IsSetRequest(msg.Subject))
	got, err := wire.DecodeSetRequest(msg)
	require.NoError(t, err)
	require.Equal(t, wire.SetRequest{
		SetRequest: release.SetRequest{ID: release.SetID("checkout", "ci", "7"), Set: want}, Source: "ci", EventID: "7",
	}, got)

	_, err = wire.DecodeRequest(msg)
	require.Error(t, err, "it is no request for a release")
	_, err = wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "7"}, release.Set{Name: "a.b"})
	require.Error(t, err)
}

func TestSetRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	event := func(kind, data string) []byte {
		return []byte(`{"specversion":"1.0","source":"ci","id":"1","type":"` + kind + `","data":` + data + `}`)
	}
	good, err := wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "1"}, checkout(t))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		subject, field string
		data           []byte
	}{
		"another subject":     {"slipway.request.set.other", "subject", good.Data},
		"a deep subject":      {"slipway.request.set.a.b", "subject", good.Data},
		"about another set":   {"slipway.request.set.checkout", "subject", []byte(strings.Replace(string(good.Data), "set/checkout", "set/other", 1))},
		"another type":        {"slipway.request.set.checkout", "type", event(wire.TypeRequested, `{}`)},
		"what is within it":   {"slipway.request.set.checkout", "waves[0].releases[0].spec.artifact", event(wire.TypeSetRequested, `{"name":"checkout","waves":[{"releases":[{"name":"a","spec":{"app":{"platform":"sae","region":"cn-hangzhou","id":"a"}}}]}]}`)},
		"a field that is not": {"slipway.request.set.checkout", "waves[0].relases,waves[0].releases", event(wire.TypeSetRequested, `{"name":"checkout","waves":[{"relases":[]}]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wire.DecodeSetRequest(&nats.Msg{Subject: c.subject, Data: c.data})
			poison, ok := errors.AsType[*wire.PoisonError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, c.field, poison.Field, poison.Reason)
		})
	}
}

func TestSetEventSurvivesTheWire(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	p := release.SetRequest{ID: "s-1", Set: checkout(t)}.Progress(at)
	want := wire.LifecycleEvent{
		Event: release.Event{ID: release.EventID("s-1", 2, release.EventWaveWaiting), Kind: release.EventWaveWaiting, Set: &p}, Time: at,
	}
	msg, err := wire.EncodeEvent(want.Event, at)
	require.NoError(t, err)
	require.Equal(t, "slipway.event.set.checkout.s-1.wave.waiting", msg.Subject)
	require.Equal(t, "s-1.2.wave.waiting", msg.Header.Get(nats.MsgIdHdr))
	require.Contains(t, string(msg.Data), `"type":"dev.slipway.set.wave.waiting.v1"`)
	require.Contains(t, string(msg.Data), `"source":"slipway://set/checkout"`)
	require.Contains(t, string(msg.Data), `"setid":"s-1"`)
	got, err := wire.DecodeEvent(msg)
	require.NoError(t, err)
	require.Equal(t, want, got)
}
