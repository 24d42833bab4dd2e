package tracing

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// The variables of OpenTelemetry that turn traces on and off, and those that say by which protocol they are sent. All
// others are read by its SDK.
const (
	VariableEndpoint       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	VariableTracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	VariableExporter       = "OTEL_TRACES_EXPORTER"
	VariableDisabled       = "OTEL_SDK_DISABLED"
	VariableProtocol       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	VariableTracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
)

// What these variables may say.
const (
	exporterNone  = "none"
	exporterOTLP  = "otlp"
	protocolHTTP  = "http/protobuf"
	protocolGRPC  = "grpc"
	sdkIsDisabled = "true"
)

// Wanted tells whether the environment asks for traces: it names an exporter other than none, or where the one of OTLP
// is to send them.
func Wanted(getenv func(string) string) bool {
	exporter := getenv(VariableExporter)
	if strings.EqualFold(getenv(VariableDisabled), sdkIsDisabled) || exporter == exporterNone {
		return false
	}
	return exporter != "" || getenv(VariableEndpoint) != "" || getenv(VariableTracesEndpoint) != ""
}

// FromEnvironment tells spans as the environment of the process says; nil where it asks for none. The name and the version
// are those of the service, unless the environment says otherwise. Nothing is connected to yet.
func FromEnvironment(ctx context.Context, getenv func(string) string, name, version string) (*Tracing, error) {
	if !Wanted(getenv) {
		return nil, nil //nolint:nilnil // nil tells nothing
	}
	exporter, err := exporterOf(ctx, getenv)
	if err != nil {
		return nil, err
	}
	of, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", name), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("traces: %w; check OTEL_RESOURCE_ATTRIBUTES", err)
	}
	return New(sdktrace.NewBatchSpanProcessor(exporter), of), nil
}

// exporterOf sends spans by OTLP, over HTTP unless the environment says gRPC.
func exporterOf(ctx context.Context, getenv func(string) string) (exporter sdktrace.SpanExporter, err error) {
	if name := getenv(VariableExporter); name != "" && name != exporterOTLP {
		return nil, fmt.Errorf("traces: %s is %q; use %s or %s", VariableExporter, name, exporterOTLP, exporterNone)
	}
	switch protocol := cmp.Or(getenv(VariableTracesProtocol), getenv(VariableProtocol), protocolHTTP); protocol {
	case protocolHTTP:
		exporter, err = otlptracehttp.New(ctx)
	case protocolGRPC:
		exporter, err = otlptracegrpc.New(ctx)
	default:
		return nil, fmt.Errorf("traces: %s is %q; use %s or %s", VariableProtocol, protocol, protocolHTTP, protocolGRPC)
	}
	if err != nil {
		return nil, fmt.Errorf("traces: %w; check what begins with OTEL_EXPORTER_OTLP_", err)
	}
	return exporter, nil
}
