package release

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of what is told of a release or a set, in bytes as encoded.
const (
	// MaxEventSize is the size of the largest lifecycle event, its envelope included.
	MaxEventSize = 64 << 10
	// MaxTold is the size of the progress in an event. It leaves room for the envelope.
	MaxTold = 60 << 10
	// MaxAnswer is the size of the progress in the answer to a command, and in an event that
	// waits behind many others: both stand in the history of the release, one for each word.
	MaxAnswer = 8 << 10
)

// The bounds of what is kept however large a progress is, in bytes as encoded.
const (
	minToldReason = 1024
	maxToldName   = 256
	// maxToldRule bounds the name of a scaling rule. It is one for all that is told, so that whoever
	// names a rule later names it as the progress did. maxToldRevision bounds its revision.
	maxToldRule     = 144
	maxToldRevision = 64
	// maxToldDigest is the length of a digest: sha256: and 64 digits.
	maxToldDigest = 71
	// MaxConfigDigest is the length of the digest of a configuration: sha256: and 12 digits.
	MaxConfigDigest = 19
	// maxToldOwed bounds a release that is named: one that has left a rule off, or is repeated.
	maxToldOwed = 120
	// maxToldRuns bounds the artifact that runs, where only the core is told: it is the third of them.
	// The text of mixed versions, which stands in its place, is never longer.
	maxToldRuns = 512
	// maxToldRun bounds the ID of a run, and of the version that is brought, where only the core is told, and
	// the names of an application document.
	maxToldRun = 48
	// maxToldBehind bounds what a lane answers to whoever asks it; a release itself does not know it.
	maxToldBehind = 24
)

// Cut counts what was left out of a progress, so that it is not larger than its place
// allows. Texts that were cut end with an ellipsis.
type Cut struct {
	Samples   int `json:"samples,omitempty"`
	Settings  int `json:"settings,omitempty"`
	Gates     int `json:"gates,omitempty"`
	Decisions int `json:"decisions,omitempty"`
	Batches   int `json:"batches,omitempty"`
	// Rules are scaling rules that were put back, Held those that were not.
	Rules int `json:"rules,omitempty"`
	Held  int `json:"held,omitempty"`
	// Kept are the rules that were not put back of which only the name is left of what was kept.
	Kept int `json:"kept,omitempty"`
	// Strategy tells that gates, schedule and who may approve are left out, and Artifact that
	// an artifact is too large to be kept.
	Strategy bool `json:"strategy,omitempty"`
	Artifact bool `json:"artifact,omitempty"`
}

// Keep says how much of a progress is kept.
type Keep struct {
	// Text bounds each text in bytes, as encoded.
	Text int
	// Samples bounds the samples of each gate, the others bound lists. Held are the scaling
	// rules that are not put back.
	Samples, Gates, Decisions, Batches, Settings, Held int
	// Stages keeps those of the change. They are not counted: the platform has them.
	Stages bool
	// Kept bounds, in bytes as encoded, what is kept of all scaling rules that were taken away.
	Kept int
	// Strategy keeps the gates and the schedule of the strategy. Core leaves out all but what
	// is needed to answer for the release.
	Strategy, Core bool
}

// Keeps are the bounds that are tried in their order until a progress fits.
func Keeps() []Keep {
	const all = math.MaxInt
	return []Keep{
		{Text: 1024, Samples: all, Gates: all, Decisions: all, Batches: all, Settings: all, Held: all, Kept: all, Stages: true, Strategy: true},
		{Text: 1024, Samples: 10, Gates: all, Decisions: 100, Batches: 200, Settings: 100, Held: all, Kept: all, Strategy: true},
		{Text: 512, Samples: 3, Gates: 60, Decisions: 50, Batches: 100, Settings: 50, Held: all, Kept: all},
		{Text: 256, Gates: 40, Decisions: 25, Batches: 100, Settings: 30, Held: all, Kept: all},
		{Text: 128, Gates: 20, Decisions: 10, Batches: 50, Settings: 10, Held: all, Kept: all},
		{Text: 128, Batches: 20, Held: 80, Kept: 16 << 10, Core: true},
		{Text: 128, Batches: 20, Held: 80, Core: true},
		{Text: 64, Held: 24, Core: true},
		{Text: 64, Held: 8, Core: true},
		{Text: 64, Held: 4, Core: true},
		{Text: 64, Held: 2, Core: true},
	}
}

// Fit returns the progress cut to a number of bytes, [MaxTold] or [MaxAnswer], in which it
// always fits; of one that fits only texts beyond a kilobyte are cut. The same progress is
// always cut in the same way: first samples and refused words go, at last all but where the
// release stands and why, what it brings and returns to, what it waits for and what it holds.
// Nothing of p is changed.
func (p Progress) Fit(size int) Progress {
	p = p.Bounded(max(minToldReason, size/reasonPart), size/artifactPart)
	kept := p
	for _, k := range Keeps() {
		if kept = k.Apply(p, settled); encodedSize(kept) <= size {
			break
		}
	}
	return kept
}

// Which part of its place a reason, and one of the artifacts of a progress, may take.
const (
	reasonPart   = 15
	artifactPart = 5
)

func settled(rule HeldRule) bool { return rule.Restored || rule.Gone }

// rawLen is the number of bytes of JSON that was read, at most: what means something in HTML is
// escaped when it is written again.
func rawLen(raw json.RawMessage) int {
	size := 0
	for _, r := range string(raw) {
		if size++; r > '~' || strings.ContainsRune("<>&", r) {
			size += len(`\u0000`) - 1
		}
	}
	return size
}

// Bounded returns the progress with those texts bounded that are kept however much of it is
// cut. An artifact beyond its bound is left out, because a part of it would be another one.
// Nothing of p is changed.
func (p Progress) Bounded(maxReason, maxArtifact int) Progress {
	p = p.Clone()
	p.Reason, p.ChangeID = ShortenEncoded(p.Reason, maxReason), ShortenEncoded(p.ChangeID, maxToldName)
	p.Config, p.Version = ShortenEncoded(p.Config, MaxConfigDigest), ShortenEncoded(p.Version, maxToldOwed)
	p.Digest, p.RetryOf = ShortenEncoded(p.Digest, maxToldDigest), ShortenEncoded(p.RetryOf, maxToldOwed)
	if p.Artifact.encodedLen() > maxArtifact {
		p.Artifact, p.Cut.Artifact = Artifact{}, true
	}
	p.RollbackTo, p.Runs = p.RollbackTo.bounded(maxArtifact, &p.Cut), p.Runs.bounded(maxArtifact, &p.Cut)
	p.RunsMixed = ShortenEncoded(p.RunsMixed, maxToldRuns)
	p.Awaiting, p.ByName = p.Awaiting.bounded(), p.ByName.Bounded()
	if p.Job != nil {
		p.Job.ID = ShortenEncoded(p.Job.ID, maxToldOwed)
	}
	p.AppName, p.UnfinishedChange = ShortenEncoded(p.AppName, maxToldName), ShortenEncoded(p.UnfinishedChange, maxToldName)
	for i := range p.ScalingRules {
		rule := &p.ScalingRules[i]
		rule.Name, rule.Revision = ShortenEncoded(rule.Name, maxToldRule), ShortenEncoded(rule.Revision, maxToldRevision)
		rule.Owed = ShortenEncoded(rule.Owed, maxToldOwed)
	}
	return p
}

// bounded returns a copy with its texts bounded; nil of nil.
func (v *Version) bounded(maxArtifact int, cut *Cut) *Version {
	if v == nil {
		return nil
	}
	b := *v
	b.ID, b.Config = ShortenEncoded(v.ID, maxToldName), ShortenEncoded(v.Config, MaxConfigDigest)
	if b.Artifact.encodedLen() > maxArtifact {
		b.Artifact, cut.Artifact = Artifact{}, true
	}
	return &b
}

// bounded returns a copy with the names bounded; nil of nil.
func (a *Awaiting) bounded() *Awaiting {
	if a == nil {
		return nil
	}
	b := *a
	b.ChangeID, b.Freeze = ShortenEncoded(a.ChangeID, maxToldName), ShortenEncoded(a.Freeze, maxToldName)
	b.Behind = ShortenEncoded(a.Behind, maxToldBehind)
	return &b
}

// Bounded returns a copy with its texts bounded; nil of nil.
func (b *ByName) Bounded() *ByName {
	if b == nil {
		return nil
	}
	c := *b
	from := &c.PromotedFrom
	c.Application, c.Environment = ShortenEncoded(b.Application, maxToldRun), ShortenEncoded(b.Environment, maxToldRun)
	from.Environment, from.Release = ShortenEncoded(from.Environment, maxToldRun), ShortenEncoded(from.Release, maxToldRun)
	from.Now = ShortenEncoded(from.Now, minToldReason)
	c.Trigger = c.Trigger.Bounded()
	return &c
}

func (a Artifact) encodedLen() int {
	size := EncodedLen(a.Image)
	if a.Part != "" {
		size += len(`"part":"",`) + EncodedLen(a.Part)
	}
	if a.Package != nil {
		size += EncodedLen(a.Package.URL) + EncodedLen(a.Package.Version)
	}
	if a.Registry != nil {
		size += len(`"registry":{"instance":"","role":""}`) + EncodedLen(a.Registry.Instance) + EncodedLen(a.Registry.Role)
	}
	return size
}

// Apply returns the progress within the bounds, and counts in its Cut what was left out.
// Settled tells which scaling rules are put back. Nothing of p is changed.
func (k Keep) Apply(p Progress, settled func(HeldRule) bool) Progress {
	p = p.Clone()
	cut := &p.Cut
	p.ScalingRules = k.cutRules(p.ScalingRules, settled, cut)
	p.Gates = k.cutGates(p.Gates, cut)
	// The number of instances is kept for a release that was reset, which puts it back.
	p.Settings, cut.Settings = keepOf(p.Settings, k.Settings, cut.Settings, func(s Setting) bool { return s.Name != SettingInstances })
	p.Decisions, cut.Decisions = keepOf(p.Decisions, k.Decisions, cut.Decisions, func(d Decision) bool { return d.Refused != "" })
	if !k.Stages {
		p.Stages = nil
	}
	p.Batches, cut.Batches = keepOf(p.Batches, k.Batches, cut.Batches, func(b Batch) bool { return b.State == BatchPending })
	if !k.Strategy && len(p.Strategy.Gates)+len(p.Strategy.Schedule) > 0 {
		p.Strategy.Gates, p.Strategy.Schedule, cut.Strategy = nil, nil, true
	}
	if w := p.Strategy.Watch; !k.Strategy && w != nil && len(w.Gates) > 0 {
		p.Strategy.Watch, cut.Strategy = &Watch{For: w.For}, true
	}
	p.Approval = k.cutApproval(p.Approval, cut)
	if a := p.Strategy.Approval; !k.Strategy && a != nil && len(a.From) > 0 {
		p.Strategy.Approval, cut.Strategy = new(*a), true
		p.Strategy.Approval.From = nil
	}
	if k.Core {
		p = p.core()
	}
	for _, text := range p.texts() {
		*text = ShortenEncoded(*text, k.Text)
	}
	return p
}

// keepOf returns at most n entries of a list, and dropped with those added that are left out:
// the lesser ones first, then the older ones, which come first.
func keepOf[T any](list []T, n, dropped int, lesser func(T) bool) (kept []T, sum int) {
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
func (k Keep) cutRules(rules []HeldRule, settled func(HeldRule) bool, cut *Cut) []HeldRule {
	var kept []HeldRule
	held, room := 0, k.Kept
	for _, rule := range rules {
		switch owed := !settled(rule); {
		case owed && held >= k.Held:
			cut.Held++
		case !owed && k.Core:
			cut.Rules++
		default:
			if size := rawLen(rule.Kept); size <= room {
				room -= size
			} else {
				rule.Kept = nil
				cut.Kept++
			}
			kept = append(kept, rule)
			if owed {
				held++
			}
		}
	}
	return kept
}

// cutApproval keeps who may approve with the strategy. The core has no approval: what is awaited says that
// one is missing.
func (k Keep) cutApproval(s *ApprovalState, cut *Cut) *ApprovalState {
	if s == nil {
		return nil
	}
	if !k.Strategy && len(s.From) > 0 {
		s.From, cut.Strategy = nil, true
	}
	return s
}

// cutGates keeps the latest verdicts of gates, each with its latest samples.
func (k Keep) cutGates(gates []GateResult, cut *Cut) []GateResult {
	for _, g := range gates[:max(0, len(gates)-k.Gates)] {
		cut.Gates++
		cut.Samples += len(g.Samples)
	}
	gates = slices.Clone(gates[max(0, len(gates)-k.Gates):])
	for i, g := range gates {
		first := max(0, len(g.Samples)-k.Samples)
		cut.Samples += first
		gates[i].Samples = slices.Clone(g.Samples[first:])
	}
	return gates
}

// core is what is needed to answer for a release: where it stands and why, what it brings
// and returns to, what runs, and what it holds. Fields that it does not name are left out.
func (p Progress) core() Progress {
	runs := p.Runs
	if runs != nil {
		runs = &Version{ID: ShortenEncoded(runs.ID, maxToldOwed), Artifact: runs.Artifact, Config: runs.Config}
		if runs.Artifact.encodedLen() > maxToldRuns {
			runs.Artifact, p.Cut.Artifact = Artifact{}, true
		}
		p.RunsMixed = "" // there is never both
	}
	job := p.Job
	if job != nil {
		job = &JobRun{ID: ShortenEncoded(job.ID, maxToldRun), State: job.State}
	}
	return Progress{
		ReleaseID: p.ReleaseID, Transition: p.Transition, App: p.App, AppName: p.AppName, Operation: p.Operation, Artifact: p.Artifact,
		Config: p.Config, Version: ShortenEncoded(p.Version, maxToldRun), OnlyConfig: p.OnlyConfig, Settings: p.Settings, Phase: p.Phase, Outcome: p.Outcome, Reason: p.Reason, Denied: p.Denied, Refused: p.Refused, Strategy: Strategy{Type: p.Strategy.Type},
		ChangeID: p.ChangeID, UnfinishedChange: p.UnfinishedChange, RollbackTo: p.RollbackTo, Runs: runs, RunsMixed: p.RunsMixed, Batches: p.Batches, Awaiting: p.Awaiting,
		ScalingRules: p.ScalingRules, Traffic: p.Traffic, Job: job, Paused: p.Paused, RequestedBy: p.RequestedBy, RetryOf: p.RetryOf, Digest: p.Digest,
		AcceptedAt: p.AcceptedAt, StartedAt: p.StartedAt, EndedAt: p.EndedAt, Waited: p.Waited, Cut: p.Cut,
	}
}

// texts are the texts of a progress that have no bound of their own.
func (p *Progress) texts() []*string {
	out := []*string{&p.RequestedBy, &p.Admission.SignedBy, &p.Admission.Binding, &p.Admission.Policies, &p.Admission.PolicyOverride, &p.Note, &p.Warning}
	out = append(out, p.Asked.texts()...)
	for i := range p.Settings {
		s := &p.Settings[i]
		out = append(out, &s.Name, &s.Before, &s.After)
	}
	for i := range p.ScalingRules {
		out = append(out, &p.ScalingRules[i].Note)
	}
	for i := range p.Decisions {
		d := &p.Decisions[i]
		out = append(out, &d.ID, &d.ChangeID, &d.Version, &d.By, &d.Via, &d.Source, &d.SignedBy, &d.Note, &d.Refused)
	}
	for i := range p.Gates {
		g := &p.Gates[i]
		out = append(out, &g.Name, &g.Reason)
		for j := range g.Samples {
			out = append(out, &g.Samples[j].Value, &g.Samples[j].Note)
		}
	}
	if s := p.Approval; s != nil {
		out = append(out, &s.Artifact, &s.Config, &s.ChangeID)
		for i := range s.From {
			out = append(out, &s.From[i])
		}
		for i := range s.Given {
			out = append(out, &s.Given[i].By)
		}
	}
	if p.Stalled != nil {
		out = append(out, &p.Stalled.Doing, &p.Stalled.Failure)
	}
	if p.Job != nil {
		out = append(out, &p.Job.Message)
	}
	if p.Traffic != nil {
		out = append(out, &p.Traffic.Kept, &p.Traffic.Note)
	}
	return out
}

// Fit returns the progress of a set cut to a number of bytes, as [Progress.Fit] does: the
// texts get shorter, and the words of people go, and at last the names by which releases were asked for, but every
// release stays, with its outcome.
func (p SetProgress) Fit(size int) SetProgress {
	kept := p
	for _, k := range []struct{ text, decisions int }{{1024, math.MaxInt}, {256, 50}, {128, 10}, {32, 0}, {0, 0}} {
		kept = p.Clone()
		kept.Decisions, kept.Cut.Decisions = keepOf(kept.Decisions, k.decisions, p.Cut.Decisions, func(d Decision) bool { return d.Refused != "" })
		kept.Reason = ShortenEncoded(kept.Reason, max(minToldReason, size/reasonPart))
		kept.Digest, kept.Awaiting = ShortenEncoded(kept.Digest, maxToldDigest), kept.Awaiting.bounded()
		for _, text := range kept.texts() {
			*text = ShortenEncoded(*text, k.text)
		}
		if k.text == 0 {
			kept.unnamed()
		}
		if encodedSize(kept) <= size {
			break
		}
	}
	return kept
}

// unnamed leaves out by which names the releases were asked for.
func (p *SetProgress) unnamed() {
	for i := range p.Waves {
		for j := range p.Waves[i].Releases {
			p.Waves[i].Releases[j].ByName = nil
		}
	}
}

// texts are the texts of a set's progress that have no bound of their own.
func (p *SetProgress) texts() []*string {
	out := []*string{&p.RequestedBy, &p.Admission.SignedBy, &p.Admission.Binding, &p.Admission.Policies, &p.Admission.PolicyOverride, &p.Note}
	for i := range p.Decisions {
		d := &p.Decisions[i]
		out = append(out, &d.ID, &d.ChangeID, &d.Version, &d.By, &d.Via, &d.Source, &d.SignedBy, &d.Note, &d.Refused)
	}
	for i := range p.Waves {
		for j := range p.Waves[i].Releases {
			r := &p.Waves[i].Releases[j]
			out = append(out, &r.Run.Reason)
			if r.Rollback != nil {
				out = append(out, &r.Rollback.Reason)
			}
		}
	}
	return out
}

// The bounds of what a release carries along of its own past. Its history has all of it.
const (
	// carriedDecisions bounds the pauses, the resumes and the refused words. Those that
	// count for good stay: they say whether the same word has counted before.
	carriedDecisions = 100
	// carriedGates bounds the verdicts of gates, and carriedSampled those with samples.
	carriedGates   = 200
	carriedSampled = 2 * maxGates
)

// Prune drops what a release need not carry along any more: its oldest pauses and resumes,
// and its oldest samples and verdicts of gates.
func (p *Progress) Prune() {
	passing := 0
	for _, d := range p.Decisions {
		if d.passes() {
			passing++
		}
	}
	if excess := passing - carriedDecisions; excess > 0 {
		p.Decisions, p.Cut.Decisions = keepOf(p.Decisions, len(p.Decisions)-excess, p.Cut.Decisions, Decision.passes)
	}
	old := p.Gates[:max(0, len(p.Gates)-carriedSampled)]
	sampled := Keep{Gates: len(old)}.cutGates(old, &p.Cut)
	p.Gates = Keep{Gates: carriedGates, Samples: math.MaxInt}.cutGates(append(sampled, p.Gates[len(old):]...), &p.Cut)
}

// passes reports whether a word has no effect any more once others have followed it.
func (d Decision) passes() bool {
	return d.Refused != "" || d.Kind == CommandPause || d.Kind == CommandResume
}

// encoded tells the size of a value. Workflows ask for it, too, and what reflection reads of
// a value is always the same; behind an interface the check of workflows does not follow it
// into the runtime.
type encoded interface{ bytes() []byte }

type encodedJSON struct{ value any }

func (e encodedJSON) bytes() []byte {
	data, _ := json.Marshal(e.value) //nolint:errchkjson // texts, numbers and times of our own clock always encode
	return data
}

// encodedSize is the number of bytes of a value in JSON.
func encodedSize(value any) int {
	var e encoded = encodedJSON{value}
	return len(e.bytes())
}

// EncodedLen is the number of bytes of a text within the quotes of JSON, at most.
func EncodedLen(s string) int {
	size := 0
	for _, r := range s {
		size += runeLen(r)
	}
	return size
}

// runeLen is the number of bytes that a character has in JSON at most: control characters,
// the two line separators and what means something in HTML are escaped.
func runeLen(r rune) int {
	const escaped = len(`\u0000`)
	switch {
	case r == '"' || r == '\\':
		return 2
	case r < ' ' || r == '\u2028' || r == '\u2029' || r == '<' || r == '>' || r == '&':
		return escaped
	}
	return utf8.RuneLen(r)
}
