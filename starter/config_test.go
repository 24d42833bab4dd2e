package starter

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

func TestConfigZeroIsValidWithDefaults(t *testing.T) {
	t.Parallel()
	require.NoError(t, Config{}.WithDefaults().Validate())
	require.NoError(t, Config{RetryDelay: time.Hour}.WithDefaults().Validate())
}

func TestConfigValidateReturnsAllProblems(t *testing.T) {
	t.Parallel()
	err := Config{
		Concurrency: -1, AckWait: time.Millisecond, CallTimeout: -1, RetryDelay: -1, MaxRetryDelay: -2, DrainTimeout: -1,
	}.WithDefaults().Validate()
	for _, field := range []string{"Concurrency", "AckWait", "CallTimeout", "RetryDelay", "MaxRetryDelay", "DrainTimeout"} {
		require.ErrorContains(t, err, "Config."+field+" must")
	}
}

func TestConfig_NewNamesMissingDependencies(t *testing.T) {
	t.Parallel()
	_, err := New(Config{Concurrency: -1}, Dependencies{})
	for _, want := range []string{"Concurrency", "JetStream", "Temporal", "Metrics"} {
		require.ErrorContains(t, err, want)
	}
}

func TestConfig_MetricsOfTwoStartersDoNotMix(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	_, err := newMetrics(registry)
	require.NoError(t, err)
	_, err = newMetrics(registry)
	require.ErrorAs(t, err, &prometheus.AlreadyRegisteredError{})
}
