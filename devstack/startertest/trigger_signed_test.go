package startertest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/authority"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

// newSigner is a key that nobody knows yet.
func newSigner(t *testing.T) *wire.Signer {
	t.Helper()
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	seed, err := pair.Seed()
	require.NoError(t, err)
	signer, err := wire.NewSigner(seed)
	require.NoError(t, err)
	return signer
}

// TestTrigger_ASignedPush is told of by whoever has signed it: the release is requested by them, verified, and they may not approve
// it. One whose signature does not prove that is a dead letter, and never a push that nobody has signed.
func TestTrigger_ASignedPush(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	a := apps.New("shop", apps.Environment{
		Name: "staging", App: apps.At(app("shop")),
		Release: map[string]json.RawMessage{"approval": json.RawMessage(`{"notRequester": true, "verified": true}`)},
	})
	a.Triggers = []apps.Trigger{rule("versions", shopImage)}
	_, err := apps.NewStore(h.js).Apply(h.ctx, a, apps.Edit{Expected: documents.Any})
	require.NoError(t, err)
	signer, stranger := newSigner(t), newSigner(t)
	_, err = authority.NewStore(h.js).Apply(h.ctx, authority.Document{
		Bindings: []authority.Binding{
			{Name: "pipelines", Identities: []string{"ci", release.TriggeredBy}, Roles: []authority.Role{authority.RoleRequester}, Scopes: []string{"sae/*/shop"}},
			{Name: "root", Identities: []string{"root"}, Roles: []authority.Role{authority.RoleAdmin}, Scopes: []string{"*"}},
		},
		Keys: []authority.SigningKey{{Name: "ci-key", Identity: "ci", PublicKey: signer.PublicKey()}},
	}, documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)
	h.starter(starter.Config{})
	push := func(tag string) wire.Published {
		p := pushOf(shopImage, tag, "event of "+tag)
		p.At = time.Now().UTC().Truncate(time.Second)
		return p
	}

	fired := h.cameOf(h.push(wire.Origin{Signer: signer}, push("1.0.0"))).Rules
	require.Len(t, fired, 1)
	require.True(t, fired[0].Fired(), fired[0].Reason)
	h.untilTaken()
	h.noDeadLetters()
	in := h.asked(fired[0].ReleaseID)
	require.Equal(t, "ci", in.Spec.RequestedBy)
	require.Equal(t, release.Admission{Verified: true, Binding: "pipelines"}, in.Admission)
	waits := release.Progress{
		Phase: release.PhaseAwaitingApproval, RequestedBy: in.Spec.RequestedBy, ByName: in.ByName, Artifact: in.Spec.Artifact, Approval: release.NewApproval(in.Spec.Approval),
		Awaiting: &release.Awaiting{Kind: release.AwaitApproval},
	}
	waits.Approval.Ask(waits, time.Now())
	for who, refused := range map[string]string{"ci": "ci has asked for the release, and may not approve it", "ann": "ann has pushed what the release brings", "li": ""} {
		_, err := release.Admit(waits, release.Command{Kind: release.CommandApprove, By: who, Verified: true, Artifact: waits.Approval.Artifact})
		if refused == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, refused)
	}

	// Without a signature it is claimed, and a claim is not enough for this approval.
	claimed := h.cameOf(h.push(wire.Origin{}, push("1.0.1"))).Rules
	require.True(t, claimed[0].Fired(), claimed[0].Reason)
	letter := wire.ReadDeadLetter(h.deadLetter("slipway.request.app.shop.staging"))
	require.Contains(t, letter.Reason, "only claimed")

	for name, c := range map[string]struct {
		origin              wire.Origin
		tag, instead, field string
		says                string
	}{
		"another content":       {wire.Origin{Signer: signer}, "1.0.2", "1.6.6", "signature", "the event was changed"},
		"a key that is unknown": {wire.Origin{Signer: stranger}, "1.0.3", "", "signedby", "is no key of the authority document"},
		"for somebody else":     {wire.Origin{Signer: signer, Identity: "bo"}, "1.0.4", "", "subject", "nobody signs for somebody else"},
	} {
		msg, err := wire.EncodePublished(c.origin, push(c.tag))
		require.NoError(t, err)
		msg.Header.Del(jetstream.MsgIDHeader)
		if c.instead != "" {
			msg.Data = []byte(strings.ReplaceAll(string(msg.Data), c.tag, c.instead))
		}
		h.publish(msg)
		var letter wire.Letter
		h.until("the dead letter: "+name, func() bool {
			last, err := wire.NewDeadLetters(h.js).Last(h.ctx, msg.Subject)
			letter = last
			return err == nil && last.Field == c.field
		})
		require.Contains(t, letter.Reason, c.says, name)
		require.Equal(t, wire.KindArtifact, letter.Kind)
	}
	h.untilTaken()
}
