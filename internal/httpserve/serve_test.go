package httpserve_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/httpserve"
)

// ended is what Serve has returned.
type ended struct {
	cut bool
	err error
}

// serve serves until stop is called.
func serve(t *testing.T, h http.HandlerFunc) (url string, stop context.CancelFunc, done <-chan ended) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	out := make(chan ended, 1)
	go func() {
		cut, err := httpserve.Serve(ctx, &http.Server{Handler: h, ReadHeaderTimeout: time.Second}, l)
		out <- ended{cut, err}
	}()
	return "http://" + l.Addr().String(), stop, out
}

// A request that is under way when the end comes is answered, and its context is not done.
func TestServe_LetsRequestsFinish(t *testing.T) {
	t.Parallel()
	under, goOn := make(chan struct{}), make(chan struct{})
	url, stop, done := serve(t, func(w http.ResponseWriter, r *http.Request) {
		close(under)
		<-goOn
		if r.Context().Err() != nil {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	status := make(chan int, 1)
	go func() {
		resp, err := http.Get(url) //nolint:noctx // of the test's own server
		if err != nil {
			status <- 0
			return
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		status <- resp.StatusCode
	}()
	<-under
	stop()
	close(goOn)
	require.Equal(t, http.StatusOK, <-status)
	require.Equal(t, ended{}, <-done)
}

// One that never ends is cut off.
func TestServe_CutsOffWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	under, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	url, stop, done := serve(t, func(http.ResponseWriter, *http.Request) {
		close(under)
		<-never
	})
	go func() {
		resp, err := http.Get(url) //nolint:noctx // of the test's own server
		if err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-under
	stop()
	require.Equal(t, ended{cut: true}, <-done)
}

// A listener that fails is an error at once.
func TestServe_TellsThatItCannot(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	cut, err := httpserve.Serve(t.Context(), &http.Server{ReadHeaderTimeout: time.Second}, l)
	require.False(t, cut)
	require.True(t, errors.Is(err, net.ErrClosed))
}
