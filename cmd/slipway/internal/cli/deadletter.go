package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/requests"
	"slipway/wire"
)

func (a *app) deadLetter() *cobra.Command {
	return a.group(&cobra.Command{
		Use:        "deadletter",
		Aliases:    []string{"deadletters"},
		SuggestFor: []string{"dlq", "letter"},
		Short:      "Look at events that could not be taken, and publish them again",
		Long: `Look at the events that the starter could not take, with the reasons, publish them again,
and delete them. They are in the stream SLIPWAY_DEADLETTER of NATS, which keeps them for 30
days unless setup was told otherwise.`,
		Example: `  slipway deadletter list --since 24h
  slipway deadletter show 17
  slipway deadletter replay 17 18 --drop
  slipway deadletter drop --reason "no such release" --yes`,
		GroupID: groupMaintenance,
	}, a.deadLetterList(), a.deadLetterShow(), a.deadLetterReplay(), a.deadLetterDrop())
}

// letterAction is what a command does with the dead letters.
type letterAction func(ctx context.Context, c *call, letters *wire.DeadLetters) error

// onLetters completes a command about dead letters.
func (a *app) onLetters(cmd *cobra.Command, do letterAction) *cobra.Command {
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime}, func(ctx context.Context, call *call) error {
		js, closeNATS, err := a.jetStream(ctx, call.values, "slipway deadletter")
		if err != nil {
			return err
		}
		defer closeNATS()
		return do(ctx, call, wire.NewDeadLetters(js))
	})
}

// letterFlags choose dead letters.
type letterFlags struct{ subject, kind, reason, since string }

func (f *letterFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.subject, "subject", "", "only of messages on this subject, with the wildcards of NATS: slipway.request.sae.*")
	flags.StringVar(&f.kind, "kind", "", "only of this kind: request, command, set or artifact (a push)")
	flags.StringVar(&f.reason, flagReason, "", "only with this text in the reason, in whatever case")
	flags.StringVar(&f.since, "since", "", "only from this time on: 24h or 7d ago, or a time such as 2026-07-01T09:00:00Z")
	kinds := make([]string, 0, len(wire.MessageKinds()))
	for _, k := range wire.MessageKinds() {
		kinds = append(kinds, string(k))
	}
	completing(cmd, "kind", kinds...)
}

// filter reads the flags.
func (f *letterFlags) filter(now time.Time) (wire.LetterFilter, error) {
	out := wire.LetterFilter{Subject: f.subject, Kind: wire.MessageKind(f.kind), Reason: f.reason}
	if strings.ContainsAny(f.subject, " \t\r\n") || strings.Contains("."+f.subject+".", "..") && f.subject != "" {
		return out, &usageError{fmt.Sprintf("--subject %q is no subject of NATS, for example slipway.request.sae.*", f.subject)}
	}
	if f.kind != "" && !slices.Contains(wire.MessageKinds(), out.Kind) {
		return out, &usageError{fmt.Sprintf("--kind %q is not request, command, set or artifact", f.kind)}
	}
	var err error
	if f.since != "" {
		out.Since, err = timeBack("since", f.since, now)
	}
	return out, err
}

// timeBack reads how long ago something was, or when.
func timeBack(flag, text string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16) // 16 bits are 179 years
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d <= 0 {
		return time.Time{}, &usageError{fmt.Sprintf("--%s %q is neither how long ago, such as 24h or 7d, nor a time such as 2026-07-01T09:00:00Z", flag, text)}
	}
	return now.Add(-d), nil
}

func (a *app) deadLetterList() *cobra.Command {
	var flags letterFlags
	var filter wire.LetterFilter
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the events that could not be taken, the latest first",
		Long: `List the events that could not be taken, the latest first: sequence, when, kind, what the
event is for, its source and the reason. The list needs NATS 2.11 or later.`,
		Example: `  slipway deadletter list
  slipway deadletter list --since 24h --kind command
  slipway deadletter list --subject slipway.request.sae.7171a6ca-d1cd-4928-8642-7d5cfe69cafe --all -o json
  slipway deadletter list --reason "another content"`,
		Args: arguments(),
	}
	flags.add(cmd)
	limit := limits(cmd)
	cmd.PreRunE = func(*cobra.Command, []string) (err error) {
		if filter, err = flags.filter(time.Now()); err != nil {
			return err
		}
		filter.Limit, err = limit()
		return err
	}
	return a.onLetters(cmd, func(ctx context.Context, call *call, letters *wire.DeadLetters) error {
		found, more, err := letters.List(ctx, filter)
		if err != nil {
			return err
		}
		switch {
		case more:
			a.infof("there are more; use --all or --limit")
		case len(found) == 0 && call.format.ForPeople():
			a.infof("there are no such dead letters")
			return nil
		}
		listed := make([]requests.ShownLetter, 0, len(found))
		for _, l := range found {
			listed = append(listed, requests.ShowLetter(l))
		}
		return call.format.Write(a.Stdout, listed, func() string { return render.DeadLetters(found, call.style) })
	})
}

func (a *app) deadLetterShow() *cobra.Command {
	return a.onLetters(&cobra.Command{
		Use:     "show SEQUENCE",
		Aliases: []string{"get"},
		Short:   "Show an event as it was, why it was refused, and what to do",
		Long: `Show an event that could not be taken as it was, why it was refused, with a line for each
problem, and what to do. SEQUENCE is the one that "slipway deadletter list" shows.`,
		Example: `  slipway deadletter show 17
  slipway deadletter show 17 -o json`,
		Args:              sequences(1),
		ValidArgsFunction: a.completeLetters(),
	}, func(ctx context.Context, call *call, letters *wire.DeadLetters) error {
		sequence, err := parseSequence(call.args[0])
		if err != nil {
			return err
		}
		l, err := letters.Get(ctx, sequence)
		if err != nil {
			return letterError(sequence, err)
		}
		return call.format.Write(a.Stdout, requests.ShowWholeLetter(l), func() string { return render.DeadLetter(l, requests.LetterRemedy(l), call.style) })
	})
}

// completeLetters completes the first argument with the latest dead letters.
func (a *app) completeLetters() cobra.CompletionFunc {
	return a.complete(cobra.ShellCompDirectiveKeepOrder, func(ctx context.Context, c *call) (found []cobra.Completion, err error) {
		js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway deadletter")
		if err != nil {
			return nil, err
		}
		defer closeNATS()
		letters, _, err := wire.NewDeadLetters(js).List(ctx, wire.LetterFilter{Limit: defaultLimit})
		for _, l := range letters {
			found = append(found, cobra.CompletionWithDesc(strconv.FormatUint(l.Sequence, 10), l.About+" "+l.Reason))
		}
		return found, err
	})
}

// sequences checks positional arguments that are sequences of dead letters; most is how many
// there may be, 0 any number.
func sequences(most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		check := atLeast("SEQUENCE")
		if most > 0 {
			check = arguments(slices.Repeat([]string{"SEQUENCE"}, most)...)
		}
		if err := check(cmd, args); err != nil {
			return err
		}
		for _, each := range args {
			if _, err := parseSequence(each); err != nil {
				return err
			}
		}
		return nil
	}
}

func parseSequence(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return 0, &usageError{fmt.Sprintf("%q is not the sequence of a dead letter; see: slipway deadletter list", text)}
	}
	return n, nil
}

func letterError(sequence uint64, err error) error {
	if errors.Is(err, wire.ErrNoDeadLetter) {
		return fmt.Errorf("%w: %d; see: slipway deadletter list", err, sequence)
	}
	return err
}
