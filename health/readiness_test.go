package health_test

import (
	"context"
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"slipway/health"
	"slipway/internal/metrictest"
)

// An alert sees by check what /readyz says, as it is at each scrape.
func TestReadiness_FollowsTheChecks(t *testing.T) {
	t.Parallel()
	away := errors.New("not connected")
	registry := prometheus.NewRegistry()
	require.NoError(t, registry.Register(health.NewReadiness(map[string]health.Check{
		"nats":   func(context.Context) error { return away },
		"worker": func(context.Context) error { return nil },
	})))
	require.Equal(t, map[string]float64{"slipway_check_ready nats": 0, "slipway_check_ready worker": 1}, metrictest.Values(t, registry))
	away = nil
	require.Equal(t, map[string]float64{"slipway_check_ready nats": 1, "slipway_check_ready worker": 1}, metrictest.Values(t, registry))
}
