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

func checkout(t *testing.T) wire.AskedSet {
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
	require.Equal(t, "wave-1", want.Set.Waves[0].Name, "with its defaults")
	msg, err := wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "7"}, want)
	require.NoError(t, err)
	require.Equal(t, "slipway.request.set.checkout", msg.Subject)
	require.Equal(t, release.SetID("checkout", "ci", "7")+"."+want.Set.Digest()[len("sha256:"):][:16], msg.Header.Get(nats.MsgIdHdr))
	require.True(t, wire.IsSetRequest(msg.Subject))
	got, err := wire.DecodeSetRequest(msg)
	require.NoError(t, err)
	require.Equal(t, wire.SetRequest{
		AskedSet: want, ID: release.SetID("checkout", "ci", "7"), Digest: want.Set.Digest(), Source: "ci", EventID: "7",
	}, got)

	_, err = wire.DecodeRequest(msg)
	require.Error(t, err, "it is no request for a release")
	_, err = wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "7"}, wire.AskedSet{Set: release.Set{Name: "a.b"}})
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

// namedCheckout is a set of which one release names its application.
const namedCheckout = `{"name":"checkout","requestedBy":"ci","waves":[
	{"releases":[{"name":"stock","spec":{"app":{"platform":"sae","region":"cn-hangzhou","id":"a-1"},"artifact":{"image":"stock:1"}}}]},
	{"releases":[{"name":"front","spec":{"application":"shop","environment":"production","artifact":{"image":"shop:1"},"limits":{"total":"2h"},"lane":null}}]}]}`

func TestSetByName_SurvivesTheWire(t *testing.T) {
	t.Parallel()
	want, err := wire.ParseSet([]byte(namedCheckout))
	require.NoError(t, err)
	require.Equal(t, []wire.NamedRelease{{
		Named: wire.Named{Application: "shop", Environment: "production", Says: map[string]any{
			"artifact": map[string]any{"image": "shop:1"}, "limits": map[string]any{"total": "2h"}, "lane": nil,
		}}, Wave: 1, Name: "front",
	}}, want.Named)
	require.Equal(t, release.Spec{}, want.Set.Waves[1].Releases[0].Spec)
	require.Equal(t, "stock:1", want.Set.Waves[0].Releases[0].Spec.Artifact.Image)
	digest, err := want.Digest()
	require.NoError(t, err)

	for identity, by := range map[string]string{"": "ci", "ci": "ci"} {
		msg, err := wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "7", Identity: identity}, want)
		require.NoError(t, err)
		require.Equal(t, release.SetID("checkout", "ci", "7")+"."+digest[len("sha256:"):][:16], msg.Header.Get(nats.MsgIdHdr))
		got, err := wire.DecodeSetRequest(msg)
		require.NoError(t, err)
		require.Equal(t, wire.SetRequest{
			AskedSet: want, ID: release.SetID("checkout", "ci", "7"), Digest: digest, Admission: release.Admission{Verified: identity != ""}, Source: "ci", EventID: "7",
		}, got)
		require.Equal(t, by, got.Set.RequestedBy)
	}
	other, err := wire.ParseSet([]byte(strings.Replace(namedCheckout, "shop:1", "shop:2", 1)))
	require.NoError(t, err)
	another, err := other.Digest()
	require.NoError(t, err)
	require.NotEqual(t, digest, another)

	other.Named[0].Says["config"] = map[string]any{"variables": []any{map[string]any{"name": "DB_PASSWORD", "value": "hunter2"}}}
	_, err = wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "8"}, other)
	require.ErrorContains(t, err, "waves[1].releases[0].spec.config.variables[0].value")
	require.NotContains(t, err.Error(), "hunter2")

	bo, err := wire.ParseSet([]byte(strings.Replace(namedCheckout, `"lane":null`, `"requestedBy":"bo"`, 1)))
	require.NoError(t, err)
	msg, err := wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: "9", Identity: "ci"}, bo)
	require.NoError(t, err)
	_, err = wire.DecodeSetRequest(msg)
	require.ErrorContains(t, err, "waves[1].releases[0].spec.requestedBy")
}

func TestSetByName_EverythingThatIsWrongIsTold(t *testing.T) {
	t.Parallel()
	_, err := wire.ParseSet([]byte(`{"name":"Checkout","waves":[
		{"releases":[{"name":"stock","spec":{"app":{"platform":"sae","region":"cn-hangzhou","id":"a-1"}}}]},
		{"releases":[
			{"name":"shop","spec":{"application":"Shop","application":"shop","pace":1,"strategy":{"type":1},"promotedFrom":{"release":"r-aaaaaaaaaaaaaaaa"}}},
			{"name":"shop","spec":{"environment":"production","config":{"variables":[{"name":"DB_PASSWORD","value":"hunter2"}]}}},
			{"name":"both","spec":{"app":{"platform":"sae","region":"cn-hangzhou","id":"a-2"},"application":"shop","artifact":{"image":"a:1"}}}]}]}`))
	problems, ok := errors.AsType[release.Problems](err)
	require.True(t, ok, "%v", err)
	told := map[string]string{}
	for _, p := range problems {
		told[p.Field] = p.Message
	}
	for _, field := range []string{
		"name", "waves[0].releases[0].spec.artifact", "waves[1].releases[0].spec.application", "waves[1].releases[0].spec.promotedFrom",
		"waves[1].releases[1].spec.application", "waves[1].releases[1].spec.config.variables[0].value", "waves[1].releases[1].name", "waves[1].releases[2].spec.application",
	} {
		require.Contains(t, told, field)
	}
	require.Equal(t, "is missing", told["waves[1].releases[1].spec.application"])
	require.NotContains(t, told, "waves[1].releases[0].spec.app", "the document says it")
	require.NotContains(t, err.Error(), "hunter2")
}

// A set is whole once each of its names is resolved; what is wrong with any of them is told at once.
func TestSetByName_IsResolvedAsAWhole(t *testing.T) {
	t.Parallel()
	asked, err := wire.ParseSet([]byte(namedCheckout))
	require.NoError(t, err)
	name := release.ByName{Application: "shop", Environment: "production", Revision: 7}
	spec := release.Spec{App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a-2"}, Artifact: release.Artifact{Image: "shop:1"}}
	var said []any
	set, names, err := asked.Resolve(func(n wire.Named) (wire.Resolved, error) {
		said = append(said, n.Says["requestedBy"])
		return wire.Resolved{Spec: spec, ByName: name}, nil
	})
	require.NoError(t, err)
	require.Equal(t, []any{"ci"}, said, "who asks for the set asks for what is named")
	require.NotContains(t, asked.Named[0].Says, "requestedBy")
	require.Equal(t, map[string]release.ByName{"front": name}, names)
	require.Equal(t, spec.WithDefaults(), set.Waves[1].Releases[0].Spec)
	require.NoError(t, set.Validate())
	require.Equal(t, release.Spec{}, asked.Set.Waves[1].Releases[0].Spec, "what was asked for stays as it is")

	away := errors.New("nats: timeout")
	for name, c := range map[string]struct {
		asked string
		find  func(wire.Named) (wire.Resolved, error)
		want  string
	}{
		"one that is unknown": {namedCheckout, func(wire.Named) (wire.Resolved, error) {
			return wire.Resolved{}, release.Problem{Field: "application", Message: "there is none"}
		}, "waves[1].releases[0].spec.application: there is none"},
		"several problems": {namedCheckout, func(wire.Named) (wire.Resolved, error) {
			return wire.Resolved{}, release.Problems{{Field: "limits.total", Message: "is locked"}, {Field: "artifact", Message: "is missing"}}
		}, "waves[1].releases[0].spec.limits.total: is locked\nwaves[1].releases[0].spec.artifact: is missing"},
		"an application twice": {namedCheckout, func(wire.Named) (wire.Resolved, error) {
			return wire.Resolved{Spec: release.Spec{App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a-1"}, Artifact: release.Artifact{Image: "a:1"}}}, nil
		}, "waves[1].releases[0].spec.app: is the application of waves[0].releases[0] already"},
		"what cannot be rolled back": {strings.Replace(namedCheckout, `"requestedBy"`, `"onFailure":"rollback","requestedBy"`, 1), func(wire.Named) (wire.Resolved, error) {
			return wire.Resolved{Spec: release.Spec{App: spec.App, Operation: release.OperationRescale, Instances: 3}}, nil
		}, "waves[1].releases[0].spec.operation: a rescale cannot be rolled back"},
		"more than is taken": {namedCheckout, func(wire.Named) (wire.Resolved, error) {
			large := spec
			large.Note = strings.Repeat("a", wire.MaxPayload)
			return wire.Resolved{Spec: large}, nil
		}, "with what the documents say; at most"},
		"a document that cannot be read": {namedCheckout, func(wire.Named) (wire.Resolved, error) { return wire.Resolved{}, away }, "nats: timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, err := wire.ParseSet([]byte(c.asked))
			require.NoError(t, err)
			_, _, err = asked.Resolve(c.find)
			require.ErrorContains(t, err, c.want)
			_, told := errors.AsType[release.Problems](err)
			require.Equal(t, name != "a document that cannot be read", told)
		})
	}
}

func TestSetEventSurvivesTheWire(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	p := release.SetRequest{ID: "s-1", Set: checkout(t).Set}.Progress(at)
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
