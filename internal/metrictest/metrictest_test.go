package metrictest_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"slipway/internal/metrictest"
)

func TestValues(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	calls := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "calls_total", Help: "Calls."}, []string{"class", "of"})
	held := prometheus.NewGauge(prometheus.GaugeOpts{Name: "held", Help: "Held."})
	took := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "took_seconds", Help: "Times."}, []string{"of"})
	registry.MustRegister(calls, held, took)
	calls.WithLabelValues("ok", "get").Add(2)
	held.Set(3)
	took.WithLabelValues("get").Observe(1.5)
	took.WithLabelValues("list").Observe(2)
	require.Equal(t, map[string]float64{"calls_total ok get": 2, "held": 3, "took_seconds": 3.5}, metrictest.Values(t, registry))
}
