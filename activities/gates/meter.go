package gates

import (
	"context"
	"fmt"

	"slipway/release"
)

// meter measures a gate of one kind.
type meter interface {
	// allowed returns why the operator does not allow what is asked; nil where it may be.
	allowed() error
	// measure takes one sample, without its time. Its error tells that the gate can never be
	// measured; what may be otherwise at the next try is a sample.
	measure(ctx context.Context) (release.Sample, error)
}

// meterOf returns what measures a gate, which has its defaults.
func (g *Gates) meterOf(in release.MeasureInput) (meter, error) {
	gate := in.Gate
	kind, _ := gate.Kind()
	switch kind {
	case release.GateHTTP:
		if gate.AsksInstances() {
			return instanceMeter{gates: g, in: in, ask: *gate.HTTP}, nil
		}
		return httpMeter{gates: g, ask: *gate.HTTP, client: g.client(g.transport, gate.HTTP.Status)}, nil
	case release.GatePrometheus:
		return prometheusMeter{gates: g, ask: *gate.Prometheus, noData: gate.NoData}, nil
	default:
		return nil, fmt.Errorf("a gate of kind %q cannot be measured here", kind)
	}
}
