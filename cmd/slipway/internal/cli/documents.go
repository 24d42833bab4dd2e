package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/authority"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/internal/documents"
	"slipway/release"
)

// documentKind is a kind of document that people apply: what its commands say and do apart from what the
// commands of all kinds do.
type documentKind[T any] struct {
	documents.Kind[T]

	// group is the name of the group of its commands, and kind that of its files.
	group, kind string
	// store has the documents, and read reads a file.
	store func(jetstream.JetStream) documentStore[T]
	read  func(io.Reader) (T, error)
	// what is a document in a help text, such as "the document of an application", file an example of a file,
	// and name one of a name.
	what, file, name string
	// applies and deletes say in the help what it takes and what follows.
	applies, deletes string
	// refuses says why a change may be refused, besides by another revision.
	refuses string
	// table shows documents to people.
	table func([]documents.Document[T], render.Style) string
	// guard may refuse a change; applied, where it is there, says more of one that was made.
	guard   func(*call, jetstream.JetStream) documents.Guard[T]
	applied func(*call, T)
	// completed is a document with what a file need not say, before it is stored, and settings is what that takes
	// besides NATS; linted says of a good file what it leaves open; compared is a file as it is compared with what is
	// stored. They are nil where a file is a whole document.
	completed func(context.Context, *call, T) (T, error)
	settings  []config.Setting
	linted    func(*call, T)
	compared  func(have, next T) T
}

// documentStore is what the commands need of the documents of a kind.
type documentStore[T any] interface {
	Get(ctx context.Context, name string) (documents.Document[T], error)
	At(ctx context.Context, name string, revision uint64) (documents.Document[T], error)
	List(ctx context.Context) ([]documents.Document[T], error)
	History(ctx context.Context, name string) ([]documents.Document[T], error)
	Apply(ctx context.Context, next T, e documents.Edit[T]) (documents.Document[T], error)
	Delete(ctx context.Context, name string, e documents.Edit[T]) error
}

// documentFile is a document as it is written and read in files.
type documentFile[T any] struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Spec       *T     `json:"spec"`
}

// documentCommands are the commands that every kind of document has.
func documentCommands[T any](a *app, k documentKind[T]) []*cobra.Command {
	all := []*cobra.Command{applyDocument(a, k), getDocument(a, k), documentHistory(a, k), diffDocument(a, k), deleteDocument(a, k), lintDocument(a, k)}
	if k.Only == "" {
		all = slices.Insert(all, 1, listDocuments(a, k))
	}
	return all
}

// examples are command lines of the kind, with its file or its name.
func (k documentKind[T]) examples(lines ...string) string {
	whole := make([]string, len(lines))
	for i, line := range lines {
		whole[i] = "  slipway " + k.group + " " + line
	}
	return strings.Join(whole, "\n")
}

// naming gives a command the name of a document as its argument, where there are several.
func (k documentKind[T]) naming(a *app, cmd *cobra.Command) *cobra.Command {
	cmd.Args = arguments()
	if k.Only == "" {
		cmd.Use += " NAME"
		cmd.Args, cmd.ValidArgsFunction = arguments("NAME"), a.complete(cobra.ShellCompDirectiveDefault, k.known)
	}
	return cmd
}

// named is the name of the document that a command is about.
func (k documentKind[T]) named(c *call) string {
	if k.Only != "" {
		return k.Only
	}
	return c.args[0]
}

// on completes a command that reads or changes documents on NATS.
func (k documentKind[T]) on(a *app, cmd *cobra.Command, do func(context.Context, *call, jetstream.JetStream) error) *cobra.Command {
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime}, func(ctx context.Context, c *call) error {
		js, closeNATS, err := a.jetStream(ctx, c.values, "slipway "+k.group)
		if err != nil {
			return err
		}
		defer closeNATS()
		return do(ctx, c, js)
	})
}

// known offers the names of documents.
func (k documentKind[T]) known(ctx context.Context, c *call) (found []cobra.Completion, err error) {
	js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway "+k.group)
	if err != nil {
		return nil, err
	}
	defer closeNATS()
	known, err := k.store(js).List(ctx)
	for _, d := range known {
		found = append(found, k.Name(*d.Spec))
	}
	return found, err
}

// edits gives a command that changes a document the flags that say why, and of which revision.
func (k documentKind[T]) edits(cmd *cobra.Command) func(*call, jetstream.JetStream) documents.Edit[T] {
	reason := cmd.Flags().String(flagReason, "", "why; it stands in the history")
	revision := cmd.Flags().Uint64("revision", 0, "change nothing unless the document is at this revision, 0 for one that does not exist (default any)")
	withSettings(cmd, config.Actor())
	exits(cmd, exitRefused, "somebody else has changed the document, or "+k.refuses+"; nothing was changed")
	return func(c *call, js jetstream.JetStream) documents.Edit[T] {
		e := documents.Edit[T]{Change: documents.Change{By: c.by, Reason: *reason, At: c.now}, Expected: documents.Any, Guard: k.guard(c, js)}
		if c.cmd.Flag("revision").Changed {
			e.Expected = *revision
		}
		return e
	}
}

// fromFile gives a command the flag of the file of a document.
func (k documentKind[T]) fromFile(a *app, cmd *cobra.Command, usage string) func() (T, error) {
	var file string
	withFile(cmd, &file, usage)
	return func() (T, error) { return k.readFile(a, file) }
}

func withFile(cmd *cobra.Command, path *string, usage string) {
	cmd.Flags().VarP(&oneFile{path: path}, "file", "f", usage)
	_ = cmd.MarkFlagFilename("file", "yaml", "yml", "json")
}

// readFile reads the file of a document.
func (k documentKind[T]) readFile(a *app, path string) (T, error) {
	if path == "" {
		var none T
		return none, &usageError{"missing -f FILE, " + k.what + "; - reads standard input"}
	}
	d, err := readFile(a, "-f", path, k.read)
	if problems, ok := errors.AsType[release.Problems](err); ok {
		return d, fmt.Errorf("%s is no good document of kind %s:\n%w", path, k.kind, problems)
	}
	return d, err
}

const documentFileUsage = "file of the document; - reads standard input (required)"

func applyDocument[T any](a *app, k documentKind[T]) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "apply -f FILE",
		Short:   "Store " + k.what,
		Long:    "Store " + k.what + ": a new one, or the next revision of one that is there.\n" + k.applies,
		Example: k.examples("apply -f "+k.file, `apply -f `+k.file+` --revision 12 --reason "it was agreed"`),
		Args:    arguments(),
	}
	read, edit := k.fromFile(a, cmd, documentFileUsage), k.edits(cmd)
	if k.completed != nil {
		withSettings(cmd, k.settings)
		exits(cmd, exitTimeout, "no worker answers within --timeout")
	}
	return k.on(a, cmd, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		next, err := read()
		if err == nil && k.completed != nil {
			next, err = k.completed(ctx, c, next)
		}
		if err != nil {
			return err
		}
		stored, err := k.store(js).Apply(ctx, next, edit(c, js))
		if err != nil {
			return err
		}
		a.infof("%s is at revision %d, by %s", k.Named(k.Name(next)), stored.Revision, stored.Change.By)
		if k.applied != nil {
			k.applied(c, next)
		}
		return c.format.Write(a.Stdout, stored, func() string { return k.table([]documents.Document[T]{stored}, c.style) })
	})
}

func listDocuments[T any](a *app, k documentKind[T]) *cobra.Command {
	return k.on(a, &cobra.Command{
		Use: "list", Aliases: []string{"ls"},
		Short:   "List what there is of kind " + k.kind,
		Example: k.examples("list", "list -o json"),
		Args:    arguments(),
	}, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		found, err := k.store(js).List(ctx)
		if len(found) == 0 && err == nil && c.format.ForPeople() {
			a.infof("there is no %s yet; store one with: slipway %s apply -f FILE", k.Noun, k.group)
			return nil
		}
		if len(found) == 0 && err != nil {
			return err
		}
		return errors.Join(c.format.Write(a.Stdout, found, func() string { return k.table(found, c.style) }), err)
	})
}

func getDocument[T any](a *app, k documentKind[T]) *cobra.Command {
	var revision uint64
	cmd := k.naming(a, &cobra.Command{
		Use:   "get",
		Short: "Show " + k.what,
		Long: "Show " + k.what + ". With -o yaml or json it is the file\nthat \"slipway " + k.group + " apply\" takes; \"slipway " + k.group +
			" history -o json\" has who changed it, too.",
		Example: k.examples(k.call("get"), k.call("get")+" -o yaml", k.call("get")+" --at 12 -o yaml"),
	})
	cmd.Flags().Uint64Var(&revision, "at", 0, "as it was at this revision (default the latest)")
	return k.on(a, cmd, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		store, name := k.store(js), k.named(c)
		var d documents.Document[T]
		var err error
		if revision > 0 {
			d, err = store.At(ctx, name, revision)
		} else {
			d, err = store.Get(ctx, name)
		}
		if errors.Is(err, documents.ErrForgotten) {
			return fmt.Errorf("%s has no revision %d, or not any more; see: %s", k.Named(name), revision, k.With("history", name))
		}
		if err != nil {
			return err
		}
		return c.format.Write(a.Stdout, documentFile[T]{release.APIVersion, k.kind, d.Spec}, func() string { return k.table([]documents.Document[T]{d}, c.style) })
	})
}

// call is a command about a document as an example writes it.
func (k documentKind[T]) call(verb string) string {
	if k.Only != "" {
		return verb
	}
	return verb + " " + k.name
}

func documentHistory[T any](a *app, k documentKind[T]) *cobra.Command {
	return k.on(a, k.naming(a, &cobra.Command{
		Use:   "history",
		Short: "Tell who changed " + k.what + ", latest first",
		Long: "Tell who changed " + k.what + ", when and why, latest first.\nNATS keeps the latest 64 revisions; " +
			"-o json has each document as it was.",
		Example: k.examples(k.call("history"), k.call("history")+" -o json"),
	}), func(ctx context.Context, c *call, js jetstream.JetStream) error {
		found, err := k.store(js).History(ctx, k.named(c))
		if err != nil {
			return err
		}
		return c.format.Write(a.Stdout, found, func() string {
			table := render.Table{Columns: []render.Column{
				{Name: "REVISION"}, {Name: "AT"}, {Name: "ACTION"}, {Name: "BY", Wraps: 12, Rank: 2}, {Name: "REASON", Wraps: 24, Rank: 1, Below: true, Lines: 4},
			}}
			for _, d := range found {
				action := string(d.Change.Action)
				if d.Unreadable != "" {
					action += " (unreadable)"
				}
				table.Rows = append(table.Rows, render.Text(fmt.Sprint(d.Revision), c.style.Time(d.Change.At), action, d.Change.By, d.Change.Reason))
			}
			return table.Draw(c.style)
		})
	})
}

func deleteDocument[T any](a *app, k documentKind[T]) *cobra.Command {
	cmd := k.naming(a, &cobra.Command{
		Use: "delete", Aliases: []string{"rm"},
		Short:   "Delete " + k.what,
		Long:    "Delete " + k.what + ". Its history stays.\n" + k.deletes,
		Example: k.examples(k.call("delete") + ` --reason "it is of no use any more"`),
	})
	edit := k.edits(cmd)
	return k.on(a, cmd, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		name := k.named(c)
		if err := k.store(js).Delete(ctx, name, edit(c, js)); err != nil {
			return err
		}
		a.infof("%s was deleted by %s; see: %s", k.Named(name), c.by, k.With("history", name))
		return nil
	})
}

func lintDocument[T any](a *app, k documentKind[T]) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "lint -f FILE",
		Short:   "Check " + k.what + ", and store nothing",
		Long:    "Check " + k.what + ", and store nothing: every problem is told at once,\nwith its line. It needs no server.",
		Example: k.examples("lint -f "+k.file, "lint -f - < "+k.file),
		Args:    arguments(),
	}
	read := k.fromFile(a, cmd, documentFileUsage)
	return a.command(cmd, frame{draws: true, timeout: answerTime}, func(_ context.Context, c *call) error {
		d, err := read()
		if err != nil {
			return err
		}
		a.infof("%s is good", k.Named(k.Name(d)))
		if k.linted != nil {
			k.linted(c, d)
		}
		return c.format.Write(a.Stdout, documentFile[T]{release.APIVersion, k.kind, &d}, func() string { return "" })
	})
}

// difference is one field in which two documents differ.
type difference struct {
	Field string `json:"field"`
	// Have is what is stored, and Next what the file says; absent where there is nothing.
	Have any `json:"have,omitempty"`
	Next any `json:"next,omitempty"`
}

func diffDocument[T any](a *app, k documentKind[T]) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "diff -f FILE",
		Short:   "Show what a file would change of what is stored",
		Long:    "Show, field by field, what a file would change of " + k.what + "\nas it is stored. Nothing is changed.",
		Example: k.examples("diff -f "+k.file, "diff -f "+k.file+" -o json"),
		Args:    arguments(),
	}
	read := k.fromFile(a, cmd, documentFileUsage)
	return k.on(a, cmd, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		next, err := read()
		if err != nil {
			return err
		}
		name := k.Name(next)
		have, err := k.store(js).Get(ctx, name)
		if _, none := errors.AsType[*documents.UnknownError](err); err != nil && !none {
			return err
		}
		if k.compared != nil && have.Spec != nil {
			next = k.compared(*have.Spec, next)
		}
		found := differences(have.Spec, &next)
		if len(found) == 0 && c.format.ForPeople() {
			a.infof("%s says the same, at revision %d", k.Named(name), have.Revision)
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

// differences are the fields in which two documents differ, entries of lists by their names.
func differences[T any](have, next *T) []difference { return unequal(flat(have), flat(next)) }

// unequal are the fields that are not the same in both.
func unequal(was, will map[string]any) []difference {
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

// flat are the values of a document by their paths. A list is one value, unless its entries have names.
func flat[T any](d *T) map[string]any {
	out := map[string]any{}
	if d == nil {
		return out
	}
	raw, err := json.Marshal(d)
	var fields any
	if err == nil && json.Unmarshal(raw, &fields) == nil {
		flatten(out, "", fields)
	}
	return out
}

func flatten(out map[string]any, path string, value any) {
	under := path
	if under != "" {
		under += "."
	}
	switch v := value.(type) {
	case map[string]any:
		for name, each := range v {
			flatten(out, under+name, each)
		}
	case []any:
		names, named := namesOf(v)
		if !named {
			out[path] = value
			return
		}
		out[path] = names
		for i, name := range names {
			fields, _ := v[i].(map[string]any)
			rest := maps.Clone(fields)
			delete(rest, "name")
			flatten(out, under+name, rest)
		}
	default:
		out[path] = value
	}
}

// namesOf are the names of the entries of a list, where each has one of its own.
func namesOf(entries []any) (names []string, named bool) {
	for _, each := range entries {
		fields, _ := each.(map[string]any)
		name, _ := fields["name"].(string)
		if name == "" || slices.Contains(names, name) {
			return nil, false
		}
		names = append(names, name)
	}
	return names, len(names) > 0
}

// administers refuses who is no admin, by the authority document, of everything that a document is about. Whoever
// has come that far may write the bucket, which NATS has seen to: a claim is as good here as a proof.
func administers[T any](c *call, js jetstream.JetStream, targets func(T) []string) documents.Guard[T] {
	return func(ctx context.Context, have, next *T) error {
		who, err := authority.NewStore(js).Load(ctx)
		if err != nil || !who.Exists() {
			return err
		}
		for _, d := range []*T{have, next} {
			if d == nil {
				continue
			}
			for _, on := range targets(*d) {
				if err := mayAdminister(who.Document, c.by, on); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

func mayAdminister(who authority.Document, by, on string) error {
	return who.Judge(authority.Question{Identity: by, Verified: true, Action: authority.ActionAdminister, On: on}).Err()
}
