package cli

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/internal/failtext"
	"slipway/release"
	"slipway/releases"
)

func (a *app) waiting() *cobra.Command {
	cmd := withWatch(&cobra.Command{
		Use:   "waiting",
		Short: "List everything that needs a person, and the commands for it",
		Long: `List everything that needs a person, the oldest first: releases that wait for a confirmation
or the platform's approval, that somebody has paused, or that stand still; that a stop holds,
or a freeze without an end; that are behind another change of their application which waits
for somebody, or has not ended for 15 minutes; sets that wait; lanes that are held; releases that ended NeedsAttention or have left scaling rules off, while
their lane is at work. Below the list stand the commands that may be given next, one a line as they
are typed, and apart from them what is done by hand, such as an approval in the platform's console;
-o json has all of them as "next".

When no worker answers, that is told: then only what Temporal itself knows is listed. So it is
with more than 200 releases, sets or lanes: those that are known to wait are asked first, the
others are listed by their phase. With --watch a long list is read less often.`,
		Example: `  slipway waiting
  slipway waiting --app sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe -o json
  slipway waiting --app shop/production
  slipway waiting -w`,
		GroupID: groupReleases,
		Args:    arguments(),
	})
	exits(cmd, exitOK, "done, whether or not something waits")
	exits(cmd, exitTimeout, "no worker answers: nobody knows what waits besides what is listed")
	app := cmd.Flags().String("app", "", "only what concerns this application: platform/region/id or application/environment")
	a.completeFlag(cmd, "app", findNamesAnd(findApps()))
	cmd.PreRunE = func(*cobra.Command, []string) error {
		_, err := newFilter(*app, "")
		return err
	}
	return a.command(cmd, watchable(slices.Concat(config.Temporal(), config.NATS())), withTemporal(func(ctx context.Context, call *call) error {
		app, err := call.appOfFlag(ctx, *app)
		if err != nil {
			return err
		}
		return waitingList(func(ctx context.Context) (found[releases.Waiting], error) {
			waiting, err := call.client.Waiting(ctx, app)
			if err == nil && waiting.Asked == 0 { // then nobody has shown that there is a worker
				err = call.client.CheckWorkers(ctx, release.App{})
			}
			return whatWaits(waiting, err)
		}).print(ctx, call)
	}))
}

// whatWaits is the list as it was read. Without a worker nobody knows what else waits.
func whatWaits(waiting releases.WaitingList, err error) (found[releases.Waiting], error) {
	now := found[releases.Waiting]{items: waiting.Found, asked: waiting.Asked}
	if none, ok := errors.AsType[*releases.NoWorkerError](err); ok {
		now.notes, now.unknown = []string{none.Error()}, none
		return now, nil
	}
	if waiting.Partial.Reason != releases.PartialNone {
		now.notes = []string{waiting.Partial.Message}
	}
	if waiting.Partial.Reason == releases.PartialNoWorker {
		now.unknown = &unknownError{waiting.Partial.Message}
	}
	return now, err
}

func waitingList(read func(context.Context) (found[releases.Waiting], error)) list[releases.Waiting] {
	return list[releases.Waiting]{
		none: "nothing waits for a person", table: render.Waiting, line: render.WaitingLine, same: sameNeed, read: read,
		key: func(w releases.Waiting) string { return cmp.Or(w.ID, "lane "+w.App) + " (" + string(w.Need) + ")" },
	}
}

// sameNeed reports whether something needs the same as before. What stands still fails anew again
// and again, each time with the number of another request.
func sameNeed(prev, next releases.Waiting) bool {
	if prev.Need == release.NeedHelp && next.Need == release.NeedHelp {
		prev.Text, next.Text = failtext.Fixed(prev.Text), failtext.Fixed(next.Text)
	}
	return reflect.DeepEqual(prev, next)
}
