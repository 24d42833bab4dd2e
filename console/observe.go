package console

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"slipway/console/access"
	"slipway/console/problem"
)

// routeNone is the route of what was refused before there was one.
const routeNone = "none"

// metrics are what is counted and measured.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slipway_console_requests_total", Help: "Requests to the console by route and status.",
		}, []string{"route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "slipway_console_request_duration_seconds", Help: "How long requests to the console took, to the end of the answer, by route.",
			Buckets: []float64{.005, .01, .025, .05, .1, .2, .5, 1, 2.5, 5, 10, 60, 600},
		}, []string{"route"}),
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(r.Register(m.requests), r.Register(m.duration))
}

// noted is what is known of a request only further in.
type noted struct{ identity, route string }

type notedKey struct{}

// noting notes who has asked, and by which pattern next was found.
func noting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := r.Context().Value(notedKey{}).(*noted)
		if p, is := access.Of(r.Context()); is && n != nil {
			n.identity = p.Identity
		}
		next.ServeHTTP(w, r)
		if n != nil {
			n.route = r.Pattern // as a mux within has it
		}
	})
}

// observe logs and counts each request, and bounds how long a body and each piece of an answer may take.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		begin, n := time.Now(), &noted{}
		w := &answer{ResponseWriter: out, control: http.NewResponseController(out)}
		w.extend()
		if r.Body != nil && r.Body != http.NoBody {
			_ = w.control.SetReadDeadline(begin.Add(bodyTimeout))
		}
		r = r.WithContext(context.WithValue(r.Context(), notedKey{}, n))
		defer func() {
			failed := recover()
			if failed != nil && failed != http.ErrAbortHandler { //nolint:errorlint,err113 // a value that was panicked with
				s.cfg.Logger.Error().Interface("panic", failed).Bytes("stack", debug.Stack()).Msg("a request to the console failed")
				if w.status == 0 {
					problem.New(http.StatusInternalServerError, "the request failed; the log of the console says why").Write(w)
					failed = nil
				}
			}
			route := cmp.Or(n.route, r.Pattern, routeNone)
			status := cmp.Or(w.status, http.StatusOK)
			s.metrics.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
			s.metrics.duration.WithLabelValues(route).Observe(time.Since(begin).Seconds())
			s.cfg.Logger.WithLevel(level(n.identity, status)).Str("identity", n.identity).Str("method", r.Method).Str("route", route).Int("status", status).
				Dur("took", time.Since(begin)).Str("from", host(r.RemoteAddr)).Msg("request")
			w.extend()
			if failed != nil {
				panic(http.ErrAbortHandler) //nolint:forbidigo // the answer has begun: so net/http is told to end the connection
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// level is that of the line of a request. What nobody in particular asks could be any number: the door tells of those that it refuses.
func level(identity string, status int) zerolog.Level {
	if identity == "" && status < http.StatusInternalServerError {
		return zerolog.DebugLevel
	}
	return zerolog.InfoLevel
}

func host(remote string) string {
	name, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return name
}

// answer remembers the status, and gives each piece of the answer its time.
type answer struct {
	http.ResponseWriter

	control *http.ResponseController
	status  int
}

// extend gives what is written next its time.
func (a *answer) extend() { _ = a.control.SetWriteDeadline(time.Now().Add(writeTimeout)) }

// Unwrap is for [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(data []byte) (int, error) {
	a.status = cmp.Or(a.status, http.StatusOK)
	a.extend()
	return a.ResponseWriter.Write(data)
}

// FlushError is for [http.ResponseController].
func (a *answer) FlushError() error {
	a.status = cmp.Or(a.status, http.StatusOK)
	a.extend()
	return a.control.Flush()
}

// Flush implements [http.Flusher].
func (a *answer) Flush() { _ = a.FlushError() }
