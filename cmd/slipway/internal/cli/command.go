package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/releases"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// viaUpdate is the way commands of this command line come.
const viaUpdate = "update"

func (a *app) confirm() *cobra.Command {
	var batch int
	var note string
	cmd := a.command(&cobra.Command{
		Use:     "confirm ID",
		Aliases: []string{"promote"},
		Short:   "Say that a finished batch is good, so that the next may begin",
		Long: `Say that a finished batch is good, so that the next may begin. Without --batch it is the
batch that waits just now; with it, nothing but that batch is confirmed, however late the
word comes. Confirming the same batch twice is one confirmation.

Exit code 7 when the release refuses, with the reason; 8 when no worker answers in time.`,
		Example: `  slipway release confirm r-abcdefghijklmnop
  slipway release confirm r-abcdefghijklmnop --batch 1 --note "orders look right"
  slipway release promote r-abcdefghijklmnop`,
		Args: arguments("ID"),
	}, func(cmd *cobra.Command, client *releases.Client, id string) (release.Command, error) {
		if batch == 0 {
			var err error
			if batch, err = a.waitingBatch(cmd.Context(), client, id); err != nil {
				return release.Command{}, err
			}
		}
		return release.Command{Kind: release.CommandConfirm, Batch: batch, Note: note}, nil
	})
	cmd.ValidArgsFunction = a.completeReleases(releases.Filter{Phase: release.PhaseAwaitingConfirm})
	cmd.Flags().IntVar(&batch, "batch", 0, "confirm this batch only, counted from 1 (default the one that waits)")
	cmd.Flags().StringVar(&note, "note", "", "why it is good")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if batch < 1 && cmd.Flag("batch").Changed {
			return &usageError{"--batch counts from 1, the gray batch first"}
		}
		return nil
	}
	return cmd
}

func (a *app) abort() *cobra.Command {
	var reason string
	cmd := a.command(&cobra.Command{
		Use:   "abort ID",
		Short: "Stop a release and return to the version that ran before",
		Long: `Stop a release and return to the version that ran before. The release itself undoes what
it has begun; watch it with "slipway release watch". Aborting twice is one abort.

Exit code 7 when the release refuses, with the reason; 8 when no worker answers in time.`,
		Example: `  slipway release abort r-abcdefghijklmnop --reason "error rate doubled"`,
		Args:    arguments("ID"),
	}, func(*cobra.Command, *releases.Client, string) (release.Command, error) {
		return release.Command{Kind: release.CommandAbort, Reason: reason}, nil
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return cmd
}

// command makes a command that gives its word to a release. The word is made by word
// once Temporal is connected.
func (a *app) command(cmd *cobra.Command, word func(*cobra.Command, *releases.Client, string) (release.Command, error)) *cobra.Command {
	a.onRelease(settings(cmd, config.Speaker()))
	timeout := cmd.Flags().Duration(flagTimeout, answerTime, "give up after this time")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := format(cmd)
		if err != nil {
			return err
		}
		v, err := a.values(cmd)
		if err != nil {
			return err
		}
		ctx, cancel := within(cmd.Context(), *timeout)
		defer cancel()
		cmd.SetContext(ctx)
		client, closeClient, err := a.releases(ctx, v)
		if err != nil {
			return err
		}
		defer closeClient()
		c, err := word(cmd, client, args[0])
		if err != nil {
			return err
		}
		c.ID, c.By, c.Via = uuid.NewString(), a.speaker(v), viaUpdate
		p, err := client.Say(ctx, args[0], c)
		if err != nil {
			return err
		}
		a.talk("%s", said(p, c))
		return f.Write(a.Stdout, p, func() string { return render.Line(p) + "\n" })
	}
	return cmd
}

// said tells what the command did: the first word counts, and later ones repeat it.
func said(p release.Progress, c release.Command) string {
	what := "aborted"
	if c.Kind == release.CommandConfirm {
		what = fmt.Sprintf("batch %d confirmed", c.Batch)
	}
	for _, d := range p.Decisions {
		if d.Kind != c.Kind || d.Batch != c.Batch || d.Refused != "" {
			continue
		}
		if d.By != c.By || d.Note != c.Words() {
			return what + " already, by " + d.By + " at " + d.At.UTC().Format(time.RFC3339)
		}
		break
	}
	return what + " by " + c.By
}

// waitingBatch asks the release which batch waits, and says so.
func (a *app) waitingBatch(ctx context.Context, client *releases.Client, id string) (int, error) {
	look, err := client.Look(ctx, id)
	if err != nil {
		return 0, err
	}
	p := look.Progress
	switch {
	case look.Lack != "":
		return 0, fmt.Errorf("cannot tell which batch of release %s waits: %s; start slipway worker, or name the batch with --batch", id, look.Lack)
	case p.Phase.Ended():
		return 0, &releases.RefusedError{ID: id, Reason: "it has ended: " + string(p.Phase)}
	case p.Awaiting == nil || p.Awaiting.Kind != release.AwaitConfirm:
		return 0, &releases.RefusedError{ID: id, Reason: "no batch waits for a confirmation: " + render.Line(p)}
	}
	a.talk("batch %d of %d waits since %s; confirming it", p.Awaiting.Batch, len(p.Batches), p.Awaiting.Since.UTC().Format(time.RFC3339))
	return p.Awaiting.Batch, nil
}
