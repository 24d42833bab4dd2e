package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/manifest"
	"slipway/release"
)

func (a *app) applications() *cobra.Command {
	return a.group(&cobra.Command{
		Use:        "app",
		Aliases:    []string{"apps", "application"},
		SuggestFor: []string{"environment", "env"},
		Short:      "Give applications names, environments and defaults",
		Long: `Give applications names, environments and defaults. The document of an application says what it is
called, where each of its environments is, and what a release of it need not repeat. Then "shop" and
"shop/production" stand for the application in every command, and a request says no more than what it
brings. What a request says wins over the document, but for what the document locks.`,
		Example: `  slipway app apply -f examples/application.yaml
  slipway app list
  slipway deploy shop --image registry.example/shop:1.4.3 --to production`,
		GroupID: groupReleases,
	}, a.appApply(), a.appImport(), a.appList(), a.appGet(), a.appHistory(), a.appDiff(), a.appDelete(), a.appLint())
}

// documentAction is what a command about application documents does.
type documentAction func(ctx context.Context, c *call, js jetstream.JetStream) error

// onDocuments completes a command about application documents.
func (a *app) onDocuments(cmd *cobra.Command, do documentAction) *cobra.Command {
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime}, func(ctx context.Context, c *call) error {
		js, closeNATS, err := a.jetStream(ctx, c.values, "slipway app")
		if err != nil {
			return err
		}
		defer closeNATS()
		return do(ctx, c, js)
	})
}

// changed gives a command that changes a document the flags that say why, and of which revision.
func changed(cmd *cobra.Command) func(*call) apps.Edit {
	reason := cmd.Flags().String(flagReason, "", "why; it stands in the history")
	revision := cmd.Flags().Uint64("revision", 0, "change nothing unless the document is at this revision, 0 for one that does not exist (default any)")
	withSettings(cmd, config.Actor())
	exits(cmd, exitRefused, "somebody else has changed the document, or a release of it is under way; nothing was changed")
	return func(c *call) apps.Edit {
		e := apps.Edit{Change: apps.Change{By: c.by, Reason: *reason, At: c.now}, Expected: apps.Any}
		if c.cmd.Flag("revision").Changed {
			e.Expected = *revision
		}
		return e
	}
}

// fileOf gives a command the flag of the file of a document.
func (a *app) fileOf(cmd *cobra.Command) func() (apps.Application, error) {
	var file string
	cmd.Flags().VarP(&oneFile{path: &file}, "file", "f", "file of the document; - reads standard input (required)")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml", "json")
	return func() (apps.Application, error) {
		if file == "" {
			return apps.Application{}, &usageError{"missing -f FILE, the document of the application; - reads standard input"}
		}
		return readFile(a, "-f", file, manifest.ReadApplication)
	}
}

func (a *app) appApply() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Store the document of an application",
		Long: `Store the document of an application: a new one, or the next revision of one that is there. An
environment that is left out, or that is another application from now on, must have no release under
way. What is under way keeps what the document said when it was asked for.`,
		Example: `  slipway app apply -f examples/application.yaml
  slipway app get shop -o yaml > shop.yaml && slipway app apply -f shop.yaml --reason "three batches"`,
		Args: arguments(),
	}
	read, edit := a.fileOf(cmd), changed(cmd)
	return a.onDocuments(cmd, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		next, err := read()
		if err != nil {
			return err
		}
		e := edit(c)
		e.Guard = noneUnderWay(ledger.New(js))
		stored, err := apps.NewStore(js).Apply(ctx, next, e)
		if err != nil {
			return refusedEdit(err)
		}
		a.infof("application %s is at revision %d", next.Name, stored.Revision)
		return c.format.Write(a.Stdout, stored, func() string { return documentTable([]apps.Document{stored}, c.style) })
	})
}

// noneUnderWay refuses to take an environment away from releases that are under way.
func noneUnderWay(known *ledger.Ledger) apps.Guard {
	return func(ctx context.Context, have, next *apps.Application) error {
		var busy []string
		for _, e := range apps.Removed(have, next) {
			affairs, err := known.Affairs(ctx, e.App)
			if err != nil {
				return err
			}
			for _, r := range affairs.Open {
				busy = append(busy, fmt.Sprintf("%s/%s: release %s", have.Name, e.Name, r.ReleaseID))
			}
		}
		if len(busy) > 0 {
			return &underWayError{busy}
		}
		return nil
	}
}

// underWayError says which releases keep a document from being changed.
type underWayError struct{ busy []string }

func (e *underWayError) Error() string {
	return "releases are under way, and their environments stay until they have ended; nothing was changed:\n" + strings.Join(e.busy, "\n")
}

// refusedEdit gives the refusal of a change its exit code.
func refusedEdit(err error) error {
	_, outdated := errors.AsType[*apps.OutdatedError](err)
	_, busy := errors.AsType[*underWayError](err)
	if outdated || busy {
		return &refusedEditError{err}
	}
	if taken, ok := errors.AsType[*apps.TakenError](err); ok && taken != nil {
		return &usageError{err.Error()}
	}
	return err
}

// refusedEditError is a change that does not apply to what is there.
type refusedEditError struct{ err error }

func (e *refusedEditError) Error() string { return e.err.Error() }

// Unwrap returns the refusal.
func (e *refusedEditError) Unwrap() error { return e.err }

func (a *app) appList() *cobra.Command {
	return a.onDocuments(&cobra.Command{
		Use: "list", Aliases: []string{"ls"},
		Short: "List applications with their environments",
		Example: `  slipway app list
  slipway app list -o json`,
		Args: arguments(),
	}, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		found, err := apps.NewStore(js).List(ctx)
		if err != nil {
			return err
		}
		if len(found) == 0 && c.format.ForPeople() {
			a.infof("there is no application yet; give one a name with: slipway app apply -f FILE")
			return nil
		}
		return c.format.Write(a.Stdout, found, func() string { return documentTable(found, c.style) })
	})
}

// documentTable has a row for each environment.
func documentTable(found []apps.Document, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "NAME", Wraps: 24}, {Name: "APP", Wraps: 24}, {Name: "STRATEGY", Rank: 2}, {Name: "LOCKED", Wraps: 20, Rank: 3}, {Name: "REVISION", Rank: 1}, {Name: "BY", Wraps: 12, Rank: 4},
	}}
	for _, d := range found {
		for _, e := range d.Application.Environments {
			table.Rows = append(table.Rows, render.Text(d.Application.Name+"/"+e.Name, e.App.SearchValue(), strategyOf(e),
				strings.Join(e.Locked, ", "), fmt.Sprint(d.Revision), d.Change.By))
		}
	}
	return table.Draw(style)
}

// strategyOf is the strategy that an environment has as its default.
func strategyOf(e apps.Environment) string {
	var says struct {
		Type release.StrategyType `json:"type"`
	}
	if json.Unmarshal(e.Release["strategy"], &says) != nil || says.Type == "" {
		return string(release.StrategyAll)
	}
	return string(says.Type)
}

func (a *app) appGet() *cobra.Command {
	var revision uint64
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "Show the document of an application",
		Long:  `Show the document of an application. With -o yaml or json it is the document as "slipway app apply" takes it.`,
		Example: `  slipway app get shop
  slipway app get shop -o yaml
  slipway app get shop --at 12 -o yaml`,
		Args: arguments("NAME"), ValidArgsFunction: a.complete(cobra.ShellCompDirectiveDefault, findDocuments),
	}
	cmd.Flags().Uint64Var(&revision, "at", 0, "as it was at this revision (default the latest)")
	return a.onDocuments(cmd, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		store, name := apps.NewStore(js), c.args[0]
		d, err := store.Get(ctx, name)
		if revision > 0 {
			d, err = store.At(ctx, name, revision)
		}
		if errors.Is(err, apps.ErrForgotten) {
			return fmt.Errorf("application %s has no revision %d, or not any more; see: slipway app history %s", name, revision, name)
		}
		if err != nil {
			return err
		}
		return c.format.Write(a.Stdout, d.Application, func() string { return documentTable([]apps.Document{d}, c.style) })
	})
}

// findDocuments offers the names of applications.
func findDocuments(ctx context.Context, c *call) (found []cobra.Completion, err error) {
	js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway app")
	if err != nil {
		return nil, err
	}
	defer closeNATS()
	known, err := apps.NewStore(js).List(ctx)
	for _, d := range known {
		found = append(found, d.Application.Name)
	}
	return found, err
}

func (a *app) appHistory() *cobra.Command {
	return a.onDocuments(&cobra.Command{
		Use:   "history NAME",
		Short: "Tell who changed the document of an application, latest first",
		Long:  `Tell who changed the document of an application, latest first. NATS keeps the latest 64 revisions of each.`,
		Example: `  slipway app history shop
  slipway app history shop -o json`,
		Args: arguments("NAME"), ValidArgsFunction: a.complete(cobra.ShellCompDirectiveDefault, findDocuments),
	}, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		found, err := apps.NewStore(js).History(ctx, c.args[0])
		if err != nil {
			return err
		}
		return c.format.Write(a.Stdout, found, func() string {
			table := render.Table{Columns: []render.Column{
				{Name: "REVISION"}, {Name: "AT"}, {Name: "ACTION"}, {Name: "BY", Wraps: 12, Rank: 2}, {Name: "REASON", Wraps: 24, Rank: 1, Below: true, Lines: 4},
			}}
			for _, d := range found {
				table.Rows = append(table.Rows, render.Text(fmt.Sprint(d.Revision), c.style.Time(d.Change.At), string(d.Change.Action), d.Change.By, d.Change.Reason))
			}
			return table.Draw(c.style)
		})
	})
}

// difference is one field in which two documents differ.
type difference struct {
	Field string `json:"field"`
	// Have is what is stored, and Next what the file says; absent where there is nothing.
	Have any `json:"have,omitempty"`
	Next any `json:"next,omitempty"`
}

func (a *app) appDiff() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff -f FILE",
		Short: "Show what a file would change of the document that is stored",
		Long:  `Show, field by field, what a file would change of the document that is stored. Nothing is changed.`,
		Example: `  slipway app diff -f shop.yaml
  slipway app diff -f shop.yaml -o json`,
		Args: arguments(),
	}
	read := a.fileOf(cmd)
	return a.onDocuments(cmd, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		next, err := read()
		if err != nil {
			return err
		}
		have, err := apps.NewStore(js).Get(ctx, next.Name)
		if _, none := errors.AsType[*apps.UnknownError](err); err != nil && !none {
			return err
		}
		found := differences(have.Application, next)
		if len(found) == 0 && c.format.ForPeople() {
			a.infof("the document of %s says the same, at revision %d", next.Name, have.Revision)
			return nil
		}
		return c.format.Write(a.Stdout, found, func() string {
			table := render.Table{Columns: []render.Column{{Name: "FIELD", Wraps: 30}, {Name: "STORED", Wraps: 20}, {Name: "FILE", Wraps: 20}}}
			for _, d := range found {
				table.Rows = append(table.Rows, render.Text(d.Field, shown(d.Have), shown(d.Next)))
			}
			return table.Draw(c.style)
		})
	})
}

// shown is a value of a document as one line.
func shown(v any) string {
	if text, ok := v.(string); ok || v == nil {
		return text
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}

// differences are the fields in which two documents differ, environments by their names.
func differences(have *apps.Application, next apps.Application) []difference {
	was, will := fieldsOf(have), fieldsOf(&next)
	names := map[string]bool{}
	for name := range was {
		names[name] = true
	}
	for name := range will {
		names[name] = true
	}
	found := []difference{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if shown(was[name]) != shown(will[name]) {
			found = append(found, difference{name, was[name], will[name]})
		}
	}
	return found
}

// fieldsOf are the values of a document by their paths. A list is one value.
func fieldsOf(a *apps.Application) map[string]any {
	out := map[string]any{}
	if a == nil {
		return out
	}
	out["environments"] = a.Names()
	for _, e := range a.Environments {
		raw, err := json.Marshal(e)
		var fields map[string]any
		if err == nil && json.Unmarshal(raw, &fields) == nil {
			delete(fields, "name")
			flatten(out, e.Name, fields)
		}
	}
	return out
}

func flatten(out map[string]any, path string, fields map[string]any) {
	for name, value := range fields {
		if group, is := value.(map[string]any); is {
			flatten(out, path+"."+name, group)
			continue
		}
		out[path+"."+name] = value
	}
}

func (a *app) appDelete() *cobra.Command {
	cmd := &cobra.Command{
		Use: "delete NAME", Aliases: []string{"rm"},
		Short: "Delete the document of an application",
		Long: `Delete the document of an application. None of its environments may have a release under way. The
application itself, what runs, and the history of the document stay.`,
		Example: `  slipway app delete shop --reason "it is closed"`,
		Args:    arguments("NAME"), ValidArgsFunction: a.complete(cobra.ShellCompDirectiveDefault, findDocuments),
	}
	edit := changed(cmd)
	return a.onDocuments(cmd, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		e := edit(c)
		e.Guard = noneUnderWay(ledger.New(js))
		if err := apps.NewStore(js).Delete(ctx, c.args[0], e); err != nil {
			return refusedEdit(err)
		}
		a.infof("application %s was deleted by %s; see: slipway app history %s", c.args[0], c.by, c.args[0])
		return nil
	})
}

func (a *app) appLint() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lint -f FILE",
		Short: "Check the document of an application, and store nothing",
		Long:  `Check the document of an application, and store nothing: every problem is told at once, with its line. It needs no server.`,
		Example: `  slipway app lint -f shop.yaml
  slipway app lint -f - < shop.yaml`,
		Args: arguments(),
	}
	read := a.fileOf(cmd)
	return a.command(cmd, frame{draws: true, timeout: answerTime}, func(_ context.Context, c *call) error {
		d, err := read()
		if err != nil {
			return err
		}
		a.infof("the document of %s is good", d.Name)
		return c.format.Write(a.Stdout, d, func() string { return "" })
	})
}
