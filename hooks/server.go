package hooks

import (
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"slipway/internal/httpserve"
)

// The bounds of a connection.
const (
	maxHeader     = 16 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 20 * time.Second
	idleTimeout   = time.Minute
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

// Run serves until ctx is done, then lets running requests finish, for as long as [httpserve.Grace], and returns nil. It can run
// once.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		// It would log what others send.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	s.cfg.Logger.Info().Str("addr", s.Addr()).Strs("senders", slices.Sorted(maps.Keys(s.cfg.Senders))).Str("identity", s.cfg.Identity).Msg("webhooks are taken")
	cut, err := httpserve.Serve(ctx, server, s.listener)
	if cut {
		s.cfg.Logger.Warn().Stringer("after", httpserve.Grace).Msg("webhooks that did not come to an end were cut off")
	}
	if err != nil {
		return fmt.Errorf("hooks: %w", err)
	}
	return nil
}
