// Package codecserver serves a codec over HTTP to those who may see what Temporal keeps:
// Temporal's UI, its command line (--codec-endpoint), and any client with a remote codec.
//
//	POST /decode  a JSON commonpb.Payloads, decoded
//	POST /encode  the same, encoded
//
// Every request names its namespace (X-Namespace). A page of a browser is answered only when
// its origin was named, and a token is asked for wherever somebody else than this machine
// could ask. The server keeps nothing and logs no payload.
package codecserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.temporal.io/sdk/converter"

	"slipway/internal/httpserve"
)

// The bounds of a request. Temporal takes payloads of 2 MB; its UI sends those of a page of
// events together.
const (
	maxBody       = 16 << 20
	maxHeader     = 16 << 10
	headerTimeout = 5 * time.Second
	bodyTimeout   = 30 * time.Second
	idleTimeout   = time.Minute
)

// MinToken is the length of the shortest token.
const MinToken = 16

// Config says what a [Server] serves, and to whom.
type Config struct {
	// Addr is the "host:port" to listen on; port 0 is any free one.
	Addr string
	// Codec decodes and encodes.
	Codec converter.PayloadCodec
	// Namespace is the one whose payloads are decoded.
	Namespace string
	// Origins are the origins whose pages may ask, such as http://localhost:8233.
	Origins []string
	// Token is what every request brings as "Authorization: Bearer"; empty asks for none,
	// which only a server on loopback may.
	Token string
	// Shielded says that nobody else reaches the address though it is not loopback, as in a
	// container whose port is published on loopback. No token is needed then.
	Shielded bool
	// Metrics takes the counter of requests; nil counts nowhere.
	Metrics prometheus.Registerer
	// Logger tells of the start, the end and what was refused.
	Logger zerolog.Logger
}

func (c Config) validate() error {
	var problems []error
	if c.Codec == nil {
		problems = append(problems, errors.New("codecserver: Config.Codec is missing"))
	}
	if c.Namespace == "" {
		problems = append(problems, errors.New("codecserver: Config.Namespace is missing"))
	}
	if c.Token != "" && (len(c.Token) < MinToken || strings.ContainsAny(c.Token, " \t\r\n")) {
		problems = append(problems, fmt.Errorf("codecserver: Config.Token must have %d characters or more, and no blanks", MinToken))
	}
	return errors.Join(problems...)
}

// Server serves a codec. It listens from [Listen] on and answers from [Server.Run] on.
type Server struct {
	cfg      Config
	requests *prometheus.CounterVec
	listener net.Listener
}

// TokenError says that an address is open to others, and that no token guards it.
type TokenError struct{ Addr string }

// Error implements error.
func (e *TokenError) Error() string {
	return "codecserver: " + e.Addr + " can be reached from other machines, and no token is asked for"
}

// Listen opens the address.
func Listen(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, requests: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "slipway_codec_requests_total", Help: "Requests to the codec server by path and status.",
	}, []string{"path", "status"})}
	if cfg.Metrics != nil {
		if err := cfg.Metrics.Register(s.requests); err != nil {
			return nil, fmt.Errorf("codecserver: %w", err)
		}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("codecserver: %w", err)
	}
	// The address is asked once it is resolved; nothing is answered before Run.
	if at, ok := l.Addr().(*net.TCPAddr); cfg.Token == "" && !cfg.Shielded && (!ok || !at.IP.IsLoopback()) {
		return nil, errors.Join(&TokenError{l.Addr().String()}, l.Close())
	}
	s.listener = l
	return s, nil
}

// Addr is the "host:port" that the server listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx is done, then lets running requests finish and returns nil. It can
// run once.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      bodyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
	}
	s.cfg.Logger.Info().Str("addr", s.Addr()).Str("namespace", s.cfg.Namespace).Strs("origins", s.cfg.Origins).
		Bool("token", s.cfg.Token != "").Msg("payloads are decoded")
	cut, err := httpserve.Serve(ctx, server, s.listener)
	if cut {
		s.cfg.Logger.Warn().Stringer("after", httpserve.Grace).Msg("requests that did not come to an end were cut off")
	}
	if err != nil {
		return fmt.Errorf("codecserver: %w", err)
	}
	return nil
}
