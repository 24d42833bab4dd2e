package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"slipway/authority"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/manifest"
	"slipway/release"
)

func (a *app) authority() *cobra.Command {
	return a.group(&cobra.Command{
		Use:        "authority",
		SuggestFor: []string{"rbac", "permissions", "roles", "policy", "auth"},
		Short:      "Say who may ask for and command what",
		Long: `Say who may ask for and command what: a document of kind Authority binds identities and groups to
roles, powers and scopes. What no binding allows is refused by the starter, with the reason and
the remedy. Without a document everybody may do everything.`,
		Example: `  slipway authority lint -f authority.yaml
  slipway authority apply -f authority.yaml --reason "li has joined"
  slipway authority can li confirm sae/cn-hangzhou/shop --verified`,
		GroupID: groupMaintenance,
	}, a.authorityApply(), a.authorityGet(), a.authorityHistory(), a.authorityLint(), a.authorityCan())
}

// onAuthority completes a command that reads or changes the document on NATS.
func (a *app) onAuthority(cmd *cobra.Command, do func(context.Context, *call, *authority.Store) error) *cobra.Command {
	return a.command(cmd, frame{settings: slices.Concat(config.NATS(), config.Actor()), draws: true, timeout: answerTime}, withAuthority(do))
}

func withAuthority(do func(context.Context, *call, *authority.Store) error) action {
	return func(ctx context.Context, c *call) error {
		js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway authority")
		if err != nil {
			return err
		}
		defer closeNATS()
		return do(ctx, c, authority.NewStore(js))
	}
}

// readAuthority reads the file of a document.
func (a *app) readAuthority(path string) (authority.Document, error) {
	if path == "" {
		return authority.Document{}, &usageError{"missing -f FILE, the authority document; - reads standard input"}
	}
	document, err := readFile(a, "-f", path, func(in io.Reader) (authority.Document, error) { return manifest.ReadAuthority(in) })
	if problems, ok := errors.AsType[release.Problems](err); ok {
		return document, fmt.Errorf("%s is no authority document:\n%w", path, problems)
	}
	return document, err
}

func withAuthorityFile(cmd *cobra.Command, path *string, usage string) {
	cmd.Flags().VarP(&oneFile{path: path}, "file", "f", usage)
	_ = cmd.MarkFlagFilename("file", "yaml", "yml", "json")
}

func (a *app) authorityApply() *cobra.Command {
	var file, reason string
	var from uint64
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Put a document in the place of the one that counts",
		Long: `Put a document in the place of the one that counts. It counts for the next request and the next
command that a starter takes. Who applies it must be an admin by the document that counts until
then; NATS says who may write it at all.`,
		Example: `  slipway authority apply -f authority.yaml --reason "li has joined"
  slipway authority apply -f authority.yaml --revision 12 --by root`,
		Args: arguments(),
	}
	withAuthorityFile(cmd, &file, "file of kind Authority; - reads standard input (required)")
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.Flags().Uint64Var(&from, "revision", 0, "apply it only where this revision counts, 0 for none; without it, whatever counts")
	exits(cmd, exitRefused, "who applies it is no admin by the document that counts, or another revision counts; nothing was changed")
	return a.onAuthority(cmd, func(ctx context.Context, call *call, store *authority.Store) error {
		next := authority.Stored{Change: authority.Change{By: call.by, Reason: reason, At: call.now}}
		var err error
		if next.Document, err = a.readAuthority(file); err != nil {
			return err
		}
		var expected *uint64
		if call.cmd.Flag("revision").Changed {
			expected = &from
		}
		applied, err := store.Apply(ctx, next, expected, func(have authority.Document) error { return mayApply(have, call.by) })
		if errors.Is(err, authority.ErrChanged) {
			return release.Refusal(err.Error() + "; look with: slipway authority get")
		}
		if err != nil {
			return err
		}
		if mayApply(next.Document, call.by) != nil {
			a.infof("by this document %s is no admin: the next one must be applied by somebody else", call.by)
		}
		return call.format.Write(a.Stdout, applied, func() string {
			return fmt.Sprintf("authority document applied by %s, revision %d\n", applied.Change.By, applied.Revision)
		})
	})
}

// mayApply refuses who is no admin. Whoever has come that far may write the bucket, which NATS has
// seen to: a claim is as good here as a proof.
func mayApply(have authority.Document, by string) error {
	return have.Judge(authority.Question{Identity: by, Verified: true, Action: authority.ActionAdminister, On: "*"}).Err()
}

func (a *app) authorityGet() *cobra.Command {
	return a.onAuthority(&cobra.Command{
		Use:   "get",
		Short: "Show the document that counts",
		Long:  `Show the document that counts, with who has applied it and its revision.`,
		Example: `  slipway authority get
  slipway authority get -o json`,
		Args: arguments(),
	}, func(ctx context.Context, call *call, store *authority.Store) error {
		have, err := store.Load(ctx)
		if err != nil {
			return err
		}
		if !have.Exists() && call.format.ForPeople() {
			a.infof("there is no authority document: everybody may do everything; say who may what with: slipway authority apply -f FILE")
			return nil
		}
		return call.format.Write(a.Stdout, have, func() string { return authorityText(have, call.style) })
	})
}

func authorityText(have authority.Current, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "BINDING"}, {Name: "WHO", Wraps: 24}, {Name: "ROLES", Wraps: 20}, {Name: "POWERS", Wraps: 16, Rank: 1}, {Name: "SCOPES", Wraps: 24},
	}}
	for _, b := range have.Bindings {
		who := slices.Clone(b.Identities)
		for _, group := range b.Groups {
			who = append(who, "group "+group)
		}
		table.Rows = append(table.Rows, render.Text(b.Name, strings.Join(who, ", "), joined(b.Roles), joined(b.Powers), strings.Join(b.Scopes, ", ")))
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Revision %d, applied by %s at %s\n\n", have.Revision, have.Change.By, style.Time(have.Change.At))
	text.WriteString(table.Draw(style))
	for _, g := range have.Groups {
		fmt.Fprintf(&text, "group %s: %s\n", g.Name, strings.Join(g.Members, ", "))
	}
	for _, r := range have.RequireVerified {
		fmt.Fprintf(&text, "verified identities only: %s, scopes %s\n", requiredFor(r), orAny(strings.Join(r.Scopes, ", ")))
	}
	if have.DirectCommands == authority.DirectRefuse {
		text.WriteString("commands past the starter are refused\n")
	}
	return text.String()
}

func joined[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// requiredFor is what an identity must be verified for.
func requiredFor(r authority.Requirement) string {
	switch {
	case len(r.Roles)+len(r.Powers) == 0:
		return "all roles and powers"
	case len(r.Powers) == 0:
		return "roles " + joined(r.Roles)
	case len(r.Roles) == 0:
		return "powers " + joined(r.Powers)
	}
	return "roles " + joined(r.Roles) + ", powers " + joined(r.Powers)
}

func orAny(text string) string {
	if text == "" {
		return "any"
	}
	return text
}

func (a *app) authorityHistory() *cobra.Command {
	return a.onAuthority(&cobra.Command{
		Use:   "history",
		Short: "Tell who changed the document, latest first",
		Long: `Tell who changed the document, when and why, latest first. NATS keeps the latest 64 revisions;
-o json has each document as it was.`,
		Example: `  slipway authority history
  slipway authority history -o json`,
		Args: arguments(),
	}, func(ctx context.Context, call *call, store *authority.Store) error {
		entries, err := store.History(ctx)
		if err != nil {
			return err
		}
		return call.format.Write(a.Stdout, entries, func() string {
			table := render.Table{Columns: []render.Column{
				{Name: "REVISION"}, {Name: "AT"}, {Name: "BY"}, {Name: "BINDINGS"}, {Name: "REASON", Wraps: 24, Rank: 1},
			}}
			for _, e := range entries {
				bindings := strconv.Itoa(len(e.Bindings))
				switch {
				case e.Deleted:
					bindings = "deleted"
				case e.Unreadable != "":
					bindings = "unreadable"
				}
				table.Rows = append(table.Rows, render.Text(strconv.FormatUint(e.Revision, 10), call.style.Time(e.Change.At), e.Change.By, bindings, e.Change.Reason))
			}
			return table.Draw(call.style)
		})
	})
}

func (a *app) authorityLint() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "lint -f FILE",
		Short: "Check a document without applying it",
		Long: `Check a document without applying it: every problem is told at once, with its line. Nothing is
connected to.`,
		Example: `  slipway authority lint -f authority.yaml
  slipway authority lint -f - < authority.yaml`,
		Args: arguments(),
	}
	withAuthorityFile(cmd, &file, "file of kind Authority; - reads standard input (required)")
	return a.command(cmd, frame{timeout: answerTime}, func(_ context.Context, call *call) error {
		document, err := a.readAuthority(file)
		if err != nil {
			return err
		}
		return call.format.Write(a.Stdout, document, func() string {
			return fmt.Sprintf("%s is in order: %d bindings, %d groups\n", file, len(document.Bindings), len(document.Groups))
		})
	})
}

// answered is what slipway authority can prints.
type answered struct {
	authority.Verdict

	Identity string `json:"identity"`
	Verified bool   `json:"verified"`
	Action   string `json:"action"`
	On       string `json:"on"`
}

func (a *app) authorityCan() *cobra.Command {
	var file string
	var verified bool
	var powers []string
	cmd := &cobra.Command{
		Use:   "can WHO ACTION APP",
		Short: "Ask whether somebody may do something",
		Long: `Ask whether somebody may do something, by the document that counts or by a file, and which binding
allows it or what is missing. APP is platform/region/id, set/NAME for a set, or * for the document
itself. Actions: ` + joined(authority.Actions()) + `.`,
		Example: `  slipway authority can li confirm sae/cn-hangzhou/shop --verified
  slipway authority can ci-shop request sae/cn-hangzhou/shop --power auto,supersede
  slipway authority can root administer '*' -f authority.yaml -o json`,
		Args: arguments("WHO", "ACTION", "APP"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var out []cobra.Completion
			if len(args) == 1 {
				for _, action := range authority.Actions() {
					out = append(out, string(action))
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
	}
	withAuthorityFile(cmd, &file, "ask this file instead of the document that counts; - reads standard input")
	cmd.Flags().BoolVar(&verified, "verified", false, "as a verified identity, and not only a claimed one")
	cmd.Flags().StringSliceVar(&powers, "power", nil, "powers that a request needs besides: "+joined(authority.Powers()))
	completing(cmd, "power", strings.Split(joined(authority.Powers()), ", ")...)
	exits(cmd, exitRefused, "it is not allowed")
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime}, func(ctx context.Context, c *call) error {
		question, err := questionOf(c.args, powers)
		if err != nil {
			return err
		}
		question.Verified = verified
		if file != "" {
			document, err := a.readAuthority(file)
			if err != nil {
				return err
			}
			return a.answer(c, question, document.Judge(question))
		}
		return withAuthority(func(ctx context.Context, c *call, store *authority.Store) error {
			have, err := store.Load(ctx)
			if err != nil {
				return err
			}
			if !have.Exists() {
				a.infof("there is no authority document: everybody may do everything")
				return a.answer(c, question, authority.Verdict{Allowed: true})
			}
			return a.answer(c, question, have.Judge(question))
		})(ctx, c)
	})
}

// questionOf is the question that WHO, ACTION and APP ask.
func questionOf(args, powers []string) (authority.Question, error) {
	q := authority.Question{Identity: args[0], Action: authority.Action(args[1]), On: args[2]}
	if !slices.Contains(authority.Actions(), q.Action) {
		return q, &usageError{fmt.Sprintf("ACTION %q is unknown; use %s", args[1], joined(authority.Actions()))}
	}
	if !strings.HasPrefix(q.On, "set/") && q.On != "*" {
		app, err := parseApp(args[2])
		if err != nil {
			return q, err
		}
		q.On = authority.AppTarget(app)
	}
	for _, p := range powers {
		if !slices.Contains(authority.Powers(), authority.Power(p)) {
			return q, &usageError{fmt.Sprintf("--power %q is unknown; use %s", p, joined(authority.Powers()))}
		}
		q.Powers = append(q.Powers, authority.Power(p))
	}
	return q, nil
}

// answer prints a verdict; one that refuses ends the command.
func (a *app) answer(call *call, q authority.Question, v authority.Verdict) error {
	err := call.format.Write(a.Stdout, answered{v, q.Identity, q.Verified, string(q.Action), q.On}, func() string {
		switch {
		case !v.Allowed:
			return "no: " + v.Reason + "\n"
		case len(v.Bindings) == 0:
			return "yes\n"
		}
		return "yes, by " + strings.Join(v.Bindings, ", ") + "\n"
	})
	if err != nil || v.Allowed {
		return err
	}
	return v.Err()
}
