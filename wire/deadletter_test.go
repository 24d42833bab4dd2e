package wire_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

func TestDeadLetterKeepsTheMessageAndAddsTheReason(t *testing.T) {
	t.Parallel()
	original := &nats.Msg{Subject: onApp1, Data: []byte("\x00garbage"), Header: nats.Header{
		"ce-id":                {"42"},
		"X-Trace":              {"a", "b"},
		"Nats-Msg-Id":          {"mine"},
		"nats-expected-stream": {"SLIPWAY_IN"},
		"Slipway-Reason":       {"forged"},
		"bad name":             {"v"},
		"Status":               {"503"},
	}}
	d := wire.Delivery{Stream: "SLIPWAY_IN", Sequence: 7, Count: 3, Stored: time.Unix(1, 5)}

	letter := wire.DeadLetter(original, d, &wire.PoisonError{Field: "app.id", Reason: "two\nlines"})
	require.Equal(t, "slipway.deadletter.slipway.request.sae.app-1", letter.Subject)
	require.Equal(t, original.Data, letter.Data)
	moved := letter.Header["Slipway-Original-Header"]
	require.ElementsMatch(t, []string{"Nats-Msg-Id: mine", "nats-expected-stream: SLIPWAY_IN", "Slipway-Reason: forged", "bad name: v", "Status: 503"}, moved)
	delete(letter.Header, "Slipway-Original-Header")
	require.Equal(t, nats.Header{
		"ce-id": {"42"}, "X-Trace": {"a", "b"},
		"Slipway-Reason": {"two lines"}, "Slipway-Field": {"app.id"},
		"Slipway-Delivery-Count": {"3"}, "Slipway-Stream-Sequence": {"7"},
		"Nats-Msg-Id": {"SLIPWAY_IN.7.1000000005"},
	}, letter.Header)
}

func TestDeadLetterHasOneIdentityForAllDeliveries(t *testing.T) {
	t.Parallel()
	id := func(d wire.Delivery) string {
		return wire.DeadLetter(&nats.Msg{Subject: onApp1}, d, &wire.PoisonError{}).Header.Get("Nats-Msg-Id")
	}
	first := wire.Delivery{Stream: "S", Sequence: 7, Count: 1, Stored: time.Unix(1, 0)}
	again, next, anew := first, first, first
	again.Count, next.Sequence, anew.Stored = 2, 8, time.Unix(2, 0)
	require.Equal(t, id(first), id(again))
	require.NotEqual(t, id(first), id(next))
	require.NotEqual(t, id(first), id(anew), "a stream that was deleted and made anew counts from 1 again")
}

// A dead letter is kept, and read by whoever looks after the bus.
func TestDeadLetterHasNoSecrets(t *testing.T) {
	t.Parallel()
	signed := "https://pkgs.oss-cn-hangzhou.aliyuncs.com/shop.jar?OSSAccessKeyId=hush&Expires=1700000000&Signature=hush"
	inData := `{"app": {"platform": "sae", "region": "cn-hangzhou", "id": "app-1"}, "artifact": {"package": {"url": "` + signed + `", "version": "1"}}}`
	cleanData := strings.Replace(inData, strings.SplitN(signed, "?", 2)[1], `OSSAccessKeyId=***\u0026Expires=***\u0026Signature=***`, 1)
	binaryOf := func(header nats.Header, data string) *nats.Msg {
		msg := binary(request("https://ci.example", "1"), data, "")
		maps.Copy(msg.Header, header)
		return msg
	}
	for name, c := range map[string]struct {
		msg      *nats.Msg
		redacted string
		data     string // what stays of it
	}{
		"in the data":              {&nats.Msg{Subject: onApp1, Data: []byte(envelope(inData))}, "data", envelope(cleanData)},
		"in binary mode":           {binaryOf(nil, inData), "data", cleanData},
		"in base64":                {&nats.Msg{Subject: onApp1, Data: []byte(`{"specversion":"1.0","id":"","data_base64":"` + base64.StdEncoding.EncodeToString([]byte(inData)) + `"}`)}, "data", `{"specversion":"1.0","id":"","data_base64":"` + base64.StdEncoding.EncodeToString([]byte(cleanData)) + `"}`},
		"in what is no event":      {&nats.Msg{Subject: onApp1, Data: []byte("\x00get " + signed)}, "data", "\x00get https://pkgs.oss-cn-hangzhou.aliyuncs.com/shop.jar?OSSAccessKeyId=***&Expires=***&Signature=***"},
		"in a header":              {binaryOf(nats.Header{"Authorization": {"Basic aHVzaDpodXNo"}, "Cookie": {"a=hush", "b=hush"}}, "{}"), "header Authorization, header Cookie", "{}"},
		"in an attribute":          {binaryOf(nats.Header{"ce-source": {"https://me:hush@ci.example"}}, "{}"), "header ce-source", "{}"},
		"percent-encoded":          {binaryOf(nats.Header{"ce-subject": {"https%3A%2F%2Fme%3Ahush%40x.example"}}, "{}"), "header ce-subject", "{}"},
		"in a header of JetStream": {binaryOf(nats.Header{"Nats-Msg-Id": {"https://me:hush@ci.example"}}, "{}"), "header Nats-Msg-Id", "{}"},
		"in the reason":            {&nats.Msg{Subject: onApp1, Data: []byte(envelope(`{"app": {"platform": "sae", "region": "cn-hangzhou", "id": "app-1"}, "artifact": {"image": "https://me:hush@x.example/shop:1"}}`))}, "data, reason", envelope(`{"app": {"platform": "sae", "region": "cn-hangzhou", "id": "app-1"}, "artifact": {"image": "https://***@x.example/shop:1"}}`)},
		"in the name of a field":   {&nats.Msg{Subject: onApp1, Data: []byte(envelope(`{"https://me:hush@x.example": 1}`))}, "data, reason, field", envelope(`{"https://***@x.example": 1}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			poison := refused(t, c.msg)
			letter := wire.DeadLetter(c.msg, wire.Delivery{Stream: wire.StreamIn, Sequence: 1, Count: 1}, poison)
			require.Equal(t, c.redacted, letter.Header.Get(wire.HeaderRedacted))
			require.Equal(t, c.data, string(letter.Data))
			all, err := json.Marshal(letter)
			require.NoError(t, err)
			for _, secret := range []string{"hush", "aHVzaDpodXNo"} {
				require.NotContains(t, string(all), secret)
			}
			require.NotContains(t, string(letter.Data), "hush")
			require.NotEmpty(t, letter.Header.Get(wire.HeaderReason))

			// Published again as it is, it is refused for what it is.
			again := &nats.Msg{Subject: onApp1, Header: letter.Header, Data: letter.Data}
			require.Equal(t, wire.HeaderRedacted, refused(t, again).Field)
		})
	}
}

// What has no secrets is kept byte for byte, and may be published again once it is mended.
func TestDeadLetterOfAnHonestMessageIsNotMarked(t *testing.T) {
	t.Parallel()
	msg := binary(request("https://ci.example/shop", "build 42"), goodData, "")
	letter := wire.DeadLetter(msg, wire.Delivery{Stream: wire.StreamIn, Sequence: 1, Count: 1}, &wire.PoisonError{Field: "subject", Reason: "no such release or set runs"})
	require.Empty(t, letter.Header.Values(wire.HeaderRedacted))
	require.Equal(t, msg.Data, letter.Data)
	letter.Subject = onApp1
	_, err := wire.DecodeRequest(letter)
	require.NoError(t, err)
}

func TestDeadLetterShortensALongReason(t *testing.T) {
	t.Parallel()
	letter := wire.DeadLetter(&nats.Msg{}, wire.Delivery{}, &wire.PoisonError{Reason: "x" + strings.Repeat("é", 100_000)})
	reason := letter.Header.Get(wire.HeaderReason)
	require.Less(t, len(reason), 4200)
	require.True(t, utf8.ValidString(reason))
}

func TestDeadletter_RefusedKeepsFields(t *testing.T) {
	t.Parallel()
	one := release.Problem{Field: "strategy.gray", Message: "too many"}
	for name, c := range map[string]struct {
		cause         error
		field, reason string
	}{
		"one problem":      {one, "strategy.gray", "strategy.gray: too many"},
		"several problems": {release.Problems{one, {Field: "app", Message: "missing"}}, "strategy.gray,app", "strategy.gray: too many; app: missing"},
		"anything else":    {errors.New("not\ntoday"), "", "not today"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := wire.Refused(c.cause)
			require.Equal(t, c.field, p.Field)
			require.Equal(t, c.reason, p.Error())
			require.ErrorContains(t, errors.Unwrap(p), c.cause.Error())
		})
	}
}

// TestDeadletter_WhatIsRefusedAsASecretIsCut holds two lists against each other: package release imports
// nothing, so that it has names of its own for what a gate must not ask with.
func TestDeadletter_WhatIsRefusedAsASecretIsCut(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]bool{
		"token": true, "Access_Token": true, "client_secret": true, "password": true, "passwd": true, "passphrase": true, "Signature": true,
		"credential": true, "apikey": true, "api-key": true, "access_key": true, "key": true, "sig": true, "sign": true, "auth": true,
		"auth_key": true, "hmac": true, "jwt": true, "sas": true, "pwd": true, "probe": false, "page": false, "deep": false, "monkey": false,
	} {
		address := "https://shop.example/health?" + name + "=hush4711"
		gate := release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: address}}.WithDefaults()
		require.Equal(t, secret, gate.Validate() != nil, name)
		letter := wire.DeadLetter(&nats.Msg{Subject: onApp1, Data: []byte("get " + address)}, wire.Delivery{}, &wire.PoisonError{Reason: "x"})
		require.Equal(t, secret, !strings.Contains(string(letter.Data), "hush"), name)
	}
}
