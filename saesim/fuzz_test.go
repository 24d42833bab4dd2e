package saesim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/acs"
)

// FuzzHandler sends requests with any parameters to any operation, signed, and to
// any admin endpoint: whatever comes, the answer is JSON with a documented envelope
// and the simulator goes on.
func FuzzHandler(f *testing.F) {
	index := routes()
	targets := make([]string, 0, len(index))
	for r := range index {
		targets = append(targets, r.method+" "+r.path)
	}
	for _, path := range []string{
		"faults", "faults/1", "approvals/x", "clock/advance", "orders", "state", "reset", "calls",
		"orders/@order/expire", "orders/@order/replace", "apps/@app/orders", "apps/@app/job", "apps/@app/versions/x",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			targets = append(targets, method+" "+"/_saesim/"+path)
		}
	}
	slices.Sort(targets)
	const form = "application/x-www-form-urlencoded"
	for i := range targets {
		f.Add(uint8(i), "AppId=@app&UpdateStrategy="+url.QueryEscape(gray1and2), "PhpConfig=x", form)
	}
	f.Add(uint8(0), "ScalingRuleName=a&ScalingRuleType=metric&ScalingRuleMetric="+url.QueryEscape(allMetrics)+"&AppId=@app", "", "")
	f.Add(uint8(0), "AppId=@app&CurrentPage=-9223372036854775808&PageSize=9223372036854775807", "", "")
	f.Add(uint8(0), "ScRules="+url.QueryEscape(scRules)+"&Name=a&AppId=@app", "{}", "application/json")
	f.Add(uint8(0), "", `{"kind":"delay","delay":"1ns","count":-1}`, "application/json")
	f.Add(uint8(0), "AppId=@app&InstanceIds=@instance&Cpu=1000&Memory=2048", `{"image":"a/b:1"}`, "application/json")
	f.Add(uint8(0), "", `{"version":1,"apps":{"a":{}},"orders":{"o":{"appId":"a","phase":"running"}}}`, "application/json")
	f.Fuzz(func(t *testing.T, target uint8, query, body, contentType string) {
		h := deployed(t, 4)
		h.arbitrary = true
		order := h.deploy(t, "2", gray1and2)
		names := strings.NewReplacer("@app", h.app, "@order", order, "@instance", h.instances(t)[0])
		method, path, _ := strings.Cut(names.Replace(targets[int(target)%len(targets)]), " ")
		query = names.Replace(query)
		r := &http.Request{
			Method: method, URL: &url.URL{Path: path, RawQuery: query}, Host: "sae.test", Header: http.Header{},
			Body: http.NoBody,
		}
		r = r.WithContext(t.Context())
		if body != "" {
			r.Body = httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body)).Body
		}
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		sign(r)
		w := httptest.NewRecorder()
		h.sim.ServeHTTP(w, r)
		if w.Code != http.StatusNoContent {
			require.True(t, json.Valid(w.Body.Bytes()), "%s %s: %d %q", method, path, w.Code, w.Body.String())
		}
		if !strings.HasPrefix(path, "/_saesim/") {
			requireEnvelope(t, w)
		}
		h.step(t, 0)
		h.sim.Orders("")
		snapshot, err := h.sim.Snapshot()
		require.NoError(t, err)
		require.NoError(t, h.sim.Restore(snapshot), "what it holds it can restore")
	})
}

func requireEnvelope(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	var e struct {
		RequestID string `json:"RequestId"`
		Code      any
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &e))
	require.NotEmpty(t, e.RequestID)
	if w.Code >= http.StatusBadRequest {
		require.NotEmpty(t, e.Code)
		require.NotEqual(t, acs.CodeSignatureMismatch, e.Code, "the signature covers any query")
	}
}

// FuzzRestore puts any state in: it is refused, or everything works on with it.
func FuzzRestore(f *testing.F) {
	h := deployed(f, 4)
	h.addRules(f)
	h.must(f, opExecJob)
	h.must(f, opExecJob, "AppId", h.makeJob(f, "BackoffLimit", "1", "Timeout", "1"))
	h.must(f, opBatchStop, "NamespaceId", DefaultRegion)
	h.step(f, DefaultBatchDuration)
	h.must(f, opBatchStart, "NamespaceId", DefaultRegion)
	h.step(f, 2*DefaultBatchDuration)
	h.deploy(f, "2", gray1and2)
	for range 3 {
		snapshot, err := h.sim.Snapshot()
		require.NoError(f, err)
		f.Add(string(snapshot))
		h.step(f, DefaultBatchDuration)
	}
	f.Add("{}")
	f.Fuzz(func(t *testing.T, snapshot string) {
		h := newHarness(t)
		h.arbitrary = true
		if h.sim.Restore([]byte(snapshot)) != nil {
			require.Empty(t, h.sim.Apps(), "a refused state changes nothing")
			return
		}
		for range 3 {
			h.settle(t)
			for _, o := range h.sim.Orders("") {
				h.call(t, "DescribeChangeOrder", "ChangeOrderId", o.ID)
			}
			for _, app := range h.sim.st.workloads() {
				h.app = app.ID
				h.call(t, opUpdateJob, "Replicas", "2")
				h.call(t, "DescribeJob")
				h.call(t, "DescribeApplicationScalingRules")
				h.call(t, "DescribeApplicationConfig")
				h.call(t, opDeploy, "ImageUrl", "i:9", paramUpdateStrategy, batch2Man)
				h.call(t, opRestart)
				h.call(t, opVertical, "Cpu", "2000", "Memory", "4096")
				h.call(t, opStop)
				h.call(t, opStart)
				h.call(t, opExecJob)
				h.call(t, "ListAppEvents", "Namespace", DefaultRegion)
				h.call(t, "QueryResourceStatics")
				h.call(t, "ListNamespaceChangeOrders", "NamespaceId", DefaultRegion)
			}
		}
	})
}
