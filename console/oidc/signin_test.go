package oidc_test

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/console/access"
	"slipway/console/oidc"
	"slipway/console/problem"
)

// world is a console at which people sign in by a provider, and a browser.
type world struct {
	t        *testing.T
	provider *provider
	url      string
	browser  *http.Client
	config   oidc.Config

	mu  sync.Mutex
	now time.Time
	log bytes.Buffer
	// in are who was let in.
	in []access.Person
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

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func open(t *testing.T, key *rsa.PrivateKey, change func(*world)) *world {
	t.Helper()
	w := &world{t: t, provider: serveProvider(t, key), now: time.Now()}
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) { handler.ServeHTTP(out, r) }))
	t.Cleanup(server.Close)
	w.url = server.URL
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	w.browser = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w.config = oidc.Config{
		Issuer: w.provider.url, ClientID: clientID, ClientSecret: clientSecret, URL: w.url, Now: w.clock, Logger: zerolog.New(w),
		Begin: func(_ http.ResponseWriter, _ *http.Request, p access.Person) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.in = append(w.in, p)
			return nil
		},
	}
	if change != nil {
		change(w)
	}
	handler = w.console()
	t.Cleanup(func() {
		for _, secret := range []string{clientSecret, "access-hush", "code-", "eyJ"} {
			require.NotContains(t, w.lines(), secret, "the log has a secret")
		}
	})
	return w
}

// console is one that people sign in at.
func (w *world) console() http.Handler {
	w.t.Helper()
	s, err := oidc.New(w.config)
	require.NoError(w.t, err)
	require.Equal(w.t, strings.TrimPrefix(w.provider.url, "http://"), s.Name())
	return s.Handler()
}

type reply struct {
	status   int
	header   http.Header
	location string
	body     string
}

func (w *world) get(address string) reply {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	require.NoError(w.t, err)
	resp, err := w.browser.Do(req)
	require.NoError(w.t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return reply{resp.StatusCode, resp.Header, resp.Header.Get("Location"), string(body)}
}

// begin goes to the provider, and returns where that sends the browser.
func (w *world) begin(next string) *url.URL {
	w.t.Helper()
	went := w.get(w.url + oidc.Path + "?next=" + url.QueryEscape(next))
	require.Equal(w.t, http.StatusSeeOther, went.status, went.body)
	require.Equal(w.t, "no-store", went.header.Get("Cache-Control"))
	require.NotContains(w.t, went.location, clientSecret)
	back := w.get(went.location)
	require.Equal(w.t, http.StatusFound, back.status, back.body)
	at, err := url.Parse(back.location)
	require.NoError(w.t, err)
	return at
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	for name, test := range map[string]struct {
		change func(*world)
		claims func(map[string]any)
		want   access.Person
	}{
		"by the default claims": {want: access.Person{Identity: "ann", Groups: []string{"all", "slipway-sre"}}},
		"without groups":        {claims: func(c map[string]any) { delete(c, "groups") }, want: access.Person{Identity: "ann"}},
		"with groups of null":   {claims: func(c map[string]any) { c["groups"] = nil }, want: access.Person{Identity: "ann"}},
		"with one group":        {claims: func(c map[string]any) { c["groups"] = "slipway-sre" }, want: access.Person{Identity: "ann", Groups: []string{"slipway-sre"}}},
		"with a group twice":    {claims: func(c map[string]any) { c["groups"] = []string{"b", "a", "b"} }, want: access.Person{Identity: "ann", Groups: []string{"a", "b"}}},
		"by the address": {
			change: func(w *world) { w.config.IdentityClaim = "email" },
			want:   access.Person{Identity: "ann@house", Groups: []string{"all", "slipway-sre"}},
		},
		"by an address that is verified in words": {
			change: func(w *world) { w.config.IdentityClaim = "email" }, claims: func(c map[string]any) { c["email_verified"] = "true" },
			want: access.Person{Identity: "ann@house", Groups: []string{"all", "slipway-sre"}},
		},
		"by other claims": {
			change: func(w *world) { w.config.IdentityClaim, w.config.GroupsClaim = "sub", "roles" }, claims: func(c map[string]any) { c["roles"] = []string{"dev"} },
			want: access.Person{Identity: "f3a1", Groups: []string{"dev"}},
		},
		"as a public client": {
			change: func(w *world) { w.config.ClientSecret, w.provider.public = "", true },
			want:   access.Person{Identity: "ann", Groups: []string{"all", "slipway-sre"}},
		},
		"for several clients": {
			claims: func(c map[string]any) { c["aud"], c["azp"] = []string{"other", clientID}, clientID },
			want:   access.Person{Identity: "ann", Groups: []string{"all", "slipway-sre"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, key, test.change)
			w.provider.claims = test.claims
			got := w.get(w.begin("/releases?state=running").String())
			require.Equal(t, http.StatusSeeOther, got.status, got.body)
			require.Equal(t, "/releases?state=running", got.location)
			require.Equal(t, []access.Person{test.want}, w.in)
			require.Contains(t, w.lines(), `"identity":"`+test.want.Identity+`"`)
		})
	}
}

// What is begun at one console ends at any other that has the client secret.
func TestSignIn_AtSeveralConsoles(t *testing.T) {
	t.Parallel()
	var other http.Handler
	w := open(t, newKey(t), func(w *world) { other = w.console() })
	back := w.begin("/")
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, back.String(), nil)
	for _, c := range w.browser.Jar.Cookies(back) {
		req.AddCookie(c)
	}
	out := httptest.NewRecorder()
	other.ServeHTTP(out, req)
	require.Equal(t, http.StatusSeeOther, out.Code, out.Body)
	require.Len(t, w.in, 1)
}

// What the browser keeps tells it nothing, and is for this console alone.
func TestSignIn_Cookie(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://127.0.0.1:8090":   "slipway-oidc=VALUE; Path=/; Max-Age=600; HttpOnly; SameSite=Lax",
		"https://slipway.example": "__Host-slipway-oidc=VALUE; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax",
	} {
		w := open(t, newKey(t), nil)
		w.config.URL = address
		out := httptest.NewRecorder()
		w.console().ServeHTTP(out, httptest.NewRequestWithContext(t.Context(), http.MethodGet, oidc.Path, nil))
		require.Equal(t, http.StatusSeeOther, out.Code)
		set := out.Result().Cookies()
		require.Len(t, set, 1)
		require.Equal(t, want, strings.Replace(out.Header().Get("Set-Cookie"), set[0].Value, "VALUE", 1))
		at, err := url.Parse(out.Header().Get("Location"))
		require.NoError(t, err)
		require.Equal(t, address+oidc.CallbackPath, at.Query().Get("redirect_uri"))
		require.NotContains(t, set[0].Value, at.Query().Get("state"))
	}
}

func TestSignIn_Refused(t *testing.T) {
	t.Parallel()
	key, stranger := newKey(t), newKey(t)
	many := func(count int, name string) []string {
		var out []string
		for i := range count {
			out = append(out, fmt.Sprintf("%s-%d", name, i))
		}
		return out
	}
	claim := func(name string, value any) func(*world) {
		return func(w *world) { w.provider.claims = func(c map[string]any) { c[name] = value } }
	}
	byEmail := func(verified any) func(*world) {
		return func(w *world) {
			w.config.IdentityClaim = "email"
			claim("email_verified", verified)(w)
		}
	}
	set := func(name, value string) func(*world, url.Values) {
		return func(_ *world, q url.Values) { q.Set(name, value) }
	}
	answers := func(path string, status int, body map[string]any) func(*world) {
		return func(w *world) {
			w.provider.answers[path] = func(out http.ResponseWriter, _ *http.Request) { writeJSON(out, status, body) }
		}
	}
	for name, test := range map[string]struct {
		change func(*world)
		// back changes what the browser comes back with.
		back func(*world, url.Values)
		// status and says are what the person sees, and logged what the log says.
		status int
		says   string
		logged string
	}{
		"another state":           {back: set("state", "another"), status: 400, says: "another sign-in than the last", logged: "the state is another one"},
		"no state":                {back: set("state", ""), status: 400, says: "another sign-in than the last", logged: "the state is another one"},
		"no code":                 {back: set("code", ""), status: 400, says: "has sent no code", logged: "there is no code"},
		"another code":            {back: set("code", "forged"), status: 400, says: "does not take the code", logged: "invalid_grant"},
		"an answer of another":    {back: set("iss", "https://evil.example"), status: 400, says: "at another service", logged: "https://evil.example"},
		"too late":                {back: func(w *world, _ url.Values) { w.pass(10 * time.Minute) }, status: 400, says: "sign in again", logged: "was begun more than 10m0s ago"},
		"denied":                  {back: set("error", "access_denied"), status: 403, says: "did not let you in", logged: "access_denied"},
		"down at the provider":    {back: set("error", "temporarily_unavailable"), status: 503, says: "cannot be asked just now", logged: "temporarily_unavailable"},
		"another scope":           {back: set("error", "invalid_scope"), status: 502, says: "says invalid_scope", logged: "invalid_scope"},
		"an error of anybody":     {back: set("error", "call mallory <b>now</b>"), status: 502, says: "has not signed you in", logged: "call mallory"},
		"another secret":          {change: func(w *world) { w.config.ClientSecret = "guessed" }, status: 502, says: "does not take this console for its client", logged: "invalid_client"},
		"another client":          {change: claim("aud", "other"), status: 502, says: "proves nothing", logged: "expected audience"},
		"made for another":        {change: claim("azp", "other"), status: 502, says: "proves nothing", logged: "was made for"},
		"made for nobody of many": {change: claim("aud", []string{clientID, "other"}), status: 502, says: "proves nothing", logged: "was made for"},
		"another issuer":          {change: claim("iss", "https://evil.example"), status: 502, says: "proves nothing", logged: "issued by a different provider"},
		"another nonce":           {change: claim("nonce", "another"), status: 502, says: "proves nothing", logged: "another nonce"},
		"no nonce":                {change: claim("nonce", nil), status: 502, says: "proves nothing", logged: "another nonce"},
		"expired":                 {change: claim("exp", time.Now().Add(-time.Minute).Unix()), status: 502, says: "proves nothing", logged: "token is expired"},
		"of another key":          {change: func(w *world) { w.provider.key = stranger }, status: 502, says: "proves nothing", logged: "failed to verify"},
		"without an ID token":     {change: answers("/token", 200, map[string]any{"access_token": "access-hush", "token_type": "Bearer"}), status: 502, says: "proves nothing", logged: "no ID token"},
		"no token in the answer":  {change: answers("/token", 400, map[string]any{"error": "<b>code-1</b>"}), status: 502, says: "gives no token", logged: "is no token"},
		"the tokens are away":     {change: answers("/token", 500, map[string]any{"error": "code-1"}), status: 503, says: "cannot be asked just now", logged: "the provider answers 500"},
		"the keys are away":       {change: answers("/keys", 500, nil), status: 502, says: "proves nothing", logged: "get keys failed"},
		"a token that redirects": {change: func(w *world) {
			w.provider.answers["/token"] = http.RedirectHandler("https://evil.example", http.StatusTemporaryRedirect).ServeHTTP
		}, status: 503, says: "cannot be asked just now", logged: "is not followed"},
		"a token without end":             {change: answers("/token", 200, map[string]any{"access_token": strings.Repeat("a", 2<<20)}), status: 503, says: "cannot be asked", logged: "exchange the code"},
		"an address that is not verified": {change: byEmail(false), status: 403, says: "has not verified the e-mail address", logged: "has not verified"},
		"an address of whom nobody says":  {change: byEmail(nil), status: 403, says: "has not verified the e-mail address", logged: "has not verified"},
		"no name":                         {change: claim("preferred_username", nil), status: 403, says: "no text as the claim preferred_username", logged: "no text as the claim"},
		"a name that is no text":          {change: claim("preferred_username", 7), status: 403, says: "no text as the claim preferred_username", logged: "no text as the claim"},
		"a name of the system":            {change: claim("preferred_username", "Slipway"), status: 403, says: "names nobody who can sign in", logged: "names nobody"},
		"a name with a dot":               {change: claim("preferred_username", "ann.li"), status: 403, says: `\"ann.li\" is no identity`, logged: "names nobody"},
		"too many groups":                 {change: claim("groups", many(oidc.MaxGroups+1, "g")), status: 403, says: "lists 201 groups, and at most 200 are taken", logged: "lists 201 groups"},
		"groups that are nowhere":         {change: claim("_claim_names", map[string]string{"groups": "src1"}), status: 502, says: "proves nothing", logged: "source does not exist"},
		"a group with a long name":        {change: claim("groups", []string{strings.Repeat("g", oidc.MaxGroupName+1)}), status: 403, says: "which is none", logged: "which is none"},
		"a group with a line":             {change: claim("groups", []string{"a\nb"}), status: 403, says: "which is none", logged: "which is none"},
		"groups that are none":            {change: claim("groups", map[string]any{"a": 1}), status: 403, says: "is no list of texts", logged: "is no list of texts"},
		"who cannot be let in":            {change: func(w *world) { w.config.Begin = fails(errors.New("NATS is away")) }, status: 503, says: "ann was recognised", logged: "NATS is away"},
		"who may not be let in":           {change: func(w *world) { w.config.Begin = fails(problem.New(http.StatusTeapot, "not today")) }, status: 418, says: "not today", logged: "not today"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, key, test.change)
			at := w.begin("/")
			if test.back != nil {
				q := at.Query()
				test.back(w, q)
				at.RawQuery = q.Encode()
			}
			got := w.get(at.String())
			require.Equal(t, test.status, got.status, got.body)
			require.Contains(t, got.body, test.says)
			require.Equal(t, problem.ContentType, got.header.Get("Content-Type"))
			require.NotContains(t, got.body, "code-")
			require.NotContains(t, got.body, "mallory")
			require.Empty(t, w.in)
			require.Contains(t, w.lines(), test.logged)
			require.Empty(t, w.browser.Jar.Cookies(at), "it counts once")
		})
	}
}

func fails(err error) func(http.ResponseWriter, *http.Request, access.Person) error {
	return func(http.ResponseWriter, *http.Request, access.Person) error { return err }
}

// Groups that are too many for a token are told of by an address where they are.
func TestSignIn_GroupsElsewhere(t *testing.T) {
	t.Parallel()
	w := open(t, newKey(t), nil)
	w.provider.claims = func(c map[string]any) {
		delete(c, "groups")
		c["_claim_names"], c["_claim_sources"] = map[string]any{"groups": "src1"}, map[string]any{"src1": map[string]any{"endpoint": "https://graph.example/groups"}}
	}
	got := w.get(w.begin("/").String())
	require.Equal(t, http.StatusForbidden, got.status)
	require.Contains(t, got.body, "as there are too many: have the provider send those alone that the authority document names")
	require.Empty(t, w.in)
}

// The same answer of the provider counts once, also for who kept the cookie.
func TestSignIn_Replayed(t *testing.T) {
	t.Parallel()
	w := open(t, newKey(t), nil)
	back := w.begin("/")
	kept := w.browser.Jar.Cookies(back)
	require.Equal(t, http.StatusSeeOther, w.get(back.String()).status)
	again := w.get(back.String())
	require.Equal(t, http.StatusBadRequest, again.status)
	require.Contains(t, again.body, "brings no sign-in that was begun here; open "+w.url)
	w.browser.Jar.SetCookies(back, kept)
	again = w.get(back.String())
	require.Equal(t, http.StatusBadRequest, again.status)
	require.Contains(t, again.body, "does not take the code")
	require.Len(t, w.in, 1)
}

// A cookie that was changed, or that another console has sealed, is none.
func TestSignIn_ForgedCookie(t *testing.T) {
	t.Parallel()
	w := open(t, newKey(t), nil)
	back := w.begin("/")
	sealed := w.browser.Jar.Cookies(back)[0].Value
	first := "A"
	if strings.HasPrefix(sealed, first) {
		first = "B"
	}
	foreign := httptest.NewRecorder()
	w.config.ClientID = "other"
	w.console().ServeHTTP(foreign, httptest.NewRequestWithContext(t.Context(), http.MethodGet, oidc.Path, nil))
	for name, value := range map[string]string{
		"changed": first + sealed[1:], "cut": sealed[:20], "nothing": "", "not sealed": "e30", "no text of base64": "!", "of another client": foreign.Result().Cookies()[0].Value,
	} {
		w.browser.Jar.SetCookies(back, []*http.Cookie{{Name: "slipway-oidc", Value: value, Path: "/"}})
		got := w.get(back.String())
		require.Equal(t, http.StatusBadRequest, got.status, name)
		require.Contains(t, got.body, "brings no sign-in that was begun here", name)
	}
	require.Zero(t, w.provider.times("/token"), "the provider is not asked")
}

// A public client has no secret that several consoles could share.
func TestSignIn_PublicAtAnotherConsole(t *testing.T) {
	t.Parallel()
	var other http.Handler
	w := open(t, newKey(t), func(w *world) {
		w.config.ClientSecret, w.provider.public = "", true
		other = w.console()
	})
	back := w.begin("/")
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, back.String(), nil)
	req.AddCookie(w.browser.Jar.Cookies(back)[0])
	out := httptest.NewRecorder()
	other.ServeHTTP(out, req)
	require.Equal(t, http.StatusBadRequest, out.Code)
}

// A browser ends at a page of this console, and nowhere else.
func TestSignIn_Next(t *testing.T) {
	t.Parallel()
	w := open(t, newKey(t), nil)
	for _, next := range []string{
		"https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "evil.example", "javascript:alert(1)", "/a b", "/%zz",
		oidc.Path, oidc.CallbackPath, "/sign-in", "/" + strings.Repeat("a", 1024),
	} {
		got := w.get(w.url + oidc.Path + "?next=" + url.QueryEscape(next))
		require.Equal(t, http.StatusUnprocessableEntity, got.status, next)
		require.Contains(t, got.body, `"field":"next"`)
		require.Empty(t, got.location)
	}
	require.Zero(t, w.provider.times("/.well-known/openid-configuration"), "the provider is not asked")
	for next, want := range map[string]string{"": "/", "/": "/", "/releases/r-1?a=https://b.example//c#d": "/releases/r-1?a=https://b.example//c#d", "/sign-in-log": "/sign-in-log"} {
		require.Equal(t, want, w.get(w.begin(next).String()).location)
	}
}

// A provider that is away is asked again once somebody wants to sign in, and not by everybody at once.
func TestSignIn_ProviderAway(t *testing.T) {
	t.Parallel()
	const document = "/.well-known/openid-configuration"
	w := open(t, newKey(t), nil)
	w.provider.answer(document, unavailable)
	for range 3 {
		got := w.get(w.url + oidc.Path)
		require.Equal(t, http.StatusServiceUnavailable, got.status)
		require.Equal(t, "5", got.header.Get("Retry-After"))
		require.Contains(t, got.body, "cannot be asked just now; try again")
		require.NotContains(t, got.body, "down for now")
	}
	require.Equal(t, 1, w.provider.times(document))
	require.Contains(t, w.lines(), "503 Service Unavailable: down for now")
	w.provider.answer(document, nil)
	w.pass(2 * time.Second)
	require.Equal(t, http.StatusSeeOther, w.get(w.begin("/").String()).status)
	require.Equal(t, http.StatusSeeOther, w.get(w.begin("/").String()).status)
	require.Equal(t, 2, w.provider.times(document), "it is known from then on")
}

func TestSignIn_KeyRotated(t *testing.T) {
	t.Parallel()
	w := open(t, newKey(t), nil)
	require.Equal(t, http.StatusSeeOther, w.get(w.begin("/").String()).status)
	w.provider.rotate(newKey(t), "second")
	require.Equal(t, http.StatusSeeOther, w.get(w.begin("/").String()).status)
	require.Equal(t, 2, w.provider.times("/keys"))
}

// What the provider says of itself must be what can be used.
func TestSignIn_Document(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	for name, test := range map[string]struct {
		change func(map[string]any)
		logged string
	}{
		"of another issuer":     {func(d map[string]any) { d["issuer"] = "https://evil.example" }, "did not match the issuer URL"},
		"tokens without TLS":    {func(d map[string]any) { d["token_endpoint"] = "http://login.example/token" }, "must be https"},
		"keys without TLS":      {func(d map[string]any) { d["jwks_uri"] = "http://login.example/keys" }, "must be https"},
		"no place to go to":     {func(d map[string]any) { delete(d, "authorization_endpoint") }, "has no URL as authorization_endpoint"},
		"no secret that can be": {func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"private_key_jwt"} }, "takes a client secret neither"},
		"too large":             {func(d map[string]any) { d["more"] = strings.Repeat("a", 2<<20) }, "request body too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, key, nil)
			w.provider.document = test.change
			require.Equal(t, http.StatusServiceUnavailable, w.get(w.url+oidc.Path).status)
			require.Contains(t, w.lines(), test.logged)
		})
	}
}

// Where the page of the console tells of failures, it does.
func TestSignIn_RefusedByAPage(t *testing.T) {
	t.Parallel()
	w := open(t, newKey(t), func(w *world) {
		w.config.Refuse = func(out http.ResponseWriter, _ *http.Request, p problem.Problem) {
			out.WriteHeader(p.Status)
			_, _ = io.WriteString(out, "a page: "+p.Detail)
		}
	})
	got := w.get(w.url + oidc.CallbackPath)
	require.Equal(t, http.StatusBadRequest, got.status)
	require.Contains(t, got.body, "a page: the browser brings no sign-in")
}

func TestNew_Refused(t *testing.T) {
	t.Parallel()
	_, err := oidc.New(oidc.Config{Issuer: "http://login.example", URL: "https://slipway.example/console", Scopes: []string{"profile"}, GroupsClaim: "my groups"})
	for _, want := range []string{
		`Config.Issuer "http://login.example" must be https, or http on loopback`, `Config.URL "https://slipway.example/console" is no address of a console`,
		"Config.Scopes must have openid among them", `Config.GroupsClaim "my groups" is no claim`, "Config.ClientID is missing", "Config.Begin is missing",
	} {
		require.ErrorContains(t, err, want)
	}
	for _, issuer := range []string{"", "login.example", "https://", "https://ann:hush@login.example", "https://login.example?a=b", "ftp://login.example", "http://127.0.0.1.login.example"} {
		require.Error(t, oidc.IssuerFault(issuer), issuer)
	}
	for _, issuer := range []string{"https://login.example/realms/house", "http://localhost:8080/realms/house", "http://[::1]:8080"} {
		require.NoError(t, oidc.IssuerFault(issuer), issuer)
	}
	require.ErrorContains(t, oidc.ScopesFault([]string{"openid", "a b"}), `"a b", which is no scope`)
}

func TestLoopbackURL(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{"127.0.0.1:8090": true, "localhost:8090": true, "[::1]:8090": true, "127.0.0.1:0": false, ":8090": false, "0.0.0.0:8090": false, "slipway.example:443": false, "": false} {
		at, ok := oidc.LoopbackURL(addr)
		require.Equal(t, want, ok, addr)
		if ok {
			require.Equal(t, "http://"+addr, at)
			require.NoError(t, oidc.URLFault(at))
		}
	}
}
