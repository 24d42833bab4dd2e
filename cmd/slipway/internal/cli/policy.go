package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/internal/documents"
	"slipway/internal/scope"
	"slipway/manifest"
	"slipway/policy"
	"slipway/release"
)

func (a *app) policy() *cobra.Command {
	return a.group(&cobra.Command{
		Use:        "policy",
		Aliases:    []string{"policies"},
		SuggestFor: []string{"rule", "rules", "guardrail", "opa"},
		Short:      "Say what is demanded of releases across applications",
		Long: `Say what is demanded of releases across applications: where images may come from, who must approve,
how a release is watched. A release that does not meet a policy of its application is refused by the
starter, with the name of the policy and what helps, and so it is in a plan. A request may pass over
a policy with policy.override and a reason, or with --policy-override and --reason, which takes the power
policy of the authority document.`,
		Example: `  slipway policy apply -f examples/policies/policy.yaml
  slipway policy list
  slipway policy test -f release.yaml`,
		GroupID: groupMaintenance,
	}, append(documentCommands(a, policyDocuments()), a.policyTest())...)
}

// withPolicies gives a command the flag with which its release passes over policies, for the reason of --reason.
func (a *app) withPolicies(cmd *cobra.Command, spec *release.Spec) {
	const flag = "policy-override"
	cmd.Flags().StringSliceVar(&spec.Policy.Override, flag, nil, "pass over this policy, for the reason of --reason; may be given several times")
	a.completeFlag(cmd, flag, policyDocuments().known)
	before := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if len(spec.Policy.Override) > 0 {
			spec.Policy.Reason = spec.Note
		}
		if len(spec.Policy.Override) > 0 && strings.TrimSpace(spec.Note) == "" {
			return &usageError{"--" + flag + " needs --reason: why a policy was passed over is recorded"}
		}
		if before == nil {
			return nil
		}
		return before(cmd, args)
	}
}

func policyDocuments() documentKind[policy.Policy] {
	return documentKind[policy.Policy]{
		Kind: policy.Documents(), group: "policy", kind: policy.Kind,
		store: func(js jetstream.JetStream) documentStore[policy.Policy] { return policy.NewStore(js) },
		read:  manifest.ReadPolicy,
		what:  "a policy", file: "examples/policies/policy.yaml", name: "production",
		applies: `It counts for the next request that a starter takes; what is under way goes on. Who applies it must be
an admin of everything by the authority document.`,
		deletes: `Nothing of it is demanded from then on. Who deletes it must be an admin of everything by the authority
document.`,
		refuses: "who changes it is no admin",
		table:   policyTable,
		guard: func(c *call, js jetstream.JetStream) documents.Guard[policy.Policy] {
			return administers(c, js, func(policy.Policy) []string { return []string{scope.Wildcard} })
		},
	}
}

func policyTable(found []policy.Document, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "NAME", Wraps: 24}, {Name: "SCOPES", Wraps: 24}, {Name: "DEMANDS", Wraps: 40}, {Name: "REVISION", Rank: 1}, {Name: "BY", Wraps: 12, Rank: 2},
	}}
	for _, d := range found {
		table.Rows = append(table.Rows, render.Text(d.Spec.Name, strings.Join(d.Spec.Scopes, ", "), demandsText(d.Spec.Demands), fmt.Sprint(d.Revision), d.Change.By))
	}
	return table.Draw(style)
}

// demandsText says in a few words what is demanded.
func demandsText(d policy.Demands) string {
	var out []string
	if d.Images != nil {
		if len(d.Images.Registries) > 0 {
			out = append(out, "images from "+strings.Join(d.Images.Registries, " or "))
		}
		if d.Images.Digest {
			out = append(out, "images by digest")
		}
	}
	if d.Approval != nil {
		out = append(out, fmt.Sprintf("%d approvals", cmp.Or(d.Approval.Count, 1)))
	}
	if d.Watch != nil {
		out = append(out, strings.TrimSpace("a watch "+forText(d.Watch.For)))
	}
	if len(d.Strategies) > 0 {
		out = append(out, "strategy "+strings.ReplaceAll(joined(d.Strategies), ", ", " or "))
	}
	if d.Confirm != "" {
		out = append(out, "confirm "+string(d.Confirm))
	}
	if d.RollbackOnFailure {
		out = append(out, "rollback on failure")
	}
	return strings.Join(out, "; ")
}

func forText(d release.Duration) string {
	if d == 0 {
		return ""
	}
	return "of " + d.String()
}

// tested is what slipway policy test prints of one release.
type tested struct {
	// Release is its name in a set.
	Release string `json:"release,omitempty"`
	App     string `json:"app"`
	// Refusals are the demands that are not met, also those that the request passes over.
	Refusals []policy.Refusal `json:"refusals"`
	// Overrides are the policies that it passes over.
	Overrides []string `json:"overrides,omitempty"`
}

// refused reports whether anything is refused.
func (t tested) refused() bool {
	return slices.ContainsFunc(t.Refusals, func(r policy.Refusal) bool { return !slices.Contains(t.Overrides, r.Policy) })
}

func (a *app) policyTest() *cobra.Command {
	var file, only string
	cmd := &cobra.Command{
		Use:   "test -f FILE",
		Short: "Tell what the policies would refuse of a release or a set",
		Long: `Tell what the policies would refuse of the release or the set that a file describes, all of it at
once. With --policy the policy of a file is asked, and not those that count: so a policy can be
tried before it is applied. Nothing is submitted.`,
		Example: `  slipway policy test -f release.yaml
  slipway policy test -f release.yaml --policy examples/policies/policy.yaml -o json`,
		Args: arguments(),
	}
	withFile(cmd, &file, "file of a release or a set; - reads standard input (required)")
	cmd.Flags().Var(&oneFile{path: &only}, "policy", "ask the policy of this file, and not those that count")
	_ = cmd.MarkFlagFilename("policy", "yaml", "yml", "json")
	exits(cmd, exitRefused, "a policy would refuse it")
	settings := slices.Concat(config.NATS(), config.Actor())
	return a.command(cmd, frame{settings: settings, draws: true, timeout: answerTime}, func(ctx context.Context, c *call) error {
		it, err := readWith(a, file, manifest.Overrides{AskedBy: c.by}, manifest.ReadAny)
		if err != nil {
			return err
		}
		var found []policy.Document
		if only != "" {
			p, err := policyDocuments().readFile(a, only)
			if err != nil {
				return err
			}
			found = []policy.Document{{Spec: &p}}
		} else if found, err = c.policies(ctx); err != nil {
			return err
		}
		return c.testPolicies(ctx, found, it)
	})
}

// testPolicies tells what policies would refuse of what a file describes.
func (c *call) testPolicies(ctx context.Context, found []policy.Document, it manifest.Document) error {
	specs, err := c.specsIn(ctx, it)
	if err != nil {
		return err
	}
	var out []tested
	for _, r := range specs {
		names, err := c.namesFor(ctx, found, r.Spec.App)
		if err != nil {
			return err
		}
		refusals := policy.Judge(policy.Specs(found), r.Spec, names)
		out = append(out, tested{r.Name, r.Spec.App.SearchValue(), append([]policy.Refusal{}, refusals...), r.Spec.Policy.Override})
	}
	err = c.format.Write(c.app.Stdout, out, func() string { return testedTable(out, c.style) })
	if err == nil && slices.ContainsFunc(out, tested.refused) {
		err = release.Refusal("the policies would refuse it")
	}
	return err
}

// specsIn are the releases that a file describes, with their names where they are of a set.
func (c *call) specsIn(ctx context.Context, it manifest.Document) (found []release.SetRelease, err error) {
	if it.Set == nil {
		spec, err := c.resolved(ctx, it)
		return []release.SetRelease{{Spec: spec}}, err
	}
	whole, err := c.resolvedSet(ctx, *it.Set)
	for _, wave := range whole.set.Waves {
		found = append(found, wave.Releases...)
	}
	return found, err
}

func testedTable(all []tested, style render.Style) string {
	table := render.Table{Columns: []render.Column{{Name: "APP", Wraps: 24}, {Name: "POLICY", Wraps: 20}, {Name: "FIELD", Wraps: 24}, {Name: "DEMANDED", Wraps: 40, Below: true, Lines: 4}}}
	for _, t := range all {
		for _, r := range t.Refusals {
			text := r.Message + "; " + r.Remedy
			if slices.Contains(t.Overrides, r.Policy) {
				text += " (passed over)"
			}
			table.Rows = append(table.Rows, render.Text(t.App, r.Policy, r.Field, text))
		}
	}
	if len(table.Rows) == 0 {
		return "no policy refuses it\n"
	}
	return table.Draw(style)
}

// policies are those that count.
func (c *call) policies(ctx context.Context) (found []policy.Document, err error) {
	err = c.withJetStream(ctx, func(js jetstream.JetStream) error {
		found, err = policy.NewStore(js).List(ctx)
		return err
	})
	return found, err
}

// withJetStream connects to NATS for one thing.
func (c *call) withJetStream(ctx context.Context, do func(jetstream.JetStream) error) error {
	js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway policy")
	if err != nil {
		return err
	}
	defer closeNATS()
	return do(js)
}

// namesFor are the names of an application, where a policy goes by names.
func (c *call) namesFor(ctx context.Context, found []policy.Document, app release.App) (names []string, err error) {
	if !policy.ByName(found) {
		return nil, nil
	}
	err = c.withJetStream(ctx, func(js jetstream.JetStream) error {
		names, err = apps.NewStore(js).NamesOf(ctx, app)
		return err
	})
	return names, err
}

// planPolicies adds to the plans of specs, each beside its spec, what the policies refuse. Where they cannot be
// asked, the plans say so.
func (c *call) planPolicies(ctx context.Context, specs []release.Spec, plans []*release.Plan) {
	found, err := c.policies(ctx)
	for i, spec := range specs {
		var names []string
		failed := err
		if failed == nil {
			names, failed = c.namesFor(ctx, found, spec.App)
		}
		if failed != nil {
			plans[i].Unknown = append(plans[i].Unknown, "what the policies say: "+release.OneLine(failed.Error()))
			continue
		}
		plans[i].Refusals = append(plans[i].Refusals, policy.Planned(found, spec, names)...)
	}
}
