package saesim

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/internal/acs"
	"slipway/saeclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tester is what tests, fuzz targets and property checks have in common.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
	Cleanup(func())
}

// A harness is a simulator on a stepped clock, called with signed requests.
type harness struct {
	sim *Simulator
	app string
	// accept asks for another form of answers than JSON.
	accept string
	// arbitrary requests send parameters that have no meaning together.
	arbitrary bool
}

// start is when the stepped clocks of tests begin.
func start() time.Time { return time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC) }

func newHarness(t tester) *harness {
	t.Helper()
	sim, err := New(Config{Clock: SteppedClock(start()), Seed: 7})
	require.NoError(t, err)
	h := &harness{sim: sim}
	t.Cleanup(func() {
		if !h.arbitrary {
			require.Empty(t, sim.Calls().Ignored, "parameters that were taken and did nothing")
		}
	})
	return h
}

// deployed makes a harness with one application of n instances that run version 1.
func deployed(t tester, n int) *harness {
	t.Helper()
	h := newHarness(t)
	h.create(t, n)
	return h
}

func (h *harness) create(t tester, n int) {
	t.Helper()
	data := h.must(t, opCreate, "AppName", "shop", "PackageType", "Image", "ImageUrl", "registry.test/shop:1", "Replicas", fmt.Sprint(n))
	h.app = data["AppId"].(string)
	h.settle(t)
	require.Equal(t, statusSuccess, h.order(t, data["ChangeOrderId"].(string)).Status)
}

// got is an answer as a client sees it.
type got struct {
	status int
	body   map[string]any
}

func (g got) code() string {
	code, _ := g.body["Code"].(string)
	return code
}

func (g got) data() map[string]any {
	data, _ := g.body["Data"].(map[string]any)
	return data
}

// call sends a signed request; parameters are given as names and values in turn.
func (h *harness) call(t tester, op string, parameters ...string) got {
	t.Helper()
	w := httptest.NewRecorder()
	h.sim.ServeHTTP(w, h.request(t, op, parameters...))
	return h.read(t, op, w)
}

// read understands an answer in the form the harness asks for.
func (h *harness) read(t tester, op string, w *httptest.ResponseRecorder) got {
	t.Helper()
	if h.accept == "" {
		return read(t, w)
	}
	return got{status: w.Code, body: readXML(t, op, w.Body.Bytes())}
}

func read(t tester, w *httptest.ResponseRecorder) got {
	t.Helper()
	g := got{status: w.Code}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &g.body), w.Body.String())
	return g
}

func (h *harness) request(t tester, op string, parameters ...string) *http.Request {
	t.Helper()
	spec, known := saeclient.LookupOperation(op)
	require.True(t, known, op)
	query := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	if _, takesApp := spec.Param("AppId"); takesApp && h.app != "" && !query.Has("AppId") {
		query.Set("AppId", h.app)
	}
	r := httptest.NewRequestWithContext(t.Context(), spec.Method, spec.Path+"?"+query.Encode(), strings.NewReader(""))
	r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	r.Header.Set("Accept", cmp.Or(h.accept, "application/json"))
	sign(r)
	return r
}

func sign(r *http.Request) {
	r.Header.Set("Authorization", "acs "+TestAccessKeyID+":"+acs.Signature(acs.StringToSign(r), TestAccessKeySecret))
}

// must is call for what has to succeed; it returns the answer's data.
func (h *harness) must(t tester, op string, parameters ...string) map[string]any {
	t.Helper()
	g := h.call(t, op, parameters...)
	require.Equal(t, http.StatusOK, g.status, "%s: %v", op, g.body)
	return g.data()
}

// refused is call for what has to be refused; it returns the code.
func (h *harness) refused(t tester, op string, parameters ...string) string {
	t.Helper()
	g := h.call(t, op, parameters...)
	require.GreaterOrEqual(t, g.status, http.StatusBadRequest, "%s: %v", op, g.body)
	require.Equal(t, false, g.body["Success"])
	require.Equal(t, g.body["Code"], g.body["ErrorCode"])
	require.NotEmpty(t, g.body["RequestId"])
	return g.code()
}

// begin starts an order and returns its ID.
func (h *harness) begin(t tester, op string, parameters ...string) string {
	t.Helper()
	return h.must(t, op, parameters...)["ChangeOrderId"].(string)
}

func (h *harness) deploy(t tester, version, strategy string, more ...string) string {
	t.Helper()
	parameters := append([]string{"ImageUrl", "registry.test/shop:" + version, paramUpdateStrategy, strategy}, more...)
	return h.begin(t, opDeploy, parameters...)
}

// step advances the time.
func (h *harness) step(t tester, d time.Duration) {
	t.Helper()
	_, err := h.sim.Advance(d)
	require.NoError(t, err)
}

// settle lets everything happen that does not wait for a call.
func (h *harness) settle(t tester) {
	t.Helper()
	h.step(t, 1000*time.Hour)
}

func (h *harness) order(t tester, id string) changeOrderData {
	t.Helper()
	text, err := json.Marshal(h.must(t, "DescribeChangeOrder", "ChangeOrderId", id))
	require.NoError(t, err)
	var data changeOrderData
	require.NoError(t, json.Unmarshal(text, &data))
	return data
}

// next confirms the batch after the current one.
func (h *harness) next(t tester, id string) {
	t.Helper()
	o := h.order(t, id)
	for i, p := range o.Pipelines {
		if p.PipelineID == o.CurrentPipelineID {
			h.must(t, "ConfirmPipelineBatch", "PipelineId", o.Pipelines[i+1].PipelineID, "Confirm", "true")
			return
		}
	}
	require.Fail(t, "no current pipeline")
}

// images lists the images that instances run, with their numbers of instances, as
// in "1:3 2:1", and those that do not run, as in "2:1!".
func (h *harness) images(t tester) string {
	t.Helper()
	var group []map[string]any
	g := h.call(t, "DescribeApplicationGroups")
	text, err := json.Marshal(g.body["Data"])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &group))
	data := h.must(t, "DescribeApplicationInstances", "GroupId", group[0]["GroupId"].(string), "PageSize", "100")
	count := map[string]int{}
	for _, entry := range data["Instances"].([]any) {
		i := entry.(map[string]any)
		_, tag, _ := strings.Cut(strings.TrimPrefix(i["ImageUrl"].(string), "registry.test/"), ":")
		if i["InstanceContainerStatus"] != instanceRunning {
			tag += "!"
		}
		count[tag]++
	}
	var parts []string
	for _, tag := range sortedKeys(count) {
		name, broken := strings.CutSuffix(tag, "!")
		part := fmt.Sprintf("%s:%d", name, count[tag])
		if broken {
			part += "!"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

func (h *harness) configImage(t tester) string {
	t.Helper()
	return h.must(t, "DescribeApplicationConfig")["ImageUrl"].(string)
}

// rules lists the scaling rules, enabled ones with a plus.
func (h *harness) rules(t tester) string {
	t.Helper()
	var parts []string
	for _, entry := range h.must(t, "DescribeApplicationScalingRules")["ApplicationScalingRules"].([]any) {
		rule := entry.(map[string]any)
		mark := "-"
		if rule["ScaleRuleEnabled"].(bool) {
			mark = "+"
		}
		parts = append(parts, mark+rule["ScaleRuleName"].(string))
	}
	return strings.Join(parts, " ")
}

// addRules adds three timing rules that want as many instances as there are.
func (h *harness) addRules(t tester) {
	t.Helper()
	const timer = `{"beginDate":null,"endDate":null,"period":"* * *","schedules":[{"atTime":"%s","targetReplicas":%v}]}`
	replicas := h.must(t, "DescribeApplicationConfig")["Replicas"]
	for i, enabled := range []string{"true", "false", "true"} {
		h.must(t, "CreateApplicationScalingRule", "ScalingRuleName", fmt.Sprintf("r%d", i), "ScalingRuleType", "timing",
			"ScalingRuleTimer", fmt.Sprintf(timer, fmt.Sprintf("%02d:00", i), replicas), "ScalingRuleEnable", enabled)
	}
	require.Equal(t, "+r0 -r1 +r2", h.rules(t))
}

// versions lists the IDs of the application's versions, newest first.
func (h *harness) versions(t tester) []string {
	t.Helper()
	var ids []string
	for _, entry := range h.call(t, "ListAppVersions").body["Data"].([]any) {
		ids = append(ids, entry.(map[string]any)["Id"].(string))
	}
	return ids
}

func (h *harness) fault(t tester, f Fault) Fault {
	t.Helper()
	added, err := h.sim.AddFault(f)
	require.NoError(t, err)
	return added
}

const (
	single     = ""
	batch2     = `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto","batchWaitTime":0}}`
	batch2Wait = `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto","batchWaitTime":1}}`
	gray1and2  = `{"type":"GrayBatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"},"grayUpdate":{"gray":1}}`
	batch2Man  = `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"}}`

	prepare = DefaultBatchDuration / 4
)
