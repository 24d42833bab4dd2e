package startertest_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"slipway/apps"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

// document stores what production of shop is, and returns the revision.
func (h *house) document(appID, release string) uint64 {
	h.t.Helper()
	a, err := apps.Parse([]byte(`{"name":"shop","environments":[
		{"name":"staging","app":{"platform":"sae","region":"cn-hangzhou","id":"shop-staging"}},
		{"name":"production","app":{"platform":"sae","region":"cn-hangzhou","id":"` + appID + `"},"release":` + release + `,"locked":["limits.total"]}]}`))
	require.NoError(h.t, err)
	d, err := apps.NewStore(h.js).Apply(h.ctx, a, apps.Edit{Expected: documents.Any})
	require.NoError(h.t, err)
	return d.Revision
}

// byName publishes a request by name, past the deduplication of the stream, and returns the ID of its
// release and the digest of what was published.
func (h *house) byName(eventID, data string) (id, digest string) {
	h.t.Helper()
	n, err := wire.ParseNamed([]byte(data))
	require.NoError(h.t, err)
	msg, err := wire.EncodeNamedRequest(wire.Origin{Source: "ci", ID: eventID}, n)
	require.NoError(h.t, err)
	msg.Header.Del(jetstream.MsgIDHeader)
	h.publish(msg)
	digest, err = n.Digest()
	require.NoError(h.t, err)
	return release.IDByName(n.Application, n.Environment, "ci", eventID), digest
}

// asked is what the workflow of a release was started with.
func (h *house) asked(id string) (in release.Request) {
	h.t.Helper()
	events := h.client.GetWorkflowHistory(h.ctx, release.WorkflowID(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	first, err := events.Next()
	require.NoError(h.t, err)
	require.NoError(h.t, converter.GetDefaultDataConverter().FromPayloads(first.GetWorkflowExecutionStartedEventAttributes().GetInput(), &in))
	return in
}

const newShop = `{"application":"shop","environment":"production","artifact":{"image":"registry.example/shop:2"},"requestedBy":"ann"}`

func TestNamed_ARequestIsWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	revision := h.document("shop", `{"strategy":{"type":"gray","gray":2,"batches":3},"limits":{"total":"8h"}}`)
	s := h.starter(starter.Config{})
	id, digest := h.byName("1", newShop)
	h.untilTaken()

	in := h.asked(id)
	require.Equal(t, &release.ByName{Application: "shop", Environment: "production", Revision: revision}, in.ByName)
	require.Equal(t, app("shop"), in.Spec.App)
	require.Equal(t, 2, in.Spec.Strategy.Gray)
	require.Equal(t, release.Duration(8*time.Hour), in.Spec.Limits.Total)
	require.Equal(t, "registry.example/shop:2", in.Spec.Artifact.Image)
	record, err := ledger.New(h.js).GetOf(h.ctx, app("shop"), id)
	require.NoError(t, err)
	require.Equal(t, in.ByName, record.ByName)
	require.Equal(t, ledger.Identity{Source: "ci", EventID: "1", Digest: digest}, record.Identity, "what was published")

	h.document("shop-elsewhere", `{}`)
	again, _ := h.byName("1", newShop)
	require.Equal(t, id, again)
	h.untilTaken()
	h.counted(2, "accepted", s)
	require.Equal(t, 1, h.updates(), "the same event means the same release, whatever the document says by now")
	h.byName("1", `{"application":"shop","environment":"production","artifact":{"image":"registry.example/shop:3"}}`)
	letter := wire.ReadDeadLetter(h.deadLetter("slipway.request.app.shop.production"))
	require.Equal(t, "id", letter.Field)
}

// The starter has died between the record and the lane, and the document was changed before the event came again.
func TestNamed_TheRecordDecidesWhichRevisionCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	first := h.document("shop", `{"limits":{"confirm":"8h"}}`)
	id, digest := h.byName("1", newShop)
	_, created, err := ledger.New(h.js).Create(h.ctx, ledger.Record{
		ReleaseID: id, App: app("shop"), Identity: ledger.Identity{Source: "ci", EventID: "1", Digest: digest},
		ByName: &release.ByName{Application: "shop", Environment: "production", Revision: first},
	})
	require.NoError(t, err)
	require.True(t, created)
	h.document("shop-elsewhere", `{"limits":{"confirm":"1h"}}`)
	h.starter(starter.Config{})
	h.untilTaken()
	in := h.asked(id)
	require.Equal(t, app("shop"), in.Spec.App)
	require.Equal(t, release.Duration(8*time.Hour), in.Spec.Limits.Confirm)
	require.Equal(t, first, in.ByName.Revision)

	later, _ := h.byName("2", newShop)
	h.untilTaken()
	require.Equal(t, app("shop-elsewhere"), h.asked(later).Spec.App, "what is asked for from now on")
}

func TestNamed_WhatCannotBeResolvedIsADeadLetterWithTheReason(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.document("shop", `{}`)
	h.starter(starter.Config{})
	for _, c := range []struct{ data, subject, field, reason string }{
		{
			`{"application":"shop","environment":"production","artifact":{"image":"shop:1"},"limits":{"total":"1h"}}`,
			"shop.production", "limits.total", "limits.total is locked by application shop for production; leave it out",
		},
		{`{"application":"shopp","environment":"production","artifact":{"image":"shop:1"}}`, "shopp.production", "application", "did you mean shop?"},
		{`{"application":"shop","environment":"prod","artifact":{"image":"shop:1"}}`, "shop.prod", "environment", "there are staging, production; did you mean production?"},
		{`{"application":"shop","environment":"staging","strategy":{"type":"gray","batches":900}}`, "shop.staging", "strategy", "artifact: "},
	} {
		h.byName("1", c.data)
		letter := wire.ReadDeadLetter(h.deadLetter("slipway.request.app." + c.subject))
		require.Contains(t, letter.Field, c.field)
		require.Contains(t, letter.Reason, c.reason)
		require.NotEmpty(t, letter.About)
		h.untilTaken()
	}
}
