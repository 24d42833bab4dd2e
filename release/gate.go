package release

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Gate is an automatic check between batches: it takes samples of a probe or of a
// query, and its verdict says whether the next batch may begin.
type Gate struct {
	// Name is unique in the release: 1-40 lower-case letters, digits or hyphens.
	Name string `json:"name"`
	// HTTP asks an address. Of the fields that are kinds, exactly one is set; see [Gate.Kind].
	HTTP *HTTPGate `json:"http,omitempty"`
	// Prometheus asks a Prometheus server.
	Prometheus *PrometheusGate `json:"prometheus,omitempty"`
	// Samples is how many samples are taken, 1-100. Unset means 1.
	Samples int `json:"samples,omitempty"`
	// Interval is the time between two samples, at least 1s; all of them within 24h.
	// Unset means 30s.
	Interval Duration `json:"interval,omitzero"`
	// MaxFailures is how many failing samples are tolerated.
	MaxFailures int `json:"maxFailures,omitempty"`
	// MaxInconclusive is how many inconclusive samples are tolerated.
	MaxInconclusive int `json:"maxInconclusive,omitempty"`
	// NoData is what a sample without data means. Unset means inconclusive.
	NoData Verdict `json:"noData,omitempty"`
	// DryRun measures and records, and decides nothing.
	DryRun bool `json:"dryRun,omitempty"`
}

// Verdict is what a sample or a gate comes to.
type Verdict string

// The verdicts.
const (
	VerdictPass Verdict = "pass"
	VerdictFail Verdict = "fail"
	// VerdictInconclusive is neither: a person has to look.
	VerdictInconclusive Verdict = "inconclusive"
)

// Sample is one measurement of a gate.
type Sample struct {
	At      time.Time `json:"at"`
	Verdict Verdict   `json:"verdict"`
	// Value is what was measured: a status or a number. Empty where there is none.
	Value string `json:"value,omitempty"`
	// Note says why there is no value, or what else was noticed.
	Note string `json:"note,omitempty"`
	// Missed tells that nothing could be asked: the server was out of reach or did not
	// answer the question. Verdict is then the gate's NoData.
	Missed bool `json:"missed,omitempty"`
}

// GateResult is what a gate came to after a batch, with everything it was judged by.
type GateResult struct {
	Name string `json:"name"`
	// Batch is the finished batch after which it was measured, from 1.
	Batch   int     `json:"batch"`
	Verdict Verdict `json:"verdict"`
	// DryRun tells that the verdict decides nothing.
	DryRun  bool     `json:"dryRun,omitempty"`
	Samples []Sample `json:"samples,omitempty"`
	// Reason says in words how the verdict came about.
	Reason string `json:"reason"`
}

// The activities of gates.
const (
	// MeasureActivity measures a gate: [MeasureInput] in, [GateResult] out.
	MeasureActivity = "gates.Measure"
	// CheckGatesActivity tells, without asking anybody, whether gates could be measured:
	// [CheckGatesInput] in, an error of type [FaultInvalid] if not.
	CheckGatesActivity = "gates.Check"
)

// CheckGatesInput asks whether gates could be measured.
type CheckGatesInput struct {
	Gates []Gate `json:"gates"`
}

// MeasureInput asks for the [GateResult] of a gate.
type MeasureInput struct {
	Gate Gate `json:"gate"`
	App  App  `json:"app"`
	// Batch is the finished batch, from 1.
	Batch     int    `json:"batch"`
	ReleaseID string `json:"releaseId"`
	// ChangeID is the change whose instances a gate with a target asks.
	ChangeID string `json:"changeId,omitempty"`
	// Until is until when a watch measures the gate over and over; zero measures it once.
	Until time.Time `json:"until,omitzero"`
}

// The defaults and limits of a gate.
const (
	defaultGateInterval = Duration(30 * time.Second)
	maxGates            = 20
	maxSamples          = 100
	maxGateTime         = Duration(24 * time.Hour)
	minGateInterval     = Duration(time.Second)
)

// SampleLimit bounds one attempt to take one sample. Every timeout within an attempt is
// shorter, so it only passes when a worker died.
const SampleLimit = time.Minute

// ShownSamples bounds the samples of a gate in a progress: the latest. The history has them all.
const ShownSamples = 10

// gateSlack is how long all workers may be away before measuring counts as too late.
const gateSlack = 15 * time.Minute

// WithDefaults returns the gate with every unset field at its default.
func (g Gate) WithDefaults() Gate {
	g.Samples = cmp.Or(g.Samples, 1)
	g.Interval = cmp.Or(g.Interval, defaultGateInterval)
	g.NoData = cmp.Or(g.NoData, VerdictInconclusive)
	if g.HTTP != nil {
		g.HTTP = new(g.HTTP.withDefaults())
	}
	return g
}

// AsksInstances reports whether the gate asks instances of the application, whose addresses only
// its platform knows. Such a gate is measured by a worker of the platform.
func (g Gate) AsksInstances() bool { return g.HTTP != nil && g.HTTP.Target != "" }

// gatesWithDefaults returns gates with every unset field at its default.
func gatesWithDefaults(gates []Gate) []Gate {
	gates = slices.Clone(gates)
	for i, g := range gates {
		gates[i] = g.WithDefaults()
	}
	return gates
}

// Limit is how long measuring the gate may take at most, every sample and a time
// without workers included.
func (g Gate) Limit() time.Duration {
	g = g.WithDefaults()
	return time.Duration(g.Samples)*(g.Interval.Std()+SampleLimit) + gateSlack
}

// Judge comes to a verdict on the samples taken so far; while done is false more are
// wanted and v is inconclusive.
//
// More failures than tolerated fail at once. More inconclusive samples than tolerated
// are inconclusive as soon as the samples that are left could not fail the gate any
// more. A gate passes when all samples are in and at least one has passed that was not
// missed: what was never measured is not good. Samples beyond the wanted number do not
// count.
func (g Gate) Judge(samples []Sample) (v Verdict, done bool) {
	g = g.WithDefaults()
	samples = samples[:min(len(samples), g.Samples)]
	t := tallyOf(samples)
	left := g.Samples - len(samples)
	switch {
	case t.failed > g.MaxFailures:
		return VerdictFail, true
	case t.inconclusive > g.MaxInconclusive && t.failed+left <= g.MaxFailures:
		return VerdictInconclusive, true
	case left > 0:
		return VerdictInconclusive, false
	case t.good == 0:
		return VerdictInconclusive, true
	default:
		return VerdictPass, true
	}
}

// Result is what the gate comes to after a batch with the samples taken so far. While
// done is false more samples are wanted.
func (g Gate) Result(batch int, samples []Sample) (r GateResult, done bool) {
	v, done := g.Judge(samples)
	return GateResult{
		Name: g.Name, Batch: batch, Verdict: v, DryRun: g.DryRun, Samples: samples, Reason: reasonOf(samples),
	}, done
}

// tally counts the samples of a gate.
type tally struct {
	passed, failed, inconclusive, missed int
	// good are those that passed and were not missed.
	good int
}

func tallyOf(samples []Sample) tally {
	var t tally
	for _, s := range samples {
		switch s.Verdict {
		case VerdictPass:
			t.passed++
		case VerdictFail:
			t.failed++
		case VerdictInconclusive:
			t.inconclusive++
		}
		switch {
		case s.Missed:
			t.missed++
		case s.Verdict == VerdictPass:
			t.good++
		}
	}
	return t
}

// reasonOf tells the tally, and what the latest sample that did not pass was like.
func reasonOf(samples []Sample) string {
	t := tallyOf(samples)
	reason := fmt.Sprintf("%d of %d samples passed, %d failed, %d inconclusive", t.passed, len(samples), t.failed, t.inconclusive)
	if t.missed > 0 {
		reason += fmt.Sprintf("; %d could not be taken", t.missed)
	}
	for _, s := range slices.Backward(samples) {
		if s.Verdict != VerdictPass || s.Missed {
			return reason + "; latest: " + s.String()
		}
	}
	return reason
}

// String tells what was measured, and what was noticed.
func (s Sample) String() string {
	parts := []string{string(s.Verdict)}
	for _, part := range []string{s.Value, s.Note} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}
