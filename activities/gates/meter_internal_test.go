package gates

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// Every kind of gate that a release may have can be measured.
func TestMeterOf_EveryKind(t *testing.T) {
	t.Parallel()
	measured := map[release.GateKind]release.Gate{
		release.GateHTTP:       {HTTP: &release.HTTPGate{URL: "http://shop.example/healthz"}},
		release.GatePrometheus: {Prometheus: &release.PrometheusGate{Address: "http://prometheus.example:9090"}},
	}
	g, err := New(Config{})
	require.NoError(t, err)
	for _, kind := range release.GateKinds() {
		gate, known := measured[kind]
		require.True(t, known, "%s: this test has no gate of this kind", kind)
		m, err := g.meterOf(release.MeasureInput{Gate: gate.WithDefaults()})
		require.NoError(t, err, kind)
		require.ErrorContains(t, m.allowed(), "is not allowed", kind)
	}
	_, err = g.meterOf(release.MeasureInput{})
	require.ErrorContains(t, err, "cannot be measured here")
}
