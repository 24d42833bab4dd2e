package systemtest_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"slipway/devstack/stack"
	"slipway/internal/tracing"
	"slipway/release"
	"slipway/releases/lane"
	"slipway/wire"
)

// traced is a house whose worker is run by the test, with what was told of releases.
type traced struct {
	*house

	told *tracetest.InMemoryExporter
}

func startTraced(t *testing.T) *traced {
	t.Helper()
	told := tracetest.NewInMemoryExporter()
	tracer := tracing.New(sdktrace.NewSimpleSpanProcessor(told), resource.Empty())
	return &traced{start(t, stack.Config{WithoutWorker: true, WithoutConsole: true, Tracing: tracer}), told}
}

// work runs a worker until the function is called that it returns.
func (h *traced) work() (stop func()) {
	h.t.Helper()
	w, err := h.Worker()
	require.NoError(h.t, err)
	ctx, cancel := context.WithCancel(h.ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		require.NoError(h.t, <-ended)
	}
	h.t.Cleanup(stop)
	return stop
}

// spansOf are the spans of a release in the order in which they began.
func (h *traced) spansOf(id string) tracetest.SpanStubs {
	var out tracetest.SpanStubs
	traces := map[trace.TraceID]bool{}
	for _, s := range h.told.GetSpans() {
		if valueOf(s, "slipway.release") == id {
			traces[s.SpanContext.TraceID()] = true
		}
	}
	require.Len(h.t, traces, 1, "one release is one trace")
	for _, s := range h.told.GetSpans() {
		if traces[s.SpanContext.TraceID()] {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	return out
}

func valueOf(s tracetest.SpanStub, name attribute.Key) string {
	for _, a := range s.Attributes {
		if a.Key == name {
			return a.Value.String()
		}
	}
	return ""
}

// one is the span of a name, which there is once.
func one(t *testing.T, spans tracetest.SpanStubs, name string) tracetest.SpanStub {
	t.Helper()
	var found tracetest.SpanStubs
	for _, s := range spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	require.Len(t, found, 1, name)
	return found[0]
}

// requireTree checks that each span belongs to one that was told, and the whole to one that nothing is above of but above.
func requireTree(t *testing.T, spans tracetest.SpanStubs, above trace.SpanID) {
	t.Helper()
	known := map[trace.SpanID]bool{above: true}
	for _, s := range spans {
		require.False(t, known[s.SpanContext.SpanID()], "%s is told once", s.Name)
		known[s.SpanContext.SpanID()] = true
	}
	for _, s := range spans {
		require.True(t, known[s.Parent.SpanID()], "what is above of %s was told", s.Name)
	}
}

// TestTrace_OneReleaseIsOneTrace has the worker replaced while the release is parked, and its lane continue as new.
func TestTrace_OneReleaseIsOneTrace(t *testing.T) {
	t.Parallel()
	h := startTraced(t)
	app := h.app()
	stop := h.work()
	before := h.holdLane(app)
	id, events := h.request(app, t.Name(), gray())
	h.until(events, release.EventAccepted, 0)
	h.resumeLane(app)
	h.until(events, release.EventBatchWaiting, 1)
	require.NotEqual(t, before, h.laneRun(app), "the lane has continued as new")
	stop()

	stop = h.work()
	h.confirm(id, 1)
	h.until(events, release.EventBatchWaiting, 2)
	h.confirm(id, 2)
	h.until(events, release.EventSucceeded, 0)
	require.Equal(t, release.PhaseSucceeded, h.result(id).Outcome)
	stop()

	spans := h.spansOf(id)
	requireTree(t, spans, trace.SpanID{})
	request, submitted, whole := one(t, spans, "request"), one(t, spans, "submit"), one(t, spans, "release")
	require.False(t, request.Parent.IsValid())
	require.Equal(t, request.SpanContext.SpanID(), submitted.Parent.SpanID())
	require.Equal(t, submitted.SpanContext.SpanID(), whole.Parent.SpanID())
	require.Equal(t, "Succeeded", valueOf(whole, "slipway.outcome"))
	require.Equal(t, app.SearchValue(), valueOf(whole, "slipway.app"))
	require.Positive(t, whole.EndTime.Sub(whole.StartTime))
	begun := one(t, spans, release.ActivityName(release.PlatformSAE, release.VerbBeginRollout))
	require.Equal(t, whole.SpanContext.SpanID(), begun.Parent.SpanID())
	deployed := one(t, spans, "DeployApplication")
	require.Equal(t, begun.SpanContext.SpanID(), deployed.Parent.SpanID())
	require.Equal(t, "200", valueOf(deployed, "http.response.status_code"))
	require.NotEmpty(t, valueOf(deployed, "slipway.platform.request_id"))
	require.Equal(t, "sae", valueOf(deployed, "slipway.platform"))
	confirmed := 0
	for _, s := range spans {
		if s.Name == "ConfirmPipelineBatch" {
			confirmed++
		}
		require.NotEqual(t, codes.Error, s.Status.Code, "%s: %v", s.Name, s.Attributes)
	}
	require.Equal(t, 2, confirmed, "both workers have told")
	require.Equal(t, map[string]bool{whole.SpanContext.TraceID().String(): true}, h.tracesOfEvents(id))
}

// TestTrace_GoesOnWithTheTraceOfItsEvent asks by an event that belongs to a trace.
func TestTrace_GoesOnWithTheTraceOfItsEvent(t *testing.T) {
	t.Parallel()
	h := startTraced(t)
	h.work()
	for name, given := range map[string]string{
		"a trace": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"no one":  "00-zz",
	} {
		app := h.app()
		msg, err := wire.EncodeRequest(wire.Origin{Source: "/systemtest", ID: t.Name() + name}, spec(app, all()))
		require.NoError(t, err)
		id := release.ID(app, "/systemtest", t.Name()+name)
		events := h.follow(id)
		h.publishWith(msg, given)
		h.until(events, release.EventSucceeded, 0)
		h.result(id)
		spans := h.spansOf(id)
		request := one(t, spans, "request")
		if name == "a trace" {
			require.Equal(t, "0af7651916cd43dd8448eb211c80319c", request.SpanContext.TraceID().String())
			require.Equal(t, "b7ad6b7169203331", request.Parent.SpanID().String())
		} else {
			require.False(t, request.Parent.IsValid())
		}
		require.Equal(t, request.SpanContext.TraceID(), one(t, spans, "DeployApplication").SpanContext.TraceID())
	}
}

// holdLane has the lane of an application held, and continue as new after its second update; it returns its run.
func (h *traced) holdLane(app release.App) (runID string) {
	h.t.Helper()
	_, err := h.Client.UpdateWithStartWorkflow(h.ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: h.Client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: release.LaneID(app), TaskQueue: release.WorkflowTaskQueue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		}, release.WorkflowLane, release.LaneInput{App: app, MaxUpdates: 2}),
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: "hold", WorkflowID: release.LaneID(app), UpdateName: release.UpdateHold,
			Args:         []any{release.LaneCommand{By: "ann", Reason: "a test"}},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	require.NoError(h.t, err)
	return h.laneRun(app)
}

// resumeLane lets releases begin again.
func (h *traced) resumeLane(app release.App) {
	h.t.Helper()
	require.NoError(h.t, lane.Send(h.ctx, h.Client, lane.Update{
		App: app, Name: release.UpdateResume, Arg: release.LaneCommand{By: "ann", Reason: "a test"}, ID: "resume",
	}, nil))
}

func (h *traced) laneRun(app release.App) string {
	h.t.Helper()
	d, err := h.Client.DescribeWorkflowExecution(h.ctx, release.LaneID(app), "")
	require.NoError(h.t, err)
	return d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// publishWith publishes an event as part of a trace.
func (h *traced) publishWith(msg *nats.Msg, traceparent string) {
	h.t.Helper()
	var event map[string]any
	require.NoError(h.t, json.Unmarshal(msg.Data, &event))
	event["traceparent"] = traceparent
	data, err := json.Marshal(event)
	require.NoError(h.t, err)
	msg.Data = data
	_, err = h.JetStream.PublishMsg(h.ctx, msg)
	require.NoError(h.t, err)
}

// tracesOfEvents are the traces that the events of a release say they belong to, up to its last one.
func (h *traced) tracesOfEvents(id string) map[string]bool {
	h.t.Helper()
	consumer, err := h.JetStream.OrderedConsumer(h.ctx, wire.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{wire.EventsOfRelease(id)}})
	require.NoError(h.t, err)
	messages, err := consumer.Messages()
	require.NoError(h.t, err)
	defer messages.Stop()
	out := map[string]bool{}
	for {
		msg, err := messages.Next(jetstream.NextContext(h.ctx))
		require.NoError(h.t, err)
		read := &nats.Msg{Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()}
		of := wire.TraceOf(read).Parent
		require.Len(h.t, of, len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
		out[of[3:35]] = true
		if e, err := wire.DecodeEvent(read); err != nil || e.Kind == release.EventSucceeded {
			require.NoError(h.t, err)
			return out
		}
	}
}
