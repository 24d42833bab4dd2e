package wire_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

// annSeed is a key that nobody uses, so that signatures are the same each time.
const annSeed = "SUAJP3KWQYBOEDKPSV4AMOVAGWNT2HGIVUWQOUQTBW6SIAG4GB4VLJE6N4"

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func signer(tb testing.TB, seed string) *wire.Signer {
	tb.Helper()
	s, err := wire.NewSigner([]byte(seed))
	require.NoError(tb, err)
	return s
}

// signedAbort is a signed command to a release.
func signedAbort(tb testing.TB) *nats.Msg {
	tb.Helper()
	msg, err := wire.EncodeCommand(wire.Origin{Source: "https://ops.example/ann", ID: "17", Time: noon(), Signer: signer(tb, annSeed)}, "r-1",
		release.Command{Kind: release.CommandAbort, By: "ann", Reason: "a < b"})
	require.NoError(tb, err)
	return msg
}

// attributesOf takes a structured event apart.
func attributesOf(tb testing.TB, msg *nats.Msg) (attributes map[string]string, data string) {
	tb.Helper()
	var members map[string]json.RawMessage
	require.NoError(tb, json.Unmarshal(msg.Data, &members))
	attributes, data = map[string]string{}, string(members["data"])
	delete(members, "data")
	for name, value := range members {
		var text string
		require.NoError(tb, json.Unmarshal(value, &text))
		attributes[name] = text
	}
	return attributes, data
}

func TestSignature_OfEverythingThatIsPublished(t *testing.T) {
	t.Parallel()
	ann := wire.Origin{Source: "cli", ID: "1", Time: noon().Add(time.Millisecond), Signer: signer(t, annSeed)}
	spec, set, named := shopSpec(), checkoutSet(), production()
	spec.RequestedBy, set.Set.RequestedBy = "ann", "ann"
	named.Says["requestedBy"] = "ann"
	asAnn := ann
	asAnn.Identity = "ann"
	abort := release.Command{Kind: release.CommandAbort, By: "ann"}
	for name, encode := range map[string]func() (*nats.Msg, error){
		"a request":                func() (*nats.Msg, error) { return wire.EncodeRequest(ann, spec) },
		"a request by name":        func() (*nats.Msg, error) { return wire.EncodeNamedRequest(ann, named) },
		"a set":                    func() (*nats.Msg, error) { return wire.EncodeSetRequest(ann, set) },
		"a command":                func() (*nats.Msg, error) { return wire.EncodeCommand(ann, "r-1", abort) },
		"a command of an identity": func() (*nats.Msg, error) { return wire.EncodeVerifiedCommand(asAnn, spec.App, "r-1", abort) },
	} {
		msg, err := encode()
		require.NoError(t, err, name)
		got, err := wire.SignatureOf(msg)
		require.NoError(t, err, name)
		require.Equal(t, &wire.Signature{Key: ann.Signer.PublicKey(), Time: ann.Time}, got, name)
	}
	unsigned := ann
	unsigned.Signer = nil
	msg, err := wire.EncodeRequest(unsigned, spec)
	require.NoError(t, err)
	got, err := wire.SignatureOf(msg)
	require.NoError(t, err)
	require.Nil(t, got)

	ann.Time = time.Time{}
	_, err = wire.EncodeRequest(ann, spec)
	require.ErrorContains(t, err, "says when it was created")
	ann.Time = noon()
	_, err = wire.EncodeRequest(ann, shopSpec())
	require.ErrorContains(t, err, "requestedBy: is missing: what is signed says who it is of")
}

// TestSignature_IsOfTheDocumentedText: whoever writes a client signs this text.
func TestSignature_IsOfTheDocumentedText(t *testing.T) {
	t.Parallel()
	msg := signedAbort(t)
	attributes, data := attributesOf(t, msg)
	require.Equal(t, `{"by":"ann","reason":"a \u003c b"}`, data)
	text := strings.Join([]string{
		"slipway-signature-v1", "slipway.command.r-1", "17", "https://ops.example/ann", "dev.slipway.command.abort.v1", "2026-11-22T12:00:00Z",
		"sha256:3c2fa1059ceb857bcfcb810af9e6288fff59f340f498c8b0a58fd8be73a08852",
	}, "\n")
	pair, err := nkeys.FromSeed([]byte(annSeed))
	require.NoError(t, err)
	signature, err := pair.Sign([]byte(text))
	require.NoError(t, err)
	require.Equal(t, base64.RawURLEncoding.EncodeToString(signature), attributes["signature"])
}

// TestSignature_IsOfThisEventOnThisSubject: nothing that means something can be changed, in either encoding.
func TestSignature_IsOfThisEventOnThisSubject(t *testing.T) {
	t.Parallel()
	msg := signedAbort(t)
	good, data := attributesOf(t, msg)
	other := signer(t, newSeed(t))
	for name, c := range map[string]struct {
		change  map[string]string
		data    string
		subject string
		field   string
	}{
		"nothing":              {},
		"what means nothing":   {change: map[string]string{"subject": "r-1", "traceparent": "00-1"}},
		"another release":      {subject: "slipway.command.r-2", field: "signature"},
		"another identity":     {subject: "slipway.by.ann.command.sae.cn-hangzhou.shop.r-1", field: "signature"},
		"another id":           {change: map[string]string{"id": "18"}, field: "signature"},
		"another source":       {change: map[string]string{"source": "https://ops.example/bo"}, field: "signature"},
		"another command":      {change: map[string]string{"type": "dev.slipway.command.resume.v1"}, field: "signature"},
		"another time":         {change: map[string]string{"time": "2026-11-22T12:00:01Z"}, field: "signature"},
		"the time otherwise":   {change: map[string]string{"time": "2026-11-22T12:00:00.0Z"}, field: "signature"},
		"other data":           {data: `{"by":"ann","reason":"a > b"}`, field: "signature"},
		"the data otherwise":   {data: `{"by":"ann", "reason":"a < b"}`, field: "signature"},
		"another key":          {change: map[string]string{"signedby": other.PublicKey()}, field: "signature"},
		"no key":               {change: map[string]string{"signedby": ""}, field: "signedby"},
		"no signature":         {change: map[string]string{"signature": ""}, field: "signedby"},
		"no time":              {change: map[string]string{"time": ""}, field: "time"},
		"half a signature":     {change: map[string]string{"signature": good["signature"][:43]}, field: "signature"},
		"the other base64":     {change: map[string]string{"signature": good["signature"] + "=="}, field: "signature"},
		"an account's key":     {change: map[string]string{"signedby": "A" + good["signedby"][1:]}, field: "signedby"},
		"the seed as the key":  {change: map[string]string{"signedby": annSeed}, field: "signedby"},
		"a key that is no key": {change: map[string]string{"signedby": "ann"}, field: "signedby"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attributes := maps.Clone(good)
			for attribute, value := range c.change {
				attributes[attribute] = value
				if value == "" {
					delete(attributes, attribute)
				}
			}
			with := data
			if c.data != "" {
				with = c.data
			}
			inBase64 := structured(attributes, "1")
			inBase64.Data = []byte(strings.Replace(string(inBase64.Data), `"data":1`, `"data_base64":"`+base64.StdEncoding.EncodeToString([]byte(with))+`"`, 1))
			for i, msg := range []*nats.Msg{rawStructured(attributes, with), inBase64, binary(attributes, with, "")} {
				msg.Subject = "slipway.command.r-1"
				if c.subject != "" {
					msg.Subject = c.subject
				}
				got, err := wire.SignatureOf(msg)
				if c.field == "" {
					require.NoError(t, err)
					require.Equal(t, good["signedby"], got.Key)
					_, _, err = wire.DecodeCommand(msg)
					require.NoError(t, err)
					continue
				}
				var poison *wire.PoisonError
				require.ErrorAs(t, err, &poison, "encoding %d", i)
				require.Equal(t, c.field, poison.Field, "encoding %d: %s", i, poison.Reason)
				require.NotContains(t, poison.Reason, annSeed)
				require.Equal(t, poison.Reason, wire.DeadLetter(msg, wire.Delivery{}, poison).Header.Get(wire.HeaderReason), "encoding %d", i)
			}
		})
	}
}

// rawStructured is a structured event whose data stands in it as it is given.
func rawStructured(attributes map[string]string, data string) *nats.Msg {
	msg := structured(attributes, "1")
	msg.Data = []byte(strings.Replace(string(msg.Data), `"data":1`, `"data":`+data, 1))
	return msg
}

func newSeed(tb testing.TB) string {
	tb.Helper()
	pair, err := nkeys.CreateUser()
	require.NoError(tb, err)
	seed, err := pair.Seed()
	require.NoError(tb, err)
	return string(seed)
}

func TestSignature_CountsForAWhile(t *testing.T) {
	t.Parallel()
	s := wire.Signature{Time: noon()}
	for after, part := range map[time.Duration]string{
		0: "", wire.MaxSignatureAge: "", -wire.MaxClockSkew: "",
		wire.MaxSignatureAge + time.Second: "was signed 15m1s before it was stored", -wire.MaxClockSkew - time.Second: "was signed 5m1s after it was stored",
	} {
		err := s.CheckTime(noon().Add(after))
		if part == "" {
			require.NoError(t, err)
			continue
		}
		var problem release.Problem
		require.ErrorAs(t, err, &problem)
		require.Equal(t, "time", problem.Field)
		require.Contains(t, problem.Message, part)
	}
}

func TestSigner_NoSecretIsTold(t *testing.T) {
	t.Parallel()
	s := signer(t, "\n"+annSeed+"\n")
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", s, s, s, s), annSeed)
	creds := "-----BEGIN NATS USER JWT-----\nx\n------END NATS USER JWT------\n-----BEGIN USER NKEY SEED-----\n" + annSeed + "\n------END USER NKEY SEED------\n"
	require.Equal(t, s.PublicKey(), signer(t, creds).PublicKey())
	account, err := nkeys.CreateAccount()
	require.NoError(t, err)
	seed, err := account.Seed()
	require.NoError(t, err)
	for _, bad := range []string{"", "hush", "SUhush", annSeed[:57] + "A", string(seed)} {
		_, err := wire.NewSigner([]byte(bad))
		require.ErrorContains(t, err, "holds no seed of a user key")
	}
}

// TestSignature_IsNotInADeadLetter: who reads dead letters cannot publish what was signed and refused.
func TestSignature_IsNotInADeadLetter(t *testing.T) {
	t.Parallel()
	msg := signedAbort(t)
	attributes, data := attributesOf(t, msg)
	inHeaders := binary(attributes, data, "")
	inHeaders.Subject = msg.Subject
	for _, signed := range []*nats.Msg{msg, inHeaders} {
		letter := wire.DeadLetter(signed, wire.Delivery{}, &wire.PoisonError{Reason: "no"})
		require.NotContains(t, fmt.Sprintf("%s %s", letter.Header, letter.Data), attributes["signature"])
		read := wire.ReadDeadLetter(&jetstream.RawStreamMsg{Subject: letter.Subject, Header: letter.Header, Data: letter.Data})
		require.Equal(t, attributes["signedby"], read.SignedBy)
		_, err := read.Target()
		require.ErrorContains(t, err, "its signature, and secrets if it had any, were cut out of it")
	}
}

// FuzzSignature: what is read as signed by a key was signed by it, for that subject.
func FuzzSignature(f *testing.F) {
	good := signedAbort(f)
	attributes, data := attributesOf(f, good)
	f.Add("slipway.command.r-1", "17", "https://ops.example/ann", "2026-11-22T12:00:00Z", data, attributes["signature"])
	f.Add("slipway.command.r-1", "17\nhttps://ops.example/ann", "", "2026-11-22T12:00:00Z", data, attributes["signature"])
	f.Add("slipway.command.r-1\n17", "https://ops.example/ann", "x", "2026-11-22T12:00:00Z", data, attributes["signature"])
	f.Add("slipway.command.r-1", "17", "x", "soon", "", "")
	f.Fuzz(func(t *testing.T, subject, id, source, at, content, signature string) {
		changed := maps.Clone(attributes)
		changed["id"], changed["source"], changed["time"], changed["signature"] = id, source, at, signature
		msg := binary(changed, content, "")
		msg.Subject = subject
		got, err := wire.SignatureOf(msg)
		if err != nil {
			require.ErrorAs(t, err, new(*wire.PoisonError))
			return
		}
		require.NotNil(t, got)
		require.Equal(t, attributes, changed)
		require.Equal(t, data, content)
		require.Equal(t, good.Subject, subject)
	})
}
