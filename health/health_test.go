package health_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/health"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server until stop is called or the test ends.
func serve(t *testing.T, cfg health.Config) (url string, stop context.CancelFunc) {
	t.Helper()
	cfg.Addr = "127.0.0.1:0"
	cfg.Logger = zerolog.Nop()
	if cfg.Metrics == nil {
		cfg.Metrics = prometheus.NewRegistry()
	}
	s, err := health.Listen(t.Context(), cfg)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
	return "http://" + s.Addr(), stop
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(data)
}

func TestHealth_ReadyWhenEveryCheckPasses(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, health.Config{Checks: map[string]health.Check{
		"nats": func(context.Context) error { return nil },
	}})
	status, body := get(t, url+"/readyz")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"ready": true}`, body)
}

func TestHealth_NotReadyNamesWhatFails(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, health.Config{Checks: map[string]health.Check{
		"temporal": func(context.Context) error { return errors.New("connection refused") },
		"nats":     func(context.Context) error { return errors.New("disconnected") },
		"consumer": func(context.Context) error { return nil },
	}})
	status, body := get(t, url+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.JSONEq(t, `{"ready": false, "failing": [
		{"name": "nats", "error": "disconnected"}, {"name": "temporal", "error": "connection refused"}]}`, body)

	status, _ = get(t, url+"/healthz")
	require.Equal(t, http.StatusOK, status, "what is not ready is still alive")
}

func TestHealth_Metrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "releases_total", Help: "Releases."})
	registry.MustRegister(counter)
	counter.Add(3)
	url, _ := serve(t, health.Config{Metrics: registry})
	status, body := get(t, url+"/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "releases_total 3\n")
}

func TestHealth_OtherPathsAndMethodsAreRefused(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, health.Config{})
	status, _ := get(t, url+"/secrets")
	require.Equal(t, http.StatusNotFound, status)
}

func TestHealth_AHangingCheckFailsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		report := health.Examine(t.Context(), map[string]health.Check{
			"slow": func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			},
		})
		require.False(t, report.Ready)
		require.Equal(t, []health.Failure{{Name: "slow", Error: "context deadline exceeded"}}, report.Failing)
		require.LessOrEqual(t, time.Since(start), 3*time.Second)
	})
}

func TestHealth_StoppingLetsARunningRequestFinish(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}), make(chan struct{})
	url, stop := serve(t, health.Config{Checks: map[string]health.Check{
		"slow": func(ctx context.Context) error {
			close(asked)
			<-answer
			return ctx.Err()
		},
	}})
	go func() {
		<-asked
		stop()
		close(answer)
	}()
	status, _ := get(t, url+"/readyz")
	require.Equal(t, http.StatusOK, status)
}

func TestHealth_ListenRefuses(t *testing.T) {
	t.Parallel()
	_, err := health.Listen(t.Context(), health.Config{Addr: "127.0.0.1:0"})
	require.ErrorContains(t, err, "Config.Metrics is missing")
	_, err = health.Listen(t.Context(), health.Config{Addr: "nowhere", Metrics: prometheus.NewRegistry()})
	require.ErrorContains(t, err, "health: listen tcp")
}
