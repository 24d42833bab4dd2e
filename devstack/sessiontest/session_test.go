package sessiontest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/console/access"
	"slipway/console/problem"
	"slipway/console/session"
	"slipway/devstack/embedded"
	"slipway/internal/bucketdoc"
)

// world is a NATS server with a bucket of sessions, and a clock.
type world struct {
	t  *testing.T
	js jetstream.JetStream

	mu sync.Mutex
	at time.Time
	// log has what all managers log.
	log bytes.Buffer
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(some time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(some)
}

// Write takes lines of the log.
func (w *world) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(line)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOn(t, start(t, "", ""))
}

func worldOn(t *testing.T, s *embedded.NATS) *world {
	t.Helper()
	conn, err := nats.Connect(s.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	require.NoError(t, session.Ensure(t.Context(), js, 0))
	return &world{t: t, js: js, at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
}

// start starts NATS with its data in a folder, at an address; each may be left out.
func start(t *testing.T, dir, addr string) *embedded.NATS {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := embedded.StartNATS(ctx, embedded.NATSConfig{DataDir: dir, Addr: addr})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// manager are the sessions as one console has them.
func (w *world) manager(change func(*session.Config)) *session.Manager {
	cfg := session.Config{JetStream: func() (jetstream.JetStream, bool) { return w.js, true }, Now: w.now, Logger: zerolog.New(w)}
	if change != nil {
		change(&cfg)
	}
	return session.New(cfg)
}

func ann() access.Person { return access.Person{Identity: "ann", Groups: []string{"sre", "shop"}} }

// begin begins a session, and returns its cookie.
func (w *world) begin(m *session.Manager, p access.Person, how session.How) *http.Cookie {
	w.t.Helper()
	out := httptest.NewRecorder()
	require.NoError(w.t, m.Begin(w.t.Context(), out, p, how))
	set := out.Result().Cookies()
	require.Len(w.t, set, 1)
	return set[0]
}

// find asks with a cookie.
func (w *world) find(m *session.Manager, cookie *http.Cookie) (access.Person, error) {
	return m.Find(w.with(cookie))
}

func (w *world) with(cookie *http.Cookie) *http.Request {
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	return r
}

func (w *world) requireAway(err error) {
	w.t.Helper()
	var p problem.Problem
	require.ErrorAs(w.t, err, &p)
	require.Equal(w.t, http.StatusServiceUnavailable, p.Status)
	require.NotZero(w.t, p.RetryAfter)
}

// The cookie is sent to this console alone, is out of reach of scripts, and goes with the session.
func TestBegin_Cookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const secret = `[A-Za-z0-9_-]{43}`
	for want, change := range map[string]func(*session.Config){
		`^__Host-slipway=` + secret + `; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax$`: func(c *session.Config) { c.Secure = true },
		`^slipway-session=` + secret + `; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax$`:         func(c *session.Config) { c.Time = time.Hour },
		`^slipway-session=` + secret + `; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax$`:        func(c *session.Config) { c.Time = 48 * time.Hour },
	} {
		out := httptest.NewRecorder()
		require.NoError(t, w.manager(change).Begin(t.Context(), out, ann(), session.ByOIDC()))
		require.Regexp(t, want, out.Header().Get("Set-Cookie"))
	}
	m := w.manager(nil)
	require.NotEqual(t, w.begin(m, ann(), session.ByOIDC()).Value, w.begin(m, ann(), session.ByOIDC()).Value)
}

// A session is known to every console, and to one that has started anew.
func TestFind_ByAnotherConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cookie := w.begin(w.manager(nil), ann(), session.ByOIDC())
	p, err := w.find(w.manager(nil), cookie)
	require.NoError(t, err)
	require.Equal(t, ann(), p)
}

// Who reads the bucket, or the log, has nothing to sign in with.
func TestBucket_HasNoSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := access.NewToken()
	cookie := w.begin(w.manager(nil), ann(), session.ByToken(token))
	kv, err := w.js.KeyValue(t.Context(), session.Bucket)
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(cookie.Value))
	key := hex.EncodeToString(sum[:])
	keys, err := kv.Keys(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{key}, keys)
	entry, err := kv.Get(t.Context(), key)
	require.NoError(t, err)
	require.JSONEq(t, `{"identity": "ann", "groups": ["sre", "shop"], "by": "token", "token": "`+access.Digest(token)+`",
		"since": "2026-03-01T09:00:00Z", "until": "2026-03-01T21:00:00Z"}`, string(entry.Value()))
	_, err = w.find(w.manager(nil), &http.Cookie{Name: cookie.Name, Value: key})
	require.ErrorIs(t, err, access.ErrEnded)
	require.Contains(t, w.log.String(), "signed in")
	for _, secret := range []string{cookie.Value, token} {
		require.NotContains(t, w.log.String()+string(entry.Value()), secret)
	}
}

// A forged cookie is that of no session, and who signs out with one leaves nothing in the bucket.
func TestFind_Forged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.manager(nil)
	cookie := w.begin(m, ann(), session.ByOIDC())
	forged := &http.Cookie{Name: cookie.Name, Value: strings.Repeat("A", 43)}
	_, err := w.find(m, forged)
	require.ErrorIs(t, err, access.ErrEnded)
	before, err := bucketdoc.StateOf(t.Context(), w.js, session.Bucket)
	require.NoError(t, err)
	require.NoError(t, m.End(t.Context(), httptest.NewRecorder(), w.with(forged)))
	after, err := bucketdoc.StateOf(t.Context(), w.js, session.Bucket)
	require.NoError(t, err)
	require.Equal(t, before, after)
	_, err = w.find(m, cookie)
	require.NoError(t, err)
}

// A session that was ended counts no more: here at once, at another console after some seconds.
func TestEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.manager(nil), w.manager(nil)
	cookie, other := w.begin(here, ann(), session.ByOIDC()), w.begin(here, ann(), session.ByOIDC())
	_, err := w.find(there, cookie)
	require.NoError(t, err)
	out := httptest.NewRecorder()
	require.NoError(t, here.End(t.Context(), out, w.with(cookie)))
	require.Equal(t, "slipway-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", out.Header().Get("Set-Cookie"))
	_, err = w.find(here, cookie)
	require.ErrorIs(t, err, access.ErrEnded)
	w.pass(5 * time.Second)
	for _, m := range []*session.Manager{here, there, w.manager(nil)} {
		_, err = w.find(m, cookie)
		require.ErrorIs(t, err, access.ErrEnded)
		_, err = w.find(m, other)
		require.NoError(t, err, "another session of hers")
	}
	w.pass(time.Hour)
	_, err = w.find(here, cookie)
	require.ErrorIs(t, err, access.ErrEnded)
}

// Who asks while somebody signs out does not bring the session back.
func TestEnd_WhileOthersAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.manager(nil)
	cookie := w.begin(m, ann(), session.ByOIDC())
	w.pass(5 * time.Second) // NATS is asked again
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { _, _ = w.find(m, cookie) })
	}
	require.NoError(t, m.End(t.Context(), httptest.NewRecorder(), w.with(cookie)))
	_, err := w.find(m, cookie)
	require.ErrorIs(t, err, access.ErrEnded)
	group.Wait()
	_, err = w.find(m, cookie)
	require.ErrorIs(t, err, access.ErrEnded)
}

// All sessions of one identity end, and those of no other.
func TestEndAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.manager(nil), w.manager(nil)
	cookies := []*http.Cookie{w.begin(here, ann(), session.ByOIDC()), w.begin(there, ann(), session.ByOIDC())}
	bo := w.begin(here, access.Person{Identity: "bo"}, session.ByOIDC())
	require.NoError(t, here.EndAll(t.Context(), "ann"))
	require.NoError(t, here.EndAll(t.Context(), "nobody"))
	for _, cookie := range cookies {
		_, err := w.find(here, cookie)
		require.ErrorIs(t, err, access.ErrEnded)
	}
	_, err := w.find(here, bo)
	require.NoError(t, err)
}

// A session ends with its time, whoever remembers it.
func TestFind_ItsTimeIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.manager(func(c *session.Config) { c.Time = 3 * time.Second })
	cookie := w.begin(m, ann(), session.ByOIDC())
	w.pass(3*time.Second - 1)
	_, err := w.find(m, cookie)
	require.NoError(t, err)
	w.pass(1)
	for _, m := range []*session.Manager{m, w.manager(nil)} {
		_, err = w.find(m, cookie)
		require.ErrorIs(t, err, access.ErrEnded)
	}
}

// A session that was begun with a token ends with it.
func TestFind_ItsTokenIsGone(t *testing.T) {
	t.Parallel()
	token := access.NewToken()
	for name, line := range map[string]func(at time.Time) string{
		"taken away":        func(time.Time) string { return "# nobody" },
		"expired":           func(at time.Time) string { return access.Line("ann", token, at.AddDate(0, 0, -1)) },
		"of somebody else":  func(time.Time) string { return access.Line("bo", token, time.Time{}) },
		"another one there": func(time.Time) string { return access.Line("ann", access.NewToken(), time.Time{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			path := filepath.Join(t.TempDir(), "tokens")
			require.NoError(t, os.WriteFile(path, []byte(access.Line("ann", token, time.Time{})+"\n"), 0o600))
			tokens, err := access.OpenTokens(path, w.now, zerolog.Nop())
			require.NoError(t, err)
			m := w.manager(func(c *session.Config) { c.Tokens = tokens })
			byToken, byOIDC := w.begin(m, ann(), session.ByToken(token)), w.begin(m, ann(), session.ByOIDC())
			_, err = w.find(m, byToken)
			require.NoError(t, err)

			require.NoError(t, os.WriteFile(path, []byte(line(w.now())+"\n# changed\n"), 0o600))
			w.pass(3 * time.Second)
			_, err = w.find(m, byToken)
			require.ErrorIs(t, err, access.ErrEnded)
			_, err = w.find(m, byOIDC)
			require.NoError(t, err)
			_, err = w.find(w.manager(nil), byToken)
			require.ErrorIs(t, err, access.ErrEnded, "nobody signs in with tokens there")
		})
	}
}

// While NATS is away nobody is signed out: the session counts on once it is back.
func TestFind_WhileNATSIsAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := start(t, dir, "")
	w := worldOn(t, server)
	m := w.manager(nil)
	cookie := w.begin(m, ann(), session.ByOIDC())
	addr := strings.TrimPrefix(server.URL(), "nats://")
	require.NoError(t, server.Close())
	require.Eventually(t, func() bool { return !w.js.Conn().IsConnected() }, time.Minute, time.Millisecond)
	_, err := w.find(m, cookie)
	require.NoError(t, err, "it was seen a moment ago")
	w.pass(5 * time.Second)
	_, err = w.find(m, cookie)
	w.requireAway(err)
	out := httptest.NewRecorder()
	w.requireAway(m.End(t.Context(), out, w.with(cookie)))
	w.requireAway(m.Begin(t.Context(), out, ann(), session.ByOIDC()))
	require.Empty(t, out.Result().Cookies())

	start(t, dir, addr)
	require.Eventually(t, func() bool {
		p, err := w.find(m, cookie)
		return err == nil && p.Identity == "ann"
	}, time.Minute, 10*time.Millisecond)
}

// At the door who has signed out is sent to sign in, and who cannot be asked about is told to come again.
func TestDoor_WithSessions(t *testing.T) {
	t.Parallel()
	server := start(t, "", "")
	w := worldOn(t, server)
	token := access.NewToken()
	tokens := access.SomeTokens(map[string]access.Person{token: {Identity: "ann"}})
	m := w.manager(func(c *session.Config) { c.Tokens = tokens })
	door := access.NewDoor(access.DoorConfig{Tokens: tokens, Sessions: m, Logger: zerolog.New(w)})
	who := http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		p, _ := access.Of(r.Context())
		_, _ = out.Write([]byte(p.Identity))
	})
	api, pages := door.Handler(who), door.Pages(who, http.RedirectHandler("/sign-in", http.StatusSeeOther), nil)
	requireStatus := func(cookie *http.Cookie, ofAPI, ofPages int) {
		t.Helper()
		for i, handler := range []http.Handler{api, pages} {
			out := httptest.NewRecorder()
			handler.ServeHTTP(out, w.with(cookie))
			require.Equal(t, []int{ofAPI, ofPages}[i], out.Code)
		}
	}
	signIn := func() *http.Cookie {
		p, err := door.Attempt(w.with(&http.Cookie{}), token)
		require.NoError(t, err)
		return w.begin(m, p, session.ByToken(token))
	}
	one, other := signIn(), signIn()
	requireStatus(one, 200, 200)
	require.NoError(t, m.End(t.Context(), httptest.NewRecorder(), w.with(one)))
	requireStatus(one, 401, 303)
	requireStatus(&http.Cookie{Name: "theme", Value: "dark"}, 401, 303)
	requireStatus(other, 200, 200)
	require.NoError(t, server.Close())
	require.Eventually(t, func() bool { return !w.js.Conn().IsConnected() }, time.Minute, time.Millisecond)
	w.pass(5 * time.Second)
	requireStatus(other, 503, 503)
	require.NotContains(t, w.log.String(), token)
	require.NotContains(t, w.log.String(), other.Value)
}

// Without the bucket, or while it takes nothing, sessions are no less unknown than before.
func TestFind_WithoutBucket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.manager(nil)
	cookie := w.begin(m, ann(), session.ByOIDC())
	require.NoError(t, w.js.DeleteKeyValue(t.Context(), session.Bucket))
	w.pass(5 * time.Second)
	_, err := w.find(m, cookie)
	w.requireAway(err)
	require.Contains(t, w.log.String(), "create it with: slipway setup")
}

// What stands in the bucket and is no session lets nobody in.
func TestFind_WhatIsNoSession(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]any){
		"of a newer version": func(s map[string]any) { s["as"] = "admin" },
		"of nobody":          func(s map[string]any) { s["identity"] = "" },
		"of the system":      func(s map[string]any) { s["identity"] = "slipway" },
		"without an end":     func(s map[string]any) { delete(s, "until") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			m := w.manager(nil)
			cookie := w.begin(m, ann(), session.ByOIDC())
			kv, err := w.js.KeyValue(t.Context(), session.Bucket)
			require.NoError(t, err)
			keys, err := kv.Keys(t.Context())
			require.NoError(t, err)
			entry, err := kv.Get(t.Context(), keys[0])
			require.NoError(t, err)
			var s map[string]any
			require.NoError(t, json.Unmarshal(entry.Value(), &s))
			change(s)
			raw, err := json.Marshal(s)
			require.NoError(t, err)
			_, err = kv.Put(t.Context(), keys[0], raw)
			require.NoError(t, err)
			w.pass(5 * time.Second)
			_, err = w.find(m, cookie)
			require.ErrorIs(t, err, access.ErrEnded)
		})
	}
}

// Whoever has a token fills the bucket with no more sessions than somebody needs.
func TestBegin_TooOften(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.manager(nil)
	for range 50 {
		w.begin(m, ann(), session.ByOIDC())
	}
	out := httptest.NewRecorder()
	err := m.Begin(t.Context(), out, ann(), session.ByOIDC())
	var p problem.Problem
	require.ErrorAs(t, err, &p)
	require.Equal(t, http.StatusTooManyRequests, p.Status)
	require.Equal(t, time.Minute, p.RetryAfter)
	require.Empty(t, out.Result().Cookies())
	w.begin(m, access.Person{Identity: "bo"}, session.ByOIDC())
	w.pass(time.Minute)
	w.begin(m, ann(), session.ByOIDC())
}

// The bucket forgets sessions by itself and is bounded; what its operator has set stays.
func TestEnsure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := func() jetstream.StreamConfig {
		stream, err := w.js.Stream(t.Context(), bucketdoc.StreamName(session.Bucket))
		require.NoError(t, err)
		return stream.CachedInfo().Config
	}
	have := config()
	require.Equal(t, 24*time.Hour, have.MaxAge)
	require.EqualValues(t, 64<<20, have.MaxBytes)
	require.EqualValues(t, 1, have.MaxMsgsPerSubject)
	require.Equal(t, jetstream.FileStorage, have.Storage)
	have.MaxAge = time.Hour
	_, err := w.js.UpdateStream(t.Context(), have)
	require.NoError(t, err)
	have = config()
	require.NoError(t, session.Ensure(t.Context(), w.js, 1))
	require.Equal(t, have, config())
}
