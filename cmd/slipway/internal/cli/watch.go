package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

func (a *app) get() *cobra.Command {
	var watch bool
	cmd := settings(a.onRelease(&cobra.Command{
		Use:   "get ID",
		Short: "Show one release",
		Long: `Show one release: where it stands, what it tries in vain, its batches, scaling rules and
decisions. Exit code 0, whatever its outcome; with --watch as "slipway release watch". One
that Temporal has forgotten is shown as the ledger of releases on NATS has it.`,
		Example: `  slipway release get r-abcdefghijklmnop
  slipway release get r-abcdefghijklmnop -o json
  slipway release get r-abcdefghijklmnop -w`,
		Args: idOf(kindRelease),
	}), config.NATS())
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "follow the release to its end")
	timeout := cmd.Flags().Duration(flagTimeout, 0, "stop after this time (default 30s, with --watch never)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := format(cmd)
		if err != nil {
			return err
		}
		v, err := a.values(cmd)
		if err != nil {
			return err
		}
		if watch {
			return a.watchRelease(cmd, watchOptions{id: args[0], values: v, format: f, timeout: *timeout, grace: graceWatched})
		}
		limit := *timeout
		if limit == 0 {
			limit = answerTime
		}
		return a.show(cmd, watchOptions{id: args[0], values: v, format: f, timeout: limit})
	}
	return cmd
}

func (a *app) watch() *cobra.Command {
	cmd := settings(a.onRelease(&cobra.Command{
		Use:     "watch ID",
		Aliases: []string{"status"},
		Short:   "Follow a release to its end",
		Long: `Follow a release to its end. On a terminal the picture is redrawn; otherwise each change
is one line. With -o json each change is one line of JSON, the whole progress of the release.

While no worker runs, what was seen last stays: the release itself is durable. While it is
stalled, it says what it tries in vain and what helps, and is followed on. One that Temporal
has forgotten is shown as the ledger of releases on NATS has it.

The exit code tells the outcome: 0 Succeeded, 3 RolledBack, 4 Aborted, 5 Failed,
6 NeedsAttention, 8 when --timeout is up; the release itself goes on then.`,
		Example: `  slipway release watch r-abcdefghijklmnop
  slipway release watch r-abcdefghijklmnop --timeout 60s -o json`,
		Args: idOf(kindRelease),
	}), config.NATS())
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
		return a.watchRelease(cmd, watchOptions{id: args[0], values: v, format: f, timeout: *timeout, grace: graceWatched})
	}
	return cmd
}

// onRelease gives a command what all have that take the ID of a release.
func (a *app) onRelease(cmd *cobra.Command) *cobra.Command {
	cmd.ValidArgsFunction = a.completeReleases(releases.Filter{})
	return drawing(printing(settings(cmd, config.Temporal())))
}

// watchOptions says which release or set to show or watch, and how.
type watchOptions struct {
	id     string
	values *config.Values
	format render.Format
	// timeout bounds it; 0 is no bound.
	timeout time.Duration
	// grace is how long the release may not exist yet.
	grace time.Duration
	// digest is that of the content that was submitted; empty where nothing was.
	digest string
}

// A release does not exist until the starter has taken its request, and people watch it
// right after they have submitted it.
const (
	graceWatched   = 10 * time.Second
	graceSubmitted = time.Duration(math.MaxInt64)
)

// show shows a release once.
func (a *app) show(cmd *cobra.Command, o watchOptions) error {
	ctx, cancel := within(cmd.Context(), o.timeout)
	defer cancel()
	client, closeClient, err := a.releases(ctx, o.values)
	if err != nil {
		return err
	}
	defer closeClient()
	status, err := client.Get(ctx, o.id)
	if missing, ok := errors.AsType[*releases.NotFoundError](err); ok {
		status.Progress, err = recorded(a, missing, func() (ledgerEntry[release.Progress], error) { return a.releaseInLedger(ctx, cmd, o.id) })
	}
	if err != nil {
		return err
	}
	if status.Partial.Reason != releases.PartialNone {
		a.talk("%s; shown is what Temporal knows", status.Partial.Message)
	}
	if status.ClosedAbnormally != "" {
		status.Progress.Reason = a.whatBecame(ctx, cmd, status)
	}
	return o.format.Write(a.Stdout, status.Progress, func() string {
		return render.Tree(status.Progress, time.Now(), a.screen(cmd).style())
	})
}

// watchRelease watches a release to its end and returns an error that stands for its outcome.
func (a *app) watchRelease(cmd *cobra.Command, o watchOptions) error {
	return watchToEnd(a, cmd, o, watchTarget[release.Progress]{
		name: kindRelease, view: a.releaseView(cmd, o.format),
		get: func(ctx context.Context, client *releases.Client, id string) (releases.Status[release.Progress], error) {
			return client.Get(ctx, id)
		},
		inLedger: func(ctx context.Context, id string) (ledgerEntry[release.Progress], error) {
			return a.releaseInLedger(ctx, cmd, id)
		},
		facts: factsOf,
	})
}

// watchTarget is what can be watched: a release or a set.
type watchTarget[P releases.Watchable] struct {
	name string
	get  func(context.Context, *releases.Client, string) (releases.Status[P], error)
	// inLedger reads what the ledger has of it.
	inLedger func(ctx context.Context, id string) (ledgerEntry[P], error)
	view     *view[P]
	facts    func(P) facts
}

// facts are what watching a release or a set needs to know of it.
type facts struct {
	phase  release.Phase
	digest string
}

func factsOf(p release.Progress) facts { return facts{p.Phase, p.Digest} }

func watchToEnd[P releases.Watchable](a *app, cmd *cobra.Command, o watchOptions, t watchTarget[P]) error {
	ctx, cancel := within(cmd.Context(), o.timeout)
	defer cancel()
	client, closeClient, err := a.releases(ctx, o.values)
	if err != nil {
		return err
	}
	defer closeClient()
	p, err := releases.Watcher[P]{
		Get:      func(ctx context.Context) (releases.Status[P], error) { return t.status(ctx, client, o) },
		Recorded: func(ctx context.Context) (releases.Status[P], error) { return t.recorded(ctx, o) },
		Grace:    o.grace,
		OnEvent:  t.view.show,
	}.Watch(ctx)
	phase := t.facts(p).phase
	if late, ok := errors.AsType[*timeoutError](err); ok {
		stands := "it is not accepted yet, and its request stays stored"
		if phase != "" {
			stands = "it is " + string(phase) + " and goes on"
		}
		return fmt.Errorf("%s %s: %w; %s; see slipway %s watch %s", t.name, o.id, late, stands, t.name, o.id)
	}
	if err != nil {
		return err
	}
	return byOutcome(phase)
}

// status reads the status from Temporal.
func (t watchTarget[P]) status(ctx context.Context, client *releases.Client, o watchOptions) (releases.Status[P], error) {
	status, err := t.get(ctx, client, o.id)
	if err != nil {
		return status, err
	}
	return status, o.conflict(t.facts(status.Progress))
}

// recorded reads from the ledger the status of something that Temporal does not know.
func (t watchTarget[P]) recorded(ctx context.Context, o watchOptions) (releases.Status[P], error) {
	ctx, cancel := context.WithTimeout(ctx, takenTime)
	defer cancel()
	ctx, end := t.view.app.denials.Watch(ctx)
	defer end()
	e, err := t.inLedger(ctx, o.id)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // says which right is missing
	}
	switch {
	case unrecorded(err):
		return releases.Status[P]{}, &releases.NotFoundError{ID: o.id}
	case err != nil:
		message := fmt.Sprintf("not accepted yet, or forgotten by Temporal: the ledger could not be asked: %v", err)
		return releases.Status[P]{Partial: releases.Partial{Reason: releases.PartialLedgerAway, Message: message}}, &releases.NotFoundError{ID: o.id}
	}
	if err := o.conflict(t.facts(e.progress)); err != nil {
		return releases.Status[P]{}, err
	}
	return recordedStatus(t.view.app, o.id, e)
}

// conflict fails where what is watched has another content than what was submitted: then the
// event has become a dead letter.
func (o watchOptions) conflict(f facts) error {
	if o.digest == "" || f.digest == "" || f.digest == o.digest {
		return nil
	}
	return conflicting(o.id, f.digest, o.digest)
}

// view shows a release or a set as it changes.
type view[P releases.Watchable] struct {
	app    *app
	format render.Format
	screen *screen
	last   releases.WatchEvent[P]
	// tree draws it, and diff returns the lines that tell what has changed.
	tree func(p P, now time.Time, style render.Style) string
	diff func(prev, next P, now time.Time) []string
}

func (a *app) releaseView(cmd *cobra.Command, f render.Format) *view[release.Progress] {
	return &view[release.Progress]{app: a, format: f, screen: a.screen(cmd), tree: render.Tree, diff: render.Diff}
}

func (v *view[P]) show(e releases.WatchEvent[P]) error {
	prev := v.last
	v.last = e
	if v.format == render.FormatTable && v.screen.live() {
		return v.screen.redraw(v.picture(e))
	}
	if e.Warning != "" && e.Warning != prev.Warning {
		v.app.talk("%s", e.Warning)
	}
	if e.Progress.Identity() == "" || reflect.DeepEqual(e.Progress, prev.Progress) {
		return nil
	}
	return v.format.Stream(v.app.Stdout, e.Progress, func() string {
		return strings.Join(append(v.diff(prev.Progress, e.Progress, time.Now()), ""), "\n")
	})
}

func (v *view[P]) picture(e releases.WatchEvent[P]) string {
	text := ""
	if e.Progress.Identity() != "" {
		text = v.tree(e.Progress, time.Now(), v.screen.style())
	}
	if e.Warning != "" {
		text += "\n" + render.Table([][]render.Cell{render.Text(e.Warning)}, v.screen.style())
	}
	return text
}
