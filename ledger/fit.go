package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"slipway/release"
)

// MaxRecord is the size in bytes of the largest record, encoded.
const MaxRecord = 32 << 10

// The bounds of what is kept however large a progress is, in bytes as encoded.
const (
	maxReason   = 1024
	maxSource   = 1024
	maxArtifact = 2048
	maxName     = 256
	// maxRule bounds the name and the revision of a scaling rule. It is one for all records,
	// so that a payment names a rule as the progress does.
	maxRule = 100
)

// bounds say how much of a progress is kept.
type bounds struct {
	// text bounds each text in bytes, as encoded.
	text int
	// samples bounds the samples of each gate, the others bound lists. Held are the scaling
	// rules that are not put back, paid the names of those that others have put back.
	samples, gates, decisions, batches, held, paid int
	// strategy keeps the gates and the schedule of the strategy. Core leaves out all but what
	// is needed to answer for the release.
	strategy, core bool
}

// levels are the bounds that are tried in their order until a record fits. With the last
// one every record does.
func levels() []bounds {
	const all = math.MaxInt
	return []bounds{
		{text: 1024, samples: all, gates: all, decisions: all, batches: all, held: all, paid: all, strategy: true},
		{text: 1024, samples: 10, gates: all, decisions: 100, batches: 200, held: all, paid: all, strategy: true},
		{text: 512, samples: 3, gates: 60, decisions: 50, batches: 100, held: all, paid: all},
		{text: 256, gates: 40, decisions: 25, batches: 50, held: all, paid: all},
		{text: 128, gates: 20, decisions: 10, batches: 20, held: all, paid: all},
		{text: 128, held: 80, paid: 80, core: true},
		{text: 64, held: 24, paid: 32, core: true},
	}
}

// fit returns the record as it is stored, and its encoding of at most [MaxRecord] bytes. The
// same record is always cut in the same way. Identity, outcome and what is held are kept,
// and so is the reason, cut to a kilobyte.
func fit(r Record) (Record, []byte, error) {
	r = r.shortened()
	for _, b := range levels() {
		cut := b.apply(r)
		value, err := encode(cut)
		if err != nil || len(value) <= MaxRecord {
			return cut, value, err
		}
	}
	return r, nil, fmt.Errorf("the record of %s has more than %d bytes however much of it is cut", r.ReleaseID, MaxRecord)
}

// encode writes the record without the time of its storage, which the bucket tells.
func encode(r Record) ([]byte, error) {
	r.UpdatedAt = time.Time{}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // one byte where there would be six
	err := e.Encode(r)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// shortened bounds what every level keeps. An artifact beyond its bound is left out, because
// a part of it would be another one. Nothing of r is changed.
func (r Record) shortened() Record {
	r.Identity.Source, r.Identity.EventID = shorten(r.Identity.Source, maxSource), shorten(r.Identity.EventID, maxSource)
	r.Identity.Digest = shorten(r.Identity.Digest, maxName)
	r.SetID, r.RequestedBy = shorten(r.SetID, maxName), shorten(r.RequestedBy, maxName)
	r.Lost = shorten(r.Lost, maxReason)
	r.Artifact = r.bounded(r.Artifact)

	p := &r.Progress
	p.Reason, p.ChangeOrderID = shorten(p.Reason, maxReason), shorten(p.ChangeOrderID, maxName)
	p.Artifact = r.bounded(p.Artifact)
	if to := p.RollbackTo; to != nil {
		p.RollbackTo = &release.Version{ID: shorten(to.ID, maxName), Artifact: r.bounded(to.Artifact)}
	}
	p.ScalingRules = slices.Clone(p.ScalingRules)
	for i := range p.ScalingRules {
		rule := &p.ScalingRules[i]
		rule.Name, rule.Revision = shorten(rule.Name, maxRule), shorten(rule.Revision, maxRule)
	}
	return r
}

func (r *Record) bounded(a release.Artifact) release.Artifact {
	size := encodedLen(a.Image)
	if a.Package != nil {
		size += encodedLen(a.Package.URL) + encodedLen(a.Package.Version)
	}
	if size > maxArtifact {
		r.Cut.Artifact = true
		return release.Artifact{}
	}
	return a
}

// apply returns the record with its progress within the bounds. Nothing of r is changed.
func (b bounds) apply(r Record) Record {
	p := r.Progress.Clone()
	cut := &r.Cut
	p.ScalingRules = b.cutRules(r, cut)
	p.Gates = b.cutGates(p.Gates, cut)
	p.Decisions, cut.Decisions = keep(p.Decisions, b.decisions, cut.Decisions, func(d release.Decision) bool { return d.Refused != "" })
	p.Batches, cut.Batches = keep(p.Batches, b.batches, cut.Batches, func(each release.Batch) bool { return each.State == release.BatchPending })
	if !b.strategy && len(p.Strategy.Gates)+len(p.Strategy.Schedule) > 0 {
		p.Strategy.Gates, p.Strategy.Schedule, cut.Strategy = nil, nil, true
	}
	if b.core {
		p = core(p)
	}
	for _, text := range texts(&p) {
		*text = shorten(*text, b.text)
	}
	r.Progress = p
	r.Paid = b.cutPaid(r.Paid)
	r.Held = r.held()
	return r
}

// keep returns at most n entries of a list, and dropped with those added that are left out:
// the lesser ones first, then the older ones, which come first.
func keep[T any](list []T, n, dropped int, lesser func(T) bool) (kept []T, sum int) {
	excess := len(list) - n
	if excess <= 0 {
		return list, dropped
	}
	left := excess
	kept = slices.DeleteFunc(slices.Clone(list), func(each T) bool {
		drop := left > 0 && lesser(each)
		if drop {
			left--
		}
		return drop
	})
	return kept[left:], dropped + excess
}

// cutRules keeps the scaling rules that are not put back, as far as the bound goes; the
// others only where more than the core is kept.
func (b bounds) cutRules(r Record, cut *Cut) []release.HeldRule {
	var kept []release.HeldRule
	held := 0
	for _, rule := range r.Progress.ScalingRules {
		switch unsettled := r.unsettled(rule); {
		case unsettled && held >= b.held:
			cut.Held++
		case !unsettled && b.core:
			cut.Rules++
		default:
			kept = append(kept, rule)
			if unsettled {
				held++
			}
		}
	}
	return kept
}

// cutGates keeps the latest verdicts of gates, each with its latest samples.
func (b bounds) cutGates(gates []release.GateResult, cut *Cut) []release.GateResult {
	for _, g := range gates[:max(0, len(gates)-b.gates)] {
		cut.Gates++
		cut.Samples += len(g.Samples)
	}
	gates = slices.Clone(gates[max(0, len(gates)-b.gates):])
	for i, g := range gates {
		first := max(0, len(g.Samples)-b.samples)
		cut.Samples += first
		gates[i].Samples = slices.Clone(g.Samples[first:])
	}
	return gates
}

// cutPaid keeps the payments; where only the core is kept, as one of the latest payer.
func (b bounds) cutPaid(paid []Payment) []Payment {
	if len(paid) == 0 {
		return nil
	}
	paid = slices.Clone(paid)
	if b.core {
		last := paid[len(paid)-1]
		last.Rules = nil
		for _, p := range paid {
			last.Rules = append(last.Rules, p.Rules...)
			last.Traffic, last.All = last.Traffic || p.Traffic, last.All || p.All
			if last.ChangeOrderID == "" {
				last.ChangeOrderID = p.ChangeOrderID
			}
		}
		last.Rules = last.Rules[max(0, len(last.Rules)-b.paid):]
		paid = []Payment{last}
	}
	for i := range paid {
		paid[i].By, paid[i].Note = shorten(paid[i].By, min(b.text, maxName)), shorten(paid[i].Note, min(b.text, maxName))
	}
	return paid
}

// core is what is needed to answer for a release: where it stands and why, what it brings
// and returns to, and what it holds. Fields that it does not name are left out.
func core(p release.Progress) release.Progress {
	return release.Progress{
		ReleaseID: p.ReleaseID, App: p.App, Operation: p.Operation, Artifact: p.Artifact,
		Phase: p.Phase, Outcome: p.Outcome, Reason: p.Reason, Strategy: release.Strategy{Type: p.Strategy.Type},
		ChangeOrderID: p.ChangeOrderID, RollbackTo: p.RollbackTo, Awaiting: p.Awaiting,
		ScalingRules: p.ScalingRules, Traffic: p.Traffic, Paused: p.Paused, RequestedBy: p.RequestedBy,
		StartedAt: p.StartedAt, EndedAt: p.EndedAt,
	}
}

// texts are the texts of a progress that have no bound of their own.
func texts(p *release.Progress) []*string {
	out := []*string{&p.RequestedBy, &p.Note}
	for i := range p.ScalingRules {
		out = append(out, &p.ScalingRules[i].Note)
	}
	for i := range p.Decisions {
		d := &p.Decisions[i]
		out = append(out, &d.ID, &d.Version, &d.By, &d.Via, &d.Note, &d.Refused)
	}
	for i := range p.Gates {
		g := &p.Gates[i]
		out = append(out, &g.Name, &g.Reason)
		for j := range g.Samples {
			out = append(out, &g.Samples[j].Value, &g.Samples[j].Note)
		}
	}
	if p.Stalled != nil {
		out = append(out, &p.Stalled.Doing, &p.Stalled.Failure)
	}
	if p.Traffic != nil {
		out = append(out, &p.Traffic.Kept, &p.Traffic.Note)
	}
	return out
}

const ellipsis = "…"

// shorten cuts a text to a number of bytes, as encoded; one that was cut ends with an
// ellipsis.
func shorten(s string, limit int) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError)) // as JSON would, but before anything is counted
	if encodedLen(s) <= limit {
		return s
	}
	size := len(ellipsis)
	for at, r := range s {
		if size += runeLen(r); size > limit {
			return s[:at] + ellipsis
		}
	}
	return s
}

// encodedLen is the number of bytes of a text within the quotes of JSON.
func encodedLen(s string) int {
	size := 0
	for _, r := range s {
		size += runeLen(r)
	}
	return size
}

// runeLen is the number of bytes that a character has in JSON at most: control characters
// and the two line separators are escaped.
func runeLen(r rune) int {
	const escaped = len(`\u0000`)
	switch {
	case r == '"' || r == '\\':
		return 2
	case r < ' ' || r == '\u2028' || r == '\u2029':
		return escaped
	}
	return utf8.RuneLen(r)
}
