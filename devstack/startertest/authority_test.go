package startertest_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"slipway/authority"
	"slipway/authority/people"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

// TestAuthority_TheDoorOnRealServers: what the document does not allow is a dead letter with the reason,
// what it allows is a release, and what is applied counts for the next message.
func TestAuthority_TheDoorOnRealServers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.starter(starter.Config{})
	document := authority.Document{
		Bindings: []authority.Binding{
			{Name: "ann", Identities: []string{"ann"}, Roles: []authority.Role{authority.RoleRequester, authority.RoleOperator}, Scopes: []string{"sae/*/shop"}},
			{Name: "root", Identities: []string{"root"}, Roles: []authority.Role{authority.RoleAdmin}, Scopes: []string{"*"}},
		},
		RequireVerified: []authority.Requirement{{Roles: []authority.Role{authority.RoleOperator}}},
	}
	store := authority.NewStore(h.js)
	first, err := store.Apply(h.ctx, document, documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)

	// Bo may nothing, under his own name.
	asked := spec("shop")
	asked.RequestedBy = "bo"
	h.request("1", asked)
	letter := h.deadLetter(wire.RequestSubject(asked.App))
	require.Equal(t, "requestedBy", letter.Header.Get(wire.HeaderField))
	require.Contains(t, letter.Header.Get(wire.HeaderReason), `no binding of the authority document lets "bo" request on sae/cn-hangzhou/shop`)

	// Ann asks on her own subject, and steers there.
	ann := wire.Origin{Source: "cli", ID: "2", Identity: "ann"}
	msg, err := wire.EncodeRequest(ann, spec("shop"))
	require.NoError(t, err)
	h.publish(msg)
	h.untilTaken()
	id := release.ID(app("shop"), "cli", "2")
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, h.status(id))
	require.Equal(t, "ann", h.lane("shop").Running.RequestedBy)

	// Who claims to be ann does not steer, and nor does ann by the name of another application.
	h.command("3", id, release.Command{Kind: release.CommandAbort, By: "ann"})
	require.Contains(t, h.deadLetter(wire.CommandSubject(id)).Header.Get(wire.HeaderReason), "requireVerified[0]")
	ann.ID = "4"
	msg, err = wire.EncodeVerifiedCommand(ann, app("stock"), id, release.Command{Kind: release.CommandAbort})
	require.NoError(t, err)
	h.publish(msg)
	require.Contains(t, h.deadLetter(wire.VerifiedCommandSubject("ann", app("stock"), id)).Header.Get(wire.HeaderReason), "but it is of sae/cn-hangzhou/shop")
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, h.status(id))
	ann.ID = "5"
	msg, err = wire.EncodeVerifiedCommand(ann, app("shop"), id, release.Command{Kind: release.CommandAbort})
	require.NoError(t, err)
	h.publish(msg)
	h.until("the end of the release", func() bool { return h.status(id) == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED })

	// Bo is let in, by somebody who has seen the document that counts.
	document.Bindings[0].Identities = append(document.Bindings[0].Identities, "bo")
	_, err = store.Apply(h.ctx, document, documents.Edit[authority.Document]{Expected: first.Revision + 1})
	require.ErrorAs(t, err, new(*documents.OutdatedError))
	_, err = store.Apply(h.ctx, document, documents.Edit[authority.Document]{Expected: first.Revision})
	require.NoError(t, err)
	id = h.request("6", asked)
	h.until("its turn, once the lane has heard of the end of the first", func() bool {
		running := h.lane("shop").Running
		return running != nil && running.ReleaseID == id
	})
	entries, err := store.History(h.ctx, authority.Key)
	require.NoError(t, err)
	require.Len(t, entries, 2)
}

// TestAuthority_ARequestByNameIsHeldAgainstWhatTheNameMeans: whatever the application is called, its document
// says which one it is, and that is what somebody may ask for or not.
func TestAuthority_ARequestByNameIsHeldAgainstWhatTheNameMeans(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.document("shop", `{}`)
	h.starter(starter.Config{})
	apply := func(identity string) {
		_, err := authority.NewStore(h.js).Apply(h.ctx, authority.Document{
			Bindings:        []authority.Binding{{Name: "asks", Identities: []string{identity}, Roles: []authority.Role{authority.RoleRequester}, Scopes: []string{"sae/*/shop"}}},
			RequireVerified: []authority.Requirement{{Scopes: []string{"*"}}},
		}, documents.Edit[authority.Document]{Expected: documents.Any})
		require.NoError(t, err)
	}
	apply("ann")

	h.byName("1", newShop)
	letter := h.deadLetter("slipway.request.app.shop.production")
	require.Equal(t, "requestedBy", letter.Header.Get(wire.HeaderField))
	require.Contains(t, letter.Header.Get(wire.HeaderReason), `who may request on sae/cn-hangzhou/shop is verified, and "ann" is only claimed`)

	byAnn := func(eventID, environment string) string {
		n, err := wire.ParseNamed([]byte(`{"application":"shop","environment":"` + environment + `","artifact":{"image":"registry.example/shop:2"}}`))
		require.NoError(t, err)
		msg, err := wire.EncodeNamedRequest(wire.Origin{Source: "cli", ID: eventID, Identity: "ann"}, n)
		require.NoError(t, err)
		msg.Header.Del(jetstream.MsgIDHeader)
		h.publish(msg)
		return release.IDByName("shop", environment, "cli", eventID)
	}
	byAnn("2", "staging")
	elsewhere := wire.ReadDeadLetter(h.deadLetter("slipway.by.ann.request.app.shop.staging"))
	require.Contains(t, elsewhere.Reason, `lets "ann" request on sae/cn-hangzhou/shop-staging`)
	require.Equal(t, "shop/staging", elsewhere.About)

	id := byAnn("3", "production")
	h.untilTaken()
	in := h.asked(id)
	require.Equal(t, "ann", in.Spec.RequestedBy)
	require.Equal(t, release.Admission{Verified: true, Binding: "asks"}, in.Admission)

	apply("li")
	require.Equal(t, id, byAnn("3", "production"))
	h.untilTaken()
	require.Equal(t, 1, h.updates(), "what was let in stays so")
	byAnn("4", "production")
	require.Contains(t, wire.ReadDeadLetter(h.deadLetter("slipway.by.ann.request.app.shop.production")).Reason, `lets "ann" request on sae/cn-hangzhou/shop`)
}

// TestAuthority_GroupsOfASignInService: what the console has recorded of who signs in says of which groups they are, for as long as
// that counts. While it cannot be read, nothing is judged.
func TestAuthority_GroupsOfASignInService(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(starter.Config{})
	_, err := authority.NewStore(h.js).Apply(h.ctx, authority.Document{
		Groups:   []authority.Group{{Name: "sre", Claims: []string{"slipway-sre"}}},
		Bindings: []authority.Binding{{Name: "sre-asks", Groups: []string{"sre"}, Roles: []authority.Role{authority.RoleRequester}, Scopes: []string{"sae/*/shop"}}},
	}, documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)
	signsIn := func(until time.Time, groups ...string) {
		require.NoError(t, people.NewStore(h.js).Record(h.ctx, people.Person{Identity: "ann+1@house", Groups: groups, At: time.Now(), Until: until}))
	}
	asks := func(eventID string) string {
		msg, err := wire.EncodeRequest(wire.Origin{Source: "console", ID: eventID, Identity: "ann+1@house"}, spec("shop"))
		require.NoError(t, err)
		h.publish(msg)
		return release.ID(app("shop"), "console", eventID)
	}
	refused := func() string {
		h.untilTaken()
		return h.deadLetter(wire.VerifiedRequestSubject("ann+1@house", app("shop"))).Header.Get(wire.HeaderReason)
	}

	asks("1")
	require.Contains(t, refused(), `no binding of the authority document lets "ann+1@house" request`, "nobody has signed in")
	signsIn(time.Now().Add(-time.Minute), "slipway-sre")
	asks("2")
	require.Contains(t, refused(), "sign in to the console again")
	signsIn(time.Now().Add(time.Hour), "all")
	asks("3")
	require.NotContains(t, refused(), "sign in to the console again")

	require.NoError(t, h.js.DeleteKeyValue(h.ctx, people.Bucket))
	id := asks("4")
	h.until("a retry", func() bool { return s.count(t, "request", "retried") > 0 })
	require.NoError(t, people.Ensure(h.ctx, h.js, 0))
	signsIn(time.Now().Add(time.Hour), "slipway-sre", "all")
	h.untilTaken()
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, h.status(id))
}

func TestPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	store := people.NewStore(h.js)
	noon := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	ann := people.Person{Identity: "ann", Groups: []string{"slipway-sre"}, At: noon, Until: noon.Add(time.Hour)}
	none, err := store.Of(h.ctx, "ann")
	require.NoError(t, err)
	require.Zero(t, none)
	require.NoError(t, store.Record(h.ctx, people.Person{Identity: "ann", Groups: []string{"all"}, At: noon.Add(-time.Hour), Until: noon}))
	require.NoError(t, store.Record(h.ctx, ann))
	got, err := store.Of(h.ctx, "ann")
	require.NoError(t, err)
	require.Equal(t, ann, got, "the last sign-in counts")
	require.ErrorContains(t, store.Record(h.ctx, people.Person{Identity: "ann.li"}), `"ann.li" cannot stand in a subject`)

	kv, err := h.js.KeyValue(h.ctx, people.Bucket)
	require.NoError(t, err)
	keys, err := kv.Keys(h.ctx)
	require.NoError(t, err)
	require.Len(t, keys, 1)
	entry, err := kv.Get(h.ctx, keys[0])
	require.NoError(t, err)
	_, err = kv.Put(h.ctx, "Ym8", entry.Value()) // bo
	require.NoError(t, err)
	_, err = store.Of(h.ctx, "bo")
	require.ErrorContains(t, err, "is of somebody else")
	_, err = kv.Put(h.ctx, "Ym8", []byte(`{"identity":"bo","root":true}`))
	require.NoError(t, err)
	_, err = store.Of(h.ctx, "bo")
	require.ErrorContains(t, err, "cannot be read")
}
