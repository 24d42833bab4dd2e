package tracing_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"slipway/cloudapi"
	"slipway/internal/tracing"
	"slipway/release"
	"slipway/wire"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func started(t *testing.T) (*tracing.Tracing, *tracetest.InMemoryExporter) {
	t.Helper()
	told := tracetest.NewInMemoryExporter()
	return tracing.New(sdktrace.NewSimpleSpanProcessor(told), resource.Empty()), told
}

func TestAccept_ARestartedStarterTellsOfTheSameTrace(t *testing.T) {
	t.Parallel()
	var traces []string
	for range 2 {
		one, told := started(t)
		ctx, end := one.Accept(t.Context(), tracing.Event{ReleaseID: "r-1", Stored: time.Unix(1, 0)})
		traces = append(traces, tracing.TraceID(ctx))
		end(errors.New("password=secret"))
		require.Len(t, told.GetSpans(), 1)
		s := told.GetSpans()[0]
		require.Equal(t, codes.Error, s.Status.Code)
		require.Empty(t, s.Status.Description, "the text of an error is not told")
		require.Empty(t, s.Events)
		require.True(t, s.StartTime.Equal(time.Unix(1, 0)))
	}
	require.Len(t, traces[0], 32)
	require.Equal(t, traces[0], traces[1])
}

func TestAccept_GoesOnWithTheTraceOfTheEvent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trace wire.Trace
		id    string
		want  string
	}{
		"a release":                        {wire.Trace{Parent: parent}, "r-1", "0af7651916cd43dd8448eb211c80319c"},
		"a set":                            {wire.Trace{Parent: parent}, "", "0af7651916cd43dd8448eb211c80319c"},
		"a set without a trace is of none": {wire.Trace{}, "", ""},
		"one of zeros is none":             {wire.Trace{Parent: "00-00000000000000000000000000000000-b7ad6b7169203331-01"}, "", ""},
		"garbage is none":                  {wire.Trace{Parent: "garbage", State: "x"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, _ := started(t)
			ctx, end := one.Accept(t.Context(), tracing.Event{Trace: c.trace, ReleaseID: c.id, Stored: time.Now()})
			defer end(nil)
			require.Equal(t, c.want, tracing.TraceID(ctx))
		})
	}
}

func TestAccept_WhatIsNotSampledIsNotTold(t *testing.T) {
	t.Parallel()
	one, told := started(t)
	ctx, end := one.Accept(t.Context(), tracing.Event{Trace: wire.Trace{Parent: parent[:len(parent)-1] + "0"}, ReleaseID: "r-1", Stored: time.Now()})
	end(nil)
	require.Empty(t, told.GetSpans())
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", tracing.TraceID(ctx))
}

// What tells nothing allocates nothing, and intercepts nothing.
func TestTracing_NilCostsNothing(t *testing.T) {
	t.Parallel()
	var none *tracing.Tracing
	require.Empty(t, none.Interceptors())
	require.NoError(t, none.Close(t.Context()))
	require.Zero(t, testing.Benchmark(BenchmarkNothing).AllocsPerOp())
	require.Equal(t, wire.Trace{}, tracing.Of(t.Context()))
	require.Empty(t, tracing.TraceID(t.Context()))
}

// BenchmarkNothing is what a delivery and a call cost where nothing is told.
func BenchmarkNothing(b *testing.B) {
	var none *tracing.Tracing
	ctx, observe := b.Context(), tracing.Calls(release.PlatformSAE, "cn-hangzhou")
	b.ReportAllocs()
	for b.Loop() {
		_, end := none.Accept(ctx, tracing.Event{ReleaseID: "r-1"})
		end(nil)
		observe(ctx, cloudapi.Observed{Operation: "DeployApplication"})
	}
}

func TestFromEnvironment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set    map[string]string
		wanted bool
		wrong  string
	}{
		"nothing":              {},
		"an endpoint":          {set: map[string]string{tracing.VariableEndpoint: "http://127.0.0.1:4318"}, wanted: true},
		"an endpoint of its":   {set: map[string]string{tracing.VariableTracesEndpoint: "http://127.0.0.1:4318"}, wanted: true},
		"the exporter":         {set: map[string]string{tracing.VariableExporter: "otlp"}, wanted: true},
		"by gRPC":              {set: map[string]string{tracing.VariableExporter: "otlp", tracing.VariableProtocol: "grpc"}, wanted: true},
		"none":                 {set: map[string]string{tracing.VariableExporter: "none", tracing.VariableEndpoint: "http://127.0.0.1:4318"}},
		"disabled":             {set: map[string]string{tracing.VariableDisabled: "true", tracing.VariableEndpoint: "http://127.0.0.1:4318"}},
		"an unknown exporter":  {set: map[string]string{tracing.VariableExporter: "zipkin"}, wanted: true, wrong: "OTEL_TRACES_EXPORTER"},
		"an unknown protocol":  {set: map[string]string{tracing.VariableExporter: "otlp", tracing.VariableProtocol: "http/xml"}, wanted: true, wrong: "OTEL_EXPORTER_OTLP_PROTOCOL"},
		"a protocol of traces": {set: map[string]string{tracing.VariableExporter: "otlp", tracing.VariableTracesProtocol: "x"}, wanted: true, wrong: "grpc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			getenv := func(name string) string { return c.set[name] }
			require.Equal(t, c.wanted, tracing.Wanted(getenv))
			one, err := tracing.FromEnvironment(t.Context(), getenv, "slipway-worker", "v1")
			if c.wrong != "" {
				require.ErrorContains(t, err, c.wrong)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.wanted, one != nil)
			require.NoError(t, one.Close(t.Context()))
		})
	}
}
