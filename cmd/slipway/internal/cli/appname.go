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

// argApp is the argument that names an application.
const argApp = "APP"

// namesApp ends the help of commands that take an application.
const namesApp = "APP is platform/region/id, as \"slipway release list\" shows it, or application/environment\nas \"slipway app list\" shows it."

// readApp reads an argument or a flag that names an application.
func readApp(from, text string) (release.AppRef, error) {
	ref, err := release.ParseApp(text)
	if err != nil {
		colon := ""
		if ref.App != (release.App{}) {
			colon = ":"
		}
		return ref, &usageError{fmt.Sprintf("%s %q%s %s", from, text, colon, err)}
	}
	return ref, nil
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

// appOf is the application of an argument or a flag: platform/region/id, or application/environment, which
// is looked up in its document.
func (c *call) appOf(ctx context.Context, from, text string) (release.App, error) {
	ref, err := readApp(from, text)
	if err != nil || !ref.ByName() {
		return ref.App, err
	}
	n, err := c.named(ctx, text, "")
	return n.environment.App.App(), err
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
		app, err := c.appOf(ctx, argApp, c.args[0])
		if err != nil {
			return err
		}
		return withTemporal(func(ctx context.Context, c *call) error { return do(ctx, c, app) })(ctx, c)
	})
}

// appUsage is the help of a flag that names an application.
const appUsage = "only of this application: platform/region/id or application/environment"

// appOfFlag is the value of --app as platform/region/id; empty where it is.
func (c *call) appOfFlag(ctx context.Context, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	app, err := c.appOf(ctx, "--app", text)
	return app.SearchValue(), err
}

// findNamesAnd offers the names of applications beside what find offers. What one of both tells is offered.
func findNamesAnd(find finder) finder {
	return func(ctx context.Context, c *call) ([]cobra.Completion, error) {
		found, err := find(ctx, c)
		names, unnamed := completeNames(ctx, c)
		if unnamed == nil {
			err = nil
		}
		return append(names, found...), err
	}
}

// findDocumentsAnd offers the names of applications alone besides.
func findDocumentsAnd(find finder) finder {
	return func(ctx context.Context, c *call) ([]cobra.Completion, error) {
		found, err := find(ctx, c)
		if documents, unread := c.app.applicationDocuments().known(ctx, c); unread == nil {
			found = append(documents, found...)
		}
		return found, err
	}
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
			found = append(found, cobra.CompletionWithDesc(d.Spec.Name+"/"+e.Name, e.App.App().SearchValue()))
		}
	}
	return found, err
}
