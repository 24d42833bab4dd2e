package wire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

func shopSpec() release.Spec {
	return release.Spec{
		App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop"}, Artifact: release.Artifact{Image: "shop:1"},
	}.WithDefaults()
}

func production() wire.Named {
	return wire.Named{Application: "shop", Environment: "production", Says: map[string]any{"artifact": map[string]any{"image": "shop:1"}}}
}

func checkoutSet() wire.AskedSet {
	return wire.AskedSet{Set: release.Set{Name: "checkout", Waves: []release.Wave{{Name: "one", Releases: []release.SetRelease{{Name: "shop", Spec: shopSpec()}}}}}.WithDefaults()}
}

func TestVerified_RequestsAndCommandsAreOfTheIdentity(t *testing.T) {
	t.Parallel()
	ann := wire.Origin{Source: "cli", ID: "1", Identity: "ann@ops"}
	msg, err := wire.EncodeRequest(ann, shopSpec())
	require.NoError(t, err)
	require.Equal(t, "slipway.by.ann@ops.request.sae.cn-hangzhou.shop", msg.Subject)
	r, err := wire.DecodeRequest(msg)
	require.NoError(t, err)
	require.Equal(t, "ann@ops", r.Spec.RequestedBy)
	require.Equal(t, release.Admission{Verified: true}, r.Admission)
	require.Equal(t, release.ID(shopSpec().App, "cli", "1"), r.ReleaseID, "the identity of an event is the same on both subjects")

	msg, err = wire.EncodeSetRequest(ann, checkoutSet())
	require.NoError(t, err)
	require.Equal(t, "slipway.by.ann@ops.request.set.checkout", msg.Subject)
	require.True(t, wire.IsSetRequest(msg.Subject))
	set, err := wire.DecodeSetRequest(msg)
	require.NoError(t, err)
	require.Equal(t, "ann@ops", set.Set.RequestedBy)
	require.True(t, set.Admission.Verified)

	msg, err = wire.EncodeNamedRequest(ann, production())
	require.NoError(t, err)
	require.Equal(t, "slipway.by.ann@ops.request.app.shop.production", msg.Subject)
	require.True(t, wire.IsNamedRequest(msg.Subject))
	named, err := wire.DecodeNamedRequest(msg)
	require.NoError(t, err)
	require.Equal(t, "ann@ops", named.Says["requestedBy"])
	require.NotContains(t, production().Says, "requestedBy")
	require.Equal(t, release.Admission{Verified: true}, named.Admission)
	require.Equal(t, release.IDByName("shop", "production", "cli", "1"), named.ReleaseID)
	msg.Subject = "slipway.request.app.shop.production"
	claimed, err := wire.DecodeNamedRequest(msg)
	require.NoError(t, err)
	require.Zero(t, claimed.Admission, "on the subject of everybody a name is a claim")
	require.Equal(t, named.Digest, claimed.Digest)

	abort := release.Command{Kind: release.CommandAbort, Reason: "no"}
	msg, err = wire.EncodeVerifiedCommand(ann, shopSpec().App, "r-1", abort)
	require.NoError(t, err)
	require.Equal(t, "slipway.by.ann@ops.command.sae.cn-hangzhou.shop.r-1", msg.Subject)
	id, c, err := wire.DecodeCommand(msg)
	require.NoError(t, err)
	require.Equal(t, "r-1", id)
	require.Equal(t, "ann@ops", c.By)
	require.True(t, c.Verified)
	require.Equal(t, "sae/cn-hangzhou/shop", wire.CommandTarget(msg.Subject))

	msg, err = wire.EncodeVerifiedSetCommand(ann, "checkout", "s-1", abort)
	require.NoError(t, err)
	id, c, err = wire.DecodeCommand(msg)
	require.NoError(t, err)
	require.Equal(t, "s-1", id)
	require.True(t, c.Verified)
	require.Equal(t, "set/checkout", wire.CommandTarget(msg.Subject))

	msg, err = wire.EncodeCommand(ann, "r-1", release.Command{Kind: release.CommandAbort, By: "bo"})
	require.NoError(t, err)
	_, c, err = wire.DecodeCommand(msg)
	require.NoError(t, err)
	require.False(t, c.Verified, "on the subject of everybody a name is a claim")
	require.Empty(t, wire.CommandTarget(msg.Subject))
}

// TestVerified_NobodySpeaksForAnother: whoever is named beside the identity of the subject is it.
func TestVerified_NobodySpeaksForAnother(t *testing.T) {
	t.Parallel()
	spec, set, name := shopSpec(), checkoutSet(), production()
	spec.RequestedBy, name.Says["requestedBy"] = "bo", "bo"
	set.Set.Waves[0].Releases[0].Spec.RequestedBy = "bo"
	claimed := wire.Origin{Source: "cli", ID: "1"}
	request, err := wire.EncodeRequest(claimed, spec)
	require.NoError(t, err)
	whole, err := wire.EncodeSetRequest(claimed, set)
	require.NoError(t, err)
	named, err := wire.EncodeNamedRequest(claimed, name)
	require.NoError(t, err)
	command, err := wire.EncodeCommand(claimed, "r-1", release.Command{Kind: release.CommandAbort, By: "bo"})
	require.NoError(t, err)
	decodeRequest := func(m *nats.Msg) error { _, err := wire.DecodeRequest(m); return err }
	decodeNamed := func(m *nats.Msg) error { _, err := wire.DecodeNamedRequest(m); return err }
	decodeSet := func(m *nats.Msg) error { _, err := wire.DecodeSetRequest(m); return err }
	decodeCommand := func(m *nats.Msg) error { _, _, err := wire.DecodeCommand(m); return err }
	for _, c := range []struct {
		field   string
		msg     *nats.Msg
		subject string
		decode  func(*nats.Msg) error
	}{
		{"requestedBy", request, "slipway.by.ann.request.sae.cn-hangzhou.shop", decodeRequest},
		{"requestedBy", named, "slipway.by.ann.request.app.shop.production", decodeNamed},
		{"waves[0].releases[0].spec.requestedBy", whole, "slipway.by.ann.request.set.checkout", decodeSet},
		{"by", command, "slipway.by.ann.command.sae.cn-hangzhou.shop.r-1", decodeCommand},
	} {
		err := c.decode(&nats.Msg{Subject: c.subject, Header: c.msg.Header, Data: c.msg.Data})
		poison, ok := errors.AsType[*wire.PoisonError](err)
		require.True(t, ok, "%s: %v", c.subject, err)
		require.Equal(t, c.field, poison.Field)
		require.Contains(t, poison.Reason, `"bo" is not "ann"`)
		require.NoError(t, c.decode(&nats.Msg{Subject: strings.Replace(c.subject, ".ann.", ".bo.", 1), Header: c.msg.Header, Data: c.msg.Data}), c.subject)
	}
	_, err = wire.EncodeRequest(wire.Origin{Source: "cli", ID: "1", Identity: "ann"}, spec)
	require.ErrorContains(t, err, `"bo" is not "ann"`)
	_, err = wire.EncodeNamedRequest(wire.Origin{Source: "cli", ID: "1", Identity: "ann"}, name)
	require.ErrorContains(t, err, `"bo" is not "ann"`)
	for _, name := range []string{"slipway", "Temporal", "a.b", "a b", "*", ">", "-x", strings.Repeat("a", 129)} {
		require.Error(t, wire.IdentityFault(name), name)
		_, err = wire.EncodeRequest(wire.Origin{Source: "cli", ID: "1", Identity: name}, shopSpec())
		require.Error(t, err, name)
		_, err = wire.EncodeNamedRequest(wire.Origin{Source: "cli", ID: "1", Identity: name}, production())
		require.Error(t, err, name)
	}
}

func TestVerified_SubjectsThatAreNone(t *testing.T) {
	t.Parallel()
	msg, err := wire.EncodeRequest(wire.Origin{Source: "cli", ID: "1"}, shopSpec())
	require.NoError(t, err)
	for _, subject := range []string{
		"slipway.by.ann.request.sae.cn-hangzhou", "slipway.by.ann.request.sae.cn-hangzhou.shop.x", "slipway.by.ann.request.sae.cn-beijing.shop",
		"slipway.by.ann.request.sae.cn-hangzhou.other", "slipway.by.slipway.request.sae.cn-hangzhou.shop", "slipway.by.a%b.request.sae.cn-hangzhou.shop",
		"slipway.by.ann.request.", "slipway.by.ann", "slipway.by.ann.command.sae.cn-hangzhou.shop.r-1",
		"slipway.by.ann.request.app.shop.production",
	} {
		_, err := wire.DecodeRequest(&nats.Msg{Subject: subject, Header: msg.Header, Data: msg.Data})
		poison, ok := errors.AsType[*wire.PoisonError](err)
		require.True(t, ok, subject)
		require.Equal(t, "subject", poison.Field, "%s: %v", subject, err)
	}
	for _, subject := range []string{"slipway.by.ann.command.sae.cn-hangzhou.r-1", "slipway.by.ann.command.set.r-1", "slipway.by.ann.command.sae.cn-hangzhou.shop.a.r-1", "slipway.by.ann.request.sae.cn-hangzhou.shop"} {
		_, _, err := wire.DecodeCommand(&nats.Msg{Subject: subject, Header: msg.Header, Data: msg.Data})
		require.ErrorContains(t, err, "is not slipway.", subject)
	}
}

func TestVerified_SubjectsOfNoName(t *testing.T) {
	t.Parallel()
	msg, err := wire.EncodeNamedRequest(wire.Origin{Source: "cli", ID: "1"}, production())
	require.NoError(t, err)
	for _, subject := range []string{
		"slipway.request.app.shop", "slipway.request.app.shop.production.x", "slipway.request.app.shop.staging",
		"slipway.by.ann.request.app.shop", "slipway.by.ann.request.app.shop.production.x", "slipway.by.ann.request.app.shop.staging",
		"slipway.by.slipway.request.app.shop.production", "slipway.by.ann.request.sae.cn-hangzhou.shop",
	} {
		_, err := wire.DecodeNamedRequest(&nats.Msg{Subject: subject, Header: msg.Header, Data: msg.Data})
		poison, ok := errors.AsType[*wire.PoisonError](err)
		require.True(t, ok, subject)
		require.Equal(t, "subject", poison.Field, "%s: %v", subject, err)
	}
	for _, subject := range []string{"slipway.request.app.shop", "slipway.by.ann.request.app.shop"} {
		_, err := wire.DecodeNamedRequest(&nats.Msg{Subject: subject})
		require.ErrorContains(t, err, ".request.app.<application>.<environment>")
	}
}

// TestVerified_Lines: what is about one application, or is told to one release, is one line.
func TestVerified_Lines(t *testing.T) {
	t.Parallel()
	for _, line := range [][]string{
		{"slipway.request.sae.shop", "slipway.by.ann.request.sae.cn-hangzhou.shop", "slipway.by.bo.request.sae.cn-beijing.shop"},
		{"slipway.request.sae.stock"},
		{"slipway.request.set.checkout", "slipway.by.ann.request.set.checkout"},
		{"slipway.request.set.shop"},
		{"slipway.request.app.shop.production", "slipway.by.ann.request.app.shop.production", "slipway.by.bo.request.app.shop.production"},
		{"slipway.request.app.shop.staging"},
		{"slipway.command.r-1", "slipway.by.ann.command.sae.cn-hangzhou.shop.r-1"},
		{"slipway.command.s-1", "slipway.by.ann.command.set.checkout.s-1"},
		{"slipway.by.ann.request.x"},
	} {
		for _, subject := range line {
			require.Equal(t, wire.Line(line[0]), wire.Line(subject))
			require.Equal(t, wire.LineSubjects(line[0]), wire.LineSubjects(subject))
			require.True(t, anyMatches(wire.LineSubjects(subject), subject), subject)
		}
	}
	require.NotEqual(t, wire.Line("slipway.request.sae.set"), wire.Line("slipway.request.set.sae"))
}

// anyMatches reports whether one of the subjects with wildcards is of a subject.
func anyMatches(filters []string, subject string) bool {
	tokens := strings.Split(subject, ".")
	for _, f := range filters {
		parts := strings.Split(f, ".")
		same := len(parts) == len(tokens)
		for i := 0; same && i < len(parts); i++ {
			same = parts[i] == "*" || parts[i] == tokens[i]
		}
		if same {
			return true
		}
	}
	return false
}
