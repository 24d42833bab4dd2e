package gates_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func prometheusGate(address string) release.Gate {
	return release.Gate{Name: "errors", Prometheus: &release.PrometheusGate{
		Address: address, Query: `sum(rate(errors{app="shop"}[5m]))`, Pass: "< 0.01", Fail: ">= 0.05",
	}}
}

// result answers a query as Prometheus does.
func result(kind, value string, warnings ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/query" || r.FormValue("query") == "" || r.FormValue("time") != "" {
			http.Error(w, "unexpected request", http.StatusTeapot)
			return
		}
		said, err := json.Marshal(warnings)
		if err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
			return
		}
		_, _ = fmt.Fprintf(w, `{"status":"success","data":{"resultType":%q,"result":%s},"warnings":%s}`, kind, value, said)
	}
}

// vector is an instant vector with one series for each value.
func vector(values ...string) string {
	var series []string
	for i, v := range values {
		series = append(series, fmt.Sprintf(`{"metric":{"pod":"%c"},"value":[1767225600,%q]}`, 'a'+i, v))
	}
	return "[" + strings.Join(series, ",") + "]"
}

// refusal answers with an error as Prometheus does.
func refusal(code int, kind, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, `{"status":"error","errorType":%q,"error":%q}`, kind, message)
	}
}

func TestPrometheusGate(t *testing.T) {
	t.Parallel()
	const pass, fail, open = release.VerdictPass, release.VerdictFail, release.VerdictInconclusive
	noData := func(note string) release.Sample { return release.Sample{Verdict: open, Note: note} }
	missed := func(note string) release.Sample {
		return release.Sample{Verdict: open, Missed: true, Note: "the server gave no result: " + note}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   release.Sample
	}{
		"a good number":           {result("vector", vector("0.001")), release.Sample{Verdict: pass, Value: "0.001"}},
		"a bad number":            {result("vector", vector("0.05")), release.Sample{Verdict: fail, Value: "0.05"}},
		"between":                 {result("vector", vector("0.02")), release.Sample{Verdict: open, Value: "0.02"}},
		"a scalar":                {result("scalar", `[1767225600,"0.5"]`), release.Sample{Verdict: fail, Value: "0.5"}},
		"infinite":                {result("scalar", `[1767225600,"+Inf"]`), release.Sample{Verdict: fail, Value: "+Inf"}},
		"no number":               {result("vector", vector("NaN")), release.Sample{Verdict: open, Value: "NaN"}},
		"no series":               {result("vector", "[]"), noData("the query found no series")},
		"of several the bad one":  {result("vector", vector("0.001", "0.07", "0.02")), release.Sample{Verdict: fail, Value: "0.07", Note: "worst of 3 series"}},
		"of several the open one": {result("vector", vector("0.001", "0.001", "0.02")), release.Sample{Verdict: open, Value: "0.02", Note: "worst of 3 series"}},
		"of several one without":  {result("vector", vector("0.001", "NaN")), release.Sample{Verdict: open, Value: "NaN", Note: "worst of 2 series"}},
		"several good ones":       {result("vector", vector("0.001", "0.002")), release.Sample{Verdict: pass, Value: "0.001", Note: "worst of 2 series"}},
		"in any order": {
			result("vector", `[{"metric":{"pod":"b"},"value":[1,"0.07"]},{"metric":{"pod":"a"},"value":[1,"0.06"]}]`),
			release.Sample{Verdict: fail, Value: "0.06", Note: "worst of 2 series"},
		},
		"a warning is recorded":    {result("vector", vector("0.001"), "half of the\nstores are away"), release.Sample{Verdict: pass, Value: "0.001", Note: "warnings of the server: 1"}},
		"a warning and no series":  {result("vector", "[]", "careful"), noData("the query found no series; warnings of the server: 1")},
		"the server is ill":        {status(503), missed("status 503")},
		"asked too often":          {status(429), missed("status 429")},
		"a query that times out":   {refusal(503, "timeout", "hush"), missed("status 503")},
		"a query that fails today": {refusal(422, "execution", "many-to-many matching"), missed("execution, status 422")},
		"a redirect elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://other.example/", http.StatusFound)
		}, missed("status 302; the redirect was not followed")},
		"no result at all": {text(`{"status":"success"}`), missed("what it answers is none of a query")},
		"an answer of another sort": {
			text("<html>hush</html>"), missed("what it answers is none of a query"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := serve(t, c.answer)
			require.Equal(t, c.want, sampleOf(t, newGates(t, "127.0.0.1"), prometheusGate(address)))
		})
	}
}

func TestPrometheus_APrometheusThatIsAwayIsAMissedSample(t *testing.T) {
	t.Parallel()
	s := sampleOf(t, newGates(t, "127.0.0.1"), prometheusGate(closedAddress(t)))
	require.True(t, s.Missed)
	require.Equal(t, release.VerdictInconclusive, s.Verdict)
	require.Equal(t, "no answer: connection refused", s.Note)

	large, _ := serve(t, text(`{"status":"success","data":`+strings.Repeat(" ", 64<<10)))
	s = sampleOf(t, newGates(t, "127.0.0.1"), prometheusGate(large))
	require.Equal(t, release.Sample{Verdict: release.VerdictInconclusive, Missed: true, Note: "the answer is larger than 64 KiB"}, s)
}

func TestPrometheus_NoDataMeansWhatTheGateSays(t *testing.T) {
	t.Parallel()
	empty, _ := serve(t, result("vector", "[]"))
	notANumber, _ := serve(t, result("vector", vector("NaN")))
	away := closedAddress(t)
	for _, policy := range []release.Verdict{release.VerdictPass, release.VerdictFail, release.VerdictInconclusive} {
		for _, address := range []string{empty, notANumber, away} {
			gate := prometheusGate(address)
			gate.NoData = policy
			r, err := attempt(t, newGates(t, "127.0.0.1"), gate)
			require.NoError(t, err)
			require.Equal(t, policy, r.Samples[0].Verdict)
			if address == away && policy == release.VerdictPass {
				require.Equal(t, release.VerdictInconclusive, r.Verdict, "a gate that could never be measured does not pass")
				continue
			}
			require.Equal(t, policy, r.Verdict)
		}
	}
}

func TestPrometheus_AQueryThatCanNeverSucceedIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"it cannot be read": {
			refusal(400, "bad_data", `invalid parameter "query": 1:5: parse error`), "the server refuses the query as bad_data",
		},
		"it gives ranges": {
			result("matrix", `[{"metric":{},"values":[[1767225600,"1"]]}]`), "the query gives a matrix; it must give a scalar or an instant vector",
		},
		"it gives histograms": {
			result("vector", `[{"metric":{},"histogram":[1767225600,{"count":"1","sum":"1","buckets":[]}]}]`),
			"the query gives a histogram; it must give numbers",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := serve(t, c.answer)
			_, err := attempt(t, newGates(t, "127.0.0.1"), prometheusGate(address))
			requireInvalid(t, err, "gate errors: "+c.want)
		})
	}
}

func TestPrometheus_APrometheusBelowAPathIsAskedWithGETUnlessPOSTIsAllowed(t *testing.T) {
	t.Parallel()
	var methods []string
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		methods = append(methods, r.Method)
		switch {
		case r.URL.Path != "/team/api/v1/query" || r.FormValue("query") == "" || r.FormValue("timeout") == "":
			w.WriteHeader(http.StatusNotFound)
		case r.Method != http.MethodGet:
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"scalar","result":[1,"0"]}}`))
		}
	})
	for _, c := range []struct{ allow, methods []string }{
		{[]string{"127.0.0.1"}, []string{"GET"}},
		{[]string{"127.0.0.1", "POST 127.0.0.1/other"}, []string{"GET"}},
		{[]string{"127.0.0.1", "POST 127.0.0.1/team/api/v1/query"}, []string{"POST", "GET"}}, // behind a read-only proxy
	} {
		methods = nil
		s := sampleOf(t, newGates(t, c.allow...), prometheusGate(address+"/team/"))
		require.Equal(t, release.Sample{Verdict: release.VerdictPass, Value: "0"}, s)
		require.Equal(t, c.methods, methods)
	}
}
