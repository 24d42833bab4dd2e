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
	"slipway/cmd/slipway/internal/releases"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
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
			return a.follow(cmd, following{id: args[0], values: v, format: f, timeout: *timeout, grace: graceWatched})
		}
		limit := *timeout
		if limit == 0 {
			limit = answerTime
		}
		return a.show(cmd, following{id: args[0], values: v, format: f, timeout: limit})
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
		return a.follow(cmd, following{id: args[0], values: v, format: f, timeout: *timeout, grace: graceWatched})
	}
	return cmd
}

// onRelease gives a command what all have that take the ID of a release.
func (a *app) onRelease(cmd *cobra.Command) *cobra.Command {
	cmd.ValidArgsFunction = a.completeReleases(releases.Filter{})
	return drawing(printing(settings(cmd, config.Temporal())))
}

// following is which release to show, and how.
type following struct {
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
func (a *app) show(cmd *cobra.Command, g following) error {
	ctx, cancel := within(cmd.Context(), g.timeout)
	defer cancel()
	client, closeClient, err := a.releases(ctx, g.values)
	if err != nil {
		return err
	}
	defer closeClient()
	look, err := client.Look(ctx, g.id)
	if missing, ok := errors.AsType[*releases.NotFoundError](err); ok {
		look.Progress, err = recorded(a, missing, func() (memory[release.Progress], error) { return a.recallRelease(ctx, cmd, g.id) })
	}
	if err != nil {
		return err
	}
	if look.Lack != "" {
		a.talk("%s; shown is what Temporal knows", look.Lack)
	}
	if look.Stray != "" {
		look.Progress.Reason = a.whatBecame(ctx, cmd, look)
	}
	return g.format.Write(a.Stdout, look.Progress, func() string {
		return render.Tree(look.Progress, time.Now(), a.screen(cmd).style())
	})
}

// follow follows a release to its end and returns an error that stands for its outcome.
func (a *app) follow(cmd *cobra.Command, g following) error {
	return followTo(a, cmd, g, spectacle[release.Progress]{
		name: "release", view: a.releaseView(cmd, g.format),
		look: func(ctx context.Context, client *releases.Client, id string) (releases.Look, error) {
			return client.Look(ctx, id)
		},
		recall: func(ctx context.Context, id string) (memory[release.Progress], error) {
			return a.recallRelease(ctx, cmd, id)
		},
		facts: func(p release.Progress) facts { return facts{p.Phase, p.Digest} },
	})
}

// spectacle is what can be followed: releases or sets.
type spectacle[P releases.Picture] struct {
	name string
	look func(context.Context, *releases.Client, string) (releases.LookAt[P], error)
	// recall asks the ledger.
	recall func(ctx context.Context, id string) (memory[P], error)
	view   *view[P]
	facts  func(P) facts
}

// facts are what following a release or a set needs to know of it.
type facts struct {
	phase  release.Phase
	digest string
}

func factsOf(p release.Progress) facts { return facts{p.Phase, p.Digest} }

func followTo[P releases.Picture](a *app, cmd *cobra.Command, g following, s spectacle[P]) error {
	ctx, cancel := within(cmd.Context(), g.timeout)
	defer cancel()
	client, closeClient, err := a.releases(ctx, g.values)
	if err != nil {
		return err
	}
	defer closeClient()
	p, err := releases.FollowerOf[P]{
		Look:     func(ctx context.Context) (releases.LookAt[P], error) { return s.seen(ctx, client, g) },
		Recorded: func(ctx context.Context) (releases.LookAt[P], error) { return s.remembered(ctx, g) },
		Grace:    g.grace,
		Show:     s.view.show,
	}.Follow(ctx)
	phase := s.facts(p).phase
	if late, ok := errors.AsType[*timeoutError](err); ok {
		stands := "it is not accepted yet, and its request stays stored"
		if phase != "" {
			stands = "it is " + string(phase) + " and goes on"
		}
		return fmt.Errorf("%s %s: %w; %s; see slipway %s watch %s", s.name, g.id, late, stands, s.name, g.id)
	}
	if err != nil {
		return err
	}
	return byOutcome(phase)
}

// seen looks at it in Temporal.
func (s spectacle[P]) seen(ctx context.Context, client *releases.Client, g following) (releases.LookAt[P], error) {
	look, err := s.look(ctx, client, g.id)
	if err != nil {
		return look, err
	}
	return look, g.conflict(s.facts(look.Progress))
}

// remembered looks at what the ledger has of something that Temporal does not know.
func (s spectacle[P]) remembered(ctx context.Context, g following) (releases.LookAt[P], error) {
	ctx, cancel := context.WithTimeout(ctx, takenTime)
	defer cancel()
	ctx, end := s.view.app.denials.Watch(ctx)
	defer end()
	m, err := s.recall(ctx, g.id)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // says which right is missing
	}
	switch {
	case unrecorded(err):
		return releases.LookAt[P]{}, &releases.NotFoundError{ID: g.id}
	case err != nil:
		lack := fmt.Sprintf("not accepted yet, or forgotten by Temporal: the ledger could not be asked: %v", err)
		return releases.LookAt[P]{Lack: lack}, &releases.NotFoundError{ID: g.id}
	}
	if err := g.conflict(s.facts(m.progress)); err != nil {
		return releases.LookAt[P]{}, err
	}
	return lookBack(s.view.app, g.id, m)
}

// conflict fails where what is followed has another content than what was submitted: then the
// event has become a dead letter.
func (g following) conflict(f facts) error {
	if g.digest == "" || f.digest == "" || f.digest == g.digest {
		return nil
	}
	return conflicting(g.id, f.digest, g.digest)
}

// view shows a release or a set as it changes.
type view[P releases.Picture] struct {
	app    *app
	format render.Format
	screen *screen
	seen   releases.SightingOf[P]
	// tree draws it, and news tells in lines what has changed.
	tree func(p P, now time.Time, style render.Style) string
	news func(was, is P, now time.Time) []string
}

func (a *app) releaseView(cmd *cobra.Command, f render.Format) *view[release.Progress] {
	return &view[release.Progress]{app: a, format: f, screen: a.screen(cmd), tree: render.Tree, news: render.News}
}

func (v *view[P]) show(s releases.SightingOf[P]) error {
	was := v.seen
	v.seen = s
	if v.format == render.FormatTable && v.screen.live() {
		return v.screen.redraw(v.picture(s))
	}
	if s.Trouble != "" && s.Trouble != was.Trouble {
		v.app.talk("%s", s.Trouble)
	}
	if s.Progress.Identity() == "" || reflect.DeepEqual(s.Progress, was.Progress) {
		return nil
	}
	return v.format.Stream(v.app.Stdout, s.Progress, func() string {
		return strings.Join(append(v.news(was.Progress, s.Progress, time.Now()), ""), "\n")
	})
}

func (v *view[P]) picture(s releases.SightingOf[P]) string {
	text := ""
	if s.Progress.Identity() != "" {
		text = v.tree(s.Progress, time.Now(), v.screen.style())
	}
	if s.Trouble != "" {
		text += "\n" + render.Table([][]render.Cell{render.Text(s.Trouble)}, v.screen.style())
	}
	return text
}
