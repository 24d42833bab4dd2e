package startertest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/authority"
	"slipway/internal/documents"
	"slipway/policy"
	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

// TestPolicy_TheDoorOnRealServers: a release of production by a tag is a dead letter that names the policy,
// whether it gives the name or the application itself; by digest it goes. A policy is passed over with the power
// for it and a reason, which the release has.
func TestPolicy_TheDoorOnRealServers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.document("shop", `{}`)
	_, err := policy.NewStore(h.js).Apply(h.ctx, policy.Policy{Name: "production", Scopes: []string{"app/shop"}, Demands: policy.Demands{
		Images: &policy.Images{Registries: []string{"registry.example"}, Digest: true},
	}}, documents.Edit[policy.Policy]{Expected: documents.Any})
	require.NoError(t, err)
	h.starter(starter.Config{})

	const refusal = "artifact.image: policy production demands an image by its digest, and not registry.example/shop:2 (images.digest); name it as registry.example/shop@sha256:…, or pass over it with policy.override and a reason"
	h.byName("1", newShop)
	letter := h.deadLetter("slipway.request.app.shop.production")
	require.Equal(t, "artifact.image", letter.Header.Get(wire.HeaderField))
	require.Equal(t, refusal, wire.ReadDeadLetter(letter).Reason)
	direct := spec("shop")
	direct.Artifact.Image = "registry.example/shop:2"
	h.request("2", direct)
	require.Equal(t, refusal, wire.ReadDeadLetter(h.deadLetter(wire.RequestSubject(direct.App))).Reason, "an application has its name however it is asked for")

	direct.Artifact.Image = "registry.example/shop@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	id := h.request("3", direct)
	h.untilTaken()
	require.Equal(t, release.Admission{Policies: "production@1"}, h.asked(id).Admission)

	// With an authority document it takes the power to pass over it.
	_, err = authority.NewStore(h.js).Apply(h.ctx, authority.Document{Bindings: []authority.Binding{
		{Name: "asks", Identities: []string{"ann", "li"}, Roles: []authority.Role{authority.RoleRequester}, Scopes: []string{"*"}},
		{Name: "passes", Identities: []string{"li"}, Powers: []authority.Power{authority.PowerPolicy}, Scopes: []string{"*"}},
	}}, documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)
	direct = spec("shop-staging")
	direct.Artifact.Image, direct.RequestedBy = "registry.example/shop:2", "ann"
	direct.Policy = release.PolicyOverride{Override: []string{"production"}, Reason: "payment is down"}
	h.request("4", direct)
	require.Contains(t, wire.ReadDeadLetter(h.deadLetter(wire.RequestSubject(direct.App))).Reason, `gives "ann" the power policy on sae/cn-hangzhou/shop-staging, which policy.override asks for`)
	direct.RequestedBy = "li"
	id = h.request("5", direct)
	h.untilTaken()
	require.Equal(t, release.Admission{Binding: "asks, passes", Policies: "production@1", PolicyOverride: "production: payment is down"}, h.asked(id).Admission)
}
