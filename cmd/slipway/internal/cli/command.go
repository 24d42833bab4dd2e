package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

// bindings ends the help of every command to a release.
const bindings = `

With --artifact or --change the word counts only for what it was meant for: a release
that brings something else, or is at another change, refuses it.`

func (a *app) confirm() *cobra.Command {
	var batch int
	var all bool
	var note string
	cmd := a.releaseCommand(&cobra.Command{
		Use:     "confirm ID",
		Aliases: []string{"promote"},
		Short:   "Say that a finished batch is good, so that the next may begin",
		Long: `Say that a finished batch is good, so that the next may begin. Without --batch it is the
batch that waits just now, of the artifact and the change that the release shows just
now; with it, nothing but that batch is confirmed, however late the word comes. Confirming
the same batch twice is one confirmation. Of a release that is watched it is the last batch,
and ends the watch: the release has succeeded.

With --all (also --full) it is that batch and every one after it, also while a batch is in
progress; each is recorded when it passes. Only the wait for a person is passed over: bake
times, gates, schedules, freezes, a pause and the platform's approval still hold, and a gate
that is inconclusive from now on asks a person about its batch. After a pause and a resume
it still stands. It is for the artifact and the change that the release shows just now.` + bindings,
		Example: `  slipway release confirm r-abcdefghijklmnop
  slipway release confirm r-abcdefghijklmnop --batch 1 --note "orders look right"
  slipway release confirm r-abcdefghijklmnop --batch 1 --artifact registry.example/shop:1.4.2
  slipway release confirm r-abcdefghijklmnop --all --note "ran through the peak"
  slipway release promote r-abcdefghijklmnop --full`,
	}, func(ctx context.Context, call *call) (release.Command, error) {
		if all {
			c, err := allBatches(ctx, call)
			c.Note = note
			return c, err
		}
		if batch == 0 {
			c, err := a.waitingBatch(ctx, call)
			c.Note = note
			return c, err
		}
		return release.Command{Kind: release.CommandConfirm, Batch: batch, Note: note}, nil
	})
	cmd.Flags().BoolVar(&all, flagAll, false, "confirm the batch that waits and every one after it")
	cmd.Flags().IntVar(&batch, flagBatch, 0, "confirm this batch only, counted from 1 (default the one that waits)")
	cmd.Flags().StringVar(&note, flagNote, "", "why it is good")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		switch named := cmd.Flag(flagBatch).Changed; {
		case named && all:
			return &usageError{"give either --batch, for one, or --all, for the batch that waits and every one after it"}
		case named && batch < 1:
			return &usageError{"--batch counts from 1, the gray batch first"}
		}
		return nil
	}
	return cmd
}

func (a *app) abort() *cobra.Command {
	var atSafePoint bool
	cmd, reason := a.withReason(&cobra.Command{
		Use:   "abort ID",
		Short: "Stop a release and return to the version that ran before",
		Long: `Stop a release and return to the version that ran before. The release itself undoes what
it has begun; watch it with "slipway release watch". Aborting twice is one abort.

With --at-safe-point a batch in progress is finished first.` + bindings,
		Example: `  slipway release abort r-abcdefghijklmnop --reason "error rate doubled"
  slipway release abort r-abcdefghijklmnop --at-safe-point --reason "a hotfix comes first"`,
	}, func(reason string) release.Command {
		return release.Command{Kind: release.CommandAbort, Reason: reason, AtSafePoint: atSafePoint}
	})
	cmd.Flags().StringVar(reason, flagReason, "", "why")
	cmd.Flags().BoolVar(&atSafePoint, "at-safe-point", false, "wait until no batch is in progress")
	return cmd
}

func (a *app) pause() *cobra.Command {
	cmd, reason := a.withReason(&cobra.Command{
		Use:   "pause ID",
		Short: "Let nothing new begin until the release is resumed",
		Long: `Let nothing new begin until the release is resumed. A batch in progress goes on to its end;
the limits of the release go on, too. To keep releases from beginning at all, see
"slipway lane hold".` + bindings,
		Example: `  slipway release pause r-abcdefghijklmnop --reason "looking at the logs"
  slipway release resume r-abcdefghijklmnop`,
	}, func(reason string) release.Command {
		return release.Command{Kind: release.CommandPause, Reason: reason}
	})
	cmd.Flags().StringVar(reason, flagReason, "", "why")
	return cmd
}

func (a *app) resume() *cobra.Command {
	cmd, reason := a.withReason(&cobra.Command{
		Use:     "resume ID",
		Aliases: []string{"unpause"},
		Short:   "End a pause",
		Long: `End a pause. The release goes on where it stood; a batch that waits for a confirmation
waits for it again, see "slipway release confirm", unless all batches were confirmed.` + bindings,
		Example: `  slipway release resume r-abcdefghijklmnop --reason "it was something else"`,
	}, func(reason string) release.Command {
		return release.Command{Kind: release.CommandResume, Reason: reason}
	})
	cmd.Flags().StringVar(reason, flagReason, "", "why")
	return cmd
}

func (a *app) releaseRollback() *cobra.Command {
	var version string
	reason := new(string)
	cmd := a.releaseCommand(&cobra.Command{
		Use:     "rollback ID",
		Aliases: []string{"undo"},
		Short:   "Stop a release and return to a version",
		Long: `Stop a release under way and return to the version that ran before, or to another one:
"slipway api sae ListAppVersions AppId=…" lists those that the platform keeps. What has ended
cannot be rolled back: "slipway rollback APP" begins a release that does. A version that the
platform does not have is refused before the release is stopped.

The artifact of a release that was rolled back is denied: its lane refuses it, so that no
pipeline brings it again, until "slipway lane allow". An abort returns, too, and denies nothing.` + bindings,
		Example: `  slipway release rollback r-abcdefghijklmnop --reason "error rate doubled"
  slipway release rollback r-abcdefghijklmnop --to-version 0026ff7e-2b57-4127-bdd0-9bf202bb9ddf`,
	}, func(ctx context.Context, call *call) (release.Command, error) {
		c := release.Command{Kind: release.CommandRollback, Reason: *reason, Version: version}
		return c, a.knownVersion(ctx, call, version)
	})
	cmd.Flags().StringVar(reason, flagReason, "", "why")
	cmd.Flags().StringVar(&version, flagToVersion, "", "the platform's ID of the version (default the one that ran before)")
	completing(cmd, flagToVersion) // no files; what versions there are, only the platform knows
	return cmd
}

// versionTime bounds the question whether there is a version.
const versionTime = 5 * time.Second

// knownVersion refuses a version that the platform does not have, because the release would be
// stopped before that is found out. Where nobody can ask, the release finds out.
func (a *app) knownVersion(ctx context.Context, call *call, version string) error {
	if version == "" {
		return nil
	}
	id := call.args[0]
	status, err := call.get(ctx, id)
	if err != nil || status.Closed || status.Progress.App.Validate() != nil {
		return err // one that has ended refuses the command
	}
	if to := status.Progress.RollbackTo; to != nil && to.ID == version || call.client == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	err = call.client.CheckVersion(ctx, id, status.Progress.App, version)
	if _, refused := errors.AsType[*releases.RefusedError](err); err != nil && !refused {
		a.infof("whether there is version %s is not known yet: %v", version, err)
		return nil
	}
	return err
}

func (a *app) override() *cobra.Command {
	cmd, reason := a.withReason(&cobra.Command{
		Use:   "override ID --reason REASON",
		Short: "Let a release pass over freezes from now on",
		Long: `Let a release pass over freezes from now on. It is recorded who said so, and why. To see
which freeze holds it: "slipway freeze list --app APP".` + bindings,
		Example: `  slipway release override r-abcdefghijklmnop --reason "orders are lost until this is out"`,
	}, func(reason string) release.Command {
		return release.Command{Kind: release.CommandOverride, Reason: reason}
	})
	cmd.Flags().StringVar(reason, flagReason, "", "why the freeze does not hold this release (required)")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if strings.TrimSpace(*reason) == "" {
			return &usageError{"missing --reason: say why the freeze does not hold this release"}
		}
		return nil
	}
	return cmd
}

// withReason makes a command that is built without reading the release; the caller gives the
// flag of the reason.
func (a *app) withReason(cmd *cobra.Command, build func(reason string) release.Command) (made *cobra.Command, reason *string) {
	reason = new(string)
	return a.releaseCommand(cmd, func(context.Context, *call) (release.Command, error) {
		return build(*reason), nil
	}), reason
}

// releaseCommand makes a command that sends a command to a release. The latter is made by
// build once Temporal is connected.
func (a *app) releaseCommand(cmd *cobra.Command, build func(context.Context, *call) (release.Command, error)) *cobra.Command {
	which := takersOf(release.CommandKind(cmd.Name()))
	cmd.Args, cmd.ValidArgsFunction = a.idOrChoice(), a.completeReleases(which)
	artifact := cmd.Flags().String("artifact", "", "only if the release brings this: an image, or url@version of a package")
	change := cmd.Flags().String("change", "", "only if the release is at this change")
	refusable(cmd, "the release refuses, with the reason; nothing was changed")
	return a.onReleases(cmd, choosing(which, func(ctx context.Context, call *call) error {
		c, err := build(ctx, call)
		if err != nil {
			return call.orNotBegun(ctx, err)
		}
		c.Artifact, c.ChangeID = cmp.Or(*artifact, c.Artifact), cmp.Or(*change, c.ChangeID)
		c, p, err := call.sendCommand(ctx, call.args[0], c)
		if err != nil {
			return call.orNotBegun(ctx, err)
		}
		a.infof("%s", c.Acknowledgement(p.Decisions, release.UnitBatch, call.style.Zone))
		if denying := p.Denying(); c.Kind == release.CommandRollback && denying != "" {
			a.infof("the rollback %s", denying)
		}
		return call.format.Write(a.Stdout, p, func() string { return render.Line(p, call.style.Zone) + "\n" })
	}))
}

// orNotBegun returns the error, or why Temporal knows nothing of the ID: its request is stored and not
// accepted yet; no worker answers, so that nothing begins that is asked for; or it is of a set that has not begun it.
func (c *call) orNotBegun(ctx context.Context, err error) error {
	if missing, ok := errors.AsType[*releases.NotFoundError](err); ok {
		if refused := c.unaccepted(ctx, missing.ID); refused != nil {
			return refused
		}
		if c.client == nil {
			return err
		}
		if none := c.client.CheckWorkers(ctx, release.App{}); none != nil {
			return fmt.Errorf("nothing was sent to %s: %w", release.Named(missing.ID), none)
		}
		if pending, is := c.client.Pending(ctx, missing.ID); is {
			return &releases.RefusedError{ID: missing.ID, Reason: pending.Text()}
		}
	}
	return err
}

// takersOf chooses the releases that may take a command, as far as their phase tells. Of one that is
// paused it does not tell whether a person has paused it, so that it can be resumed, or a freeze.
func takersOf(command release.CommandKind) releases.Filter {
	waits := []release.Phase{release.PhaseRollingOut, release.PhaseAwaitingConfirm, release.PhaseAwaitingPlatformApproval}
	f := releases.Filter{Open: true}
	switch command {
	case release.CommandConfirm:
		f.Phases = []release.Phase{release.PhaseAwaitingConfirm, release.PhaseWatching}
	case release.CommandApprove, release.CommandReject:
		f.Phases, f.Takes = []release.Phase{release.PhaseAwaitingApproval, release.PhaseAwaitingConfirm}, command
	case release.CommandResume:
		f.Phases, f.Takes = []release.Phase{release.PhasePaused}, command
	case release.CommandPause:
		f.Phases = append(waits, release.PhasePreparing)
	case release.CommandRollback:
		f.Phases = append(waits, release.PhasePaused, release.PhaseWatching)
	case release.CommandOverride:
		f.Phases = append(waits, release.PhaseQueued, release.PhasePreparing, release.PhaseAwaitingApproval, release.PhasePaused, release.PhaseRunning)
	case release.CommandAbort:
		f.Phases = append(waits, release.PhaseQueued, release.PhasePreparing, release.PhaseAwaitingApproval, release.PhasePaused, release.PhaseRunning, release.PhaseWatching)
	}
	return f
}

// waitingBatch asks the release which batch waits, and says so. The confirmation is bound
// to what the release shows just now.
func (a *app) waitingBatch(ctx context.Context, call *call) (release.Command, error) {
	p, err := toConfirm(ctx, call)
	if err != nil {
		return release.Command{}, err
	}
	c, err := p.Confirming()
	if err != nil {
		return c, &releases.RefusedError{ID: call.args[0], Reason: err.Error()}
	}
	if p.Confirmed() == "" {
		what := "waits"
		if p.Awaiting.Kind == release.AwaitWatch {
			what = "is the last, and is watched"
		}
		a.infof("batch %s %s since %s; confirming it", p.BatchText(p.Awaiting.Batch), what, call.style.Time(p.Awaiting.Since))
	}
	return c, nil
}

// allBatches is a confirmation of all batches of what the release shows just now.
func allBatches(ctx context.Context, call *call) (release.Command, error) {
	p, err := toConfirm(ctx, call)
	if err != nil {
		return release.Command{}, err
	}
	c, err := p.ConfirmingAll()
	if err != nil {
		return c, &releases.RefusedError{ID: call.args[0], Reason: err.Error()}
	}
	return c, nil
}

// toConfirm is what a release shows just now, which a confirmation is bound to.
func toConfirm(ctx context.Context, call *call) (release.Progress, error) {
	id := call.args[0]
	status, err := call.get(ctx, id)
	if err == nil && status.Partial.Reason != releases.PartialNone {
		err = &unknownError{fmt.Sprintf("cannot tell what of release %s waits: %s; start slipway worker, or name one batch with --batch", id, status.Partial.Message)}
	}
	return status.Progress, err
}
