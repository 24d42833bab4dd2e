package whatif

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"slipway/release"
)

// Threshold is a field of the gates of a name that is to be otherwise.
type Threshold struct {
	// Gate is the name of the gates.
	Gate string
	// set changes a gate, and fails where one of its kind has no such field.
	set func(*release.Gate) error
}

// ParseThreshold reads a threshold such as "errors.pass=< 0.02" or "health.maxFailures=1": the name of a gate, a
// field of it as a release file has it, and its value.
func ParseThreshold(text string) (Threshold, error) {
	name, value, given := strings.Cut(text, "=")
	gate, field, named := strings.Cut(name, ".")
	if !given || !named || gate == "" {
		return Threshold{}, fmt.Errorf("%q is not as errors.pass=< 0.02: a gate, one of its fields %s, and the value", text, strings.Join(thresholdFields(), ", "))
	}
	set, err := setter(field, strings.TrimSpace(value))
	if err != nil {
		return Threshold{}, fmt.Errorf("%q: %w", text, err)
	}
	return Threshold{Gate: gate, set: set}, nil
}

func thresholdFields() []string {
	return []string{"pass", "fail", "maxFailures", "maxInconclusive", "dryRun"}
}

// setter is what sets a field of a gate to a value.
func setter(field, value string) (func(*release.Gate) error, error) {
	switch field {
	case "pass", "fail":
		if _, err := release.ParseCondition(value); err != nil {
			return nil, err
		}
		return func(g *release.Gate) error { return setCondition(g, field, value) }, nil
	case "maxFailures", "maxInconclusive":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%s must be a number of samples, 0 or more", field)
		}
		return func(g *release.Gate) error {
			if n >= g.Samples {
				return fmt.Errorf("has fewer samples than %s=%d", field, n)
			}
			if field == "maxFailures" {
				g.MaxFailures = n
			} else {
				g.MaxInconclusive = n
			}
			return nil
		}, nil
	case "dryRun":
		on, err := strconv.ParseBool(value)
		if err != nil {
			return nil, fmt.Errorf("dryRun must be true or false")
		}
		return func(g *release.Gate) error { g.DryRun = on; return nil }, nil
	}
	return nil, fmt.Errorf("%q is no field that can be otherwise; use %s", field, strings.Join(thresholdFields(), ", "))
}

func setCondition(g *release.Gate, field, value string) error {
	if g.Prometheus == nil {
		return fmt.Errorf("has no %s, which gates of Prometheus have", field)
	}
	p := *g.Prometheus
	if field == "pass" {
		p.Pass = value
	} else {
		p.Fail = value
	}
	g.Prometheus = &p
	return nil
}

// measured is a verdict with the gate that came to it, as it was and as it is to be.
type measured struct {
	release.GateResult

	was, will release.Gate
	// watched tells that the gate was measured over and over in a watch.
	watched bool
	// cut tells that samples are not in the record, or may be not.
	cut bool
}

// gates judges each verdict of a gate again whose thresholds are to be others.
func (c Change) gates(r Recorded) (out []Decision) {
	for _, result := range r.Progress.Gates {
		var sets []Threshold
		for _, t := range c.Thresholds {
			if t.Gate == result.Name {
				sets = append(sets, t)
			}
		}
		if len(sets) > 0 {
			out = append(out, r.gate(result, sets))
		}
	}
	if n := r.Progress.Cut.Gates; n > 0 && len(c.Thresholds) > 0 {
		out = append(out, Decision{Kind: KindGate, Effect: EffectUndecidable, Missing: "older verdicts of gates were cut from its record"})
	}
	return out
}

// gate judges one verdict again.
func (r Recorded) gate(result release.GateResult, sets []Threshold) Decision {
	out := Decision{Kind: KindGate, Name: result.Name, Batch: result.Batch, Effect: EffectUndecidable, Was: verdictText(result.Verdict, result.DryRun)}
	was, watched, found := r.definition(result)
	if !found {
		out.Missing = "the gate itself was cut from its record"
		return out
	}
	will := was
	for _, t := range sets {
		if err := t.set(&will); err != nil {
			out.Missing = fmt.Sprintf("gate %s of the release %s", result.Name, err)
			return out
		}
	}
	m := measured{GateResult: result, was: was, will: will, watched: watched}
	m.cut = r.Progress.Cut.Samples > 0 || len(m.Samples) >= release.ShownSamples && was.Samples > release.ShownSamples
	at := slices.IndexFunc(r.Measured, func(all release.GateResult) bool {
		return all.Name == result.Name && all.Batch == result.Batch && all.Verdict == result.Verdict && len(all.Samples) > 0
	})
	if at >= 0 {
		m.Samples, m.cut = r.Measured[at].Samples, false
	}
	verdict, missing := m.judge()
	if missing != "" {
		out.Missing = missing
		return out
	}
	out.Effect, out.Would = EffectSame, verdictText(verdict, will.DryRun)
	if decides(result.Verdict, result.DryRun) != decides(verdict, will.DryRun) {
		out.Effect = EffectFlip
	}
	return out
}

// definition is the gate that came to a result: of the watch where only that has it, or has it after the last batch.
func (r Recorded) definition(result release.GateResult) (g release.Gate, watched, found bool) {
	named := func(g release.Gate) bool { return g.Name == result.Name }
	s := r.Progress.Strategy
	if len(r.Spec.Strategy.AllGates()) > len(s.AllGates()) {
		s = r.Spec.Strategy // where the record was cut, and the history was read
	}
	between := slices.IndexFunc(s.Gates, named)
	if s.Watch != nil {
		at := slices.IndexFunc(s.Watch.Gates, named)
		last := result.Batch >= max(1, len(r.Progress.Batches))
		if at >= 0 && (between < 0 || last) {
			return s.Watch.Gates[at].WithDefaults(), true, true
		}
	}
	if between < 0 {
		return release.Gate{}, false, false
	}
	return s.Gates[between].WithDefaults(), false, true
}

// judge is the verdict that the gate would come to, or what is missing to tell.
func (m measured) judge() (v release.Verdict, missing string) {
	same := m.will
	same.DryRun = m.was.DryRun
	if reflect.DeepEqual(same, m.was) { // nothing is measured in another way
		return m.Verdict, ""
	}
	switch {
	case len(m.Samples) == 0:
		return "", "the gate has no samples in its record"
	case m.cut:
		return "", "the gate has only its latest samples in the record"
	}
	v, decided := m.rejudge()
	switch {
	case !decided && m.watched && m.Verdict == release.VerdictFail:
		return release.VerdictInconclusive, "" // the watch would have gone on
	case !decided:
		return "", "the gate has fewer samples in its record than it would have taken"
	case m.watched && v != release.VerdictFail && m.Verdict != release.VerdictFail:
		return "", "of a watch only the latest measurement is in its record"
	}
	return v, ""
}

// rejudge judges the samples in their order by the gate as it is to be. One whose verdict hangs on a series that is not
// recorded is tried with each verdict that it may have.
func (m measured) rejudge() (v release.Verdict, decided bool) {
	for i, unknown := range []release.Verdict{release.VerdictPass, release.VerdictInconclusive, release.VerdictFail} {
		each, done := m.with(unknown)
		if !done || i > 0 && each != v {
			return "", false
		}
		v = each
	}
	return v, true
}

// with judges the samples with a verdict for those that are not known.
func (m measured) with(unknown release.Verdict) (v release.Verdict, done bool) {
	var samples []release.Sample
	for _, s := range m.Samples {
		if verdict, known := m.sample(s); known {
			s.Verdict = verdict
		} else {
			s.Verdict = unknown
		}
		samples = append(samples, s)
		if v, done = m.will.Judge(samples); done {
			return v, true
		}
	}
	return v, false
}

// sample is the verdict of a sample. What was no number has the verdict that it had.
func (m measured) sample(s release.Sample) (v release.Verdict, known bool) {
	x, err := strconv.ParseFloat(s.Value, 64)
	if m.will.Prometheus == nil || err != nil || s.Missed || x != x { //nolint:gocritic // NaN is no number
		return s.Verdict, true
	}
	v = m.will.Prometheus.Verdict(x)
	// Of several series only the worst by the conditions as they were is recorded: it can only be worse.
	return v, !strings.Contains(s.Note, "worst of") || v == release.VerdictFail
}

// decides is what a verdict comes to: a dry run lets the release go on.
func decides(v release.Verdict, dryRun bool) release.Verdict {
	if dryRun {
		return release.VerdictPass
	}
	return v
}

func verdictText(v release.Verdict, dryRun bool) string {
	if dryRun {
		return string(v) + ", in a dry run"
	}
	return string(v)
}
