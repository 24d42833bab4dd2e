package apps

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"slipway/release"
	"slipway/wire"
)

// KindApplication is the kind of an application document.
const KindApplication = "Application"

// The bounds of a document; what its environments say of a release is bounded as in a request.
const (
	MaxEnvironments = 20
	MaxLocked       = 50
	// MaxDocument is the size of a document as JSON, in bytes.
	MaxDocument = 128 << 10
)

// Application is an application document: the spec of a file of kind Application.
type Application struct {
	// Name is unique among the documents.
	Name string `json:"name"`
	// Environments stand in the order of promotion; a release without one goes to the first.
	Environments []Environment `json:"environments"`
	// Promotion says from which environment to which what has Succeeded may be promoted.
	Promotion []Promotion `json:"promotion,omitempty"`
	// Triggers make releases of what is pushed to registries.
	Triggers []Trigger `json:"triggers,omitempty"`
	// Notify says who is told of releases of the application, besides whom the notifier's own rules tell.
	Notify []NotifyRule `json:"notify,omitempty"`
	// Waiting is the ladder by which people are reminded of what waits for them; empty where that of the notifier counts.
	Waiting []WaitingStep `json:"waiting,omitempty"`
}

// Environment is one place where the application runs.
type Environment struct {
	// Name is unique within the document.
	Name string `json:"name"`
	App  Place  `json:"app"`
	// Release are the fields of a [release.Spec] that a request of this environment need not give,
	// each as JSON: see [Defaults] for which there may be.
	Release map[string]json.RawMessage `json:"release,omitempty"`
	// Locked are the paths of fields, such as strategy or limits.total, that no request may give.
	Locked []string `json:"locked,omitempty"`
}

// Parse reads a whole document from JSON: one that can be stored. Everything that is wrong with it is
// returned at once, as [release.Problems].
func Parse(data []byte) (Application, error) { return parse(data, Application.Validate) }

// ParseNamed reads a document in which applications may have names without IDs, for [Application.Resolved]
// to complete.
func ParseNamed(data []byte) (Application, error) { return parse(data, Application.ValidateNamed) }

func parse(data []byte, validate func(Application) error) (Application, error) {
	if len(data) > MaxDocument {
		return Application{}, release.Problems{{Field: "data", Message: fmt.Sprintf("has %d bytes; at most %d are taken", len(data), MaxDocument)}}
	}
	a, problems := wire.Strict[Application](data)
	problems = explained(problems)
	invalid := validate(a)
	if found, ok := invalid.(release.Problems); ok { //nolint:errorlint // validate returns nothing else
		problems = join(problems, found)
	}
	if len(problems) > 0 {
		return a, problems
	}
	return a, nil
}

// maxProblems is how many problems are told at once.
const maxProblems = 100

// join returns both, of each field only what was found first.
func join(first, second release.Problems) release.Problems {
	for _, p := range second {
		told := slices.ContainsFunc(first, func(q release.Problem) bool {
			return q.Field == "data" || q.Field == p.Field || strings.HasPrefix(p.Field, q.Field+".") || strings.HasPrefix(p.Field, q.Field+"[")
		})
		if !told && len(first) < maxProblems {
			first = append(first, p)
		}
	}
	return first
}

// explained adds the remedy to fields that people look for in a document and that are none.
func explained(problems release.Problems) release.Problems {
	remedies := map[string]string{
		"notify":   "; who is told of the releases of an environment stands in notify of the document, with the names of environments",
		"approval": "; whom a release of this environment asks stands under release, as release.approval",
	}
	for i, p := range problems {
		field := p.Field[strings.LastIndex(p.Field, ".")+1:]
		if strings.Contains(p.Message, "is not a field here") {
			problems[i].Message += remedies[field]
		}
	}
	return problems
}

// Validate lists every problem of the document at once, as [release.Problems], or returns nil. What an
// environment says of a release is checked as a request of it would be that brings an image, by somebody.
func (a Application) Validate() error { return a.validate(&validator{}) }

// ValidateNamed does so of a document in which applications may have names without IDs.
func (a Application) ValidateNamed() error { return a.validate(&validator{byName: true}) }

func (a Application) validate(v *validator) error {
	if problem, ok := errors.AsType[release.Problem](release.CheckApplicationName(a.Name)); ok {
		v.problems = append(v.problems, problem)
	}
	v.check(len(a.Environments) >= 1, "environments", "must have at least one environment")
	if len(a.Environments) > MaxEnvironments {
		v.check(false, "environments", "has %d entries; at most %d are taken", len(a.Environments), MaxEnvironments)
		return v.err()
	}
	for i, e := range a.Environments {
		v.environment(a, i, e)
	}
	v.promotion(a)
	v.triggers(a)
	v.notifications(a)
	return v.err()
}

type validator struct {
	problems release.Problems
	// byName takes a name for an application without its ID.
	byName bool
}

func (v *validator) err() error {
	if len(v.problems) == 0 {
		return nil
	}
	return v.problems
}

func (v *validator) check(ok bool, field, format string, args ...any) {
	if !ok {
		v.problems = append(v.problems, release.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

func (v *validator) name(field, name string) {
	v.check(release.IsName(name), field, "%.*q is not %s", release.MaxID, name, release.NameWords)
}

// environment checks one of them, with those before it.
func (v *validator) environment(a Application, i int, e Environment) {
	at := fmt.Sprintf("environments[%d]", i)
	v.name(at+".name", e.Name)
	for j, before := range a.Environments[:i] {
		v.check(before.Name != e.Name || e.Name == "", at+".name", "%q is that of environments[%d] already", e.Name, j)
		v.check(!before.App.same(e.App) || e.App == Place{}, at+".app", "is the application of environment %s already; each has its own", before.Name)
	}
	v.place(at, e.App)
	v.defaults(at, e)
	v.check(len(e.Locked) <= MaxLocked, at+".locked", "has %d entries; at most %d are taken", len(e.Locked), MaxLocked)
	for j, path := range e.Locked[:min(len(e.Locked), MaxLocked)] {
		v.locked(fmt.Sprintf("%s.locked[%d]", at, j), path)
	}
}

// Defaults are the fields of a release that an environment may have defaults for.
func Defaults() []string {
	return slices.DeleteFunc(fieldsOf(), func(name string) bool { return notDefault(name) != "" })
}

// notDefault is why a field of a release has no default in a document; empty of one that may have one.
func notDefault(name string) string {
	switch name {
	case "app":
		return "stands beside release, not within it"
	case "artifact", "operation", "job", "version", "instances", "adopt", "retryOf":
		return "is for each request to say; leave it out"
	case "requestedBy", "note":
		return "is said with each request; leave it out"
	case "freeze", "policy":
		return "is decided for one release, with a reason; leave it out"
	}
	return ""
}

// defaults checks what an environment says of a release.
func (v *validator) defaults(at string, e Environment) {
	within := at + ".release."
	said := map[string]json.RawMessage{}
	for _, name := range slices.Sorted(maps.Keys(e.Release)) {
		why := notDefault(name)
		v.check(why == "", within+name, "%s", why)
		if why == "" {
			said[name] = e.Release[name]
		}
	}
	e.Release = said
	_, err := e.resolve(map[string]any{"artifact": map[string]any{"image": "registry.invalid/image:1"}, "requestedBy": "somebody"})
	problems, _ := err.(release.Problems) //nolint:errorlint // resolve returns nothing else
	for _, p := range problems {
		field, _, _ := strings.Cut(p.Field, ".")
		switch {
		case p.Field == "app.id" && e.App.Unresolved():
			if v.byName {
				continue
			}
			p = release.Problem{Field: at + ".app.id", Message: needsID(e.App)}
		case field == "app":
			p.Field = at + "." + p.Field
		case strings.HasPrefix(field, "artifact"): // which is none of the document's
			continue
		default:
			p.Field = within + p.Field
		}
		v.problems = append(v.problems, p)
	}
}

// platformSettings is where the settings stand that only one platform has.
const platformSettings = "config.platform."

// locked checks the path of a field that no request may give.
func (v *validator) locked(at, path string) {
	first, _, _ := strings.Cut(path, ".")
	switch {
	case first == "app":
		v.check(false, at, "app is the document's own already; leave it out")
	case first == "artifact" || first == "requestedBy" || first == "note" || first == "retryOf":
		v.check(false, at, "%s cannot be locked: it is for each request to say", first)
	case first == "operation":
		v.check(false, at, "operation cannot be locked: each request says it, or means release")
	case strings.HasPrefix(path, platformSettings) && strings.Contains(strings.TrimPrefix(path, platformSettings), "."):
		setting, _, _ := strings.Cut(strings.TrimPrefix(path, platformSettings), ".")
		v.check(false, at, "a request gives a setting of a platform whole, and replaces what the document says within it; lock %s%s", platformSettings, setting)
	case !isField(path):
		v.check(false, at, "%.*q is no field of a release, or within a list; write for example strategy, limits.total or freeze.override%s",
			release.MaxID, path, release.DidYouMean(first, fieldsOf()))
	}
}

// Environment returns the environment of that name; without one the error is a [release.Problem] that
// names those there are.
func (a Application) Environment(name string) (Environment, error) {
	for _, e := range a.Environments {
		if e.Name == name {
			return e, nil
		}
	}
	return Environment{}, release.Problem{Field: "environment", Message: fmt.Sprintf("%.*q is no environment of %s; there are %s%s",
		release.MaxID, name, a.Name, strings.Join(a.Names(), ", "), release.DidYouMean(name, a.Names()))}
}

// Names are those of the environments, in their order.
func (a Application) Names() []string {
	names := make([]string, len(a.Environments))
	for i, e := range a.Environments {
		names[i] = e.Name
	}
	return names
}

// Removed are the environments of a document that the next one has not, or has with another application.
// Either may be nil, for no document.
func Removed(have, next *Application) (removed []Environment) {
	if have == nil {
		return nil
	}
	for _, e := range have.Environments {
		kept := next != nil && slices.ContainsFunc(next.Environments, func(n Environment) bool {
			return n.Name == e.Name && n.App.same(e.App)
		})
		if !kept {
			removed = append(removed, e)
		}
	}
	return removed
}
