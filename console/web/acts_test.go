package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/console/link"
	"slipway/console/problem"
	"slipway/release"
)

const (
	shopLane = "lanes/sae/cn-hangzhou/f80db7f6"
	held     = `{"app":{"platform":"sae","region":"cn-hangzhou","id":"f80db7f6"},"appName":"shop","running":{"releaseId":"r-abcdefghijklmnop","artifact":{"image":"shop:1"},"since":"2026-11-30T07:00:00Z"},
"waiting":[{"releaseId":"r-bcdefghijklmnopq","artifact":{"image":"shop:2"},"since":"2026-11-30T07:10:00Z"}],"held":{"by":"bo","reason":"latency","since":"2026-11-30T07:20:00Z"},
"denied":[{"artifact":{"image":"shop:0"},"releaseId":"r-cdefghijklmnopqr","since":"2026-11-29T07:00:00Z"}]}`
)

// The page of a lane has what runs, waits and is denied, and what may be done about each.
func TestLane(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{
		"GET " + shopLane: held, "GET freezes": `{"items":[{"kind":"stop","name":"incident","active":true,"reason":"payments"}]}`, "GET releases": `{"items":[]}`,
		"POST " + shopLane + "/commands/drop": held, "POST " + shopLane + "/commands/resume": problem.New(http.StatusForbidden, "ann may not resume"),
	})
	page := h.get("/" + shopLane).body
	for _, want := range []string{
		"latency — bo", `href="/releases/r-abcdefghijklmnop"`, `href="/lanes/sae/cn-hangzhou/f80db7f6/commands/resume"`, "incident",
		`commands/drop?releaseId=r-bcdefghijklmnopq`, `commands/allow?artifact=shop%3A0`,
	} {
		require.Contains(t, page, want)
	}
	look := h.get("/" + shopLane + "/commands/drop?releaseId=r-bcdefghijklmnopq").body
	require.Contains(t, look, `name="releaseId" value="r-bcdefghijklmnopq"`)
	sent := h.post("/"+shopLane+"/commands/drop", url.Values{"releaseId": {"r-bcdefghijklmnopq"}, "reason": {"too old"}, "key": {"k"}})
	require.Equal(t, "/"+shopLane, sent.Header.Get("Location"), sent.body)
	require.JSONEq(t, `{"releaseId":"r-bcdefghijklmnopq","reason":"too old"}`, h.sent[0])
	require.Equal(t, "k", h.keys[0])
	require.Equal(t, http.StatusConflict, h.get("/"+shopLane+"/commands/drop?releaseId=r-zzzzzzzzzzzzzzzz").StatusCode)
	require.Equal(t, http.StatusNotFound, h.get("/"+shopLane+"/commands/explode").StatusCode)
	require.Contains(t, h.get("/"+shopLane+"/commands/allow?artifact=shop%3A0").body, `name="artifact" value="shop:0"`)
	require.Equal(t, http.StatusConflict, h.get("/"+shopLane+"/commands/allow?artifact=shop%3A1").StatusCode, "nobody has denied it")
	again := h.post("/"+shopLane+"/commands/resume", url.Values{"reason": {"all is well"}})
	require.Equal(t, http.StatusForbidden, again.StatusCode)
	require.Contains(t, again.body, "ann may not resume")
	require.Contains(t, again.body, `value="all is well"`)
}

// What brings no artifact is called by what it does, and never an unknown artifact.
func TestPages_WhatBringsNoArtifact(t *testing.T) {
	t.Parallel()
	const restart, lane, settings = "r-bcdefghijklmnopq", "lanes/sae/cn-hangzhou/f80db7f6", "r-cdefghijklmnopqr"
	of := func(rest string) string {
		return `{"releaseId":"` + restart + `","app":{"platform":"sae","region":"cn-hangzhou","id":"f80db7f6"},"appName":"shop","artifact":{},"phase":"Queued",` + rest + `}`
	}
	h := newHouse(t, map[string]any{
		"GET releases/" + restart: of(`"operation":"restart"`), "GET releases/" + settings: of(`"operation":"release","onlyConfig":true`),
		"GET " + lane:           `{"app":{"platform":"sae","region":"cn-hangzhou","id":"f80db7f6"},"waiting":[{"releaseId":"` + restart + `","artifact":{}}],"running":{"releaseId":"` + settings + `","artifact":{}}}`,
		"GET lanes":             `{"items":[{"app":"sae/cn-hangzhou/f80db7f6","state":{"running":{"releaseId":"` + restart + `","artifact":{}}}}]}`,
		"GET search":            `{"items":[{"kind":"release","id":"` + restart + `","artifact":{}}]}`,
		"GET releases":          `{"items":[]}`,
		"GET freezes":           `{"items":[]}`,
		"GET applications/shop": `{"spec":{"name":"shop"}}`, "GET applications/shop/status": `{"items":[{"environment":"live","runs":{"releaseId":"` + restart + `","version":"7"}}]}`,
		"GET applications/shop/history": `{"items":[{"releaseId":"` + restart + `","progress":{"operation":"restart"}}]}`,
	})
	for path, want := range map[string]string{
		"/releases/" + restart: `<span class="brings">restart</span>`, "/releases/" + settings: `<span class="brings">configuration</span>`,
		"/" + lane: ">" + restart + "</a>", "/lanes": ">" + restart + "</a>", "/search?q=x": "", "/applications/shop": "restart</a>",
	} {
		page := h.get(path)
		require.Equal(t, http.StatusOK, page.StatusCode, path)
		require.NotContains(t, page.body, "unknown artifact", path)
		require.Contains(t, page.body, want, path)
	}
}

// Freezes are a calendar; a window that recurs is on each of its days, and a stop from when it was made.
func TestFreezes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{
		"GET freezes": `{"items":[{"kind":"stop","active":true,"name":"incident","reason":"payments","by":"bo","at":"2026-11-29T10:00:00Z","scope":{}},
			{"kind":"window","name":"nights","reason":"sleep","days":["Fri"],"start":"22:00","end":"06:00","zone":"Asia/Shanghai","scope":{"platform":"sae"}},
			{"kind":"window","name":"sale","reason":"singles day","from":"2026-11-10T16:00:00Z","to":"2026-11-11T16:00:00Z","scope":{"application":"shop"}}]}`,
		"POST freezes": `{}`, "DELETE freezes/incident": `{}`,
	})
	page := h.get("/freezes").body
	day := func(date string) string {
		_, cell, found := strings.Cut(page, `<time datetime="`+date+`">`)
		require.True(t, found, date)
		cell, _, _ = strings.Cut(cell, "</td>")
		return cell
	}
	require.Contains(t, day("2026-11-06"), "nights")
	require.NotContains(t, day("2026-11-07"), "nights", "it ends at 22:00 UTC")
	require.Contains(t, day("2026-11-10"), "sale")
	require.Contains(t, day("2026-11-11"), "sale")
	require.NotContains(t, day("2026-11-12"), "sale")
	require.Contains(t, day("2026-11-30"), "incident")
	require.NotContains(t, day("2026-11-28"), "incident")
	require.NotContains(t, day("2026-12-01"), "incident", "nobody knows when it is lifted")
	require.Contains(t, h.get("/freezes?month=2026-02").body, `<time datetime="2026-02-28">`)

	look := h.get("/freezes/new?kind=window&name=nights&reason=sleep&days=Mon&days=Tue&start=22:00&end=06:00&zone=UTC&scope=shop/production")
	require.Contains(t, look.body, "Mon Tue 22:00–06:00 UTC")
	require.Contains(t, look.body, `name="days" value="Mon Tue"`)
	sent := h.post("/freezes", url.Values{"kind": {"window"}, "name": {"nights"}, "reason": {"sleep"}, "days": {"Mon Tue"}, "start": {"22:00"}, "end": {"06:00"}, "zone": {"UTC"}, "scope": {"shop/production"}})
	require.Equal(t, "/freezes", sent.Header.Get("Location"), sent.body)
	require.JSONEq(t, `{"kind":"window","name":"nights","reason":"sleep","days":["Mon","Tue"],"start":"22:00","end":"06:00","zone":"UTC","scope":{"application":"shop","environment":"production"}}`, h.sent[0])
	h.post("/freezes", url.Values{"kind": {"window"}, "name": {"sale"}, "reason": {"r"}, "from": {"2026-12-11T00:00"}, "to": {"2026-12-12T00:00"}})
	require.JSONEq(t, `{"kind":"window","name":"sale","reason":"r","from":"2026-12-11T00:00:00Z","to":"2026-12-12T00:00:00Z"}`, h.sent[1])
	wrong := h.get("/freezes/new?kind=window&name=sale&reason=r&from=tomorrow&to=never&scope=a/b/c/d")
	require.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode)
	for _, field := range []string{"<code>from</code>", "<code>to</code>", "<code>scope</code>"} {
		require.Contains(t, wrong.body, field)
	}

	bare := h.get("/freezes/new?kind=window&scope=shop/production")
	require.Equal(t, http.StatusUnprocessableEntity, bare.StatusCode, "there is nothing to look at yet")
	for _, field := range []string{"<code>name</code>", "<code>reason</code>", "<code>start</code>"} {
		require.Contains(t, bare.body, field)
	}
	require.Equal(t, http.StatusUnprocessableEntity, h.get("/freezes/new?kind=stop&name=incident").StatusCode)

	require.Contains(t, h.get("/freezes/incident/end").body, "The stop is lifted")
	require.Equal(t, "/freezes", h.post("/freezes/incident/end", url.Values{"reason": {"over"}}).Header.Get("Location"))
	require.Contains(t, h.asked, "ann DELETE /api/v1/freezes/incident?reason=over")
	require.Equal(t, http.StatusNotFound, h.get("/freezes/none/end").StatusCode)
}

// What a release would do is shown before it can be asked for; and it is asked for once.
func TestDeploy(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{
		"GET applications": `{"items":[{"revision":1,"change":{"action":"apply"},"spec":{"name":"shop","environments":[{"name":"staging","app":{"platform":"sae","region":"cn-hangzhou","id":"a"}}]}}]}`,
		"POST plan":        `{"app":{"platform":"sae","region":"cn-hangzhou","id":"a"},"operation":"release","at":"2026-11-30T08:00:00Z","strategy":{"type":"all"},"settings":[{"name":"variables.A","after":"1"}],"scalingRules":[{"name":"office-hours"}]}`,
		"POST releases":    `{"releaseId":"r-abcdefghijklmnop"}`,
	})
	form := url.Values{"app": {"shop/staging"}, "image": {"shop:2"}, "operation": {"release"}, "variables": {"A=1\nB=x=y\n\nOLD\n"}, "note": {"hotfix"}}
	require.Contains(t, h.get("/deploy?app=shop/staging").body, `value="shop/staging"`)
	form.Set("step", "plan")
	page := h.post("/deploy", form)
	require.Equal(t, http.StatusOK, page.StatusCode)
	for _, want := range []string{"office-hours", "variables.A", `value="deploy"`, `<option value="shop/staging">`} {
		require.Contains(t, page.body, want)
	}
	require.Len(t, h.sent, 1)
	_, key, _ := strings.Cut(page.body, `name="key" value="`)
	key, _, _ = strings.Cut(key, `"`)
	_, seen, _ := strings.Cut(page.body, `name="seen" value="`)
	seen, _, _ = strings.Cut(seen, `"`)
	form.Set("step", "deploy")
	form.Set("key", key)
	form.Set("seen", seen)
	sent := h.post("/deploy", form)
	require.Equal(t, "/releases/r-abcdefghijklmnop", sent.Header.Get("Location"), sent.body)
	require.Equal(t, key, h.keys[1])
	require.JSONEq(t, `{"application":"shop","environment":"staging","artifact":{"image":"shop:2"},"note":"hotfix",
		"config":{"variables":[{"name":"A","value":"1"},{"name":"B","value":"x=y"},{"name":"OLD","remove":true}]}}`, h.sent[1])
	require.JSONEq(t, h.sent[0], h.sent[1], "what was planned is asked for")

	form.Set("image", "shop:3")
	changed := h.post("/deploy", form)
	require.Equal(t, http.StatusOK, changed.StatusCode, "what nobody has looked at is looked at first")
	require.Contains(t, changed.body, "Nothing was deployed yet")
	require.Len(t, h.sent, 3)
	require.Empty(t, h.keys[2], "that was a plan alone")
	form.Set("image", "shop:2")

	h.answers["POST plan"] = `{"app":{"platform":"sae","region":"cn-hangzhou","id":"a"},"operation":"release","at":"2026-11-30T08:00:00Z","strategy":{},"refusals":[{"field":"artifact","reason":"is not from a registry that the policy has"}]}`
	form.Set("step", "plan")
	page = h.post("/deploy", form)
	require.Contains(t, page.body, "is not from a registry that the policy has")
	require.NotContains(t, page.body, `value="deploy"`, "what is refused cannot be asked for")

	// Where nobody knows whether it was stored, it is sent again with the key with which it counts once.
	h.answers["POST plan"] = `{"app":{"platform":"sae","region":"cn-hangzhou","id":"a"},"operation":"release","at":"2026-11-30T08:00:00Z","strategy":{}}`
	h.answers["POST releases"] = problem.New(http.StatusServiceUnavailable, "NATS does not say that it is stored")
	form.Set("step", "deploy")
	page = h.post("/deploy", form)
	require.Equal(t, http.StatusServiceUnavailable, page.StatusCode)
	require.Contains(t, page.body, `name="key" value="`+key+`"`)

	h.answers["POST releases"] = problem.New(http.StatusConflict, "the lane is full")
	form.Set("step", "deploy")
	page = h.post("/deploy", form)
	require.Equal(t, http.StatusConflict, page.StatusCode)
	require.Contains(t, page.body, "the lane is full")
	require.NotContains(t, page.body, key, "what was refused is asked for anew")
	require.Contains(t, page.body, `value="shop:2"`)

	wrong := h.post("/deploy", url.Values{"app": {"a/b/c/d"}, "step": {"plan"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode)
	require.Contains(t, wrong.body, "<code>app</code>")
	require.Contains(t, h.post("/deploy", url.Values{"app": {"shop/staging"}, "variables": {"=x"}, "step": {"plan"}}).body, "<code>variables</code>")
}

// What a release would wait for is said once.
func TestDeploy_Waits(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{
		"GET applications": `{"items":[]}`,
		"POST plan":        `{"app":{"platform":"sae","region":"cn-hangzhou","id":"a"},"operation":"release","at":"2026-11-30T08:00:00Z","strategy":{},"waits":["release r-b of bo"],"lane":{"waitsFor":"release r-b of bo"}}`,
	})
	page := h.post("/deploy", url.Values{"app": {"sae/cn-hangzhou/a"}, "image": {"shop:2"}, "step": {"plan"}}).body
	require.Equal(t, 1, strings.Count(page, "release r-b of bo"), page)
}

// An application is its environments in a row: what runs, what is promoted to where, and what was released before.
func TestApplication(t *testing.T) {
	t.Parallel()
	status := `{"items":[{"environment":"staging","app":{"platform":"sae","region":"cn-hangzhou","id":"a"},"runs":{"releaseId":"r-abcdefghijklmnop","artifact":{"image":"shop:2"},"since":"2026-11-30T07:00:00Z"}},
		{"environment":"production","app":{"platform":"sae","region":"cn-hangzhou","id":"b"},"open":[{"releaseId":"r-bcdefghijklmnopq","phase":"AwaitingApproval","awaits":"approval, 1 of 2"}],
		"promotion":{"from":"staging","to":"production","state":"ready","source":"r-abcdefghijklmnop","artifact":{"image":"shop:2"},"reason":"it has baked"}}]}`
	h := newHouse(t, map[string]any{
		"GET applications": `{"items":[{"revision":1,"change":{"action":"apply"},"spec":{"name":"shop","environments":[{"name":"staging","app":{"platform":"sae","region":"cn-hangzhou","id":"a"}}]}}]}`,
		"GET applications/shop": `{"revision":1,"change":{"action":"apply"},"spec":{"name":"shop","environments":[{"name":"staging","app":{"platform":"sae","region":"cn-hangzhou","id":"a"}}],
			"triggers":[{"name":"main","artifact":{"image":"registry.example/shop","tag":{"semver":">=1.0"}}}]}}`,
		"GET applications/shop/status":  status,
		"GET applications/shop/history": `{"items":[{"releaseId":"r-abcdefghijklmnop","environment":"staging","artifact":{"image":"shop:2"},"accepted":true,"outcome":"Succeeded","progress":{"phase":"Succeeded","operation":"release"},"requestedBy":"ci","requestedAt":"2026-11-30T06:50:00Z","startedAt":"2026-11-30T06:51:00Z","endedAt":"2026-11-30T07:00:00Z"}]}`,
		"POST releases":                 `{"releaseId":"r-cdefghijklmnopqr"}`,
	})
	require.Contains(t, h.get("/applications").body, `href="/applications/shop"`)
	page := h.get("/applications/shop").body
	for _, want := range []string{"shop:2", "approval, 1 of 2", "it has baked", `href="/applications/shop/promote/production"`, "registry.example/shop", "9m0s", `href="/deploy?app=shop%2Fstaging"`} {
		require.Contains(t, page, want)
	}
	require.Contains(t, h.get("/applications/shop/promote/production").body, `name="release" value="r-abcdefghijklmnop"`)
	sent := h.post("/applications/shop/promote/production", url.Values{"release": {"r-abcdefghijklmnop"}, "key": {"k"}, "note": {"go"}})
	require.Equal(t, "/releases/r-cdefghijklmnopqr", sent.Header.Get("Location"), sent.body)
	require.JSONEq(t, `{"application":"shop","environment":"production","promotedFrom":{"release":"r-abcdefghijklmnop"},"note":"go"}`, h.sent[0])
	require.Equal(t, http.StatusNotFound, h.get("/applications/shop/promote/staging").StatusCode)

	h.answers["GET applications/shop/status"] = strings.Replace(status, `"ready"`, `"held"`, 1)
	require.NotContains(t, h.get("/applications/shop").body, "/promote/")
	require.Equal(t, http.StatusConflict, h.get("/applications/shop/promote/production").StatusCode)
	h.answers["GET applications/shop/status"] = strings.Replace(status, `"ready"`, `"baking"`, 1)
	require.Contains(t, h.get("/applications/shop/promote/production").body, `name="now" value="" maxlength="1000" required`)
}

// The page of a set has its waves, and its commands a second look.
func TestSet(t *testing.T) {
	t.Parallel()
	const set = `{"setId":"s-abcdefghijklmnop","name":"checkout","phase":"AwaitingConfirm","onFailure":"rollback","awaiting":{"kind":"confirm","batch":1,"since":"2026-11-30T07:30:00Z"},
			"waves":[{"number":1,"name":"first","confirm":"manual","releases":[{"name":"shop","app":{"platform":"sae","region":"cn-hangzhou","id":"a"},"run":{"releaseId":"r-abcdefghijklmnop","outcome":"Succeeded"}}]},
			{"number":2,"name":"rest","confirm":"manual","releases":[{"name":"till","app":{"platform":"sae","region":"cn-hangzhou","id":"b"},"run":{"releaseId":""}}]}]}`
	h := newHouse(t, map[string]any{
		"GET sets":                                      `{"items":[{"id":"s-abcdefghijklmnop","kind":"ReleaseSet","name":"checkout","phase":"AwaitingConfirm","createdAt":"2026-11-30T07:00:00Z"}]}`,
		"GET sets/s-abcdefghijklmnop":                   set,
		"GET sets/s-abcdefghijklmnop/events":            `{"items":[]}`,
		"POST sets/s-abcdefghijklmnop/commands/confirm": `{}`,
	})
	require.Contains(t, h.get("/sets").body, `href="/sets/s-abcdefghijklmnop"`)
	page := h.get("/sets/s-abcdefghijklmnop").body
	for _, want := range []string{"checkout", "first", "Succeeded", "pending", `href="/sets/s-abcdefghijklmnop/commands/confirm"`, `data-live="/api/v1/sets/s-abcdefghijklmnop/events?after=0"`} {
		require.Contains(t, page, want)
	}
	look := h.get("/sets/s-abcdefghijklmnop/commands/confirm").body
	require.Contains(t, look, `name="batch" value="1"`)
	require.Contains(t, look, "lets wave 1 of 2 begin")
	sent := h.post("/sets/s-abcdefghijklmnop/commands/confirm", url.Values{"batch": {"1"}})
	require.Equal(t, "/sets/s-abcdefghijklmnop", sent.Header.Get("Location"))
	require.Contains(t, h.get("/sets/s-abcdefghijklmnop", "Cookie", sent.cookie()).body, "Sent: confirm.")
	require.NotContains(t, h.get("/sets/s-abcdefghijklmnop/commands/abort").body, "atSafePoint", "a set has no batches")

	// A release of a wave that has not begun has its ID already, and nobody who could not have accepted it.
	h.answers["GET sets/s-abcdefghijklmnop"] = strings.Replace(set, `"run":{"releaseId":""}`, `"run":{"releaseId":"r-bcdefghijklmnopq"}`, 1)
	page = h.get("/sets/s-abcdefghijklmnop").body
	require.Contains(t, page, "pending")
	require.NotContains(t, page, "Not accepted yet")
}

// What could not be taken is shown with the reason, and published again or deleted after a second look.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{
		"GET deadletters":                    `{"items":[{"sequence":7,"at":"2026-11-30T07:00:00Z","kind":"request","subject":"slipway.request.sae.cn-hangzhou.a","about":"sae/cn-hangzhou/a","reason":"image is missing","problems":[]}],"more":true}`,
		"GET deadletters/7":                  `{"sequence":7,"at":"2026-11-30T07:00:00Z","kind":"request","subject":"slipway.request.sae.cn-hangzhou.a","reason":"image is missing","problems":[{"field":"artifact.image","message":"is missing"}],"remedy":"slipway release submit","event":{"a":1}}`,
		"POST deadletters/7/commands/replay": problem.New(http.StatusConflict, "the release has ended"),
		"POST deadletters/7/commands/drop":   `{"sequence":7,"result":"dropped"}`,
	})
	require.Contains(t, h.get("/dead-letters").body, `href="/dead-letters/7"`)
	page := h.get("/dead-letters/7").body
	for _, want := range []string{"artifact.image", "Once the reason is gone, publish it again.", "&#34;a&#34;: 1", `href="/dead-letters/7/commands/replay"`} {
		require.Contains(t, page, want)
	}
	require.Contains(t, h.get("/dead-letters/7/commands/drop").body, "It is recorded that you have done it")
	again := h.post("/dead-letters/7/commands/replay", url.Values{"reason": {"mended"}})
	require.Equal(t, http.StatusConflict, again.StatusCode)
	require.Contains(t, again.body, "the release has ended")
	sent := h.post("/dead-letters/7/commands/drop", url.Values{"reason": {"a test"}})
	require.Equal(t, "/dead-letters", sent.Header.Get("Location"))
	require.JSONEq(t, `{"reason":"a test"}`, h.sent[1])
	require.Equal(t, http.StatusNotFound, h.get("/dead-letters/7/commands/burn").StatusCode)
	require.NotContains(t, page, "slipway release submit", "pages speak of pages")
}

// What would be refused again is not offered to be published again: the page says why not, and what helps.
func TestDeadLetters_NotPublishedAgain(t *testing.T) {
	t.Parallel()
	const letter = `{"sequence":7,"at":"2026-11-30T07:00:00Z","kind":"command","subject":"slipway.command.r-a","reason":"somebody may not","problems":[],"refused":"secrets were cut out of it (data)","redacted":["data"]}`
	h := newHouse(t, map[string]any{"GET deadletters/7": letter})
	page := h.get("/dead-letters/7").body
	require.Contains(t, page, "secrets were cut out of it (data)")
	require.Contains(t, page, "A part was cut out of it")
	require.NotContains(t, page, "/commands/replay")
	require.Contains(t, page, "/commands/drop")
	look := h.get("/dead-letters/7/commands/replay")
	require.Equal(t, http.StatusConflict, look.StatusCode)
	require.Contains(t, look.body, "secrets were cut out of it (data)")

	for problems, helps := range map[string]string{
		`"problems":[{"field":"id","message":"was used"}]`:        "this one was used before",
		`"problems":[{"field":"subject","message":"is of none"}]`: "Look for the release or the set that is meant.",
	} {
		h.answers["GET deadletters/7"] = strings.NewReplacer(`"problems":[]`, problems, `,"refused":"secrets were cut out of it (data)","redacted":["data"]`, "").Replace(letter)
		require.Contains(t, h.get("/dead-letters/7").body, helps)
	}
	h.answers["GET deadletters/7"] = strings.Replace(letter, `,"redacted":["data"]`, "", 1)
	require.Contains(t, h.get("/dead-letters/7").body, "Correct what is wrong")
}

// Scaling rules are read from the platform when somebody asks for them, and not again by themselves.
func TestScaling(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{"GET scaling/sae/cn-hangzhou/f80db7f6": `{"items":[{"name":"office-hours","enabled":false,"held":{"by":"release r-abcdefghijklmnop"}}]}`})
	page := h.get("/lanes/sae/cn-hangzhou/f80db7f6/scaling").body
	require.Contains(t, page, "office-hours")
	require.Contains(t, page, "disabled")
	require.NotContains(t, page, "data-every")
	require.NotContains(t, page, "commands/restore", "nothing is switched for a time")
}

// Rules are switched after a second look, one or all, for a time or for good.
func TestScaling_Switch(t *testing.T) {
	t.Parallel()
	const at, of = "/lanes/sae/cn-hangzhou/f80db7f6/scaling", "scaling/sae/cn-hangzhou/f80db7f6"
	h := newHouse(t, map[string]any{
		"GET " + of:                        `{"items":[{"name":"cpu","enabled":true},{"name":"night","enabled":false,"held":{"by":"bo","enable":false,"until":"2026-11-30T10:00:00Z"}}]}`,
		"POST " + of + "/commands/disable": `{"workflowId":"w"}`, "POST " + of + "/commands/restore": `{"workflowId":"w"}`, "POST " + of + "/commands/enable": problem.New(http.StatusConflict, "somebody switches them already"),
	})
	page := h.get(at).body
	for _, want := range []string{at + "/commands/disable?name=cpu", at + "/commands/enable?name=night", at + `/commands/disable"`, at + `/commands/restore"`, "2026-11-30T10:00:00Z"} {
		require.Contains(t, page, want)
	}
	look := h.get(at + "/commands/disable?name=cpu").body
	require.Contains(t, look, `name="name" value="cpu"`)
	require.Contains(t, look, "<dd>cpu</dd>")
	require.Contains(t, h.get(at+"/commands/disable").body, "<dd>cpu, night</dd>")
	sent := h.post(at+"/commands/disable", url.Values{"name": {"cpu"}, "for": {"2h"}, "reason": {"load test"}})
	require.Equal(t, at, sent.Header.Get("Location"), sent.body)
	require.JSONEq(t, `{"names":["cpu"],"for":"2h","reason":"load test"}`, h.sent[0])
	require.Equal(t, at, h.post(at+"/commands/restore", nil).Header.Get("Location"))
	require.JSONEq(t, `{}`, h.sent[1])

	again := h.post(at+"/commands/enable", url.Values{"reason": {"done"}})
	require.Equal(t, http.StatusConflict, again.StatusCode)
	require.Contains(t, again.body, "somebody switches them already")
	require.Contains(t, again.body, `value="done"`)
	wrong := h.post(at+"/commands/disable", url.Values{"for": {"soon"}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode)
	require.Contains(t, wrong.body, "<code>for</code>")
	require.Equal(t, http.StatusConflict, h.get(at+"/commands/disable?name=noon").StatusCode)
	require.Equal(t, http.StatusNotFound, h.get(at+"/commands/explode").StatusCode)
}

// A text is searched for; a whole ID leads to what it is of.
func TestSearch(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{"GET search": `{"items":[{"kind":"application","id":"shop"},{"kind":"release","id":"r-abcdefghijklmnop","application":"shop/production","artifact":{"image":"shop:2"},"phase":"Succeeded","at":"2026-11-30T07:00:00Z"}]}`})
	page := h.get("/search?q=%3Cshop%3E").body
	for _, want := range []string{`href="/applications/shop"`, `href="/releases/r-abcdefghijklmnop"`, "shop:2", "&lt;shop&gt;"} {
		require.Contains(t, page, want)
	}
	require.Equal(t, "ann GET /api/v1/search?q=%3Cshop%3E", h.asked[0])
	h.answers["GET search"] = `{"items":[{"kind":"release","id":"r-abcdefghijklmnop","phase":"Succeeded"}]}`
	require.Equal(t, "/releases/r-abcdefghijklmnop", h.get("/search?q=r-abcdefghijklmnop").Header.Get("Location"))
	require.Equal(t, http.StatusOK, h.get("/search?q=r-abc").StatusCode)
	h.answers["GET search"] = problem.New(http.StatusUnprocessableEntity, "q must be what to search for")
	require.Contains(t, h.get("/search?q=").body, "q must be what to search for")
}

// A link of a message leads to the second look at what is waited for, and nowhere else; it acts on nothing.
func TestLink(t *testing.T) {
	t.Parallel()
	signer, err := link.New([]byte(strings.Repeat("k", link.MinKey)))
	require.NoError(t, err)
	h := newHouse(t, standing(t))
	h.signed = signer
	h.open()
	var r release.Progress
	require.NoError(t, json.Unmarshal([]byte(gray), &r))
	l, err := link.Of(link.Confirm, r)
	require.NoError(t, err)
	l.Until = now.Add(time.Minute)
	at := link.Path + signer.Sign(l)
	led := h.get(at)
	require.Equal(t, http.StatusSeeOther, led.StatusCode, led.body)
	require.Equal(t, "/releases/r-abcdefghijklmnop/commands/confirm", led.Header.Get("Location"))
	require.Empty(t, h.sent, "nothing was sent")

	late, other, forged := l, l, []byte(strings.Repeat("l", link.MinKey))
	late.Until, other.Batch = now, 2
	another, err := link.New(forged)
	require.NoError(t, err)
	refused := func(path string, status int, words string) {
		t.Helper()
		page := h.get(path)
		require.Equal(t, status, page.StatusCode, page.body)
		require.Contains(t, page.body, words)
		require.Contains(t, page.body, `href="/releases/r-abcdefghijklmnop"`)
	}
	refused(link.Path+signer.Sign(late), http.StatusGone, "its time is over")
	refused(link.Path+signer.Sign(other), http.StatusConflict, "waits for something else by now")
	refused(link.Path+another.Sign(l), http.StatusForbidden, "not one of this console")
	require.Equal(t, http.StatusForbidden, h.get(link.Path+"x").StatusCode)

	h.answers["GET releases/r-abcdefghijklmnop"] = standingAt(t, `"phase":"AwaitingConfirm"`, `"phase":"Succeeded","outcome":"Succeeded"`)
	refused(at, http.StatusConflict, "it has ended")
	h.answers["GET releases/r-abcdefghijklmnop"] = problem.New(http.StatusForbidden, "ann may not look")
	require.Contains(t, h.get(at).body, "ann may not look")

	h = newHouse(t, standing(t)) // without a key
	refused(at, http.StatusNotFound, "--link-key-file")
}

// Who has not signed in comes to the link once that is done.
func TestLink_SignsInFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	w := httptest.NewRecorder()
	h.web.NotSignedIn().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, link.Path+"abc_-", nil))
	require.Equal(t, "/sign-in?next=%2Fgo%2Fabc_-", w.Header().Get("Location"))
	in := h.post("/sign-in", url.Values{"token": {"slipway_right"}, "next": {"/go/abc_-"}})
	require.Equal(t, "/go/abc_-", in.Header.Get("Location"))
}

// Who has no binding is told so, and whom to ask, in the place of empty lists; and nobody else is.
func TestPages_WithoutABinding(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]any{
		"GET releases": `{"items":[]}`, "GET waiting": `{"items":[]}`, "GET applications": `{"items":[]}`, "GET lanes": `{"items":[]}`, "GET sets": `{"items":[]}`, "GET approvals": `{"items":[]}`,
	})
	for who, told := range map[string]bool{
		`{"identity":"ann","admins":["root","group leads"]}`: true, `{"identity":"ann","bindings":["viewers"]}`: false, `{"identity":"ann","open":true}`: false,
	} {
		h.answers["GET me"] = who
		for _, path := range []string{"/", "/releases", "/applications", "/lanes", "/sets", "/approvals"} {
			page := h.get(path)
			require.Equal(t, http.StatusOK, page.StatusCode, path)
			require.Equal(t, told, strings.Contains(page.body, "You are signed in as ann"), "%s %s", who, path)
			require.Equal(t, told, strings.Contains(page.body, "root, group leads"), "%s %s", who, path)
		}
	}
	h.answers["GET me"] = `{"identity":"ann"}`
	require.Contains(t, h.get("/").body, "Ask whoever applies the document for one.")
}
