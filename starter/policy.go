package starter

import (
	"context"
	"fmt"
	"strings"

	"slipway/apps"
	"slipway/policy"
	"slipway/release"
)

// Policies reads what an organisation demands, as [policy.Store] has it.
type Policies interface {
	// List returns the policies that count just now.
	List(ctx context.Context) ([]policy.Document, error)
}

// Names reads what applications are called; [apps.Store] does.
type Names interface {
	// NamesOf returns the names of an application, as application/environment.
	NamesOf(ctx context.Context, app release.App) ([]string, error)
}

// holdRequest holds a request against the policies, and notes in it which they were. What was let in once stays
// so, as with the authority document.
func (s *Starter) holdRequest(ctx context.Context, r *release.Submission) error {
	found, err := s.loadPolicies(ctx)
	if err != nil {
		return err
	}
	if err = s.hold(ctx, found, r.Spec, &r.Admission); err != nil {
		return s.unlessBegun(ctx, err, *r)
	}
	return nil
}

// holdSet does so for a set: each release must be let in, and the policies of all are noted.
func (s *Starter) holdSet(ctx context.Context, r *release.SetRequest) error {
	found, err := s.loadPolicies(ctx)
	if err != nil {
		return err
	}
	var asked, passed []string
	for _, wave := range r.Set.Waves {
		for _, each := range wave.Releases {
			var a release.Admission
			if err := s.hold(ctx, found, each.Spec, &a); err != nil {
				return s.unlessSetBegun(ctx, within(each.Name, err), r.ID)
			}
			if asked = append(asked, a.Policies); a.PolicyOverride != "" {
				passed = append(passed, each.Name+": "+a.PolicyOverride)
			}
		}
	}
	r.Admission.Policies, r.Admission.PolicyOverride = together(asked), release.ShortenTo(strings.Join(passed, "; "), release.MaxWords)
	return nil
}

// within says of which release of a set a refusal is.
func within(name string, err error) error {
	problems, ok := err.(release.Problems) //nolint:errorlint // policy.Admit returns nothing else
	if !ok {
		return err
	}
	out := make(release.Problems, len(problems))
	for i, p := range problems {
		out[i] = release.Problem{Field: p.Field, Message: fmt.Sprintf("of release %s: %s", name, p.Message)}
	}
	return out
}

// hold holds one spec against policies. What the application is called is asked of all application documents
// where a policy goes by names: who gives the application itself is not let past.
func (s *Starter) hold(ctx context.Context, found []policy.Document, spec release.Spec, a *release.Admission) error {
	var names []string
	if policy.ByName(found) {
		ctx, cancel := context.WithTimeout(ctx, natsTimeout)
		defer cancel()
		var err error
		if names, err = s.names.NamesOf(ctx, spec.App); err != nil {
			return fmt.Errorf("names: %w", err)
		}
	}
	return policy.Admit(found, spec, names, a)
}

// loadPolicies reads the policies for each message, so that what is applied counts for the next one. Where one
// cannot be read, messages wait: it might refuse them.
func (s *Starter) loadPolicies(ctx context.Context) ([]policy.Document, error) {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	found, err := s.policies.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	return found, nil
}

var _ Names = (*apps.Store)(nil)
