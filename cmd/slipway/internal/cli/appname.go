package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/release"
)

// namesApp ends the help of commands that take an application.
const namesApp = "APP is platform/region/id, as \"slipway release list\" shows it, or application/environment\nas \"slipway app list\" shows it."

// parseApp reads an application as people name it: platform/region/id.
func parseApp(name string) (release.App, error) {
	parts := strings.Split(name, "/")
	if len(parts) != 3 {
		message := fmt.Sprintf("APP %q is not of the form platform/region/id, for example sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe or fc/cn-hangzhou/orders", name)
		if strings.HasPrefix(name, "r-") {
			message += "; commands to a release are under: slipway release"
		}
		return release.App{}, &usageError{message}
	}
	app := release.App{Platform: release.Platform(parts[0]), Region: parts[1], ID: parts[2]}
	if err := app.Validate(); err != nil {
		return app, &usageError{fmt.Sprintf("APP %q: %s", name, strings.ReplaceAll(err.Error(), "\n", "; "))}
	}
	return app, nil
}

// namedEnvironment is an environment of an application document that somebody has named.
type namedEnvironment struct {
	document    apps.Document
	environment apps.Environment
}

// String is how people name it.
func (n namedEnvironment) String() string {
	return n.document.Spec.Name + "/" + n.environment.Name
}

// isName reports whether an application is named as application or application/environment. An ID of a
// release or a set is no name.
func isName(text string) bool {
	application, environment, _ := strings.Cut(text, "/")
	return release.IsName(application) && !strings.HasPrefix(application, "r-") && !strings.HasPrefix(application, "s-") &&
		(environment == "" || release.IsName(environment))
}

// appOf is the application of an argument: platform/region/id, or application/environment, which is
// looked up in its document.
func (c *call) appOf(ctx context.Context, text string) (release.App, error) {
	if !isName(text) {
		return parseApp(text)
	}
	n, err := c.named(ctx, text, "")
	return n.environment.App, err
}

// named looks an environment up. Where the argument names none it is otherwise, or where that is empty, too,
// a usage error that lists them.
func (c *call) named(ctx context.Context, text, otherwise string) (n namedEnvironment, err error) {
	application, name, _ := strings.Cut(text, "/")
	js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway app")
	if err != nil {
		return n, err
	}
	defer closeNATS()
	if n.document, err = apps.NewStore(js).Get(ctx, application); err != nil {
		return n, err
	}
	name = cmp.Or(name, otherwise)
	if name == "" {
		var each []string
		for _, e := range n.document.Spec.Names() {
			each = append(each, application+"/"+e)
		}
		return n, &usageError{fmt.Sprintf("APP %s: say which environment: %s", application, strings.Join(each, ", "))}
	}
	if name == firstEnvironment {
		name = n.document.Spec.Environments[0].Name
	}
	if n.environment, err = n.document.Spec.Environment(name); err != nil {
		return n, &usageError{"APP " + text + ": " + err.Error()}
	}
	return n, nil
}

// firstEnvironment stands for the first environment of a document. No environment has this name.
const firstEnvironment = "/first"

// onApp completes a command about an application: it needs Temporal, and where the application is named,
// NATS for its document.
func (a *app) onApp(cmd *cobra.Command, do func(context.Context, *call, release.App) error) *cobra.Command {
	settings := slices.Concat(config.Temporal(), config.NATS())
	return a.command(cmd, frame{settings: settings, draws: true, timeout: answerTime, limit: patience}, func(ctx context.Context, c *call) error {
		app, err := c.appOf(ctx, c.args[0])
		if err != nil {
			return err
		}
		return withTemporal(func(ctx context.Context, c *call) error { return do(ctx, c, app) })(ctx, c)
	})
}

// completeNames offers the names of applications with their environments.
func completeNames(ctx context.Context, c *call) (found []cobra.Completion, err error) {
	js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway app")
	if err != nil {
		return nil, err
	}
	defer closeNATS()
	known, err := apps.NewStore(js).List(ctx)
	for _, d := range known {
		for _, e := range d.Spec.Environments {
			found = append(found, cobra.CompletionWithDesc(d.Spec.Name+"/"+e.Name, e.App.SearchValue()))
		}
	}
	return found, err
}
