package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/distribution/reference"
	"github.com/nats-io/nats.go"

	"slipway/release"
)

// Named is a request that names its application: which environment of it, and what is asked for
// besides what the application document says already.
type Named struct {
	Application, Environment string
	// PromotedFrom names the release whose artifact is brought; zero where the request says itself what it
	// brings.
	PromotedFrom release.PromotedFrom
	// Trigger is the push to a registry that the request follows from; zero where somebody asks.
	Trigger release.Trigger
	// Says are the fields of a [release.Spec], without app, as they were given. Numbers are
	// [json.Number]; a field that was given as null is there with nil.
	Says map[string]any
}

// The fields that a request by name has besides those of a spec, the one that it has not, and the one
// that says who asks.
const (
	fieldApplication = "application"
	fieldEnvironment = "environment"
	fieldApp         = "app"
	fieldPromoted    = "promotedFrom"
	fieldTrigger     = "trigger"
	fieldArtifact    = "artifact"
	fieldRequestedBy = "requestedBy"
)

// String is how people name what is asked for: application/environment.
func (n Named) String() string { return aboutNamed(n.Application, n.Environment) }

// MarshalJSON returns the data of the request.
func (n Named) MarshalJSON() ([]byte, error) {
	data := map[string]any{}
	maps.Copy(data, n.Says)
	data[fieldApplication], data[fieldEnvironment] = n.Application, n.Environment
	if n.Promotes() {
		data[fieldPromoted] = n.PromotedFrom
	}
	if n.Triggered() {
		data[fieldTrigger] = n.Trigger
	}
	return json.Marshal(data)
}

// Promotes reports whether the request promotes a release.
func (n Named) Promotes() bool { return n.PromotedFrom != release.PromotedFrom{} }

// Triggered reports whether the request follows from a push to a registry.
func (n Named) Triggered() bool { return n.Trigger != release.Trigger{} }

// ReleaseID returns the ID of the release that the request means, with the source and ID of its event:
// [release.IDByName], or of a promotion, whatever event it came by, [release.PromotionID].
func (n Named) ReleaseID(source, eventID string) string {
	if n.Promotes() {
		return release.PromotionID(n.Application, n.Environment, n.PromotedFrom.Release)
	}
	return release.IDByName(n.Application, n.Environment, source, eventID)
}

// Digest names what is asked for: sha256: and 64 hexadecimal digits. The same data has the same
// digest in whichever order its fields stand. What the document says is not a part of it; nor is who
// promotes a release, and why: that is the same promotion. Where a push made the request, neither who told of it
// counts, nor by which of its tags the image was named.
func (n Named) Digest() (string, error) {
	if n.Triggered() {
		n = n.untold()
	}
	if n.Promotes() {
		n = Named{Application: n.Application, Environment: n.Environment, PromotedFrom: release.PromotedFrom{Release: n.PromotedFrom.Release}}
	}
	data, err := n.MarshalJSON()
	if err != nil {
		return "", err
	}
	return release.DigestOf(data), nil
}

// untold returns what a push asks for, without who told of it, and of an image with a digest without the tag.
func (n Named) untold() Named {
	says := maps.Clone(n.Says)
	delete(says, fieldRequestedBy)
	if artifact, is := says[fieldArtifact].(map[string]any); is {
		artifact = maps.Clone(artifact)
		if image, is := artifact["image"].(string); is {
			artifact["image"] = withoutTag(image)
		}
		says[fieldArtifact] = artifact
	}
	n.Says, n.Trigger = says, release.Trigger{}
	return n
}

// withoutTag is an image without the tag, where it has a digest besides.
func withoutTag(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	digested, is := named.(reference.Digested)
	if err != nil || !is {
		return image
	}
	return named.Name() + "@" + digested.Digest().String()
}

// ParseNamed reads a request by name from JSON as strictly as any other. It returns everything that is
// wrong with its form as [release.Problems], fields that do not exist and what looks like a secret among
// them. Whether the values are good, only the document can tell: most of them may stand there.
func ParseNamed(data []byte) (Named, error) {
	raw, problems, err := readJSON(data)
	if err != nil {
		return Named{}, release.Problems{{Field: "data", Message: "is not JSON: " + err.Error()}}
	}
	says, ok := raw.(map[string]any)
	if !ok {
		return Named{}, release.Problems{{Field: "data", Message: "must be an object, not " + jsonName(raw)}}
	}
	n, wrong := namedOf(says)
	return n, refuse(problems, wrong, nil)
}

// namedOf reads a request by name from what [readJSON] has read of it. The error is [release.Problems], or nil.
func namedOf(says map[string]any) (Named, error) {
	n := Named{Says: says}
	var seen inspector
	n.Application, n.Environment = seen.name(says, fieldApplication), seen.name(says, fieldEnvironment)
	if _, given := says[fieldApp]; given {
		seen.problem(fieldApp, "has no meaning beside application: the application document says which one it is; leave one of them out")
		delete(says, fieldApp)
	}
	seen.promotion(&n)
	seen.trigger(&n)
	spec, wrong := strictOf[release.Spec](says, seen.problems)
	return n, refuse(wrong, nil, secretsOf(spec))
}

// name takes the name of an application or an environment out of what was said.
func (i *inspector) name(says map[string]any, field string) string {
	value, given := says[field]
	delete(says, field)
	name, text := value.(string)
	switch {
	case !given || value == nil:
		i.problem(field, "is missing")
	case !text:
		i.problem(field, "must be a string, not "+jsonName(value))
	case !release.IsName(name):
		i.problem(field, fmt.Sprintf("%.*q is not %s", release.MaxID, name, release.NameWords))
	}
	return name
}

// promotion takes which release is promoted out of what was said. Nothing that the release or the document
// says of what is released can be said besides.
func (i *inspector) promotion(n *Named) {
	value, given := n.Says[fieldPromoted]
	delete(n.Says, fieldPromoted)
	if !given {
		return
	}
	data, err := json.Marshal(value)
	if err != nil {
		i.problem(fieldPromoted, "cannot be read")
		return
	}
	from, problems := Strict[release.PromotedFrom](data)
	i.within(fieldPromoted, problems, from.Validate())
	n.PromotedFrom = from
	for _, name := range slices.Sorted(maps.Keys(n.Says)) {
		if !slices.Contains([]string{fieldRequestedBy, "note", "lane", "freeze"}, name) {
			i.problem(name, "has no meaning beside "+fieldPromoted+": the artifact is that of the release, and all else is what the document says of the environment; leave it out")
			delete(n.Says, name)
		}
	}
}

// trigger takes which push made the request out of what was said.
func (i *inspector) trigger(n *Named) {
	value, given := n.Says[fieldTrigger]
	delete(n.Says, fieldTrigger)
	if !given {
		return
	}
	data, err := json.Marshal(value)
	if err != nil {
		i.problem(fieldTrigger, "cannot be read")
		return
	}
	t, problems := Strict[release.Trigger](data)
	i.within(fieldTrigger, problems, t.Validate())
	n.Trigger = t.Bounded()
}

// within notes the problems of what stands in a field: of its form, or else of its values.
func (i *inspector) within(field string, problems release.Problems, invalid error) {
	if found, ok := invalid.(release.Problems); ok && len(problems) == 0 { //nolint:errorlint // Validate returns nothing else
		problems = found
	}
	for _, p := range problems {
		at := field
		if p.Field != "data" {
			at += "." + p.Field
		}
		i.problem(at, p.Message)
	}
}

// said is what a request by name says, as a spec without an application.
func (n Named) said() (spec release.Spec) {
	data, err := json.Marshal(n.Says)
	if err != nil {
		return spec
	}
	spec, _ = Strict[release.Spec](data)
	return spec
}

// NamesApplication reports whether the data of a request, or the spec of a file, names an application
// instead of saying where one is.
func NamesApplication(data []byte) bool {
	raw, _, err := readJSON(data)
	says, _ := raw.(map[string]any)
	return err == nil && namesApplication(says)
}

func namesApplication(says map[string]any) bool {
	_, app := says[fieldApp]
	_, application := says[fieldApplication]
	_, environment := says[fieldEnvironment]
	return !app && (application || environment)
}

// NamedOf returns a request by name that asks for what a spec says of itself, without its app. What is
// unset in the spec is not said.
func NamedOf(application, environment string, s release.Spec) (Named, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return Named{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	n := Named{Application: application, Environment: environment}
	if err := decoder.Decode(&n.Says); err != nil {
		return Named{}, err
	}
	delete(n.Says, fieldApp)
	return n, nil
}

// requestedBy is who the request says that it is of; empty where it says nobody.
func (n Named) requestedBy() string {
	name, _ := n.Says[fieldRequestedBy].(string)
	return name
}

// by returns the request with who it is of.
func (n Named) by(identity string) Named {
	says := map[string]any{}
	maps.Copy(says, n.Says)
	says[fieldRequestedBy] = identity
	n.Says = says
	return n
}

// AskedBy returns the request with who it is of, where it says nobody.
func (n Named) AskedBy(identity string) Named {
	if n.requestedBy() != "" {
		return n
	}
	return n.by(identity)
}

// EncodeNamedRequest returns the message that asks for a release by name, as structured CloudEvent. The
// release it means has the ID [Named.ReleaseID] of the origin. One with what looks like
// a secret is not encoded.
func EncodeNamedRequest(o Origin, n Named) (*nats.Msg, error) {
	subject := NamedRequestSubject(n.Application, n.Environment)
	if o.Identity != "" {
		identity, err := o.as(fieldRequestedBy, n.requestedBy())
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		n, subject = n.by(identity), VerifiedNamedRequestSubject(identity, n.Application, n.Environment)
	}
	data, err := n.MarshalJSON()
	if err == nil {
		_, err = ParseNamed(data)
	}
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	ev, err := newEvent(o, TypeRequested)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	ev.SetSubject(n.String())
	if err := ev.SetData(event.ApplicationJSON, json.RawMessage(data)); err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	// Of a promotion that was refused the same may be asked for again by another event.
	content := data
	if n.Promotes() {
		content = slices.Concat(data, []byte(o.Source+" "+o.ID))
	}
	msg, err := o.encode(subject, contentMsgID(n.ReleaseID(o.Source, o.ID), release.DigestOf(content)), ev)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return msg, nil
}

// NamedRequest is an event that asks for a release by name, as it was read.
type NamedRequest struct {
	Named

	// ReleaseID is [Named.ReleaseID].
	ReleaseID string
	// Digest is that of what was published, see [Named.Digest].
	Digest string
	// Admission tells whether who asked is verified.
	Admission release.Admission
	// Source and EventID are those of the event.
	Source, EventID string
}

// DecodeNamedRequest reads a message that asks for a release by name. The error is a [PoisonError].
func DecodeNamedRequest(msg *nats.Msg) (NamedRequest, error) {
	on, ok := readSubject(msg.Subject)
	if !ok || !on.named {
		return NamedRequest{}, poison("subject", fmt.Sprintf("%q is not %s", msg.Subject, namedRequestForm(on)))
	}
	ev, bad := decode(msg)
	if bad != nil {
		return NamedRequest{}, bad
	}
	if ev.kind != TypeRequested {
		return NamedRequest{}, poison("type", fmt.Sprintf("%q is not a release request; use %s", ev.kind, TypeRequested))
	}
	n, err := ParseNamed(ev.data)
	if err != nil {
		return NamedRequest{}, Refused(err)
	}
	subject := NamedRequestSubject(n.Application, n.Environment)
	if on.identity != "" {
		subject = VerifiedNamedRequestSubject(on.identity, n.Application, n.Environment)
	}
	if msg.Subject != subject {
		return NamedRequest{}, poison("subject", fmt.Sprintf("%q is not the subject of what the data names, %q", msg.Subject, subject))
	}
	if on.identity != "" {
		requestedBy := n.requestedBy()
		if bad := on.speaks(fieldRequestedBy, &requestedBy); len(bad) > 0 {
			return NamedRequest{}, poisonous(bad)
		}
		n = n.by(requestedBy)
	}
	if bad := ev.about(n.String()); bad != nil {
		return NamedRequest{}, bad
	}
	digest, err := n.Digest()
	if err != nil {
		return NamedRequest{}, Refused(err)
	}
	return NamedRequest{
		Named: n, ReleaseID: n.ReleaseID(ev.source, ev.id), Digest: digest,
		Admission: release.Admission{Verified: on.identity != ""}, Source: ev.source, EventID: ev.id,
	}, nil
}

// namedRequestForm is what the subject of a request by name looks like.
func namedRequestForm(a address) string {
	if a.identity != "" {
		return verifiedPrefix + "<identity>.request." + namedPlatform + ".<application>.<environment>"
	}
	return namedRequestPrefix + "<application>.<environment>"
}
