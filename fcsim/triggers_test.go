package fcsim

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	webTriggers = "/services/shop/functions/web/triggers"
	httpTrigger = `{"triggerName":"front","triggerType":"http","triggerConfig":{"authType":"anonymous","methods":["GET","POST"]}}`
	ossTrigger  = `{"triggerName":"images","triggerType":"oss","sourceArn":"acs:oss:cn-hangzhou:1:b","invocationRole":"acs:ram::1:role/r","qualifier":"live","description":null,` +
		`"triggerConfig":{"events":["oss:ObjectCreated:*"],"filter":{"key":{"prefix":"a"}}}}`
)

func TestTriggers_AreCreatedReadUpdatedListedDeleted(t *testing.T) {
	t.Parallel()
	h := published(t)
	made := h.must(t, "POST "+webTriggers, ossTrigger)
	require.Equal(t, "images", made.text("triggerName"))
	require.Equal(t, "live", made.text("qualifier"))
	require.Equal(t, "2026-11-02T08:00:00Z", made.text("createdTime"))
	require.Nil(t, made.body["description"])
	require.NotEmpty(t, made.text("triggerId"))
	require.Equal(t, map[string]any{"events": []any{"oss:ObjectCreated:*"}, "filter": map[string]any{"key": map[string]any{"prefix": "a"}}}, made.body["triggerConfig"])
	require.NotContains(t, made.body, "urlInternet")

	read := h.must(t, "GET "+webTriggers+"/images", "")
	require.Equal(t, made.body, read.body)
	require.Equal(t, made.header.Get("ETag"), read.header.Get("ETag"))

	h.advance(t, 60e9)
	changed := h.must(t, "PUT "+webTriggers+"/images", `{"Qualifier":"2","triggerConfig":null,"invocationRole":"acs:ram::1:role/s"}`, "If-Match", made.header.Get("ETag"))
	require.Equal(t, "2", changed.text("qualifier"), "in any case, and null keeps")
	require.Equal(t, made.body["triggerConfig"], changed.body["triggerConfig"])
	require.Equal(t, "2026-11-02T08:01:00Z", changed.text("lastModifiedTime"))
	require.NotEqual(t, made.header.Get("ETag"), changed.header.Get("ETag"))
	again := h.must(t, "PUT "+webTriggers+"/images", `{"qualifier":"2"}`)
	require.Equal(t, changed.header.Get("ETag"), again.header.Get("ETag"), "nothing changed")
	h.send(t, "PUT "+webTriggers+"/images", `{"qualifier":"1"}`, "If-Match", made.header.Get("ETag")).refusedBy(t, codePrecondition)
	h.send(t, "DELETE "+webTriggers+"/images", "", "If-Match", made.header.Get("ETag")).refusedBy(t, codePrecondition)

	for _, name := range []string{"b", "a", "c"} {
		h.must(t, "POST "+webTriggers, `{"triggerName":"`+name+`","triggerType":"timer","triggerConfig":{"cronExpression":"@every 5m","enable":true}}`)
	}
	h.must(t, "POST /services/shop/functions", image("other", "registry.test/other:1"))
	h.must(t, "POST /services/shop/functions/other/triggers", httpTrigger)
	require.Equal(t, []string{"a", "b", "c", "images"}, h.must(t, "GET "+webTriggers, "").names("triggers", "triggerName"), "by name, those of the function")
	first := h.must(t, "GET "+webTriggers+"?limit=2&startKey=b", "")
	require.Equal(t, []string{"b", "c"}, first.names("triggers", "triggerName"))
	require.Equal(t, []string{"images"}, h.must(t, "GET "+webTriggers+"?limit=2&nextToken="+first.text("nextToken"), "").names("triggers", "triggerName"))

	h.send(t, "DELETE /services/shop/functions/web", "").refusedBy(t, codeFunctionNotEmpty)
	for _, name := range []string{"a", "b", "c", "images"} {
		require.Equal(t, http.StatusNoContent, h.must(t, "DELETE "+webTriggers+"/"+name, "").status)
	}
	h.send(t, "GET "+webTriggers+"/images", "").refusedBy(t, codeTriggerNotFound)
	h.must(t, "DELETE /services/shop/functions/web", "")
}

func TestTriggers_HTTPHasAnAddressThatCallsTheFunction(t *testing.T) {
	t.Parallel()
	h := published(t)
	latest := h.must(t, "POST "+webTriggers, httpTrigger)
	require.Equal(t, h.server.URL+"/2016-08-15/proxy/shop/web/", latest.text("urlInternet"))
	require.Equal(t, latest.text("urlInternet"), latest.text("urlIntranet"))
	live := h.must(t, "POST "+webTriggers, strings.NewReplacer("front", "gate", `"triggerType"`, `"qualifier":"live","triggerType"`, "anonymous", "function").Replace(httpTrigger))
	require.Equal(t, h.server.URL+"/2016-08-15/proxy/shop.live/web/", live.text("urlInternet"))

	call := func(url string) got {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		require.NoError(t, err)
		return h.do(t, r)
	}
	require.Equal(t, http.StatusOK, call(latest.text("urlInternet")+"cart").status)
	require.Equal(t, http.StatusForbidden, call(live.text("urlInternet")).status, "it wants a signature")

	h.send(t, "POST "+webTriggers, strings.Replace(httpTrigger, "front", "back", 1)).refusedBy(t, codeInvalidArgument)
	h.send(t, "PUT "+webTriggers+"/gate", `{"qualifier":"LATEST"}`).refusedBy(t, codeInvalidArgument)
	h.must(t, "PUT "+webTriggers+"/gate", `{"qualifier":"live","description":"d"}`)
}

// refusal is a request that is refused, and what is said about it.
type refusal struct {
	line, body, code string
	says             []string
}

// refuses sends requests that have to be refused.
func (h *harness) refuses(t *testing.T, refusals map[string]refusal) {
	t.Helper()
	for name, tt := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message := h.send(t, tt.line, tt.body).refusedBy(t, tt.code)
			for _, want := range tt.says {
				require.Contains(t, message, want)
			}
		})
	}
}

func TestTriggers_AreRefused(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "POST "+webTriggers, ossTrigger)
	h.refuses(t, map[string]refusal{
		"no service":  {"POST /services/none/functions/web/triggers", ossTrigger, codeServiceNotFound, []string{"none"}},
		"no function": {"POST /services/shop/functions/none/triggers", ossTrigger, codeFunctionNotFound, []string{"none", "shop"}},
		"again":       {"POST " + webTriggers, ossTrigger, codeTriggerExists, []string{"images", "shop", "web"}},
		"everything at once": {
			"POST " + webTriggers, `{"triggerName":"1","triggerType":"fax","qualifier":"a b"}`, codeInvalidArgument,
			[]string{"triggerName", "triggerType", "qualifier", "triggerConfig"},
		},
		"no source":     {"POST " + webTriggers, `{"triggerName":"a","triggerType":"log","triggerConfig":{}}`, codeInvalidArgument, []string{"sourceArn"}},
		"no events":     {"POST " + webTriggers, `{"triggerName":"a","triggerType":"oss","sourceArn":"x","triggerConfig":{}}`, codeInvalidArgument, []string{"events"}},
		"no expression": {"POST " + webTriggers, `{"triggerName":"a","triggerType":"timer","triggerConfig":{}}`, codeInvalidArgument, []string{"cronExpression"}},
		"http": {
			"POST " + webTriggers, `{"triggerName":"a","triggerType":"http","triggerConfig":{"authType":"jwt","methods":["COPY"]}}`, codeInvalidArgument,
			[]string{"authType", "COPY"},
		},
		"no methods":     {"POST " + webTriggers, `{"triggerName":"a","triggerType":"http","triggerConfig":{}}`, codeInvalidArgument, []string{"methods"}},
		"not an object":  {"POST " + webTriggers, `{"triggerName":"a","triggerType":"timer","triggerConfig":"true"}`, codeInvalidArgument, []string{"object"}},
		"type by update": {"PUT " + webTriggers + "/images", `{"triggerType":"log"}`, codeInvalidArgument, []string{"triggerType"}},
		"unknown":        {"PUT " + webTriggers + "/none", `{}`, codeTriggerNotFound, []string{"none"}},
		"delete unknown": {"DELETE " + webTriggers + "/none", "", codeTriggerNotFound, []string{"none"}},
		"qualified":      {"GET /services/shop.live/functions/web/triggers", "", codeInvalidArgument, []string{"qualifier"}},
		"limit":          {"GET " + webTriggers + "?limit=101", "", codeInvalidArgument, []string{"limit"}},
	})
}
