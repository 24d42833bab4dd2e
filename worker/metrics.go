package worker

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"slipway/cloudapi"
	"slipway/release"
)

// Metrics are what a worker counts.
type Metrics struct {
	outcomes                    *prometheus.CounterVec
	total, progressing, waiting *prometheus.HistogramVec
	calls                       *prometheus.CounterVec
	callTime                    *prometheus.HistogramVec
}

// NewMetrics registers the metrics of a worker.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	const namespace = "slipway"
	of := []string{"platform", "operation", "outcome"}
	duration := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "release", Name: name, Help: help,
			Buckets: []float64{10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400, 259200},
		}, of)
	}
	m := &Metrics{
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "release_outcomes_total", Help: "Releases that have ended, by platform, operation and outcome.",
		}, of),
		total:       duration("duration_seconds", "Time from a release's turn in its lane until its end."),
		progressing: duration("progression_duration_seconds", "Of the duration, the time in which the release did not wait."),
		waiting:     duration("waiting_duration_seconds", "Of the duration, the time in which the release waited for a person, a time, a freeze or somebody else's change."),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "platform_calls_total", Help: "Requests to platforms, by result: ok, or the class of the error.",
		}, []string{"platform", "region", "operation", "result"}),
		callTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "platform_call_seconds", Help: "Time from the signing of a request to a platform until its answer was read.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
		}, []string{"platform", "region", "operation"}),
	}
	return m, errors.Join(
		r.Register(m.outcomes), r.Register(m.total), r.Register(m.progressing), r.Register(m.waiting), r.Register(m.calls), r.Register(m.callTime),
	)
}

// Calls counts the requests of a client of a platform.
func (m *Metrics) Calls(p release.Platform, region string) cloudapi.Observer {
	return func(_ context.Context, o cloudapi.Observed) {
		m.calls.WithLabelValues(string(p), region, o.Operation, cmp.Or(string(o.Class), "ok")).Inc()
		m.callTime.WithLabelValues(string(p), region, o.Operation).Observe(o.Took.Seconds())
	}
}

// ended counts a release that has ended.
func (m *Metrics) ended(p release.Progress) {
	of := []string{string(p.App.Platform), string(cmp.Or(p.Operation, release.OperationRelease)), string(p.Outcome)}
	m.outcomes.WithLabelValues(of...).Inc()
	began := p.StartedAt
	if began.IsZero() { // it ended before its turn
		began = p.AcceptedAt
	}
	if began.IsZero() || p.EndedAt.Before(began) {
		return
	}
	took := p.EndedAt.Sub(began)
	waited := min(p.Waited.Std(), took)
	for histogram, d := range map[*prometheus.HistogramVec]time.Duration{m.total: took, m.progressing: took - waited, m.waiting: waited} {
		histogram.WithLabelValues(of...).Observe(d.Seconds())
	}
}
