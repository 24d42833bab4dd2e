// Package httpserve serves HTTP for as long as a role runs, whatever is served.
package httpserve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Grace is how long requests that are under way may take once the end has come.
const Grace = 5 * time.Second

// Serve serves until ctx is done, and then lets requests that are under way finish. Those that do not within [Grace] are cut off,
// which cut reports, and is no error. The context of a request does not end with ctx. The server and the listener are closed
// when Serve returns.
func Serve(ctx context.Context, server *http.Server, l net.Listener) (cut bool, err error) {
	server.BaseContext = func(net.Listener) context.Context { return context.WithoutCancel(ctx) }
	served := make(chan error, 1) // Serve returns as soon as Shutdown begins
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return false, err
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), Grace)
	defer cancel()
	err = server.Shutdown(closing)
	if cut = errors.Is(err, context.DeadlineExceeded); cut {
		err = server.Close()
	}
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return cut, err
}
