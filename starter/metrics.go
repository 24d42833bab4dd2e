package starter

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what a starter counts.
type metrics struct {
	messages    *prometheus.CounterVec
	deadLetters *prometheus.CounterVec
	acceptance  *prometheus.HistogramVec
	inFlight    prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	const namespace, subsystem = "slipway", "starter"
	m := &metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "messages_total",
			Help: "Deliveries of messages by kind (request, command) and result (accepted, retried, deferred, dead-lettered).",
		}, []string{"kind", "result"}),
		deadLetters: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "dead_letters_total",
			Help: "Dead letters stored, by kind of message.",
		}, []string{"kind"}),
		acceptance: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "acceptance_seconds",
			Help:    "Time from a message's arrival in the stream until Temporal has accepted it, by kind.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200},
		}, []string{"kind"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "in_flight",
			Help: "Messages in flight.",
		}),
	}
	err := errors.Join(r.Register(m.messages), r.Register(m.deadLetters), r.Register(m.acceptance), r.Register(m.inFlight))
	for _, k := range []kind{kindRequest, kindCommand} {
		m.deadLetters.WithLabelValues(string(k)) // an alert needs the zero before the first one
	}
	return m, err
}
