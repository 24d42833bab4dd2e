package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/release"
)

// imported says what to write of an application.
type imported struct {
	name, environment, into string
	app                     release.App
}

func (a *app) appImport() *cobra.Command {
	var i imported
	cmd := &cobra.Command{
		Use:   "import APP",
		Short: "Write the document of an application that runs on its platform",
		Long: `Write the document of an application that runs on its platform, for a file: its name, where it is, and
a gray release where the platform has one for the instances that run. Nothing is stored: look at it,
and store it with "slipway app apply". With --into it is the document of that name as it is stored, with
the application as a further environment, the last one.

A worker reads the application, as for "slipway plan". APP is platform/region/id, as "slipway api"
lists them.`,
		Example: `  slipway app import sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --name shop > shop.yaml
  slipway app import sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --into shop --environment staging
  slipway app import fc/cn-hangzhou/orders --environment staging -o json`,
		Args: arguments("APP"), ValidArgsFunction: a.complete(cobra.ShellCompDirectiveDefault, findApps()),
	}
	flags := cmd.Flags()
	flags.StringVar(&i.name, "name", "", "the name of the application (default what its platform calls it)")
	flags.StringVar(&i.environment, "environment", "production", "the name of the environment")
	flags.StringVar(&i.into, "into", "", "add it to the document of this name, which is stored")
	a.completeFlag(cmd, "into", a.applicationDocuments().known)
	withQualifier(cmd, &i.app)
	exits(cmd, exitTimeout, "no worker answers within --timeout")
	cmd.PreRunE = func(_ *cobra.Command, args []string) error { return i.check(args[0]) }
	settings := slices.Concat(config.Temporal(), config.NATS())
	return a.command(cmd, frame{settings: settings, draws: true, timeout: planAnswer}, withTemporal(func(ctx context.Context, c *call) error {
		d, about, err := c.importApp(ctx, i)
		if err != nil {
			return err
		}
		file := documentFile[apps.Application]{APIVersion: release.APIVersion, Kind: apps.KindApplication, Spec: &d}
		text, err := yaml.Marshal(file)
		if err != nil {
			return err
		}
		return c.format.Write(a.Stdout, file, func() string { return about + string(text) })
	}))
}

// check reads the arguments.
func (i *imported) check(text string) error {
	ref, err := readApp(argApp, text)
	switch {
	case err != nil:
		return err
	case ref.ByName():
		return &usageError{fmt.Sprintf("APP %q is a name already; give platform/region/id, and see its document with: slipway app get %s", text, ref.Application)}
	case i.into != "" && i.name != "":
		return &usageError{"--into says which document, and so does --name; leave one of them out"}
	case !release.IsName(i.environment):
		return &usageError{fmt.Sprintf("--environment %q is not %s", i.environment, release.NameWords)}
	}
	if i.name != "" {
		if problem, wrong := errors.AsType[release.Problem](release.CheckApplicationName(i.name)); wrong {
			return &usageError{"--name: " + problem.Message}
		}
	}
	qualifier := i.app.Qualifier
	i.app = ref.App
	i.app.Qualifier = qualifier
	if err := i.app.Validate(); err != nil {
		return &usageError{"--qualifier: " + err.Error()}
	}
	return nil
}

// importApp reads an application by the plan of a release that is never asked for, and returns the document with
// what is told of it in comments.
func (c *call) importApp(ctx context.Context, i imported) (d apps.Application, about string, err error) {
	plan, err := c.client.Plan(ctx, release.Spec{App: i.app, Artifact: release.Artifact{Image: "registry.invalid/image:1"}})
	if err != nil {
		return d, "", err
	}
	if plan.AppName == "" {
		return d, "", fmt.Errorf("%s cannot be read: %s", i.app.SearchValue(), refusalsOf(plan))
	}
	instances := 0
	if plan.Instances != nil {
		instances = plan.Instances.Before
	}
	e := apps.NewEnvironment(i.environment, i.app, instances)
	about = fmt.Sprintf("# %s of %s runs as %s there%s, when this was written.\n", e.Name, i.app.SearchValue(), plan.AppName, runsWith(plan, instances))
	if i.into == "" {
		name, err := nameFor(i.name, plan.AppName)
		return apps.New(name, e), about, err
	}
	js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway app")
	if err != nil {
		return d, "", err
	}
	defer closeNATS()
	have, err := apps.NewStore(js).Get(ctx, i.into)
	if err != nil {
		return d, "", err
	}
	if d, err = have.Spec.With(e); err != nil {
		return d, "", &usageError{fmt.Sprintf("%s cannot be added to application %s:\n%s", i.app.SearchValue(), i.into, err)}
	}
	return d, about + fmt.Sprintf("# Revision %d had %s.\n", have.Revision, strings.Join(have.Spec.Names(), ", ")), nil
}

func refusalsOf(p release.Plan) string {
	var words []string
	for _, r := range p.Refusals {
		words = append(words, r.String())
	}
	if len(words) == 0 {
		return "its platform does not say what it is called"
	}
	return strings.Join(words, "; ")
}

// runsWith is what an application runs, and on how many instances, as far as that is known.
func runsWith(p release.Plan, instances int) string {
	var words string
	if p.Runs != nil && p.Runs.Artifact.Known() {
		words += ", with " + p.Runs.Artifact.Public()
	}
	if instances > 0 {
		words += fmt.Sprintf(", on %d instances", instances)
	}
	return strings.ReplaceAll(words, "\n", " ")
}

// nameFor is the name that was given, or one made of what the platform calls an application.
func nameFor(given, called string) (string, error) {
	if given != "" {
		return given, nil
	}
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(called)), "-")
	if release.CheckApplicationName(name) != nil {
		return "", &usageError{fmt.Sprintf("the platform calls it %.*q, of which no name can be made; give one with --name", release.MaxID, called)}
	}
	return name, nil
}
