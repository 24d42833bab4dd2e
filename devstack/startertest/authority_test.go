package startertest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"slipway/authority"
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
	document := authority.Stored{Document: authority.Document{
		Bindings: []authority.Binding{
			{Name: "ann", Identities: []string{"ann"}, Roles: []authority.Role{authority.RoleRequester, authority.RoleOperator}, Scopes: []string{"sae/*/shop"}},
			{Name: "root", Identities: []string{"root"}, Roles: []authority.Role{authority.RoleAdmin}, Scopes: []string{"*"}},
		},
		RequireVerified: []authority.Requirement{{Roles: []authority.Role{authority.RoleOperator}}},
	}}
	store := authority.NewStore(h.js)
	first, err := store.Apply(h.ctx, document, nil, func(authority.Document) error { return nil })
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
	stale := first.Revision + 1
	_, err = store.Apply(h.ctx, document, &stale, func(authority.Document) error { return nil })
	require.ErrorIs(t, err, authority.ErrChanged)
	_, err = store.Apply(h.ctx, document, &first.Revision, func(authority.Document) error { return nil })
	require.NoError(t, err)
	id = h.request("6", asked)
	h.untilTaken()
	require.Equal(t, id, h.lane("shop").Running.ReleaseID)
	entries, err := store.History(h.ctx)
	require.NoError(t, err)
	require.Len(t, entries, 2)
}
