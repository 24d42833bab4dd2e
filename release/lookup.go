package release

import (
	"cmp"
	"slices"
)

// LookupInput asks which applications of a region have a name.
type LookupInput struct {
	// App has the platform and the region.
	App App `json:"app"`
	// Namespace is where the application is, as its platform says it; empty asks everywhere in the region. See
	// [Traits] for what it means.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// NamedApp is an application as its platform calls it.
type NamedApp struct {
	ID        string `json:"id"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// Lookup is the answer to a [LookupInput].
type Lookup struct {
	// Found are the applications of exactly that name, in exactly that namespace where one was asked for: one as a rule,
	// and [MaxFound] at most.
	Found []NamedApp `json:"found,omitempty"`
	// Near are others that may be meant where there is none, those of the same name first: [MaxFound] at most.
	Near []NamedApp `json:"near,omitempty"`
}

// MaxFound is how many applications an answer has of each kind at most.
const MaxFound = 10

// See takes an application of the platform into the answer, unless it is known already.
func (l *Lookup) See(in LookupInput, app NamedApp) {
	known := func(each NamedApp) bool { return each.ID == app.ID }
	if slices.ContainsFunc(l.Found, known) || slices.ContainsFunc(l.Near, known) {
		return
	}
	switch {
	case app.Name == in.Name && (in.Namespace == "" || app.Namespace == in.Namespace):
		if len(l.Found) < MaxFound {
			l.Found = append(l.Found, app)
		}
	case len(l.Near) < MaxFound:
		l.Near = append(l.Near, app)
	}
}

// Suggest takes what may be meant into the answer, of all that the platform has told of: names that are near first, and
// those of the namespace that was asked for.
func (l *Lookup) Suggest(in LookupInput, from []NamedApp) {
	names := make([]string, len(from))
	for i, app := range from {
		names[i] = app.Name
	}
	near := Nearest(in.Name, names)
	rank := func(app NamedApp) (n int) {
		if !slices.Contains(near, app.Name) {
			n = 2
		}
		if app.Namespace != in.Namespace {
			n++
		}
		return n
	}
	for _, app := range slices.SortedStableFunc(slices.Values(from), func(a, b NamedApp) int { return cmp.Compare(rank(a), rank(b)) }) {
		l.See(in, app)
	}
}

// LookupActivity is the name of the activity that a worker answers a [LookupInput] with.
func LookupActivity(p Platform) string { return string(p) + ".Lookup" }
