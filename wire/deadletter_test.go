package wire_test

import (
	"errors"
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

func TestDeadLetterShortensALongReason(t *testing.T) {
	t.Parallel()
	letter := wire.DeadLetter(&nats.Msg{}, wire.Delivery{}, &wire.PoisonError{Reason: "x" + strings.Repeat("é", 100_000)})
	reason := letter.Header.Get(wire.HeaderReason)
	require.Less(t, len(reason), 4200)
	require.True(t, utf8.ValidString(reason))
}

func TestRefusedKeepsFields(t *testing.T) {
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
