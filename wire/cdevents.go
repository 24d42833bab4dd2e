package wire

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"slipway/internal/cdevents"
	"slipway/release"
)

// CDEventSubject is where a CDEvent about a release is published: slipway.cdevents.<subject>.<predicate>.<release-id>.
func CDEventSubject(what, releaseID string) string { return cdeventPrefix + what + "." + releaseID }

// CDEventsOfRelease is the filter for all CDEvents about one release.
func CDEventsOfRelease(releaseID string) string { return cdeventPrefix + "*.*." + releaseID }

// What is told of a release, each at most once: subject and predicate.
const (
	runQueued         = "pipelinerun.queued"
	runStarted        = "pipelinerun.started"
	runFinished       = "pipelinerun.finished"
	serviceDeployed   = "service.deployed"
	serviceUpgraded   = "service.upgraded"
	serviceRolledBack = "service.rolledback"
)

// typeOfCDEvent is the type of the event that tells of something.
func typeOfCDEvent(what string) string {
	return map[string]string{
		runQueued: cdevents.TypePipelineRunQueued, runStarted: cdevents.TypePipelineRunStarted, runFinished: cdevents.TypePipelineRunFinished,
		serviceDeployed: cdevents.TypeServiceDeployed, serviceUpgraded: cdevents.TypeServiceUpgraded, serviceRolledBack: cdevents.TypeServiceRolledBack,
	}[what]
}

// cdeventID is the ID of the event that tells of something about a release. A release tells each but once, so that an event
// that is published again is the same one.
func cdeventID(what, releaseID string) string { return releaseID + "." + what }

// EncodeCDEvents returns the messages of the CDEvents that a lifecycle event of a release means, in their order, as structured
// CloudEvents: a release is a pipeline run, and what it has made of the application is told of the service. Most lifecycle
// events mean none; those of sets, lanes, promotions and dead letters never do. The Nats-Msg-Id is the event's ID.
func EncodeCDEvents(e release.Event) ([]*nats.Msg, error) {
	var msgs []*nats.Msg
	for _, what := range meant(e) {
		msg, err := encodeCDEvent(what, e)
		if err != nil {
			return nil, fmt.Errorf("encode CDEvent %s of release %s: %w", what, e.Progress.ReleaseID, err)
		}
		msgs = append(msgs, msg)
	}
	return msgs, nil
}

// meant says what a lifecycle event means.
func meant(e release.Event) []string {
	if e.Set != nil || e.Lane != nil || e.Promotion != nil || e.Letter != nil {
		return nil
	}
	if e.Kind == release.EventAccepted {
		return []string{runQueued}
	}
	if e.Kind == release.EventStarted {
		return []string{runStarted}
	}
	if kind, ended := e.Progress.Outcome.Outcome(); !ended || kind != e.Kind {
		return nil
	}
	if what, _ := ofService(e.Progress); what != "" {
		return []string{what, runFinished}
	}
	return []string{runFinished}
}

// ofService says what a release that has ended has made of its service, and what that runs since; empty where it has
// brought no artifact, and where nobody knows which one runs.
func ofService(p release.Progress) (what string, runs release.Artifact) {
	runs = p.Artifact
	switch {
	case p.Outcome == release.PhaseSucceeded && p.Operation == release.OperationRollback:
		what = serviceRolledBack
	case p.Operation != release.OperationRelease || p.OnlyConfig:
	case p.Outcome == release.PhaseSucceeded && p.RollbackTo == nil:
		what = serviceDeployed
	case p.Outcome == release.PhaseSucceeded:
		what = serviceUpgraded
	case p.ChangeID != "" && p.RollbackTo != nil && (p.Outcome == release.PhaseRolledBack || p.Outcome == release.PhaseAborted):
		what, runs = serviceRolledBack, p.RollbackTo.Artifact
	}
	if !runs.Known() {
		what = ""
	}
	return what, runs
}

func encodeCDEvent(what string, e release.Event) (*nats.Msg, error) {
	p := e.Progress
	source := eventScheme + p.App.SearchValue()
	subject, content := p.ReleaseID, any(run(what, p, source))
	if _, runs := ofService(p); strings.HasPrefix(what, "service.") {
		subject, content = service(p, runs)
	}
	body, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	custom, err := json.Marshal(map[string]map[string]string{"slipway": {"releaseId": p.ReleaseID, "eventId": e.ID}})
	if err != nil {
		return nil, err
	}
	id := cdeventID(what, p.ReleaseID)
	data := cdevents.Event{
		Context: cdevents.Context{
			SpecVersion: cdevents.SpecVersion, ID: id, Source: source, Type: typeOfCDEvent(what), Timestamp: e.At, ChainID: chain(p), Links: links(what, p),
		},
		Subject:    cdevents.Subject{ID: subject, Source: source, Content: body},
		CustomData: custom, CustomDataContentType: event.ApplicationJSON,
	}
	ev, err := newEvent(Origin{Source: source, ID: id, Time: e.At}, data.Context.Type)
	if err != nil {
		return nil, err
	}
	ev.SetSubject(subject)
	if err := ev.SetData(event.ApplicationJSON, data); err != nil {
		return nil, err
	}
	return encode(CDEventSubject(what, p.ReleaseID), id, ev)
}

// run is what is told of the release as a pipeline run.
func run(what string, p release.Progress, source string) cdevents.PipelineRun {
	r := cdevents.PipelineRun{PipelineName: cmp.Or(p.Name(), p.App.SearchValue()), URI: source + "/" + p.ReleaseID}
	if what != runFinished {
		return r
	}
	r.Outcome = outcomeOf(p.Outcome)
	if r.Outcome != cdevents.OutcomeSuccess {
		r.Errors = p.Reason
	}
	return r
}

func outcomeOf(p release.Phase) cdevents.Outcome {
	if p == release.PhaseSucceeded {
		return cdevents.OutcomeSuccess
	}
	if p == release.PhaseAborted {
		return cdevents.OutcomeCancel
	}
	if p == release.PhaseNeedsAttention {
		return cdevents.OutcomeError
	}
	return cdevents.OutcomeFailure
}

// service is the ID of the service that a release is of, and what is told of it: the application and its environment by
// their names where it has some, what it is on its platform and where otherwise.
func service(p release.Progress, runs release.Artifact) (id string, s cdevents.Service) {
	id, s.Environment.ID, s.ArtifactID = p.App.SearchValue(), string(p.App.Platform)+"/"+p.App.Region, packageURL(runs)
	if p.ByName != nil {
		id, s.Environment.ID = p.ByName.Application, p.ByName.Environment
	}
	return id, s
}

// packageURL names an artifact; an address of one has no query, which may be a signature.
func packageURL(a release.Artifact) string {
	if a.Package != nil {
		address, _, _ := strings.Cut(a.Package.URL, "?")
		return cdevents.PackageURL(cmp.Or(strings.TrimSuffix(address[strings.LastIndex(address, "/")+1:], "/"), "package"), a.Package.Version, address)
	}
	image, err := ReadImage(a.Image)
	if err != nil { // which the platform has taken all the same
		return cdevents.PackageURL(a.Public(), "", "")
	}
	return cdevents.Image{Repository: image.Image, Tag: image.Tag, Digest: image.Digest}.PackageURL()
}

// chain is the chain of events that the release belongs to: that of the push that it follows from, or one of its own.
func chain(p release.Progress) string {
	if p.ByName != nil && p.ByName.Trigger.Chain != "" {
		return p.ByName.Trigger.Chain
	}
	return p.ReleaseID
}

// links say which events the event follows from: those of a release each from the one before it, the first from what
// made the release.
func links(what string, p release.Progress) (all []cdevents.Link) {
	started := cdeventID(runStarted, p.ReleaseID)
	switch what {
	case runQueued:
		return origin(p)
	case runStarted:
		return append(all, path(cdeventID(runQueued, p.ReleaseID)))
	case runFinished:
		before := started
		if told, _ := ofService(p); told != "" {
			before = cdeventID(told, p.ReleaseID)
		} else if p.StartedAt.IsZero() {
			before = cdeventID(runQueued, p.ReleaseID)
		}
		end := path(before)
		end.LinkType = cdevents.LinkEnd
		return append(all, path(before), end)
	}
	return append(all, path(started))
}

func path(from string) cdevents.Link {
	return cdevents.Link{LinkType: cdevents.LinkPath, From: &cdevents.LinkReference{ContextID: from}}
}

// origin links a release to what made it: the push that it follows from, whose chain it goes on with where that has one; the
// release that is promoted; the one that is repeated.
func origin(p release.Progress) (all []cdevents.Link) {
	relate := func(kind, target string) {
		all = append(all, cdevents.Link{LinkType: cdevents.LinkRelation, LinkKind: kind, Target: &cdevents.LinkReference{ContextID: target}})
	}
	if b := p.ByName; b != nil {
		if b.Trigger.Chain != "" && b.Trigger.EventID != "" {
			all = append(all, path(b.Trigger.EventID))
		}
		if b.Trigger.EventID != "" {
			relate(cdevents.KindTrigger, b.Trigger.EventID)
		}
		if b.PromotedFrom.Release != "" {
			relate(cdevents.KindPromotion, cdeventID(runFinished, b.PromotedFrom.Release))
		}
	}
	if p.RetryOf != "" {
		relate(cdevents.KindRetry, cdeventID(runFinished, p.RetryOf))
	}
	return all
}
