package fcsim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRequests sends signed requests of any method, target and body: each is answered by JSON or
// bytes with a request ID and never by an error of the server, what was refused by its parameters
// has changed nothing, and the state can always be written down and read again.
func FuzzRequests(f *testing.F) {
	for _, seed := range []struct{ method, target, body string }{
		{http.MethodPost, "services", `{"serviceName":"a","logConfig":{"project":"p"}}`},
		{http.MethodPut, "services/shop/functions/web", `{"code":{"zipFile":"eA=="},"timeout":"60","cpu":1e9}`},
		{http.MethodPut, "services/shop/aliases/live", `{"versionId":null,"AdditionalVersionWeight":{"2":0.3}}`},
		{http.MethodPut, "services/shop.live/functions/web/provision-config", `{"target":5,"scheduledActions":[{"name":"a","target":1,"scheduleExpression":"cron(0 30 8 * * *)"}]}`},
		{http.MethodPut, "services/shop.live/functions/web/provision-config", `{"target":5,"targetTrackingPolicies":[{"name":"p","metricType":"ProvisionedConcurrencyUtilization","metricTarget":0.5}]}`},
		{http.MethodGet, "services/shop/versions?direction=FORWARD&startKey=1&limit=2", ""},
		{http.MethodGet, "services?prefix=s&nextToken=%23", ""},
		{http.MethodPost, "services/shop.live/functions/web/invocations", "\x00"},
		{http.MethodGet, "layerarn/a%23b%231", ""},
		{http.MethodDelete, "tag", `{"resourceArn":"services/shop","tagKeys":["k"]}`},
		{http.MethodPost, "proxy/shop.live/web/%2e%2e", "x"},
		{http.MethodPost, "services/shop/functions/web/triggers", `{"triggerName":"t","triggerType":"http","triggerConfig":{"authType":"anonymous","methods":["GET"]}}`},
		{http.MethodPost, "custom-domains", `{"domainName":"a.test","routeConfig":{"routes":[{"path":"/","serviceName":"s","functionName":"f"}]}}`},
		{http.MethodPost, "layers/libs/versions", `{"code":{"zipFile":"eA=="},"compatibleRuntime":["python3"]}`},
		{http.MethodPut, "services/shop.live/functions/web/async-invoke-config", `{"maxAsyncRetryAttempts":8,"destinationConfig":{"onFailure":{"destination":"q"}}}`},
		{http.MethodGet, "services/shop.live/functions/web/stateful-async-invocations?startedTimeBegin=1&sortOrderByTime=asc&limit=1", ""},
	} {
		f.Add(seed.method, seed.target, seed.body)
	}
	snapshot, err := direct(f).published(f).sim.Snapshot()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, method, target, body string) {
		h := direct(t)
		require.NoError(t, h.sim.Restore(snapshot))
		r, err := http.NewRequestWithContext(t.Context(), method, "http://fc.test"+versionPrefix+target, strings.NewReader(body))
		if err != nil {
			return // no request
		}
		r.RequestURI = r.URL.RequestURI()
		sign(r, h.sim.config)
		before := h.frozen(t)
		w := httptest.NewRecorder()
		h.sim.ServeHTTP(w, r)
		require.Len(t, w.Header().Get("X-Fc-Request-Id"), 36)
		require.NotEqual(t, http.StatusInternalServerError, w.Code, w.Body.String())
		if w.Header().Get("Content-Type") == contentJSON && w.Code >= http.StatusBadRequest {
			require.True(t, json.Valid(w.Body.Bytes()))
		}
		if bytes.Contains(w.Body.Bytes(), []byte(`"`+codeInvalidArgument+`"`)) && w.Code == http.StatusBadRequest {
			require.JSONEq(t, before, h.frozen(t))
		}
		h.advance(t, farAway)
		require.NoError(t, h.sim.Restore([]byte(h.frozen(t))))
	})
}

// FuzzSchedules reads expressions of any form: what is accepted fires after the time that is
// asked for, or not at all.
func FuzzSchedules(f *testing.F) {
	for _, seed := range []string{"at(2026-11-02T10:00:00Z)", "cron(0 30 8 * * *)", "cron(*/5 1-3,7 ? * mon-fri *)", "cron(@daily)", "at()", "cron(TZ=UTC 0 0 0 * *)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		action := scheduledAction{Name: "a", Target: 1, ScheduleExpression: expression}
		var k checker
		checkActions(&k, []scheduledAction{action})
		next := action.next(start())
		if k.Any() {
			require.True(t, next.IsZero())
			return
		}
		require.True(t, next.IsZero() || next.After(start()))
	})
}
