package stack

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"slipway/ledger"
	"slipway/notify/queue"
)

// startNotifier tells channels of what happens, where there are some. Links lead to the console of the stack.
func (s *Stack) startNotifier(ctx context.Context) error {
	if s.config.Notifications == nil {
		return nil
	}
	log := s.config.Log.With().Str("role", "notifier").Logger()
	d := queue.Dependencies{JetStream: s.JetStream, Ledger: ledger.New(s.JetStream), Metrics: prometheus.NewRegistry(), Logger: log}
	source := queue.Source{Document: *s.config.Notifications, JetStream: s.JetStream, Console: s.console.URL, Signer: s.links, Logger: log}
	if err := source.Fill(&d); err != nil {
		return err
	}
	n, err := queue.New(queue.Config{}, d)
	if err != nil {
		return err
	}
	s.run(ctx, "notifier", n.Run)
	return nil
}
