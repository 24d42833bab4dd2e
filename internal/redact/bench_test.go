package redact_test

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"testing"

	"slipway/internal/redact"
)

// largest is the size of the largest message.
const largest = 256 << 10

// worst are messages of a size that cost much, by what there is so much of in them.
func worst(size int) map[string][]byte {
	out := map[string][]byte{}
	for name, part := range map[string]string{
		"words": `"a",`, "pairs": `"a=b",`, "addresses": `"https://a:b@x/?a=b&token=c",`, "secrets": `"token=a",`, "names": `{"token":"a"},`,
		"numbers": `{"token":1},`, "escapes": `"token=\u0041\/",`, "data in base64": `{"data_base64":"dG9rZW49eA=="},`, "empty lists": `[],`,
		"late names": `{"value":1,"name":"token"},`,
	} {
		out[name] = []byte("[" + strings.Repeat(part, size/len(part)) + "1]")
	}
	for name, part := range map[string]string{
		"text": "token", "an address in an address": "https://x/?a=", "queries": "https://x/?a=b&", "mirrors": "https://a@x/", "no JSON": "the quick brown fox: ",
		"secrets in text": "token=a ", "addresses in text": "https://a:b@x/?a=b&token=c ", "web tokens": "-eyJ", "private keys": "-----BEGIN -----END ",
		"dashes": "-", "colons": ":", "names without a value": "token: ", "letters": "pas", "keys of Google": "-AIza", "lines": "cookie: a\n",
		"long letters": "ſ", "no UTF-8": "\xff", "blanks": " ", "deep lists": "[", "deep objects": `{"a":`, "a deep secret": `{"token":`,
		"deep values": `{"value":`,
		"bearers":     "bearer ", "half an escape": `"token=\q"`, "assignments": `a="`,
	} {
		out[name] = []byte(strings.Repeat(part, size/len(part)))
	}
	for name, part := range map[string]string{
		"one long text": "see https://x.example/a?b=c ", "one long secret": "token=a, ", "word characters": "a", "quotes": `\"`, "backslashes": `\\`,
		"quotes in a value": `\\\"`, "line breaks": `\n`, "ampersands": "&", "escaped ampersands": `\u0026`,
	} {
		out[name] = []byte(`{"a":"token=` + strings.Repeat(part, size/len(part)) + `"}`)
	}
	for name, part := range map[string]string{"a query": "a=b&", "an encoded query": "%41=%41&", "an empty query": "=;", "users in a query": "a=x://b&"} {
		out[name] = []byte(`["https://x/?` + strings.Repeat(part, size/len(part)) + `token=a"]`)
		out[name+" without a secret"] = []byte(`["https://x/?` + strings.Repeat(part, size/len(part)) + `"]`)
	}
	nested := []byte(strings.Repeat("token=a ", size*27/64/8)) // each time it grows by a third
	for range 3 {
		nested = []byte(`{"data_base64":"` + base64.StdEncoding.EncodeToString(nested) + `"}`)
	}
	out["base64 in base64"] = nested
	return out
}

// BenchmarkBytes shows what the largest message costs at worst.
func BenchmarkBytes(b *testing.B) {
	kinds := worst(largest)
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(largest)
			b.ReportAllocs()
			for b.Loop() {
				redact.New().Bytes(kinds[name])
			}
		})
	}
}
