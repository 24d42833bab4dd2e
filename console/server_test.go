package console_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"slipway/console"
	"slipway/console/access"
	"slipway/console/oidc"
	"slipway/console/problem"
	"slipway/internal/metrictest"
	"slipway/release"
)

// world is a console whose API says who has asked.
type world struct {
	url, token string
	metrics    *prometheus.Registry

	mu  sync.Mutex
	log bytes.Buffer
}

// Write takes lines of the log.
func (w *world) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(line)
}

func (w *world) lines() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// api is what stands behind the door.
func api() http.Handler {
	mux := http.NewServeMux()
	who := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p, _ := access.Of(r.Context())
		_, _ = fmt.Fprintf(w, "%s %s %d", p.Identity, r.PathValue("id"), len(body))
	}
	mux.HandleFunc("GET /api/v1/releases/{id}", who)
	mux.HandleFunc("POST /api/v1/releases", who)
	mux.HandleFunc("GET "+console.OpenAPIPath, who)
	mux.HandleFunc("GET /api/v1/events", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, ": begin\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /api/v1/panics", func(http.ResponseWriter, *http.Request) { panic("out of order") }) //nolint:forbidigo // what a mistake does
	return mux
}

func serve(t *testing.T, change func(*console.Config)) *world {
	t.Helper()
	w := &world{token: access.NewToken(), metrics: prometheus.NewRegistry()}
	log := zerolog.New(w)
	pages, front := pages()
	cfg := console.Config{
		Addr: "127.0.0.1:0", API: api(), Pages: pages, Front: front, NotSignedIn: http.RedirectHandler("/sign-in", http.StatusSeeOther), Metrics: w.metrics, Logger: log,
		Door: access.NewDoor(access.DoorConfig{
			Tokens: access.SomeTokens(map[string]access.Person{w.token: {Identity: "ann"}}), Logger: log, Failing: rate.Every(time.Minute), Failed: 2,
		}),
	}
	if change != nil {
		change(&cfg)
	}
	server, err := console.Listen(t.Context(), cfg)
	require.NoError(t, err)
	w.url = "http://" + server.Addr()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
		require.NotContains(t, w.lines(), w.token)
		require.NotContains(t, w.lines(), "secret")
	})
	return w
}

// call is a request, by default of ann with GET.
type call struct {
	method, path, body string
	header             map[string]string
	nobody             bool
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (w *world) do(t *testing.T, c call) reply {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(t.Context(), c.method, w.url+c.path, strings.NewReader(c.body))
	require.NoError(t, err)
	if !c.nobody {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
		if name == "Host" {
			req.Host = value
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // follows no redirects
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func TestServer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		call   call
		status int
		says   string
		// counted is its route.
		counted string
	}{
		"the document":              {call{path: console.OpenAPIPath, nobody: true}, 200, "", "GET " + console.OpenAPIPath},
		"a release":                 {call{path: "/api/v1/releases/r-1?secret=1"}, 200, "ann r-1 0", "GET /api/v1/releases/{id}"},
		"a release, by nobody":      {call{path: "/api/v1/releases/r-1", nobody: true}, 401, "there is no token", "/api/"},
		"a request":                 {call{method: "POST", path: "/api/v1/releases", body: "{}"}, 200, "ann  2", "POST /api/v1/releases"},
		"a request, by nobody":      {call{method: "POST", path: "/api/v1/releases", body: "{}", nobody: true}, 401, "there is no token", "/api/"},
		"what the API has not":      {call{path: "/api/v1/secret"}, 404, "", "/api/"},
		"a large one":               {call{method: "POST", path: "/api/v1/releases", body: strings.Repeat(" ", release.MaxEvent)}, 200, "ann  262144", "POST /api/v1/releases"},
		"one that is too large":     {call{method: "POST", path: "/api/v1/releases", body: strings.Repeat(" ", release.MaxEvent+1)}, 413, "larger than 262144 bytes", "/api/"},
		"from a page of another":    {call{method: "POST", path: "/api/v1/releases", header: map[string]string{"Sec-Fetch-Site": "cross-site"}}, 403, "a page of another origin", "none"},
		"from another origin":       {call{method: "POST", path: "/api/v1/releases", header: map[string]string{"Origin": "https://evil.example"}}, 403, "a page of another origin", "none"},
		"from the same origin":      {call{method: "POST", path: "/api/v1/releases", header: map[string]string{"Sec-Fetch-Site": "same-origin"}}, 200, "ann", "POST /api/v1/releases"},
		"for another host":          {call{path: "/", header: map[string]string{"Host": "evil.example:8090"}}, 421, "not the host that was asked", "none"},
		"for a host of a name":      {call{path: "/", header: map[string]string{"Host": "127.0.0.1.evil.example"}}, 421, "not the host that was asked", "none"},
		"for this machine":          {call{path: "/api/v1/releases/r-1", header: map[string]string{"Host": "localhost:4711"}}, 200, "ann r-1", "GET /api/v1/releases/{id}"},
		"for this machine, of v6":   {call{path: "/api/v1/releases/r-1", header: map[string]string{"Host": "[::1]"}}, 200, "ann r-1", "GET /api/v1/releases/{id}"},
		"what ends in a panic":      {call{path: "/api/v1/panics"}, 500, "the log of the console says why", "/api/"},
		"another method at its end": {call{method: "DELETE", path: "/api/v1/releases"}, 405, "", "/api/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, nil)
			got := w.do(t, test.call)
			require.Equal(t, test.status, got.status, got.body)
			require.Contains(t, got.body, test.says)
			for header, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
				"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			} {
				require.Equal(t, want, got.header.Get(header), header)
			}
			if strings.HasPrefix(got.body, "{") {
				require.Equal(t, problem.ContentType, got.header.Get("Content-Type"))
			}
			counted := metrictest.Values(t, w.metrics)
			require.InDelta(t, 1, counted[fmt.Sprintf("slipway_console_requests_total %s %d", test.counted, test.status)], 0, "%v", counted)
		})
	}
}

// The log says who asked what, by its route: what stands in a path or a query may be anything.
func TestServer_Log(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	w.do(t, call{path: "/api/v1/releases/r-1?access_token=secret"})
	line := `"identity":"ann","method":"GET","route":"GET /api/v1/releases/{id}","status":200`
	require.Eventually(t, func() bool { return strings.Contains(w.lines(), line) }, time.Minute, time.Millisecond, "%s", w.lines())
}

// Where a server with TLS stands before it, its host is asked, and its pages are of the same origin.
func TestServer_URL(t *testing.T) {
	t.Parallel()
	w := serve(t, func(c *console.Config) { c.URL = "https://slipway.example" })
	for host, want := range map[string]int{"slipway.example": 200, "evil.example": 421, "127.0.0.1:8090": 200} {
		require.Equal(t, want, w.do(t, call{path: "/", header: map[string]string{"Host": host}}).status, host)
	}
	post := call{method: http.MethodPost, path: "/api/v1/releases", header: map[string]string{"Origin": "https://slipway.example"}}
	require.Equal(t, http.StatusOK, w.do(t, post).status, "the server before it says another host")
}

// Whoever tries tokens does not keep those out who have one.
func TestServer_ForgersUseUpNothing(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	forged := call{path: "/api/v1/releases/r-1", nobody: true, header: map[string]string{"Authorization": "Bearer slipway_secret"}}
	for _, want := range []int{401, 401, 429, 429} {
		require.Equal(t, want, w.do(t, forged).status)
	}
	require.Equal(t, http.StatusOK, w.do(t, call{path: "/api/v1/releases/r-1"}).status)
}

// People who sign in by OpenID Connect have not signed in yet, and come back from another site.
func TestServer_SignIn(t *testing.T) {
	t.Parallel()
	w := serve(t, func(c *console.Config) {
		c.SignIn = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "signs in at "+r.URL.Path) })
	})
	for _, path := range []string{oidc.Path, oidc.CallbackPath} {
		got := w.do(t, call{path: path + "?code=secret", nobody: true, header: map[string]string{"Sec-Fetch-Site": "cross-site"}})
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.Equal(t, "signs in at "+path, got.body)
		require.Equal(t, "no-store", got.header.Get("Cache-Control"))
		require.Equal(t, http.StatusNotFound, serve(t, nil).do(t, call{path: path, nobody: true}).status, "where nobody does")
	}
}

// What is told piece by piece arrives so, and ends with the server.
func TestServer_Streams(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/api/v1/events", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+w.token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, ": begin\n", line)
}

// A body that does not come is no fault of the server that ends.
func TestServer_EndsBesideABodyThatDoesNotCome(t *testing.T) {
	t.Parallel()
	token := access.NewToken()
	ctx, stop := context.WithCancel(t.Context())
	pages, front := pages()
	s, err := console.Listen(ctx, console.Config{Addr: "127.0.0.1:0", API: api(), Pages: pages, Front: front, NotSignedIn: front, Logger: zerolog.Nop(), Door: access.NewDoor(access.DoorConfig{
		Tokens: access.SomeTokens(map[string]access.Person{token: {Identity: "ann"}}),
	})})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Addr())
	require.NoError(t, err)
	_, err = io.WriteString(conn, "POST /api/v1/releases HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "+token+"\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 9)) // it is asked for the body, which does not come
	require.NoError(t, err)
	stop()
	require.NoError(t, <-ended)
	require.NoError(t, conn.Close())
}

// sessions let in who says so in a cookie.
type sessions struct{}

func (sessions) Find(r *http.Request) (access.Person, error) {
	cookie, err := r.Cookie("s")
	if err != nil {
		return access.Person{}, access.ErrNone
	}
	return access.Person{Identity: cookie.Value}, nil
}

// pages are what stands behind the door for people, and what stands before it.
func pages() (behind, before http.Handler) {
	pages, front := http.NewServeMux(), http.NewServeMux()
	says := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			p, _ := access.Of(r.Context())
			_, _ = fmt.Fprintf(w, "%s %q %d", text, p.Identity, len(body))
		}
	}
	pages.HandleFunc("GET /{$}", says("overview"))
	pages.HandleFunc("POST /releases/{id}/abort", says("abort"))
	front.HandleFunc("GET /sign-in", says("sign in"))
	front.HandleFunc("POST /sign-in", says("signed in"))
	front.HandleFunc("GET /assets/{name}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = io.WriteString(w, "body {}")
	})
	return pages, front
}

// servePages serves those who have a session.
func servePages(t *testing.T) *world {
	t.Helper()
	return serve(t, func(c *console.Config) {
		c.Door = access.NewDoor(access.DoorConfig{Sessions: sessions{}, Logger: c.Logger})
	})
}

// Pages are behind the door, what it takes to sign in is before it, and a browser may show both.
func TestServer_Pages(t *testing.T) {
	t.Parallel()
	const kept, shown = "public, max-age=31536000, immutable", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	const plain = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	here := map[string]string{"Cookie": "s=mei", "Sec-Fetch-Site": "same-origin"}
	for name, test := range map[string]struct {
		call                call
		status              int
		says, cache, policy string
		// counted is its route.
		counted string
	}{
		"a page":               {call{path: "/", header: here}, 200, `overview "mei" 0`, "no-store", shown, "GET /{$}"},
		"a page, by nobody":    {call{path: "/"}, 303, "", "no-store", shown, "/"},
		"a form":               {call{method: "POST", path: "/releases/r-1/abort", body: "a=b", header: here}, 200, `abort "mei" 3`, "no-store", shown, "POST /releases/{id}/abort"},
		"a form, too large":    {call{method: "POST", path: "/releases/r-1/abort", body: strings.Repeat(" ", release.MaxEvent+1), header: here}, 413, "larger than 262144 bytes", "no-store", shown, "/"},
		"no page":              {call{path: "/secret", header: here}, 404, "", "no-store", shown, "/"},
		"sign in":              {call{path: "/sign-in"}, 200, `sign in "" 0`, "no-store", shown, "GET /sign-in"},
		"signing in":           {call{method: "POST", path: "/sign-in", body: "token=x", header: map[string]string{"Sec-Fetch-Site": "same-origin"}}, 200, `signed in "" 7`, "no-store", shown, "POST /sign-in"},
		"a style":              {call{path: "/assets/a.css"}, 200, "body {}", kept, shown, "GET /assets/{name}"},
		"the API":              {call{path: "/api/v1/releases/r-1", header: here}, 200, "mei r-1 0", "no-store", plain, "GET /api/v1/releases/{id}"},
		"the API, by nobody":   {call{path: "/api/v1/releases/r-1"}, 401, "there is no token", "no-store", plain, "/api/"},
		"the API, by a page":   {call{method: "POST", path: "/api/v1/releases", body: "{}", header: here}, 200, "mei  2", "no-store", plain, "POST /api/v1/releases"},
		"its document":         {call{path: console.OpenAPIPath}, 200, "", "no-store", plain, "GET " + console.OpenAPIPath},
		"for another host":     {call{path: "/", header: map[string]string{"Host": "evil.example", "Cookie": "s=mei"}}, 421, "not the host", "no-store", plain, "none"},
		"what the API has not": {call{path: "/api/v1/none", header: here}, 404, "", "no-store", plain, "/api/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := servePages(t)
			test.call.nobody = true
			got := w.do(t, test.call)
			require.Equal(t, test.status, got.status, got.body)
			require.Contains(t, got.body, test.says)
			require.Equal(t, test.cache, got.header.Get("Cache-Control"))
			require.Equal(t, test.policy, got.header.Get("Content-Security-Policy"))
			require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
			counted := metrictest.Values(t, w.metrics)
			require.InDelta(t, 1, counted[fmt.Sprintf("slipway_console_requests_total %s %d", test.counted, test.status)], 0, "%v", counted)
		})
	}
}

// A cookie is sent by every page of the world: what changes something on it must say that it comes from here. So must the form of who
// signs in, who would else be somebody else without knowing.
func TestServer_CookiesOfOtherOrigins(t *testing.T) {
	t.Parallel()
	w := servePages(t)
	for name, test := range map[string]struct {
		header map[string]string
		// cookie, token and none are the statuses of a POST to the API with a cookie, with a token, and with nothing; form that of one to a page.
		cookie, token, none, form int
	}{
		"says nothing":         {nil, 403, 401, 401, 403},
		"same origin":          {map[string]string{"Sec-Fetch-Site": "same-origin"}, 200, 401, 401, 200},
		"same origin, older":   {map[string]string{"Origin": w.url}, 200, 401, 401, 200},
		"same site":            {map[string]string{"Sec-Fetch-Site": "same-site"}, 403, 403, 403, 403},
		"cross site":           {map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, 403, 403, 403},
		"another origin":       {map[string]string{"Origin": "https://evil.example"}, 403, 403, 403, 403},
		"an origin not said":   {map[string]string{"Origin": "null"}, 403, 403, 403, 403},
		"another port of here": {map[string]string{"Origin": "http://127.0.0.1:1"}, 403, 403, 403, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			with := func(name, value string) map[string]string {
				out := maps.Clone(test.header)
				if out == nil {
					out = map[string]string{}
				}
				out[name] = value
				return out
			}
			status := func(path string, header map[string]string) int {
				return w.do(t, call{method: http.MethodPost, path: path, nobody: true, header: header}).status
			}
			require.Equal(t, test.cookie, status("/api/v1/releases", with("Cookie", "s=mei")))
			both := with("Cookie", "s=mei")
			both["Authorization"] = "Bearer secret"
			require.Equal(t, test.token, status("/api/v1/releases", both), "it goes by the token, which is not known")
			require.Equal(t, test.none, status("/api/v1/releases", test.header))
			require.Equal(t, test.form, status("/releases/r-1/abort", with("Cookie", "s=mei")))
			require.Equal(t, test.form, status("/sign-in", test.header))
		})
	}
}

func TestListen_Refused(t *testing.T) {
	t.Parallel()
	_, err := console.Listen(t.Context(), console.Config{Addr: "127.0.0.1:0"})
	require.ErrorContains(t, err, "Config.Door is missing")
	require.ErrorContains(t, err, "Config.API is missing")
	require.ErrorContains(t, err, "Config.Pages, Front and NotSignedIn are needed")
	for _, address := range []string{"slipway.example", "https://slipway.example/console", "ftp://slipway.example", "https://", "https://a b"} {
		_, err := console.Listen(t.Context(), console.Config{Addr: "127.0.0.1:0", Door: access.NewDoor(access.DoorConfig{}), URL: address})
		require.ErrorContains(t, err, "is no address of a console")
	}
}
