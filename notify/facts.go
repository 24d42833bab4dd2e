package notify

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"slipway/internal/redact"
	"slipway/release"
	"slipway/wire"
)

// The bounds of what is told in a message.
const (
	maxFact  = 400
	maxGates = 5
	maxSteps = 3
	maxRules = 5
)

// facts are what the words of a message can tell: each a line without markup and secrets, empty where there is nothing.
type facts struct {
	Kind string
	// Name is what people call what the event is about, and App its application on the platform.
	Name, App string
	ReleaseID string
	Operation string
	// OnlyConfig tells that configuration alone is changed.
	OnlyConfig bool
	// Brings is the artifact, and Version its last part; Settings say which settings change.
	Brings, Version, Settings string
	Batch                     *batchFacts
	Wave                      *waveFacts
	Gates                     []gateFacts
	// Approval is where the approval stands, and Missing how many are missing.
	Approval string
	Missing  int
	// By is who has done what the event tells, Command what that was, Why their reason, and Refused why it changed nothing.
	By, Command, Why, Refused string
	Reason, Warning           string
	// Failure is what is tried in vain.
	Failure string
	// RequestedBy is who has asked for it, with the note of the request.
	RequestedBy, Note string
	// Watched tells that a decision about the new version is waited for, and Frozen that a freeze holds the release.
	Watched, Frozen bool
	// Until is when the wait ends at the latest, and Then what happens then: abort, continue or hold.
	Until, Then string
	// Steps are what a person may do.
	Steps []string
	// Waited is how long the wait has lasted.
	Waited time.Duration
	// From is the environment of a promotion.
	From string
	// Sequence is that of a dead letter, and Source its subject or the sender of a push.
	Sequence uint64
	Source   string
	// Rules are what came of a push, and More how many rules more there are.
	Rules []ruleFacts
	More  int
}

type batchFacts struct {
	Number, Of, Instances, Weight int
	State                         string
}

type waveFacts struct {
	Number, Of int
	Releases   string
}

type gateFacts struct {
	Name, Verdict, Reason string
	DryRun                bool
}

type ruleFacts struct {
	Application, Rule, Environment, ReleaseID, Reason string
}

// reader reads facts: moments in a zone, and no secrets.
type reader struct {
	zone   *time.Location
	redact *redact.Redactor
}

// newFacts reads the facts of an event.
func newFacts(e wire.LifecycleEvent, zone *time.Location) facts {
	r := reader{zone, redact.New()}
	var f facts
	switch {
	case e.Set != nil:
		f = r.set(*e.Set)
	case e.Lane != nil:
		f = r.lane(*e.Lane, e.Kind)
	case e.Promotion != nil:
		f = r.promotion(*e.Promotion)
	case e.Letter != nil:
		f = r.letter(*e.Letter)
	case e.Push != nil:
		f = r.push(*e.Push)
	default:
		f = r.release(e.Progress, e.Kind)
	}
	f.Kind = r.plain(string(e.Kind))
	return f
}

// plain is a text of others as one line without secrets and without characters that change how others are shown.
func (r reader) plain(text string) string {
	text, _ = r.redact.Text(release.InZone(text, r.zone))
	shown := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && !unicode.IsSpace(c) || unicode.Is(unicode.Bidi_Control, c) {
			return -1
		}
		return c
	}, text)
	return release.ShortenLine(shown, maxFact)
}

// time is a moment for people.
func (r reader) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(r.zone).Format("2006-01-02 15:04 ") + r.zone.String()
}

// version is the last part of an artifact, which says most in a title.
func (r reader) version(artifact string) string {
	artifact = artifact[strings.LastIndex(artifact, "/")+1:]
	if name, digest, ok := strings.Cut(artifact, "@sha256:"); ok && len(digest) > shortDigest {
		artifact = name + "@sha256:" + digest[:shortDigest]
	}
	return r.plain(artifact)
}

// shortDigest is how much of a digest tells it from others, for people.
const shortDigest = 12

// public is an artifact without the query of its address; empty where it is not known.
func (r reader) public(a release.Artifact) string {
	if a == (release.Artifact{}) {
		return ""
	}
	return a.Public()
}

func (r reader) release(p release.Progress, kind release.EventKind) facts {
	brings := r.public(p.Artifact)
	f := facts{
		Name: r.plain(p.Name()), App: r.plain(p.App.SearchValue()), ReleaseID: r.plain(p.ReleaseID), Operation: string(p.Operation), OnlyConfig: p.OnlyConfig,
		Brings: r.plain(brings), Version: r.version(brings), Settings: r.plain(p.Configuration()), Approval: r.plain(p.Approval.Text()), Missing: missing(p.Approval),
		Reason: r.plain(p.Reason), Warning: r.plain(p.Warning), RequestedBy: r.plain(p.RequestedBy), Note: r.plain(p.Note),
		Batch: batchOf(p), Gates: r.gates(p.Gates), Watched: p.Watched(),
	}
	if f.Name == "" {
		f.Name = f.App
	}
	if p.OnlyConfig {
		f.Brings, f.Version = "", ""
	}
	if s := p.Stalled; s != nil {
		f.Failure = r.plain(s.Doing + ": " + s.Failure)
	}
	if a := p.Awaiting; a != nil {
		f.Frozen = a.Kind == release.AwaitFreeze
	}
	r.decision(&f, p.Decisions, kind)
	if release.EventsWaiting.Has(kind) {
		f.Until, f.Then = r.limit(p)
		f.Steps = r.steps(release.Next(p))
	}
	return f
}

func missing(s *release.ApprovalState) int {
	if s == nil {
		return 0
	}
	return s.Missing()
}

// batchOf is the batch that an event is about: the one that waits, or the latest that has begun.
func batchOf(p release.Progress) *batchFacts {
	number := p.Begun()
	if p.Awaiting != nil && p.Awaiting.Batch > 0 {
		number = p.Awaiting.Batch
	}
	if number < 1 || number > len(p.Batches) {
		return nil
	}
	b := p.Batches[number-1]
	return &batchFacts{Number: number, Of: len(p.Batches), Instances: b.Instances, Weight: b.Weight, State: string(b.State)}
}

// gates are what the gates after the latest batch that has some came to: first those that have not passed, with the reason.
func (r reader) gates(results []release.GateResult) (out []gateFacts) {
	latest := 0
	for _, g := range results {
		latest = max(latest, g.Batch)
	}
	for _, passed := range []bool{false, true} {
		for _, g := range results {
			if g.Batch != latest || (g.Verdict == release.VerdictPass) != passed || len(out) == maxGates {
				continue
			}
			fact := gateFacts{Name: r.plain(g.Name), Verdict: r.plain(string(g.Verdict)), DryRun: g.DryRun}
			if !passed {
				fact.Reason = r.plain(g.Reason)
			}
			out = append(out, fact)
		}
	}
	return out
}

// decides is which command an event tells of; false where it tells of none. Empty is any.
func decides(kind release.EventKind) (command release.CommandKind, tells bool) {
	switch kind { //nolint:exhaustive // the others tell of no command
	case release.EventDecided:
		return "", true
	case release.EventApprovalGiven:
		return release.CommandApprove, true
	case release.EventBatchConfirmed:
		return release.CommandConfirm, true
	case release.EventPaused:
		return release.CommandPause, true
	}
	return "", false
}

// decision reads who has decided what an event tells of.
func (r reader) decision(f *facts, all []release.Decision, kind release.EventKind) {
	command, tells := decides(kind)
	if !tells || len(all) == 0 {
		return
	}
	d := all[len(all)-1]
	if command != "" && d.Kind != command {
		return
	}
	f.By, f.Command, f.Why, f.Refused = r.plain(d.By), r.plain(string(d.Kind)), r.plain(d.Note), r.plain(d.Refused)
}

// limit is when the wait of a release ends at the latest, and what happens then.
func (r reader) limit(p release.Progress) (until, then string) {
	switch a := p.Awaiting; {
	case p.Stalled != nil:
		return r.time(p.Stalled.Until), string(release.TimeoutAbort)
	case a == nil:
		return "", ""
	case a.Kind == release.AwaitPlatformApproval:
		return r.time(a.Until), string(release.TimeoutAbort)
	default:
		return r.time(a.Until), string(a.OnTimeout)
	}
}

// steps are those without which nothing goes on.
func (r reader) steps(next []release.NextStep) (out []string) {
	for _, s := range next {
		if !s.Needed || len(out) == maxSteps {
			continue
		}
		if s.Command != "" {
			out = append(out, r.plain(s.Command))
		} else {
			out = append(out, r.plain(s.Does))
		}
	}
	return out
}

func (r reader) set(p release.SetProgress) facts {
	f := facts{
		Name: r.plain(p.Name), ReleaseID: r.plain(p.SetID), Reason: r.plain(p.Reason), RequestedBy: r.plain(p.RequestedBy), Note: r.plain(p.Note), Wave: r.wave(p),
	}
	r.decision(&f, p.Decisions, release.EventDecided)
	if a := p.Awaiting; a != nil {
		f.Until, f.Then = r.time(a.Until), string(release.TimeoutAbort)
		f.Steps = r.steps(release.NextOfSet(p))
	}
	return f
}

// wave is the wave that waits, or the latest with a release that has begun; of a set without waves it is the zero of one.
func (r reader) wave(p release.SetProgress) *waveFacts {
	number := 0
	for _, w := range p.Waves {
		for _, s := range w.Releases {
			if !s.Run.StartedAt.IsZero() || s.Run.Outcome != "" {
				number = w.Number
			}
		}
	}
	if p.Awaiting != nil {
		number = p.Awaiting.Batch
	}
	wave := &waveFacts{Number: number, Of: len(p.Waves)}
	if number < 1 || number > len(p.Waves) {
		return wave
	}
	var releases []string
	for _, s := range p.Waves[number-1].Releases {
		text := s.Name
		if s.Run.Outcome != "" {
			text += " " + string(s.Run.Outcome)
		}
		releases = append(releases, text)
	}
	wave.Releases = r.plain(strings.Join(releases, ", "))
	return wave
}

func (r reader) lane(l release.LaneChange, kind release.EventKind) facts {
	f := facts{
		App: r.plain(l.App.SearchValue()), By: r.plain(l.By), Why: r.plain(l.Reason), ReleaseID: r.plain(l.ReleaseID), Version: r.version(l.Artifact),
	}
	f.Name = f.App
	switch {
	case kind == release.EventHeld && l.After != nil:
		f.Steps = r.steps(release.NextOfLane(release.LaneState{App: l.App, Held: l.After}))
	case kind == release.EventResumed && l.Before != nil:
		f.Reason = r.plain(l.Before.By + ": " + l.Before.Reason)
	}
	return f
}

func (r reader) promotion(h release.HeldPromotion) facts {
	return facts{
		Name: r.plain(h.Application + "/" + h.To), App: r.plain(h.App.SearchValue()), From: r.plain(h.From), ReleaseID: r.plain(h.ReleaseID),
		Brings: r.plain(h.Artifact), Version: r.version(h.Artifact), Reason: r.plain(h.Reason),
		Steps: []string{r.plain(fmt.Sprintf("slipway promote %s --to %s", h.Application, h.To))},
	}
}

func (r reader) letter(l release.LetterChange) facts {
	return facts{Sequence: l.Sequence, Name: r.plain(l.About), By: r.plain(l.By), Why: r.plain(l.Reason), Source: r.plain(l.Subject)}
}

func (r reader) push(p release.Push) facts {
	image := p.Image
	if p.Tag != "" {
		image += ":" + p.Tag
	}
	f := facts{Version: r.version(image), By: r.plain(p.By), Source: r.plain(strings.TrimSpace(p.Sender + " " + p.Source)), More: p.More}
	if p.Digest != "" {
		image += "@" + p.Digest
	}
	f.Brings = r.plain(image)
	for _, rule := range p.Rules {
		if len(f.Rules) == maxRules {
			f.More++
			continue
		}
		f.Rules = append(f.Rules, ruleFacts{
			Application: r.plain(rule.Application), Rule: r.plain(rule.Rule), Environment: r.plain(rule.Environment), ReleaseID: r.plain(rule.ReleaseID), Reason: r.plain(rule.Reason),
		})
	}
	return f
}

// pageOf is the page of the console for what an event is about, and its address; empty where there is none.
func pageOf(e wire.LifecycleEvent, console string) (page, address string) {
	var parts []string
	switch {
	case e.Set != nil:
		page, parts = thingSet, []string{"sets", e.Set.SetID}
	case e.Lane != nil:
		page, parts = thingLane, []string{"lanes", string(e.Lane.App.Platform), e.Lane.App.Region, e.Lane.App.ID}
	case e.Promotion != nil:
		page, parts = thingRelease, []string{"releases", e.Promotion.ReleaseID}
	case e.Letter != nil:
		page, parts = thingDeadLetter, []string{"dead-letters", fmt.Sprint(e.Letter.Sequence)}
	case e.Push != nil:
		if len(e.Push.Rules) == 0 || e.Push.Rules[0].ReleaseID == "" {
			return "", ""
		}
		page, parts = thingRelease, []string{"releases", e.Push.Rules[0].ReleaseID}
	default:
		page, parts = thingRelease, []string{"releases", e.Progress.ReleaseID}
	}
	if console == "" {
		return "", ""
	}
	address = strings.TrimSuffix(console, "/")
	for _, part := range parts {
		address += "/" + url.PathEscape(part)
	}
	return page, address
}
