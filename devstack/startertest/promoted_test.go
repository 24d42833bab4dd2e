package startertest_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/authority"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

// promoting stores a document that promotes from staging to production, after a bake time.
func (h *house) promoting(after string) {
	h.t.Helper()
	a, err := apps.Parse([]byte(`{"name":"shop","environments":[
		{"name":"staging","app":{"platform":"sae","region":"cn-hangzhou","id":"shop-staging"}},
		{"name":"production","app":{"platform":"sae","region":"cn-hangzhou","id":"shop"},"release":{"limits":{"confirm":"8h"}}}],
		"promotion":[{"from":"staging","to":"production","after":"` + after + `"}]}`))
	require.NoError(h.t, err)
	_, err = apps.NewStore(h.js).Apply(h.ctx, a, apps.Edit{Expected: documents.Any})
	require.NoError(h.t, err)
}

// told has the ledger know of a release of staging that has ended.
func (h *house) told(id, image string, operation release.Operation) {
	h.t.Helper()
	require.NoError(h.t, ledger.New(h.js).Update(h.ctx, ledger.Report{Transition: 1, Progress: release.Progress{
		ReleaseID: id, App: app("shop-staging"), Operation: operation, Artifact: release.Artifact{Image: image},
		Phase: release.PhaseSucceeded, Outcome: release.PhaseSucceeded, EndedAt: time.Now().UTC(),
	}}))
}

// promote publishes the request to promote a release, and returns the ID of its release.
func (h *house) promote(eventID, by string, from release.PromotedFrom) string {
	h.t.Helper()
	n := wire.Named{Application: "shop", Environment: "production", PromotedFrom: from, Says: map[string]any{"requestedBy": by}}
	msg, err := wire.EncodeNamedRequest(wire.Origin{Source: "ci", ID: eventID}, n)
	require.NoError(h.t, err)
	msg.Header.Del(jetstream.MsgIDHeader)
	h.publish(msg)
	return release.PromotionID("shop", "production", from.Release)
}

func (h *house) refusedPromotion() wire.Letter {
	h.t.Helper()
	h.untilTaken()
	return wire.ReadDeadLetter(h.deadLetter("slipway.request.app.shop.production"))
}

// TestPromoted_TheDoorJudgesWhatIsPromoted: what was not released there, has not baked or was rolled back is a
// dead letter with the reason; the same promotion is one release, whoever asks.
func TestPromoted_TheDoorJudgesWhatIsPromoted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.promoting("1h")
	h.starter(starter.Config{})
	one := release.PromotedFrom{Release: "r-one"}
	h.promote("1", "ann", one)
	require.Contains(t, h.refusedPromotion().Reason, "no release has brought anything to staging yet")

	h.told("r-one", "registry.example/shop:1", release.OperationRelease)
	h.promote("2", "ann", one)
	letter := h.refusedPromotion()
	require.Equal(t, "promotedFrom", letter.Field)
	require.Contains(t, letter.Reason, "it bakes in staging until ")
	h.promote("3", "ann", release.PromotedFrom{Release: "r-other"})
	require.Contains(t, h.refusedPromotion().Reason, "r-other is not what is promoted from staging: release r-one has brought registry.example/shop:1 there")
	h.promote("4", "ann", release.PromotedFrom{Release: "r-one", Environment: "test"})
	require.Contains(t, h.refusedPromotion().Reason, "production gets what is promoted from staging, not from test")

	h.promoting("0s")
	id := h.promote("2", "ann", one)
	h.untilTaken()
	in := h.asked(id)
	require.Equal(t, "registry.example/shop:1", in.Spec.Artifact.Image, "what the release has brought")
	require.Equal(t, release.Duration(8*time.Hour), in.Spec.Limits.Confirm, "what the document says of production")
	require.Equal(t, release.PromotedFrom{Environment: "staging", Release: "r-one"}, in.ByName.PromotedFrom)
	require.Equal(t, "ann", in.Spec.RequestedBy)

	require.Equal(t, id, h.promote("5", "li", one))
	h.untilTaken()
	require.Equal(t, 1, h.updates(), "the same promotion is one release")

	h.told("r-two", "registry.example/shop:2", release.OperationRelease)
	h.told("r-back", "registry.example/shop:1", release.OperationRollback)
	h.promote("6", "ann", release.PromotedFrom{Release: "r-two"})
	require.Contains(t, h.refusedPromotion().Reason, "release r-back has rolled it back")
}

// TestPromoted_ToPassOverTheBakeTimeTakesThePower: a reason alone does, where there is no authority document.
func TestPromoted_ToPassOverTheBakeTimeTakesThePower(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.promoting("1h")
	h.told("r-one", "registry.example/shop:1", release.OperationRelease)
	h.starter(starter.Config{})
	apply := func(powers ...authority.Power) {
		_, err := authority.NewStore(h.js).Apply(h.ctx, authority.Document{
			Bindings: []authority.Binding{{Name: "asks", Identities: []string{"ann"}, Roles: []authority.Role{authority.RoleRequester}, Powers: powers, Scopes: []string{"sae/*/shop"}}},
		}, documents.Edit[authority.Document]{Expected: documents.Any})
		require.NoError(t, err)
	}
	now := release.PromotedFrom{Release: "r-one", Now: "orders are lost"}
	apply()
	h.promote("1", "ann", now)
	require.Contains(t, h.refusedPromotion().Reason, "the power override on sae/cn-hangzhou/shop, which freeze.override or promotedFrom.now asks for")
	apply(authority.PowerOverride)
	id := h.promote("2", "ann", now)
	h.untilTaken()
	require.Equal(t, "orders are lost", h.asked(id).ByName.PromotedFrom.Now)
}
