package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"slipway/release"
)

// TypeSetRequested is the type of an event that asks for several releases as one.
const TypeSetRequested = "dev.slipway.set.requested.v1"

// AskedSet is a set as it is asked for: each of its releases says where its application is, or names it. It
// is whole once the names are resolved, see [AskedSet.Resolve].
type AskedSet struct {
	// Set has its defaults. A release in Named has no spec in it.
	Set release.Set
	// Named are the releases that name their applications, in their order.
	Named []NamedRelease
}

// NamedRelease is one release of a set that names its application.
type NamedRelease struct {
	Named

	// Wave and Release are its place in the set, both from 0, and Name is what the set calls it.
	Wave, Release int
	Name          string
}

// place is the field of the spec of a release of a set.
func place(wave, at int) string { return fmt.Sprintf("waves[%d].releases[%d].spec", wave, at) }

// ParseSet reads a set from JSON as strictly as a spec. Of a release that names its application the form is
// checked alone, as [ParseNamed] does: most of the values may stand in the document.
func ParseSet(data []byte) (AskedSet, error) {
	raw, problems, err := readJSON(data)
	if err != nil {
		return AskedSet{}, release.Problems{{Field: "data", Message: "is not JSON: " + err.Error()}}
	}
	var s AskedSet
	named, wrong := s.takeNamed(raw)
	set, unread := strictOf[release.Set](raw, problems)
	s.Set = set.WithDefaults()
	for _, n := range named {
		if n.Wave < len(s.Set.Waves) && n.Release < len(s.Set.Waves[n.Wave].Releases) { // else its list is told
			one := &s.Set.Waves[n.Wave].Releases[n.Release]
			one.Spec, n.Name = release.Spec{}, one.Name
			s.Named = append(s.Named, n)
		}
	}
	return s, refuse(merge(unread, wrong), s.validate(), secretsOfSet(s.Set))
}

// takeNamed takes the specs that name their applications out of what was read of a set.
func (s AskedSet) takeNamed(raw any) (named []NamedRelease, problems release.Problems) {
	set, _ := raw.(map[string]any)
	waves, _ := set["waves"].([]any)
	for i, w := range waves[:min(len(waves), release.MaxWaves)] {
		wave, _ := w.(map[string]any)
		releases, _ := wave["releases"].([]any)
		for j, r := range releases[:min(len(releases), release.MaxSetReleases)] {
			one, _ := r.(map[string]any)
			says, _ := one["spec"].(map[string]any)
			if !namesApplication(says) {
				continue
			}
			n, err := namedOf(says)
			if n.Promotes() {
				err = release.Problems{{Field: fieldPromoted, Message: "has no meaning within a set: a version is promoted by a request of its own"}}
			}
			if n.Triggered() {
				err = release.Problems{{Field: fieldTrigger, Message: "has no meaning within a set: a push makes a request of its own"}}
			}
			delete(one, "spec")
			named, problems = append(named, NamedRelease{Named: n, Wave: i, Release: j}), merge(problems, within(place(i, j), err))
		}
	}
	return named, problems
}

// within returns the problems of what stands at a place.
func within(at string, err error) (out release.Problems) {
	problems, _ := errors.AsType[release.Problems](err)
	for _, p := range problems {
		out = append(out, release.Problem{Field: at + "." + p.Field, Message: p.Message})
	}
	return out
}

// validate lists what is wrong with the set but for the releases that are to be resolved.
func (s AskedSet) validate() error {
	found, _ := s.Set.Validate().(release.Problems) //nolint:errorlint // Validate returns nothing else
	var problems release.Problems
	for _, p := range found {
		if !s.names(p.Field) {
			problems = append(problems, p)
		}
	}
	return refuse(problems, nil, nil)
}

// names reports whether a field is one of a release that names its application.
func (s AskedSet) names(field string) bool {
	for _, n := range s.Named {
		if at := place(n.Wave, n.Release); field == at || strings.HasPrefix(field, at+".") {
			return true
		}
	}
	return false
}

// MarshalJSON returns the data of the request.
func (s AskedSet) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(s.Set)
	if err != nil || len(s.Named) == 0 {
		return data, err
	}
	raw, _, err := readJSON(data)
	if err != nil {
		return nil, err
	}
	for _, n := range s.Named {
		waves, _ := raw.(map[string]any)["waves"].([]any)
		releases, _ := waves[n.Wave].(map[string]any)["releases"].([]any)
		releases[n.Release].(map[string]any)["spec"] = n.Named
	}
	return json.Marshal(raw)
}

// Digest names what is asked for, as [release.Set.Digest] does. What application documents say is not a part of
// it.
func (s AskedSet) Digest() (string, error) {
	if len(s.Named) == 0 {
		return s.Set.Digest(), nil
	}
	data, err := s.MarshalJSON()
	return release.DigestOf(data), err
}

// Resolved is what the name of a release within a set was resolved to.
type Resolved struct {
	Spec   release.Spec
	ByName release.ByName
}

// Resolve returns the whole set and by which names its releases were asked for, each by what the set calls it.
// Of a release that names nobody the set says who asks. The error is [release.Problems]: everything that is wrong
// with any of the releases, as find answers with [release.Problem] or [release.Problems], and with the whole
// set. Another error of find is returned as it is.
func (s AskedSet) Resolve(find func(Named) (Resolved, error)) (release.Set, map[string]release.ByName, error) {
	set, names := s.Set.WithDefaults(), map[string]release.ByName{} // the lists are copies
	var wrong release.Problems
	for _, n := range s.Named {
		n.Named = n.AskedBy(set.RequestedBy)
		found, err := find(n.Named)
		problem, is := errors.AsType[release.Problem](err)
		problems, are := errors.AsType[release.Problems](err)
		switch {
		case is:
			problems = release.Problems{problem}
		case err != nil && !are:
			return set, nil, err
		}
		wrong = append(wrong, within(place(n.Wave, n.Release), problems)...)
		set.Waves[n.Wave].Releases[n.Release].Spec, names[n.Name] = found.Spec.WithDefaults(), found.ByName
	}
	if len(wrong) > 0 {
		return set, nil, refuse(nil, wrong, nil)
	}
	if data, err := json.Marshal(set); err != nil || len(data) > MaxPayload {
		return set, nil, release.Problems{{Field: "data", Message: fmt.Sprintf("has %d bytes with what the documents say; at most %d are taken", len(data), MaxPayload)}}
	}
	return set, names, ValidateSet(set)
}

// EncodeSetRequest returns the message that asks for a set, as structured CloudEvent. The
// set it means has the ID [release.SetID] of its name and the origin. One with what looks like a
// secret is not encoded.
func EncodeSetRequest(o Origin, s AskedSet) (*nats.Msg, error) {
	if !isToken(s.Set.Name) {
		return nil, fmt.Errorf("encode request: %w", release.Problem{Field: "name", Message: "must be letters, digits or hyphens"})
	}
	if secrets := s.secrets(); len(secrets) > 0 {
		return nil, fmt.Errorf("encode request: %w", secrets)
	}
	requestedBy, err := o.as(fieldRequestedBy, s.Set.RequestedBy)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	s.Set.RequestedBy = requestedBy
	subject := SetRequestSubject(s.Set.Name)
	if o.Identity != "" {
		subject = VerifiedSetRequestSubject(o.Identity, s.Set.Name)
	}
	digest, err := s.Digest()
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	ev, err := newEvent(o, TypeSetRequested)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	ev.SetSubject(AboutSet(s.Set.Name))
	if err := ev.SetData(event.ApplicationJSON, s); err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	msg, err := o.encode(subject, contentMsgID(release.SetID(s.Set.Name, o.Source, o.ID), digest), ev)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return msg, nil
}

// secrets are the texts that look like secrets.
func (s AskedSet) secrets() release.Problems {
	problems := secretsOfSet(s.Set)
	for _, n := range s.Named {
		problems = append(problems, within(place(n.Wave, n.Release), secretsOf(n.said()))...)
	}
	return problems
}

// SetRequest is an event that asks for a set, as it was read.
type SetRequest struct {
	AskedSet

	// ID is the ID of the set, which is [release.SetID].
	ID string
	// Digest is that of what was published, see [AskedSet.Digest].
	Digest string
	// Admission tells whether who asked is verified.
	Admission release.Admission
	// Source and EventID are those of the event.
	Source, EventID string
}

// DecodeSetRequest reads a message that asks for a set. The error is a [PoisonError].
func DecodeSetRequest(msg *nats.Msg) (SetRequest, error) {
	on, ok := readSubject(msg.Subject)
	if !ok || on.kind != KindSet {
		return SetRequest{}, poison("subject", fmt.Sprintf("%q is not %s", msg.Subject, setRequestPrefix+"<name>"))
	}
	ev, bad := decode(msg)
	if bad != nil {
		return SetRequest{}, bad
	}
	if ev.kind != TypeSetRequested {
		return SetRequest{}, poison("type", fmt.Sprintf("%q is not a request for a set; use %s", ev.kind, TypeSetRequested))
	}
	s, err := ParseSet(ev.data)
	if err != nil {
		return SetRequest{}, Refused(err)
	}
	if s.Set.Name != on.set {
		return SetRequest{}, poison("subject", fmt.Sprintf("%q is not the subject of the set in the data, %q", msg.Subject, SetRequestSubject(s.Set.Name)))
	}
	if bad := ev.about(AboutSet(s.Set.Name)); bad != nil {
		return SetRequest{}, bad
	}
	if bad := on.speaksForAll(&s); len(bad) > 0 {
		return SetRequest{}, poisonous(bad)
	}
	digest, err := s.Digest()
	if err != nil {
		return SetRequest{}, Refused(err)
	}
	return SetRequest{
		AskedSet: s, ID: release.SetID(s.Set.Name, ev.source, ev.id), Digest: digest,
		Admission: release.Admission{Verified: on.identity != ""}, Source: ev.source, EventID: ev.id,
	}, nil
}

// speaksForAll does so for a set, of whose releases none names somebody else.
func (a address) speaksForAll(s *AskedSet) release.Problems {
	problems := a.speaks(fieldRequestedBy, &s.Set.RequestedBy)
	for i := range s.Set.Waves {
		for j, each := range s.Set.Waves[i].Releases {
			named := each.Spec.RequestedBy
			if named != "" {
				problems = append(problems, a.speaks(place(i, j)+"."+fieldRequestedBy, &named)...)
			}
		}
	}
	for _, n := range s.Named {
		if named := n.requestedBy(); named != "" {
			problems = append(problems, a.speaks(place(n.Wave, n.Release)+"."+fieldRequestedBy, &named)...)
		}
	}
	return problems
}
