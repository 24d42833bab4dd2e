package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/release"
	"slipway/wire"
)

// operation is a release that needs no file: what its flags say.
type operation struct {
	spec release.Spec
	bake time.Duration
	// config is what flags say of a configuration; nil where there are none.
	config *configured
	// watch is for how long the new version is watched.
	watch time.Duration
	// to is the environment of a named application; empty where the argument says it, or nothing does.
	to string
}

// asksInLine ends the help of the operations.
const asksInLine = `

It is a release like any other: it takes its turn in the lane of the application, suspends
and restores scaling rules, and ends in one outcome. What the flags cannot say (gates,
schedules, traffic rules, limits), a release file can: "slipway release submit".
` + namesApp

func (a *app) deploy() *cobra.Command {
	cmd, o := a.operate(&cobra.Command{
		Use:   "deploy APP (--image IMAGE | --package URL --package-version VERSION | --config-from FILE | --variable NAME=VALUE)",
		Short: "Release an image, a package or configuration without a release file",
		Long: `Release an image, a package, configuration, or one of the first two with the third, without a
release file. Without --strategy it is done at once; with --strategy batch or gray each batch
waits for "slipway release confirm" unless --confirm is auto. With --watch the new version is
watched after the last batch: until then one abort returns to the version before.

On Function Compute --strategy gray shifts traffic by --weights, APP is a service, --qualifier
the alias that is moved, and --part the function where the service has several. --instances is
the number of its provisioned instances there.

On ServiceStage APP is a component. It waits once, after the gray batch, which gets --weights 20 of
the traffic or else the share that it has of the instances; batches of --strategy batch follow each
other by themselves.

Where APP is the name of an application, as "slipway app list" shows it, the release goes to the
environment of --to, or to the first; what its document says need not be repeated.

What is changed of the configuration stands in the file of --config-from, as under config in a
release file, and in --variable, --cpu, --memory and --instances, which count before the file.
All else stays as the application has it. A variable that is a secret is given by reference,
which only the file can: secret: {id, key}.` + asksInLine,
		Example: `  slipway deploy sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --image registry.example/shop:1.4.3 --wait
  slipway deploy sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --image registry.example/shop:1.4.3 --strategy gray --gray 1 --batches 2
  slipway deploy sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --image registry.example/shop:1.4.3 --strategy batch --batches 3 --confirm auto --bake 5m
  slipway deploy sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --image registry.example/shop:1.4.3 --watch 30m
  slipway deploy sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --package https://packages.example/shop-1.4.3.jar --package-version 1.4.3
  slipway deploy sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --variable LOG_LEVEL=debug --variable OLD_FLAG-
  slipway deploy shop --image registry.example/shop:1.4.3 --to production --plan
  slipway deploy shop --image registry.example/shop:1.4.3 --to production --policy-override watched --reason "orders are lost until this is out"
  slipway deploy shop --image registry.example/shop:1.4.3 --set LOG_LEVEL=debug --set OLD_FLAG- --wait
  slipway deploy fc/cn-hangzhou/orders --image registry.example/orders:1.4.3 --strategy gray --weights 5,30
  slipway deploy fc/cn-hangzhou/orders --part pay --package oss://code/pay-1.4.3.zip --package-version 1.4.3 --qualifier canary
  slipway deploy servicestage/cn-north-4/4b611997-4acd-4538-a06b-32fd2475e057 --image registry.example/shop:1.4.3 --strategy gray --gray 1 --weights 20 --batches 2
  slipway deploy sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --image registry.example/shop:1.4.3 --registry cri-1a2b3c --config-from config.yaml --cpu 1000 --memory 2048`,
	}, release.OperationRelease)
	var code release.Package
	var registry string
	flags := cmd.Flags()
	flags.StringVar(&o.spec.Artifact.Image, "image", "", "the container image")
	flags.StringVar(&code.URL, "package", "", "the address of a jar, war or zip")
	flags.StringVar(&code.Version, "package-version", "", "the version of the package")
	flags.StringVar(&registry, "registry", "", "the enterprise registry that the image is pulled from (default the application's)")
	withPart(cmd, o, "the function that it is for, on Function Compute (default the only one)")
	flags.StringVar(&o.to, "to", "", "the environment of the application that APP names (default its first)")
	completing(cmd, "to")       // no files; which there are, the document says
	completing(cmd, "registry") // no files; what registries there are, nobody here knows
	o.config = withConfig(cmd)
	withStrategy(cmd, o)
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if code != (release.Package{}) {
			o.spec.Artifact.Package = &code
		}
		if !o.spec.Artifact.Known() && !o.config.given(cmd) {
			return &usageError{"missing --image, or --package with --package-version, or configuration with --config-from or --variable: say what to release"}
		}
		if registry != "" {
			o.spec.Artifact.Registry = &release.Registry{Instance: registry}
		}
		return nil
	}
	a.withPolicies(cmd, &o.spec)
	return cmd
}

func (a *app) rollback() *cobra.Command {
	cmd, o := a.operate(&cobra.Command{
		Use:     "rollback APP",
		Aliases: []string{"undo"},
		Short:   "Return an application to a version that it had before",
		Long: `Return an application to a version that it had before: the one that --to-version names, or
the last good one: what a release has succeeded with last and does not run. To see the
versions that the platform keeps: "slipway api sae ListAppVersions AppId=…", or "slipway api fc
ListServiceVersions serviceName=…". Without --strategy it is done at once; so it is on Function
Compute always, where the alias gets that version and nothing is deployed. To stop a release that is
under way, see "slipway release rollback".` + asksInLine,
		Example: `  slipway rollback sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --wait --reason "error rate doubled"
  slipway rollback sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --to-version 0026ff7e-2b57-4127-bdd0-9bf202bb9ddf
  slipway rollback sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --strategy batch --batches 3 --confirm auto --bake 5m
  slipway rollback fc/cn-hangzhou/orders --to-version 7 --wait
  slipway rollback shop/production --wait --reason "error rate doubled"
  slipway undo sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe`,
	}, release.OperationRollback)
	cmd.Flags().StringVar(&o.spec.Version, flagToVersion, "", "the platform's ID of the version (default the last good one)")
	completing(cmd, flagToVersion) // no files; what versions there are, only the platform knows
	return withStrategy(cmd, o)
}

func (a *app) restart() *cobra.Command {
	cmd, _ := a.operate(&cobra.Command{
		Use:   "restart APP",
		Short: "Restart all instances of an application",
		Long: `Restart all instances of an application. There is nothing to restart on Function Compute, whose
instances come and go with the requests.` + asksInLine,
		Example: `  slipway restart sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --wait --reason "new certificate"
  slipway restart sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --lane-policy reject`,
	}, release.OperationRestart)
	return cmd
}

func (a *app) rescale() *cobra.Command {
	cmd, o := a.operate(&cobra.Command{
		Use:     "rescale APP --instances N",
		Aliases: []string{"scale"},
		Short:   "Change the number of instances of an application",
		Long: `Change the number of instances of an application. Scaling rules that are enabled change it
again once they are back: see "slipway scaling".

On Function Compute it is the number of provisioned instances, which are kept ready behind the
alias: those of the function that --part names, of the only function of the service, or of the
only one that has some.` + asksInLine,
		Example: `  slipway rescale sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --instances 6 --wait --reason "the sale begins"
  slipway rescale fc/cn-hangzhou/orders --instances 5 --wait
  slipway rescale fc/cn-hangzhou/orders --part pay --instances 5`,
	}, release.OperationRescale)
	cmd.Flags().IntVar(&o.spec.Instances, "instances", 0, "the number of instances (required)")
	withPart(cmd, o, "the function whose instances they are, on Function Compute (default the only one that has some)")
	return cmd
}

// withStrategy gives an operation the flags that say how instances are replaced.
func withStrategy(cmd *cobra.Command, o *operation) *cobra.Command {
	flags, strategy := cmd.Flags(), &o.spec.Strategy
	flags.StringVar((*string)(&strategy.Type), "strategy", "", "all, batch or gray (default all)")
	flags.IntVar(&strategy.Gray, "gray", 0, "instances in the first batch of strategy gray (default 1)")
	flags.IntSliceVar(&strategy.Weights, "weights", nil, "percentages of the traffic after each batch but the last, of strategy gray on Function Compute: 5,30; on ServiceStage one, that of the gray batch: 20")
	flags.IntVar(&strategy.Batches, "batches", 0, "number of batches (default 2; of strategy gray 1 after the gray one)")
	flags.StringVar((*string)(&strategy.Confirm), "confirm", "", "who lets the next batch begin: manual or auto (default manual)")
	flags.DurationVar(&o.bake, "bake", 0, "how long a finished batch runs before the next may begin")
	flags.DurationVar(&o.watch, "watch", 0, "how long the new version is watched after the last batch; a release file has gates for it")
	completing(cmd, "weights") // no files
	_ = cmd.RegisterFlagCompletionFunc("strategy", func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return strategiesFor(args, o.spec.Operation), cobra.ShellCompDirectiveNoFileComp
	})
	return completing(cmd, "confirm", string(release.ConfirmManual), string(release.ConfirmAuto))
}

// strategiesFor are the strategies of an operation on the application that the arguments name, or on any
// platform where they name none yet.
func strategiesFor(args []string, op release.Operation) (offered []cobra.Completion) {
	platforms := release.Platforms()
	if len(args) > 0 {
		ref, err := release.ParseApp(args[0])
		if traits, served := release.TraitsOf(ref.App.Platform); err == nil && served {
			platforms = []release.Traits{traits}
		}
	}
	for _, on := range platforms {
		for _, s := range on.Strategies(op) {
			if !slices.Contains(offered, string(s)) {
				offered = append(offered, string(s))
			}
		}
	}
	return offered
}

// withPart gives an operation the flag that says which part of an application is meant.
func withPart(cmd *cobra.Command, o *operation, usage string) {
	cmd.Flags().StringVar(&o.spec.Artifact.Part, "part", "", usage)
	completing(cmd, "part") // no files; what parts there are, only the platform knows
}

// withQualifier gives a command that changes an application the flag that says which of its pointers to
// a version is meant.
func withQualifier(cmd *cobra.Command, app *release.App) {
	cmd.Flags().StringVar(&app.Qualifier, "qualifier", "", "the alias, on Function Compute (default live)")
	completing(cmd, "qualifier") // no files; what aliases there are, only the platform knows
}

// withLane gives a command that submits a release the flags that say which turn it takes, and
// what freezes mean to it.
func withLane(cmd *cobra.Command, lane *release.Lane, freeze *release.FreezePolicy) {
	flags := cmd.Flags()
	flags.StringVar((*string)(&lane.Policy), "lane-policy", "", "queue, supersede what waits, or reject where anything runs or waits (default queue)")
	flags.BoolVar(&lane.Preempt, "preempt", false, "come next, and abort what runs once no batch of it is in progress")
	flags.StringVar(&freeze.Override, "freeze-override", "", "pass over freezes, for this reason")
	completing(cmd, "lane-policy", string(release.LaneQueue), string(release.LaneSupersede), string(release.LaneReject))
}

// operate makes a command that submits an operation.
func (a *app) operate(cmd *cobra.Command, op release.Operation) (made *cobra.Command, o *operation) {
	o = &operation{spec: release.Spec{Operation: op}}
	cmd.Args, cmd.GroupID = arguments("APP"), groupReleases
	cmd.Flags().StringVar(&o.spec.Note, flagReason, "", "why")
	withQualifier(cmd, &o.spec.App)
	withLane(cmd, &o.spec.Lane, &o.spec.Freeze)
	cmd.ValidArgsFunction = a.completeApps
	a.onSubmit(cmd, kindRelease, func(ctx context.Context, call *call) (asked, error) {
		ref, err := readApp(argApp, call.args[0])
		switch {
		case err != nil:
			return asked{}, err
		case ref.ByName():
			return o.byName(ctx, call)
		}
		if o.to != "" {
			return asked{}, &usageError{"--to names an environment of an application document, and " + call.args[0] + " is no name of one; leave it out"}
		}
		spec, err := o.of(ref.App, call)
		return a.askedRelease(spec), err
	})
	return cmd, o
}

// said is what the flags say, without an application and without defaults.
func (o *operation) said(call *call) (release.Spec, error) {
	spec := o.spec
	spec.RequestedBy, spec.Strategy.Bake = call.by, release.Duration(o.bake)
	if f := call.cmd.Flag("watch"); f != nil && f.Changed {
		spec.Strategy.Watch = &release.Watch{For: release.Duration(o.watch)}
	}
	var err error
	spec.Config, err = o.config.read(call.app, call.cmd)
	return spec, err
}

// of is the spec of the operation on an application.
func (o *operation) of(app release.App, call *call) (release.Spec, error) {
	spec, err := o.said(call)
	if err != nil {
		return spec, err
	}
	app.Qualifier = spec.App.Qualifier
	spec.App = app
	spec = spec.WithDefaults()
	return spec, o.refused(call, spec, wire.Validate(spec))
}

// byName is the operation on an environment that is named.
func (o *operation) byName(ctx context.Context, call *call) (asked, error) {
	name, _, has := strings.Cut(call.args[0], "/")
	otherwise := o.to
	switch {
	case has && o.to != "":
		return asked{}, &usageError{"--to says which environment, and so does " + call.args[0] + "; leave one of them out"}
	case o.to != "" && !release.IsName(o.to):
		return asked{}, &usageError{fmt.Sprintf("--to %q is not %s", o.to, release.NameWords)}
	case o.spec.App.Qualifier != "":
		return asked{}, &usageError{"--qualifier has no meaning beside a name: the document of " + name + " says which alias it is"}
	case o.to == "" && o.spec.Operation == release.OperationRelease:
		otherwise = firstEnvironment
	}
	n, err := call.named(ctx, call.args[0], otherwise)
	if err != nil {
		return asked{}, err
	}
	spec, err := o.said(call)
	if err != nil {
		return asked{}, err
	}
	request, err := wire.NamedOf(name, n.environment.Name, spec)
	if err != nil {
		return asked{}, err
	}
	resolved, err := n.document.Spec.Resolve(request)
	if err := o.refused(call, spec, err); err != nil {
		return asked{}, err
	}
	return call.app.askedByName(request, resolved)
}

// refused names the flags of what is wrong with a spec; nil where nothing is.
func (o *operation) refused(call *call, spec release.Spec, err error) error {
	problems := zeros(call.cmd)
	invalid, ok := errors.AsType[release.Problems](err)
	if err != nil && !ok {
		return err
	}
	for _, p := range invalid {
		problems = append(problems, o.byFlag(call.cmd, spec.Config, p))
	}
	if len(problems) > 0 {
		return fmt.Errorf("the %s cannot be asked for:\n%w", spec.Operation, problems)
	}
	return nil
}

// zeros are the flags that were given as 0, which would count as left out.
func zeros(cmd *cobra.Command) (problems release.Problems) {
	for _, name := range []string{"gray", "batches", flagCPU, flagMemory} {
		if f := cmd.Flag(name); f != nil && f.Changed && f.Value.String() == "0" {
			problems = append(problems, release.Problem{Field: "--" + name, Message: "must be at least 1, or left out for its default, not 0"})
		}
	}
	return problems
}

// byFlag names the flag that a problem comes from instead of the field.
func (o *operation) byFlag(cmd *cobra.Command, config *release.Config, p release.Problem) release.Problem {
	flags := map[string]string{
		"version": "--to-version", "app.qualifier": "--qualifier", "strategy.type": "--strategy", "strategy.weights": "--weights", "strategy.watch.for": "--watch", "requestedBy": "--by", "note": "--reason", "lane.preempt": "--preempt",
		"artifact": "--image", "artifact.image": "--image", "artifact.package": "--package", "artifact.package.url": "--package",
		"artifact.registry": "--registry", "artifact.registry.instance": "--registry", "config": "--config-from",
		"operation": argumentOf(cmd), "job": "--run", "job.instances": "--instances", "job.command": "COMMAND", "limits.total": "--total",
		"policy.override": "--policy-override",
	}
	field, _, _ := strings.Cut(p.Field, "[")
	flag, special := flags[field]
	switch {
	case field == "strategy.weights" && field != p.Field:
		p.Field, p.Message = flag, o.weightAt(p.Field)+" "+p.Message
	case special:
		p.Field = flag
	case o.spec.Job != nil && field == "job.variables":
		p, _ = variableByFlag(o.spec.Job.Variables, field, names(o.spec.Job.Variables), p)
	case config != nil && strings.HasPrefix(p.Field, "config"):
		return o.config.byFlag(cmd, config, p)
	default:
		p.Field = "--" + strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(p.Field, "strategy."), "artifact."), ".", "-")
	}
	return p
}

// weightAt is the weight at a place, such as strategy.weights[1].
func (o *operation) weightAt(field string) string {
	for i, weight := range o.spec.Strategy.Weights {
		if field == fmt.Sprintf("strategy.weights[%d]", i) {
			return strconv.Itoa(weight)
		}
	}
	return ""
}
