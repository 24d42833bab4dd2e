package payload

import (
	"context"
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Converter returns Temporal's default data converter behind a codec.
//
// A worker that lacks a key must not decide anything: Temporal's SDK fails a workflow whose
// input it cannot decode, and drops a signal. In a workflow an error of the codec is a panic
// instead, which fails the workflow task only; Temporal gives it to a worker again until one
// has the key. So it is with a codec server that does not answer.
func Converter(codec converter.PayloadCodec) converter.DataConverter {
	inner := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), marking{codec})
	// A key is read, or a codec server asked, while the workflow waits.
	return workflow.DataConverterWithoutDeadlockDetection(&patient{DataConverter: inner})
}

// FailureConverter returns the failure converter that goes with a data converter. On wish
// what a failure says, its message and stack trace, is encoded as a payload, too; the type
// of an error stays readable.
func FailureConverter(dc converter.DataConverter, encode bool) converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: dc, EncodeCommonAttributes: encode})
}

// patient is a data converter outside of workflows.
type patient struct{ converter.DataConverter }

var _ workflow.ContextAware = (*patient)(nil)

// WithWorkflowContext implements [workflow.ContextAware].
func (p *patient) WithWorkflowContext(workflow.Context) converter.DataConverter {
	return &blocking{DataConverter: p.DataConverter}
}

// WithContext implements [workflow.ContextAware].
func (p *patient) WithContext(context.Context) converter.DataConverter { return p }

// blocking is a data converter inside of workflows.
type blocking struct{ converter.DataConverter }

func (b *blocking) ToPayload(value any) (*commonpb.Payload, error) {
	p, err := b.DataConverter.ToPayload(value)
	return p, block(err)
}

func (b *blocking) ToPayloads(values ...any) (*commonpb.Payloads, error) {
	p, err := b.DataConverter.ToPayloads(values...)
	return p, block(err)
}

func (b *blocking) FromPayload(p *commonpb.Payload, to any) error {
	return block(b.DataConverter.FromPayload(p, to))
}

func (b *blocking) FromPayloads(p *commonpb.Payloads, to ...any) error {
	return block(b.DataConverter.FromPayloads(p, to...))
}

// block fails the workflow task when the codec has failed, and returns every other error.
func block(err error) error {
	if failed, ok := errors.AsType[*codecError](err); ok {
		panic(failed) //nolint:forbidigo // the one way to fail a task and not its workflow
	}
	return err
}

// marking tells the errors of a codec from those of what is around it.
type marking struct{ converter.PayloadCodec }

func (m marking) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out, err := m.PayloadCodec.Encode(payloads)
	return out, mark(err)
}

func (m marking) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out, err := m.PayloadCodec.Decode(payloads)
	return out, mark(err)
}

// codecError is an error of a codec.
type codecError struct{ error }

func (e *codecError) Unwrap() error { return e.error }

func mark(err error) error {
	if err == nil {
		return nil
	}
	return &codecError{err}
}
