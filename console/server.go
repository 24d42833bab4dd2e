package console

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"slipway/internal/httpserve"
)

// The bounds of a connection. Answers may take long, those that wait for a release; each piece of one may not.
const (
	maxHeader     = 16 << 10
	headerTimeout = 5 * time.Second
	bodyTimeout   = 15 * time.Second
	writeTimeout  = 20 * time.Second
	idleTimeout   = time.Minute
)

// Server serves the console. It listens from [Listen] on and answers from [Server.Run] on.
type Server struct {
	cfg      Config
	metrics  *metrics
	listener net.Listener
}

// Listen opens the address.
func Listen(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return &Server{cfg: cfg, metrics: m, listener: l}, nil
}

// Addr is the "host:port" that the server listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx is done, then lets running requests finish, for as long as [httpserve.Grace], and returns nil. It can run
// once.
func (s *Server) Run(ctx context.Context) error {
	handler, err := s.handler()
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		// It would log what others send.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	s.cfg.Logger.Info().Str("addr", s.Addr()).Str("url", s.cfg.URL).Msg("the console is served")
	cut, err := httpserve.Serve(ctx, server, s.listener)
	if cut {
		s.cfg.Logger.Info().Stringer("after", httpserve.Grace).Msg("requests that did not come to an end were cut off")
	}
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	return nil
}

// handler is everything, from the outside in.
func (s *Server) handler() (http.Handler, error) {
	sameOrigin := http.NewCrossOriginProtection()
	if s.cfg.URL != "" { // what the browser calls it, where the server before it says another host
		if err := sameOrigin.AddTrustedOrigin(s.cfg.URL); err != nil {
			return nil, fmt.Errorf("console: %w", err)
		}
	}
	sameOrigin.SetDenyHandler(http.HandlerFunc(refuseOrigin))
	return s.observe(secured(s.hosts(sameOrigin.Handler(declared(s.routes()))))), nil
}

// hosts refuses requests for another host than this one. Without that, a page that has its own name lead to loopback would be of
// the same origin.
func (s *Server) hosts(next http.Handler) http.Handler {
	public := ""
	if at, err := url.Parse(s.cfg.URL); err == nil {
		public = at.Host
	}
	at, ok := s.listener.Addr().(*net.TCPAddr)
	if ok && !at.IP.IsLoopback() && public == "" {
		return next // any name may lead to this address
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != public && !isLoopback(r.Host) {
			refuseHost(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLoopback reports whether a host, with or without a port, is this machine itself.
func isLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	at, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && at.IsLoopback()
}
