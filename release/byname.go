package release

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
}

// String is how people name the environment: application/environment.
func (b ByName) String() string { return b.Application + "/" + b.Environment }

// NameWords says what a name is, of an application, an environment or a set.
const NameWords = "a name of 1-40 lower-case letters, digits or hyphens"

// IsName reports whether a text can be the name of an application, an environment or a set.
func IsName(text string) bool { return matches(setNamePattern, text) }

// IDByName returns the release ID of a request that names its application: derived as [ID] derives it,
// so that the same event means the same release whatever the document says by then.
func IDByName(application, environment, source, eventID string) string {
	return releasePrefix + derive("release by name", application, environment, source, eventID)
}
