package policy

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"slipway/release"
)

// Refusal is one demand that a release does not meet.
type Refusal struct {
	// Policy is the name of the policy, Demand the field of its demands, Field that of the spec.
	Policy string `json:"policy"`
	Demand string `json:"demand"`
	Field  string `json:"field"`
	// Message says what is demanded and what the spec has, Remedy what helps.
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// RefusalWords are in the message of every problem that is a refusal.
const RefusalWords = ", or pass over it with policy.override and a reason"

// Problem is the refusal as a problem of the spec's field, with the way to pass over the policy.
func (r Refusal) Problem() release.Problem {
	return release.Problem{Field: r.Field, Message: fmt.Sprintf("policy %s demands %s (%s); %s%s", r.Policy, r.Message, r.Demand, r.Remedy, RefusalWords)}
}

// IsRefusal reports whether a problem is a refusal, as [Refusal.Problem] writes it.
func IsRefusal(p release.Problem) bool { return strings.HasSuffix(p.Message, RefusalWords) }

// Judge returns everything in which a spec, with its defaults, does not meet the policies that cover its
// application. Names are those that application documents give the application, as application/environment.
func Judge(policies []Policy, s release.Spec, names []string) (out []Refusal) {
	if s.Operation != release.OperationRelease {
		return nil
	}
	for _, p := range policies {
		if !p.Covers(s.App, names) {
			continue
		}
		j := judgment{policy: p.Name}
		j.images(p.Demands.Images, s)
		j.approval(p.Demands.Approval, s.Approval)
		j.watch(p.Demands.Watch, s.Strategy.Watch)
		j.strategy(p.Demands, s)
		out = append(out, j.refusals...)
	}
	return out
}

// judgment collects the refusals of one policy.
type judgment struct {
	policy   string
	refusals []Refusal
}

// demand notes a demand that is not met.
func (j *judgment) demand(met bool, r Refusal) {
	if !met {
		r.Policy = j.policy
		j.refusals = append(j.refusals, r)
	}
}

// images holds what a release brings. One that brings configuration alone brings no image. What is adopted was
// begun elsewhere, with an image that no spec can vouch for.
func (j *judgment) images(d *Images, s release.Spec) {
	if d == nil || s.OnlyConfig() {
		return
	}
	const field, demand = "artifact.image", "images"
	if s.Adopt != "" || s.Artifact.Image == "" {
		at, what := "artifact.package", "a package"
		if s.Adopt != "" {
			at, what = "adopt", "a change that was begun elsewhere"
		}
		j.demand(false, Refusal{Demand: demand, Field: at, Message: "an image, and not " + what, Remedy: "bring an image"})
		return
	}
	named, err := reference.ParseNormalizedNamed(s.Artifact.Image)
	if err != nil {
		j.demand(false, Refusal{Demand: demand, Field: field, Message: "an image that can be read as a reference", Remedy: "write it as registry.example/shop@sha256:…"})
		return
	}
	_, digested := named.(reference.Digested)
	j.demand(!d.Digest || digested, Refusal{
		Demand: "images.digest", Field: field, Message: fmt.Sprintf("an image by its digest, and not %s", named), Remedy: "name it as " + named.Name() + "@sha256:…",
	})
	from := registry{reference.Domain(named), strings.Split(reference.Path(named), "/")}
	allowed := len(d.Registries) == 0 || slices.ContainsFunc(d.Registries, func(text string) bool {
		r, err := parseRegistry(text)
		return err == nil && r.holds(from)
	})
	j.demand(allowed, Refusal{
		Demand: "images.registries", Field: field,
		Message: fmt.Sprintf("an image from %s, and not from %s", strings.Join(d.Registries, ", "), named.Name()), Remedy: "push it there, and name it from there",
	})
}

// registry is a registry with the beginning of a path.
type registry struct {
	host string
	path []string
}

// parseRegistry reads host, host:port or either with a path.
func parseRegistry(text string) (registry, error) {
	pattern := regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)*$`)
	if len(text) > MaxRegistry || !pattern.MatchString(text) {
		return registry{}, fmt.Errorf("%q is no registry such as registry.example or registry.example/team, in lower case", release.ShortenTo(text, MaxRegistry))
	}
	host, path, _ := strings.Cut(text, "/")
	if !strings.ContainsAny(host, ".:") && host != "localhost" {
		return registry{}, errors.New(`must begin with the host of a registry, such as registry.example; that of Docker Hub is docker.io`)
	}
	r := registry{host: host}
	if path != "" {
		r.path = strings.Split(path, "/")
	}
	return r, nil
}

// holds reports whether what comes from another one comes from here: of the same host, within the path.
func (r registry) holds(other registry) bool {
	return strings.EqualFold(r.host, other.host) && len(r.path) <= len(other.path) && slices.Equal(r.path, other.path[:len(r.path)])
}

// approval holds the approval of the release; the one between batches is no matter of policies.
func (j *judgment) approval(d *Approval, have *release.Approval) {
	if d == nil {
		return
	}
	want := Refusal{Demand: "approval", Field: "approval"}
	if have == nil {
		want.Message = fmt.Sprintf("that %s", people(cmp.Or(d.Count, 1)))
		want.Remedy = fmt.Sprintf("give approval: {count: %d}, best in the application document", cmp.Or(d.Count, 1))
		j.demand(false, want)
		return
	}
	at := func(field, message, remedy string) Refusal {
		return Refusal{Demand: "approval." + field, Field: "approval." + field, Message: message, Remedy: remedy}
	}
	count := cmp.Or(d.Count, 1)
	j.demand(have.Count >= count, at("count", fmt.Sprintf("that %s, and not %d", people(count), have.Count), fmt.Sprintf("give approval.count: %d", count)))
	j.demand(!d.NotRequester || have.NotRequester, at("notRequester", "that who asks does not approve", "give approval.notRequester: true"))
	j.demand(!d.Verified || have.Verified, at("verified", "that who approves is verified", "give approval.verified: true"))
	within := len(have.From) > 0 && !slices.ContainsFunc(have.From, func(who string) bool { return !slices.Contains(d.From, who) })
	j.demand(len(d.From) == 0 || within, at("from", "an approval by "+strings.Join(d.From, ", ")+" and nobody else", "give approval.from with some of them"))
	late := at("onTimeout", "that nothing goes on unapproved", "give approval.onTimeout: abort or hold")
	late.Demand = "approval"
	j.demand(have.OnTimeout != release.TimeoutContinue, late)
}

func people(count int) string {
	if count == 1 {
		return "a person approves"
	}
	return fmt.Sprintf("%d people approve", count)
}

func (j *judgment) watch(d *Watch, have *release.Watch) {
	if d == nil {
		return
	}
	if have == nil {
		remedy := "give strategy.watch"
		if d.For > 0 {
			remedy += fmt.Sprintf(": {for: %s}", d.For)
		}
		j.demand(false, Refusal{Demand: "watch", Field: "strategy.watch", Message: "that the new version is watched after the last batch", Remedy: remedy + ", best in the application document"})
		return
	}
	j.demand(have.For >= d.For, Refusal{
		Demand: "watch.for", Field: "strategy.watch.for", Message: fmt.Sprintf("a watch of %s, and not of %s", d.For, have.For), Remedy: fmt.Sprintf("give strategy.watch.for: %s", d.For),
	})
	j.demand(!d.Gates || len(have.Gates) > 0, Refusal{
		Demand: "watch.gates", Field: "strategy.watch.gates", Message: "that the watch measures something", Remedy: "give strategy.watch.gates",
	})
}

func (j *judgment) strategy(d Demands, s release.Spec) {
	types := make([]string, len(d.Strategies))
	for i, t := range d.Strategies {
		types[i] = string(t)
	}
	list := strings.Join(types, " or ")
	j.demand(len(types) == 0 || slices.Contains(d.Strategies, s.Strategy.Type), Refusal{
		Demand: "strategies", Field: "strategy.type", Message: fmt.Sprintf("a strategy of type %s, and not %s", list, s.Strategy.Type), Remedy: "give strategy.type: " + list,
	})
	if d.Confirm == release.ConfirmManual && s.Strategy.Type != release.StrategyAll { // which has nothing to confirm
		alone := Refusal{Demand: "confirm", Message: "that a person lets each batch begin"}
		alone.Field, alone.Remedy = "strategy.confirm", "give strategy.confirm: manual"
		j.demand(s.Strategy.Confirm != release.ConfirmAuto, alone)
		alone.Field, alone.Remedy = "limits.onConfirmTimeout", "give another limits.onConfirmTimeout than continue"
		j.demand(s.Limits.OnConfirmTimeout != release.TimeoutContinue, alone)
		alone.Field, alone.Remedy = "strategy.approval.onTimeout", "give another strategy.approval.onTimeout than continue"
		j.demand(s.Strategy.Approval == nil || s.Strategy.Approval.OnTimeout != release.TimeoutContinue, alone)
	}
	j.demand(!d.RollbackOnFailure || s.Rollback.Wanted(), Refusal{
		Demand: "rollbackOnFailure", Field: "rollback.onFailure", Message: "that a failed rollout is rolled back", Remedy: "leave rollback.onFailure out",
	})
}
