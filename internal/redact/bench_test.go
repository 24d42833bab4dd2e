package redact_test

import (
	"strings"
	"testing"

	"slipway/internal/redact"
)

// BenchmarkBytes shows what the largest message costs at worst.
func BenchmarkBytes(b *testing.B) {
	const size = 256 << 10
	for name, part := range map[string]string{
		"words": `"a",`, "pairs": `"a=b",`, "addresses": `"https://a:b@x/?a=b&token=c",`, "secrets": `"token=a",`, "names": `{"token":"a"},`,
	} {
		data := []byte("[" + strings.Repeat(part, size/len(part)) + "1]")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				redact.New().Bytes(data)
			}
		})
	}
	for name, part := range map[string]string{"text": "token", "an address in an address": "https://x/?a=", "queries": "https://x/?a=b&"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				redact.New().Bytes([]byte(strings.Repeat(part, size/len(part))))
			}
		})
	}
}
