package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/releases"
	"slipway/cmd/slipway/internal/relfile"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

func (a *app) set() *cobra.Command {
	return a.family(&cobra.Command{
		Use:     "set",
		Aliases: []string{"sets"},
		Short:   "Release several applications as one",
		Long: `Release several applications as one: in waves, with one confirmation for a wave, and with
a way back in reverse order. Each release of a set is a release like any other: it can be
watched, confirmed and aborted with "slipway release".

Exit codes:
` + exitCodes,
		Example: `  slipway set submit -f set.yaml --wait
  slipway set watch s-abcdefghijklmnop
  slipway set confirm s-abcdefghijklmnop --note "stock looks right"`,
		GroupID: groupReleases,
	}, a.setSubmit(), a.setList(), a.setGet(), a.setWatch(), a.setConfirm(), a.setAbort())
}

func (a *app) setSubmit() *cobra.Command {
	var file string
	var over relfile.Overrides
	cmd, s := submitting(&cobra.Command{
		Use:   "submit -f FILE",
		Short: "Ask for a set of releases by an event on NATS",
		Long: `Ask for the set that a file describes, by an event on NATS JetStream, and print the set ID.
The file is YAML or JSON: apiVersion: slipway.dev/v1, kind: ReleaseSet, spec.

Its name and the source and ID of the event are the identity of the set.

With --wait the set is followed like "slipway set watch" does, and the exit code tells the
outcome: 0 Succeeded, 3 RolledBack, 4 Aborted, 5 Failed, 6 NeedsAttention, 8 when --timeout
is up.`,
		Example: `  slipway set submit -f examples/set.yaml
  slipway set submit -f set.yaml --wait --timeout 4h
  slipway set submit -f - --dry-run < set.yaml`,
		Args: arguments(),
	})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.ask(cmd, *s, func(by string) (asked, error) {
			over.AskedBy = by
			set, err := readWith(a, file, over, relfile.ReadSet)
			return asked{
				what: "set", follow: a.followSet, digest: set.Digest(),
				encode:  func(o wire.Origin) (*nats.Msg, error) { return wire.EncodeSetRequest(o, set) },
				receipt: func(s submission) receipt { return receipt{SetID: release.SetID(set.Name, s.source, s.eventID)} },
				taken: func(ctx context.Context, known *ledger.Ledger, id string) error {
					return a.taken(ctx, id, set.Digest(), func(ctx context.Context) (ledger.Identity, error) {
						s, err := known.GetSet(ctx, id)
						return s.Identity, err
					})
				},
			}, err
		})
	}
	flags := cmd.Flags()
	flags.StringVarP(&file, "file", "f", "", "file of the set; - reads standard input (required)")
	flags.StringVar(&over.Note, "note", "", "note in place of the file's")
	flags.StringVar(&over.RequestedBy, "requested-by", "", "who asks, in place of the file's (default --by)")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml", "json")
	return cmd
}

// followSet follows a set to its end and returns an error that stands for its outcome.
func (a *app) followSet(cmd *cobra.Command, g following) error {
	return followTo(a, cmd, g, spectacle[render.Set]{
		name: "set", look: lookSet,
		view:   &view[render.Set]{app: a, format: g.format, screen: a.screen(cmd), tree: render.SetTree, news: render.SetNews},
		recall: func(ctx context.Context, id string) (memory[render.Set], error) { return a.recallSet(ctx, cmd, id) },
		facts:  func(p render.Set) facts { return facts{p.Phase, p.Digest} },
	})
}

// lookSet looks at a set, and at what its releases under way try in vain.
func lookSet(ctx context.Context, client *releases.Client, id string) (releases.LookAt[render.Set], error) {
	look, err := client.LookSet(ctx, id)
	if err != nil {
		return releases.LookAt[render.Set]{}, err
	}
	set := render.Set{SetProgress: look.Progress}
	if !look.Closed {
		set.Stalled = client.Stalled(ctx, look.Progress)
	}
	return releases.LookAt[render.Set]{Progress: set, Closed: look.Closed, Lack: look.Lack}, nil
}

func (a *app) setWatch() *cobra.Command {
	cmd := drawing(printing(settings(&cobra.Command{
		Use:     "watch ID",
		Aliases: []string{"status"},
		Short:   "Follow a set to its end",
		Long: `Follow a set to its end. On a terminal the picture is redrawn; otherwise each change is one
line. With -o json each change is one line of JSON, the whole progress of the set. One that
Temporal has forgotten is shown as the ledger knows it.

The exit code tells the outcome: 0 Succeeded, 3 RolledBack, 4 Aborted, 5 Failed,
6 NeedsAttention, 8 when --timeout is up; the set itself goes on then.`,
		Example: `  slipway set watch s-abcdefghijklmnop
  slipway set watch s-abcdefghijklmnop --timeout 60s -o json`,
		Args: idOf(kindSet),
	}, config.Temporal(), config.NATS())))
	timeout := cmd.Flags().Duration(flagTimeout, 0, "stop watching after this time (default never)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := format(cmd)
		if err != nil {
			return err
		}
		v, err := a.values(cmd)
		if err != nil {
			return err
		}
		return a.followSet(cmd, following{id: args[0], values: v, format: f, timeout: *timeout, grace: graceWatched})
	}
	return cmd
}

func (a *app) setGet() *cobra.Command {
	cmd := settings(&cobra.Command{
		Use:   "get ID",
		Short: "Show one set",
		Long: `Show one set: its waves, where each release stands, and the decisions. One that Temporal has
forgotten is shown as the ledger knows it.`,
		Example: `  slipway set get s-abcdefghijklmnop
  slipway set get s-abcdefghijklmnop -o json`,
		Args: idOf(kindSet),
	}, config.NATS())
	return a.onTemporal(cmd, func(ctx context.Context, call *temporalCall) error {
		look, err := lookSet(ctx, call.client, call.args[0])
		if missing, ok := errors.AsType[*releases.NotFoundError](err); ok {
			look.Progress, err = recorded(a, missing, func() (memory[render.Set], error) { return a.recallSet(ctx, cmd, call.args[0]) })
		}
		if err != nil {
			return err
		}
		if look.Lack != "" {
			a.talk("%s; shown is what Temporal knows", look.Lack)
		}
		return call.format.Write(a.Stdout, look.Progress, func() string { return render.SetTree(look.Progress, time.Now(), call.style) })
	})
}

func (a *app) setList() *cobra.Command {
	var phase string
	var limit int
	var all bool
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List sets",
		Long:    `List sets: those under way first, then the latest ended.`,
		Example: `  slipway set list
  slipway set list --phase AwaitingConfirm -o json`,
		Args: arguments(),
	}
	cmd.Flags().StringVar(&phase, "phase", "", "only in this phase")
	cmd.Flags().IntVar(&limit, "limit", defaultLimit, "list at most so many")
	cmd.Flags().BoolVar(&all, "all", false, "list all")
	var filter releases.Filter
	cmd.PreRunE = func(*cobra.Command, []string) (err error) {
		if limit < 1 {
			return &usageError{"--limit must be at least 1; use --all for all"}
		}
		filter, err = newFilter("", phase)
		return err
	}
	return completing(a.onTemporal(cmd, func(ctx context.Context, call *temporalCall) error {
		if filter.Limit = limit; all {
			filter.Limit = 0
		}
		found, more, err := call.client.ListSets(ctx, filter)
		if err != nil {
			return err
		}
		return a.printSets(call, found, more)
	}), "phase", phases()...)
}

func (a *app) printSets(call *temporalCall, found []releases.Listed, more bool) error {
	switch {
	case more:
		a.talk("there are more; use --all or --limit")
	case len(found) == 0 && call.format == render.FormatTable:
		a.talk("there are no such sets")
		return nil
	case len(found) == 0:
		found = []releases.Listed{}
	}
	return call.format.Write(a.Stdout, found, func() string { return render.Sets(rows(found), time.Now(), call.style) })
}

func (a *app) setConfirm() *cobra.Command {
	var wave int
	var note string
	cmd := &cobra.Command{
		Use:     "confirm ID",
		Aliases: []string{"promote"},
		Short:   "Let the wave begin that waits for a person",
		Long: `Let the wave begin that waits for a person. Without --wave it is the wave that waits just
now; with it, nothing but that wave is confirmed, however late the word comes. Confirming the
same wave twice is one confirmation.

Exit code 7 when the set refuses, with the reason; 8 when no worker answers in time.`,
		Example: `  slipway set confirm s-abcdefghijklmnop
  slipway set confirm s-abcdefghijklmnop --wave 2 --note "stock looks right"`,
		Args: idOf(kindSet),
	}
	cmd.Flags().IntVar(&wave, "wave", 0, "confirm this wave only, counted from 1 (default the one that waits)")
	cmd.Flags().StringVar(&note, flagNote, "", "why it may begin")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if wave < 1 && cmd.Flag("wave").Changed {
			return &usageError{"--wave counts from 1"}
		}
		return nil
	}
	return a.onTemporal(settings(cmd, config.Speaker()), func(ctx context.Context, call *temporalCall) error {
		if wave == 0 {
			look, err := call.client.LookSet(ctx, call.args[0])
			if err != nil {
				return err
			}
			if wave, err = waitingWave(call.args[0], look); err != nil {
				return err
			}
		}
		return a.saySet(ctx, call, release.Command{Kind: release.CommandConfirm, Batch: wave, Note: note})
	})
}

// waitingWave is the wave that waits for a person.
func waitingWave(id string, look releases.SetLook) (int, error) {
	p := look.Progress
	switch {
	case look.Lack != "":
		return 0, fmt.Errorf("cannot tell which wave of set %s waits: %s; start slipway worker, or name the wave with --wave", id, look.Lack)
	case p.Awaiting == nil:
		return 0, &releases.RefusedError{ID: id, Reason: "no wave waits for a confirmation: " + render.SetLine(p)}
	}
	return p.Awaiting.Batch, nil
}

func (a *app) setAbort() *cobra.Command {
	var reason string
	var atSafePoint bool
	cmd := &cobra.Command{
		Use:   "abort ID",
		Short: "Abort the releases of a set that are under way, and begin no other",
		Long: `Abort the releases of a set that are under way, and begin no other. What has succeeded
before stays. With --at-safe-point batches in progress are finished first.

Exit code 7 when the set refuses, with the reason; 8 when no worker answers in time.`,
		Example: `  slipway set abort s-abcdefghijklmnop --reason "wrong price list"`,
		Args:    idOf(kindSet),
	}
	cmd.Flags().StringVar(&reason, flagReason, "", "why")
	cmd.Flags().BoolVar(&atSafePoint, "at-safe-point", false, "let each release wait until no batch is in progress")
	return a.onTemporal(settings(cmd, config.Speaker()), func(ctx context.Context, call *temporalCall) error {
		return a.saySet(ctx, call, release.Command{Kind: release.CommandAbort, Reason: reason, AtSafePoint: atSafePoint})
	})
}

// saySet hands a word to a set and tells what it did.
func (a *app) saySet(ctx context.Context, call *temporalCall, c release.Command) error {
	c.ID, c.By, c.Via = uuid.NewString(), call.by, release.ViaUpdate
	p, err := call.client.SaySet(ctx, call.args[0], c)
	if err != nil {
		return err
	}
	a.talk("%s", saidToSet(p, c))
	return call.format.Write(a.Stdout, p, func() string { return render.SetLine(p) + "\n" })
}

// saidToSet tells what the command did: the first word counts, and later ones repeat it.
func saidToSet(p release.SetProgress, c release.Command) string {
	words := said(release.Progress{Decisions: p.Decisions}, c)
	if c.Kind == release.CommandConfirm {
		return strings.Replace(words, "batch ", "wave ", 1)
	}
	return words
}
