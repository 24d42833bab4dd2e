package authority

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"slipway/internal/scope"
	"slipway/release"
	"slipway/wire"
)

// The bounds of a document, so that to judge by it costs little.
const (
	// MaxBindings, MaxGroups, MaxRequirements and MaxKeys are how many a document has.
	MaxBindings     = 200
	MaxGroups       = 100
	MaxRequirements = 50
	MaxKeys         = 500
	// MaxMembers is how many members a group has, and MaxListed how many identities, groups and
	// scopes a binding or a requirement lists.
	MaxMembers = 500
	MaxListed  = 100
	// MaxName is the length of a name of a binding or a group, MaxIdentity that of an identity and
	// MaxScope that of a scope, in bytes; MaxClaim is that of a group of a sign-in service.
	MaxName     = 40
	MaxIdentity = 128
	MaxScope    = scope.Max
	MaxClaim    = 256

	// maxProblems is how many problems are told at once.
	maxProblems = 100
)

// validator collects what is wrong.
type validator struct{ problems release.Problems }

func (v *validator) check(ok bool, field, format string, args ...any) {
	if !ok && len(v.problems) < maxProblems {
		v.problems = append(v.problems, release.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

// Validate lists every problem of the document at once, as [release.Problems], or returns nil.
func (d Document) Validate() error {
	v := &validator{}
	v.check(len(d.Bindings) > 0, "bindings", "is required: what no binding allows is refused, so that without one nobody may do anything")
	if v.atMost("groups", len(d.Groups), MaxGroups) {
		v.groups(d.Groups)
	}
	if v.atMost("bindings", len(d.Bindings), MaxBindings) {
		names := map[string]bool{}
		for i, b := range d.Bindings {
			at := fmt.Sprintf("bindings[%d]", i)
			v.name(at+".name", b.Name, names)
			v.binding(at, b, d)
		}
	}
	if v.atMost("requireVerified", len(d.RequireVerified), MaxRequirements) {
		for i, r := range d.RequireVerified {
			at := fmt.Sprintf("requireVerified[%d]", i)
			v.check(len(r.Roles)+len(r.Powers)+len(r.Scopes) > 0, at, "must have roles, powers or scopes; for everything write scopes: [\"*\"]")
			v.roles(at+".roles", r.Roles)
			v.powers(at+".powers", r.Powers)
			v.scopes(at+".scopes", r.Scopes)
		}
	}
	if v.atMost("keys", len(d.Keys), MaxKeys) {
		v.keys(d.Keys)
	}
	v.check(d.DirectCommands == "" || d.DirectCommands == DirectAllow || d.DirectCommands == DirectRefuse,
		"directCommands", "%q is unknown; use allow or refuse", d.DirectCommands)
	if len(v.problems) == 0 {
		return nil
	}
	return v.problems
}

func (v *validator) groups(groups []Group) {
	names := map[string]bool{}
	for i, g := range groups {
		at := fmt.Sprintf("groups[%d]", i)
		v.name(at+".name", g.Name, names)
		v.check(len(g.Members)+len(g.Claims) > 0, at+".members", "is required: identities, exactly or with * for any characters; or claims, which are groups of a sign-in service")
		if v.atMost(at+".members", len(g.Members), MaxMembers) {
			v.identities(at+".members", g.Members)
		}
		if v.atMost(at+".claims", len(g.Claims), MaxListed) {
			v.claims(at+".claims", g.Claims)
		}
	}
}

func (v *validator) claims(field string, claims []string) {
	for i, c := range claims {
		at := fmt.Sprintf("%s[%d]", field, i)
		fault := textFault("group of a sign-in service", c, MaxClaim)
		v.check(fault == "", at, "%s", fault)
		v.check(!strings.Contains(c, "*"), at, "%q has a *, and groups of a sign-in service are compared exactly; list each", release.ShortenTo(c, MaxClaim))
		v.check(!slices.Contains(claims[:i], c), at, "%q is given twice", release.ShortenTo(c, MaxClaim))
	}
}

// keys checks the keys. No problem quotes one: it may be the secret half.
func (v *validator) keys(keys []SigningKey) {
	names, publicKeys := map[string]bool{}, map[string]bool{}
	for i, k := range keys {
		at := fmt.Sprintf("keys[%d]", i)
		v.name(at+".name", k.Name, names)
		v.check(release.CanBeVerified(k.Identity), at+".identity",
			"%q cannot be verified: give one identity, with letters, digits, hyphens, underscores, @ and +, and not what the system calls itself", release.ShortenTo(k.Identity, MaxIdentity))
		fault := wire.PublicKeyFault(k.PublicKey)
		v.check(fault == "", at+".publicKey", "%s", fault)
		v.check(fault != "" || !publicKeys[k.PublicKey], at+".publicKey", "is the key of another one, too; each identity signs with its own")
		publicKeys[k.PublicKey] = true
	}
}

func (v *validator) binding(at string, b Binding, d Document) {
	v.check(len(b.Identities)+len(b.Groups) > 0, at+".identities", "must be given, or groups: who the binding is about")
	v.check(len(b.Roles)+len(b.Powers) > 0, at+".roles", "must be given, or powers: what the binding allows")
	v.check(len(b.Scopes) > 0, at+".scopes", "is required: where it holds, as platform/region/app or set/name; for everything write [\"*\"]")
	if v.atMost(at+".identities", len(b.Identities), MaxListed) {
		v.identities(at+".identities", b.Identities)
	}
	if v.atMost(at+".groups", len(b.Groups), MaxListed) {
		for i, name := range b.Groups {
			known := slices.ContainsFunc(d.Groups, func(g Group) bool { return g.Name == name })
			v.check(known, fmt.Sprintf("%s.groups[%d]", at, i), "there is no group %q in the document; list it under groups", name)
		}
	}
	v.roles(at+".roles", b.Roles)
	v.powers(at+".powers", b.Powers)
	v.scopes(at+".scopes", b.Scopes)
}

func (v *validator) powers(field string, powers []Power) {
	v.check(len(powers) <= len(Powers()), field, "has %d entries; there are %d powers", len(powers), len(Powers()))
	for i, p := range powers[:min(len(powers), len(Powers()))] {
		at := fmt.Sprintf("%s[%d]", field, i)
		v.check(slices.Contains(Powers(), p), at, "%q is no power; there are %s", p, list(Powers()))
		v.check(!slices.Contains(powers[:i], p), at, "%q is given twice", p)
	}
}

func (v *validator) roles(field string, roles []Role) {
	v.check(len(roles) <= len(Roles()), field, "has %d entries; there are %d roles", len(roles), len(Roles()))
	for i, r := range roles[:min(len(roles), len(Roles()))] {
		at := fmt.Sprintf("%s[%d]", field, i)
		v.check(slices.Contains(Roles(), r), at, "%q is no role; there are %s", r, list(Roles()))
		v.check(!slices.Contains(roles[:i], r), at, "%q is given twice", r)
	}
}

func (v *validator) scopes(field string, scopes []string) {
	if !v.atMost(field, len(scopes), MaxListed) {
		return
	}
	for i, s := range scopes {
		v.check(scope.Fault(s, scope.Set) == "", fmt.Sprintf("%s[%d]", field, i), "%s", scope.Fault(s, scope.Set))
	}
}

func (v *validator) identities(field string, identities []string) {
	for i, name := range identities {
		at := fmt.Sprintf("%s[%d]", field, i)
		v.check(identityFault(name) == "", at, "%s", identityFault(name))
	}
}

// identityFault is what is wrong with an identity, or empty.
func identityFault(name string) string {
	if release.IsReserved(name) {
		return fmt.Sprintf("%q is what the system calls itself; nobody can be it", name)
	}
	return textFault("identity", name, MaxIdentity)
}

// textFault is what is wrong with the text of an identity or a group, or empty.
func textFault(kind, text string, most int) string {
	switch {
	case text == "":
		return "must not be empty"
	case len(text) > most:
		return fmt.Sprintf("has %d bytes; at most %d are taken", len(text), most)
	case !utf8.ValidString(text) || strings.TrimSpace(text) != text || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return fmt.Sprintf("%q is no %s: it must be text without control characters, and without blanks around it", text, kind)
	}
	return ""
}

// name checks the name of a group or a binding, which is unique.
func (v *validator) name(field, name string, taken map[string]bool) {
	ok := regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`).MatchString(name) && len(name) <= MaxName
	v.check(ok, field, "%q must be a name of at most %d letters a-z, digits and hyphens", release.ShortenTo(name, MaxName), MaxName)
	v.check(!ok || !taken[name], field, "%q is the name of another one", name)
	taken[name] = true
}

func (v *validator) atMost(field string, count, most int) bool {
	v.check(count <= most, field, "has %d entries; at most %d are taken", count, most)
	return count <= most
}

// list writes words with commas.
func list[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
