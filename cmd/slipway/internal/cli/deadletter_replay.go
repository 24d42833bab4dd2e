package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/releases"
	"slipway/requests"
	"slipway/wire"
)

// lettersRefusedError says that events were not published again, because they would be refused.
type lettersRefusedError struct{ count int }

func (e *lettersRefusedError) Error() string {
	return fmt.Sprintf("%d not published again; see above for what to publish instead", e.count)
}

func (a *app) deadLetterReplay() *cobra.Command {
	var drop bool
	cmd := &cobra.Command{
		Use:   "replay SEQUENCE...",
		Short: "Publish events again as they were, on the subject they came from",
		Long: `Publish events that could not be taken again as they were, on the subject they came from.
That helps once the reason is gone: the release has begun that a command was for, or a new
version takes what an older one refused.

An event out of which a secret was cut, or that would be refused again, is not published; it
is told what to publish instead, and the exit code is 7. So is a command to a release or a set
that does not exist or has ended: Temporal is asked for that first.

What somebody has published as an identity, nobody else may publish on NATS: they replay it, with
--identity.

Doing it twice is harmless. The source and ID of an event are its identity: the second time it
is the same release, set or command, which the ledger and the release take once. Nats-Msg-Id
is not sent again, because JetStream drops within a day what has one that it knows. The
dead letter stays until it is dropped; an event that is refused again is a new one. "slipway
audit" shows who has replayed it.`,
		Example: `  slipway deadletter replay 17
  slipway deadletter replay 17 18 19 --drop
  slipway deadletter replay 17 -o json`,
		Args:              sequences(0),
		ValidArgsFunction: a.completeLetters(),
	}
	cmd.Flags().BoolVar(&drop, "drop", false, "drop each dead letter whose event was published")
	exits(cmd, exitRefused, "an event would be refused again; it is not published")
	return a.onLetters(withSettings(cmd, config.Temporal(), config.Actor(), config.AsIdentity()), func(ctx context.Context, call *call, letters *wire.DeadLetters) error {
		open := &targets{call: call}
		defer open.close()
		r := requests.Replay{Letters: letters, Drop: drop, Check: open.check, Handling: wire.Handling{By: call.by}, Identity: call.identity}
		return a.eachLetter(ctx, call, func(ctx context.Context, sequence uint64) (requests.LetterResult, error) {
			result, err := r.Letter(ctx, sequence)
			return result, letterError(sequence, err)
		})
	})
}

// targets are the releases and sets that commands are for. Temporal is connected once the first
// is asked for, because requests need none.
type targets struct {
	call   *call
	client *releases.Client
	closed func()
}

// check makes sure that a release or a set takes commands.
func (t *targets) check(ctx context.Context, id string) (err error) {
	if t.call.identity != "" {
		return withReleases(func(ctx context.Context, c *call) error { return c.checkOpen(ctx, id) })(ctx, t.call)
	}
	if t.client == nil {
		if t.client, t.closed, err = t.call.app.releases(ctx, t.call.values); err != nil {
			return err
		}
	}
	return t.client.CheckOpen(ctx, id)
}

func (t *targets) close() {
	if t.closed != nil {
		t.closed()
	}
}

// letterStep does something with one dead letter.
type letterStep func(ctx context.Context, sequence uint64) (requests.LetterResult, error)

// eachLetter does something with each dead letter that is named, and prints what became of
// them. An error of one does not keep the others back.
func (a *app) eachLetter(ctx context.Context, call *call, do letterStep) error {
	named := make([]uint64, len(call.args))
	for i, each := range call.args {
		var err error
		if named[i], err = parseSequence(each); err != nil {
			return err
		}
	}
	return a.withLetters(ctx, call, named, do)
}

// withLetters is eachLetter for sequences.
func (a *app) withLetters(ctx context.Context, call *call, all []uint64, do letterStep) error {
	var problems []error
	refused := 0
	results := make([]requests.LetterResult, 0, len(all))
	for _, sequence := range all {
		r, err := do(ctx, sequence)
		if err != nil {
			problems = append(problems, fmt.Errorf("dead letter %d: %w", sequence, err))
		}
		if r.Result == requests.LetterRefused {
			refused++
		}
		results = append(results, r)
		if ctx.Err() != nil || errors.Is(err, wire.ErrKeepsLetters) {
			break // the others would fail alike
		}
	}
	if err := call.format.Write(a.Stdout, results, func() string { return letterResults(results, call.style) }); err != nil {
		return err
	}
	if refused > 0 {
		problems = append(problems, &lettersRefusedError{refused})
	}
	return errors.Join(problems...)
}

func letterResults(results []requests.LetterResult, style render.Style) string {
	table := render.Table{Columns: []render.Column{{Name: "SEQUENCE"}, {Name: "RESULT"}, {Name: "ID", Rank: 1}, {Name: "MESSAGE", Wraps: 24}}}
	for _, r := range results {
		if r.Result == requests.LetterFailed && r.Subject == "" && r.Message == "" {
			continue // its error says more
		}
		result := r.Result
		if r.Dropped && r.Result != requests.LetterDropped {
			result += " and dropped"
		}
		table.Rows = append(table.Rows, render.Text(fmt.Sprint(r.Sequence), result, r.ID, r.Message))
	}
	if len(table.Rows) == 0 {
		return ""
	}
	return table.Draw(style)
}

func (a *app) deadLetterDrop() *cobra.Command {
	var flags letterFlags
	var filter wire.LetterFilter
	var all, yes bool
	cmd := &cobra.Command{
		Use:     "drop [SEQUENCE...]",
		Aliases: []string{"rm", "delete"},
		Short:   "Delete dead letters",
		Long: `Delete dead letters: those that are named, or those that the flags choose, or all of them.
Where they are not named, it asks before it deletes; --yes answers that. "slipway audit" shows who
has deleted them.`,
		Example: `  slipway deadletter drop 17 18
  slipway deadletter drop --kind command --reason "no such release" --yes
  slipway deadletter drop --all --yes`,
		ValidArgsFunction: a.completeLetters(),
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&all, flagAll, false, "delete all")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		chosen := flags != letterFlags{}
		switch {
		case len(args) == 0 && !all && !chosen:
			return &usageError{"missing argument SEQUENCE; use --all for all"}
		case len(args) > 0 && (all || chosen):
			return &usageError{"name dead letters, or choose them by flags, but not both"}
		case all && chosen:
			return &usageError{"--all is for all; leave it out with --subject, --kind, --reason and --since"}
		case len(args) == 0:
			return nil
		}
		return sequences(0)(cmd, args)
	}
	cmd.PreRunE = func(*cobra.Command, []string) (err error) {
		filter, err = flags.filter(time.Now())
		return err
	}
	return a.onLetters(withSettings(cmd, config.Actor()), func(ctx context.Context, call *call, letters *wire.DeadLetters) error { //nolint:contextcheck // --timeout does not bound how long a person thinks
		do := func(ctx context.Context, sequence uint64) (requests.LetterResult, error) {
			return dropLetter(ctx, letters, sequence, call.by)
		}
		if len(call.args) > 0 {
			return a.eachLetter(ctx, call, do)
		}
		found, _, err := letters.List(ctx, filter)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			a.infof("there are no such dead letters")
			return call.format.Write(a.Stdout, []requests.LetterResult{}, func() string { return "" })
		}
		if !yes {
			asking := call.cmd.Context()
			if err := a.confirmDrop(asking, len(found)); err != nil {
				return err
			}
			var cancel context.CancelFunc
			ctx, cancel = within(asking, call.limit)
			defer cancel()
		}
		chosen := make([]uint64, len(found))
		for i, l := range found {
			chosen[i] = l.Sequence
		}
		return a.withLetters(ctx, call, chosen, do)
	})
}

func dropLetter(ctx context.Context, letters *wire.DeadLetters, sequence uint64, by string) (requests.LetterResult, error) {
	if err := letters.Drop(ctx, sequence, wire.Handling{By: by}); err != nil {
		return requests.LetterResult{Sequence: sequence, Result: requests.LetterFailed}, letterError(sequence, err)
	}
	return requests.LetterResult{Sequence: sequence, Result: requests.LetterDropped, Dropped: true}, nil
}

// confirmDrop asks the person at the terminal; where there is none, it is an error.
func (a *app) confirmDrop(ctx context.Context, count int) error {
	return a.agreed(ctx, question{
		what:    fmt.Sprintf("delete %d dead letters?", count),
		instead: fmt.Sprintf("%d dead letters would be deleted; say so with --yes, or see them with: slipway deadletter list", count),
		no:      "nothing was deleted",
	})
}
