package servicestagesim

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

	"slipway/internal/jsontest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tester is what tests, fuzz targets and property checks have in common.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
	Cleanup(func())
}

// A harness is a simulator on a stepped clock behind a server, called with a token.
type harness struct {
	sim    *Simulator
	server *httptest.Server
	token  string
}

// start is when the stepped clocks of tests begin.
func start() time.Time { return time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC) }

func newHarness(t tester) *harness {
	t.Helper()
	return serve(t, Config{Clock: SteppedClock(start()), Seed: 7})
}

func serve(t tester, config Config) *harness {
	t.Helper()
	h := made(t, config)
	h.server = httptest.NewServer(h.sim)
	t.Cleanup(h.server.Close)
	return h
}

// direct makes a harness that hands requests over without a connection, for properties that draw many.
func direct(t tester) *harness {
	t.Helper()
	return made(t, Config{Clock: SteppedClock(start()), Seed: 7})
}

func made(t tester, config Config) *harness {
	t.Helper()
	sim, err := New(config)
	require.NoError(t, err)
	h := &harness{sim: sim}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url()+"/v3/auth/tokens", strings.NewReader(askToken(sim.config, TestPassword)))
	require.NoError(t, err)
	g := h.do(t, r)
	require.Equal(t, http.StatusCreated, g.status, string(g.raw))
	h.token = g.header.Get("X-Subject-Token")
	require.NoError(t, err)
	sim.ResetCalls()
	return h
}

// askToken is the body that asks IAM for a token.
func askToken(config Config, password string) string {
	return fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%q,"password":%q,"domain":{"name":%q}}}},`+
		`"scope":{"project":{"id":%q}}}}`, TestUser, password, config.Domain, config.ProjectID)
}

// url is where the simulator is.
func (h *harness) url() string {
	if h.server == nil {
		return "http://servicestage.test"
	}
	return h.server.URL
}

// got is an answer as a client sees it.
type got struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

// at is the value at a place of the body, such as status.component_status or records.0.version.
func (g got) at(place string) any { return jsontest.At(g.body, place) }

func (g got) text(place string) string {
	text, _ := g.at(place).(string)
	return text
}

func (g got) number(place string) int {
	number, _ := g.at(place).(float64)
	return int(number)
}

func (g got) list(place string) []any {
	list, _ := g.at(place).([]any)
	return list
}

// texts are those of one member of the elements of a list.
func (g got) texts(place, member string) []string {
	texts := []string{}
	for _, element := range g.list(place) {
		texts = append(texts, fmt.Sprint(element.(map[string]any)[member]))
	}
	return texts
}

// send sends a request with the token; {project} in the line stands for the project, and headers are given as names and values
// in turn.
func (h *harness) send(t tester, line, body string, headers ...string) got {
	t.Helper()
	return h.do(t, h.request(t, line, body, headers...))
}

func (h *harness) request(t tester, line, body string, headers ...string) *http.Request {
	t.Helper()
	method, path, _ := strings.Cut(strings.ReplaceAll(line, "{project}", h.sim.config.ProjectID), " ")
	r, err := http.NewRequestWithContext(t.Context(), method, h.url()+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentJSON)
	r.Header.Set("X-Auth-Token", h.token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func (h *harness) do(t tester, r *http.Request) got {
	t.Helper()
	var response *http.Response
	if h.server == nil {
		w := httptest.NewRecorder()
		h.sim.ServeHTTP(w, r)
		response = w.Result()
	} else {
		var err error
		response, err = h.server.Client().Do(r)
		require.NoError(t, err)
	}
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	g := got{status: response.StatusCode, header: response.Header, raw: raw}
	require.Len(t, g.header.Get("X-Request-Id"), 36)
	if bytes.HasPrefix(raw, []byte("{")) {
		require.NoError(t, json.Unmarshal(raw, &g.body), string(raw))
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
	require.Equal(t, code, g.text("error_code"), "%d %s", g.status, g.raw)
	status, _ := describeCode(code)
	require.Equal(t, status, g.status)
	return g.text("error_msg")
}

func (h *harness) advance(t tester, d time.Duration) {
	t.Helper()
	_, err := h.sim.Advance(d)
	require.NoError(t, err)
}

// frozen is the state without what every request counts.
func (h *harness) frozen(t tester) string {
	t.Helper()
	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	st, err := h.sim.store.Decode(snapshot)
	require.NoError(t, err)
	st.Requests, st.Calls = 0, nil
	text, err := json.Marshal(st)
	require.NoError(t, err)
	return string(text)
}

// A world is a harness with an environment, an application and a component web of four replicas that runs version 1.0.0.
type world struct {
	*harness

	env, app, web string
}

// Parts of bodies that tests share.
const (
	docker  = `"runtime_stack":{"name":"Docker","type":"Docker","version":"","deploy_mode":"container"}`
	cluster = `"refer_resources":[{"id":"c1","type":"cce","parameters":{"namespace":"default"}}]`
)

// image is the part of a body that names an image.
func image(tag string) string {
	return fmt.Sprintf(`"source":{"kind":"image","storage":"swr","url":"swr.test/shop/web:%s"}`, tag)
}

func deployed(t tester) world {
	t.Helper()
	return newHarness(t).deployed(t)
}

func (h *harness) deployed(t tester) world {
	t.Helper()
	w := world{harness: h}
	w.env = h.must(t, "POST /v3/{project}/cas/environments", `{"name":"prod","deploy_mode":"container","vpc_id":"v"}`).text("id")
	w.app = h.must(t, "POST /v3/{project}/cas/applications", `{"name":"shop"}`).text("id")
	w.web = w.create(t, "web", `"replica":4`)
	h.advance(t, time.Hour)
	require.Equal(t, statusRunning, w.read(t).text("status.component_status"))
	return w
}

// create creates a component with an image of version 1.0.0.
func (w world) create(t tester, name, more string) string {
	t.Helper()
	body := fmt.Sprintf(`{"name":%q,"version":"1.0.0","environment_id":%q,%s,%s,%s,%s}`, name, w.env, docker, image("1.0.0"), cluster, more)
	g := w.must(t, w.components("POST", ""), body)
	require.Regexp(t, "^JOB", g.text("job_id"))
	return g.text("component_id")
}

// components is the first line of a request about components of the application.
func (w world) components(method, rest string) string {
	return method + " /v3/{project}/cas/applications/" + w.app + "/components" + rest
}

// about is the first line of a request about the component web.
func (w world) about(method, rest string) string { return w.components(method, "/"+w.web+rest) }

func (w world) read(t tester) got {
	t.Helper()
	return w.must(t, w.about("GET", ""), "")
}

// update is the body that releases a version; more follows its source.
func update(version, more string) string {
	body := fmt.Sprintf(`"name":"web","version":%q,%s`, version, image(version))
	if more != "" {
		body += "," + more
	}
	return "{" + body + "}"
}

// release begins the release of a version and returns its job.
func (w world) release(t tester, version, more string) string {
	t.Helper()
	return w.must(t, w.about("PUT", ""), update(version, more)).text("job_id")
}

// act carries an action out and returns its job.
func (w world) act(t tester, action, parameters string) string {
	t.Helper()
	return w.must(t, w.about("POST", "/action"), acting(action, parameters)).text("job_id")
}

func acting(action, parameters string) string {
	if parameters == "" {
		return fmt.Sprintf(`{"action":%q}`, action)
	}
	return fmt.Sprintf(`{"action":%q,"parameters":%s}`, action, parameters)
}

// rollingIn and grayBy are strategies.
func rollingIn(batches int) string {
	return fmt.Sprintf(`"deploy_strategy":{"type":"RollingRelease","rolling_release":{"batches":%d}}`, batches)
}

func grayBy(weight, replica, rest int) string {
	return fmt.Sprintf(`"deploy_strategy":{"type":"GrayRelease","gray_release":{"type":"weight","first_batch_weight":%d,"first_batch_replica":%d,"remaining_batch":%d}}`,
		weight, replica, rest)
}

// job is the status of a job.
func (w world) job(t tester, id string) got {
	t.Helper()
	return w.must(t, "GET /v3/{project}/cas/jobs/"+id, "")
}
