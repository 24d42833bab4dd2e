package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"slipway/internal/scope"
	"slipway/release"
	"slipway/wire"
)

// Kind is the kind of a file with a policy.
const Kind = "Policy"

// The bounds of a policy, so that to judge by it costs little.
const (
	// MaxDocument is the size of a policy as JSON, in bytes.
	MaxDocument = 32 << 10
	// MaxScopes, MaxRegistries, MaxPeople and MaxApprovals are how many scopes, registries and people a
	// policy lists, and how many approvals it may demand.
	MaxScopes     = 100
	MaxRegistries = 50
	MaxPeople     = 100
	MaxApprovals  = 20
	// MaxRegistry is the length of a registry with its path, in bytes.
	MaxRegistry = 256
)

// maxPerson is the length of a name of a person, as an approval takes it.
const maxPerson = 256

// maxWatch is how long a release can be watched.
const maxWatch = release.Duration(90 * 24 * time.Hour)

// Policy is what is demanded of the releases of some applications.
type Policy struct {
	// Name is unique among the policies, and told where one refuses.
	Name string `json:"name"`
	// Scopes say of which applications: platform/region/app, or app/application/environment by the names
	// of application documents, each part exactly or with * for any characters; what is left out at the end
	// is any. "*" is everything.
	Scopes []string `json:"scopes"`
	// Demands are what each release must be; at least one.
	Demands Demands `json:"demands"`
}

// Demands are what a release must be. What is unset is not demanded.
type Demands struct {
	// Images demands where the image of a release comes from.
	Images *Images `json:"images,omitempty"`
	// Approval demands that people approve a release before it changes anything.
	Approval *Approval `json:"approval,omitempty"`
	// Watch demands that the new version is watched after the last batch.
	Watch *Watch `json:"watch,omitempty"`
	// Strategies are the types of strategy that a release may have.
	Strategies []release.StrategyType `json:"strategies,omitempty"`
	// Confirm demands, as manual, that a person lets each batch begin.
	Confirm release.ConfirmMode `json:"confirm,omitempty"`
	// RollbackOnFailure demands that a failed rollout is rolled back.
	RollbackOnFailure bool `json:"rollbackOnFailure,omitempty"`
}

// Images demands where the image of a release comes from. A release that brings a package has no image, and so
// none that is demanded.
type Images struct {
	// Registries are those that images may come from: a host, or a host and the beginning of a path, whole
	// parts of it.
	Registries []string `json:"registries,omitempty"`
	// Digest demands that the image is named by its digest.
	Digest bool `json:"digest,omitempty"`
}

// Approval demands what the approval of a release must be.
type Approval struct {
	// Count is how many people must approve at least; unset is 1.
	Count int `json:"count,omitempty"`
	// From are the people who may approve: the approval names these, or some of them. Empty is anybody.
	From []string `json:"from,omitempty"`
	// NotRequester demands that who asks does not approve, and Verified that identities are proven.
	NotRequester bool `json:"notRequester,omitempty"`
	Verified     bool `json:"verified,omitempty"`
}

// Watch demands how a release is watched.
type Watch struct {
	// For is how long at least.
	For release.Duration `json:"for,omitzero"`
	// Gates demands that something is measured meanwhile.
	Gates bool `json:"gates,omitempty"`
}

// Parse reads a policy from JSON, strictly: everything that is wrong is returned at once, as
// [release.Problems], fields that do not exist among them.
func Parse(data []byte) (Policy, error) {
	if len(data) > MaxDocument {
		return Policy{}, release.Problems{{Field: "data", Message: fmt.Sprintf("has %d bytes; at most %d are taken", len(data), MaxDocument)}}
	}
	return wire.ParseDocument[Policy](data)
}

// Covers reports whether the policy is about an application. Names are those that application documents give
// it, as application/environment.
func (p Policy) Covers(app release.App, names []string) bool {
	targets := []string{scope.Of(app)}
	for _, name := range names {
		targets = append(targets, scope.OfNamed(name))
	}
	return slices.ContainsFunc(p.Scopes, func(s string) bool { return scope.CoversOneOf(s, targets) })
}

// validator collects what is wrong.
type validator struct{ problems release.Problems }

func (v *validator) check(ok bool, field, format string, args ...any) {
	if !ok {
		v.problems = append(v.problems, release.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

func (v *validator) atMost(field string, count, most int) bool {
	v.check(count <= most, field, "has %d entries; at most %d are taken", count, most)
	return count <= most
}

// Validate lists every problem of the policy at once, as [release.Problems], or returns nil.
func (p Policy) Validate() error {
	v := &validator{}
	v.check(release.IsName(p.Name), "name", "%.*q is not %s", release.MaxID, p.Name, release.NameWords)
	v.check(len(p.Scopes) > 0, "scopes", "is required: of which applications, as platform/region/app or app/application/environment; for everything write [\"*\"]")
	if v.atMost("scopes", len(p.Scopes), MaxScopes) {
		for i, s := range p.Scopes {
			v.check(scope.Fault(s, scope.Named) == "", fmt.Sprintf("scopes[%d]", i), "%s", scope.Fault(s, scope.Named))
		}
	}
	v.demands(p.Demands)
	if len(v.problems) == 0 {
		return nil
	}
	return v.problems
}

func (v *validator) demands(d Demands) {
	v.check(d.Images != nil || d.Approval != nil || d.Watch != nil || len(d.Strategies) > 0 || d.Confirm != "" || d.RollbackOnFailure,
		"demands", "is required: at least one of images, approval, watch, strategies, confirm, rollbackOnFailure")
	v.images(d.Images)
	v.approval(d.Approval)
	if w := d.Watch; w != nil {
		v.check(w.For >= 0 && w.For <= maxWatch, "demands.watch.for", "must be at most %s", maxWatch)
	}
	known := []release.StrategyType{release.StrategyAll, release.StrategyBatch, release.StrategyGray}
	for i, t := range d.Strategies[:min(len(d.Strategies), len(known)+1)] {
		at := fmt.Sprintf("demands.strategies[%d]", i)
		v.check(slices.Contains(known, t), at, "%q is unknown; use all, batch or gray", release.ShortenTo(string(t), release.MaxID))
		v.check(!slices.Contains(d.Strategies[:i], t), at, "%q is given twice", release.ShortenTo(string(t), release.MaxID))
	}
	v.check(d.Confirm == "" || d.Confirm == release.ConfirmManual, "demands.confirm", "%q cannot be demanded; use manual, or leave it out", release.ShortenTo(string(d.Confirm), release.MaxID))
}

func (v *validator) images(d *Images) {
	if d == nil {
		return
	}
	v.check(len(d.Registries) > 0 || d.Digest, "demands.images", "must have registries, digest: true, or both")
	if !v.atMost("demands.images.registries", len(d.Registries), MaxRegistries) {
		return
	}
	for i, r := range d.Registries {
		_, err := parseRegistry(r)
		v.check(err == nil, fmt.Sprintf("demands.images.registries[%d]", i), "%v", err)
	}
}

func (v *validator) approval(d *Approval) {
	if d == nil {
		return
	}
	v.check(d.Count >= 0 && d.Count <= MaxApprovals, "demands.approval.count", "must be 1 to %d", MaxApprovals)
	if !v.atMost("demands.approval.from", len(d.From), MaxPeople) {
		return
	}
	for i, who := range d.From {
		at := fmt.Sprintf("demands.approval.from[%d]", i)
		v.check(who != "" && len(who) <= maxPerson && !release.IsReserved(who), at, "must be the name of a person")
		v.check(!slices.Contains(d.From[:i], who), at, "is given twice")
	}
	v.check(len(d.From) == 0 || len(d.From) >= cmp.Or(d.Count, 1), "demands.approval.from", "names fewer people than must approve")
}
