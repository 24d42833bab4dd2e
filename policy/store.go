package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/bucketdoc"
	"slipway/internal/documents"
	"slipway/internal/scope"
	"slipway/release"
)

// Bucket is the key-value bucket that holds the policies, each under its name.
const Bucket = "slipway-policies"

// maxValue is the largest value that the bucket takes: a policy, and who changed it.
const maxValue = MaxDocument + 16<<10

// Ensure creates the bucket when it does not exist: kept by one server, or by as many as replicas
// says where it is not 0. One that exists stays as the operator has it, replicas excepted where they are
// said; it is refused when it forgets with time, because then nothing would be demanded any more although
// nobody has said so.
func Ensure(ctx context.Context, js bucketdoc.Manager, replicas int) error {
	return bucketdoc.EnsureKept(ctx, js, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Slipway: policies", MaxValueSize: maxValue, History: documents.History, Replicas: replicas,
	}, "then nothing is demanded any more although nobody has said so")
}

// Documents says what policies are as documents.
func Documents() documents.Kind[Policy] {
	return documents.Kind[Policy]{
		Bucket: Bucket, Noun: "policy", Command: "slipway policy",
		Name: func(p Policy) string { return p.Name }, Validate: Policy.Validate,
	}
}

// Document is one revision of a policy.
type Document = documents.Document[Policy]

// Store reads and changes the policies.
type Store = documents.Store[Policy]

// NewStore returns the policies in the bucket of a JetStream; see [Ensure].
func NewStore(js jetstream.JetStream) *Store { return documents.New(js, Documents()) }

// Specs are the policies of documents.
func Specs(found []Document) []Policy {
	out := make([]Policy, len(found))
	for i, d := range found {
		out[i] = *d.Spec
	}
	return out
}

// ByName reports whether a policy has a scope of names, so that it takes the names of an application to judge.
func ByName(found []Document) bool {
	return slices.ContainsFunc(found, func(d Document) bool {
		return slices.ContainsFunc(d.Spec.Scopes, func(s string) bool { return s == scope.Named || strings.HasPrefix(s, scope.Named+"/") })
	})
}

// Admit notes in an admission which policies a spec was held against, with their revisions, and which of
// them it passed over and why. What is refused is [release.Problems], everything at once: demands that are not
// met, and overrides of policies that there are not.
func Admit(found []Document, s release.Spec, names []string, a *release.Admission) error {
	var problems release.Problems
	for i, name := range s.Policy.Override {
		if !slices.ContainsFunc(found, func(d Document) bool { return d.Spec.Name == name }) {
			problems = append(problems, release.Problem{Field: fmt.Sprintf("policy.override[%d]", i), Message: fmt.Sprintf("%.*q is no policy; leave it out", release.MaxID, name)})
		}
	}
	passed := []string{}
	for _, r := range Judge(Specs(found), s, names) {
		switch {
		case !slices.Contains(s.Policy.Override, r.Policy):
			problems = append(problems, r.Problem())
		case !slices.Contains(passed, r.Policy):
			passed = append(passed, r.Policy)
		}
	}
	if len(problems) > 0 {
		return problems
	}
	var asked []string
	for _, d := range found {
		if s.Operation == release.OperationRelease && d.Spec.Covers(s.App, names) {
			asked = append(asked, fmt.Sprintf("%s@%d", d.Spec.Name, d.Revision))
		}
	}
	a.Policies = release.ShortenTo(strings.Join(asked, separator), release.MaxWords)
	if len(passed) > 0 {
		a.PolicyOverride = release.ShortenTo(strings.Join(passed, separator)+": "+release.OneLine(s.Policy.Reason), release.MaxWords)
	}
	return nil
}

const separator = ", "

// Planned is what policies refuse of a spec, as its plan tells it.
func Planned(found []Document, s release.Spec, names []string) (refusals []release.PlannedRefusal) {
	problems, _ := errors.AsType[release.Problems](Admit(found, s, names, &release.Admission{}))
	for _, p := range problems {
		refusals = append(refusals, release.PlannedRefusal{Field: p.Field, Reason: p.Message})
	}
	return refusals
}
