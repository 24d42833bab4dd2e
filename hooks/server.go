package hooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"
)

// The bounds of a connection.
const (
	maxHeader     = 16 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 20 * time.Second
	idleTimeout   = time.Minute
	closeTimeout  = 5 * time.Second
)

// Server takes webhooks. It listens from [Listen] on and answers from [Server.Run] on.
type Server struct {
	cfg      Config
	handler  *handler
	listener net.Listener
}

// Listen opens the address.
func Listen(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	m, err := newMetrics(cfg.Metrics, slices.Collect(maps.Keys(cfg.Senders)))
	if err != nil {
		return nil, fmt.Errorf("hooks: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("hooks: %w", err)
	}
	return &Server{cfg: cfg, handler: newHandler(cfg, m), listener: l}, nil
}

// Addr is the "host:port" that the server listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx is done, then lets running requests finish, for as long as [closeTimeout], and returns nil. It can run
// once.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		// It would log what others send.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	served := make(chan error, 1) // Serve returns as soon as Shutdown begins
	go func() { served <- server.Serve(s.listener) }()
	s.cfg.Logger.Info().Str("addr", s.Addr()).Strs("senders", slices.Sorted(maps.Keys(s.cfg.Senders))).Str("identity", s.cfg.Identity).Msg("webhooks are taken")
	select {
	case err := <-served:
		return fmt.Errorf("hooks: %w", err)
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := server.Shutdown(closing); errors.Is(err, context.DeadlineExceeded) {
		s.cfg.Logger.Warn().Stringer("after", closeTimeout).Msg("webhooks that do not come to an end are cut off")
		if err := server.Close(); err != nil {
			return fmt.Errorf("hooks: close: %w", err)
		}
	} else if err != nil {
		return fmt.Errorf("hooks: close: %w", errors.Join(err, server.Close()))
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("hooks: %w", err)
	}
	return nil
}
