package systemtest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/authority"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/internal/documents"
	"slipway/release"
)

// TestPromotion_ByPeopleWhoAreVerified promotes with NATS alone, each person with the rights that are printed for
// them: who may not promote is refused by NATS, and by Slipway where NATS was left open. Two people approve;
// whoever asked, a third person, and one who comes after the time is over are refused.
func TestPromotion_ByPeopleWhoAreVerified(t *testing.T) {
	t.Parallel()
	everybody := organisation()
	everybody.Bindings = append(everybody.Bindings, authority.Binding{Name: "reviewers", Identities: []string{"mei", "bo"}, Roles: []authority.Role{authority.RoleApprover}, Scopes: []string{"sae"}})
	h := start(t, stack.Config{NATSUsers: usersOf(everybody)})
	s := newShop(h, "{count: 2, notRequester: true, verified: true}")
	s.apply("after: 1s")
	_, err := authority.NewStore(h.JetStream).Apply(h.ctx, everybody, documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)
	as := func(user, identity string) *commandLine {
		return &commandLine{house: h, binary: s.binary, with: []string{
			"NATS_USER=" + user, "NATS_PASSWORD=" + user, "SLIPWAY_IDENTITY=" + identity, "TEMPORAL_ADDRESS=127.0.0.1:1",
		}}
	}
	ci, ann, li, mei := as("ci", "ci"), as("ann", "ann"), as("li", "li"), as("mei", "mei")

	source := ci.out(0, "deploy", "shop", "--image", scenario.NewImage)
	h.until(h.follow(source), release.EventSucceeded, 0)
	s.untilReady()
	require.Contains(t, mei.errOut(1, "promote", "shop"), "slipway.by.mei.request.app.shop.production")
	require.Contains(t, as("all", "mei").errOut(7, "promote", "shop", "--wait"), `no binding of the authority document lets "mei" request`)
	id := ann.out(0, "promote", "shop", "--reason", "it has baked")
	require.Equal(t, release.PromotionID("shop", "production", source), id)
	events := h.follow(id)
	waits := h.until(events, release.EventApprovalWaiting, 0)
	require.Equal(t, release.Admission{Verified: true, Binding: "managers", DirectRefused: true}, waits.Admission)
	require.Contains(t, ann.errOut(7, "release", "approve", id), "ann has asked for the release, and may not approve it")
	require.Contains(t, ci.errOut(1, "release", "approve", id), "slipway.by.ci.command")
	require.Contains(t, li.errOut(7, "release", "approve", id, "--artifact", scenario.OldImage), "another artifact")
	require.Contains(t, li.errOut(0, "release", "approve", id), "approved by li")
	require.Empty(t, h.orders(s.production))
	require.Contains(t, mei.errOut(0, "release", "approve", id), "approved by mei")
	waits = h.until(events, release.EventBatchWaiting, 1)
	require.Equal(t, release.StrategyGray, waits.Strategy.Type)
	require.Contains(t, as("bo", "bo").errOut(7, "release", "approve", id), "approved already, by li, mei")
	require.Contains(t, li.errOut(0, "release", "confirm", id), "batch 1 confirmed by li")
	p := h.until(events, release.EventSucceeded, 0)
	require.False(t, slices.ContainsFunc(p.Decisions, func(d release.Decision) bool { return !d.Verified && d.By != release.Slipway }))

	s.approval = "{count: 1, verified: true, within: 1s}"
	s.apply("after: 1s")
	source = ci.out(0, "deploy", "shop", "--image", "registry.example/shop:1.4.3")
	h.until(h.follow(source), release.EventSucceeded, 0)
	s.untilReady()
	id = ci.out(0, "promote", "shop")
	p = h.until(h.follow(id), release.EventAborted, 0)
	require.Contains(t, p.Reason, "approv")
	require.Contains(t, li.errOut(7, "release", "approve", id), "it has ended: Aborted")
	require.Len(t, h.orders(s.production), 1, "nothing was begun")
	require.Contains(t, ci.errOut(7, "promote", "shop"), "slipway release retry "+id)
}
