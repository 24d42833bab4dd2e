package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	cdeventsapi "github.com/cdevents/sdk-go/pkg/api"
	cdevents "github.com/cdevents/sdk-go/pkg/api/v05"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/wire"
)

const pushedDigest = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"

func pushed() wire.Published {
	return wire.Published{
		Image: "registry.example/team/shop", Tag: "1.4.2", Digest: pushedDigest, At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), By: "ann",
		Sender: "harbor", Source: "urn:slipway:hooks:harbor", EventID: "7f3e", Chain: "chain-1",
	}
}

// What is written is read again, on both kinds of subjects, and the SDK of CDEvents finds it valid.
func TestPublished(t *testing.T) {
	t.Parallel()
	msg, err := wire.EncodePublished(wire.Origin{}, pushed())
	require.NoError(t, err)
	require.Regexp(t, `^slipway\.artifact\.shop-[0-9a-f]{12}$`, msg.Subject)
	got, err := wire.DecodePublished(msg)
	require.NoError(t, err)
	require.Equal(t, pushed(), got)
	var ce event.Event
	require.NoError(t, json.Unmarshal(msg.Data, &ce))
	read, err := cdevents.NewFromJsonBytes(ce.Data())
	require.NoError(t, err)
	require.NoError(t, cdeventsapi.Validate(read))

	again, err := wire.EncodePublished(wire.Origin{}, pushed())
	require.NoError(t, err)
	require.Equal(t, msg.Header.Get(nats.MsgIdHdr), again.Header.Get(nats.MsgIdHdr))
	claims := pushed()
	claims.Sender = "cdevents"
	another, err := wire.EncodePublished(wire.Origin{}, claims)
	require.NoError(t, err)
	require.NotEqual(t, msg.Header.Get(nats.MsgIdHdr), another.Header.Get(nats.MsgIdHdr), "the word of one sender keeps that of another not out")

	verified, err := wire.EncodePublished(wire.Origin{Identity: "harbor"}, pushed())
	require.NoError(t, err)
	require.Regexp(t, `^slipway\.by\.harbor\.artifact\.shop-[0-9a-f]{12}$`, verified.Subject)
	require.Equal(t, "harbor", wire.SubjectIdentity(verified.Subject))
	require.Equal(t, wire.Line(msg.Subject), wire.Line(verified.Subject), "the pushes of a repository are handled in their order")
}

// An event that the SDK of CDEvents has written is taken, on whatever subject its publisher has chosen below ours.
func TestPublished_OfTheSDK(t *testing.T) {
	t.Parallel()
	e, err := cdevents.NewArtifactPublishedEvent()
	require.NoError(t, err)
	e.SetSource("/ci/shop")
	e.SetId("build-42")
	e.SetChainId("4c8cb7dd-3448-41de-8768-eec704e2829b")
	e.SetSubjectId("pkg:oci/shop@sha256%3A" + pushedDigest[7:] + "?repository_url=registry.example/team/shop&tag=1.4.2")
	e.SetSubjectUser("ann")
	ce, err := cdeventsapi.AsCloudEvent(e)
	require.NoError(t, err)
	data, err := json.Marshal(ce)
	require.NoError(t, err)
	got, err := wire.DecodePublished(&nats.Msg{Subject: "slipway.artifact.shop", Header: nats.Header{"Content-Type": {event.ApplicationCloudEventsJSON}}, Data: data})
	require.NoError(t, err)
	require.Equal(t, wire.Published{
		Image: "registry.example/team/shop", Tag: "1.4.2", Digest: pushedDigest, At: got.At, By: "ann", Sender: wire.SenderCDEvents,
		Source: "/ci/shop", EventID: "build-42", SenderID: true, Chain: "4c8cb7dd-3448-41de-8768-eec704e2829b",
	}, got)
}

func TestPublished_Refused(t *testing.T) {
	t.Parallel()
	for says, spoil := range map[string]func(*wire.Published){
		"image: \"registry.example/shop:1\" is not a repository": func(p *wire.Published) { p.Image = "registry.example/shop:1" },
		"tag: is missing, and so is the digest":                  func(p *wire.Published) { p.Tag, p.Digest = "", "" },
		"tag: \"a b\" is not a tag":                              func(p *wire.Published) { p.Tag = "a b" },
		"digest: \"sha256:1\" is not a digest":                   func(p *wire.Published) { p.Digest = "sha256:1" },
	} {
		p := pushed()
		spoil(&p)
		_, err := wire.EncodePublished(wire.Origin{}, p)
		require.ErrorContains(t, err, says)
	}
}

// A time that no event could tell of is refused with the push, which would be tried for ever otherwise.
func TestPublished_RefusesATimeThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	good, err := wire.EncodePublished(wire.Origin{}, pushed())
	require.NoError(t, err)
	for _, at := range []string{"9999-12-31T23:59:59-05:00", "0000-01-01T00:00:00+05:00"} {
		data := strings.Replace(string(good.Data), `"timestamp":"2026-03-01T09:00:00Z"`, `"timestamp":"`+at+`"`, 1)
		_, err := wire.DecodePublished(&nats.Msg{Subject: good.Subject, Header: good.Header, Data: []byte(data)})
		require.ErrorContains(t, err, "time: is before the year 0 or after the year 9999 in UTC")
	}
}
