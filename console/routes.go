package console

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"slipway/console/oidc"
	"slipway/console/problem"
	"slipway/release"
)

const (
	// contentSecurityPolicy lets a browser load and show nothing that comes from here: no answer of the API is a page of HTML.
	contentSecurityPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// pagesSecurityPolicy lets pages be shown with what is served here, and nothing else. Browsers hold redirects after a form against
	// form-action: what leads to another host begins with a link.
	pagesSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// routes is what there is.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", shown(s.cfg.Door.Pages(noting(whole(s.cfg.Pages)), s.cfg.NotSignedIn, s.cfg.Refuse)))
	for _, path := range FrontPaths() {
		mux.Handle(path, shown(noting(whole(s.cfg.Front))))
	}
	if s.cfg.SignIn != nil {
		mux.Handle(oidc.Path, shown(s.cfg.SignIn))
		mux.Handle(oidc.CallbackPath, shown(s.cfg.SignIn))
	}
	mux.Handle("/api/", s.cfg.Door.Handler(noting(whole(s.cfg.API))))
	mux.Handle("GET "+OpenAPIPath, noting(s.cfg.API))
	return mux
}

// shown lets a browser show answers as pages. Their forms say where they come from: without a referrer, a browser calls their origin null.
func shown(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagesSecurityPolicy)
		w.Header().Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

func refuseOrigin(w http.ResponseWriter, _ *http.Request) {
	problem.New(http.StatusForbidden, "a page of another origin has sent this").Write(w)
}

// declared refuses what is to change something on nothing but a cookie, or is a form, where the browser does not say where it comes from:
// those that say nothing are too old to be told apart from a page of another origin. A token is sent by no page but one's own.
func declared(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
		says := r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != ""
		form := !strings.HasPrefix(r.URL.Path, "/api/")
		cookie := r.Header.Get("Cookie") != "" && len(r.Header.Values("Authorization")) == 0
		if !safe && !says && (form || cookie) {
			problem.New(http.StatusForbidden, "the browser does not say which page has sent this (Sec-Fetch-Site, Origin): use a newer one").Write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func refuseHost(w http.ResponseWriter, _ *http.Request) {
	problem.New(http.StatusMisdirectedRequest, "this console is not the host that was asked; where a server stands before it, --console-url names that one").Write(w)
}

// secured adds the headers that every answer has. What may be kept, such as a picture of the pages, says so itself.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// whole reads the body, which is bounded in size and time, before next is asked.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, release.MaxEvent))
		if err != nil {
			refuseBody(w, err)
			return
		}
		// An answer may take longer than a body.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, r)
	})
}

func refuseBody(w http.ResponseWriter, err error) {
	large, isLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case isLarge:
		problem.New(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", large.Limit).Write(w)
	case errors.Is(err, os.ErrDeadlineExceeded):
		problem.New(http.StatusRequestTimeout, "the body did not come within %v", bodyTimeout).Write(w)
	default:
		problem.New(http.StatusBadRequest, "the body ended early").Write(w)
	}
}
