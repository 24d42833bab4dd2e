package wire_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
	"slipway/wire"
)

// structured writes an event as a publisher would that knows nothing of Slipway.
func structured(attributes map[string]string, data string) *nats.Msg {
	members := map[string]any{"data": json.RawMessage(data)}
	for name, value := range attributes {
		members[name] = value
	}
	text, _ := json.Marshal(members) //nolint:errchkjson // data is JSON
	return &nats.Msg{Subject: onApp1, Data: text}
}

// binary writes it in the other mode: section 3.1.3.2 of the NATS binding of CloudEvents.
// Besides what must be percent-encoded there are the characters of more, which may.
func binary(attributes map[string]string, data, more string) *nats.Msg {
	h := nats.Header{}
	for name, value := range attributes {
		var text strings.Builder
		for _, r := range value {
			if r > ' ' && r != '"' && r != '%' && r <= '~' && !strings.ContainsRune(more, r) {
				text.WriteRune(r)
				continue
			}
			for _, b := range []byte(string(r)) {
				_, _ = fmt.Fprintf(&text, "%%%02X", b)
			}
		}
		h["ce-"+name] = []string{text.String()}
	}
	return &nats.Msg{Subject: onApp1, Header: h, Data: []byte(data)}
}

func request(source, id string) map[string]string {
	return map[string]string{"specversion": "1.0", "type": wire.TypeRequested, "source": source, "id": id}
}

// One event is one release with one content, whichever way it is written.
func TestEncodings_OneEventIsOneIdentityInEveryEncoding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source, id := sources().Draw(t, "source"), texts().Draw(t, "id")
		note, err := json.Marshal(texts().Draw(t, "note"))
		require.NoError(t, err)
		data := strings.TrimSuffix(goodData, "}") + `,"note":` + string(note) + "}"
		inBase64 := structured(request(source, id), "1")
		inBase64.Data = []byte(strings.Replace(string(inBase64.Data), `"data":1`, `"data_base64":"`+base64.StdEncoding.EncodeToString([]byte(data))+`"`, 1))
		var first wire.Request
		for i, msg := range []*nats.Msg{
			structured(request(source, id), data), inBase64,
			binary(request(source, id), data, ""), binary(request(source, id), data, rapid.StringMatching(`[!-~]{0,9}`).Draw(t, "more")),
		} {
			got, err := wire.DecodeRequest(msg)
			require.NoError(t, err)
			require.Equal(t, release.ID(got.Spec.App, source, id), got.ReleaseID, "encoding %d", i)
			if i == 0 {
				first = got
			}
			require.Equal(t, first, got)
			require.Equal(t, first.Spec.Digest(), got.Spec.Digest())
		}
	})
}

// A source is taken byte for byte: what RFC 3986 tells apart stays apart.
func TestEncodings_SourcesThatDifferStayApart(t *testing.T) {
	t.Parallel()
	known := map[string]string{}
	for _, source := range []string{"ci/a/b", "ci/a%2Fb", "ci/a%2fb", "ci/a%252Fb", "ci/a/b#", "ci/a/b?", "HTTP://ci/", "http://ci/", "http://CI/", "a%20b", "a+b"} {
		for _, msg := range []*nats.Msg{structured(request(source, "1"), goodData), binary(request(source, "1"), goodData, "")} {
			got, err := wire.DecodeRequest(msg)
			require.NoError(t, err, source)
			if before, there := known[got.ReleaseID]; there {
				require.Equal(t, before, source)
			}
			known[got.ReleaseID] = source
		}
	}
	require.Len(t, known, 11)
}

// Every attribute is refused for the same reasons in both modes, and is named.
func TestEncodings_AttributesThatAreRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", release.MaxAttribute+1)
	const notAllowed = "which CloudEvents do not allow"
	for name, c := range map[string]struct{ attribute, value, reason string }{
		"an empty id":             {"id", "", "must not be empty"},
		"a long id":               {"id", long, "has 1025 bytes; at most 1024 are taken"},
		"an id with NUL":          {"id", "a\x00b", "has the character U+0000, " + notAllowed},
		"an id of two lines":      {"id", "a\nb", "has the character U+000A, " + notAllowed},
		"an id with DEL":          {"id", "a\x7f", "has the character U+007F, " + notAllowed},
		"an id with C1":           {"id", "a\u0085b", "has the character U+0085, " + notAllowed},
		"an id of no character":   {"id", "a\uFFFE", "has the character U+FFFE, " + notAllowed},
		"an id beyond":            {"id", "a\U0001FFFF", "has the character U+1FFFF, " + notAllowed},
		"an id of a blank":        {"id", " ", "must not begin or end with blanks"},
		"an id with a blank":      {"id", "42 ", "must not begin or end with blanks"},
		"an id with a wide blank": {"id", "\u300042", "must not begin or end with blanks"},
		"no source":               {"source", "", "must not be empty"},
		"a long source":           {"source", long, "at most 1024 are taken"},
		"a source with a blank":   {"source", "a shop", `is not a URI reference; use "a%20shop"`},
		"a source in Chinese":     {"source", "https://ci.example/购", `is not a URI reference; use "https://ci.example/%E8%B4%AD"`},
		"a source with a %":       {"source", "https://ci.example/100%", "is not a URI reference"},
		"a source of nothing":     {"source", "://", "is not a URI reference"},
		"a source with control":   {"source", "a\tb", "has the character U+0009"},
		"a source's password":     {"source", "https://me:hunter2@ci.example", "must have no password"},
		"an empty type":           {"type", "", "must not be empty"},
		"a type with control":     {"type", "a\x1bb", "has the character U+001B"},
		"an empty subject":        {"subject", "", "must not be empty"},
		"a subject with control":  {"subject", "a\x00", "has the character U+0000"},
		"a long subject":          {"subject", long, "at most 1024 are taken"},
		"a version with control":  {"specversion", "1.0\x00", "has the character U+0000"},
		"another version":         {"specversion", "0.3", `"0.3" is not supported; use 1.0`},
		"a long version":          {"specversion", long, "at most 1024 are taken"},
		"no media type":           {"datacontenttype", "application/", "is not a media type; use application/json"},
		"another media type":      {"datacontenttype", "text/xml", `"text/xml" is not supported; use application/json`},
		"a relative schema":       {"dataschema", "/schema", "is not an absolute URI"},
		"a time of day":           {"time", "10:00", "is not a time of RFC 3339 such as 2026-11-22T10:00:00Z"},
		"a time of nothing":       {"time", "", "must not be empty"},
		"a time with a blank":     {"time", "2026-11-22 10:00:00Z", "is not a time of RFC 3339"},
		"a time with a comma":     {"time", "2026-11-22T10:00:00,5Z", "is not a time of RFC 3339"},
		"a time of no zone":       {"time", "2026-11-22T10:00:00", "is not a time of RFC 3339"},
		"a time of hour 1":        {"time", "2026-11-22T1:00:00Z", "is not a time of RFC 3339"},
		"a time on 30 February":   {"time", "2026-02-30T10:00:00Z", "is not a time of RFC 3339"},
		"a leap second at noon":   {"time", "2016-12-31T12:00:60Z", "is not a time of RFC 3339"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attributes := request("ci", "1")
			attributes[c.attribute] = c.value
			for _, msg := range []*nats.Msg{structured(attributes, goodData), binary(attributes, goodData, "")} {
				poison := refused(t, msg)
				require.Equal(t, c.attribute, poison.Field, poison.Reason)
				require.Contains(t, poison.Reason, c.attribute+": ")
				require.Contains(t, poison.Reason, c.reason)
				require.NotContains(t, poison.Reason, "hunter2")
			}
		})
	}
}

// refused returns why a request is refused, in words that are nobody's but ours.
func refused(t *testing.T, msg *nats.Msg) *wire.PoisonError {
	t.Helper()
	_, err := wire.DecodeRequest(msg)
	var poison *wire.PoisonError
	require.ErrorAs(t, err, &poison)
	requirePlainWords(t, poison.Reason)
	return poison
}

// requirePlainWords refuses what only a reader of Go understands.
func requirePlainWords(t require.TestingT, reason string) {
	for _, word := range []string{
		"Go struct", "Go value", "json:", "cannot unmarshal", "interface {", "map[", "[]uint8", "time.Time", "%!", "2006-01-02",
	} {
		require.NotContains(t, reason, word)
	}
	require.NotRegexp(t, `\b(release|wire|event|types)\.[A-Z]`, reason)
}

func TestEncodings_TimesOfRFC3339(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"2026-11-22T10:00:00Z", "2026-11-22t10:00:00z", "2026-11-22T10:00:00.123456789012+08:00", "2026-11-22t10:00:00-00:00",
		"2016-12-31T23:59:60Z", "2017-01-01t07:59:60+08:00",
	} {
		attributes := request("ci", "1")
		attributes["time"] = text
		for _, msg := range []*nats.Msg{structured(attributes, goodData), binary(attributes, goodData, "")} {
			_, err := wire.DecodeRequest(msg)
			require.NoError(t, err, text)
		}
	}
	event := `{"specversion":"1.0","type":"dev.slipway.release.started.v1","source":"s","id":"i","time":"2016-12-31t23:59:60.5z","data":{}}`
	got, err := wire.DecodeEvent(&nats.Msg{Data: []byte(event)})
	require.NoError(t, err)
	require.Equal(t, time.Date(2017, 1, 1, 0, 0, 0, 5e8, time.UTC), got.Time)
}

// Which of two is meant nobody can tell, so that neither is taken.
func TestEncodings_WhatIsGivenTwiceIsRefused(t *testing.T) {
	t.Parallel()
	with := func(more nats.Header) *nats.Msg {
		msg := binary(request("ci", "1"), goodData, "")
		maps.Copy(msg.Header, more)
		return msg
	}
	written := func(old, text string) *nats.Msg {
		whole := fmt.Sprintf(`{"specversion":"1.0","type":%q,"source":"ci","id":"1","data":%s}`, wire.TypeRequested, goodData)
		require.Contains(t, whole, old)
		return &nats.Msg{Subject: onApp1, Data: []byte(strings.Replace(whole, old, text, 1))}
	}
	for name, c := range map[string]struct {
		msg           *nats.Msg
		field, reason string
	}{
		"an id in two spellings":      {with(nats.Header{"Ce-Id": {"2"}}), "id", "id: is given more than once"},
		"an id in three":              {with(nats.Header{"Ce-Id": {"1"}, "CE-ID": {"1"}}), "id", "id: is given more than once"},
		"an id with two values":       {with(nats.Header{"ce-id": {"1", "1"}}), "id", "id: is given more than once"},
		"a version":                   {with(nats.Header{"CE-specversion": {"1.0"}}), "specversion", "specversion: is given more than once"},
		"a time":                      {with(nats.Header{"ce-time": {"2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"}}), "time", "time: is given more than once"},
		"what others read":            {with(nats.Header{"ce-traceparent": {"00-x"}, "CE-TraceParent": {"00-y"}}), "traceparent", "is given more than once"},
		"two of them":                 {with(nats.Header{"Ce-Id": {"2"}, "Ce-Source": {"cd"}}), "id,source", "source: is given more than once"},
		"what decides the mode":       {with(nats.Header{"Content-Type": {"application/json"}, "content-type": {"application/cloudevents+json"}}), "Content-Type", "is given more than once"},
		"an id in the JSON format":    {written(`"id":"1"`, `"id":"1","id":"1"`), "id", "id: is given more than once"},
		"a null beside it":            {written(`"id":"1"`, `"id":null,"id":"1"`), "id", "id: is given more than once"},
		"an escaped name":             {written(`"id":"1"`, `"id":"1","\u0069d":"2"`), "id", "id: is given more than once"},
		"another case":                {written(`"id":"1"`, `"id":"1","Id":"2"`), "Id", "is not the name of an attribute: a-z and 0-9, and not data"},
		"data":                        {written(`"data":`, `"data":{},"data":`), "data", "data: is given more than once"},
		"data in another form":        {written(`"data":`, `"data_base64":"e30=","data":`), "data_base64", "is given beside data; an event has one of them"},
		"data that is null":           {written(`"data":`+goodData, `"data_base64":"e30=","data":null`), "data_base64", "is given beside data"},
		"an artifact":                 {written(`"artifact":`, `"artifact":{"image":"shop:1"},"artifact":`), "artifact", "artifact: is given more than once"},
		"an image":                    {written(`"image":`, `"image":"shop:1","image":`), "artifact.image", "artifact.image: is given more than once"},
		"an image, escaped":           {written(`"image":`, `"im\u0061ge":"shop:1","image":`), "artifact.image", "artifact.image: is given more than once"},
		"a field of a gate":           {written(`"app":`, `"strategy":{"type":"batch","gates":[{"name":"a","http":{"url":"https://x.example"}},{"name":"b","http":{"url":"https://x.example","url":"https://y.example"}}]},"app":`), "strategy.gates[1].http.url", "is given more than once"},
		"a field three times":         {written(`"app":`, `"note":"a","note":"b","note":"c","app":`), "note", "note: is given more than once"},
		"a field that does not exist": {written(`"app":`, `"x":{"y":1,"y":2},"app":`), "x.y,x", "x.y: is given more than once; x: is not a field here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 { // the order of a map is another each time
				poison := refused(t, c.msg)
				require.Equal(t, c.field, poison.Field, poison.Reason)
				require.Contains(t, poison.Reason, c.reason)
			}
		})
	}
}

// What would be replaced or passed over on reading makes another event of it.
func TestEncodings_WhatCannotBeReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	written := func(old, text string) *nats.Msg {
		whole := fmt.Sprintf(`{"specversion":"1.0","type":%q,"source":"ci","id":"build","data":%s}`, wire.TypeRequested, goodData)
		require.Contains(t, whole, old)
		return &nats.Msg{Subject: onApp1, Data: []byte(strings.Replace(whole, old, text, 1))}
	}
	headers := func(name, value string) *nats.Msg {
		msg := binary(request("ci", "1"), goodData, "")
		msg.Header[name] = []string{value}
		return msg
	}
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for name, c := range map[string]struct {
		msg           *nats.Msg
		field, reason string
	}{
		"half a character in an id":      {written(`"build"`, "\"build\xff1\""), "id", "id: is not Unicode text"},
		"half a pair in an id":           {written(`"build"`, `"build\ud83d"`), "id", "id: is not Unicode text"},
		"half a character in a header":   {headers("ce-id", "build%FF1"), "id", "id: is not UTF-8"},
		"a long form in a header":        {headers("ce-id", "%C0%A0"), "id", "id: is not UTF-8"},
		"NUL in a header":                {headers("ce-id", "a%00b"), "id", "id: has the character U+0000"},
		"a % in a header":                {headers("ce-id", "100%"), "id", "in a header % is written %25"},
		"half a quoted string":           {headers("ce-id", `"4`), "id", "begins with a quote and is no quoted string"},
		"more than a quoted string":      {headers("ce-id", `"4" 2`), "id", "begins with a quote and is no quoted string"},
		"a quoted string without an end": {headers("ce-id", `"4\`), "id", "begins with a quote and is no quoted string"},
		"a header without a name":        {headers("ce-", "x"), "", "is not the name of an attribute"},
		"data as an attribute":           {headers("ce-data", "x"), "data", "is not the name of an attribute"},
		"a name with a hyphen":           {headers("ce-trace-id", "x"), "trace-id", "is not the name of an attribute"},
		"half a pair in the data":        {written(`registry.example`, `\udc00`), "artifact.image", "artifact.image: is not Unicode text"},
		"half a character in the data":   {written(`registry.example`, "\xff"), "artifact.image", "artifact.image: is not Unicode text"},
		"text behind the event":          {written(`}}}`, `}}} {}`), "", "something follows the JSON object"},
		"text behind the data":           {&nats.Msg{Subject: onApp1, Header: binary(request("ci", "1"), "", "").Header, Data: []byte(goodData + "{}")}, "data", "is not JSON: something follows it"},
		"data that ends":                 {&nats.Msg{Subject: onApp1, Header: binary(request("ci", "1"), "", "").Header, Data: []byte(goodData[:40])}, "data", "is not JSON: it ends too early"},
		"an event that ends":             {&nats.Msg{Subject: onApp1, Data: []byte(`{"id":"1"`)}, "", "it is no JSON object (it ends too early)"},
		"a deep document":                {written(`"app":`, `"x":`+deep+`,"app":`), "data", "it is nested deeper than 32 levels"},
		"an attribute that is an object": {written(`"id":`, `"trace":{"id":1},"id":`), "trace", "must be a string, a number, true or false, not an object"},
		"a number for a time":            {written(`"id":`, `"time":1700000000,"id":`), "time", "time: must be a string, not a number"},
		"true for a subject":             {written(`"id":`, `"subject":true,"id":`), "subject", "subject: must be a string, not a boolean"},
		"a number for base64":            {written(`"data":`+goodData, `"data_base64":1`), "data_base64", "must be a string of base64, not a number"},
		"headers without a version":      {&nats.Msg{Subject: onApp1, Header: nats.Header{"ce-id": {"1"}, "ce-source": {"ci"}}, Data: []byte(goodData)}, "specversion", "is missing: the message is not a CloudEvent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			poison := refused(t, c.msg)
			require.Equal(t, c.field, poison.Field, poison.Reason)
			require.Contains(t, poison.Reason, c.reason)
		})
	}
	for _, good := range []*nats.Msg{
		written(`"build"`, `"build\ud83d\uded2"`), written(`"build"`, `"\uFFFD\\ufffd"`), written(`"build"`, "\"\uFFFD\""),
		written(`"id":`, `"attempt":3,"last":true,"none":null,"id":`), written(`"data":`, `"data_base64":null,"data":`),
	} {
		_, err := wire.DecodeRequest(good)
		require.NoError(t, err, "%s", good.Data)
	}
}

// Whatever a field holds instead, the refusal speaks of the field and not of the program.
func TestEncodings_RefusalsSpeakOfTheEvent(t *testing.T) {
	t.Parallel()
	values := []string{`1`, `1.5`, `1e999`, `"x"`, `true`, `[]`, `[1]`, `{}`, `{"a":1}`, `null`}
	attributes := []string{"specversion", "type", "source", "id", "time", "subject", "datacontenttype", "dataschema", "data_base64", "data", "other"}
	for _, name := range attributes {
		for _, value := range values {
			members := map[string]json.RawMessage{"specversion": []byte(`"1.0"`), "type": []byte(`"` + wire.TypeRequested + `"`), "source": []byte(`"ci"`), "id": []byte(`"1"`)}
			members[name] = json.RawMessage(value)
			data, err := json.Marshal(members)
			require.NoError(t, err)
			require.NotEmpty(t, refused(t, &nats.Msg{Subject: onApp1, Data: data}).Reason)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		spec, err := json.Marshal(specs().Draw(t, "spec").WithDefaults())
		require.NoError(t, err)
		spoilt := spoil(t, spec, rapid.SampledFrom(values).Draw(t, "value"))
		if _, err := wire.ParseSpec(spoilt); err != nil {
			requirePlainWords(t, err.Error())
		}
		event := fmt.Sprintf(`{"specversion":"1.0","type":"dev.slipway.release.started.v1","source":"s","id":"i","data":%s}`, spoilt)
		if _, err := wire.DecodeEvent(&nats.Msg{Data: []byte(event)}); err != nil {
			requirePlainWords(t, err.Error())
		}
	})
}

// spoil puts another value somewhere into a document.
func spoil(t *rapid.T, document []byte, value string) []byte {
	var parts map[string]json.RawMessage
	if json.Unmarshal(document, &parts) != nil || len(parts) == 0 || rapid.IntRange(0, 3).Draw(t, "here?") == 0 {
		return []byte(value)
	}
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(parts))).Draw(t, "name")
	parts[name] = spoil(t, parts[name], value)
	spoilt, err := json.Marshal(parts)
	require.NoError(t, err)
	return spoilt
}
