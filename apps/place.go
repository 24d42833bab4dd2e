package apps

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"slipway/release"
)

// Place is where an application runs: its ID on its platform, or what the platform calls it, or both. A document that
// is stored always has the ID, which is all that releases go by.
type Place struct {
	// Platform, Region, ID and Qualifier are those of a [release.App].
	Platform  release.Platform `json:"platform"`
	Region    string           `json:"region"`
	ID        string           `json:"id,omitempty"`
	Qualifier string           `json:"qualifier,omitempty"`
	// Namespace is where on the platform an application of this name is, and Name is what the platform calls it: see
	// NamespaceWords of [release.Traits].
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
}

// At is the place of an application that is known by its ID.
func At(app release.App) Place {
	return Place{Platform: app.Platform, Region: app.Region, ID: app.ID, Qualifier: app.Qualifier}
}

// App is the application as releases know it.
func (p Place) App() release.App {
	return release.App{Platform: p.Platform, Region: p.Region, ID: p.ID, Qualifier: p.Qualifier}
}

// Unresolved reports whether only a name says which application it is, whose ID must be asked for.
func (p Place) Unresolved() bool { return p.ID == "" && p.Name != "" }

// Called is the name of the application with its namespace, for people.
func (p Place) Called() string { return called(p.Namespace, p.Name) }

func called(namespace, name string) string {
	return strings.TrimPrefix(namespace+"/"+name, "/")
}

// same reports whether two places are one application.
func (p Place) same(q Place) bool {
	if p.ID == "" || q.ID == "" {
		p.Qualifier, q.Qualifier = p.App().WithDefaults().Qualifier, q.App().WithDefaults().Qualifier
		return p == q
	}
	return p.App().WithDefaults() == q.App().WithDefaults()
}

// The patterns of a namespace and a name, whatever the platform: what it takes besides, its answer tells.
var (
	namespacePattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:-]*$`)
	namePattern      = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
)

// place checks the names of a place; its identity is checked with what the environment says of a release.
func (v *validator) place(at string, p Place) {
	at += ".app"
	traits, served := release.TraitsOf(p.Platform)
	check := func(field, value string, pattern *regexp.Regexp, words string) {
		v.check(value == "" || len(value) <= release.MaxID && pattern.MatchString(value), at+"."+field,
			"%.*q is not %s", release.MaxID, value, words)
	}
	pattern := namePattern
	if traits.NameIsID {
		pattern = traits.AppID
	}
	check("name", p.Name, pattern, cmp.Or(traits.NameWords, "the name of an application"))
	v.check(p.Name != "" || p.Namespace == "", at+".name", "is missing: give the name that the application has in its namespace, or its id alone")
	switch {
	case !served || p.Namespace == "":
	case traits.NamespaceWords == "":
		v.check(false, at+".namespace", "has no meaning on %s, where a name is the ID already; leave it out", traits.Name)
	default:
		check("namespace", p.Namespace, namespacePattern, traits.NamespaceWords)
	}
	v.check(!traits.NameIsID || p.Name == "" || p.ID == "" || p.ID == p.Name, at+".name",
		"%.*q is not the id %.*q, and on %s a name is the ID; leave one of them out", release.MaxID, p.Name, release.MaxID, p.ID, traits.Name)
}

// needsID says that the ID is missing of an application that has a name.
func needsID(p Place) string {
	return fmt.Sprintf("is missing: %s is its name, and releases go by the ID alone; \"slipway app apply\" asks the platform for it, and stores both", p.Called())
}

// Unresolved are the environments whose IDs must be asked for.
func (a Application) Unresolved() (names []string) {
	for _, e := range a.Environments {
		if e.App.Unresolved() {
			names = append(names, e.Name)
		}
	}
	return names
}

// Resolved returns the document with the IDs of the applications that are named, by what their platforms have answered: by the
// number of the environment, of all that have a name. The error is [release.Problems]: a name that none or several have, and one
// whose application is another than the ID says.
func (a Application) Resolved(answers map[int]release.Lookup) (Application, error) {
	a.Environments = append([]Environment(nil), a.Environments...)
	v := &validator{}
	for i := range a.Environments {
		p := &a.Environments[i].App
		if p.Name == "" {
			continue
		}
		field := "name"
		if p.ID != "" {
			field = "id"
		}
		id, why := idOf(*p, answers[i])
		v.check(why == "", fmt.Sprintf("environments[%d].app.%s", i, field), "%s", why)
		p.ID = id
	}
	return a, v.err()
}

// idOf is the ID of the application that a name stands for, or why it stands for none.
func idOf(p Place, answer release.Lookup) (id, why string) {
	where := string(p.Platform) + "/" + p.Region
	for _, found := range answer.Found {
		if found.ID == p.ID {
			return p.ID, ""
		}
	}
	switch {
	case p.ID != "" && len(answer.Found) > 0:
		return "", fmt.Sprintf("%.*q is not the application that is called %s in %s: that is %s; give the id or the name that is right, or leave the id out",
			release.MaxID, p.ID, p.Called(), where, candidates(answer.Found, false))
	case p.ID != "":
		return "", fmt.Sprintf("%.*q is the id, and no application in %s is called %s%s; give the name that it has now, or the id alone",
			release.MaxID, p.ID, where, p.Called(), nearby(answer))
	case len(answer.Found) == 0:
		return "", fmt.Sprintf("no application in %s is called %s%s; give a name that there is, or the id", where, p.Called(), nearby(answer))
	case len(answer.Found) > 1:
		return "", fmt.Sprintf("several applications in %s are called %s: %s; say which namespace, or give the id of the one that is meant",
			where, p.Called(), candidates(answer.Found, true))
	}
	return answer.Found[0].ID, ""
}

// nearby words what may be meant instead.
func nearby(answer release.Lookup) string {
	if len(answer.Near) == 0 {
		return ""
	}
	return "; there is " + candidates(answer.Near, true)
}

// mostCandidates is how many applications are named in a problem.
const mostCandidates = 5

// candidates are applications with their IDs, as far as they are few.
func candidates(found []release.NamedApp, names bool) string {
	var words []string
	for _, each := range found[:min(len(found), mostCandidates)] {
		word := release.ShortenTo(each.ID, release.MaxID)
		if names {
			word = release.ShortenTo(called(each.Namespace, each.Name), 2*release.MaxID) + " (" + word + ")"
		}
		words = append(words, word)
	}
	if len(found) > mostCandidates {
		words = append(words, "and others")
	}
	return strings.Join(words, ", ")
}

// Known returns the document with the IDs that another revision of it has for the same names, so that both can be compared
// without asking the platforms.
func (a Application) Known(have Application) Application {
	a.Environments = append([]Environment(nil), a.Environments...)
	for i, e := range a.Environments {
		stored, err := have.Environment(e.Name)
		if err != nil || !e.App.Unresolved() {
			continue
		}
		named := stored.App
		named.ID = ""
		if named == e.App {
			a.Environments[i].App.ID = stored.App.ID
		}
	}
	return a
}
