package startertest_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/mocks"

	"slipway/authority"
	"slipway/authority/people"
	"slipway/ledger"
	"slipway/policy"
	"slipway/starter"
	"slipway/wire"
)

// shared is a log that is read while it is written.
type shared struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *shared) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(line)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// A starter without its stream names the remedy, and does not repeat it with each try.
func TestStreams_AStarterWithoutItsStreamSaysSetupOnce(t *testing.T) {
	t.Parallel()
	js, _ := bus(t)
	require.NoError(t, authority.Ensure(t.Context(), js, 0))
	require.NoError(t, people.Ensure(t.Context(), js, 0))
	require.NoError(t, policy.Ensure(t.Context(), js, 0))
	log := &shared{}
	s, err := starter.New(starter.Config{RetryDelay: 20 * time.Millisecond, MaxRetryDelay: 20 * time.Millisecond}, starter.Dependencies{
		JetStream: js, Temporal: &mocks.Client{}, Ledger: ledger.New(js), Authority: authority.NewStore(js), Metrics: prometheus.NewRegistry(), Logger: zerolog.New(log),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	const tried, named = `"message":"consumer failed; reconnecting"`, `"error":"stream SLIPWAY_IN does not exist; create it with: slipway setup"`
	tries := func() int { return strings.Count(log.String(), tried) }
	require.Eventually(t, func() bool { return tries() > 20 }, patience, 10*time.Millisecond)
	require.Equal(t, tries(), strings.Count(log.String(), named), "each try names it, for whoever reads the log at level debug")
	require.Equal(t, 3, strings.Count(log.String(), `"level":"warn"`), "one warning for each consumer")

	require.NoError(t, wire.EnsureStreams(ctx, js, wire.Storage{}))
	require.Eventually(t, func() bool { return strings.Count(log.String(), `"message":"consumer is open"`) == 3 }, patience, 10*time.Millisecond)
	require.NoError(t, js.DeleteStream(ctx, wire.StreamIn))
	require.Eventually(t, func() bool { return strings.Count(log.String(), `"level":"warn"`) > 2 }, patience, 10*time.Millisecond, "it is missing again")
	cancel()
	require.NoError(t, <-done)
}
