package queue

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// What becomes of a notification.
const (
	resultSent    = "sent"
	resultRefused = "refused"
	resultGivenUp = "given_up"
	// resultOutdated is what nobody is waited for any more, or what is too old when it is first read.
	resultOutdated = "outdated"
	// resultUnknown is what is meant for a channel that there is not.
	resultUnknown = "unknown_channel"
)

// noChannel is the channel of what names one that there is not: people write these names.
const noChannel = ""

// metrics are what is counted.
type metrics struct {
	notifications *prometheus.CounterVec
	waiting       *prometheus.GaugeVec
	seconds       *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer, channels []Channel) (*metrics, error) {
	const namespace = "slipway"
	m := &metrics{
		notifications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "notifications_total",
			Help: "Notifications by channel and result (sent, refused, given_up, outdated, unknown_channel).",
		}, []string{"channel", "result"}),
		waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "notifications_waiting",
			Help: "Notifications that can be sent and are not yet, by channel.",
		}, []string{"channel"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "notification_seconds",
			Help:    "Time from the event, or from when a step of a ladder was due, until the channel has taken the message.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400},
		}, []string{"channel"}),
	}
	for _, c := range channels { // an alert needs the zero before the first one
		for _, result := range []string{resultSent, resultRefused, resultGivenUp, resultOutdated} {
			m.notifications.WithLabelValues(c.Name, result)
		}
	}
	m.notifications.WithLabelValues(noChannel, resultUnknown)
	return m, errors.Join(r.Register(m.notifications), r.Register(m.waiting), r.Register(m.seconds))
}
