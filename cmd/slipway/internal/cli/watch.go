package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

func (a *app) get() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get ID",
		Short: "Show one release",
		Long: `Show one release: where it stands, what it tries in vain, its batches, scaling rules and
decisions, and the commands that may be given next. "slipway release rollback", which is among
them, denies the artifact until "slipway lane allow"; an abort does not. With --watch it is followed like "slipway release watch" does. One that Temporal
has forgotten is shown as the ledger of releases on NATS has it.`,
		Example: `  slipway release get r-abcdefghijklmnop
  slipway release get r-abcdefghijklmnop -o json
  slipway release get r-abcdefghijklmnop -w`,
		Args: a.idOrChoice(), ValidArgsFunction: a.completeReleases(releases.Filter{}),
	}
	cmd.Flags().BoolP(flagWatch, "w", false, "follow the release to its end")
	exits(exitsByOutcome(cmd, kindRelease, "with --watch: "), exitOK, "done, whatever its outcome")
	return a.onGet(cmd, watchable(nil), choosing(releases.Filter{}, func(ctx context.Context, call *call) error {
		if watched(call.cmd) {
			return releaseTarget().watchGiven(ctx, call)
		}
		return releaseTarget().show(ctx, call)
	}))
}

func (a *app) watch() *cobra.Command {
	return a.onWatch(&cobra.Command{
		Use:     "watch ID",
		Aliases: []string{"status"},
		Short:   "Follow a release to its end",
		Long: `Follow a release to its end. On a terminal the picture is redrawn; otherwise each change
is one line. With -o json each change is one line of JSON, the whole progress of the release.

While no worker runs, what was seen last stays: the release itself is durable. While it is
stalled, it says what it tries in vain and what helps, and is followed on. One that Temporal
has forgotten is shown as the ledger of releases on NATS has it.`,
		Example: `  slipway release watch r-abcdefghijklmnop
  slipway release watch r-abcdefghijklmnop --timeout 60s -o json`,
		Args: a.idOrChoice(), ValidArgsFunction: a.completeReleases(releases.Filter{}),
	}, kindRelease, choosing(releases.Filter{Open: true}, releaseTarget().watchGiven))
}

// onGet completes a command that shows a release or a set; of f the times count.
func (a *app) onGet(cmd *cobra.Command, f frame, do action) *cobra.Command {
	f.settings, f.draws = slices.Concat(config.Temporal(), config.NATS(), config.AsIdentity(), config.Signing()), true
	return a.command(cmd, f, withReleases(do))
}

// onWatch completes a command that watches a release or a set.
func (a *app) onWatch(cmd *cobra.Command, kind string, do action) *cobra.Command {
	exits(exitsByOutcome(cmd, kind, ""), exitTimeout, "--timeout is up; what is watched goes on")
	return a.onGet(cmd, frame{usage: "stop watching after this time (default never)"}, do)
}

// watchOptions says which release or set to watch, and how.
type watchOptions struct {
	id string
	// grace is how long it may not exist yet.
	grace time.Duration
	// digest is that of the content that was submitted; empty where nothing was.
	digest string
	// waits tells that it is known, and has not begun.
	waits bool
}

// submitted reports whether what is watched was asked for by the same command.
func (o watchOptions) submitted() bool { return o.grace == graceSubmitted }

// A release does not exist until the starter has taken its request, and people watch it
// right after they have submitted it.
const (
	graceWatched   = 10 * time.Second
	graceSubmitted = time.Duration(math.MaxInt64)
)

// watchTarget is what can be shown and watched: a release or a set.
type watchTarget[P releases.Watchable] struct {
	name string
	get  func(context.Context, *call, string) (releases.Status[P], error)
	// inLedger reads what the ledger has of it.
	inLedger func(ctx context.Context, call *call, id string) (ledgerEntry[P], error)
	// inStream is the entry of what the ledger does not know, but whose request is stored.
	inStream func(id string, s wire.Stored) ledgerEntry[P]
	// pending is the entry of what a set has not begun; nil where nothing is a part of one.
	pending func(ctx context.Context, call *call, id string) (ledgerEntry[P], bool)
	// heldBy says why a request is not accepted, as the function of that name does.
	heldBy func(ctx context.Context, call *call, app release.App, policy release.LanePolicy) (why string, helps []release.NextStep)
	// search looks for a stored request, as [storedRequest] does.
	search func(ctx context.Context, call *call, id string) (wire.Stored, error)
	// found is called with what the ledger or the stream has of what is watched; nil tells nobody.
	found func(ledgerEntry[P])
	// explained returns the progress of one that was closed abnormally with what became of it; nil
	// where nothing more is known than the status says.
	explained func(context.Context, *call, releases.Status[P]) P
	// outdated are the steps that are of no use any more for one that has ended; nil where all are.
	outdated func(context.Context, *releases.Client, P) []release.NextVerb
	// tree draws it, and diff returns the lines that tell what has changed.
	tree  func(p P, now time.Time, style render.Style) string
	diff  func(prev, next P, now time.Time) []string
	facts func(P) facts
}

// releaseTarget is a release as something to get and watch.
func releaseTarget() watchTarget[release.Progress] {
	return watchTarget[release.Progress]{
		name: kindRelease, tree: render.Tree, diff: render.Diff, inLedger: releaseInLedger, inStream: storedRelease, pending: pendingRelease,
		heldBy: heldBy, search: storedRequest, facts: factsOf,
		get: func(ctx context.Context, call *call, id string) (releases.Status[release.Progress], error) {
			status, err := call.get(ctx, id)
			if err == nil && status.Partial.Reason == releases.PartialNone && call.client != nil {
				status.Progress = call.client.Enriched(ctx, status.Progress)
			}
			return status, err
		},
		outdated: func(ctx context.Context, client *releases.Client, p release.Progress) []release.NextVerb {
			ctx, cancel := context.WithTimeout(ctx, takenTime)
			defer cancel()
			return client.Outdated(ctx, p)
		},
		explained: func(ctx context.Context, call *call, status releases.Status[release.Progress]) release.Progress {
			status.Progress.Reason = whatBecame(ctx, call, status)
			return status.Progress
		},
	}
}

// show shows once what the first argument names.
func (t watchTarget[P]) show(ctx context.Context, call *call) error {
	id := call.args[0]
	var unaccepted *render.Unaccepted
	status, err := t.get(ctx, call, id)
	if missing, ok := errors.AsType[*releases.NotFoundError](err); ok {
		status, unaccepted, err = t.beyondTemporal(ctx, call, missing)
	}
	if err != nil {
		return err
	}
	if status.Partial.Reason != releases.PartialNone {
		call.app.infof("%s; shown is what Temporal knows", status.Partial.Message)
	}
	if status.ClosedAbnormally != "" && t.explained != nil {
		status.Progress = t.explained(ctx, call, status)
	}
	return call.format.Write(call.app.Stdout, status.Progress, func() string {
		style := t.styled(ctx, call.client, call.style, status.Progress)
		style.Unanswered, style.Unaccepted = status.Partial.Reason == releases.PartialNoWorker, unaccepted
		return t.tree(status.Progress, time.Now(), style)
	})
}

// styled is a style in which no step is offered that is of no use any more.
func (t watchTarget[P]) styled(ctx context.Context, client *releases.Client, style render.Style, p P) render.Style {
	if t.outdated != nil && client != nil {
		style.Outdated = t.outdated(ctx, client, p)
	}
	return style
}

// beyondTemporal is the status of what Temporal does not know, as the ledger or the stream has it, and
// why it has not been accepted.
func (t watchTarget[P]) beyondTemporal(ctx context.Context, call *call, missing *releases.NotFoundError) (status releases.Status[P], unaccepted *render.Unaccepted, err error) {
	e, err := t.inLedger(ctx, call, missing.ID)
	if errors.Is(err, ledger.ErrNotFound) {
		e, err = t.stored(ctx, call, missing.ID)
	}
	if err == nil {
		if status, err := t.endedMeanwhile(ctx, call, missing.ID, e); err == nil {
			return status, nil, nil
		}
		unaccepted = e.unaccepted(call.style)
	}
	status.Progress, err = recorded(call, missing, e, err)
	return status, unaccepted, err
}

// watchGiven watches what the first argument names.
func (t watchTarget[P]) watchGiven(ctx context.Context, call *call) error {
	return t.watch(ctx, call, watchOptions{id: call.args[0], grace: graceWatched})
}

// watch watches a release or a set to its end and returns an error that stands for its outcome.
func (t watchTarget[P]) watch(ctx context.Context, call *call, o watchOptions) error {
	v := t.view(call)
	t.found = v.found
	p, err := releases.Watcher[P]{
		Get: func(ctx context.Context) (releases.Status[P], error) { return t.status(ctx, call, o) },
		Recorded: func(ctx context.Context) (releases.Status[P], error) {
			status, err := t.recorded(ctx, call, o)
			o.waits = o.waits || status.Partial.Reason == releases.PartialNotStarted
			return status, err
		},
		Grace: o.grace, Submitted: o.submitted(),
		OnEvent: func(e releases.WatchEvent[P]) error {
			if e.Failure != nil {
				e.Warning = message(e.Failure)
			}
			return v.show(e)
		},
	}.Watch(ctx)
	v.finish(func(p P) render.Style { return t.styled(ctx, call.client, v.screen.style(), p) })
	phase := t.facts(p).phase
	late, up := errors.AsType[*timeoutError](err)
	switch {
	case err == nil:
		return byOutcome(phase)
	case up:
		return fmt.Errorf("%s %s: %w; %s", t.name, o.id, late, t.left(o, phase))
	case ctx.Err() != nil: // by a signal, or because NATS denies a right, which is told instead
		return &interruptedError{t.left(o, phase)}
	}
	return err
}

// left says what becomes of something that is watched no more, and how to watch it again.
func (t watchTarget[P]) left(o watchOptions, phase release.Phase) string {
	again := fmt.Sprintf("; see slipway %s watch %s", t.name, o.id)
	switch {
	case phase != "":
		return fmt.Sprintf("the %s is %s and goes on%s", t.name, phase, again)
	case o.submitted():
		return fmt.Sprintf("the %s is not accepted yet, and its request stays stored%s", t.name, again)
	case o.waits:
		return fmt.Sprintf("the %s has not begun yet%s", t.name, again)
	}
	return "nothing of this ID was found"
}

// facts are what watching a release or a set needs to know of it.
type facts struct {
	phase  release.Phase
	digest string
}

func factsOf(p release.Progress) facts { return facts{p.Phase, p.Digest} }

// status reads the status from Temporal, or as an identity from NATS.
func (t watchTarget[P]) status(ctx context.Context, call *call, o watchOptions) (releases.Status[P], error) {
	status, err := t.get(ctx, call, o.id)
	if err != nil {
		return status, err
	}
	return status, o.conflict(t.facts(status.Progress))
}

// recorded reads from the ledger the status of something that Temporal does not know.
func (t watchTarget[P]) recorded(ctx context.Context, call *call, o watchOptions) (releases.Status[P], error) {
	e, err := t.asked(ctx, call, o.id)
	if errors.Is(err, ledger.ErrNotFound) {
		e, err = t.stored(ctx, call, o.id)
	}
	switch {
	case ledger.IsUnknown(err):
		return releases.Status[P]{}, &releases.NotFoundError{ID: o.id}
	case err != nil:
		message := "not accepted yet, or forgotten by Temporal: " + unanswered(err)
		return releases.Status[P]{Partial: releases.Partial{Reason: releases.PartialLedgerAway, Message: message}}, &releases.NotFoundError{ID: o.id}
	}
	if err := o.conflict(t.facts(e.progress)); err != nil {
		return releases.Status[P]{}, err
	}
	if status, err := t.endedMeanwhile(ctx, call, o.id, e); err == nil {
		return status, nil
	}
	if t.found != nil {
		t.found(e)
	}
	return recordedStatus(call, o.id, e)
}

// endedMeanwhile asks Temporal again about what the ledger has as ended: one that was refused is accepted
// and ended within a moment, which may be the one between the two questions.
func (t watchTarget[P]) endedMeanwhile(ctx context.Context, call *call, id string, e ledgerEntry[P]) (releases.Status[P], error) {
	if !e.ended {
		return releases.Status[P]{}, &releases.NotFoundError{ID: id}
	}
	return t.get(ctx, call, id)
}

// asked reads what the ledger has, in the time for one question to it.
func (t watchTarget[P]) asked(ctx context.Context, call *call, id string) (ledgerEntry[P], error) {
	ctx, cancel := context.WithTimeout(ctx, takenTime)
	defer cancel()
	ctx, end := call.app.denials.Watch(ctx)
	defer end()
	e, err := t.inLedger(ctx, call, id)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // says which right is missing
	}
	return e, err
}

// stored returns the entry of a request that is stored, and of which the ledger has none; or that of
// a release which a set has not begun.
func (t watchTarget[P]) stored(ctx context.Context, call *call, id string) (ledgerEntry[P], error) {
	if t.pending != nil && call.onNATS == nil {
		if e, is := t.pending(ctx, call, id); is {
			return e, nil
		}
	}
	s, err := t.search(ctx, call, id)
	if err != nil {
		return ledgerEntry[P]{}, err
	}
	e := t.inStream(id, s)
	e.held, e.helps = t.heldBy(ctx, call, s.Spec.App, s.Spec.WithDefaults().Lane.Policy)
	return e, nil
}

// unaccepted refuses a command to what was asked for and is not accepted yet: its request is stored, so
// that asking for it again would make a second one of it. It is nil where that is not so, or not known.
func (t watchTarget[P]) unaccepted(ctx context.Context, call *call, id string) error {
	t.pending = nil // what a set has not begun has no request of its own
	e, err := t.asked(ctx, call, id)
	if errors.Is(err, ledger.ErrNotFound) {
		e, err = t.stored(ctx, call, id)
	}
	if err != nil {
		return nil //nolint:nilerr // the command has an error of its own, which is told instead
	}
	u := e.unaccepted(call.style)
	if u == nil {
		return nil
	}
	lines := []string{e.explain(id, call.style) + "; do not submit it again: it is accepted by itself; what helps:"}
	for _, s := range u.Next {
		lines = append(lines, "  "+s.Command)
	}
	return &releases.RefusedError{ID: id, Reason: strings.Join(lines, "\n")}
}

// unaccepted refuses a command to a release or a set, as the method of a [watchTarget] does.
func (c *call) unaccepted(ctx context.Context, id string) error {
	if release.IsSetID(id) {
		return setTarget().unaccepted(ctx, c, id)
	}
	return releaseTarget().unaccepted(ctx, c, id)
}

// conflict fails where what is watched has another content than what was submitted: then the
// event has become a dead letter.
func (o watchOptions) conflict(f facts) error {
	if o.digest == "" || f.digest == "" || f.digest == o.digest {
		return nil
	}
	return &ledger.ConflictError{ID: o.id, Recorded: f.digest, Asked: o.digest}
}

// view shows a release or a set as it changes.
type view[P releases.Watchable] struct {
	app    *app
	format render.Format
	screen *screen
	last   releases.WatchEvent[P]
	// waiting is what was asked for and Temporal does not know, and unaccepted why; nil where it is accepted.
	waiting    P
	unaccepted *render.Unaccepted
	// tree draws it, and diff returns the lines that tell what has changed.
	tree func(p P, now time.Time, style render.Style) string
	diff func(prev, next P, now time.Time) []string
}

func (t watchTarget[P]) view(call *call) *view[P] {
	return &view[P]{app: call.app, format: call.format, screen: call.app.screen(call.cmd), tree: t.tree, diff: t.diff}
}

// found takes up what the ledger or the stream has, which is shown while Temporal knows nothing.
func (v *view[P]) found(e ledgerEntry[P]) {
	v.waiting, v.unaccepted = e.progress, e.unaccepted(v.screen.style())
}

// waits reports whether an event tells nothing but that a request has not been accepted.
func (v *view[P]) waits(e releases.WatchEvent[P]) bool {
	return v.unaccepted != nil && e.Failure == nil && e.Progress.Identity() == ""
}

func (v *view[P]) show(e releases.WatchEvent[P]) error {
	prev := v.last
	v.last = e
	if v.format.ForPeople() && v.screen.live() {
		return v.screen.redraw(v.picture(e))
	}
	if e.Warning != "" && e.Warning != prev.Warning {
		v.warn(e)
	}
	if e.Progress.Identity() == "" || reflect.DeepEqual(e.Progress, prev.Progress) {
		return nil
	}
	return v.format.Stream(v.app.Stdout, e.Progress, func() string {
		return strings.Join(append(v.diff(prev.Progress, e.Progress, time.Now().In(v.screen.zone)), ""), "\n")
	})
}

// warn prints a warning, and what helps against it: each command is a line of its own, to be copied.
func (v *view[P]) warn(e releases.WatchEvent[P]) {
	v.app.infof("%s", e.Warning)
	if !v.waits(e) {
		return
	}
	for _, s := range v.unaccepted.Next {
		v.app.infof("  %s", s.Command)
	}
}

// finish leaves the whole of the last picture on a terminal, in its style: it is not redrawn any more.
func (v *view[P]) finish(style func(P) render.Style) {
	if p := v.last.Progress; v.format.ForPeople() && v.screen.live() && p.Identity() != "" {
		_ = v.screen.replace(v.tree(p, time.Now(), style(p))) // the release has been followed, whatever the terminal takes
	}
}

// picture is what a terminal shows: first what is wrong with the connection, because then the
// rest is what was seen last.
func (v *view[P]) picture(e releases.WatchEvent[P]) string {
	style := v.screen.pictureStyle()
	if v.waits(e) {
		style.Unaccepted = v.unaccepted
		return v.tree(v.waiting, time.Now(), style)
	}
	text := ""
	if e.Warning != "" {
		text = render.Warning(e.Warning, style)
		style.Height -= strings.Count(text, "\n")
	}
	if e.Progress.Identity() != "" {
		text += v.tree(e.Progress, time.Now(), style)
	}
	return text
}
