package codecserver

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"go.temporal.io/sdk/converter"
)

// refusal is why a request is not answered.
type refusal struct {
	status int
	reason string
}

func (s *Server) handler() http.Handler {
	codec := converter.NewPayloadCodecHTTPHandler(s.cfg.Codec)
	mux := http.NewServeMux()
	for _, path := range []string{"/decode", "/encode"} {
		mux.Handle(path, s.counted(path, s.guarded(codec)))
	}
	return mux
}

// guarded answers a preflight, and lets through what may be asked.
func (s *Server) guarded(codec http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if no := s.admitOrigin(w, r); no != nil {
			s.refuse(w, r, *no)
			return
		}
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		no := s.admit(w, r)
		if no == nil {
			no = readBody(w, r)
		}
		if no != nil {
			s.refuse(w, r, *no)
			return
		}
		codec.ServeHTTP(w, r)
	})
}

// admitOrigin lets the pages of named origins ask, and read the answer. A browser says with
// each POST where its page is from, so that no other page gets here, not even one that has
// given this machine a name of its own.
func (s *Server) admitOrigin(w http.ResponseWriter, r *http.Request) *refusal {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil // no browser
	}
	w.Header().Add("Vary", "Origin")
	if !slices.Contains(s.cfg.Origins, origin) {
		return &refusal{http.StatusForbidden, fmt.Sprintf("pages of %q may not ask; name this origin in SLIPWAY_CODEC_ORIGINS", origin)}
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Access-Control-Allow-Methods", http.MethodPost)
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Namespace")
	w.Header().Set("Access-Control-Max-Age", "600")
	return nil
}

// admit checks who asks, and for what.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) *refusal {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST, OPTIONS")
		return &refusal{http.StatusMethodNotAllowed, "ask with POST"}
	case !s.authorized(r):
		w.Header().Set("WWW-Authenticate", "Bearer")
		return &refusal{http.StatusUnauthorized, "bring the token of this codec server: Authorization: Bearer …"}
	case r.Header.Get("X-Namespace") != s.cfg.Namespace:
		return &refusal{http.StatusForbidden, fmt.Sprintf("this codec server is for the namespace %q; say so in X-Namespace", s.cfg.Namespace)}
	case err != nil || media != "application/json":
		return &refusal{http.StatusUnsupportedMediaType, "send application/json"}
	}
	return nil
}

// authorized compares digests, which takes as long whatever is wrong with the token.
func (s *Server) authorized(r *http.Request) bool {
	if s.cfg.Token == "" {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	want, got := sha256.Sum256([]byte(s.cfg.Token)), sha256.Sum256([]byte(token))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// readBody reads the whole request within its bound.
func readBody(w http.ResponseWriter, r *http.Request) *refusal {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the payloads are larger than %d bytes together; send fewer at a time", tooLarge.Limit)}
	}
	if err != nil {
		return &refusal{http.StatusBadRequest, "the request ended early"}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, no refusal) {
	s.cfg.Logger.Warn().Str("path", r.URL.Path).Str("from", r.RemoteAddr).Int("status", no.status).Str("reason", no.reason).Msg("refused")
	http.Error(w, no.reason, no.status)
}

// counted counts requests by their status.
func (s *Server) counted(path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		s.requests.WithLabelValues(path, strconv.Itoa(seen.status)).Inc()
	})
}

// statusWriter keeps the status of an answer.
type statusWriter struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements [http.ResponseWriter].
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
