package payload_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"

	"slipway/payload"
)

// BenchmarkConverter writes and reads a value with encryption, and reports how many times
// as long it takes as without (times-plain), and how much longer (µs-more).
func BenchmarkConverter(b *testing.B) {
	for name, size := range map[string]int{"1KiB": 1 << 10, "16KiB": 16 << 10, "256KiB": 256 << 10} {
		b.Run(name, func(b *testing.B) {
			value := map[string]string{"note": strings.Repeat("x", size)}
			sealed, bare := payload.Converter(codec(b, autumn())), converter.GetDefaultDataConverter()
			var with, without time.Duration
			for b.Loop() {
				with += roundtrip(b, sealed, value)
				without += roundtrip(b, bare, value)
			}
			b.ReportMetric(float64(with)/float64(without), "times-plain")
			b.ReportMetric(float64((with-without).Nanoseconds())/float64(b.N)/1000, "µs-more")
		})
	}
}

func roundtrip(b *testing.B, dc converter.DataConverter, value map[string]string) time.Duration {
	b.Helper()
	began := time.Now()
	p, err := dc.ToPayload(value)
	require.NoError(b, err)
	var back map[string]string
	require.NoError(b, dc.FromPayload(p, &back))
	return time.Since(began)
}
