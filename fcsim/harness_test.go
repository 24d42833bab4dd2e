package fcsim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/internal/acs"
	"slipway/internal/simframe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tester is what tests, fuzz targets and property checks have in common.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
	Cleanup(func())
}

// A harness is a simulator on a stepped clock behind a server, called with signed requests.
type harness struct {
	sim    *Simulator
	server *httptest.Server
}

// start is when the stepped clocks of tests begin.
func start() time.Time { return time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC) }

func newHarness(t tester) *harness {
	t.Helper()
	return serve(t, Config{Clock: SteppedClock(start()), Seed: 7})
}

func serve(t tester, config Config) *harness {
	t.Helper()
	sim, err := New(config)
	require.NoError(t, err)
	h := &harness{sim: sim, server: httptest.NewServer(sim)}
	t.Cleanup(h.server.Close)
	return h
}

// direct makes a harness that hands requests over without a connection, for properties that draw many.
func direct(t tester) *harness {
	t.Helper()
	sim, err := New(Config{Clock: SteppedClock(start()), Seed: 7})
	require.NoError(t, err)
	return &harness{sim: sim}
}

// url is where the simulator is.
func (h *harness) url() string {
	if h.server == nil {
		return "http://fc.test"
	}
	return h.server.URL
}

// answered sends a request as it is.
func (h *harness) answered(t tester, r *http.Request) *http.Response {
	t.Helper()
	if h.server == nil {
		w := httptest.NewRecorder()
		h.sim.ServeHTTP(w, r)
		return w.Result()
	}
	response, err := h.server.Client().Do(r)
	require.NoError(t, err)
	return response
}

// got is an answer as a client sees it.
type got struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

func (g got) text(name string) string {
	text, _ := g.body[name].(string)
	return text
}

func (g got) list(name string) []any {
	list, _ := g.body[name].([]any)
	return list
}

// names are the texts of one field of the items of a list.
func (g got) names(list, field string) []string {
	names := []string{}
	for _, item := range g.list(list) {
		names = append(names, item.(map[string]any)[field].(string))
	}
	return names
}

// send sends a signed request; the path is below the API's version, headers are given as names
// and values in turn.
func (h *harness) send(t tester, line, body string, headers ...string) got {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, h.url()+strings.TrimSuffix(versionPrefix, "/")+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	sign(r, h.sim.config)
	return h.do(t, r)
}

// sign signs a request with the test key pair as the document describes it.
func sign(r *http.Request, config Config) {
	r.Header.Set("Date", config.Wall().UTC().Format(http.TimeFormat))
	if r.Header.Get("Content-Type") == "" && r.ContentLength > 0 {
		r.Header.Set("Content-Type", contentJSON)
	}
	r.Header.Set("X-Fc-Account-Id", config.AccountID)
	var text strings.Builder
	for _, part := range []string{r.Method, "", r.Header.Get("Content-Type"), r.Header.Get("Date")} {
		text.WriteString(part + "\n")
	}
	names := map[string]string{}
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-fc-") {
			names[lower] = r.Header.Get(name)
		}
	}
	for _, name := range simframe.SortedKeys(names) {
		text.WriteString(name + ":" + names[name] + "\n")
	}
	text.WriteString(r.URL.Path)
	if strings.HasPrefix(r.URL.Path, proxyPrefix) {
		text.WriteString("\n")
	}
	r.Header.Set("Authorization", "FC "+TestAccessKeyID+":"+acs.FCSignature(text.String(), TestAccessKeySecret))
}

func (h *harness) do(t tester, r *http.Request) got {
	t.Helper()
	response := h.answered(t, r)
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	g := got{status: response.StatusCode, header: response.Header, raw: raw}
	require.Len(t, g.header.Get("X-Fc-Request-Id"), 36)
	if len(raw) == 0 {
		require.Empty(t, g.header.Get("Content-Type"), "an answer without a body has no type")
	} else if strings.HasPrefix(g.header.Get("Content-Type"), contentJSON) {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&g.body), string(raw))
	}
	return g
}

// must sends a request that has to succeed.
func (h *harness) must(t tester, line, body string, headers ...string) got {
	t.Helper()
	g := h.send(t, line, body, headers...)
	require.Less(t, g.status, 300, "%s: %s", line, g.raw)
	return g
}

// refusedBy expects a refusal and returns its message.
func (g got) refusedBy(t tester, code string) string {
	t.Helper()
	require.Equal(t, code, g.text("ErrorCode"), "%d %s", g.status, g.raw)
	status, _ := describeCode(code)
	require.Equal(t, status, g.status)
	return g.text("ErrorMessage")
}

func (h *harness) advance(t tester, d time.Duration) {
	t.Helper()
	_, err := h.sim.Advance(d)
	require.NoError(t, err)
}

// image is the body of a function that runs an image.
func image(name, reference string) string {
	return fmt.Sprintf(`{"functionName":%q,"runtime":"custom-container","handler":"-","customContainerConfig":{"image":%q}}`, name, reference)
}

// published makes a service shop with a function web, two versions and an alias live on the first.
func published(t tester) *harness {
	t.Helper()
	return newHarness(t).published(t)
}

func (h *harness) published(t tester) *harness {
	t.Helper()
	h.must(t, "POST /services", `{"serviceName":"shop","logConfig":{"project":"p","logstore":"l","enableInstanceMetrics":true}}`)
	h.must(t, "POST /services/shop/functions", image("web", "registry.test/shop:1"))
	h.must(t, "POST /services/shop/versions", `{"description":"one"}`)
	h.must(t, "PUT /services/shop/functions/web", `{"customContainerConfig":{"image":"registry.test/shop:2"}}`)
	h.must(t, "POST /services/shop/versions", `{"description":"two"}`)
	h.must(t, "POST /services/shop/aliases", `{"aliasName":"live","versionId":"1"}`)
	return h
}
