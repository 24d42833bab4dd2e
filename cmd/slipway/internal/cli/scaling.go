package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

func (a *app) scaling() *cobra.Command {
	return a.group(&cobra.Command{
		Use:   "scaling",
		Short: "See and switch the scaling rules of an application",
		Long: `See and switch the scaling rules of an application. Releases switch rules off and on by
themselves; this is for an operator's hand. The work is done by the workers of the region,
so that nothing but Temporal must be in reach. ` + namesApp,
		Example: `  slipway scaling list sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe
  slipway scaling disable sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --for 2h --reason "load test"
  slipway scaling disable fc/cn-hangzhou/orders --for 2h --reason "load test"
  slipway scaling recover --release r-abcdefghijklmnop --wait`,
		GroupID: groupReleases,
	}, a.scalingList(), a.scalingToggle(true), a.scalingToggle(false), a.scalingRestore(), a.scalingRecover())
}

func (a *app) scalingList() *cobra.Command {
	var of release.App
	cmd := &cobra.Command{
		Use:     "list APP",
		Aliases: []string{"ls", "get"},
		Short:   "List the scaling rules of an application, and who holds them",
		Long: `List the scaling rules of an application, as the platform has them just now, and who holds
them: a release that is under way, a person who has switched them for a time, or is about to, or
a release that was lost and has left them off. On Function Compute a rule is named by its function,
as pay.busy of the function pay, and one that is disabled is not there: it is listed all the same. ` + namesApp,
		Example: `  slipway scaling list sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe
  slipway scaling list fc/cn-hangzhou/orders
  slipway scaling list sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe -o json`,
		Args: arguments("APP"), ValidArgsFunction: a.completeApps,
	}
	withQualifier(cmd, &of)
	return a.onApp(cmd, func(ctx context.Context, call *call, app release.App) error {
		app.Qualifier = of.Qualifier
		rules, err := call.client.ScalingRules(ctx, app)
		if err != nil {
			return err
		}
		states, err := call.client.HoldsOf(ctx, app, rules)
		if err != nil {
			a.infof("who holds the rules is not known wholly: %v", err)
		} else if len(states) == 0 {
			a.infof("%s has no scaling rules", app.SearchValue())
		}
		return call.format.Write(a.Stdout, states, func() string { return render.RuleStates(states, call.style) })
	})
}

const flagWait = "wait"

// waits adds the flag --wait, and says what is waited for.
func waits(cmd *cobra.Command, what string) *bool {
	return cmd.Flags().BoolP(flagWait, "w", false, what+", without limit unless --timeout is given")
}

func (a *app) scalingToggle(enable bool) *cobra.Command {
	var in release.ToggleRequest
	var lasting time.Duration
	verb, done := "disable", "off"
	if enable {
		verb, done = "enable", "on"
	}
	cmd := withSettings(&cobra.Command{
		Use:   verb + " APP [NAME...]",
		Short: "Switch scaling rules " + done + ": those named, or all",
		Long: `Switch scaling rules ` + done + `: those named, or all of the application's. With --for those that
were switched are switched back when the time has passed, or at once by "slipway scaling
restore"; on Function Compute, where a rule is taken away to switch it off, disable needs
--for. While a change of the application is unfinished, the platform switches
nothing; then it waits for its end. No freeze holds it. ` + namesApp,
		Example: `  slipway scaling ` + verb + ` sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe cpu night --wait
  slipway scaling ` + verb + ` sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --for 2h --reason "load test"
  slipway scaling ` + verb + ` fc/cn-hangzhou/orders pay.busy --for 30m`,
		Args: atLeast("APP"), ValidArgsFunction: a.completeRules,
	}, config.Actor())
	exits(cmd, exitRefused, "there is no such rule, or rules are being switched already, also for a time that has not passed")
	cmd.Flags().DurationVar(&lasting, "for", 0, "switch back after this time (default never)")
	cmd.Flags().StringVar(&in.Reason, flagReason, "", "why")
	withQualifier(cmd, &in.App)
	wait := waits(cmd, "wait until the rules were read back as switched; with --for, until they are switched back")
	return a.onApp(cmd, func(ctx context.Context, call *call, app release.App) error {
		app.Qualifier = in.App.Qualifier
		in.App, in.Names, in.Enable, in.For, in.By = app, call.args[1:], enable, release.Duration(lasting), call.by
		if problems, wrong := errors.AsType[release.Problems](in.Validate()); wrong {
			return toggleFlags(problems)
		}
		if err := call.client.CheckWorkers(ctx, app); err != nil {
			return err
		}
		if err := a.knownRules(ctx, call.client, in); err != nil {
			return err
		}
		begun, err := call.client.Toggle(ctx, in)
		if err != nil {
			return err
		}
		return a.awaitToggle(ctx, call, begun, *wait)
	})
}

// toggleFlags names the flags that problems of a switching come from instead of the fields.
func toggleFlags(problems release.Problems) release.Problems {
	flags := map[string]string{"for": "--for", "by": "--by", "reason": "--reason", "app.qualifier": "--qualifier"}
	for i, p := range problems {
		problems[i].Field = cmp.Or(flags[p.Field], p.Field)
	}
	return problems
}

// rulesTime bounds the question which rules there are, without which they are switched, too.
const rulesTime = 5 * time.Second

// knownRules refuses the names of rules that do not exist. Where nobody can read the rules, the
// switching itself waits for that, and fails if it must.
func (a *app) knownRules(ctx context.Context, client *releases.Client, in release.ToggleRequest) error {
	if len(in.Names) == 0 || in.Validate() != nil {
		return nil // the client says what is wrong
	}
	asking, cancel := context.WithTimeout(ctx, rulesTime)
	defer cancel()
	err := client.CheckRules(asking, in)
	if _, refused := errors.AsType[*releases.RefusedError](err); err == nil || refused {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("nothing was asked for: %w", err)
	}
	a.infof("whether there are such rules is not known yet: %v", err)
	return nil
}

// awaitToggle tells what was begun and, where that is wanted, waits for its end.
func (a *app) awaitToggle(ctx context.Context, call *call, begun releases.Switching, wait bool) error {
	if !wait {
		if err := begun.Taken(ctx); err != nil {
			return err
		}
		a.infof("begun; see the rules with: slipway scaling list %s", call.args[0])
		return call.format.Write(a.Stdout, begun, func() string { return begun.ID + "\n" })
	}
	var result release.ToggleResult
	err := begun.Wait(ctx, &result)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return &interruptedError{"the switching goes on; see the rules with: slipway scaling list " + call.args[0]}
	}
	if err != nil {
		return err
	}
	if result.SwitchedBack {
		a.infof("switched back")
	}
	return call.format.Write(a.Stdout, result, func() string { return render.ScalingRules(result.Rules, call.style) })
}

func (a *app) scalingRestore() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "restore APP",
		Short:   "Switch back now what was switched for a time",
		Long:    `Switch back now what "slipway scaling enable" or "disable" has switched with --for. ` + namesApp,
		Example: `  slipway scaling restore sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --wait`,
		Args:    arguments("APP"), ValidArgsFunction: a.completeSwitched(),
	}
	exits(cmd, exitRefused, "nothing is switched for a time")
	wait := waits(cmd, "wait until the rules were read back as before")
	return a.onApp(cmd, func(ctx context.Context, call *call, app release.App) error {
		if err := call.client.CheckWorkers(ctx, app); err != nil {
			return err
		}
		begun, err := call.client.SwitchBack(ctx, app)
		if err != nil {
			return err
		}
		return a.awaitToggle(ctx, call, begun, *wait)
	})
}

func (a *app) scalingRecover() *cobra.Command {
	var id string
	cmd := &cobra.Command{
		Use:   "recover --release ID",
		Short: "Restore the scaling rules that a lost release has left off",
		Long: `Restore the scaling rules that a release has left off whose workflow was terminated or
failed. What it has left besides is told.`,
		Example: `  slipway scaling recover --release r-abcdefghijklmnop --wait`,
		Args:    arguments(),
	}
	cmd.Flags().StringVar(&id, "release", "", "the release (required)")
	_ = cmd.RegisterFlagCompletionFunc("release", a.completeReleases(releases.Filter{Closed: true}))
	exits(cmd, exitAttention, "with --wait: a person must look at something")
	exits(cmd, exitRefused, "the release is at work, and restores its rules itself")
	wait := waits(cmd, "wait for the end")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		switch {
		case id == "":
			return &usageError{"missing --release ID, the release that was lost"}
		case release.IsSetID(id):
			return &usageError{"--release " + id + " is a set; name the release of it that was lost: slipway set get " + id}
		}
		return nil
	}
	return a.onTemporal(cmd, func(ctx context.Context, call *call) error {
		if err := call.client.CheckWorkers(ctx, release.App{}); err != nil {
			return err
		}
		begun, err := call.client.Recover(ctx, id)
		if err != nil {
			return err
		}
		if !*wait {
			if err := begun.Taken(ctx); err != nil {
				return err
			}
			return call.format.Write(a.Stdout, begun, func() string { return begun.ID + "\n" })
		}
		var result release.WatchdogResult
		err = begun.Wait(ctx, &result)
		if err != nil && errors.Is(ctx.Err(), context.Canceled) {
			return &interruptedError{"the rules are restored all the same; the same command waits for it again"}
		}
		if err != nil {
			return err
		}
		return a.printRecovered(call, result)
	})
}

func (a *app) printRecovered(call *call, result release.WatchdogResult) error {
	if err := call.format.Write(a.Stdout, result, func() string { return render.Recovered(result) }); err != nil {
		return err
	}
	if result.Left != "" {
		return &outcomeError{release.PhaseNeedsAttention}
	}
	return nil
}
