package gates

import (
	"context"
	"fmt"

	"slipway/release"
)

// meter measures a gate of one kind.
type meter interface {
	// address returns the method and the address that the operator must allow, whatever
	// else is asked on the way.
	address() (method, url string)
	// measure takes one sample, without its time. Its error tells that the gate can never be
	// measured; what may be otherwise at the next try is a sample.
	measure(ctx context.Context) (release.Sample, error)
}

// meterOf returns what measures a gate, which has its defaults.
func (g *Gates) meterOf(gate release.Gate) (meter, error) {
	kind, _ := gate.Kind()
	switch kind {
	case release.GateHTTP:
		return httpMeter{gates: g, ask: *gate.HTTP}, nil
	case release.GatePrometheus:
		return prometheusMeter{gates: g, ask: *gate.Prometheus, noData: gate.NoData}, nil
	default:
		return nil, fmt.Errorf("a gate of kind %q cannot be measured here", kind)
	}
}
