package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/manifest"
	"slipway/notify"
	"slipway/notify/channel"
	"slipway/release"
	"slipway/wire"
)

func (a *app) notify() *cobra.Command {
	return a.group(&cobra.Command{
		Use:        "notify",
		SuggestFor: []string{"notifications", "notification", "alerts", "messages"},
		Short:      "Check who is told what of releases, and try it",
		Long: `Check the file that says who is told what of releases and where, show what its messages look like,
and send one to try a channel. The notifier is what sends them: slipway notifier.`,
		Example: `  slipway notify lint -f examples/notifications/notifications.yaml
  slipway notify preview -f examples/notifications/notifications.yaml --kind batch.waiting --channel team
  slipway notify test team -f notifications.yaml`,
		GroupID: groupMaintenance,
	}, lintDocument(a, notifications()), a.notifyPreview(), a.notifyTest())
}

// notifications is what files of channels and rules are; nothing of them is stored.
func notifications() documentKind[notify.Document] {
	return documentKind[notify.Document]{
		Kind:  documents.Kind[notify.Document]{Noun: "file of channels and rules", Only: "notifications", Name: func(notify.Document) string { return "notifications" }},
		group: "notify", kind: notify.Kind, read: manifest.ReadNotifications,
		what: "a file of channels and rules", file: "examples/notifications/notifications.yaml",
	}
}

// The flags of what a message is about.
const (
	flagKind     = "kind"
	flagChannel  = "channel"
	flagLanguage = "language"
)

// messageFlags say which message is shown or sent.
type messageFlags struct {
	kind, language string
	after          time.Duration
}

func (f *messageFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.kind, flagKind, "", "kind of event, such as batch.waiting, wave.waiting or set.succeeded (default batch.waiting)")
	flags.StringVar(&f.language, flagLanguage, "", "language of the message, en or zh-CN, in place of the channel's")
	flags.DurationVar(&f.after, "after", 0, "the reminder after this time, such as 30m, and not the first message")
	completingLater(cmd, flagKind, kindNames)
	completing(cmd, flagLanguage, string(notify.English), string(notify.Chinese))
}

// check refuses what no message can be made of.
func (f *messageFlags) check() error {
	switch {
	case f.after < 0:
		return &usageError{"--after must not be negative"}
	case f.language != "" && f.language != string(notify.English) && f.language != string(notify.Chinese):
		return &usageError{fmt.Sprintf("--%s %q is unknown; use %s or %s", flagLanguage, f.language, notify.English, notify.Chinese)}
	}
	return nil
}

// kindNames are the kinds of events as they are typed: with the thing in front where an event of another thing before it is of the same
// kind, as lane.resumed.
func kindNames() (names []string) {
	for _, s := range notify.Samples() {
		name := string(s.Event.Kind)
		if slices.Contains(names, name) {
			name = s.Name
		}
		names = append(names, name)
	}
	return names
}

// sample is the example of a kind of event, by its whole name or as it is typed.
func sample(kind string) (notify.Sample, error) {
	kind = cmp.Or(kind, string(release.EventBatchWaiting))
	names, all := kindNames(), notify.Samples()
	at := slices.Index(names, kind)
	if at < 0 {
		at = slices.IndexFunc(all, func(s notify.Sample) bool { return s.Name == kind })
	}
	if at < 0 {
		return notify.Sample{}, &usageError{fmt.Sprintf("--%s %.*q is unknown; there are %s%s", flagKind, release.MaxID, kind, strings.Join(names, ", "), release.DidYouMean(kind, names))}
	}
	return all[at], nil
}

// channelOf is a channel of a document by its name; the error names those there are.
func channelOf(d notify.Document, name string) (notify.Channel, error) {
	c, known := d.Channel(name)
	if !known {
		return c, &usageError{fmt.Sprintf("%.*q is no channel of the file; there are %s%s", release.MaxID, name, strings.Join(d.Names(), ", "), release.DidYouMean(name, d.Names()))}
	}
	return c, nil
}

// sampleConsole is where the links of a preview lead.
const sampleConsole = "https://console.example"

// preview is a message before it is sent anywhere.
type preview struct {
	// Kind is the type of the event without its version.
	Kind string `json:"kind"`
	// To is who is told by the file: at once, and while somebody is waited for.
	To      []notify.Delivery `json:"to,omitempty"`
	Message notify.Message    `json:"message"`
}

func (a *app) notifyPreview() *cobra.Command {
	var file, to, id string
	var flags messageFlags
	cmd := &cobra.Command{
		Use:   "preview [-f FILE]",
		Short: "Show what a message looks like, and who is told by a file",
		Long: `Show the message of an event in the language of a channel, as text, and who is told of it by a file of
channels and rules. Nothing is sent. The event is an example; with --release it is a release as the
ledger has it, which takes NATS. Without a file nobody is told, and the message is in English unless
--language says otherwise. Each channel shows the same words in the form of its service; what links
lead to is made up.`,
		Example: `  slipway notify preview --kind batch.waiting --language zh-CN
  slipway notify preview -f examples/notifications/notifications.yaml --kind approval.waiting --channel managers
  slipway notify preview -f examples/notifications/notifications.yaml --kind wave.waiting --after 30m -o json
  slipway notify preview --release r-jh54bxm6nzk3dfk5`,
		Args: arguments(),
	}
	withFile(cmd, &file, "file of channels and rules; - reads standard input")
	cmd.Flags().StringVar(&to, flagChannel, "", "the message as this channel of the file has it (default the first)")
	cmd.Flags().StringVar(&id, "release", "", "ID of a release that the message is about, as the ledger has it")
	flags.register(cmd)
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime}, func(ctx context.Context, c *call) error {
		if err := flags.check(); err != nil {
			return err
		}
		var d notify.Document
		if file != "" {
			var err error
			if d, err = notifications().readFile(a, file); err != nil {
				return err
			}
		}
		at, err := previewed(d, to)
		if err != nil {
			return err
		}
		at.Language = notify.Language(cmp.Or(flags.language, string(at.Language)))
		e, err := c.eventOf(ctx, id, flags.kind)
		if err != nil {
			return err
		}
		m, err := composed(e, at, flags.after, false)
		if err != nil {
			return err
		}
		p := preview{strings.TrimPrefix(strings.TrimSuffix(e.Type(), ".v1"), "dev.slipway."), notify.NewBook(d, nil).Deliveries(e), m}
		return c.format.Write(a.Stdout, p, func() string { return previewText(p) })
	})
}

// previewed is the channel of a document whose message is shown: one by its name, or the first. Without a document it is one in English.
func previewed(d notify.Document, name string) (notify.Channel, error) {
	switch {
	case name != "" && len(d.Channels) == 0:
		return notify.Channel{}, &usageError{"--" + flagChannel + " needs -f FILE, which has the channel"}
	case name != "":
		return channelOf(d, name)
	case len(d.Channels) > 0:
		return d.Channels[0], nil
	}
	return notify.Channel{Name: "preview"}, nil
}

// eventOf is the event that a message is about: an example, or a release as the ledger has it.
func (c *call) eventOf(ctx context.Context, id, kind string) (wire.LifecycleEvent, error) {
	of, err := sample(kind)
	switch {
	case err != nil || id == "":
		return of.Event, err
	case kind != "" && !strings.HasPrefix(of.Name, "release."):
		return of.Event, &usageError{fmt.Sprintf("--%s %s is not told of a release", flagKind, kind)}
	}
	if err := release.CheckReleaseID(id); err != nil {
		return wire.LifecycleEvent{}, &usageError{"--release: " + err.Error()}
	}
	record, err := readLedger(ctx, c, func(known *ledger.Ledger) (ledger.Record, error) { return known.Get(ctx, id) })
	if err != nil {
		return wire.LifecycleEvent{}, err
	}
	e := wire.LifecycleEvent{Time: record.UpdatedAt, Event: release.Event{ID: id, At: record.UpdatedAt, Progress: record.Progress, Kind: of.Event.Kind}}
	if kind == "" {
		e.Kind = standsAt(record.Progress, c.now)
	}
	return e, nil
}

// standsAt is the kind of event that a release would be told by that stands so.
func standsAt(p release.Progress, now time.Time) release.EventKind {
	if kind, ended := p.Phase.Outcome(); ended {
		return kind
	}
	need, _ := p.Need(now)
	switch need.Kind { //nolint:exhaustive // a release that goes on by itself has begun
	case release.NeedConfirm:
		return release.EventBatchWaiting
	case release.NeedApproval:
		return release.EventApprovalWaiting
	case release.NeedPlatformApproval:
		return release.EventPlatformApprovalWaiting
	case release.NeedResume, release.NeedFreeze:
		return release.EventPaused
	case release.NeedHelp, release.NeedOtherChange:
		return release.EventStalled
	}
	if p.StartedAt.IsZero() {
		return release.EventAccepted
	}
	return release.EventStarted
}

// composed is the message of an event for a channel, with links that lead nowhere.
func composed(e wire.LifecycleEvent, to notify.Channel, after time.Duration, test bool) (notify.Message, error) {
	texts, err := notify.NewTexts()
	if err != nil {
		return notify.Message{}, err
	}
	told, err := wire.EncodeEvent(e.Event, e.Time)
	if err != nil {
		return notify.Message{}, err
	}
	return texts.Compose(e, to, notify.Options{
		Console: sampleConsole, After: after, Event: told.Data, Test: test,
		Link: func(action string, _ wire.LifecycleEvent) (string, bool) {
			return sampleConsole + "/go/" + action, true
		},
	})
}

// previewText is a preview for people.
func previewText(p preview) string {
	lines := []string{p.Message.Title}
	for _, line := range p.Message.Lines {
		lines = append(lines, "  "+line)
	}
	for _, l := range p.Message.Links {
		lines = append(lines, fmt.Sprintf("  [%s] %s", l.Text, l.URL))
	}
	for _, d := range p.To {
		lines = append(lines, deliveryText(d))
	}
	for i, line := range lines {
		lines[i] = render.Clean(line) + "\n"
	}
	return strings.Join(lines, "")
}

// deliveryText says which channel is told, and when.
func deliveryText(d notify.Delivery) string {
	does, when := "tells", "at once"
	if d.Page {
		does = "calls the people of"
	}
	if d.After > 0 {
		when = "after " + d.After.String()
	}
	return does + " " + d.Channel + " " + when
}

func (a *app) notifyTest() *cobra.Command {
	var file string
	var flags messageFlags
	cmd := &cobra.Command{
		Use:   "test CHANNEL -f FILE",
		Short: "Send a message to a channel of a file, to try it",
		Long: `Send a message to a channel of a file of channels and rules, and tell what its service has said. The
message is an example that says it is one. The files that the channel names are read here, as the
notifier reads them. Only a channel of type nats takes NATS.`,
		Example: `  slipway notify test team -f notifications.yaml
  slipway notify test team -f notifications.yaml --kind failed --language zh-CN`,
	}
	cmd.Args = arguments("CHANNEL")
	withFile(cmd, &file, "file of channels and rules; - reads standard input (required)")
	flags.register(cmd)
	exits(cmd, exitRefused, "the channel refuses the message")
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime}, func(ctx context.Context, c *call) error {
		if err := flags.check(); err != nil {
			return err
		}
		d, err := notifications().readFile(a, file)
		if err != nil {
			return err
		}
		to, err := channelOf(d, c.args[0])
		if err != nil {
			return err
		}
		to.Language = notify.Language(cmp.Or(flags.language, string(to.Language)))
		of, err := sample(flags.kind)
		if err != nil {
			return err
		}
		e := of.Event
		e.ID = "test-" + strconv.FormatInt(time.Now().UnixNano(), 36) // so that no channel takes it for one that it has
		m, err := composed(e, to, flags.after, true)
		if err != nil {
			return err
		}
		if err := c.sendTo(ctx, to, m); err != nil {
			return err
		}
		a.infof("channel %s has taken the message", to.Name)
		return c.format.Write(a.Stdout, m, func() string { return "" })
	})
}

// sendTo sends a message to a channel, once.
func (c *call) sendTo(ctx context.Context, to notify.Channel, m notify.Message) error {
	send := func(deps channel.Deps) error {
		sender, err := channel.New(to, deps)
		if err != nil {
			return err
		}
		err = sender.Send(ctx, m)
		if refused, ok := errors.AsType[*channel.RefusedError](err); ok {
			return release.Refusal(refused.Error())
		}
		return err
	}
	if to.Type != notify.NATS {
		return send(channel.Deps{})
	}
	return c.withJetStream(ctx, func(js jetstream.JetStream) error { return send(channel.Deps{NATS: js}) })
}
