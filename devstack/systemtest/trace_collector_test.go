package systemtest_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
)

// collector takes what roles tell by OTLP, as the collector of OpenTelemetry does.
type collector struct {
	url string

	mu    sync.Mutex
	spans map[trace.SpanID]tracetest.SpanStub
	// broken is why something could not be read.
	broken error
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{spans: map[trace.SpanID]tracetest.SpanStub{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var told collectorpb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &told)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.broken = err
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, of := range told.GetResourceSpans() {
		for _, scope := range of.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				stub := tracetest.SpanStub{
					Name:        s.GetName(),
					SpanContext: contextOf(s.GetTraceId(), s.GetSpanId()), Parent: contextOf(s.GetTraceId(), s.GetParentSpanId()),
				}
				for _, a := range s.GetAttributes() {
					stub.Attributes = append(stub.Attributes, attribute.String(a.GetKey(), a.GetValue().GetStringValue()))
				}
				c.spans[stub.SpanContext.SpanID()] = stub
			}
		}
	}
}

func contextOf(traceID, spanID []byte) trace.SpanContext {
	var c trace.SpanContextConfig
	copy(c.TraceID[:], traceID)
	copy(c.SpanID[:], spanID)
	return trace.NewSpanContext(c)
}

// all are the spans that were told so far.
func (c *collector) all(t *testing.T) tracetest.SpanStubs {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.NoError(t, c.broken)
	return slices.Collect(maps.Values(c.spans))
}

// TestTrace_OutlivesAKilledWorker has roles of their own tell a collector by OTLP. The worker is killed while the release is parked, and another one
// goes on with it: the trace is whole.
func TestTrace_OutlivesAKilledWorker(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, WithoutStarter: true, WithoutConsole: true})
	c := startCollector(t)
	env := h.Env()
	env["OTEL_EXPORTER_OTLP_ENDPOINT"], env["OTEL_BSP_SCHEDULE_DELAY"] = c.url, "50"
	launch := func(role string) *scenario.Process {
		process, err := scenario.Launch{Binary: slipwayBinary(t), Role: role, Env: env}.Start(h.ctx)
		require.NoError(t, err)
		return process
	}
	worker, starter := launch("worker"), launch("starter")
	id, events := h.request(h.app(), t.Name(), gray())
	h.until(events, release.EventBatchWaiting, 1)
	named := func(name string) bool {
		return slices.ContainsFunc(c.all(t), func(s tracetest.SpanStub) bool { return s.Name == name })
	}
	require.Eventually(t, func() bool { return named("DeployApplication") && named("submit") }, patience, 50*time.Millisecond, "what has happened is told before the worker is killed")
	require.NoError(t, worker.Kill())

	worker = launch("worker")
	h.confirm(id, 1)
	h.until(events, release.EventBatchWaiting, 2)
	h.confirm(id, 2)
	h.until(events, release.EventSucceeded, 0)
	require.Equal(t, release.PhaseSucceeded, h.result(id).Outcome)
	require.NoError(t, worker.Stop()) // what it has not told yet it tells now
	require.NoError(t, starter.Stop())

	var spans tracetest.SpanStubs
	whole := one(t, c.all(t), "release")
	for _, s := range c.all(t) {
		if s.SpanContext.TraceID() == whole.SpanContext.TraceID() {
			spans = append(spans, s)
		}
	}
	requireTree(t, spans, trace.SpanID{})
	request, submitted := one(t, spans, "request"), one(t, spans, "submit")
	require.Equal(t, request.SpanContext.SpanID(), submitted.Parent.SpanID())
	require.Equal(t, submitted.SpanContext.SpanID(), whole.Parent.SpanID())
	require.Equal(t, id, valueOf(whole, "slipway.release"))
	require.Equal(t, "Succeeded", valueOf(whole, "slipway.outcome"))
	begun := one(t, spans, release.ActivityName(release.PlatformSAE, release.VerbBeginRollout))
	require.Equal(t, whole.SpanContext.SpanID(), begun.Parent.SpanID())
	require.Equal(t, begun.SpanContext.SpanID(), one(t, spans, "DeployApplication").Parent.SpanID())
	confirmed := 0
	for _, s := range spans {
		if s.Name == "ConfirmPipelineBatch" {
			confirmed++
		}
	}
	require.Equal(t, 2, confirmed)
}
