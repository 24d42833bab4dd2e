package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

func (a *app) lane() *cobra.Command {
	return a.group(&cobra.Command{
		Use:        "lane",
		Aliases:    []string{"lanes"},
		SuggestFor: []string{"queue", "hold"},
		Short:      "See and steer the lines in which releases wait",
		Long: `See and steer the lines in which releases wait. The releases of one application form its
lane and begin one at a time. A lane that is held lets nothing new begin; an artifact that
was rolled back is denied until somebody allows it again. ` + namesApp,
		Example: `  slipway lane list
  slipway lane get sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe
  slipway lane hold sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --reason "database migration"
  slipway lane resume sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe`,
		GroupID: groupReleases,
	}, a.laneList(), a.laneGet(), a.laneHold(), a.laneResume(), a.laneDrop(), a.laneAllow())
}

func (a *app) laneList() *cobra.Command {
	var most int
	var held bool
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the lanes in which something runs, waits, is held or is denied",
		Long: `List the lanes in which something runs, waits, is held or is denied. A lane that is not
listed is idle.`,
		Example: `  slipway lane list
  slipway lane list --held -o json
  slipway lane list -w`,
		Args: arguments(),
	}
	limit := limits(cmd)
	cmd.Flags().BoolVar(&held, "held", false, "only those that are held")
	cmd.PreRunE = func(*cobra.Command, []string) (err error) {
		most, err = limit()
		return err
	}
	return a.command(withWatch(cmd), watchable(config.Temporal()), withTemporal(func(ctx context.Context, call *call) error {
		return list[releases.LaneStatus]{
			none: "there are no such lanes: all are idle", table: laneTable,
			key: func(l releases.LaneStatus) string { return l.App },
			read: func(ctx context.Context) (found[releases.LaneStatus], error) {
				if held {
					most = 0 // some of them are not held: releases have left something in them
				}
				items, more, err := call.client.ListLanes(ctx, releases.LaneFilter{NeedsPerson: held, Limit: most})
				return found[releases.LaneStatus]{
					items: chooseLanes(items, held), notes: append(moreNote(more), laneNotes(items)...), asked: len(items),
				}, err
			},
		}.print(ctx, call)
	}))
}

// chooseLanes leaves out, where that is wanted, those that are known not to be held.
func chooseLanes(found []releases.LaneStatus, held bool) []releases.LaneStatus {
	chosen := []releases.LaneStatus{}
	for _, l := range found {
		if !held || l.State == nil || l.State.Held != nil {
			chosen = append(chosen, l)
		}
	}
	return chosen
}

// laneNotes say why nothing is known of some lanes: of each reason the first lane.
func laneNotes(lanes []releases.LaneStatus) []string {
	var notes []string
	noted := map[releases.Partial]bool{}
	for _, l := range lanes {
		if l.Partial.Reason != releases.PartialNone && !noted[l.Partial] {
			noted[l.Partial] = true
			notes = append(notes, l.App+": "+l.Partial.Message)
		}
	}
	return notes
}

func laneTable(lanes []releases.LaneStatus, now time.Time, style render.Style) string {
	rows := make([]render.LaneRow, len(lanes))
	for i, l := range lanes {
		rows[i] = render.LaneRow{App: l.App, AppName: l.AppName, Since: l.Since, State: l.State}
	}
	return render.Lanes(rows, now, style)
}

func (a *app) laneGet() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get APP",
		Short: "Show what runs and waits in a lane, whether it is held, and what is denied",
		Long: `Show what runs and waits in a lane, whether it is held, and what is denied. That is not
known while no worker answers for the lane, or where it was terminated while a release is
under way; -o json says why as "unknown". ` + namesApp,
		Example: `  slipway lane get sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe
  slipway lane get fc/cn-hangzhou/orders
  slipway lane get sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe -o json`,
		Args: arguments("APP"), ValidArgsFunction: a.completeApps,
	}
	exits(cmd, exitError, "error, or nobody knows what is in the lane")
	return a.onApp(cmd, func(ctx context.Context, call *call, app release.App) error {
		status, err := call.client.GetLane(ctx, app)
		if err != nil {
			return err
		}
		if status.State == nil {
			return a.printUnknownLane(call, status.Shown(app))
		}
		return a.printLane(call, status.Shown(app))
	})
}

// printUnknownLane shows a lane of which nothing is known, and returns an error that says why.
func (a *app) printUnknownLane(call *call, l releases.ShownLane) error {
	if err := call.format.Write(a.Stdout, l, func() string { return render.UnknownLane(l.App, call.style) }); err != nil {
		return err
	}
	return fmt.Errorf("lane %s: %s", l.App.SearchValue(), l.Unknown)
}

func (a *app) printLane(call *call, l releases.ShownLane) error {
	return call.format.Write(a.Stdout, l, func() string { return render.Lane(l.LaneState, l.AppName, time.Now(), call.style) })
}

func (a *app) laneHold() *cobra.Command {
	var reason string
	var force bool
	cmd := &cobra.Command{
		Use:   "hold APP --reason REASON",
		Short: "Let nothing new begin in a lane",
		Long: `Let nothing new begin in a lane until it is resumed. What runs goes on; what is submitted
waits. An application that was never released, as far as Temporal remembers, is refused: its
name may be a slip; --force holds its lane all the same. To stop several applications at once,
see "slipway freeze stop". ` + namesApp,
		Example: `  slipway lane hold sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --reason "database migration"
  slipway lane hold sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --reason "not before the launch" --force`,
		Args: arguments("APP"),
	}
	cmd.Flags().StringVar(&reason, flagReason, "", "why (required)")
	cmd.Flags().BoolVar(&force, "force", false, "also of an application that was never released")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if strings.TrimSpace(reason) == "" {
			return &usageError{"missing --reason: say why nothing may begin"}
		}
		return nil
	}
	return a.onLane(cmd, release.UpdateHold, func(ctx context.Context, call *call, app release.App) (release.LaneCommand, string, error) {
		if !force {
			if err := released(ctx, call, app); err != nil {
				return release.LaneCommand{}, "", err
			}
		}
		return release.LaneCommand{Reason: reason}, "held", nil
	})
}

// released refuses an application that was never released, and whose lane is idle.
func released(ctx context.Context, call *call, app release.App) error {
	never, err := call.client.NeverReleased(ctx, app)
	if err != nil || never == "" {
		return err
	}
	return &releases.RefusedError{ID: app.SearchValue(), Of: releases.SubjectLane, Reason: forced(never)}
}

// forced says how to hold the lane of an application of which nobody knows a release.
func forced(never string) string {
	if strings.Contains(never, "?") {
		return never + " To hold its lane all the same, add --force"
	}
	return never + "; to hold its lane all the same, add --force"
}

func (a *app) laneResume() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:     "resume APP",
		Aliases: []string{"unhold"},
		Short:   "Let a lane that is held go on",
		Long: `Let a lane that is held go on, whether somebody held it or a release that ended
NeedsAttention: then look at the application first. ` + namesApp,
		Example: `  slipway lane resume sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --reason "looked at: the old version runs"`,
		Args:    arguments("APP"),
	}
	cmd.Flags().StringVar(&reason, flagReason, "", "why")
	return a.onLane(cmd, release.UpdateResume, func(context.Context, *call, release.App) (release.LaneCommand, string, error) {
		return release.LaneCommand{Reason: reason}, "resumed", nil
	})
}

func (a *app) laneDrop() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:     "drop APP ID",
		Short:   "Take a waiting release out of a lane",
		Long:    "Take a waiting release out of a lane. One that runs is aborted instead: \"slipway release abort\". " + namesApp,
		Example: `  slipway lane drop sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe r-abcdefghijklmnop --reason "the next one has it"`,
		Args:    arguments("APP", "ID"),
	}
	cmd.Flags().StringVar(&reason, flagReason, "", "why")
	cmd.PreRunE = func(_ *cobra.Command, args []string) error {
		if release.IsSetID(args[1]) {
			return &usageError{args[1] + " is a set; drop its releases one by one, which slipway set get " + args[1] + " names"}
		}
		return nil
	}
	cmd = a.onLane(cmd, release.UpdateDrop, func(_ context.Context, call *call, _ release.App) (release.LaneCommand, string, error) {
		id := call.args[1]
		return release.LaneCommand{ReleaseID: id, Reason: reason}, "release " + id + " dropped", nil
	})
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) == 1 {
			return a.completeReleases(releases.Filter{App: args[0], Phase: release.PhaseQueued, Open: true})(cmd, nil, word)
		}
		return a.completeApps(cmd, args, word)
	}
	return cmd
}

func (a *app) laneAllow() *cobra.Command {
	var reason, artifact string
	var all bool
	cmd := &cobra.Command{
		Use:   "allow APP --artifact ARTIFACT",
		Short: "Allow an artifact again that was rolled back",
		Long: `Allow an artifact again that was rolled back. Until then the lane refuses it, so that no
pipeline brings it back. ` + namesApp,
		Example: `  slipway lane allow sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --artifact registry.example/shop:1.4.2 --reason "it was the database"
  slipway lane allow sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --all`,
		Args: arguments("APP"),
	}
	cmd.Flags().StringVar(&reason, flagReason, "", "why")
	cmd.Flags().StringVar(&artifact, "artifact", "", "the artifact as \"slipway lane get\" shows it: an image, or url@version of a package")
	a.completeFlag(cmd, "artifact", findDenied)
	cmd.Flags().BoolVar(&all, flagAll, false, "allow all that are denied")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if (artifact == "") != all {
			return &usageError{"give either --artifact or --all"}
		}
		return nil
	}
	return a.onLane(cmd, release.UpdateAllow, func(context.Context, *call, release.App) (release.LaneCommand, string, error) {
		what := artifact
		if all {
			what = "everything"
		}
		return release.LaneCommand{Artifact: artifact, Reason: reason}, what + " allowed", nil
	})
}

// laneCommand makes a command to the lane of an application, and says in the past what it does.
type laneCommand func(context.Context, *call, release.App) (c release.LaneCommand, done string, err error)

// onLane completes a command that sends a lane an update.
func (a *app) onLane(cmd *cobra.Command, update string, build laneCommand) *cobra.Command {
	cmd.ValidArgsFunction = a.completeApps
	if update == release.UpdateResume {
		cmd.ValidArgsFunction = a.completeHeld()
	}
	withSettings(cmd, config.Actor())
	refusable(cmd, "the lane refuses, with the reason; nothing was changed")
	return a.onApp(cmd, func(ctx context.Context, call *call, app release.App) error {
		c, done, err := build(ctx, call, app)
		if err != nil {
			return err
		}
		c.By = call.by
		state, err := call.client.UpdateLane(ctx, releases.LaneUpdate{App: app, Name: update, ID: uuid.NewString(), Command: c})
		if err != nil {
			return call.orNotInLane(ctx, c, err)
		}
		if kept := heldBefore(update, c, state, call.style); kept != "" {
			done = kept
		} else {
			done += " by " + call.by
		}
		a.infof("lane %s: %s", app.SearchValue(), done)
		return a.printLane(call, releases.ShownLane{LaneState: state})
	})
}

// orNotInLane returns the error of a command to a lane, or that the release which it names is not in the
// lane because its request is not accepted yet.
func (c *call) orNotInLane(ctx context.Context, command release.LaneCommand, err error) error {
	if _, refused := errors.AsType[*releases.RefusedError](err); refused && command.ReleaseID != "" {
		return cmp.Or(c.unaccepted(ctx, command.ReleaseID), err)
	}
	return err
}

// heldBefore says who has held a lane before it was to be held: the lane keeps the first reason.
// It is empty where this hold is the one that counts.
func heldBefore(update string, c release.LaneCommand, s release.LaneState, style render.Style) string {
	h := s.Held
	if update != release.UpdateHold || h == nil || h.By == c.By && h.Reason == c.Reason {
		return ""
	}
	return fmt.Sprintf("held already by %s, since %s: %s; the new reason is not taken", h.By, style.Time(h.Since), h.Reason)
}
