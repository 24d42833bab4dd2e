package redact_test

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/internal/redact"
)

// pieces are what texts with secrets are made of, and what they are nearly made of.
func pieces() []string {
	return []string{
		"a", "b1", "_", "-", ".", " ", "  ", "\n", "\r\n", "\t", "=", ":", ": ", "&", "&amp;", "&AMP;", `\u0026`, ";", ",", "?", "#", "/", "//", `\/\/`, "@", "%3D",
		"%", "%4", "%41", "+", "*", "***", `"`, `\"`, `\\"`, "'", `\`, "<", ">", "(", "{", "}", "[", "]", "\x00", "é", "ſ", "\u212a", "\xff", "\xe2\x84", "\u2028", "0", "12345678",
		"https://", `https:\/\/`, "://", "x://h/?", "me:hush@x.example", "mailto:me", "password", "passwd", "passd", "paſſword", "passphrase", "PWD", "secret", "To\u212aen", "token",
		"signature", "Credential", "access", "api_", "private.", "session-", "sts", "account", "key", "Key", "\u212aey", "x-oss-", "X-Amz-", "x-sdk-", "authorization", "Authorization: ", "cookie", "Set-Cookie: ",
		"sig", "sign", "auth", "code", "jwt", "sas", "ſig", "ak", "sk", "SK", "ſ\u212a", "task", "&sig=", "?code=", "bearer ", "Basic ", "baſic\t", "0123456789abcdef", "hush/hush+hush~hush==",
		"eyJ", "eyJhbGciOiJI", ".eyJzdWIiOiIx", ".hush-hush", "LTAI", "LTAI5tAbCdEfGhIjKl", "AKIA", "AKIAIOSFODNN7EXAMPLE", "STS.", "STS.NTabcdefghijklmnop", "SU", "SUAJP3KWQYBOEDKPSV4AMOVAGWNT2HGIVUWQOUQTBW6SIAG4GB4VLJE6N4", "AIza",
		"AIzaSyA0123456789abcdefghijklmnopqrstuv", "ya29.", "ghp_", "ghp_0123456789abcdefghij", "glpat-", "glpat-0123456789abcdefghij", "xoxb-", "xoxb-0123456789",
		"-----BEGIN ", "-----BEGIN RSA PRIVATE KEY-----", "PRIVATE KEY-----", "-----END ", "-----END PRIVATE KEY-----", "-----",
		"token=", `"token":`, `{"name":"PASSWORD",`, `"value":"hush"`, `{"value":"hush",`, `"name":"PASSWORD"}`, `{"data_base64":"`, "dG9rZW49eA==", "true", "null", "-1.5e3", `"a"`, `{"a":`, `[1,`, `"`,
	}
}

// drawText draws a text of pieces.
func drawText(t *rapid.T, most int) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces()), 0, most).Draw(t, "pieces"), "")
}

// madeOf makes a text of pieces of what a fuzzer says.
func madeOf(data []byte) string {
	all := pieces()
	var out strings.Builder
	for _, c := range data {
		if int(c) < len(all) {
			out.WriteString(all[c])
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// same checks that a text is cut as the expressions cut it.
func same(t require.TestingT, now, first *reference, text string) {
	got, cut := redact.New().Text(text)
	again, more := redact.New().Text(got)
	require.Equal(t, got, again, "%q", text)
	require.False(t, more, "%q", text)
	rest, left := first.Text(got)
	require.False(t, left, "%q became %q and could become %q", text, got, rest)
	if got == redact.Mark { // perhaps because it went on and on
		return
	}
	want, found := now.Text(text)
	require.Equal(t, want, got, "%q", text)
	require.Equal(t, found, cut, "%q", text)
}

// sameBytes checks that a document is cut as the expressions cut it.
func sameBytes(t require.TestingT, now, first *reference, data string) {
	got, cut := redact.New().Bytes([]byte(data))
	again, more := redact.New().Bytes(got)
	require.Equal(t, string(got), string(again), "%q", data)
	require.False(t, more, "%q", data)
	rest, left := first.Bytes(got)
	require.False(t, left, "%q became %q and could become %q", data, got, rest)
	if json.Valid([]byte(data)) {
		require.True(t, json.Valid(got), "%q became %q", data, got)
	}
	if string(got) == `"`+redact.Mark+`"` {
		return
	}
	want, found := now.Bytes([]byte(data))
	require.Equal(t, normal(want), normal(got), "%q", data)
	require.Equal(t, found, cut, "%q", data)
}

// normal has one way for what may be escaped and need not be, and for what is no UTF-8.
func normal(data []byte) string {
	text := strings.NewReplacer(`\u2028`, "\u2028", `\ufffd`, "\ufffd", `\b`, `\u0008`, `\f`, `\u000c`).Replace(string(data))
	var out strings.Builder
	for _, r := range text {
		out.WriteRune(r)
	}
	return out.String()
}

// Whatever the expressions cut is cut, and nothing else.
func TestDifferential_TextIsCutAsByExpressions(t *testing.T) {
	t.Parallel()
	now, first := newReference(), firstReference()
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t, 24)
		same(t, now, first, text)
		name := drawText(t, 4)
		require.Equal(t, now.IsSecret(name), redact.New().IsSecret(name), "%q", name)
	})
}

func TestDifferential_DocumentsAreCutAsByExpressions(t *testing.T) {
	t.Parallel()
	now, first := newReference(), firstReference()
	rapid.Check(t, func(t *rapid.T) {
		document := drawValue(t, 3)
		data, err := json.Marshal(document)
		require.NoError(t, err)
		sameBytes(t, now, first, string(data))
		at := rapid.IntRange(0, len(data)).Draw(t, "at")
		sameBytes(t, now, first, string(data[:at]))
		sameBytes(t, now, first, string(data[:at])+drawText(t, 3)+string(data[at:]))
		sameBytes(t, now, first, drawText(t, 16))
	})
}

// drawValue draws a value of JSON.
func drawValue(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 7).Draw(t, "kind"); {
	case kind < 2 && depth > 0:
		out := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			out[rapid.OneOf(rapid.SampledFrom([]string{"name", "value", "data_base64", "token", "ak"}), rapid.Custom(func(t *rapid.T) string { return drawText(t, 2) })).Draw(t, "name")] = drawValue(t, depth-1)
		}
		return out
	case kind == 2 && depth > 0:
		out := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			out = append(out, drawValue(t, depth-1))
		}
		return out
	case kind == 3:
		return rapid.SampledFrom([]any{nil, true, 0, -1.5e300}).Draw(t, "literal")
	case kind == 4 && depth > 0:
		inner, err := json.Marshal(drawValue(t, depth-1))
		if err != nil {
			return nil
		}
		return base64.StdEncoding.EncodeToString(inner)
	case kind == 5:
		return rapid.SampledFrom([]string{"PASSWORD", "hush", redact.Mark, ""}).Draw(t, "word")
	}
	return drawText(t, 6)
}

// FuzzExpressions compares texts of pieces, and documents, with the expressions.
func FuzzExpressions(f *testing.F) {
	for seed := range uint64(64) {
		random := rand.New(rand.NewPCG(seed, seed))
		data := make([]byte, random.IntN(40))
		for i := range data {
			data[i] = byte(random.IntN(len(pieces())))
		}
		f.Add(data)
	}
	now, first := newReference(), firstReference()
	f.Fuzz(func(t *testing.T, data []byte) {
		text := madeOf(data)
		same(t, now, first, text)
		sameBytes(t, now, first, text)
	})
}
