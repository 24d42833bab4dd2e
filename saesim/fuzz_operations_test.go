package saesim

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/acs"
	"slipway/saeclient"
)

// requestSample is a request as the reference prints it.
type requestSample struct {
	Query map[string]string `json:"query"`
	Form  map[string]string `json:"form"`
	Body  json.RawMessage   `json:"body"`
}

func requestSamples(t tester) map[string]requestSample {
	t.Helper()
	samples := map[string]requestSample{}
	for _, file := range []string{"operations.json", "newer.json"} {
		text, err := os.ReadFile("../api/sae/" + file)
		require.NoError(t, err)
		var facts struct {
			Operations []struct {
				Name    string        `json:"name"`
				Request requestSample `json:"requestExample"`
			} `json:"operations"`
		}
		require.NoError(t, json.Unmarshal(text, &facts))
		for _, op := range facts.Operations {
			samples[op.Name] = op.Request
		}
	}
	return samples
}

func encoded(parameters map[string]string) string {
	values := url.Values{}
	for name, value := range parameters {
		values.Set(name, value)
	}
	return values.Encode()
}

// fuzzNames are what a fuzzed parameter can mean: things that exist in a town, of
// which the samples of the reference know nothing.
func (h *harness) fuzzNames(t tester) *strings.Replacer {
	t.Helper()
	order := h.sim.Orders(h.app)[0].ID
	return strings.NewReplacer(
		"%40app", h.app, "%40other", h.sim.Apps()[1].ID, "%40order", order, "%40pipeline", h.order(t, order).Pipelines[0].PipelineID,
		"%40version", h.versions(t)[0], "%40group", h.group(), "%40cert", certificate, "%40job", h.makeJob(t),
	)
}

// FuzzOperations calls any operation with any parameters, beginning with the request
// samples of the reference and with the same requests made to fit what exists:
// whatever comes, the answer is an envelope in the form that was asked for, a refusal
// has a code, and the state can be looked at, written down and read again.
func FuzzOperations(f *testing.F) {
	const form, object = "application/x-www-form-urlencoded", "application/json"
	fits := map[string]string{
		"AppId": "@app", "AppIds": "@app,@other", "NamespaceId": DefaultRegion, "RegionId": DefaultRegion, "ChangeOrderId": "@order",
		"PipelineId": "@pipeline", "VersionId": "@version", "GroupId": "@group", "IngressId": "1", "ConfigMapId": "1", "GreyTagRouteId": "1",
		"ResourceIds": `["@app"]`, "SlbId": "lb-9", "CertId": "@cert", "ConfigMapMountDesc": `[{"configMapId":2,"key":"k","mountPath":"/m"}]`,
		"DefaultRule": `{"appId":"@app","containerPort":80}`, "Rules": `[{"appId":"@app","containerPort":80,"domain":"a","path":"/"}]`,
		"ScalingRuleName": "office", "NextToken": "2", "VpcId": "vpc-1", "DubboRules": "",
	}
	fitsFamily := map[string]map[string]string{
		"Job":  {"AppId": "@job", "RefAppId": "@app", "TriggerConfig": "", "SliceEnvs": `["a"]`},
		"Lane": {"GroupId": "1", "LaneId": "1", "AppIds": `["@app"]`, "EntryAppType": "mse", "EntryAppId": "@app", "MseGatewayEntryRule": ""},
	}
	for op, sample := range requestSamples(f) {
		fitted := map[string]string{}
		maps.Copy(fitted, sample.Query)
		maps.Copy(fitted, sample.Form)
		for name := range fitted {
			if value, known := fits[name]; known {
				fitted[name] = value
			}
			for family, fits := range fitsFamily {
				if value, known := fits[name]; known && strings.Contains(op, family) {
					fitted[name] = value
				}
			}
		}
		body, kind := encoded(sample.Form), form
		if len(sample.Body) > 0 && string(sample.Body) != "null" {
			body, kind = string(sample.Body), object
		}
		f.Add(op, encoded(sample.Query), body, kind, "application/json")
		f.Add(op, encoded(fitted), body, kind, "application/xml")
	}
	f.Fuzz(func(t *testing.T, name, query, body, kind, accept string) {
		op, known := saeclient.LookupOperation(name)
		if !known {
			op, _ = saeclient.LookupOperation(opDeploy)
		}
		h := town(t)
		h.arbitrary = true
		h.call(t, "CreateApplicationScalingRule", "ScalingRuleName", "office", "ScalingRuleType", "metric", "ScalingRuleMetric", allMetrics)
		h.call(t, "CreateGreyTagRoute", "Name", "rule", "ScRules", scRules)
		h.laneIn(t, h.laneGroup(t, "group", entryApplication, h.app), "g1", paramAppRule, contentRule)
		names := h.fuzzNames(t)
		r := &http.Request{
			Method: op.Method, URL: &url.URL{Path: op.Path, RawQuery: names.Replace(query)}, Host: "sae.test", Header: http.Header{},
		}
		r.Body = httptest.NewRequestWithContext(t.Context(), op.Method, "/", strings.NewReader(body)).Body
		r = r.WithContext(t.Context())
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Accept", accept)
		r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		sign(r)
		w := httptest.NewRecorder()
		h.sim.ServeHTTP(w, r)
		require.NotEqual(t, acs.CodeSignatureMismatch, answerCode(t, w, accept), "the signature covers any query")
		for range 2 {
			h.lookAround(t)
			h.settle(t)
		}
	})
}

// answerCode wants an envelope in the form that was asked for, with a code when it is
// a refusal, and returns the code.
func answerCode(t *testing.T, w *httptest.ResponseRecorder, accept string) string {
	t.Helper()
	var e struct {
		RequestID string `json:"RequestId"`
		Code      any
	}
	header := http.Header{}
	header.Set("Accept", accept)
	if wantsXML(header) {
		var root element
		require.NoError(t, xml.Unmarshal(w.Body.Bytes(), &root), w.Body.String())
		require.Equal(t, w.Code >= http.StatusBadRequest, root.XMLName.Local == "Error")
		object := root.object(nil)
		e.RequestID, _ = object["RequestId"].(string)
		e.Code = object["Code"]
	} else {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &e), w.Body.String())
	}
	require.NotEmpty(t, e.RequestID)
	if w.Code >= http.StatusBadRequest {
		require.NotEmpty(t, e.Code)
	}
	return fmt.Sprint(e.Code)
}

// lookAround calls what reads a whole collection, and writes the state down.
func (h *harness) lookAround(t *testing.T) {
	t.Helper()
	for _, op := range []string{
		"ListApplications", "ListJobs", "DescribeApplicationStatus", "DescribeApplicationConfig", "DescribeApplicationSlbs", "ListGreyTagRoute",
		"DescribeApplicationScalingRules", "ListChangeOrders", "ListPublishedServices",
	} {
		h.call(t, op)
	}
	for _, op := range []string{"ListAllSwimmingLaneGroups", "ListAllSwimmingLanes", "ListApplicationsForSwimmingLane", "ListSwimmingLaneGroupTags"} {
		h.call(t, op, paramNamespace, DefaultRegion)
	}
	for _, op := range []string{"DescribeNamespaceResources", "ListIngresses", "ListNamespacedConfigMaps"} {
		h.must(t, op, paramNamespace, DefaultRegion)
	}
	h.must(t, "DescribeNamespaces", "CurrentPage", "1", "PageSize", "10")
	h.call(t, "ListTagResources", "RegionId", DefaultRegion, "ResourceType", "application", paramTags, `[{"key":"a"}]`)
	h.statusPage(t)
	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	require.NoError(t, h.sim.Restore(snapshot), "what it holds it can restore")
}

// FuzzXML turns any JSON into XML, beginning with the answers of the samples: it is
// well-formed, and what is no JSON is an error.
func FuzzXML(f *testing.F) {
	samples, err := filepath.Glob("../saeclient/testdata/samples/*.json")
	require.NoError(f, err)
	for _, file := range samples {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add(`{"a b":[1,[true,null]],"":{},"\u0000":"]]>"}`)
	f.Fuzz(func(t *testing.T, text string) {
		made, err := toXML("Root", []byte(text))
		if err != nil {
			require.False(t, json.Valid([]byte(text)), text)
			return
		}
		if trimmed := strings.TrimSpace(text); !strings.HasPrefix(trimmed, "{") {
			return // answers are objects
		}
		var root element
		require.NoError(t, xml.Unmarshal(made, &root), string(made))
	})
}

// FuzzAuthorization sends requests with any signature headers: none is accepted, and
// each gets a documented refusal.
func FuzzAuthorization(f *testing.F) {
	f.Add("", "", "", "")
	f.Add("acs "+TestAccessKeyID+":AAAA", "Mon, 02 Nov 2026 08:00:00 GMT", "n", "application/json")
	f.Add("ACS3-HMAC-SHA256 Credential="+TestAccessKeyID+",SignedHeaders=host;x-acs-date,Signature=00", "2026-11-02T08:00:00Z", "n", "*/*")
	f.Add("acs :", "0", "", "application/xml")
	f.Add("ACS3-HMAC-SHA256 Credential==,SignedHeaders=;;,Signature=", "2026-11-02T08:00:00Z", "", "")
	f.Fuzz(func(t *testing.T, authorization, date, nonce, accept string) {
		for _, strict := range []bool{false, true} {
			sim, err := New(Config{Clock: SteppedClock(start()), Strict: strict, Wall: start})
			require.NoError(t, err)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/pop/v1/paas/regionConfig?a=b", http.NoBody)
			for name, value := range map[string]string{
				"Authorization": authorization, "Date": date, "x-acs-date": date, "x-acs-signature-nonce": nonce, "Accept": accept,
				"x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
			} {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			sim.ServeHTTP(w, r)
			require.GreaterOrEqual(t, w.Code, http.StatusBadRequest)
			require.Less(t, w.Code, http.StatusInternalServerError)
			require.NotEmpty(t, answerCode(t, w, accept))
		}
	})
}
