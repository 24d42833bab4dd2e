// Package metrictest reads metrics, for tests.
package metrictest

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"
)

// Values returns the values of counters and gauges by their names, each with the values of its
// labels behind it: "slipway_lanes_held person". A histogram has the sum of all its observations
// under its name alone. Names and types that Prometheus' linter does not like fail the test.
func Values(tb testing.TB, from prometheus.Gatherer) map[string]float64 {
	tb.Helper()
	families, err := from.Gather()
	require.NoError(tb, err)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(tb, err)
	require.Empty(tb, problems)
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if h := m.GetHistogram(); h != nil {
				values[f.GetName()] += h.GetSampleSum()
				continue
			}
			name := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				name = append(name, l.GetValue())
			}
			values[strings.Join(name, " ")] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return values
}
