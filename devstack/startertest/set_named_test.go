package startertest_test

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"slipway/authority"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/policy"
	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

// setByName publishes a request for a set, past the deduplication of the stream, and returns its ID and the digest
// of what was published.
func (h *house) setByName(eventID, data string) (id, digest string) {
	h.t.Helper()
	s, err := wire.ParseSet([]byte(data))
	require.NoError(h.t, err)
	msg, err := wire.EncodeSetRequest(wire.Origin{Source: "ci", ID: eventID}, s)
	require.NoError(h.t, err)
	msg.Header.Del(jetstream.MsgIDHeader)
	h.publish(msg)
	digest, err = s.Digest()
	require.NoError(h.t, err)
	return release.SetID(s.Set.Name, "ci", eventID), digest
}

// askedSet is what the workflow of a set was started with.
func (h *house) askedSet(id string) (in release.SetRequest) {
	h.t.Helper()
	events := h.client.GetWorkflowHistory(h.ctx, release.SetWorkflowID(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	first, err := events.Next()
	require.NoError(h.t, err)
	require.NoError(h.t, converter.GetDefaultDataConverter().FromPayloads(first.GetWorkflowExecutionStartedEventAttributes().GetInput(), &in))
	return in
}

// checkout is a set of an application that is named, and one that is not.
const checkout = `{"name":"checkout","requestedBy":"ann","waves":[
	{"releases":[{"name":"stock","spec":{"app":{"platform":"sae","region":"cn-hangzhou","id":"stock"},"artifact":{"image":"registry.example/stock:2"}}}]},
	{"confirm":"manual","releases":[{"name":"front","spec":{"application":"shop","environment":"production","artifact":{"image":"registry.example/shop:2"}}}]}]}`

func TestSetNamed_ASetIsWhatTheDocumentsSay(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	revision := h.document("shop", `{"strategy":{"type":"gray","gray":2,"batches":3}}`)
	s := h.starter(starter.Config{})
	id, digest := h.setByName("1", checkout)
	h.untilTaken()

	in := h.askedSet(id)
	name := release.ByName{Application: "shop", Environment: "production", Revision: revision}
	require.Equal(t, map[string]release.ByName{"front": name}, in.ByName)
	front := in.Set.Waves[1].Releases[0].Spec
	require.Equal(t, app("shop"), front.App)
	require.Equal(t, 2, front.Strategy.Gray)
	require.Equal(t, "registry.example/shop:2", front.Artifact.Image)
	require.Equal(t, "ann", front.RequestedBy)
	require.Equal(t, "registry.example/stock:2", in.Set.Waves[0].Releases[0].Spec.Artifact.Image)
	record, err := ledger.New(h.js).GetSet(h.ctx, id)
	require.NoError(t, err)
	require.True(t, record.Accepted)
	require.Equal(t, map[string]uint64{"shop": revision}, record.Revisions)
	require.Equal(t, ledger.Identity{Source: "ci", EventID: "1", Digest: digest}, record.Identity, "what was published")

	h.document("shop-elsewhere", `{}`)
	h.setByName("1", checkout)
	h.untilTaken()
	h.counted(2, "accepted", s)
	require.Equal(t, app("shop"), h.askedSet(id).Set.Waves[1].Releases[0].Spec.App, "the same event means the same set, whatever the document says by now")
	h.setByName("1", strings.Replace(checkout, "shop:2", "shop:3", 1))
	require.Equal(t, "id", wire.ReadDeadLetter(h.deadLetter("slipway.request.set.checkout")).Field)
}

// The starter has died between the record and Temporal, and the document was changed before the event came again.
func TestSetNamed_TheRecordDecidesWhichRevisionCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	first := h.document("shop", `{}`)
	id, digest := h.setByName("1", checkout)
	_, created, err := ledger.New(h.js).CreateSet(h.ctx, ledger.Set{
		SetID: id, Identity: ledger.Identity{Source: "ci", EventID: "1", Digest: digest}, Revisions: map[string]uint64{"shop": first},
	})
	require.NoError(t, err)
	require.True(t, created)
	h.document("shop-elsewhere", `{}`)
	h.starter(starter.Config{})
	h.untilTaken()
	require.Equal(t, app("shop"), h.askedSet(id).Set.Waves[1].Releases[0].Spec.App)
	require.Equal(t, first, h.askedSet(id).ByName["front"].Revision)
	later, _ := h.setByName("2", checkout)
	h.untilTaken()
	require.Equal(t, app("shop-elsewhere"), h.askedSet(later).Set.Waves[1].Releases[0].Spec.App, "what is asked for from now on")
}

// What a name means is held against locks, the authority document and the policies, as what gives the application
// itself; everything that is wrong with the names is told at once.
func TestSetNamed_WhatIsNotLetInIsADeadLetterWithTheReason(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.document("shop", `{}`)
	_, err := policy.NewStore(h.js).Apply(h.ctx, policy.Policy{Name: "by-digest", Scopes: []string{"app/shop/production"}, Demands: policy.Demands{
		Images: &policy.Images{Digest: true},
	}}, documents.Edit[policy.Policy]{Expected: documents.Any})
	require.NoError(t, err)
	h.starter(starter.Config{})
	refused := func(eventID, data string) wire.Letter {
		h.setByName(eventID, data)
		h.untilTaken()
		return wire.ReadDeadLetter(h.deadLetter("slipway.request.set.checkout"))
	}
	const spec = `"application":"shop","environment":"production","artifact":{"image":"registry.example/shop:2"}`
	letter := refused("1", strings.Replace(checkout, spec, spec+`,"limits":{"total":"1h"}`, 1))
	require.Equal(t, "waves[1].releases[0].spec.limits.total", letter.Field)
	require.Contains(t, letter.Reason, "limits.total is locked by application shop for production")

	letter = refused("2", strings.Replace(checkout, `{"name":"front","spec":{`+spec+`}}`,
		`{"name":"front","spec":{"application":"shopp","environment":"production"}},{"name":"prod","spec":{"application":"shop","environment":"prod"}}`, 1))
	require.Equal(t, "waves[1].releases[0].spec.application,waves[1].releases[1].spec.environment", letter.Field)
	require.Contains(t, letter.Reason, "did you mean shop?")
	require.Contains(t, letter.Reason, "did you mean production?")

	letter = refused("3", checkout)
	require.Equal(t, "artifact.image", letter.Field)
	require.Contains(t, letter.Reason, "of release front: policy by-digest demands an image by its digest")

	_, err = authority.NewStore(h.js).Apply(h.ctx, authority.Document{Bindings: []authority.Binding{
		{Name: "stock", Identities: []string{"ann"}, Roles: []authority.Role{authority.RoleRequester}, Scopes: []string{"sae/*/stock"}},
	}}, documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)
	letter = refused("4", checkout)
	require.Equal(t, "requestedBy", letter.Field)
	require.Contains(t, letter.Reason, "sae/cn-hangzhou/shop", "what the name means")
}
