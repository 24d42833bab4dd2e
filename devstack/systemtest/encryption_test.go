package systemtest_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/payload"
	"slipway/release"
	"slipway/saesim"
)

// The words that only those who have the key may read.
const (
	canaryImage  = "registry.example/canary-image:9"
	canaryNote   = "canary-note of the week"
	canaryBy     = "canary-requester"
	canaryReason = "canary-reason of the abort"
	canaryFault  = "canary-words of the platform"
)

func canaries() []string {
	return []string{canaryImage, canaryNote, canaryBy, canaryReason, canaryFault}
}

// keyDir is a directory with one key.
func keyDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "2026-11"), []byte(strings.Repeat("1f", payload.KeySize)), 0o600))
	return dir
}

// TestEncryption_NothingIsReadInAHistoryWithoutTheKey runs a release with encryption on, through a
// confirmation, a stall and an abort, and looks for what was said of it in all that Temporal
// keeps.
func TestEncryption_NothingIsReadInAHistoryWithoutTheKey(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{PayloadKeys: keyDir(t), PayloadKey: "2026-11"})
	app := h.app()
	s := spec(app, gray())
	s.Artifact.Image, s.Note, s.RequestedBy = canaryImage, canaryNote, canaryBy
	id, err := scenario.Request(h.ctx, h.JetStream, t.Name(), s)
	require.NoError(t, err)
	events := h.follow(id)
	h.until(events, release.EventBatchWaiting, 1)

	// A stall is told to the workflow and, by a header, to the next activity.
	fault, err := h.Sim().AddFault(saesim.Fault{
		Kind: saesim.FaultError, AppID: app.ID, Operation: "ConfirmPipelineBatch", Code: "System.Upgrading", Message: canaryFault, Count: -1,
	})
	require.NoError(t, err)
	before := h.headers(id)
	h.confirm(id, 1)
	stalled := h.until(events, release.EventStalled, 0)
	require.Contains(t, stalled.Stalled.Failure, canaryFault)
	require.Eventually(t, func() bool { return h.headers(id) > before+1 }, patience, 100*time.Millisecond, "the activity is begun again, and knows of the stall")
	h.requireUnreadable(app)
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	cli.requireTheKeyIsNamed("release", "get", id)
	cli.requireTheKeyIsNamed("lane", "get", app.SearchValue())

	require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, release.Command{ID: id + "-abort", Kind: release.CommandAbort, By: "ann", Reason: canaryReason}))
	require.Eventually(t, func() bool { return len(h.progress(id).Decisions) > 1 }, patience, 100*time.Millisecond)
	require.NoError(t, h.Sim().RemoveFault(fault.ID))
	h.until(events, release.EventAborted, 0)
	require.Equal(t, release.PhaseAborted, h.result(id).Outcome)
	h.requireUnreadable(app)

	shown := cli.out(0, "release", "get", id, "-o", "json")
	for _, word := range []string{canaryImage, canaryBy, canaryReason} {
		require.Contains(t, shown, word, "whoever has the key reads it")
	}
	cli.requireTheKeyIsNamed("release", "get", id)
	cli.requireTheKeyIsNamed("release", "watch", id)
}

// requireTheKeyIsNamed checks what a command says without the key.
func (c *commandLine) requireTheKeyIsNamed(args ...string) {
	c.t.Helper()
	without := &commandLine{house: c.house, binary: c.binary, without: []string{"SLIPWAY_PAYLOAD_KEYS", "SLIPWAY_PAYLOAD_KEY"}}
	require.Contains(c.t, without.errOut(1, args...), `payload of key "2026-11": this process has no keys; set SLIPWAY_PAYLOAD_KEYS`, "%v", args)
}

// requireUnreadable looks through everything that Temporal keeps of every workflow.
func (h *house) requireUnreadable(app release.App) {
	h.t.Helper()
	list, err := h.Client.ListWorkflow(h.ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "SlipwayApp = '" + app.SearchValue() + "'"})
	require.NoError(h.t, err)
	seen := map[string]bool{}
	executions := []*commonpb.WorkflowExecution{{WorkflowId: release.LaneID(app)}}
	for _, w := range list.GetExecutions() {
		executions = append(executions, w.GetExecution())
	}
	for _, w := range executions {
		about := w.GetWorkflowId()
		seen[strings.SplitN(about, "/", 2)[0]] = true
		d, err := h.Client.WorkflowService().DescribeWorkflowExecution(h.ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: stack.Namespace, Execution: w})
		require.NoError(h.t, err)
		h.requireSealed(about, d)
		for _, e := range h.events(w) {
			h.requireSealed(about+" "+e.GetEventType().String(), e)
		}
	}
	require.True(h.t, seen["release"] && seen["lane"], "%v", seen)
}

// requireSealed checks that no payload outside of search attributes is plain, that no
// failure says a word, and that no canary is anywhere else.
func (h *house) requireSealed(about string, m proto.Message) {
	h.t.Helper()
	m = proto.Clone(m)
	clearSearchAttributes(h.t, m)
	raw, err := proto.Marshal(m)
	require.NoError(h.t, err)
	for _, word := range canaries() {
		require.False(h.t, bytes.Contains(raw, []byte(word)), "%s: %q is readable", about, word)
	}
	require.NoError(h.t, proxy.VisitPayloads(h.ctx, m, proxy.VisitPayloadsOptions{
		Visitor: func(_ *proxy.VisitPayloadsContext, all []*commonpb.Payload) ([]*commonpb.Payload, error) {
			for _, p := range all {
				require.True(h.t, string(p.GetMetadata()["encoding"]) == payload.Encoding || ofTheServer(p), "%s: %s", about, p)
			}
			return all, nil
		},
	}))
	require.NoError(h.t, proxy.VisitFailures(h.ctx, m, proxy.VisitFailuresOptions{
		Visitor: func(_ *proxy.VisitFailuresContext, f *failure.Failure) error {
			// The server writes failures of its own: a timeout, a termination.
			require.True(h.t, f.GetSource() != "GoSDK" || f.GetMessage() == "Encoded failure", "%s: %s", about, f.GetMessage())
			require.Empty(h.t, f.GetStackTrace(), about)
			return nil
		},
	}))
}

// ofTheServer tells what the server itself writes, of an activity that nobody had taken.
func ofTheServer(p *commonpb.Payload) bool { return string(p.GetData()) == `"ACTIVITY_ID_NOT_STARTED"` }

// clearSearchAttributes takes them out wherever they are: Temporal reads them.
func clearSearchAttributes(t *testing.T, m proto.Message) {
	t.Helper()
	require.NoError(t, protorange.Range(m.ProtoReflect(), func(v protopath.Values) error {
		last := v.Index(-1)
		if found, ok := last.Value.Interface().(interface{ Interface() proto.Message }); ok {
			if attributes, ok := found.Interface().(*commonpb.SearchAttributes); ok {
				attributes.IndexedFields = nil
			}
		}
		return nil
	}))
}

// events is a history as it is stored.
func (h *house) events(w *commonpb.WorkflowExecution) []*history.HistoryEvent {
	h.t.Helper()
	var out []*history.HistoryEvent
	events := h.Client.GetWorkflowHistory(h.ctx, w.GetWorkflowId(), w.GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(h.t, err)
		out = append(out, e)
	}
	return out
}

// headers counts the activities that were begun with a stall that is shown.
func (h *house) headers(id string) int {
	h.t.Helper()
	count := 0
	for _, e := range h.events(&commonpb.WorkflowExecution{WorkflowId: release.WorkflowID(id)}) {
		if p, ok := e.GetActivityTaskScheduledEventAttributes().GetHeader().GetFields()[release.StallHeader]; ok {
			require.Equal(h.t, payload.Encoding, string(p.GetMetadata()["encoding"]))
			count++
		}
	}
	return count
}

// TestEncryption_AWorkerWithoutTheKeyFailsNothing lets a worker without the key have a release first.
func TestEncryption_AWorkerWithoutTheKeyFailsNothing(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{PayloadKeys: keyDir(t), PayloadKey: "2026-11", WithoutWorker: true})
	app := h.app()
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: zerolog.NewTestWriter(t)}
	delete(launch.Env, "SLIPWAY_PAYLOAD_KEYS")
	delete(launch.Env, "SLIPWAY_PAYLOAD_KEY")
	blind, err := launch.Start(ctx)
	require.NoError(t, err)
	_, events := h.request(app, t.Name(), all())
	lane := &commonpb.WorkflowExecution{WorkflowId: release.LaneID(app)}
	require.Eventually(t, func() bool {
		_, err := h.Client.DescribeWorkflowExecution(h.ctx, lane.GetWorkflowId(), "")
		if err != nil {
			return false
		}
		for _, e := range h.events(lane) {
			if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_FAILED {
				return strings.Contains(e.GetWorkflowTaskFailedEventAttributes().GetFailure().GetMessage(), `payload of key "2026-11"`)
			}
		}
		return false
	}, patience, 100*time.Millisecond, "the task fails, and says which key is missing")
	require.NoError(t, blind.Kill())

	launch.Env = h.Env()
	seeing, err := launch.Start(ctx)
	require.NoError(t, err)
	h.until(events, release.EventSucceeded, 0)
	require.NoError(t, seeing.Stop())
}
