package hooks

import (
	"errors"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// What becomes of a request.
const (
	resultAccepted     = "accepted"
	resultIgnored      = "ignored"
	resultNotFound     = "not-found"
	resultMethod       = "method"
	resultUnauthorized = "unauthorized"
	resultStale        = "stale"
	resultLimited      = "rate-limited"
	resultBusy         = "busy"
	resultTooLarge     = "too-large"
	resultInvalid      = "invalid"
	resultUnavailable  = "unavailable"
)

// senderUnknown is whose request has no known path.
const senderUnknown = "unknown"

// metrics are what is counted.
type metrics struct{ requests, pushes *prometheus.CounterVec }

func newMetrics(r prometheus.Registerer, senders []string) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slipway_hooks_requests_total", Help: "Webhooks by sender and result.",
		}, []string{"sender", "result"}),
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slipway_hooks_pushes_total", Help: "Pushes that JetStream has stored, or had already, by sender.",
		}, []string{"sender"}),
	}
	slices.Sort(senders)
	for _, sender := range senders {
		m.pushes.WithLabelValues(sender) // an alert needs the zero before the first one
	}
	m.requests.WithLabelValues(senderUnknown, resultNotFound)
	if r == nil {
		return m, nil
	}
	return m, errors.Join(r.Register(m.requests), r.Register(m.pushes))
}
