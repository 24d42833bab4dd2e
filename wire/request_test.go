package wire_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
	"slipway/wire"
)

const goodData = `{"app": {"platform": "sae", "region": "cn-hangzhou", "id": "app-1"}, "artifact": {"image": "registry.example/shop:1.4.2"}}`

const onApp1 = "slipway.request.sae.app-1"

func envelope(data string) string {
	return fmt.Sprintf(`{"specversion": "1.0", "type": "dev.slipway.release.requested.v1", "source": "ci", "id": "42", "data": %s}`, data)
}

func TestRequestSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec, origin := specs().Draw(t, "spec"), origins().Draw(t, "origin")
		want := wire.Request{
			Submission: release.Submission{ReleaseID: release.ID(spec.App, origin.Source, origin.ID), Spec: spec.WithDefaults()},
			Source:     origin.Source, EventID: origin.ID,
		}

		msg, err := wire.EncodeRequest(origin, spec)
		require.NoError(t, err)
		require.Equal(t, wire.RequestSubject(spec.App), msg.Subject)
		require.Equal(t, want.ReleaseID+"."+spec.Digest()[len("sha256:"):][:16], msg.Header.Get("Nats-Msg-Id"))

		got, err := wire.DecodeRequest(msg)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

// JetStream drops a message with a Nats-Msg-Id that its stream knows, whatever the subject:
// what two pipelines call their build 42 must not be the same there.
func TestRequest_MessageIDsOfDifferentPipelinesDiffer(t *testing.T) {
	t.Parallel()
	spec, err := wire.ParseSpec([]byte(goodData))
	require.NoError(t, err)
	other := spec
	other.App.ID = "app-2"
	known := map[string]bool{}
	changed := spec
	changed.Note = "with another content it is no repetition"
	for _, o := range []wire.Origin{{Source: "ci/shop", ID: "build-42"}, {Source: "ci/stock", ID: "build-42"}} {
		for _, s := range []release.Spec{spec, other, changed} {
			msg, err := wire.EncodeRequest(o, s)
			require.NoError(t, err)
			id := msg.Header.Get(nats.MsgIdHdr)
			require.True(t, strings.HasPrefix(id, release.ID(s.App, o.Source, o.ID)+"."))
			require.False(t, known[id])
			known[id] = true
		}
	}
	for _, to := range []string{"r-1", "r-2"} {
		msg, err := wire.EncodeCommand(wire.Origin{Source: "ci/shop", ID: "build-42"}, to, release.Command{Kind: release.CommandAbort, By: "me"})
		require.NoError(t, err)
		require.False(t, known[msg.Header.Get(nats.MsgIdHdr)])
		known[msg.Header.Get(nats.MsgIdHdr)] = true
	}
}

func TestRequest_EncodeRequestRefuses(t *testing.T) {
	t.Parallel()
	spec, err := wire.ParseSpec([]byte(goodData))
	require.NoError(t, err)
	elsewhere := spec
	elsewhere.App.ID = "app.>"
	huge := spec
	huge.Note = strings.Repeat("n", wire.MaxPayload)
	origin := wire.Origin{Source: "https://ci.example/shop", ID: "42"}
	for name, c := range map[string]struct {
		origin wire.Origin
		spec   release.Spec
		want   string
	}{
		"an application ID that breaks the subject": {origin, elsewhere, "app: platform and id must be"},
		"no source":                              {wire.Origin{ID: "42"}, spec, "source: must not be empty"},
		"no id":                                  {wire.Origin{Source: "ci"}, spec, "id: must not be empty"},
		"an id that would be seen otherwise":     {wire.Origin{Source: "ci", ID: "42 "}, spec, "must not begin or end with blanks"},
		"a source that would be seen otherwise":  {wire.Origin{Source: "a shop", ID: "42"}, spec, `use "a%20shop"`},
		"a message larger than the receiver has": {origin, huge, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wire.EncodeRequest(c.origin, c.spec)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// Every way of writing the same event means the same release.
func TestRequest_DecodeRequestReadsAllModes(t *testing.T) {
	t.Parallel()
	want, err := wire.ParseSpec([]byte(goodData))
	require.NoError(t, err)
	escaped := strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(goodData)), "/", `\/`)
	binary := nats.Header{"ce-specversion": {"1.0"}, "ce-type": {wire.TypeRequested}, "ce-source": {"ci"}, "ce-id": {"42"}}
	with := func(name, value string) nats.Header {
		h := nats.Header{name: {value}}
		maps.Copy(h, binary)
		return h
	}
	for name, msg := range map[string]*nats.Msg{
		"structured without headers":    {Data: []byte(envelope(goodData))},
		"structured with content type":  {Data: []byte(envelope(goodData)), Header: nats.Header{"Content-Type": {"application/cloudevents+json; charset=utf-8"}}},
		"structured with other headers": {Data: []byte(envelope(goodData)), Header: nats.Header{"Nats-Msg-Id": {"x"}, "Content-Type": {"application/json"}}},
		"structured with base64":        {Data: []byte(strings.Replace(envelope(`  "`+escaped+`"`), `"data":`, `"data_base64":`, 1))},
		"structured beside ce- headers": {Data: []byte(envelope(goodData)), Header: with("Content-Type", "application/cloudevents+json")},
		"binary":                        {Data: []byte(goodData), Header: binary},
		"binary with content type":      {Data: []byte(goodData), Header: with("content-type", "application/json; charset=utf-8")},
		"binary with its attribute":     {Data: []byte(goodData), Header: with("ce-datacontenttype", "application/json")},
		"binary with extension":         {Data: []byte(goodData), Header: with("CE-traceparent", "00-x")},
		"binary with time":              {Data: []byte(goodData), Header: with("ce-time", "2026-11-22T10:00:00Z")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			msg.Subject = onApp1
			got, err := wire.DecodeRequest(msg)
			require.NoError(t, err)
			require.Equal(t, wire.Request{
				Submission: release.Submission{ReleaseID: release.ID(want.App, "ci", "42"), Spec: want}, Source: "ci", EventID: "42",
			}, got)
		})
	}
}

func TestRequest_BinaryAttributesArePercentDecoded(t *testing.T) {
	t.Parallel()
	for given, id := range map[string]string{
		"Ausf%C3%BChrung%204": "Ausführung 4", "100%25": "100%", "plain": "plain", "%70lain": "plain", "a%252Fb": "a%2Fb", " plain\t": "plain",
		`"quoted \"4\""`: `quoted "4"`, `"100%25"`: "100%", `a"b"`: `a"b"`, "Ausführung": "Ausführung",
	} {
		got, err := wire.DecodeRequest(&nats.Msg{Subject: onApp1, Data: []byte(goodData), Header: nats.Header{
			"Ce-Specversion": {"1.0"}, "Ce-Type": {wire.TypeRequested}, "Ce-Source": {"ci"}, "Ce-Id": {given},
		}})
		require.NoError(t, err)
		require.Equal(t, release.ID(got.Spec.App, "ci", id), got.ReleaseID)
	}
}

func TestRequest_DecodeRequestNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	binary := nats.Header{"ce-specversion": {"0.2"}, "ce-type": {wire.TypeRequested}, "ce-source": {"ci"}, "ce-id": {"42"}}
	for name, c := range map[string]struct {
		subject string
		header  nats.Header
		data    string
		field   string
		reason  string
	}{
		"garbage":                 {data: "\x00\x01garbage", reason: "it is no JSON object"},
		"null":                    {data: "null", reason: "it is null"},
		"a list":                  {data: "[]", reason: "it is no JSON object"},
		"no attributes":           {data: "{}", field: "specversion", reason: "is missing"},
		"only a version":          {data: `{"specversion":"1.0"}`, field: "id,source,type", reason: "id: is missing; source: is missing; type: is missing"},
		"an id of a number":       {data: strings.Replace(envelope(goodData), `"42"`, `42`, 1), field: "id", reason: "must be a string"},
		"a source that is no URI": {data: strings.Replace(envelope(goodData), `"ci"`, `"%zz"`, 1), field: "source", reason: "is not a URI reference"},
		"attributes of null":      {data: strings.NewReplacer(`"ci"`, `null`, `"42"`, "null").Replace(envelope(goodData)), field: "id,source", reason: "source: is missing"},
		"an older version":        {data: strings.Replace(envelope(goodData), "1.0", "0.3", 1), field: "specversion", reason: `"0.3" is not supported; use 1.0`},
		"an unknown version":      {header: binary, data: goodData, field: "specversion", reason: `"0.2" is not supported`},
		"another type":            {data: strings.Replace(envelope(goodData), "requested", "accepted", 1), field: "type", reason: "is not a release request; use dev.slipway.release.requested.v1"},
		"another media type":      {data: `{"specversion":"1.0","type":"t","source":"s","id":"i","datacontenttype":"text/xml","data":"<a/>"}`, field: "datacontenttype", reason: `"text/xml" is not supported`},
		"base64 of a number":      {data: strings.Replace(envelope("1"), `"data":`, `"data_base64":`, 1), field: "data_base64", reason: "must be a string"},
		"empty base64":            {data: strings.Replace(envelope(`""`), `"data":`, `"data_base64":`, 1), field: "data", reason: "is missing"},
		"base64 that is none":     {data: strings.Replace(envelope(`"="`), `"data":`, `"data_base64":`, 1), field: "data_base64", reason: "is not base64"},
		"no data":                 {data: strings.Replace(envelope("1"), `, "data": 1`, "", 1), field: "data", reason: "is missing"},
		"data of a string":        {data: envelope(`"yes"`), field: "data", reason: "must be an object, not a string"},
		"too large":               {data: envelope(goodData) + strings.Repeat(" ", wire.MaxPayload), field: "data", reason: "at most 262144 are taken"},
		"subject of another":      {subject: "slipway.request.sae.app-2", data: envelope(goodData), field: "subject", reason: `the application in the data, "slipway.request.sae.app-1"`},
		"subject of platform":     {subject: "slipway.request.fc.app-1", data: envelope(goodData), field: "subject", reason: "the application in the data"},
		"about another":           {data: strings.Replace(envelope(goodData), `"id": "42"`, `"id": "42", "subject": "sae/cn-hangzhou/app-2"`, 1), field: "subject", reason: `about "sae/cn-hangzhou/app-2", but its data is about "sae/cn-hangzhou/app-1"`},
		"about a set":             {data: strings.Replace(envelope(goodData), `"id": "42"`, `"id": "42", "subject": "set/shop"`, 1), field: "subject", reason: `about "set/shop", but its data`},
		"subject too short":       {subject: "slipway.request.sae", data: envelope(goodData), field: "subject", reason: "is not slipway.request.<platform>.<app-id>"},
		"subject too long":        {subject: "slipway.request.sae.app-1.x", data: envelope(goodData), field: "subject", reason: "is not slipway.request.<platform>.<app-id>"},
		"everything at once": {
			data: envelope(`{"app": {"platform": "k8s", "Region": "cn-hangzhou", "id": 7}, "artefact": {}, "strategy": {"type": "gray", "batches": 1.5, "gray": -1, "bake": "5x"},
				"limits": {"total": 3}, "scaling": {"suspend": "yes"}, "lane": []}`),
			field: "app.id,app.Region,strategy.batches,strategy.bake,scaling.suspend,limits.total,lane,artefact,app.platform,app.region,artifact,strategy.gray",
			reason: `app.id: must be a string, not 7; app.Region: is not a field here; there are platform, region, id, qualifier; strategy.batches: must be a whole number, not 1.5; ` +
				`strategy.bake: "5x" is not a duration such as 90s, 5m or 24h; scaling.suspend: must be true or false, not a string; limits.total: must be a string, not 3; lane: must be an object, not a list; artefact: is not a field here`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject := c.subject
			if subject == "" {
				subject = onApp1
			}
			_, err := wire.DecodeRequest(&nats.Msg{Subject: subject, Header: c.header, Data: []byte(c.data)})
			var poison *wire.PoisonError
			require.ErrorAs(t, err, &poison)
			require.Equal(t, c.field, poison.Field)
			require.Contains(t, poison.Reason, c.reason)
			require.NotContains(t, poison.Reason, "\n")
		})
	}
}

func TestRequest_PoisonOfASpecUnwrapsToItsProblems(t *testing.T) {
	t.Parallel()
	_, err := wire.DecodeRequest(&nats.Msg{Subject: onApp1, Data: []byte(envelope(`{}`))})
	var problems release.Problems
	require.ErrorAs(t, err, &problems)
	require.Contains(t, problems, release.Problem{Field: "artifact", Message: "give image or package, or config: a release brings an artifact, configuration or both"})
}
