package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/authority"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/internal/documents"
	"slipway/internal/scope"
	"slipway/manifest"
	"slipway/release"
)

func (a *app) authority() *cobra.Command {
	return a.group(&cobra.Command{
		Use:        "authority",
		SuggestFor: []string{"rbac", "permissions", "roles", "auth"},
		Short:      "Say who may ask for and command what",
		Long: `Say who may ask for and command what: a document of kind Authority binds identities and groups to
roles, powers and scopes. What no binding allows is refused by the starter, with the reason and
the remedy. Without a document everybody may do everything.`,
		Example: `  slipway authority lint -f authority.yaml
  slipway authority apply -f authority.yaml --reason "li has joined"
  slipway authority can li confirm sae/cn-hangzhou/shop --verified`,
		GroupID: groupMaintenance,
	}, append(documentCommands(a, a.authorityDocuments()), a.authorityCan(), a.authorityKeygen())...)
}

func (a *app) authorityDocuments() documentKind[authority.Document] {
	return documentKind[authority.Document]{
		Kind: authority.Documents(), group: "authority", kind: authority.Kind,
		store: func(js jetstream.JetStream) documentStore[authority.Document] { return authority.NewStore(js) },
		read:  manifest.ReadAuthority,
		what:  "the authority document", file: "examples/authority/authority.yaml",
		applies: `It counts for the next request and the next command that a starter takes. Who applies it must be an
admin by the document that counts until then; NATS says who may write it at all.`,
		deletes: `From then on everybody may do everything. Who deletes it must be an admin by it.`,
		refuses: "who changes it is no admin",
		table: func(found []documents.Document[authority.Document], style render.Style) string {
			return authorityText(found[0], style)
		},
		guard: func(c *call, _ jetstream.JetStream) documents.Guard[authority.Document] {
			return func(_ context.Context, have, _ *authority.Document) error {
				if have == nil {
					return nil
				}
				return mayAdminister(*have, c.by, scope.Wildcard)
			}
		},
		applied: func(c *call, now authority.Document) {
			if mayAdminister(now, c.by, scope.Wildcard) != nil {
				c.app.infof("by this document %s is no admin: the next one must be applied by somebody else", c.by)
			}
		},
	}
}

func authorityText(d documents.Document[authority.Document], style render.Style) string {
	have := d.Spec
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
	fmt.Fprintf(&text, "Revision %d, applied by %s at %s\n\n", d.Revision, d.Change.By, style.Time(d.Change.At))
	text.WriteString(table.Draw(style))
	for _, g := range have.Groups {
		fmt.Fprintf(&text, "group %s: %s\n", g.Name, strings.Join(g.Members, ", "))
	}
	for _, k := range have.Keys {
		fmt.Fprintf(&text, "key %s: signs for %s with %s%s\n", k.Name, k.Identity, k.PublicKey, until(k, style))
	}
	for _, r := range have.RequireVerified {
		fmt.Fprintf(&text, "verified identities only: %s, scopes %s\n", requiredFor(r), orAny(strings.Join(r.Scopes, ", ")))
	}
	if have.DirectCommands == authority.DirectRefuse {
		text.WriteString("commands past the starter are refused\n")
	}
	return text.String()
}

// until says when a key ends, or has ended.
func until(k authority.SigningKey, style render.Style) string {
	if k.Until.IsZero() {
		return ""
	}
	return ", until " + style.Time(k.Until)
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
	var as canAs
	cmd := &cobra.Command{
		Use:   "can WHO ACTION APP",
		Short: "Ask whether somebody may do something",
		Long: `Ask whether somebody may do something, by the document that counts or by a file, and which binding
allows it or what is missing. APP is platform/region/id or application/environment, set/NAME for a set, or * for the document
itself. Actions: ` + joined(authority.Actions()) + `.`,
		Example: `  slipway authority can li confirm sae/cn-hangzhou/shop --verified
  slipway authority can li rollback shop/production
  slipway authority can ci-shop request sae/cn-hangzhou/shop --power auto,supersede
  slipway authority can bo pause sae/cn-hangzhou/shop --verified --groups slipway-sre
  slipway authority can root administer '*' -f authority.yaml -o json`,
		Args: arguments("WHO", "ACTION", "APP"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 2 {
				return a.completeAlways(cobra.ShellCompDirectiveDefault, completeNames)(cmd, args, word)
			}
			var out []cobra.Completion
			if len(args) == 1 {
				for _, action := range authority.Actions() {
					out = append(out, string(action))
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
	}
	withFile(cmd, &file, "ask this file instead of the document that counts; - reads standard input")
	cmd.Flags().BoolVar(&as.verified, "verified", false, "as a verified identity, and not only a claimed one")
	cmd.Flags().StringSliceVar(&as.groups, "groups", nil, "groups that a sign-in service says WHO is of; with --verified, as they count for who is verified alone")
	cmd.Flags().StringSliceVar(&as.powers, "power", nil, "powers that a request needs besides: "+joined(authority.Powers()))
	completing(cmd, "power", strings.Split(joined(authority.Powers()), ", ")...)
	exits(cmd, exitRefused, "it is not allowed")
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime}, func(ctx context.Context, c *call) error {
		question, err := questionOf(c.args, as, func(text string) (release.App, error) { return c.appOf(ctx, argApp, text) })
		if err != nil {
			return err
		}
		if file != "" {
			document, err := a.authorityDocuments().readFile(a, file)
			if err != nil {
				return err
			}
			return a.answer(c, question, document.Judge(question))
		}
		js, closeNATS, err := a.jetStream(ctx, c.values, "slipway authority")
		if err != nil {
			return err
		}
		defer closeNATS()
		have, err := authority.NewStore(js).Load(ctx)
		if err != nil {
			return err
		}
		if !have.Exists() {
			a.infof("there is no authority document: everybody may do everything")
			return a.answer(c, question, authority.Verdict{Allowed: true})
		}
		return a.answer(c, question, have.Judge(question))
	})
}

// canAs is as whom, and with what, somebody asks.
type canAs struct {
	verified       bool
	groups, powers []string
}

// questionOf is the question that WHO, ACTION and APP ask; of finds an application as people write it.
func questionOf(args []string, as canAs, of func(string) (release.App, error)) (authority.Question, error) {
	q := authority.Question{Identity: args[0], Action: authority.Action(args[1]), On: args[2], Verified: as.verified, Groups: as.groups}
	if len(q.Groups) > 0 && !q.Verified {
		return q, &usageError{"--groups goes with --verified: groups of a sign-in service count for who is verified alone"}
	}
	if !slices.Contains(authority.Actions(), q.Action) {
		return q, &usageError{fmt.Sprintf("ACTION %q is unknown; use %s", args[1], joined(authority.Actions()))}
	}
	if !strings.HasPrefix(q.On, "set/") && q.On != "*" {
		app, err := of(args[2])
		if err != nil {
			return q, err
		}
		q.On = authority.AppTarget(app)
	}
	for _, p := range as.powers {
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
