package apitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/authority"
	"slipway/console/access"
	"slipway/console/api"
	"slipway/devstack/embedded"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/setup"
)

// patience bounds every wait; no test takes it when all is well.
const patience = time.Minute

const (
	id = "r-abcdefghijklmnop"
	// headerBy says in tests who has signed in.
	headerBy = "Test-By"
)

func shop() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
}

func start() time.Time { return time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC) }

// engine is a Temporal that has some workflows. What is not asked of it here has no method.
type engine struct {
	client.Client

	mu sync.Mutex
	// has are the progresses by their workflow IDs, and closed tells which of them have ended.
	has    map[string]any
	closed map[string]bool
	listed []*workflowpb.WorkflowExecutionInfo
	query  string
	err    error
	// begun is the last switching of scaling rules that was asked for.
	begun release.ToggleRequest
	// rules are the scaling rules that workers read; nil where the platform does not answer.
	rules []release.ScalingRule
	// updated is the ID of the last update.
	updated string
}

func (e *engine) set(workflowID string, progress any, closed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.has[workflowID], e.closed[workflowID] = progress, closed
}

func (e *engine) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

func (e *engine) DescribeWorkflow(_ context.Context, workflowID, _ string) (*client.WorkflowExecutionDescription, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return nil, e.err
	}
	if _, known := e.has[workflowID]; !known {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	d := &client.WorkflowExecutionDescription{}
	d.WorkflowExecution.ID, d.WorkflowExecution.RunID = workflowID, "run-1"
	d.Status, d.WorkflowStartTime = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, start()
	d.TypedSearchAttributes = temporal.NewSearchAttributes(
		temporal.NewSearchAttributeKeyKeyword(release.SearchApp).ValueSet(shop().SearchValue()),
		temporal.NewSearchAttributeKeyKeyword(release.SearchPhase).ValueSet(string(release.PhaseRollingOut)),
	)
	if e.closed[workflowID] {
		d.Status, d.WorkflowCloseTime = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, new(start().Add(time.Hour))
	}
	return d, nil
}

// value is a progress as Temporal hands it out.
type value struct{ has any }

func (v value) HasValue() bool { return true }

func (v value) Get(out any) error {
	data, err := json.Marshal(v.has)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, out)
}

func (e *engine) QueryWorkflow(_ context.Context, workflowID, _, _ string, _ ...any) (converter.EncodedValue, error) { //nolint:revive // as many as the interface has
	e.mu.Lock()
	defer e.mu.Unlock()
	return value{e.has[workflowID]}, e.err
}

type run struct {
	client.WorkflowRun

	value
}

func (r run) Get(_ context.Context, out any) error { return r.value.Get(out) }

func (e *engine) GetWorkflow(_ context.Context, workflowID, _ string) client.WorkflowRun {
	e.mu.Lock()
	defer e.mu.Unlock()
	return run{value: value{e.has[workflowID]}}
}

func (e *engine) ListWorkflow(_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch q := in.GetQuery(); {
	case e.err != nil:
		return nil, e.err
	case strings.Contains(q, release.SearchAppName+" IS NOT NULL"), strings.HasPrefix(q, "WorkflowId IN"), strings.Contains(q, release.SearchPhase+" = '"+string(release.PhaseQueued)+"'"),
		strings.HasPrefix(q, "WorkflowType = '"+release.WorkflowReleaseSet+"'"):
		return &workflowservice.ListWorkflowExecutionsResponse{}, nil
	default:
		e.query = q
	}
	from := 0
	if token := in.GetNextPageToken(); len(token) > 0 {
		from = int(token[0]) * 200
	}
	page := e.listed[from:min(len(e.listed), from+int(in.GetPageSize()))]
	out := &workflowservice.ListWorkflowExecutionsResponse{Executions: page}
	if from+len(page) < len(e.listed) && len(page) == 200 {
		out.NextPageToken = []byte{byte(from/200 + 1)}
	}
	return out, nil
}

type update struct {
	client.WorkflowUpdateHandle

	value
}

func (u update) Get(_ context.Context, out any) error { return u.value.Get(out) }

func (e *engine) UpdateWorkflow(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.updated = o.UpdateID
	return update{value: value{e.has[o.WorkflowID]}}, e.err
}

func (e *engine) NewWithStartWorkflowOperation(client.StartWorkflowOptions, any, ...any) client.WithStartWorkflowOperation {
	return nil
}

func (e *engine) UpdateWithStartWorkflow(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return e.UpdateWorkflow(ctx, o.UpdateOptions)
}

func (e *engine) DescribeTaskQueue(context.Context, string, enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	return nil, errors.New("nobody knows")
}

func (e *engine) ExecuteWorkflow(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if in, is := args[0].(release.ToggleRequest); is {
		e.begun = in
	}
	return run{value: value{release.Plan{App: shop(), Operation: release.OperationRelease, At: start()}}}, nil
}

// read is what an activity has read.
type read struct {
	client.ActivityHandle

	value
	err error
}

func (r read) Get(_ context.Context, out any) error {
	if r.err != nil {
		return r.err
	}
	return r.value.Get(out)
}

// ExecuteActivity reads the application that rules names.
func (e *engine) ExecuteActivity(context.Context, client.StartActivityOptions, any, ...any) (client.ActivityHandle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.rules == nil {
		return read{err: temporal.NewApplicationError("the platform is away", "away")}, nil
	}
	return read{value: value{release.Snapshot{ScalingRules: e.rules}}}, nil
}

func info(tb testing.TB, n string, app release.App) *workflowpb.WorkflowExecutionInfo {
	tb.Helper()
	fields := map[string]*commonpb.Payload{}
	for name, text := range map[string]string{release.SearchApp: app.SearchValue(), release.SearchAppName: app.ID, release.SearchPhase: string(release.PhaseRollingOut)} {
		p, err := converter.GetDefaultDataConverter().ToPayload(text)
		require.NoError(tb, err)
		fields[name] = p
	}
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: release.WorkflowID(n), RunId: "run-1"}, Type: &commonpb.WorkflowType{Name: release.WorkflowDeploy},
		StartTime: timestamppb.New(start()), Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, SearchAttributes: &commonpb.SearchAttributes{IndexedFields: fields},
	}
}

// house is the API on a NATS server that is set up, and on an engine.
type house struct {
	t      testing.TB
	url    string
	js     jetstream.JetStream
	server *embedded.NATS
	engine *engine
	known  *ledger.Ledger
	ends   chan struct{}
	// signedOut are those who do not count as signed in any more.
	signedOut sync.Map

	// described is what the API says of itself, once it was asked.
	describing sync.Mutex
	described  *description
}

func newHouse(tb testing.TB) *house {
	tb.Helper()
	server, err := embedded.StartNATS(tb.Context(), embedded.NATSConfig{DataDir: tb.TempDir()})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, server.Close()) })
	conn, err := nats.Connect(server.URL())
	require.NoError(tb, err)
	tb.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(tb, err)
	_, err = setup.NATS(tb.Context(), js, setup.Config{})
	require.NoError(tb, err)
	h := &house{t: tb, js: js, server: server, engine: &engine{has: map[string]any{}, closed: map[string]bool{}}, known: ledger.New(js), ends: make(chan struct{})}
	handler := api.New(api.Config{Releases: releases.New(h.engine), JetStream: js, Logger: zerolog.Nop(), Ends: h.ends, Heartbeat: 50 * time.Millisecond})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by := r.Header.Get(headerBy)
		if token, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); is {
			by = token
		}
		if by != "" {
			counts := func() bool { _, out := h.signedOut.Load(by); return !out }
			r = r.WithContext(access.Whether(access.With(r.Context(), access.Person{Identity: by}), counts))
		}
		handler.ServeHTTP(w, r)
	}))
	tb.Cleanup(web.Close)
	h.url = web.URL + api.Prefix
	return h
}

// authorize applies a document by which ann may do everything to shop and look at it, and vic only look.
func (h *house) authorize() {
	h.t.Helper()
	_, err := authority.NewStore(h.js).Apply(h.t.Context(), authority.Document{Bindings: []authority.Binding{
		{Name: "operators", Identities: []string{"ann"}, Roles: []authority.Role{authority.RoleRequester, authority.RoleOperator, authority.RoleApprover}, Scopes: []string{"sae/cn-hangzhou/shop", "set/*"}},
		{Name: "viewers", Identities: []string{"vic"}, Roles: []authority.Role{authority.RoleViewer}, Scopes: []string{"*"}},
	}}, documents.Edit[authority.Document]{Change: documents.Change{By: "root"}, Expected: documents.Any})
	require.NoError(h.t, err)
}

// answer is what was answered.
type answer struct {
	status int
	header http.Header
	body   string
}

// problem is the answer as a problem.
func (a answer) problem(tb testing.TB) (p struct {
	Type, Title, Detail string
	Status              int
	Errors              []release.Problem
},
) {
	tb.Helper()
	require.Equal(tb, "application/problem+json", a.header.Get("Content-Type"), a.body)
	require.NoError(tb, json.Unmarshal([]byte(a.body), &p))
	require.Equal(tb, a.status, p.Status)
	return p
}

// caller is somebody who sends requests.
type caller struct {
	*house

	by string
}

// as is the house for somebody who has signed in; empty is nobody.
func (h *house) as(by string) caller { return caller{h, by} }

// send sends a request: header are further headers, two by two.
func (h caller) send(method, path, body string, header ...string) answer {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	require.NoError(h.t, err)
	if h.by != "" {
		req.Header.Set(headerBy, h.by)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	got := answer{resp.StatusCode, resp.Header, string(text)}
	h.check(method, path, got)
	return got
}

func (h *house) get(path string) answer {
	h.t.Helper()
	return h.as("ann").send(http.MethodGet, path, "")
}
