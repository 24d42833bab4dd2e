package session_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/console/access"
	"slipway/console/problem"
	"slipway/console/session"
)

// Sessions with NATS are tested in devstack/sessiontest.

// wellFormed is a cookie that could be that of a session.
const wellFormed = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// request brings some cookies.
func request(t *testing.T, name string, values ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for _, v := range values {
		r.AddCookie(&http.Cookie{Name: name, Value: v})
	}
	return r
}

// What cannot be a session is looked up nowhere.
func TestManager_Find_WhatIsNoCookie(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cookie string
		values []string
		want   error
	}{
		"none":               {"__Host-slipway", nil, access.ErrNone},
		"of another name":    {"slipway", []string{wellFormed}, access.ErrNone},
		"of plain HTTP":      {"slipway-session", []string{wellFormed}, access.ErrNone},
		"empty":              {"__Host-slipway", []string{""}, access.ErrEnded},
		"shorter":            {"__Host-slipway", []string{wellFormed[1:]}, access.ErrEnded},
		"longer":             {"__Host-slipway", []string{wellFormed + "A"}, access.ErrEnded},
		"not the whole form": {"__Host-slipway", []string{wellFormed[1:] + "B"}, access.ErrEnded},
		"of other letters":   {"__Host-slipway", []string{wellFormed[1:] + "/"}, access.ErrEnded},
		"a key":              {"__Host-slipway", []string{strings.Repeat("a", 64)}, access.ErrEnded},
		"two":                {"__Host-slipway", []string{wellFormed, wellFormed}, access.ErrEnded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := false
			m := session.New(session.Config{Secure: true, JetStream: func() (jetstream.JetStream, bool) {
				asked = true
				return nil, false
			}})
			_, err := m.Find(request(t, test.cookie, test.values...))
			require.Equal(t, test.want, err)
			require.False(t, asked)
		})
	}
}

// While NATS is away nobody is signed out, and nobody is let in.
func TestManager_BeforeNATS(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m := session.New(session.Config{Logger: zerolog.New(&log), JetStream: func() (jetstream.JetStream, bool) { return nil, false }})
	r := request(t, "slipway-session", wellFormed)
	requireAway := func(err error) {
		t.Helper()
		var p problem.Problem
		require.ErrorAs(t, err, &p)
		require.Equal(t, http.StatusServiceUnavailable, p.Status)
		require.Equal(t, 5*time.Second, p.RetryAfter)
	}
	_, err := m.Find(r)
	requireAway(err)
	w := httptest.NewRecorder()
	requireAway(m.Begin(t.Context(), w, access.Person{Identity: "ann"}, session.ByOIDC()))
	requireAway(m.End(t.Context(), w, r))
	requireAway(m.EndAll(t.Context(), "ann"))
	require.Empty(t, w.Result().Cookies(), "the cookie is as before")
	require.Contains(t, log.String(), "NATS was not reached yet")
	require.NotContains(t, log.String(), wellFormed)
}

// Who has no session may sign out: there is nothing to ask NATS.
func TestManager_End_WithoutSession(t *testing.T) {
	t.Parallel()
	m := session.New(session.Config{Secure: true, JetStream: func() (jetstream.JetStream, bool) { return nil, false }})
	for _, values := range [][]string{nil, {"x"}} {
		w := httptest.NewRecorder()
		require.NoError(t, m.End(t.Context(), w, request(t, "__Host-slipway", values...)))
		require.Equal(t, "__Host-slipway=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax", w.Header().Get("Set-Cookie"))
	}
}

func TestManager_Begin_Refused(t *testing.T) {
	t.Parallel()
	m := session.New(session.Config{JetStream: func() (jetstream.JetStream, bool) { return nil, false }})
	w := httptest.NewRecorder()
	require.ErrorContains(t, m.Begin(t.Context(), w, access.Person{Identity: "a.b"}, session.ByOIDC()), "is no identity")
	require.Empty(t, w.Result().Cookies())
}
