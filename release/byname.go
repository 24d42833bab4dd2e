package release

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ByName says for which environment of an application document a release was asked for. The
// document was resolved before the release began; what it said then stands in the [Spec].
type ByName struct {
	// Application is the name of the document, and Environment that of one of its environments.
	Application string `json:"application"`
	Environment string `json:"environment"`
	// Revision is that of the document with which the request was resolved.
	Revision uint64 `json:"revision"`
	// PromotedFrom is set where the release brings on what another environment runs.
	PromotedFrom PromotedFrom `json:"promotedFrom,omitzero"`
	// Promotes tells that the document promoted releases of the environment by itself.
	Promotes bool `json:"promotes,omitempty"`
	// Trigger is the push that made the request, or that of the release that is promoted; zero where somebody asked.
	Trigger Trigger `json:"trigger,omitzero"`
}

// Trigger is the push to a registry that a request follows from, by a rule of the application document.
type Trigger struct {
	// Rule is the name of the rule.
	Rule string `json:"rule"`
	// Sender is what kind of sender told of the push, Source and EventID the event that it sent.
	Sender  string `json:"sender,omitempty"`
	Source  string `json:"source,omitempty"`
	EventID string `json:"eventId,omitempty"`
	// Chain is the chain of events that the push belongs to, as CDEvents have it.
	Chain string `json:"chain,omitempty"`
	// PushedBy is who pushed the image and PushedAt when, as the sender says.
	PushedBy string    `json:"pushedBy,omitempty"`
	PushedAt time.Time `json:"pushedAt,omitzero"`
}

// String is how people name the environment: application/environment.
func (b ByName) String() string { return b.Application + "/" + b.Environment }

// NameWords says what a name is, of an application, an environment or a set.
const NameWords = "a name of 1-40 lower-case letters, digits or hyphens"

// namePattern keeps a name usable as a token of a NATS subject.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// IsName reports whether a text can be the name of an application, an environment or a set.
func IsName(text string) bool { return matches(namePattern, text) }

// CheckApplicationName refuses what cannot be the name of an application document because it stands for
// something else already: the ID of a release or a set, or a platform, where an application is named.
func CheckApplicationName(name string) error {
	switch {
	case !IsName(name):
		return Problem{Field: "name", Message: fmt.Sprintf("%.*q is not %s", MaxID, name, NameWords)}
	case strings.HasPrefix(name, releasePrefix) || strings.HasPrefix(name, setPrefix):
		return Problem{Field: "name", Message: fmt.Sprintf("%q begins as the ID of a release or a set does; use another one", name)}
	case isPlatform(name):
		return Problem{Field: "name", Message: fmt.Sprintf("%q is a platform; use another one", name)}
	}
	return nil
}

func isPlatform(name string) bool {
	_, served := TraitsOf(Platform(name))
	return served
}

// AppRef is an application as people write it: one on its platform, or a name of an application document.
type AppRef struct {
	// App is the application where the text was platform/region/id.
	App App
	// Application and Environment are the names otherwise; Environment is empty where the text had none.
	Application, Environment string
}

// ByName reports whether the application is named.
func (r AppRef) ByName() bool { return r.Application != "" }

// ParseApp reads an application as people write it: platform/region/id, application/environment, or
// application. Whether there is such an application, only the platform or the documents can tell. The
// error says in one line what is wrong with the text, which it does not repeat.
func ParseApp(text string) (AppRef, error) {
	parts := strings.Split(text, "/")
	if len(parts) == 3 {
		app := App{Platform: Platform(parts[0]), Region: parts[1], ID: parts[2]}
		if problems, is := app.Validate().(Problems); is { //nolint:errorlint // Validate returns nothing else
			return AppRef{App: app}, fmt.Errorf("%s", strings.ReplaceAll(problems.Error(), "\n", "; "))
		}
		return AppRef{App: app}, nil
	}
	if len(parts) <= 2 && CheckApplicationName(parts[0]) == nil && !slices.ContainsFunc(parts[1:], func(p string) bool { return !IsName(p) }) {
		return AppRef{Application: parts[0], Environment: strings.Join(parts[1:], "")}, nil
	}
	const forms = "is not of the form platform/region/id, for example sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe or fc/cn-hangzhou/orders, and no name such as shop or shop/production"
	if strings.HasPrefix(text, releasePrefix) {
		return AppRef{}, fmt.Errorf("%s; commands to a release are under: slipway release", forms)
	}
	return AppRef{}, fmt.Errorf("%s", forms)
}

// IDByName returns the release ID of a request that names its application: derived as [ID] derives it,
// so that the same event means the same release whatever the document says by then.
func IDByName(application, environment, source, eventID string) string {
	return releasePrefix + derive("release by name", application, environment, source, eventID)
}
