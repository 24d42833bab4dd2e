package web_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/console/access"
	"slipway/console/link"
	"slipway/console/problem"
	"slipway/console/web"
	"slipway/release"
)

// house is the pages on an API that answers what a test says.
type house struct {
	t     *testing.T
	pages http.Handler
	front http.Handler
	// answers are those of the API, by method and path.
	answers map[string]any
	// asked are the requests that the API got, as method, path and query, and sent their bodies.
	asked []string
	sent  []string
	keys  []string
	// signed verifies the links of messages; nil opens none.
	signed *link.Signer
	web    *web.Web
	mu     sync.Mutex
}

// now is the time of all tests.
var now = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

func newHouse(t *testing.T, answers map[string]any) *house {
	t.Helper()
	h := &house{t: t, answers: map[string]any{"GET me": `{"identity":"ann","open":true}`}}
	maps.Copy(h.answers, answers)
	h.open()
	return h
}

// open makes the pages.
func (h *house) open() {
	h.t.Helper()
	w, err := web.New(web.Config{
		API: h,
		SignIn: func(w http.ResponseWriter, _ *http.Request, token string) error {
			if token != "slipway_right" {
				return problem.New(http.StatusUnauthorized, "the token is not known")
			}
			http.SetCookie(w, &http.Cookie{Name: "slipway-session", Value: "s"})
			return nil
		},
		SignOut: func(w http.ResponseWriter, _ *http.Request) error {
			http.SetCookie(w, &http.Cookie{Name: "slipway-session", MaxAge: -1})
			return nil
		},
		Links: web.Links{
			Temporal: "http://127.0.0.1:8233/namespaces/default",
			Clouds:   map[release.Platform]string{release.PlatformSAE: "https://sae.example/{region}/apps?id={id}"},
		},
		Signed: h.signed,
		Logger: zerolog.Nop(), Now: func() time.Time { return now },
	})
	require.NoError(h.t, err)
	h.web, h.pages, h.front = w, w.Pages(), w.Front()
}

// ServeHTTP is the API.
func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock() // a page may ask for several things at once
	defer h.mu.Unlock()
	p, _ := access.Of(r.Context())
	h.asked = append(h.asked, p.Identity+" "+r.Method+" "+r.URL.RequestURI())
	if r.Method != http.MethodGet {
		body, _ := io.ReadAll(r.Body)
		h.sent, h.keys = append(h.sent, string(body)), append(h.keys, r.Header.Get("Idempotency-Key"))
	}
	answer, known := h.answers[r.Method+" "+strings.TrimPrefix(r.URL.Path, "/api/v1/")]
	if !known {
		answer = problem.New(http.StatusNotFound, "there is no such thing")
	}
	if why, is := answer.(problem.Problem); is {
		why.Write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if text, is := answer.(string); is {
		_, _ = io.WriteString(w, text)
		return
	}
	require.NoError(h.t, json.NewEncoder(w).Encode(answer))
}

// got is an answer of the pages.
type got struct {
	*http.Response

	body string
}

// cookie is the cookie that an answer sets, as a browser sends it.
func (g got) cookie() string {
	pair, _, _ := strings.Cut(g.Header.Get("Set-Cookie"), ";")
	return pair
}

func (h *house) do(r *http.Request, by http.Handler) got {
	h.t.Helper()
	r = r.WithContext(access.With(r.Context(), access.Person{Identity: "ann"}))
	w := httptest.NewRecorder()
	by.ServeHTTP(w, r)
	resp := w.Result()
	body, err := io.ReadAll(resp.Body)
	require.NoError(h.t, errors.Join(err, resp.Body.Close()))
	return got{resp, string(body)}
}

func (h *house) get(path string, header ...string) got {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return h.do(r, h.pages)
}

func (h *house) post(path string, form url.Values) got {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	by := h.pages
	if path == "/sign-in" || path == "/sign-out" || path == "/language" {
		by = h.front
	}
	return h.do(r, by)
}

const gray = `{"releaseId":"r-abcdefghijklmnop","app":{"platform":"sae","region":"cn-hangzhou","id":"f80db7f6-0d46-4563-bd41-99f11e3a2eb4"},"appName":"shop",
"operation":"release","artifact":{"image":"registry.example/shop:1.4.2"},"phase":"AwaitingConfirm","strategy":{"type":"gray","gray":1,"batches":2},"changeId":"c-1",
"batches":[{"number":1,"instances":1,"state":"done","startedAt":"2026-11-30T07:50:00Z","endedAt":"2026-11-30T07:51:00Z"},{"number":2,"instances":2,"state":"pending"},{"number":3,"instances":1,"state":"pending"}],
"awaiting":{"kind":"confirm","batch":1,"since":"2026-11-30T07:51:00Z"},
"stages":[{"batch":1,"name":"Deploy: Update instances","state":"failed","message":"<b>EDAS-10022</b>"}],
"settings":[{"name":"variables.GREETING","before":"sha256:0123456789ab","after":"<script>alert(1)</script>"}],
"gates":[{"name":"errors","batch":1,"verdict":"pass","reason":"3 of 3 pass","samples":[{"at":"2026-11-30T07:50:10Z","verdict":"pass","value":"0.1"},{"at":"2026-11-30T07:50:20Z","verdict":"pass","value":"0.3"},{"at":"2026-11-30T07:50:30Z","verdict":"inconclusive","note":"no data"}]}],
"requestedBy":"bo","acceptedAt":"2026-11-30T07:49:00Z","startedAt":"2026-11-30T07:49:30Z"}`

func standingAt(t *testing.T, changes ...string) map[string]any {
	t.Helper()
	var r map[string]any
	require.NoError(t, json.Unmarshal([]byte(strings.NewReplacer(changes...).Replace(gray)), &r))
	return r
}

func standing(t *testing.T, changes ...string) map[string]any {
	t.Helper()
	return map[string]any{"GET releases/r-abcdefghijklmnop": standingAt(t, changes...), "GET releases/r-abcdefghijklmnop/events": `{"items":[{"sequence":7,"event":{"type":"dev.slipway.release.batch.done.v1","time":"2026-11-30T07:51:00Z","data":{"phase":"AwaitingConfirm"}}}]}`}
}

// The page of a release says where it stands, what it needs, and what may be done.
func TestRelease_Page(t *testing.T) {
	t.Parallel()
	h := newHouse(t, standing(t))
	page := h.get("/releases/r-abcdefghijklmnop")
	require.Equal(t, http.StatusOK, page.StatusCode, page.body)
	for _, want := range []string{
		"registry.example/shop:1.4.2", "confirmation of batch 1 of 3", `href="/releases/r-abcdefghijklmnop/commands/confirm"`, `href="/releases/r-abcdefghijklmnop/commands/confirm?all=true"`,
		`data-live="/api/v1/releases/r-abcdefghijklmnop/events?after=7"`, `<rect class="waits" x="0%" y="2" width="25%"`, `<rect class="quiet" x="25%" y="2" width="50%"`,
		`&lt;script&gt;alert(1)&lt;/script&gt;`, "<code>batch.done</code>", `href="/lanes/sae/cn-hangzhou/f80db7f6-0d46-4563-bd41-99f11e3a2eb4"`,
		`href="http://127.0.0.1:8233/namespaces/default/workflows/release%2Fr-abcdefghijklmnop"`, `href="https://sae.example/cn-hangzhou/apps?id=f80db7f6-0d46-4563-bd41-99f11e3a2eb4"`, `points="5.0,35.0 120.0,5.0 "`,
		`</span> failed</span></td><td>Deploy: Update instances</td><td>1</td><td>&lt;b&gt;EDAS-10022&lt;/b&gt;</td>`,
	} {
		require.Contains(t, page.body, want)
	}
	require.NotContains(t, page.body, "style=", "the policy of contents lets no style within a page")
	require.NotContains(t, page.body, "<script>")

	ended := newHouse(t, standing(t, `"phase":"AwaitingConfirm"`, `"phase":"Succeeded","outcome":"Succeeded","endedAt":"2026-11-30T07:55:00Z"`))
	require.NotContains(t, ended.get("/releases/r-abcdefghijklmnop").body, "data-live=", "nothing comes after the end")
}

// A command has a second look, which binds it to what was seen; and it counts once.
func TestRelease_Command(t *testing.T) {
	t.Parallel()
	h := newHouse(t, standing(t))
	h.answers["POST releases/r-abcdefghijklmnop/commands/confirm"] = standingAt(t)
	look := h.get("/releases/r-abcdefghijklmnop/commands/confirm")
	require.Equal(t, http.StatusOK, look.StatusCode)
	for _, want := range []string{"What will happen", "1 of 3", `name="batch" value="1"`, `name="artifact" value="registry.example/shop:1.4.2"`, `name="changeId" value="c-1"`} {
		require.Contains(t, look.body, want)
	}
	_, key, _ := strings.Cut(look.body, `name="key" value="`)
	key, _, _ = strings.Cut(key, `"`)
	require.Len(t, key, 36)
	sent := h.post("/releases/r-abcdefghijklmnop/commands/confirm", url.Values{
		"key": {key}, "batch": {"1"}, "artifact": {"registry.example/shop:1.4.2"}, "changeId": {"c-1"}, "note": {"flat"},
	})
	require.Equal(t, http.StatusSeeOther, sent.StatusCode, sent.body)
	require.Equal(t, "/releases/r-abcdefghijklmnop", sent.Header.Get("Location"))
	require.JSONEq(t, `{"batch":1,"artifact":"registry.example/shop:1.4.2","changeId":"c-1","by":"ann","note":"flat"}`, h.sent[0])
	require.Equal(t, key, h.keys[0])
	require.Contains(t, sent.Header.Get("Set-Cookie"), "Path=/releases/r-abcdefghijklmnop; Max-Age=60; HttpOnly; SameSite=Lax")
	require.Contains(t, h.get("/releases/r-abcdefghijklmnop", "Cookie", sent.cookie()).body, "Sent: confirm.")
	for _, cookie := range []string{"", "slipway-done=x", "slipway-done=" + base64.RawURLEncoding.EncodeToString([]byte(`{"kind":"evil"}`)), "slipway-done=" + base64.RawURLEncoding.EncodeToString([]byte(`{"kind":"abort","before":"call 555"}`))} {
		require.NotContains(t, h.get("/releases/r-abcdefghijklmnop?done=confirm", "Cookie", cookie).body, `class="notice good"`, "no address tells what was sent")
	}
}

// Who says what somebody else has said before is told so.
func TestRelease_CommandOfASecondPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t, standing(t))
	for _, c := range []struct{ decisions, says string }{
		{`{"kind":"confirm","batch":1,"by":"bo"}`, "bo had said the same before (confirm)"},
		{`{"kind":"confirm","batch":1,"by":"bo"},{"kind":"confirm","batch":1,"by":"ann"}`, "Sent: confirm."},
		{`{"kind":"confirm","batch":1,"by":"bo","refused":"it was paused"},{"kind":"pause","by":"bo"},{"kind":"confirm","batch":2,"by":"bo"}`, "Sent: confirm."},
	} {
		h.answers["POST releases/r-abcdefghijklmnop/commands/confirm"] = `{"decisions":[` + c.decisions + `]}`
		sent := h.post("/releases/r-abcdefghijklmnop/commands/confirm", url.Values{"batch": {"1"}})
		require.Contains(t, h.get("/releases/r-abcdefghijklmnop", "Cookie", sent.cookie()).body, c.says)
	}
}

// Batches are as wide as what they replace, also where a platform shifts traffic for the first one and replaces instances after it.
func TestRelease_WidthsOfBatches(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		batches string
		widths  []string
	}{
		"instances":   {`[{"number":1,"instances":1,"state":"done"},{"number":2,"instances":3,"state":"pending"}]`, []string{`width="25%"`, `width="75%"`}},
		"traffic":     {`[{"number":1,"weight":10,"state":"done"},{"number":2,"weight":50,"state":"pending"},{"number":3,"weight":100,"state":"pending"}]`, []string{`width="10%"`, `width="40%"`, `width="50%"`}},
		"both":        {`[{"number":1,"weight":20,"state":"done"},{"number":2,"instances":1,"state":"pending"},{"number":3,"instances":1,"state":"pending"}]`, []string{`width="20%"`, `width="40%"`, `x="60%" y="2" width="40%"`}},
		"no instance": {`[{"number":1,"state":"done"}]`, []string{`width="100%"`}},
	} {
		h := newHouse(t, standing(t))
		r := standingAt(t)
		require.NoError(t, json.Unmarshal([]byte(`{"batches":`+c.batches+`}`), &r), name)
		h.answers["GET releases/r-abcdefghijklmnop"] = r
		page := h.get("/releases/r-abcdefghijklmnop").body
		for _, want := range c.widths {
			require.Contains(t, page, want, name)
		}
	}
}

// To abort only once no batch is in progress has a meaning where there is a change with batches.
func TestRelease_AbortOfAQueuedOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, standing(t, `"phase":"AwaitingConfirm"`, `"phase":"Queued"`, `,"changeId":"c-1"`, "", `"kind":"confirm","batch":1`, `"kind":"queue"`))
	look := h.get("/releases/r-abcdefghijklmnop/commands/abort")
	require.Equal(t, http.StatusOK, look.StatusCode, look.body)
	require.NotContains(t, look.body, "atSafePoint")
	require.Contains(t, newHouse(t, standing(t)).get("/releases/r-abcdefghijklmnop/commands/abort").body, "atSafePoint")
}

// The second look at a rollback names no flag of the command line: there is a field for it.
func TestRelease_RollbackLook(t *testing.T) {
	t.Parallel()
	look := newHouse(t, standing(t)).get("/releases/r-abcdefghijklmnop/commands/rollback")
	require.Equal(t, http.StatusOK, look.StatusCode, look.body)
	require.Contains(t, look.body, `name="version"`)
	require.NotContains(t, look.body, "--")
}

// What is refused is shown with the reason and with what was filled in, to be sent again with another key.
func TestRelease_CommandRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, standing(t))
	h.answers["POST releases/r-abcdefghijklmnop/commands/abort"] = problem.New(http.StatusForbidden, "ann may not abort")
	again := h.post("/releases/r-abcdefghijklmnop/commands/abort", url.Values{"key": {"k"}, "reason": {"latency"}, "atSafePoint": {"true"}})
	require.Equal(t, http.StatusForbidden, again.StatusCode)
	require.Contains(t, again.body, "ann may not abort")
	require.NotContains(t, again.body, `name="key" value="k"`)
	require.Contains(t, again.body, `name="reason" value="latency"`)
	require.Contains(t, again.body, `name="atSafePoint" value="true" checked`)

	h.answers["POST releases/r-abcdefghijklmnop/commands/abort"] = problem.New(http.StatusGatewayTimeout, "nobody has answered")
	lost := h.post("/releases/r-abcdefghijklmnop/commands/abort", url.Values{"key": {"k"}, "reason": {"latency"}})
	require.Contains(t, lost.body, `name="key" value="k"`, "the answer was lost: it counts once")

	for path, status := range map[string]int{"resume": http.StatusConflict, "confirm-all": http.StatusNotFound, "approve": http.StatusConflict} {
		require.Equal(t, status, h.get("/releases/r-abcdefghijklmnop/commands/"+path).StatusCode, path)
	}
	require.Equal(t, http.StatusUnprocessableEntity, h.post("/releases/r-abcdefghijklmnop/commands/confirm", url.Values{"batch": {"one"}}).StatusCode)
}

// A problem of the API has its status, its words and the fields that are wrong.
func TestPages_Fail(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{"GET releases/r-abcdefghijklmnop": problem.New(http.StatusServiceUnavailable, "Temporal does not answer"), "GET sets": `no JSON`})
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/releases/r-abcdefghijklmnop": {http.StatusServiceUnavailable, "Temporal does not answer"},
		"/releases/r-zzzzzzzzzzzzzzzz": {http.StatusNotFound, "there is no such thing"},
		"/nothing":                     {http.StatusNotFound, "there is no such page"},
		"/sets":                        {http.StatusInternalServerError, "the log of the console says why"},
	} {
		page := h.get(path)
		require.Equal(t, want.status, page.StatusCode, path)
		require.Contains(t, page.body, want.text, path)
		require.Contains(t, page.body, `href="/"`, path)
	}

	// What is away is asked for again, by whoever only looks.
	away := problem.New(http.StatusServiceUnavailable, "Temporal does not answer")
	away.RetryAfter = 5 * time.Second
	h.answers["GET sets"], h.answers["POST freezes"] = away, away
	page := h.get("/sets")
	require.Equal(t, "5", page.Header.Get("Retry-After"))
	require.Contains(t, page.body, `<meta http-equiv="refresh" content="5">`)
	require.NotContains(t, h.post("/freezes", url.Values{"kind": {"stop"}}).body, `http-equiv="refresh"`)
	require.NotContains(t, h.get("/nothing").body, `http-equiv="refresh"`)
}

// The overview has what needs a person first, and says so where that is not known.
func TestOverview(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{
		"GET releases": `{"items":[{"id":"r-abcdefghijklmnop","kind":"Release","app":"sae/cn-hangzhou/a","appName":"shop","phase":"RollingOut","createdAt":"2026-11-30T07:00:00Z"},
			{"id":"r-bcdefghijklmnopq","kind":"Release","app":"sae/cn-hangzhou/b","application":"till/production","phase":"Succeeded","outcome":"Succeeded","createdAt":"2026-11-30T06:00:00Z","endedAt":"2026-11-30T06:10:00Z"}],"more":true}`,
		"GET waiting": `{"items":[{"need":"confirm","text":"confirmation of batch 1 of 3","subject":"release","id":"r-cdefghijklmnopqr","app":"sae/cn-hangzhou/c","since":"2026-11-30T07:59:00Z",
			"next":[{"verb":"confirm","does":"lets batch 2 begin","needed":true},{"verb":"help","does":"nothing here"}]}],"partial":"a lane has not answered"}`,
	})
	page := h.get("/").body
	needs, runs, ended := strings.Index(page, "r-cdefghijklmnopqr"), strings.Index(page, "r-abcdefghijklmnop"), strings.Index(page, "till/production")
	require.True(t, 0 < needs && needs < runs && runs < ended, page)
	require.Contains(t, page, `href="/releases/r-cdefghijklmnopqr/commands/confirm"`)
	require.Contains(t, page, "a lane has not answered")
	require.Contains(t, page, "1m0s")

	h.answers["GET waiting"] = problem.New(http.StatusServiceUnavailable, "Temporal does not answer")
	page = h.get("/").body
	require.Contains(t, page, "Temporal does not answer")
	require.NotContains(t, page, "Nothing waits for anybody", "nobody knows")
}

// Filters go to the API as they are, but for those it does not have; what is wrong with them is shown above the form.
func TestReleases_Filter(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{"GET releases": `{"items":[]}`})
	page := h.get("/releases?phase=Succeeded&requestedBy=ann&evil=1")
	require.Equal(t, http.StatusOK, page.StatusCode)
	require.Equal(t, "ann GET /api/v1/releases?limit=100&outcome=Succeeded&requestedBy=ann", h.asked[0])
	require.Contains(t, page.body, `<option value="Succeeded" selected>`)

	why := problem.New(http.StatusUnprocessableEntity, "1 field is wrong")
	h.answers["GET releases"] = why
	require.Contains(t, h.get("/releases?since=x").body, "1 field is wrong")
}

// People read the pages in the language that they choose, or that their browser asks for.
func TestLanguages(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{"GET releases": `{"items":[]}`, "GET waiting": `{"items":[]}`})
	for header, want := range map[string]string{"": "Overview", "de, en;q=0.5": "Overview", "zh-CN,zh;q=0.9,en;q=0.8": "总览", "en;q=0.2, zh": "总览", "zh;q=0": "Overview"} {
		page := h.get("/", "Accept-Language", header)
		require.Contains(t, page.body, "<h1>"+want+"</h1>", header)
	}
	require.Contains(t, h.get("/", "Cookie", "slipway-language=zh-CN").body, "<h1>总览</h1>")
	chosen := h.post("/language", url.Values{"language": {"zh-CN"}, "next": {"/releases?open=true"}})
	require.Equal(t, "/releases?open=true", chosen.Header.Get("Location"))
	require.Contains(t, chosen.Header.Get("Set-Cookie"), "slipway-language=zh-CN")
	require.Empty(t, h.post("/language", url.Values{"language": {"xx"}}).Header.Get("Set-Cookie"))
}

// Nobody is sent to another site.
func TestSignIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for next, want := range map[string]string{"/releases?open=true": "/releases?open=true", "": "/", "//evil.example": "/", "https://evil.example": "/", `/\evil.example`: "/", "/\t/evil.example": "/"} {
		in := h.post("/sign-in", url.Values{"token": {"slipway_right"}, "next": {next}})
		require.Equal(t, http.StatusSeeOther, in.StatusCode)
		require.Equal(t, want, in.Header.Get("Location"), next)
		require.Contains(t, in.Header.Get("Set-Cookie"), "slipway-session=s")
	}
	refused := h.post("/sign-in", url.Values{"token": {"slipway_wrong"}, "next": {"/sets"}})
	require.Equal(t, http.StatusUnauthorized, refused.StatusCode)
	require.Contains(t, refused.body, "the token is not known")
	require.Contains(t, refused.body, `name="next" value="/sets"`)
	require.NotContains(t, refused.body, "slipway_wrong")
	out := h.post("/sign-out", nil)
	require.Equal(t, "/sign-in", out.Header.Get("Location"))
	require.Contains(t, out.Header.Get("Set-Cookie"), "Max-Age=0")
}

func TestParseClouds(t *testing.T) {
	t.Parallel()
	clouds, err := web.ParseClouds([]string{"sae=https://sae.example/{id}", "fc=http://fc.example"})
	require.NoError(t, err)
	require.Len(t, clouds, 2)
	_, err = web.ParseClouds([]string{"sae", "ecs=https://ecs.example", "fc=javascript:alert(1)", "servicestage=https://a.example", "servicestage=https://b.example"})
	for _, want := range []string{"sae has no address", `"ecs" is no platform`, "begins with https://", "servicestage is said twice"} {
		require.ErrorContains(t, err, want)
	}
}

// What pages are shown with has its digest in its name, and is kept by browsers.
func TestAssets(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{"GET releases": `{"items":[]}`, "GET waiting": `{"items":[]}`})
	page := h.get("/").body
	for _, kind := range []string{".css", ".js", ".svg"} {
		_, rest, found := strings.Cut(page, `"/assets/`)
		for found && !strings.HasSuffix(strings.SplitN(rest, `"`, 2)[0], kind) {
			_, rest, found = strings.Cut(rest, `"/assets/`)
		}
		require.True(t, found, kind)
		asset := h.do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/assets/"+strings.SplitN(rest, `"`, 2)[0], nil), h.front)
		require.Equal(t, http.StatusOK, asset.StatusCode)
		require.Contains(t, asset.Header.Get("Cache-Control"), "immutable")
		require.NotEmpty(t, cmp.Or(asset.Header.Get("Content-Type")))
	}
	require.Equal(t, http.StatusNotFound, h.do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/assets/slipway.css", nil), h.front).StatusCode)
}
