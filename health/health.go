// Package health serves liveness, readiness and metrics of a process over HTTP:
//
//	GET /healthz  200 while the process serves at all
//	GET /readyz   200 when every check passes, else 503; a JSON [Report] either way
//	GET /metrics  Prometheus
//
// It has no authentication: it listens on loopback unless it is configured otherwise.
package health

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"slipway/internal/httpserve"
)

// DefaultAddr is where a server listens by default.
const DefaultAddr = "127.0.0.1:9464"

const (
	// checkTimeout bounds each check; probes have their own limit, usually longer.
	checkTimeout  = 2 * time.Second
	headerTimeout = 5 * time.Second
)

// Check reports whether one thing the process needs is available; the error says why not. It
// must return when its context is done.
type Check func(ctx context.Context) error

// Report is the answer of /readyz.
type Report struct {
	Ready bool `json:"ready"`
	// Failing are the checks that do not pass, in the order of their names.
	Failing []Failure `json:"failing,omitempty"`
}

// Failure is a check that does not pass.
type Failure struct {
	Name  string `json:"name"`
	Error string `json:"error"`
}

// Config is what a [Server] serves.
type Config struct {
	// Addr is the "host:port" to listen on; empty means [DefaultAddr], port 0 any free one.
	Addr string
	// Checks make up /readyz, by name.
	Checks map[string]Check
	// Metrics are served at /metrics.
	Metrics prometheus.Gatherer
	// Logger logs the address and failed responses.
	Logger zerolog.Logger
}

// Server serves the three paths. It listens from [Listen] on and answers from [Server.Run]
// on; what comes between waits.
type Server struct {
	cfg      Config
	listener net.Listener
}

// Listen opens the address.
func Listen(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Metrics == nil {
		return nil, errors.New("health: Config.Metrics is missing")
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", cmp.Or(cfg.Addr, DefaultAddr))
	if err != nil {
		return nil, fmt.Errorf("health: %w", err)
	}
	return &Server{cfg: cfg, listener: l}, nil
}

// Addr is the "host:port" that the server listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx is done, then lets running requests finish and returns nil. It
// can run once.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: headerTimeout,
	}
	s.cfg.Logger.Info().Str("addr", s.Addr()).Msg("health and metrics are served")
	cut, err := httpserve.Serve(ctx, server, s.listener)
	if cut {
		s.cfg.Logger.Warn().Stringer("after", httpserve.Grace).Msg("requests for health that did not come to an end were cut off")
	}
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	return nil
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		s.answer(w, http.StatusOK, struct {
			Alive bool `json:"alive"`
		}{true})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		report := Examine(r.Context(), s.cfg.Checks)
		status := http.StatusOK
		if !report.Ready {
			status = http.StatusServiceUnavailable
		}
		s.answer(w, status, report)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.cfg.Metrics, promhttp.HandlerOpts{}))
	return mux
}

func (s *Server) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.cfg.Logger.Debug().Err(err).Msg("response not written; the client disconnected")
	}
}

// Examine runs the checks side by side, each for two seconds at most.
func Examine(ctx context.Context, checks map[string]Check) Report {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	names := slices.Sorted(maps.Keys(checks))
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { errs[i] = checks[name](ctx) })
	}
	wg.Wait()
	report := Report{Ready: true}
	for i, err := range errs {
		if err != nil {
			report.Ready = false
			report.Failing = append(report.Failing, Failure{Name: names[i], Error: err.Error()})
		}
	}
	return report
}
