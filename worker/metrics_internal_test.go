package worker

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/metrictest"
	"slipway/release"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m, err := NewMetrics(registry)
	require.NoError(t, err)
	start := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	p := release.Progress{App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop"}, Outcome: release.PhaseSucceeded, StartedAt: start, EndedAt: start.Add(time.Hour)}
	p.Waited = release.Duration(50 * time.Minute)
	m.ended(p)
	p.Operation, p.Outcome, p.StartedAt = release.OperationRestart, release.PhaseAborted, time.Time{}
	m.ended(p)
	observe := m.Calls("sae", "cn-hangzhou")
	observe(t.Context(), cloudapi.Observed{Operation: "DeployApplication", Took: time.Second})
	observe(t.Context(), cloudapi.Observed{Operation: "DeployApplication", Took: 3 * time.Second, Class: cloudapi.ErrThrottled})
	require.Equal(t, map[string]float64{
		"slipway_release_duration_seconds": 3600, "slipway_release_progression_duration_seconds": 600, "slipway_release_waiting_duration_seconds": 3000,
		"slipway_platform_call_seconds":                                            4,
		"slipway_release_outcomes_total release Succeeded sae":                     1,
		"slipway_release_outcomes_total restart Aborted sae":                       1,
		"slipway_platform_calls_total DeployApplication sae cn-hangzhou ok":        1,
		"slipway_platform_calls_total DeployApplication sae cn-hangzhou throttled": 1,
	}, metrictest.Values(t, registry))
}
