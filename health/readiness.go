package health

import (
	"context"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// Readiness serves the checks of /readyz as a gauge, slipway_check_ready, so that an alert tells
// what /readyz would. It is a [prometheus.Collector], and runs the checks when it is collected.
type Readiness struct {
	checks map[string]Check
	ready  *prometheus.Desc
}

// NewReadiness returns the gauge of the checks; nothing is checked until it is collected.
func NewReadiness(checks map[string]Check) *Readiness {
	return &Readiness{checks: checks, ready: prometheus.NewDesc(
		"slipway_check_ready", "Whether a check of /readyz passes, 1, or fails, 0.", []string{"check"}, nil,
	)}
}

// Describe implements [prometheus.Collector].
func (r *Readiness) Describe(out chan<- *prometheus.Desc) { out <- r.ready }

// Collect implements [prometheus.Collector].
func (r *Readiness) Collect(out chan<- prometheus.Metric) {
	//nolint:forbidigo // a collector has no context, and Examine has a bound of its own
	report := Examine(context.Background(), r.checks)
	for _, name := range slices.Sorted(maps.Keys(r.checks)) {
		value := 1.0
		if slices.ContainsFunc(report.Failing, func(f Failure) bool { return f.Name == name }) {
			value = 0
		}
		out <- prometheus.MustNewConstMetric(r.ready, prometheus.GaugeValue, value, name)
	}
}
