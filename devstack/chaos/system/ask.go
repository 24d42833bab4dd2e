package system

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"slipway/internal/simframe"
)

// patient is an HTTP client for a simulator's controls: it gives up before a fault does.
func patient() *http.Client { return &http.Client{Timeout: askTimeout} }

// clockOf is the ready of a simulator.
func clockOf(c simframe.AdminClient) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.Clock(ctx)
		return err
	}
}

// knowsWorkflows is the ready of a Temporal server: one that looks for a workflow knows that there is none.
func knowsWorkflows(c client.Client) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		_, err := c.DescribeWorkflowExecution(ctx, "chaos-readiness", "")
		if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
			return nil
		}
		return err
	}
}

func anyPort(least, most int) int { return least + rand.IntN(most-least) }

// silent is a log of Temporal's client that nobody reads.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}

// The paths of a hook: at one it takes messages, at the others it answers gates.
const (
	pathMessages = "POST /"
	pathPasses   = "GET /gates/passes"
	pathFails    = "GET /gates/fails"
)

// hook is the service that takes the messages of the notifier, and that gates ask.
type hook struct {
	addr   string
	server *http.Server
	done   chan error

	mu  sync.Mutex
	got map[string]int
}

func serveHook(ctx context.Context) (*hook, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("system: webhook: %w", err)
	}
	h := &hook{addr: l.Addr().String(), done: make(chan error, 1), got: map[string]int{}}
	answers := http.NewServeMux()
	answers.HandleFunc(pathMessages, h.take)
	answers.HandleFunc(pathPasses, func(http.ResponseWriter, *http.Request) {})
	answers.HandleFunc(pathFails, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	h.server = &http.Server{Handler: answers, ReadHeaderTimeout: 10 * time.Second}
	go func() { h.done <- h.server.Serve(l) }()
	return h, nil
}

func (h *hook) take(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got[r.Header.Get("Idempotency-Key")]++
	w.WriteHeader(http.StatusNoContent)
}

func (h *hook) deliveries() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.got)
}

func (h *hook) close() error {
	err := h.server.Close()
	if served := <-h.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
