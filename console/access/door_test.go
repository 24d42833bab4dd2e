package access_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"slipway/console/access"
	"slipway/console/problem"
)

// door is a door behind which stands who says who has come.
type door struct {
	ctx      context.Context
	handler  http.Handler
	ann, bo  string
	log      bytes.Buffer
	at       *clock
	entering chan struct{}
	leave    chan struct{}
}

func newDoor(t *testing.T, change func(*access.DoorConfig)) *door {
	t.Helper()
	d := &door{ctx: t.Context(), ann: access.NewToken(), bo: access.NewToken(), at: newClock(), entering: make(chan struct{}), leave: make(chan struct{})}
	cfg := access.DoorConfig{
		Tokens: access.SomeTokens(map[string]access.Person{d.ann: {Identity: "ann"}, d.bo: {Identity: "bo"}}), Now: d.at.now, Logger: zerolog.New(&d.log),
	}
	if change != nil {
		change(&cfg)
	}
	d.handler = access.NewDoor(cfg).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := access.Of(r.Context())
		if r.URL.Path == "/slow" {
			d.entering <- struct{}{}
			<-d.leave
		}
		_, _ = io.WriteString(w, p.Identity)
	}))
	return d
}

// ask sends a request with some headers Authorization from an address.
func (d *door) ask(from, path string, said ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(d.ctx, http.MethodGet, path, nil)
	r.RemoteAddr, r.Header["Authorization"] = from, said
	return d.serve(r)
}

func (d *door) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

const here = "192.0.2.7:4711"

func TestDoor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		said      func(d *door) []string
		status    int
		says      string
		challenge string
	}{
		"her token":           {func(d *door) []string { return []string{"Bearer " + d.ann} }, 200, "ann", ""},
		"his token":           {func(d *door) []string { return []string{"bearer  " + d.bo} }, 200, "bo", ""},
		"no token":            {func(*door) []string { return nil }, 401, "there is no token", `Bearer realm="slipway"`},
		"another one":         {func(*door) []string { return []string{"Bearer " + access.NewToken()} }, 401, "the token is not known", `Bearer realm="slipway", error="invalid_token"`},
		"another scheme":      {func(d *door) []string { return []string{"Basic " + d.ann} }, 401, "the token is not known", `Bearer realm="slipway", error="invalid_token"`},
		"the token alone":     {func(d *door) []string { return []string{d.ann} }, 401, "the token is not known", `Bearer realm="slipway", error="invalid_token"`},
		"two tokens":          {func(d *door) []string { return []string{"Bearer " + d.ann, "Bearer " + d.bo} }, 401, "the token is not known", `Bearer realm="slipway", error="invalid_token"`},
		"an empty one":        {func(*door) []string { return []string{""} }, 401, "the token is not known", `Bearer realm="slipway", error="invalid_token"`},
		"more than the token": {func(d *door) []string { return []string{"Bearer " + d.ann + ", x"} }, 401, "the token is not known", `Bearer realm="slipway", error="invalid_token"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, nil)
			got := d.ask(here, "/", test.said(d)...)
			require.Equal(t, test.status, got.Code)
			require.Contains(t, got.Body.String(), test.says)
			require.Equal(t, test.challenge, got.Header().Get("WWW-Authenticate"))
			if got.Code != http.StatusOK {
				require.Equal(t, problem.ContentType, got.Header().Get("Content-Type"))
				require.Contains(t, d.log.String(), `"from":"192.0.2.7"`)
			}
			for _, token := range []string{d.ann, d.bo, "slipway_"} {
				require.NotContains(t, d.log.String()+got.Body.String(), token)
			}
		})
	}
}

// A token stands in the header and nowhere else, where addresses are logged for example.
func TestDoor_NoTokenInTheAddress(t *testing.T) {
	t.Parallel()
	d := newDoor(t, nil)
	require.Equal(t, http.StatusUnauthorized, d.ask(here, "/?access_token="+d.ann+"&token="+d.ann).Code)
}

func TestDoor_WithoutTokensNobodyIsLetIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(c *access.DoorConfig) { c.Tokens = nil })
	got := d.ask(here, "/", "Bearer "+d.ann)
	require.Equal(t, http.StatusUnauthorized, got.Code)
	require.Contains(t, got.Body.String(), "nobody can sign in with a token here: this console has no file of tokens")
}

// Whoever tries without a token that counts has to wait, and nobody who has signed in, wherever they are.
func TestDoor_ForgersUseUpNothing(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(c *access.DoorConfig) {
		c.Failing, c.Failed, c.Rate, c.Burst = rate.Every(time.Minute), 2, rate.Every(time.Minute), 1
	})
	for _, want := range []int{401, 401, 429, 429} {
		require.Equal(t, want, d.ask(here, "/", "Bearer "+access.NewToken()).Code)
	}
	require.Equal(t, 2, bytes.Count(d.log.Bytes(), []byte("\n")), "what is too much is not logged")
	require.Equal(t, "60", d.ask("192.0.2.7:99", "/").Header().Get("Retry-After"), "another port is the same address")
	require.Equal(t, http.StatusUnauthorized, d.ask("192.0.2.8:4711", "/").Code)
	require.Equal(t, http.StatusOK, d.ask(here, "/", "Bearer "+d.ann).Code, "from the very address")

	require.Equal(t, http.StatusUnauthorized, d.ask("[2001:db8::1]:1", "/").Code)
	require.Equal(t, http.StatusUnauthorized, d.ask("[2001:db8::2]:1", "/").Code)
	require.Equal(t, http.StatusTooManyRequests, d.ask("[2001:db8::3]:1", "/").Code, "a customer has a whole network")
	require.Equal(t, http.StatusUnauthorized, d.ask("[2001:db8:0:1::3]:1", "/").Code)
}

// What one person asks too much holds up no other.
func TestDoor_Rate(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(c *access.DoorConfig) { c.Rate, c.Burst = rate.Every(time.Minute), 2 })
	for _, want := range []int{200, 200, 429} {
		require.Equal(t, want, d.ask(here, "/", "Bearer "+d.ann).Code)
	}
	got := d.ask(here, "/", "Bearer "+d.ann)
	require.Equal(t, "60", got.Header().Get("Retry-After"))
	require.Contains(t, got.Body.String(), "too many requests of ann")
	require.Equal(t, http.StatusOK, d.ask(here, "/", "Bearer "+d.bo).Code)
	d.at.pass(time.Minute)
	require.Equal(t, http.StatusOK, d.ask(here, "/", "Bearer "+d.ann).Code)
}

func TestDoor_AtOnce(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(c *access.DoorConfig) { c.AtOnce = 1 })
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- d.ask(here, "/slow", "Bearer "+d.ann) }()
	<-d.entering
	require.Equal(t, http.StatusTooManyRequests, d.ask(here, "/", "Bearer "+d.ann).Code)
	require.Equal(t, http.StatusOK, d.ask(here, "/", "Bearer "+d.bo).Code)
	d.leave <- struct{}{}
	require.Equal(t, http.StatusOK, (<-done).Code)
	require.Equal(t, http.StatusOK, d.ask(here, "/", "Bearer "+d.ann).Code)
}

// sessions are those of browsers: the value of the cookie s is who it is of.
type sessions struct{}

func (sessions) Find(r *http.Request) (access.Person, error) {
	cookie, err := r.Cookie("s")
	switch {
	case err != nil:
		return access.Person{}, access.ErrNone
	case cookie.Value == "away":
		return access.Person{}, problem.New(http.StatusServiceUnavailable, "NATS does not answer")
	case cookie.Value == "forged":
		return access.Person{}, access.ErrEnded
	}
	return access.Person{Identity: cookie.Value, Groups: []string{"sre"}}, nil
}

// browse sends a request with a cookie from here.
func (d *door) browse(path, cookie string, said ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(d.ctx, http.MethodGet, path, nil)
	r.RemoteAddr, r.Header["Authorization"] = here, said
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: "s", Value: cookie})
	}
	return d.serve(r)
}

func withSessions(c *access.DoorConfig) { c.Sessions = sessions{} }

// A session lets in as a token does. Where there are both, the token counts, and so does one that is wrong.
func TestDoor_Sessions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cookie string
		said   func(d *door) []string
		status int
		says   string
	}{
		"a session":               {"mei", nil, 200, "mei"},
		"nothing":                 {"", nil, 401, "there is no token"},
		"one that has ended":      {"forged", nil, 401, "the session has ended"},
		"nobody can say":          {"away", nil, 503, "NATS does not answer"},
		"a token beside it":       {"mei", func(d *door) []string { return []string{"Bearer " + d.ann} }, 200, "ann"},
		"a token, while away":     {"away", func(d *door) []string { return []string{"Bearer " + d.ann} }, 200, "ann"},
		"another token beside it": {"mei", func(*door) []string { return []string{"Bearer " + access.NewToken()} }, 401, "the token is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, withSessions)
			var said []string
			if test.said != nil {
				said = test.said(d)
			}
			got := d.browse("/", test.cookie, said...)
			require.Equal(t, test.status, got.Code)
			require.Contains(t, got.Body.String(), test.says)
		})
	}
}

// Sessions of a service for sign-in need no tokens.
func TestDoor_SessionsAlone(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(c *access.DoorConfig) { c.Tokens, c.Sessions = nil, sessions{} })
	require.Equal(t, http.StatusOK, d.browse("/", "mei").Code)
	got := d.browse("/", "mei", "Bearer "+d.ann)
	require.Equal(t, http.StatusUnauthorized, got.Code)
	require.Contains(t, got.Body.String(), "nobody can sign in with a token here")
}

// The limits of sessions are those of who they are of.
func TestDoor_SessionsHaveTheLimitsOfTheirIdentity(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(c *access.DoorConfig) { c.Sessions, c.Rate, c.Burst = sessions{}, rate.Every(time.Minute), 2 })
	require.Equal(t, http.StatusOK, d.browse("/", "ann").Code)
	require.Equal(t, http.StatusOK, d.ask(here, "/", "Bearer "+d.ann).Code)
	require.Equal(t, http.StatusTooManyRequests, d.browse("/", "ann").Code)
	require.Equal(t, http.StatusOK, d.browse("/", "mei").Code)
}

func TestDoor_Pages(t *testing.T) {
	t.Parallel()
	d := newDoor(t, withSessions)
	d.handler = access.NewDoor(access.DoorConfig{
		Tokens: access.SomeTokens(map[string]access.Person{d.ann: {Identity: "ann"}}), Sessions: sessions{}, Now: d.at.now, Failing: rate.Every(time.Minute), Failed: 2,
	}).Pages(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := access.Of(r.Context())
		_, _ = io.WriteString(w, p.Identity+" "+p.Groups[0])
	}), http.RedirectHandler("/sign-in", http.StatusSeeOther), func(w http.ResponseWriter, _ *http.Request, p problem.Problem) {
		http.Error(w, "a page: "+p.Detail, p.Status)
	})

	got := d.browse("/releases", "mei")
	require.Equal(t, http.StatusOK, got.Code)
	require.Equal(t, "mei sre", got.Body.String())
	away := d.browse("/releases", "away")
	require.Equal(t, http.StatusServiceUnavailable, away.Code, "that is not signed out")
	require.Contains(t, away.Body.String(), "a page: ")
	for range 4 {
		got := d.browse("/releases", "")
		require.Equal(t, http.StatusSeeOther, got.Code, "who comes for the first time has tried nothing")
		require.Equal(t, "/sign-in", got.Header().Get("Location"))
	}
	for _, want := range []int{303, 303, 429, 429} {
		require.Equal(t, want, d.browse("/releases", "forged").Code)
	}
	require.Equal(t, http.StatusOK, d.browse("/releases", "mei").Code, "from the very address")
}

// What is tried in a form counts as what is tried in a header.
func TestDoor_Attempt(t *testing.T) {
	t.Parallel()
	at, ann, log := newClock(), access.NewToken(), bytes.Buffer{}
	d := access.NewDoor(access.DoorConfig{
		Tokens: access.SomeTokens(map[string]access.Person{ann: {Identity: "ann"}}), Now: at.now, Failing: rate.Every(time.Minute), Failed: 2, Logger: zerolog.New(&log),
	})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", nil)
	status := func(token string) int {
		_, err := d.Attempt(r, token)
		var p problem.Problem
		require.ErrorAs(t, err, &p)
		return p.Status
	}
	for _, want := range []int{401, 401, 429, 429} {
		require.Equal(t, want, status(access.NewToken()))
	}
	require.Equal(t, 2, bytes.Count(log.Bytes(), []byte("not signed in")))
	require.NotContains(t, log.String(), "slipway_")
	who, err := d.Attempt(r, " "+ann+"\n")
	require.NoError(t, err, "who has a token that counts does not wait")
	require.Equal(t, "ann", who.Identity)

	d = access.NewDoor(access.DoorConfig{Sessions: sessions{}})
	_, err = d.Attempt(r, ann)
	require.ErrorContains(t, err, "nobody can sign in with a token here")
}

// endless is the one session of ann, which fails as a test says.
type endless struct{ err error }

func (s *endless) Find(*http.Request) (access.Person, error) {
	return access.Person{Identity: "ann"}, s.err
}

// What goes on for long can ask whether the session has ended with which it began.
func TestDoor_Counts(t *testing.T) {
	t.Parallel()
	var session endless
	var counts []bool
	door := access.NewDoor(access.DoorConfig{Sessions: &session}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for _, session.err = range []error{nil, problem.New(http.StatusServiceUnavailable, "NATS is away"), access.ErrEnded} {
			counts = append(counts, access.Counts(r.Context()))
		}
	}))
	door.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	require.Equal(t, []bool{true, true, false}, counts, "nobody is put out while nobody can say")
	require.True(t, access.Counts(t.Context()), "where there is no door, there is nobody to put out")
}
