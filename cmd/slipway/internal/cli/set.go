package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/manifest"
	"slipway/release"
	"slipway/releases"
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
	var over manifest.Overrides
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
			set, err := readWith(a, file, over, manifest.ReadSet)
			return asked{
				what: "set", watch: a.watchSet, digest: set.Digest(),
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

// watchSet watches a set to its end and returns an error that stands for its outcome.
func (a *app) watchSet(cmd *cobra.Command, o watchOptions) error {
	return watchToEnd(a, cmd, o, watchTarget[render.Set]{
		name: kindSet, get: getSet,
		view: &view[render.Set]{app: a, format: o.format, screen: a.screen(cmd), tree: render.SetTree, diff: render.SetDiff},
		inLedger: func(ctx context.Context, id string) (ledgerEntry[render.Set], error) {
			return a.setInLedger(ctx, cmd, id)
		},
		facts: func(p render.Set) facts { return facts{p.Phase, p.Digest} },
	})
}

// getSet reads the status of a set, and what its releases under way try in vain.
func getSet(ctx context.Context, client *releases.Client, id string) (releases.Status[render.Set], error) {
	status, err := client.GetSet(ctx, id)
	if err != nil {
		return releases.Status[render.Set]{}, err
	}
	set := render.Set{SetProgress: status.Progress}
	if !status.Closed {
		set.Stalled = client.Stalled(ctx, status.Progress)
	}
	return releases.Status[render.Set]{Progress: set, Closed: status.Closed, Partial: status.Partial}, nil
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
		return a.watchSet(cmd, watchOptions{id: args[0], values: v, format: f, timeout: *timeout, grace: graceWatched})
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
		status, err := getSet(ctx, call.client, call.args[0])
		if missing, ok := errors.AsType[*releases.NotFoundError](err); ok {
			status.Progress, err = recorded(a, missing, func() (ledgerEntry[render.Set], error) { return a.setInLedger(ctx, cmd, call.args[0]) })
		}
		if err != nil {
			return err
		}
		if status.Partial.Reason != releases.PartialNone {
			a.talk("%s; shown is what Temporal knows", status.Partial.Message)
		}
		return call.format.Write(a.Stdout, status.Progress, func() string { return render.SetTree(status.Progress, time.Now(), call.style) })
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
			status, err := call.client.GetSet(ctx, call.args[0])
			if err != nil {
				return err
			}
			if wave, err = waitingWave(call.args[0], status); err != nil {
				return err
			}
		}
		return a.sendSetCommand(ctx, call, release.Command{Kind: release.CommandConfirm, Batch: wave, Note: note})
	})
}

// waitingWave is the wave that waits for a person.
func waitingWave(id string, status releases.Status[release.SetProgress]) (int, error) {
	p := status.Progress
	switch {
	case status.Partial.Reason != releases.PartialNone:
		return 0, fmt.Errorf("cannot tell which wave of set %s waits: %s; start slipway worker, or name the wave with --wave", id, status.Partial.Message)
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
		return a.sendSetCommand(ctx, call, release.Command{Kind: release.CommandAbort, Reason: reason, AtSafePoint: atSafePoint})
	})
}

// sendSetCommand sends a command to a set and reports what it did.
func (a *app) sendSetCommand(ctx context.Context, call *temporalCall, c release.Command) error {
	c.ID, c.By, c.Via = uuid.NewString(), call.by, release.ViaUpdate
	p, err := call.client.SendSetCommand(ctx, call.args[0], c)
	if err != nil {
		return err
	}
	a.talk("%s", c.Acknowledgement(p.Decisions, release.UnitWave))
	return call.format.Write(a.Stdout, p, func() string { return render.SetLine(p) + "\n" })
}
