package apps

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"slipway/internal/documents"
	"slipway/release"
	"slipway/wire"
)

// The bounds of the triggers of a document.
const (
	MaxTriggers    = 50
	MaxSenders     = 20
	maxTagRange    = 256
	maxPatternSize = 2000
)

// Trigger is a rule that makes a release of each push of an image to a registry.
type Trigger struct {
	// Name is unique among the triggers of the document.
	Name string `json:"name"`
	// Artifact is which images it is about.
	Artifact TriggerArtifact `json:"artifact"`
	// Environment is where they are released; empty is the first of the document.
	Environment string `json:"environment,omitempty"`
	// Paused keeps the rule from releasing anything.
	Paused bool `json:"paused,omitempty"`
	// From are the senders whose word counts; none is every one. See [wire.Published].
	From []string `json:"from,omitempty"`
}

// TriggerArtifact is which images a trigger is about.
type TriggerArtifact struct {
	// Image is the repository, without tag and digest: registry.example/team/shop.
	Image string `json:"image"`
	// Tag is which of its tags; zero is any, and none.
	Tag TriggerTag `json:"tag,omitzero"`
}

// TriggerTag is which tags a trigger is about: one of the two is set, or none.
type TriggerTag struct {
	// Semver is a range of versions, such as ">=1.0 <2". A version has three parts, and may begin with v; a prerelease is within the range only
	// where that names one.
	Semver string `json:"semver,omitempty"`
	// Pattern is a regular expression, which the whole tag must match.
	Pattern string `json:"pattern,omitempty"`
}

// String names the tags as they stand in the document.
func (t TriggerTag) String() string {
	switch {
	case t.Semver != "":
		return t.Semver
	case t.Pattern != "":
		return "/" + t.Pattern + "/"
	}
	return "any"
}

// Matches reports whether a tag is one of these; the reason why not is empty where it is.
func (t TriggerTag) Matches(tag string) (reason string) {
	switch {
	case t == TriggerTag{}:
		return ""
	case tag == "":
		return "the push has no tag, and the rule wants one: " + t.String()
	case t.Semver != "":
		return t.semverMismatch(tag)
	}
	expression, err := whole(t.Pattern)
	if err != nil || !expression.MatchString(tag) {
		return fmt.Sprintf("tag %s does not match the pattern %s", tag, t.Pattern)
	}
	return ""
}

func (t TriggerTag) semverMismatch(tag string) string {
	wanted, err := semver.NewConstraint(t.Semver)
	// Strictly: a number alone is a date or a commit, and 1.4 is moved from version to version.
	version, none := semver.StrictNewVersion(strings.TrimPrefix(tag, "v"))
	switch {
	case none != nil:
		return fmt.Sprintf("tag %s is no version of three parts such as 1.4.2, and the rule wants one in %s", tag, t.Semver)
	case err == nil && wanted.Check(version):
		return ""
	case version.Prerelease() != "" && !strings.Contains(t.Semver, "-"):
		return fmt.Sprintf("version %s is a prerelease, which %s does not name; write for example >=1.0-0", tag, t.Semver)
	}
	return fmt.Sprintf("version %s is not in %s", tag, t.Semver)
}

// whole compiles a pattern that the whole text must match.
func whole(pattern string) (*regexp.Regexp, error) { return regexp.Compile(`^(?:` + pattern + `)$`) }

// Repository is an image in the one form of its name: shop is docker.io/library/shop, and hosts have no case.
func Repository(image string) string {
	p, err := wire.ReadImage(image)
	if err != nil {
		return image
	}
	return p.Image
}

// Verdict is what a trigger says of a push.
type Verdict struct {
	// Environment is where the trigger releases.
	Environment Environment
	Trigger     Trigger
	// Reason is why it does not release the push; empty where it does.
	Reason string
}

// Triggered judges a push by the triggers of the document that are about its image, in their order. A document that is valid
// has the environments that it names.
func (a Application) Triggered(p wire.Published) (found []Verdict) {
	for _, t := range a.Triggers {
		if Repository(t.Artifact.Image) != Repository(p.Image) {
			continue
		}
		v := Verdict{Trigger: t}
		var err error
		v.Environment, err = a.TriggerEnvironment(t)
		switch {
		case err != nil:
			v.Reason = err.Error()
		case p.Attaches():
			v.Reason = "the tag is that of a signature, or of what else belongs to an image"
		case t.Paused:
			v.Reason = "the rule is paused"
		case len(t.From) > 0 && !slices.Contains(t.From, p.Sender):
			v.Reason = fmt.Sprintf("the rule takes no word of sender %s, but of %s", p.Sender, strings.Join(t.From, ", "))
		default:
			v.Reason = t.Artifact.Tag.Matches(p.Tag)
		}
		found = append(found, v)
	}
	return found
}

// Unjudged is what comes of a push by the rules of a document that cannot be read: nobody knows whether it has one for the image.
func Unjudged(u *documents.UnreadableError) release.PushRule {
	return release.PushRule{Application: u.Name, Reason: "its document cannot be read: " + release.OneLine(u.Reason.Error())}
}

// TriggerEnvironment is where a trigger of the document releases.
func (a Application) TriggerEnvironment(t Trigger) (Environment, error) {
	if t.Environment == "" && len(a.Environments) > 0 {
		return a.Environments[0], nil
	}
	return a.Environment(t.Environment)
}

// triggers checks the triggers of a document.
func (v *validator) triggers(a Application) {
	v.check(len(a.Triggers) <= MaxTriggers, "triggers", "has %d entries; at most %d are taken", len(a.Triggers), MaxTriggers)
	for i, t := range a.Triggers[:min(len(a.Triggers), MaxTriggers)] {
		at := fmt.Sprintf("triggers[%d]", i)
		v.name(at+".name", t.Name)
		for j, before := range a.Triggers[:i] {
			v.check(before.Name != t.Name || t.Name == "", at+".name", "%q is that of triggers[%d] already", t.Name, j)
		}
		v.check(t.Environment == "" || slices.Contains(a.Names(), t.Environment), at+".environment",
			"%.*q is no environment of the document%s", release.MaxID, t.Environment, release.DidYouMean(t.Environment, a.Names()))
		v.repository(at+".artifact.image", t.Artifact.Image)
		v.tag(at+".artifact.tag", t.Artifact.Tag)
		v.check(len(t.From) <= MaxSenders, at+".from", "has %d entries; at most %d are taken", len(t.From), MaxSenders)
		for j, sender := range t.From[:min(len(t.From), MaxSenders)] {
			v.name(fmt.Sprintf("%s.from[%d]", at, j), sender)
		}
	}
}

func (v *validator) repository(at, image string) {
	v.check(wire.IsRepository(image), at, "%.255q is no repository such as registry.example/team/shop, without tag and digest", image)
}

func (v *validator) tag(at string, t TriggerTag) {
	v.check(t.Semver == "" || t.Pattern == "", at, "has semver and pattern; leave one of them out")
	v.check(len(t.Semver) <= maxTagRange, at+".semver", "has %d bytes; at most %d are taken", len(t.Semver), maxTagRange)
	v.check(len(t.Pattern) <= maxTagRange, at+".pattern", "has %d bytes; at most %d are taken", len(t.Pattern), maxTagRange)
	if len(t.Semver) > maxTagRange || len(t.Pattern) > maxTagRange {
		return
	}
	_, noRange := semver.NewConstraint(t.Semver)
	v.check(t.Semver == "" || noRange == nil, at+".semver", "%q is no range of versions such as >=1.0 <2", t.Semver)
	// On its own: within what surrounds it, a)|(b would be one.
	pattern, noPattern := syntax.Parse(t.Pattern, syntax.Perl)
	v.check(noPattern == nil, at+".pattern", "%q is no regular expression such as v[0-9.]+", t.Pattern)
	v.check(noPattern != nil || patternSize(pattern) <= maxPatternSize, at+".pattern",
		"%q repeats too much: each push would wait for it; a tag has 128 characters at most", t.Pattern)
}

// patternSize is about how many instructions a regular expression has: time and memory that it takes go with them.
func patternSize(r *syntax.Regexp) int {
	size := 1 + len(r.Rune)
	if r.Op == syntax.OpCharClass {
		size = 1
	}
	for _, sub := range r.Sub {
		size += patternSize(sub)
	}
	if r.Op == syntax.OpRepeat {
		size *= max(r.Min, r.Max, 1)
	}
	return size
}
