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
	pushes      *prometheus.CounterVec
	unjudged    prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	const namespace, subsystem = "slipway", "starter"
	m := &metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "messages_total",
			Help: "Deliveries of messages by kind (request, command, artifact) and result (accepted, retried, deferred, dead-lettered).",
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
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "pushes_total",
			Help: "Pushes to registries by sender (acr, harbor, dockerhub, generic, cdevents, other) and result (fired, ignored).",
		}, []string{"sender", "result"}),
		unjudged: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "unreadable_documents_total",
			Help: "Application documents that could not be read when a push to a registry was judged, each push by itself.",
		}),
	}
	err := errors.Join(r.Register(m.messages), r.Register(m.deadLetters), r.Register(m.acceptance), r.Register(m.inFlight), r.Register(m.pushes), r.Register(m.unjudged))
	for _, k := range []kind{kindRequest, kindCommand, kindArtifact} {
		m.deadLetters.WithLabelValues(string(k)) // an alert needs the zero before the first one
	}
	return m, err
}
