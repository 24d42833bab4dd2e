package fcsim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const invokeLive = "POST /services/shop.live/functions/web/invocations"

// versionsOf invokes n times and counts the versions that ran.
func (h *harness) versionsOf(t tester, n int) map[string]int {
	t.Helper()
	ran := map[string]int{}
	for range n {
		ran[h.must(t, invokeLive, "x").header.Get("X-Fc-Invocation-Code-Version")]++
	}
	return ran
}

func TestInvoke_TheWeightsChooseTheVersion(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		alias string
		two   float64
	}{
		"no weight":                        {`{}`, 0},
		"a weight that was taken back":     {`{"additionalVersionWeight":{}}`, 0},
		"a weight of 0":                    {`{"additionalVersionWeight":{"2":0}}`, 0},
		"a twentieth":                      {`{"additionalVersionWeight":{"2":0.05}}`, 0.05},
		"a half":                           {`{"additionalVersionWeight":{"2":0.5}}`, 0.5},
		"a weight of 1":                    {`{"additionalVersionWeight":{"2":1}}`, 1},
		"the main version by a weight":     {`{"additionalVersionWeight":{"1":0.3}}`, 0},
		"moved":                            {`{"versionId":"2"}`, 1},
		"moved, the old one with a weight": {`{"versionId":"2","additionalVersionWeight":{"1":0.25}}`, 0.75},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n = 400
			h := published(t)
			h.must(t, "PUT /services/shop/aliases/live", tt.alias)
			ran := h.versionsOf(t, n)
			require.Equal(t, n, ran["1"]+ran["2"])
			require.InDelta(t, tt.two*n, ran["2"], 30)
			if tt.two == 0 || tt.two == 1 {
				require.Equal(t, int(tt.two*n), ran["2"])
			}
		})
	}
}

func TestInvoke_TheSameSeedChoosesTheSame(t *testing.T) {
	t.Parallel()
	run := func() string {
		h := published(t)
		h.must(t, "PUT /services/shop/aliases/live", `{"additionalVersionWeight":{"2":0.5}}`)
		var ran strings.Builder
		for range 40 {
			ran.WriteString(h.must(t, invokeLive, "x").header.Get("X-Fc-Invocation-Code-Version"))
		}
		return ran.String()
	}
	require.Equal(t, run(), run())
}

func TestInvoke_ReadsShowTheMainVersion(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "PUT /services/shop/aliases/live", `{"additionalVersionWeight":{"2":1}}`)
	require.Equal(t, "one", h.must(t, "GET /services/shop.live", "").text("description"))
	require.Equal(t, map[string]int{"2": 10}, h.versionsOf(t, 10))
}

func TestInvoke_WhatItAnswers(t *testing.T) {
	t.Parallel()
	h := published(t)
	g := h.must(t, "POST /services/shop/functions/web/invocations", "\x00\xff", "X-Fc-Log-Type", "Tail")
	require.Equal(t, "\x00\xff", string(g.raw), "events are any bytes")
	require.Equal(t, "LATEST", g.header.Get("X-Fc-Invocation-Code-Version"))
	require.Equal(t, h.must(t, "GET /services/shop/functions/web", "").text("codeChecksum"), g.header.Get("X-Fc-Code-Checksum"))
	require.Len(t, g.header.Get("X-Fc-Instance-Id"), 36)
	log, err := base64.StdEncoding.DecodeString(g.header.Get("X-Fc-Log-Result"))
	require.NoError(t, err)
	require.Contains(t, string(log), g.header.Get("X-Fc-Request-Id"))
	empty := h.must(t, "POST /services/shop/functions/web/invocations", "")
	require.Equal(t, http.StatusOK, empty.status)
	async := h.must(t, invokeLive, "x", "X-Fc-Invocation-Type", "Async")
	require.Equal(t, http.StatusAccepted, async.status)
	require.Empty(t, async.raw)
}

func TestInvoke_CodeThatIsBad(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		behaviour Behaviour
		status    int
		errorType string
		body      string
	}{
		"fine":      {Behaviour{Result: ResultOK, Body: "hello"}, 200, "", "hello"},
		"handled":   {Behaviour{Result: ResultHandled, Body: "no stock"}, 200, "HandledInvocationError", `{"errorMessage":"no stock","errorType":"Error"}`},
		"unhandled": {Behaviour{Result: ResultUnhandled}, 200, "UnhandledInvocationError", `{"errorMessage":"x","errorType":"Error"}`},
		"exits":     {Behaviour{Result: ResultExited}, 412, "", `{"ErrorCode":"CAExited","ErrorMessage":"The function either cannot be started or exited. the process exited"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := published(t)
			tt.behaviour.Code = "registry.test/shop:2"
			require.NoError(t, h.sim.SetBehaviour(tt.behaviour))
			require.Empty(t, h.send(t, invokeLive, "x").header.Get("X-Fc-Error-Type"), "the old version is as it was")
			h.must(t, "PUT /services/shop/aliases/live", `{"versionId":"2"}`)
			g := h.send(t, invokeLive, "x")
			require.Equal(t, tt.status, g.status)
			require.Equal(t, tt.errorType, g.header.Get("X-Fc-Error-Type"))
			require.Equal(t, tt.body, string(g.raw))
		})
	}
}

func TestInvoke_CodeThatIsBadAtTimes(t *testing.T) {
	t.Parallel()
	h := published(t)
	require.NoError(t, h.sim.SetBehaviour(Behaviour{Code: "registry.test/shop:1", Result: ResultUnhandled, Rate: 0.25}))
	failed := 0
	for range 400 {
		if h.must(t, invokeLive, "x").header.Get("X-Fc-Error-Type") != "" {
			failed++
		}
	}
	require.InDelta(t, 100, failed, 30)
}

func TestInvoke_HTTPTriggers(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "POST /services/shop/functions/web/triggers", `{"triggerName":"a","triggerType":"http","qualifier":"live","triggerConfig":{"authType":"anonymous","methods":["GET","POST"]}}`)
	h.must(t, "POST /services/shop/functions/web/triggers", `{"triggerName":"b","triggerType":"http","triggerConfig":{"authType":"function","methods":["POST"]}}`)
	unsigned := func(method, path string) got {
		r, err := http.NewRequestWithContext(t.Context(), method, h.server.URL+proxyPrefix+path, strings.NewReader("body"))
		require.NoError(t, err)
		return h.do(t, r)
	}
	g := unsigned(http.MethodPost, "shop.live/web/cart/1?a=1")
	require.Equal(t, http.StatusOK, g.status)
	require.Equal(t, "body", string(g.raw))
	require.Equal(t, "1", g.header.Get("X-Fc-Invocation-Code-Version"))
	require.Equal(t, http.StatusOK, unsigned(http.MethodGet, "shop.live/web/").status)
	require.Contains(t, unsigned(http.MethodDelete, "shop.live/web/").refusedBy(t, codeInvalidArgument), "the trigger takes GET, POST, not DELETE")
	unsigned(http.MethodPost, "shop/web/").refusedBy(t, codeAccessDenied)
	unsigned(http.MethodPost, "other/web/").refusedBy(t, codeAccessDenied)
	require.Equal(t, "LATEST", h.must(t, "POST /proxy/shop/web/cart", "body", "Content-Type", "text/plain").header.Get("X-Fc-Invocation-Code-Version"), "signed")
	h.send(t, "POST /proxy/shop.2/web/", "").refusedBy(t, codeTriggerNotFound)

	require.NoError(t, h.sim.SetBehaviour(Behaviour{Code: "registry.test/shop:1", Result: ResultOK, Status: 503, Body: "busy"}))
	require.Equal(t, 503, unsigned(http.MethodGet, "shop.live/web/").status)
	require.NoError(t, h.sim.SetBehaviour(Behaviour{Code: "registry.test/shop:1", Result: ResultUnhandled}))
	bad := unsigned(http.MethodGet, "shop.live/web/")
	require.Equal(t, http.StatusBadGateway, bad.status)
	require.Equal(t, "UnhandledInvocationError", bad.header.Get("X-Fc-Error-Type"))
	require.Equal(t, 9, h.sim.Calls().Operations[opTrigger])
	require.Contains(t, h.send(t, "POST /proxy/shop.live/web/", strings.Repeat("x", maxEvent+1)).refusedBy(t, codeEntityTooLarge), "(6291456 bytes)")
}

func TestInvoke_InstancesOfInvocations(t *testing.T) {
	t.Parallel()
	h := published(t)
	list := func(qualifier string) string {
		var shown []string
		for _, item := range h.must(t, "GET /services/shop"+qualifier+"/functions/web/instances", "").list("instances") {
			shown = append(shown, fmt.Sprint(item.(map[string]any)["versionId"]))
		}
		return strings.Join(shown, " ")
	}
	require.Empty(t, list(".live"))
	first := h.must(t, invokeLive, "x").header.Get("X-Fc-Instance-Id")
	require.Equal(t, first, h.must(t, invokeLive, "x").header.Get("X-Fc-Instance-Id"), "it stays for the next")
	require.Equal(t, "1", list(".live"))
	require.Empty(t, list(".1"), "shown under the qualifier that it was called by")
	h.must(t, "POST /services/shop/functions/web/invocations", "x")
	require.Equal(t, "0", list(""))
	h.advance(t, 4*time.Minute)
	h.must(t, invokeLive, "x")
	h.advance(t, 4*time.Minute)
	require.Equal(t, "1", list(".live"))
	require.Empty(t, list(""), "idle for five minutes")
	got := h.must(t, "GET /services/shop.live/functions/web/instances?limit=0&instanceIds="+first, "").list("instances")
	require.Len(t, got, 1)
	require.Empty(t, h.must(t, "GET /services/shop.live/functions/web/instances?instanceIds=a,b", "").list("instances"))
}
