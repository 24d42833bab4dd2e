package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/manifest"
	"slipway/release"
)

const (
	// flagPlan asks for a plan instead of a submission.
	flagPlan = "plan"
	// planAnswer is how long a plan is awaited: its own limit, and the way there and back.
	planAnswer = release.PlanLimit + answerTime/3
	// planRefused is what the exit code of a usage error means of a plan.
	planRefused = "the release would be refused, or fail before it changes anything; or usage: an argument, a setting or a file is wrong"
)

// planRefusedError says that what was planned would be refused. The reasons have been shown.
type planRefusedError struct{ what string }

func (e *planRefusedError) Error() string {
	return "the " + e.what + " would be refused as it is; nothing was submitted"
}

func (a *app) plan() *cobra.Command {
	var file string
	var over manifest.Overrides
	cmd := &cobra.Command{
		Use:   "plan -f FILE",
		Short: "Show what a release would do, and do nothing",
		Long: `Show what the release or the set that a file describes would do if it began now: the batches
with their instances and what happens between them, the configuration that changes, the scaling
rules that are suspended, the traffic rule, the version that a failure returns to, the place in
the lane, the freezes that hold it or come, and every reason for which it would be refused.

A worker finds that out by the same steps with which a release prepares itself, and by nothing but
reads. Nothing is reserved: when the release begins, it checks all of it again. The commands that
submit a release have --plan, which shows the same of what they would submit.`,
		Example: `  slipway plan -f release.yaml
  slipway plan -f release.yaml --image registry.example/shop:1.4.3 -o json
  slipway plan -f set.yaml
  slipway plan -f release.yaml && slipway release submit -f release.yaml --wait
  slipway deploy sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --image registry.example/shop:1.4.3 --plan
  slipway deploy fc/cn-hangzhou/orders --image registry.example/orders:1.4.3 --strategy gray --weights 5,30 --plan`,
		Args: arguments(), GroupID: groupReleases,
	}
	flags := cmd.Flags()
	flags.VarP(&oneFile{path: &file}, "file", "f", "file of a release or a set; - reads standard input (required)")
	flags.StringVar(&over.Image, "image", "", "plan a release of this image in place of the file's artifact")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml", "json")
	exits(cmd, exitOK, "it would be carried out, at once or after what it would wait for")
	exits(cmd, exitUsage, planRefused)
	exits(cmd, exitTimeout, "no worker answers within --timeout")
	settings := slices.Concat(config.Temporal(), config.NATS(), config.Actor())
	return a.command(cmd, frame{settings: settings, draws: true, timeout: planAnswer}, func(ctx context.Context, call *call) error {
		over.AskedBy = call.by
		it, err := readWith(a, file, over, manifest.ReadAny)
		if err != nil {
			return err
		}
		return call.plan(ctx, it)
	})
}

// plan shows what a release or a set would do.
func (c *call) plan(ctx context.Context, it manifest.Document) error {
	return withTemporal(func(ctx context.Context, c *call) error {
		if it.Set != nil {
			whole, err := c.resolvedSet(ctx, *it.Set)
			if err != nil {
				return err
			}
			return c.planSet(ctx, whole)
		}
		spec, err := c.resolved(ctx, it)
		if err != nil {
			return err
		}
		plan, err := c.client.Plan(ctx, spec)
		if err != nil {
			return err
		}
		c.planPolicies(ctx, []release.Spec{spec}, []*release.Plan{&plan})
		err = c.format.Write(c.app.Stdout, plan, func() string { return render.Plan(plan, c.style) })
		if err == nil && len(plan.Refusals) > 0 {
			err = &planRefusedError{kindRelease}
		}
		return err
	})(ctx, c)
}

func (c *call) planSet(ctx context.Context, whole wholeSet) error {
	plan, err := c.client.PlanSet(ctx, whole.set, whole.names)
	if err != nil {
		return err
	}
	var specs []release.Spec
	var plans []*release.Plan
	for i, wave := range whole.set.WithDefaults().Waves {
		for j, r := range wave.Releases {
			specs, plans = append(specs, r.Spec), append(plans, &plan.Waves[i].Releases[j].Plan)
		}
	}
	c.planPolicies(ctx, specs, plans)
	err = c.format.Write(c.app.Stdout, plan, func() string { return render.SetPlan(plan, c.style) })
	if err == nil && plan.Refused() {
		err = &planRefusedError{kindSet}
	}
	return err
}

// planned shows what would be submitted.
func (s submission) planned(ctx context.Context, c *call, it manifest.Document) error {
	for flag, given := range map[string]bool{flagWait: s.wait, "dry-run": s.dryRun} {
		if given {
			return &usageError{fmt.Sprintf("--%s submits nothing; leave out --%s", flagPlan, flag)}
		}
	}
	limit := c.timeout
	if limit == 0 {
		limit = planAnswer
	}
	ctx, cancel := within(ctx, limit)
	defer cancel()
	return c.plan(ctx, it)
}
