package release

import (
	"fmt"
	"time"
)

// Watch is how the new version is watched once it runs on every instance and all that the release has
// suspended is back.
type Watch struct {
	// For is how long it is watched, more than 0s and at most 2160h (90 days).
	For Duration `json:"for"`
	// Gates are measured over and over meanwhile. One that fails rolls the release back.
	Gates []Gate `json:"gates,omitempty"`
}

// withDefaults returns the watch with every unset field of its gates at its default.
func (w Watch) withDefaults() Watch {
	w.Gates = gatesWithDefaults(w.Gates)
	return w
}

// watch checks how a release is watched. A gate that could not be measured once until the watch is over
// would leave every release to a person.
func (v *validator) watch(s Spec) {
	w := s.Strategy.Watch
	if w == nil {
		return
	}
	v.check(s.Operation.changesVersion(), "strategy.watch", "has no meaning for a %s, which brings no version to go back from", s.Operation)
	v.check(w.For > 0 && w.For <= maxLimit, "strategy.watch.for", "must be more than 0s and at most %s", maxLimit)
	v.gates("strategy.watch.gates", w.Gates)
	for i, g := range w.Gates {
		once := Duration(max(0, g.Samples-1)) * g.Interval
		v.check(w.For <= 0 || once <= w.For, fmt.Sprintf("strategy.watch.gates[%d].interval", i),
			"%d samples take %s, which is longer than the watch of %s", g.Samples, once, w.For)
	}
}

// AllGates are the gates of a strategy, those of its watch last.
func (s Strategy) AllGates() []Gate {
	if s.Watch == nil {
		return s.Gates
	}
	return append(append([]Gate(nil), s.Gates...), s.Watch.Gates...)
}

// Measuring is how far a gate was measured; it travels from one sample to the next.
type Measuring struct {
	// Samples are those of the measurement under way.
	Samples []Sample `json:"samples,omitempty"`
	// Whole counts the measurements of a watch that have passed or were inconclusive, and Latest is the
	// latest of them.
	Whole  int         `json:"whole,omitempty"`
	Latest *GateResult `json:"latest,omitempty"`
	// Failed counts those of a dry run that would have ended the watch.
	Failed int `json:"failed,omitempty"`
}

// Take adds a sample to what was measured so far. While done is false more are wanted.
//
// A gate is measured once, unless it has Until: then it is measured again and again. A measurement that
// fails ends the watch, but for that of a dry run; one that does not says how the gate stands until the next one. Once the time is
// over the latest one counts, unless it is older than a measurement takes, because workers were away: then
// the gate is measured once more.
func (in MeasureInput) Take(m Measuring, s Sample) (next Measuring, verdict GateResult, done bool) {
	gate := in.Gate.WithDefaults()
	m.Samples = append(m.Samples, s)
	r, whole := gate.Result(in.Batch, m.Samples)
	switch {
	case !whole:
	case in.Until.IsZero():
		return m, r, true
	case r.Verdict == VerdictFail && !gate.DryRun:
		if m.Whole > 0 {
			r.Reason = fmt.Sprintf("%s before; then %s", times(m.Whole), r.Reason)
		}
		return m, r, true
	default:
		m.Samples, m.Whole, m.Latest = nil, m.Whole+1, &r
		if r.Verdict == VerdictFail {
			m.Failed++
		}
	}
	if in.Until.IsZero() || s.At.Before(in.Until) || m.Latest == nil || m.outdated(gate, s.At) {
		return m, GateResult{}, false
	}
	r = *m.Latest
	if m.Whole > 1 {
		r.Reason = fmt.Sprintf("%s; the last time %s", times(m.Whole), r.Reason)
	}
	if m.Failed > 0 {
		r.Verdict, r.Reason = VerdictFail, fmt.Sprintf("failed %d of %d times; %s", m.Failed, m.Whole, r.Reason)
	}
	return m, r, true
}

// times says how often a gate was measured.
func times(n int) string {
	if n == 1 {
		return "measured once"
	}
	return fmt.Sprintf("measured %d times", n)
}

// Text says in words how far the gate was measured, once the sample was taken.
func (m Measuring) Text(gate Gate, s Sample) string {
	if len(m.Samples) == 0 {
		return fmt.Sprintf("measurement %d is whole: %s", m.Whole, s)
	}
	return fmt.Sprintf("sample %d of %d: %s", len(m.Samples), gate.Samples, s)
}

// outdated reports whether the latest measurement is older than another one would have taken.
func (m Measuring) outdated(gate Gate, now time.Time) bool {
	samples := m.Latest.Samples
	longest := time.Duration(gate.Samples) * (gate.Interval.Std() + SampleLimit)
	return now.Sub(samples[len(samples)-1].At) > longest
}

// Delay is how long after a sample taken now the next one is taken.
func (in MeasureInput) Delay(now time.Time) time.Duration {
	d := in.Gate.WithDefaults().Interval.Std()
	if left := in.Until.Sub(now); left > 0 {
		d = min(d, left)
	}
	return d
}

// Limit is how long the measuring begun now may take at most, a time without workers included. A watch
// outlasts a week without workers: what was measured before it does not get better or worse by it.
func (in MeasureInput) Limit(now time.Time) time.Duration {
	if in.Until.IsZero() {
		return in.Gate.Limit()
	}
	return in.Until.Sub(now) + in.Gate.Limit() + watchSlack
}

// watchSlack is how long all workers may be away in a watch before measuring counts as too late.
const watchSlack = 7 * 24 * time.Hour

// Watched reports whether the release has brought its version, and is watched, or waits for a person
// because its watch was not conclusive.
func (p Progress) Watched() bool {
	a := p.Awaiting
	return p.Phase == PhaseWatching ||
		p.Strategy.Watch != nil && a != nil && a.Kind == AwaitConfirm && len(p.Batches) > 0 && a.Batch == len(p.Batches)
}

// Measured returns the gates that are measured now: those after the batch that holds the next one back, or
// those of the watch.
func (p Progress) Measured() []Gate {
	switch a := p.Awaiting; {
	case a == nil:
		return nil
	case a.Kind == AwaitGates:
		return p.Strategy.Gates
	case a.Kind == AwaitWatch && p.Strategy.Watch != nil:
		return p.Strategy.Watch.Gates
	}
	return nil
}

// Successor is the release that could begin if the running one ended; it is zero where none could.
type Successor struct {
	ReleaseID string `json:"releaseId,omitempty"`
	// RequestedBy is who asked for it.
	RequestedBy string `json:"requestedBy,omitempty"`
	// Override tells that freezes do not hold it.
	Override bool `json:"override,omitempty"`
}

// Words name the release.
func (s Successor) Words() string {
	if s.RequestedBy == "" {
		return "release " + s.ReleaseID
	}
	return "release " + s.ReleaseID + " of " + s.RequestedBy
}

// Successor returns the release that could begin if the running one ended, and whether the running one
// wants to know: one that is not watched ends by itself.
func (l *LaneInput) Successor() (running LaneEntry, next Successor, wanted bool) {
	running, runs := l.Running()
	if !runs || !running.Watched {
		return LaneEntry{}, Successor{}, false
	}
	if waiting := l.Waiting(); l.Held == nil && len(waiting) > 0 {
		next = Successor{ReleaseID: waiting[0].ReleaseID, RequestedBy: waiting[0].RequestedBy, Override: waiting[0].Override}
	}
	return running, next, true
}
