package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
	"slipway/wire"
)

// stored is a dead letter as the stream returns it.
func stored(msg *nats.Msg, why *wire.PoisonError) *jetstream.RawStreamMsg {
	letter := wire.DeadLetter(msg, wire.Delivery{Stream: wire.StreamIn, Sequence: 7, Count: 3, Stored: time.Unix(1, 0)}, why)
	letter.Header.Set("Nats-Sequence", "12") // what direct get adds
	return &jetstream.RawStreamMsg{Subject: letter.Subject, Sequence: 12, Time: time.Unix(2, 0), Header: letter.Header, Data: letter.Data}
}

// What is written is read: the message can be published again as the same event, for the same
// release.
func TestLetter_ARequestSurvivesItsDeadLetter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec, origin := specs().Draw(t, "spec"), origins().Draw(t, "origin")
		msg, err := wire.EncodeRequest(origin, spec)
		require.NoError(t, err)
		l := wire.ReadDeadLetter(stored(msg, &wire.PoisonError{Field: "subject", Reason: "not now"}))
		if len(l.Redacted) > 0 { // what was drawn looks like a secret
			_, err := l.Target()
			require.ErrorContains(t, err, "secret", "what was cut out cannot be published again")
			return
		}
		require.Equal(t, []string{origin.Source, origin.ID, wire.TypeRequested, spec.App.SearchValue()}, []string{l.Source, l.EventID, l.Type, l.About})
		id, err := l.Target()
		require.NoError(t, err)
		require.Equal(t, release.ID(spec.App, origin.Source, origin.ID), id)

		again := l.Original()
		require.Equal(t, msg.Subject, again.Subject)
		require.Equal(t, msg.Data, again.Data)
		require.Empty(t, again.Header.Get("Nats-Msg-Id"), "the stream would drop it")
		delete(msg.Header, "Nats-Msg-Id")
		require.Equal(t, msg.Header, again.Header)
	})
}

func TestLetter_EveryHeaderIsReadAsItCame(t *testing.T) {
	t.Parallel()
	header := nats.Header{
		"ce-specversion": {"1.0"}, "ce-id": {"build 42"}, "ce-source": {"ci"}, "ce-type": {wire.TypeRequested},
		"X-Trace": {"a", "b"}, "Nats-Msg-Id": {"mine"}, "nats-expected-stream": {"SLIPWAY_IN"}, "Slipway-Reason": {"forged", "twice"}, "Status": {"503"},
	}
	l := wire.ReadDeadLetter(stored(&nats.Msg{Subject: onApp1, Header: header, Data: []byte("\x00garbage")}, &wire.PoisonError{Field: "data", Reason: "no"}))
	require.Equal(t, header, l.Header)
	require.Equal(t, "\x00garbage", string(l.Data))
	require.Equal(t, wire.Letter{
		Sequence: 12, At: time.Unix(2, 0), Subject: onApp1, Kind: wire.KindRequest, Header: header, Data: l.Data,
		Reason: "no", Field: "data", Deliveries: 3, StreamSequence: 7, Source: "ci", EventID: "build 42", Type: wire.TypeRequested, About: "sae/?/app-1",
	}, l)
	again := l.Original().Header
	require.NotContains(t, again, "Nats-Msg-Id")
	require.NotContains(t, again, "nats-expected-stream", "JetStream would act on it")
	require.Equal(t, []string{"forged", "twice"}, again["Slipway-Reason"])
	_, err := l.Target()
	require.Error(t, err, "garbage is refused again")
}

func TestLetter_WhatItIsFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		subject string
		data    string
		kind    wire.MessageKind
		about   string
	}{
		"an application":         {onApp1, envelope(goodData), wire.KindRequest, "sae/cn-hangzhou/app-1"},
		"another one than named": {"slipway.request.sae.app-2", envelope(goodData), wire.KindRequest, "sae/?/app-2"},
		"no application":         {"slipway.request.sae.app.1", envelope(goodData), wire.KindRequest, ""},
		"a command":              {"slipway.command.r-abcdefghijklmnop", "{}", wire.KindCommand, "r-abcdefghijklmnop"},
		"a set":                  {"slipway.request.set.nightly", "{", wire.KindSet, "set/nightly"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := wire.ReadDeadLetter(stored(&nats.Msg{Subject: c.subject, Data: []byte(c.data)}, &wire.PoisonError{Reason: "x"}))
			require.Equal(t, []string{string(c.kind), c.about}, []string{string(l.Kind), l.About})
		})
	}
}

func TestLetter_OneWithSecretsCutOutIsNotPublishedAgain(t *testing.T) {
	t.Parallel()
	msg := &nats.Msg{Subject: onApp1, Header: nats.Header{"Authorization": {"Basic aHVzaDpodXNo"}}, Data: []byte(envelope(goodData))}
	l := wire.ReadDeadLetter(stored(msg, &wire.PoisonError{Reason: "x"}))
	require.Equal(t, []string{"header Authorization"}, l.Redacted)
	_, err := l.Target()
	var bad *wire.PoisonError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, wire.HeaderRedacted, bad.Field)
	require.Contains(t, bad.Reason, "header Authorization")
}

func TestLetter_EveryProblemIsToldApart(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 5000)
	for name, c := range map[string]struct {
		why  *wire.PoisonError
		want release.Problems
	}{
		"several": {
			wire.Refused(release.Problems{{Field: "app.id", Message: "is missing; name it"}, {Field: "strategy.gray", Message: "app: not one"}}),
			release.Problems{{Field: "app.id", Message: "is missing; name it"}, {Field: "strategy.gray", Message: "app: not one"}},
		},
		"one of a field":         {&wire.PoisonError{Field: "subject", Reason: "no such release"}, release.Problems{{Field: "subject", Message: "no such release"}}},
		"the whole message":      {&wire.PoisonError{Reason: "null"}, release.Problems{{Message: "null"}}},
		"a comma in a name":      {wire.Refused(release.Problem{Field: "a,b", Message: "is not known"}), release.Problems{{Field: "a,b", Message: "a,b: is not known"}}},
		"a reason that was cut":  {wire.Refused(release.Problems{{Field: "a", Message: long}, {Field: "b", Message: "x"}}), nil},
		"a reason without field": {&wire.PoisonError{Field: "a,b", Reason: "both"}, release.Problems{{Field: "a,b", Message: "both"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := wire.ReadDeadLetter(stored(&nats.Msg{Subject: onApp1}, c.why)).Problems()
			if c.want == nil {
				require.Len(t, got, 1)
				require.Equal(t, "a", got[0].Field)
				return
			}
			require.Equal(t, c.want, got)
		})
	}
}
