package authority

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/scope"
	"slipway/release"
)

// Question is what somebody wants to do.
type Question struct {
	// Identity is who, and Verified whether that is proven.
	Identity string
	Verified bool
	Action   Action
	// On is what it is done to: platform/region/app, or set/name.
	On string
	// Powers are those that a request needs besides.
	Powers []Power
	// Groups are those of the identity at a sign-in service; they count where it is verified. GroupsEnded is when they have ended,
	// where they have: a refusal says so.
	Groups      []string
	GroupsEnded time.Time
}

// AppTarget is what [Question.On] is for an application.
func AppTarget(a release.App) string { return scope.Of(a) }

// SetTarget is what [Question.On] is for a set.
func SetTarget(name string) string { return scope.OfSet(name) }

// Verdict is the answer to a [Question].
type Verdict struct {
	Allowed bool `json:"allowed"`
	// Bindings are the names of those that have allowed it: the action, then each power.
	Bindings []string `json:"bindings,omitempty"`
	// Reason says why it is refused, with the name of what refuses it, and Remedy what helps. Both
	// are empty where it is allowed.
	Reason string `json:"reason,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

// Err is nil where it is allowed, or else the refusal in one sentence.
func (v Verdict) Err() error {
	if v.Allowed {
		return nil
	}
	return release.Refusal(v.Reason + "; " + v.Remedy)
}

// Judge says whether the document allows what is asked. The bindings are asked in their order: the
// first that allows it is named.
func (d Document) Judge(q Question) Verdict {
	v := d.judge(q)
	if !v.Allowed && !q.GroupsEnded.IsZero() {
		v.Reason += fmt.Sprintf("; the groups that %s had at the sign-in service have ended at %s", q.who(), q.GroupsEnded.UTC().Format(time.RFC3339))
		v.Remedy = "sign in to the console again, or " + v.Remedy
	}
	return v
}

func (d Document) judge(q Question) Verdict {
	if release.IsReserved(q.Identity) || q.Identity == "" {
		return refuse("who asks is not named", "say who asks, and not by what the system calls itself")
	}
	groups := d.GroupsOf(q)
	bound := slices.DeleteFunc(slices.Clone(d.Bindings), func(b Binding) bool {
		return !b.covers(q.On) || !b.isFor(q.Identity, groups)
	})
	out, unverified := d.allow(q, bound)
	if out == "" {
		return d.refused(q, unverified)
	}
	names := []string{out}
	for _, power := range q.Powers {
		by := slices.IndexFunc(bound, func(b Binding) bool { return slices.Contains(b.Powers, power) })
		if at := d.requirement(q.On, func(r Requirement) bool { return slices.Contains(r.Powers, power) }); by >= 0 && !q.Verified && at > 0 {
			return d.unproven(q, at, fmt.Sprintf("has the power %s", power))
		}
		if by < 0 {
			return refuse(
				fmt.Sprintf("no binding of the authority document gives %s the power %s on %s, which %s asks for", q.who(), power, q.On, power.field()),
				fmt.Sprintf("leave %s out, or have an admin add powers: [%s] to a binding", power.field(), power))
		}
		if !slices.Contains(names, bound[by].Name) {
			names = append(names, bound[by].Name)
		}
	}
	return Verdict{Allowed: true, Bindings: names}
}

// allow returns the name of the first binding that allows the action. Where there is none because the
// identity is not verified, it says which requirement is not met, by its number from 1.
func (d Document) allow(q Question, bound []Binding) (binding string, unverified int) {
	for _, b := range bound {
		for _, role := range b.Roles {
			if !slices.Contains(role.Actions(), q.Action) {
				continue
			}
			missing := 0
			if !q.Verified {
				missing = d.requirement(q.On, func(r Requirement) bool { return slices.Contains(r.Roles, role) })
			}
			if missing == 0 {
				return b.Name, 0
			}
			unverified = cmp.Or(unverified, missing)
		}
	}
	return "", unverified
}

// requirement is the number, from 1, of the first requirement that demands a verified identity for what names
// it; 0 where none does.
func (d Document) requirement(on string, names func(Requirement) bool) int {
	return 1 + slices.IndexFunc(d.RequireVerified, func(r Requirement) bool {
		all := len(r.Roles)+len(r.Powers) == 0
		return (all || names(r)) && (len(r.Scopes) == 0 || scope.CoversAny(r.Scopes, on))
	})
}

// refused tells what is missing: the proof of who asks, or a role.
func (d Document) refused(q Question, unverified int) Verdict {
	if unverified > 0 {
		return d.unproven(q, unverified, fmt.Sprintf("may %s", q.Action))
	}
	return refuse(
		fmt.Sprintf("no binding of the authority document lets %s %s on %s", q.who(), q.Action, q.On),
		fmt.Sprintf("have an admin bind a role that may: %s", list(rolesWith(q.Action))))
}

// unproven tells that a requirement, by its number from 1, wants an identity verified for what it may or has.
func (d Document) unproven(q Question, requirement int, may string) Verdict {
	return refuse(
		fmt.Sprintf("requireVerified[%d] of the authority document demands that who %s on %s is verified, and %s is only claimed", requirement-1, may, q.On, q.who()),
		fmt.Sprintf("publish on slipway.by.%s.… as the NATS user who may, or sign with a key that the document registers; the command line does so with --identity or --sign-key", release.ShortenTo(q.Identity, MaxIdentity)))
}

func refuse(reason, remedy string) Verdict { return Verdict{Reason: reason, Remedy: remedy} }

// who is the identity as a refusal writes it.
func (q Question) who() string { return fmt.Sprintf("%q", release.ShortenTo(q.Identity, MaxIdentity)) }

// rolesWith are the roles that allow an action.
func rolesWith(a Action) []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return !slices.Contains(r.Actions(), a) })
}

// HasGroup reports whether the document has a group of the name.
func (d Document) HasGroup(name string) bool {
	return slices.ContainsFunc(d.Groups, func(g Group) bool { return g.Name == name })
}

// GoesByClaims reports whether a group of the document goes by groups of a sign-in service.
func (d Document) GoesByClaims() bool {
	return slices.ContainsFunc(d.Groups, func(g Group) bool { return len(g.Claims) > 0 })
}

// GroupsOf are the names of the groups that who asks is of.
func (d Document) GroupsOf(q Question) []string {
	held := map[string]bool{}
	for _, name := range q.Groups {
		held[name] = q.Verified
	}
	var out []string
	for _, g := range d.Groups {
		if slices.ContainsFunc(g.Claims, func(name string) bool { return held[name] }) || scope.MatchesAny(g.Members, q.Identity) {
			out = append(out, g.Name)
		}
	}
	return out
}

// BindingsOf are the names of the bindings that are for who asks, wherever they hold.
func (d Document) BindingsOf(q Question) (names []string) {
	groups := d.GroupsOf(q)
	for _, b := range d.Bindings {
		if b.isFor(q.Identity, groups) {
			names = append(names, b.Name)
		}
	}
	return names
}

// Admins are the identities, and the groups as group NAME, that are admins of everything: those to ask for a binding.
func (d Document) Admins() (names []string) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, b := range d.Bindings {
		if !slices.Contains(b.Roles, RoleAdmin) || !slices.Contains(b.Scopes, scope.Wildcard) {
			continue
		}
		for _, identity := range b.Identities {
			add(identity)
		}
		for _, group := range b.Groups {
			add("group " + group)
		}
	}
	return names
}

func (b Binding) isFor(identity string, groups []string) bool {
	return scope.MatchesAny(b.Identities, identity) || slices.ContainsFunc(b.Groups, func(name string) bool { return slices.Contains(groups, name) })
}

// covers leaves sets out of a scope such as */shop, which is meant for applications. What is required
// of a scope is required of both: there the wider reading is the safe one.
func (b Binding) covers(on string) bool {
	return slices.ContainsFunc(b.Scopes, func(s string) bool {
		first, _, more := strings.Cut(s, "/")
		return scope.Covers(s, on) && (!more || first == scope.Set || !strings.HasPrefix(on, scope.OfSet("")))
	})
}
