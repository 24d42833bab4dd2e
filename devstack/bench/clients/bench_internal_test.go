package clients

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkCall measures calls whose answer is there at once, for profiles:
//
//	go test ./bench/clients -run '^$' -bench Call -benchmem -cpuprofile cpu.out
func BenchmarkCall(b *testing.B) {
	all, err := subjects(b.Context())
	require.NoError(b, err)
	for _, s := range all {
		for name, by := range map[string]func(string, http.RoundTripper) (call, error){s.client: s.ours, s.client + " floor": s.floor} {
			b.Run(name, func(b *testing.B) {
				do, err := by("http://127.0.0.1", s.sample)
				require.NoError(b, err)
				b.ReportAllocs()
				for b.Loop() {
					if err := do(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
