package release

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/distribution/reference"
)

// Problem is one thing wrong with a spec.
type Problem struct { //nolint:errname // reads as what it is: one of the Problems of a spec
	// Field is the path of the field in the wire format, for example strategy.gray.
	Field string `json:"field"`
	// Message says what is wrong and what would be right.
	Message string `json:"message"`
}

// Error implements error.
func (p Problem) Error() string { return p.Field + ": " + p.Message }

// Problems is everything wrong with a spec, in the order of its fields.
type Problems []Problem //nolint:errname // reads as what it is: everything wrong with a spec

// Error implements error; one problem a line where there are several.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// OneLine tells all problems in one line, for the reason of a release.
func (ps Problems) OneLine() string { return strings.ReplaceAll(ps.Error(), "\n", "; ") }

// Bounds of numbers in a spec; those of texts and lists are [Bounds].
const (
	maxInstances = 500
	maxLimit     = Duration(90 * 24 * time.Hour)
	maxBake      = Duration(7 * 24 * time.Hour)
	// maxWeight is the largest percentage of the traffic before the last batch, and maxWeights how many of them
	// a release has at most.
	maxWeight  = 99
	maxWeights = 20
)

// idPattern keeps an application ID usable as a NATS subject token and a part of a
// workflow ID.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$`)

// regionPattern is the shape of a region ID such as cn-hangzhou or ap-southeast-1.
var regionPattern = regexp.MustCompile(`^[a-z]{2}(-[a-z0-9]+)+$`)

// Validate lists every problem of the spec at once, as [Problems], or returns nil.
// It wants a spec that has its defaults. A list that is too long is told without the rest.
func (s Spec) Validate() error {
	v, fit := measure(s)
	if !fit {
		return v.err()
	}
	v.on = traitsFor(s.App.Platform)
	v.unsupported(s, "")
	v.app(s.App)
	v.actor("requestedBy", s.RequestedBy)
	v.operation(s)
	v.strategy(s)
	v.approval("approval", s.Approval, s.RequestedBy)
	v.check(s.Approval == nil || s.Adopt == "", "approval", "cannot be asked before a change that has begun already; leave it out to adopt one, or ask with strategy.approval between its batches")
	v.watch(s)
	v.traffic(s)
	v.limits(s.Limits)
	switch s.Lane.Policy {
	case LaneQueue, LaneSupersede, LaneReject:
	default:
		v.check(false, "lane.policy", "%q is unknown; use queue, supersede or reject", s.Lane.Policy)
	}
	v.check(!s.Lane.Preempt || s.Lane.Policy != LaneReject, "lane.preempt", "has no meaning with policy reject, which waits for nobody")
	v.adopt(s)
	v.policy(s.Policy)
	v.check(s.RetryOf == "" || CheckReleaseID(s.RetryOf) == nil, "retryOf", "%q is not the ID of a release, which begins with r-", s.RetryOf)
	return v.err()
}

// Validate lists every problem of the submission at once, as [Problems], or returns nil:
// whoever hands it over, its ID has the form of [ID] or [SetReleaseID], and its spec is
// valid. It wants a spec that has its defaults.
func (s Submission) Validate() error {
	v := &validator{}
	v.check(matches(releaseIDPattern, s.ReleaseID), "releaseId",
		"%q is not a release ID: r- or, for a release of a set, r-s-, and 16 of a-z and 2-7", s.ReleaseID)
	v.all(s.Spec.Validate())
	return v.err()
}

// Validate lists every problem of the request at once, in the same way.
func (r SetRequest) Validate() error {
	v := &validator{}
	v.check(matches(setIDPattern, r.ID), "id", "%q is not a set ID: s- and 16 of a-z and 2-7", r.ID)
	v.all(r.Set.Validate())
	return v.err()
}

// operation checks what each operation needs and what has no meaning to it.
func (v *validator) operation(s Spec) {
	if v.isTold("operation") {
		return
	}
	op := cmp.Or(s.Operation, OperationRelease)
	switch op {
	case OperationRelease:
		v.brings(s)
	case OperationRollback, OperationRestart:
		v.check(s.Artifact == Artifact{}, "artifact", "has no meaning for a %s", op)
	case OperationRescale:
		v.check(s.Artifact == Artifact{Part: s.Artifact.Part}, "artifact", "has no meaning for a rescale, but for its part")
		v.part(s.Artifact.Part)
	case OperationJob:
	default:
		v.check(false, "operation", "%q is unknown; use release, rollback, restart, rescale or job", op)
		return
	}
	v.config(s, op)
	v.job(s)
	v.check(s.Version == "" || op == OperationRollback, "version", "has no meaning for a %s; only a rollback returns to a version", op)
	v.check(s.Version == "" || v.on.IsVersion(s.Version), "version", "%q is not a version ID: %s", s.Version, v.on.VersionWords)
	if op == OperationRescale {
		v.check(s.Instances >= 1 && s.Instances <= maxInstances, "instances", "must be 1-%d", maxInstances)
	} else {
		v.check(s.Instances == 0, "instances", "has no meaning for a %s; only a rescale changes the number of instances", op)
	}
	v.check(s.Strategy.Type == StrategyAll || op == OperationRelease || op == OperationRollback, "strategy.type",
		"must be all for a %s, which has no batches", op)
}

// brings checks what a release brings: an artifact, configuration, or both.
func (v *validator) brings(s Spec) {
	none := s.Artifact.Image == "" && s.Artifact.Package == nil
	switch {
	case none && s.Config == nil:
		v.check(false, "artifact", "give image or package, or config: a release brings an artifact, configuration or both")
	case none && s.Adopt != "":
		v.check(false, "artifact", "give either image or package: what the change that is adopted brings")
	case !none:
		v.artifact(s.Artifact)
	}
	v.check(!none || s.Artifact.Part == "" || s.Config != nil, "artifact.part", "has no meaning without image, package or config")
	v.part(s.Artifact.Part)
	v.registry(s.Artifact)
}

// part checks the name of the part that is meant.
func (v *validator) part(name string) {
	v.check(name == "" || matches(v.on.PartID, name), "artifact.part", "%q must be %s", name, v.on.PartWords)
}

func (v *validator) adopt(s Spec) {
	if s.Adopt == "" {
		return
	}
	v.check(cmp.Or(s.Operation, OperationRelease) == OperationRelease, "adopt", "has no meaning for a %s; only a release takes over a change", s.Operation)
	v.check(matches(idPattern, s.Adopt), "adopt", "%q is not a change ID", s.Adopt)
	v.check(s.Traffic.Empty(), "traffic", "cannot be set once a change runs; leave it out to adopt one")
}

// Validate lists every problem of the application's identity at once.
func (a App) Validate() error {
	v, _ := measureAt(a, "app", "app")
	v.on = traitsFor(a.Platform)
	v.unsupported(a, "app")
	v.app(a)
	return v.err()
}

// InRegion reports whether these can be a platform and a region of it, whatever the application is; the error is [Problems].
func InRegion(platform Platform, region string) error {
	v := &validator{on: traitsFor(platform)}
	v.place(App{Platform: platform, Region: region})
	return v.err()
}

type validator struct {
	problems Problems
	// told are the fields of which nothing else is told, nor of what is within them: those that are too
	// large, and those that the platform lacks.
	told map[string]bool
	// on are the traits of the platform that it is about.
	on Traits
}

func (v *validator) err() error {
	if len(v.problems) == 0 {
		return nil
	}
	return v.problems
}

func (v *validator) check(ok bool, field, format string, args ...any) {
	if !ok && !v.isTold(field) {
		v.problems = append(v.problems, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

// isTold reports whether nothing else is to be told of a field, or of one that it is within.
func (v *validator) isTold(field string) bool {
	for at := len(field); at > 0; at = strings.LastIndexAny(field[:at], ".[") {
		if v.told[field[:at]] {
			return true
		}
	}
	return false
}

// all takes over what was found elsewhere.
func (v *validator) all(err error) {
	if found, ok := errors.AsType[Problems](err); ok {
		v.problems = append(v.problems, found...)
	}
}

// text checks words outside of what [Bounds] is for.
func (v *validator) text(field, words string) {
	v.check(len(words) <= MaxWords, field, "has %d bytes; at most %d are taken", len(words), MaxWords)
}

func (v *validator) app(a App) {
	v.place(a)
	v.check(matches(v.on.AppID, a.ID), "app.id", "%q is not an application ID: %s", a.ID, v.on.AppWords)
	v.check(a.Qualifier == "" || matches(v.on.QualifierID, a.Qualifier), "app.qualifier", "%q must be %s", a.Qualifier, v.on.QualifierWords)
}

// place checks where an application is.
func (v *validator) place(a App) {
	v.check(v.on.Platform != "", "app.platform", "%q is not a platform served here; use %s", a.Platform, servedPlatforms())
	v.check(matches(regionPattern, a.Region), "app.region", "%q is not a region ID such as cn-hangzhou", a.Region)
}

// artifact checks one that is there.
func (v *validator) artifact(a Artifact) {
	switch {
	case a.Image != "" && a.Package != nil:
		v.check(false, "artifact", "give either image or package, not both")
	case a.Image != "":
		v.image(a.Image)
	case a.Package == nil:
		v.check(false, "artifact", "give image or package; the rest says only where it is from and for which part it is")
	default:
		v.packageURL(a.Package.URL)
		v.check(matches(packageVersion, a.Package.Version), "artifact.package.version", "must have 1-%d bytes and no blanks", MaxID)
	}
}

// digestPattern is a digest without the repository that it is of, with or without its
// algorithm. The parser takes the one for a tag of an image with the name of the
// algorithm, and no platform finds either.
var digestPattern = regexp.MustCompile(`^([a-f0-9]{64}|sha(256|384|512):.*)$`)

// packageVersion is what somebody may call the version of a package.
var packageVersion = regexp.MustCompile(`^[^\s\x00-\x1f\x7f]+$`)

func (v *validator) image(image string) {
	const field = "artifact.image"
	if matches(digestPattern, image) {
		v.check(false, field, "%q is a digest without a repository; name it as repository@sha256:…", image)
		return
	}
	_, err := reference.ParseNormalizedNamed(image)
	v.check(err == nil, field, "%q is not an image reference such as registry.example/shop:1.4.2: %v", image, err)
}

// packageURL refuses what could carry a secret: the address enters histories, logs and
// events.
func (v *validator) packageURL(address string) {
	const field = "artifact.package.url"
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(v.on.Packages, u.Scheme) || u.Host == "" {
		v.check(false, field, "must be an %s address", joined(v.on.Packages, " or "))
		return
	}
	bucket := u.Scheme != "http" && u.Scheme != "https"
	v.check(!bucket || matches(bucketPattern, u.Host) && strings.Trim(u.Path, "/") != "", field, "must name a bucket and an object in it, such as %s://bucket/shop-1.4.2.zip", u.Scheme)
	v.check(u.User == nil && u.RawQuery == "" && u.Fragment == "", field,
		"must have no user, query or fragment, which could hold a secret; use an address that the platform may read by itself")
}

func (v *validator) strategy(spec Spec) {
	s := spec.Strategy
	if v.strategyOf(spec) {
		v.steps(s)
	}
	v.pauses(s)
	v.approval("strategy.approval", s.Approval, spec.RequestedBy)
	v.check(s.Approval == nil || s.Confirm != ConfirmAuto || s.Type == StrategyAll, "strategy.approval", "has no meaning with confirm auto, which asks nobody; use manual")
	v.gates("strategy.gates", s.Gates)
	v.schedule("strategy.schedule", s.Schedule, s.batches())
	v.pace(s)
}

// steps checks the batches of a strategy, and what is between them.
func (v *validator) steps(s Strategy) {
	switch s.Type {
	case StrategyAll:
		v.check(s.Gray == 0, "strategy.gray", "has no meaning with type all; use type gray")
		v.check(s.Batches == 0 || s.Batches == 1, "strategy.batches", "has no meaning with type all; use type batch")
		v.check(s.Confirm == "", "strategy.confirm", "has no meaning with type all, which has one batch")
		v.check(s.Approval == nil, "strategy.approval", "has no meaning with type all, which has one batch; approval asks before it")
		v.check(s.Bake == 0, "strategy.bake", "has no meaning with type all, which has one batch")
		v.check(len(s.Gates) == 0, "strategy.gates", "have no meaning with type all: they are checked between batches; strategy.watch has gates for after the last one")
		v.noWeights(s)
	case StrategyBatch:
		v.check(s.Gray == 0, "strategy.gray", "has no meaning with type batch; use type gray")
		v.noWeights(s)
		v.check(s.Batches >= 2 && s.Batches <= maxInstances, "strategy.batches", "must be 2-%d for type batch", maxInstances)
		v.confirm(s)
	case StrategyGray:
		v.gray(s)
		v.confirm(s)
	default:
		v.check(false, "strategy.type", "%q is unknown; use all, batch or gray", s.Type)
	}
}

// gray checks the batches of a gray release, in the unit of the platform.
func (v *validator) gray(s Strategy) {
	if v.on.Step == StepWeight {
		v.check(len(s.Weights) > 0, "strategy.weights", "are missing: the percentages of the traffic that the new version gets after each batch but the last, such as [5, 30]")
		v.weights(s.Weights)
		return
	}
	if v.on.Weights > 0 {
		v.weights(s.Weights)
	}
	v.check(s.Gray >= 1 && s.Gray <= maxInstances, "strategy.gray", "must be 1-%d instances", maxInstances)
	v.check(s.Batches >= 1 && s.Batches <= maxInstances, "strategy.batches", "must be 1-%d batches after the gray one", maxInstances)
}

func (v *validator) weights(weights []int) {
	const field = "strategy.weights"
	v.check(len(weights) <= v.on.Weights, field, "%s takes %d at most, the share of the traffic that the gray batch gets: it runs through the batches after that", v.on.Name, v.on.Weights)
	before := 0
	for i, weight := range weights {
		at := place(field, i)
		fits := weight >= 1 && weight <= maxWeight
		v.check(fits, at, "must be 1-%d percent; the last batch gives the new version all of the traffic by itself", maxWeight)
		v.check(!fits || weight > before, at, "must be more than the %d before it: each batch gives the new version more of the traffic", before)
		before = max(before, weight)
	}
}

func (v *validator) noWeights(s Strategy) {
	v.check(len(s.Weights) == 0, "strategy.weights", "have no meaning with type %s; use type gray", s.Type)
}

// pauses refuses what is to happen between two batches where the platform does not wait in between.
func (v *validator) pauses(s Strategy) {
	if v.on.Pauses != PausesGray {
		return
	}
	if s.Type == StrategyBatch {
		const through = "%s runs through the batches of type batch; use type gray, after whose first batch it waits, or leave it out"
		v.check(s.Confirm != ConfirmManual, "strategy.confirm", "cannot be manual: "+through, v.on.Name)
		v.check(s.Approval == nil, "strategy.approval", "cannot be asked for: "+through, v.on.Name)
		v.check(s.Bake == 0, "strategy.bake", "cannot be kept: "+through, v.on.Name)
		v.check(len(s.Gates) == 0, "strategy.gates", "cannot be checked: "+through, v.on.Name)
		v.check(len(s.Schedule) == 0, "strategy.schedule", "cannot be kept: "+through, v.on.Name)
		return
	}
	for i, each := range s.Schedule {
		v.check(s.Type != StrategyGray || each.Batch <= 2 || each.Batch > s.batches(), place("strategy.schedule", i)+".batch",
			"must be 2: %s waits after the gray batch alone, and runs through the batches after it", v.on.Name)
	}
}

// strategyOf checks that the platform can carry the operation out by the strategy, and reports whether
// there is more to check.
func (v *validator) strategyOf(s Spec) bool {
	may := v.on.Strategies(s.Operation)
	refused := slices.Contains(everyStrategy(), s.Strategy.Type) && !slices.Contains(may, s.Strategy.Type)
	v.check(!refused, "strategy.type", "a %s on %s cannot be %s; use %s", s.Operation, v.on.Name, s.Strategy.Type, joined(may, " or "))
	return !refused
}

// batches is the number of batches that the strategy asks for.
func (s Strategy) batches() int {
	switch s.Type {
	case StrategyBatch:
		return s.Batches
	case StrategyGray:
		return 1 + max(s.Batches, len(s.Weights)) // one of them, or a weight of the gray batch and the batches after it
	case StrategyAll:
	}
	return 1
}

func (v *validator) confirm(s Strategy) {
	v.check(s.Confirm == ConfirmManual || s.Confirm == ConfirmAuto, "strategy.confirm", "%q is unknown; use manual or auto", s.Confirm)
	v.check(s.Bake >= 0 && s.Bake <= maxBake, "strategy.bake", "must be between 0s and %s", maxBake)
}

func (v *validator) limits(l Limits) {
	within := func(field string, d Duration) {
		v.check(d > 0 && d <= maxLimit, field, "must be more than 0s and at most %s", maxLimit)
	}
	within("limits.confirm", l.Confirm)
	if v.on.Approval {
		within("limits.platformApproval", l.PlatformApproval)
	}
	within("limits.queue", l.Queue)
	within("limits.total", l.Total)
	v.check(slices.Contains(TimeoutPolicies(), l.OnConfirmTimeout), "limits.onConfirmTimeout", "%q is unknown; use abort, continue or hold", l.OnConfirmTimeout)
}

// matches reports whether a text has a pattern; any has that of what a platform does not know, which is refused by its
// [Traits.Unsupported].
func matches(pattern *regexp.Regexp, s string) bool { return pattern == nil || pattern.MatchString(s) }
