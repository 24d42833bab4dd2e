package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/ledger"
	"slipway/promotion"
	"slipway/release"
	"slipway/wire"
)

func (a *app) promote() *cobra.Command {
	var spec release.Spec
	var from, to, now string
	cmd := &cobra.Command{
		Use:   "promote NAME",
		Short: "Release to an environment what the one before it runs",
		Long: `Release to an environment what the one before it runs: the artifact that a release has Succeeded
with there, with what the document of the application says of the environment that it goes to.
From which to which, after how long and whether by itself, the document says under promotion.

It is refused while the bake time is not over, which --now passes over with a reason, and where
that environment was rolled back meanwhile: "slipway app status" shows what waits for what. The
same promotion is one release, whoever asks for it and however often. One that has failed or was
rejected is tried again with "slipway release retry".`,
		Example: `  slipway promote shop
  slipway promote shop --from staging --to production --wait
  slipway promote shop/production --plan
  slipway promote shop --now "orders are lost until this is out"`,
		Args: arguments("NAME"), GroupID: groupReleases,
		ValidArgsFunction: a.complete(cobra.ShellCompDirectiveDefault, a.applicationDocuments().known),
	}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", "the environment whose version is promoted (default the one that the document says)")
	flags.StringVar(&to, "to", "", "the environment that gets it (default the only one that something is promoted to)")
	flags.StringVar(&now, "now", "", "pass over the bake time, for this reason")
	flags.StringVar(&spec.Note, flagReason, "", "why")
	withLane(cmd, &spec.Lane, &spec.Freeze)
	a.withPolicies(cmd, &spec)
	completing(cmd, "from") // no files; which there are, the document says
	completing(cmd, "to")
	a.onSubmit(cmd, kindRelease, func(ctx context.Context, c *call) (asked, error) {
		ref, err := release.ParseApp(c.args[0])
		if release.CheckReleaseID(c.args[0]) == nil {
			return asked{}, &usageError{fmt.Sprintf("NAME %q is a release; to let its next batch begin: slipway release promote %s", c.args[0], c.args[0])}
		}
		if err != nil || !ref.ByName() {
			return asked{}, &usageError{fmt.Sprintf("NAME %q is not the name of an application, as \"slipway app list\" shows it", c.args[0])}
		}
		if ref.Environment != "" && to != "" {
			return asked{}, &usageError{"--to says which environment, and so does " + c.args[0] + "; leave one of them out"}
		}
		document, err := c.document(ctx, ref.Application)
		if err != nil {
			return asked{}, err
		}
		step, err := stepOf(document, from, cmp.Or(ref.Environment, to))
		if err != nil {
			return asked{}, err
		}
		spec.RequestedBy = c.by
		return c.promotion(ctx, document, step, promoting{spec, now})
	})
	exits(cmd, exitRefused, "it may not be promoted now, or its lane denies it; nothing was submitted")
	return cmd
}

// document reads the document of an application.
func (c *call) document(ctx context.Context, name string) (apps.Application, error) {
	js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway app")
	if err != nil {
		return apps.Application{}, err
	}
	defer closeNATS()
	d, err := apps.NewStore(js).Get(ctx, name)
	if err != nil {
		return apps.Application{}, err
	}
	return *d.Spec, nil
}

// stepOf is the step of a document from one environment to another. Either may be empty where the other
// says which, or where there is one step.
func stepOf(a apps.Application, from, to string) (apps.Promotion, error) {
	var all, fitting []string
	var step apps.Promotion
	for _, p := range a.Promotion {
		words := fmt.Sprintf("--from %s --to %s", p.From, p.To)
		all = append(all, words)
		if (from == "" || p.From == from) && (to == "" || p.To == to) {
			fitting, step = append(fitting, words), p
		}
	}
	switch {
	case len(all) == 0:
		return step, &usageError{fmt.Sprintf("application %s promotes nothing; say from which environment to which under promotion in its document: slipway app apply", a.Name)}
	case len(fitting) == 0:
		return step, &usageError{fmt.Sprintf("application %s does not promote so; there are: %s", a.Name, strings.Join(all, ", "))}
	case len(fitting) > 1:
		return step, &usageError{fmt.Sprintf("application %s: say which: %s", a.Name, strings.Join(fitting, ", "))}
	}
	return step, nil
}

// promoting is what flags say of a promotion: of its release, and why the bake time is passed over.
type promoting struct {
	spec release.Spec
	now  string
}

// promotion is the promotion of what an environment runs as something to ask for. The starter judges it again.
func (c *call) promotion(ctx context.Context, a apps.Application, step apps.Promotion, says promoting) (asked, error) {
	verdict, err := readLedger(ctx, c, func(known *ledger.Ledger) (promotion.Verdict, error) {
		return promotion.Ask(ctx, known, promotion.Question{Application: a, Step: step, Now: c.now})
	})
	if err != nil {
		return asked{}, err
	}
	if err := c.mayPromote(a, verdict, says.now); err != nil {
		return asked{}, err
	}
	n, err := wire.NamedOf(a.Name, step.To, says.spec)
	if err != nil {
		return asked{}, err
	}
	n.PromotedFrom = release.PromotedFrom{Environment: step.From, Release: verdict.Source, Now: says.now}
	whole := n
	whole.Says = map[string]any{"artifact": verdict.Artifact}
	maps.Copy(whole.Says, n.Says)
	resolved, err := a.Resolve(whole)
	if problems, ok := errors.AsType[release.Problems](err); ok {
		return asked{}, fmt.Errorf("%s cannot be promoted to %s:\n%w", verdict.Artifact.Public(), n, problems)
	}
	if err != nil {
		return asked{}, err
	}
	it, err := c.app.askedByName(n, resolved)
	it.byAnyEvent = true
	return it, err
}

// mayPromote refuses what the starter would refuse, and says where the same was asked for before.
func (c *call) mayPromote(a apps.Application, v promotion.Verdict, now string) error {
	its := v.ReleaseID != "" && v.ReleaseID == release.PromotionID(a.Name, v.To, v.Source)
	switch {
	case v.State == promotion.Ready, v.State == promotion.Baking && now != "":
		return nil
	case its && slices.Contains([]promotion.State{promotion.Promoting, promotion.Done}, v.State):
		c.app.infof("%s; the same promotion is one release, and nothing new is begun", v.Reason)
		return nil
	case v.State == promotion.Nothing:
		return release.Refusal(v.Reason)
	}
	why := fmt.Sprintf("%s cannot be promoted to %s/%s: %s", v.Artifact.Public(), a.Name, v.To, v.Reason)
	if v.State == promotion.Baking {
		why += "; wait, or pass that over: --now REASON"
	}
	return release.Refusal(why)
}
