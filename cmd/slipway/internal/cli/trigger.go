package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/hooks"
	"slipway/internal/documents"
	"slipway/manifest"
	"slipway/release"
	"slipway/wire"
)

func (a *app) trigger() *cobra.Command {
	return a.group(&cobra.Command{
		Use:        "trigger",
		Aliases:    []string{"triggers"},
		SuggestFor: []string{"push", "webhook", "hook"},
		Short:      "See which pushes to registries make releases, and try the rules",
		Long: `See which pushes to registries make releases. The rules stand under triggers in the documents of
applications: which image, which of its tags, and in which environment it is released. What came of
each push is told by an event, which SLIPWAY_EVENTS keeps for 90 days unless setup was told otherwise.`,
		Example: `  slipway trigger list
  slipway trigger test --image registry.example/team/shop:1.4.2
  slipway trigger pushes --ignored --since 24h`,
		GroupID: groupReleases,
	}, a.triggerList(), a.triggerTest(), a.triggerPushes())
}

// triggerView is a rule as it is listed.
type triggerView struct {
	Application string `json:"application"`
	apps.Trigger
}

func (a *app) triggerList() *cobra.Command {
	k := a.applicationDocuments()
	return k.on(a, &cobra.Command{
		Use:     "list [NAME]",
		Aliases: []string{"ls"},
		Short:   "List the rules, of one application or of all",
		Long: `List the rules by which pushes to registries are released, of one application or of all: which
image, which tags, where it is released, and whose word counts.`,
		Example: `  slipway trigger list
  slipway trigger list shop -o json`,
		Args: upTo("NAME"), ValidArgsFunction: a.complete(cobra.ShellCompDirectiveDefault, k.known),
	}, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		known, err := triggerDocuments(ctx, js, c.args)
		if err != nil {
			return err
		}
		found := []triggerView{}
		for _, d := range known {
			for _, t := range d.Triggers {
				if e, err := d.TriggerEnvironment(t); err == nil {
					t.Environment = e.Name
				}
				found = append(found, triggerView{d.Name, t})
			}
		}
		if len(found) == 0 && c.format.ForPeople() {
			a.infof("there are no triggers; write some under triggers in the document of an application: slipway app apply")
			return nil
		}
		return c.format.Write(a.Stdout, found, func() string { return triggerTable(found, c.style) })
	})
}

// upTo checks that there is one positional argument at most.
func upTo(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return arguments(name)(cmd, args)
	}
}

// triggerDocuments reads the document that is named, or all.
func triggerDocuments(ctx context.Context, js jetstream.JetStream, names []string) (found []apps.Application, err error) {
	store := apps.NewStore(js)
	if len(names) > 0 {
		d, err := store.Get(ctx, names[0])
		if err != nil {
			return nil, err
		}
		return []apps.Application{*d.Spec}, nil
	}
	known, err := store.List(ctx)
	for _, d := range known {
		found = append(found, *d.Spec)
	}
	return found, err
}

func triggerTable(found []triggerView, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "RULE", Wraps: 24}, {Name: "IMAGE", Wraps: 24}, {Name: "TAG", Wraps: 16}, {Name: "RELEASES IN", Rank: 1}, {Name: "FROM", Rank: 3}, {Name: "STATE", Rank: 2},
	}}
	for _, t := range found {
		state := "active"
		if t.Paused {
			state = "paused"
		}
		from := "any"
		if len(t.From) > 0 {
			from = strings.Join(t.From, ", ")
		}
		table.Rows = append(table.Rows, render.Text(t.Application+"/"+t.Name, t.Artifact.Image, t.Artifact.Tag.String(), t.Environment, from, state))
	}
	return table.Draw(style)
}

// triggerTests are the flags of a test.
type triggerTests struct{ payload, image, sender, registry, document string }

// judgedPush is a push and what the rules say of it.
type judgedPush struct {
	Image  string             `json:"image"`
	Sender string             `json:"sender"`
	Rules  []release.PushRule `json:"rules"`
}

func (a *app) triggerTest() *cobra.Command {
	var f triggerTests
	cmd := &cobra.Command{
		Use:   "test [NAME]",
		Short: "Tell which rules a push would fire, and why the others not",
		Long: `Tell which rules a push would fire, and why the others not, by the documents that count, of one
application or of all; with -a by the document in a file, so that rules can be tried before they are
applied. The push is an image, or what a sender posts (-f). Nothing is asked for, and no registry is
asked. Whether an environment has the image already, only the starter looks.`,
		Example: `  slipway trigger test --image registry.example/team/shop:1.4.2
  slipway trigger test shop -f payload.json --sender harbor
  slipway trigger test shop -f payload.json --sender acr --registry registry.cn-hangzhou.aliyuncs.com
  slipway trigger test --image registry.example/team/shop:1.4.2 -a examples/application.yaml -o json`,
		Args: upTo("NAME"), ValidArgsFunction: a.complete(cobra.ShellCompDirectiveDefault, a.applicationDocuments().known),
	}
	withFile(cmd, &f.payload, "file with what a sender posts; - reads standard input")
	flags := cmd.Flags()
	flags.StringVar(&f.image, "image", "", "the image that is pushed: registry.example/team/shop:1.4.2")
	flags.StringVar(&f.sender, "sender", wire.SenderCDEvents, "who tells of the push: "+strings.Join(wire.Senders(), ", "))
	flags.StringVar(&f.registry, "registry", "", "the registry of what ACR posts, as ?registry= of its URL")
	flags.VarP(&oneFile{path: &f.document}, "app-file", "a", "ask the rules of this document, and not those that count")
	_ = cmd.MarkFlagFilename("app-file", "yaml", "yml", "json")
	completing(cmd, "sender", wire.Senders()...)
	completing(cmd, "registry") // no files
	exits(cmd, exitRefused, "no rule would fire")
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime}, func(ctx context.Context, c *call) error {
		pushes, err := f.pushes(a)
		if err != nil {
			return err
		}
		known, err := f.documents(ctx, c)
		if err != nil {
			return err
		}
		judged := judgePushes(pushes, known)
		fires := slices.ContainsFunc(judged, func(p judgedPush) bool { return slices.ContainsFunc(p.Rules, release.PushRule.Fired) })
		if err := c.format.Write(a.Stdout, judged, func() string { return judgedTable(judged, c.style) }); err != nil {
			return err
		}
		if !fires {
			return release.Refusal("no rule would fire")
		}
		return nil
	})
}

// documents are those whose rules are asked.
func (f triggerTests) documents(ctx context.Context, c *call) (known documents.All[apps.Application], err error) {
	if f.document != "" {
		if len(c.args) > 0 {
			return known, &usageError{"NAME and -a exclude each other: the rules are those of a document that counts, or of a file"}
		}
		d, err := readFile(c.app, "-a", f.document, manifest.ReadApplication)
		known.Documents = []apps.Document{{Spec: &d}}
		return known, err
	}
	js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway trigger")
	if err != nil {
		return known, err
	}
	defer closeNATS()
	store := apps.NewStore(js)
	if len(c.args) == 0 {
		return store.All(ctx)
	}
	d, err := store.Get(ctx, c.args[0])
	known.Documents = []apps.Document{d}
	return known, err
}

// maxPosted is the size of what a sender may post, in bytes.
const maxPosted = wire.MaxPayload

// pushes are those that a file tells of, or the one of an image.
func (f triggerTests) pushes(a *app) ([]wire.Published, error) {
	switch {
	case (f.payload == "") == (f.image == ""):
		return nil, &usageError{"give one of -f FILE, what a sender posts, and --image IMAGE"}
	case !slices.Contains(wire.Senders(), f.sender):
		return nil, &usageError{fmt.Sprintf("--sender %q is unknown; use %s", f.sender, strings.Join(wire.Senders(), ", "))}
	case f.registry != "" && f.payload == "":
		return nil, &usageError{"--registry is for -f: --image names its registry"}
	case f.payload != "":
		return readFile(a, "-f", f.payload, func(in io.Reader) ([]wire.Published, error) {
			body, err := io.ReadAll(io.LimitReader(in, maxPosted+1))
			if err == nil && len(body) > maxPosted {
				err = fmt.Errorf("has more than %d bytes", maxPosted)
			}
			if err != nil {
				return nil, err
			}
			found, err := hooks.Payload{Sender: f.sender, Registry: f.registry, Body: body}.Parse()
			if problems, is := errors.AsType[release.Problems](err); is {
				return nil, fmt.Errorf("is no push that %s tells of: %s", f.sender, release.OneLine(problems.Error()))
			}
			return found, err
		})
	}
	p, err := wire.ReadImage(f.image)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("--image %q is no image such as registry.example/team/shop:1.4.2", f.image)}
	}
	p.Sender = f.sender
	if err := p.Validate(); err != nil {
		return nil, &usageError{"--image " + release.OneLine(err.Error())}
	}
	return []wire.Published{p}, nil
}

// judgePushes judges pushes as the starter does.
func judgePushes(pushes []wire.Published, known documents.All[apps.Application]) []judgedPush {
	judged := []judgedPush{}
	for _, p := range pushes {
		j := judgedPush{Image: p.String(), Sender: p.Sender, Rules: []release.PushRule{}}
		for _, d := range known.Documents {
			for _, v := range d.Spec.Triggered(p) {
				j.Rules = append(j.Rules, release.PushRule{Application: d.Spec.Name, Rule: v.Trigger.Name, Environment: v.Environment.Name, Reason: v.Reason})
			}
		}
		for _, unreadable := range known.Unreadable {
			j.Rules = append(j.Rules, apps.Unjudged(unreadable))
		}
		judged = append(judged, j)
	}
	return judged
}

func judgedTable(judged []judgedPush, style render.Style) string {
	table := render.Table{Columns: []render.Column{{Name: "IMAGE", Wraps: 24}, {Name: "RULE", Wraps: 24}, {Name: "RELEASES IN"}, {Name: "FIRES"}, {Name: "WHY NOT", Wraps: 24, Below: true, Plain: true}}}
	for _, p := range judged {
		if len(p.Rules) == 0 {
			table.Rows = append(table.Rows, render.Text(p.Image, "", "", "no", noRule))
		}
		for _, r := range p.Rules {
			fires := "yes"
			if !r.Fired() {
				fires = "no"
			}
			table.Rows = append(table.Rows, render.Text(p.Image, strings.TrimSuffix(r.Application+"/"+r.Rule, "/"), r.Environment, fires, r.Reason))
		}
	}
	return table.Draw(style)
}

const noRule = "no rule is about this image"

func (a *app) triggerPushes() *cobra.Command {
	var fired, ignored bool
	var since string
	var filter wire.PushFilter
	k := a.applicationDocuments()
	cmd := &cobra.Command{
		Use:     "pushes",
		Aliases: []string{"push"},
		Short:   "List pushes to registries, and what came of them",
		Long: `List pushes to registries, the latest first: when, by which sender, which image, and what came of it:
the releases that were asked for, or why none was. The list needs NATS 2.11 or later.`,
		Example: `  slipway trigger pushes
  slipway trigger pushes --ignored --since 24h
  slipway trigger pushes --fired -o json`,
		Args: arguments(),
	}
	flags := cmd.Flags()
	flags.BoolVar(&fired, "fired", false, "only those that a release was asked for")
	flags.BoolVar(&ignored, "ignored", false, "only those that none was asked for")
	flags.StringVar(&since, "since", "", "only from this time on: 24h or 7d ago, or a time such as 2026-07-01T09:00:00Z")
	limit := limits(cmd)
	cmd.PreRunE = func(*cobra.Command, []string) (err error) {
		switch {
		case fired && ignored:
			return &usageError{"--fired and --ignored exclude each other; without both all are listed"}
		case fired:
			filter.Kind = release.EventFired
		case ignored:
			filter.Kind = release.EventIgnored
		}
		if since != "" {
			if filter.Since, err = timeBack("since", since, time.Now()); err != nil {
				return err
			}
		}
		filter.Limit, err = limit()
		return err
	}
	return k.on(a, cmd, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		found, more, err := wire.Pushes(ctx, js, filter)
		switch {
		case err != nil:
			return err
		case more:
			a.infof("there are more; use --all or --limit")
		case len(found) == 0 && c.format.ForPeople():
			a.infof("there are no such pushes")
			return nil
		case len(found) == 0:
			found = []release.Push{}
		}
		return c.format.Write(a.Stdout, found, func() string { return pushTable(found, c.style) })
	})
}

func pushTable(found []release.Push, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "SEQ", Rank: 3}, {Name: "WHEN", Rank: 1}, {Name: "SENDER", Rank: 2}, {Name: "IMAGE", Wraps: 24}, {Name: "BY", Rank: 4}, {Name: "CAME OF IT", Wraps: 24, Below: true, Plain: true, Lines: 6},
	}}
	for _, p := range found {
		image := p.Image
		if p.Tag != "" {
			image += ":" + p.Tag
		} else {
			image += "@" + p.Digest
		}
		table.Rows = append(table.Rows, render.Text(fmt.Sprint(p.Sequence), style.Time(p.StoredAt), p.Sender, image, p.By, cameOf(p)))
	}
	return table.Draw(style)
}

// cameOf says in words what came of a push.
func cameOf(p release.Push) string {
	if len(p.Rules) == 0 {
		return noRule
	}
	var parts []string
	for _, r := range p.Rules {
		text := r.Application + "/" + r.Environment + ": "
		switch {
		case r.Fired():
			text += "release " + r.ReleaseID
		case r.Rule == "":
			text = "application " + r.Application + ": " + r.Reason
		default:
			text += "nothing by rule " + r.Rule + ", " + r.Reason
		}
		parts = append(parts, text)
	}
	if p.More > 0 {
		parts = append(parts, fmt.Sprintf("and %d more rules", p.More))
	}
	return strings.Join(parts, "; ")
}
