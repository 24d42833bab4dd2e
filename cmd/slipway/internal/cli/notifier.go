package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/console"
	"slipway/ledger"
	"slipway/notify"
	"slipway/notify/queue"
	"slipway/setup"
)

// leastGiveUp is the shortest time for which a channel may be told to be tried.
const leastGiveUp = time.Minute

func (a *app) notifier() *cobra.Command {
	cmd := withSettings(&cobra.Command{
		Use:   "notifier",
		Short: "Tell people of releases, by chat, e-mail, webhooks and NATS",
		Long: `Tell channels of lifecycle events, by the file of --notifications and by what application documents say: DingTalk, Feishu,
WeCom, Slack, e-mail, webhooks and subjects of NATS. Each event becomes one message for each channel, which is stored before
the event counts as read; a channel that does not answer holds up no other. Who is waited for in vain is reminded. See
docs/notifications.md.

It needs NATS, and no Temporal. Any number of notifiers share the work; one that dies loses nothing.`,
		Example: `  slipway notifier --notifications notifications.yaml
  slipway notifier --notifications notifications.yaml --console-url https://slipway.example --link-key-file link-key`,
		GroupID: groupRoles,
		Args:    arguments(),
	}, config.NATS(), config.HTTP(addrNotifier), config.Notifier(), config.MessageLinks(), config.LinkKey())
	for _, name := range []string{config.Notifications, config.LinkKeyFile} {
		_ = cmd.MarkFlagFilename(name)
	}
	cmd.RunE = a.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) error {
		source, c, err := notifierSettings(v)
		if err != nil {
			return err
		}
		return a.runRole(cmd.Context(), cmd.Name(), v, duty{onNATS: true, needs: setup.NotifierNeeds, metrics: roleMetrics(), serve: func(ctx context.Context, r *role) error {
			source.JetStream, source.Logger = r.js, r.log
			d := queue.Dependencies{JetStream: r.js, Ledger: ledger.New(r.js), Metrics: r.metrics, Logger: r.log}
			if err := source.Fill(&d); err != nil {
				return err
			}
			n, err := queue.New(c, d)
			if err != nil {
				return err
			}
			r.able(n.Ready)
			return n.Run(ctx)
		}})
	})
	return cmd
}

// notifierSettings reads what a notifier is told, all problems at once.
func notifierSettings(v *config.Values) (queue.Source, queue.Config, error) {
	document, err := documentOfNotifier(v)
	signer, wrong := connect.LinkSigner(v)
	err = errors.Join(err, wrong)
	leads := v.String(config.ConsoleURL)
	if leads != "" {
		if fault := console.URLFault(leads); fault != nil {
			err = errors.Join(err, v.Bad(config.ConsoleURL, fault.Error(), "write it as https://slipway.example"))
		}
	} else if signer != nil {
		err = errors.Join(err, v.Bad(config.LinkKeyFile, "signs links to no console", "name where it is reached: --console-url https://slipway.example"))
	}
	giveUp, wrong := v.Duration(config.GiveUp)
	if wrong == nil && v.Said(config.GiveUp) && giveUp < leastGiveUp {
		wrong = v.Bad(config.GiveUp, "is shorter than a minute", "name a duration such as 72h")
	}
	return queue.Source{Document: document, Console: leads, Signer: signer}, queue.Config{GiveUp: giveUp}, errors.Join(err, wrong)
}

// documentOfNotifier reads the file of channels and rules.
func documentOfNotifier(v *config.Values) (notify.Document, error) {
	const remedy = "name a file of kind Notifications, see docs/notifications.md"
	path := v.String(config.Notifications)
	if path == "" {
		return notify.Document{}, v.Bad(config.Notifications, "is missing", remedy)
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return notify.Document{}, v.Bad(config.Notifications, "there is no file "+path, remedy)
	}
	if err != nil {
		return notify.Document{}, v.Bad(config.Notifications, err.Error(), remedy)
	}
	defer func() { _ = file.Close() }()
	document, err := notifications().read(file)
	if err != nil {
		return notify.Document{}, v.Bad(config.Notifications, path+": "+err.Error(), "mend it as it says")
	}
	return document, nil
}
