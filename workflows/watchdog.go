package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// watchLimit is how long a watchdog waits for changes to end.
const watchLimit = 24 * time.Hour

const (
	// queryLimit is how long a lost release is tried to be asked for its last progress, and
	// recallLimit how long the ledger is, where the release does not answer.
	queryLimit  = time.Minute
	recallLimit = 30 * time.Minute
	// settleWordLimit is how long the ledger is tried to be told what has become of it.
	settleWordLimit = time.Minute
)

// Watchdog looks after what a release leaves behind that was lost: one that ended without
// a result, because somebody terminated it or because it failed. It waits until the
// release has ended and no change of the application is unfinished; where the
// application then runs one version, it puts back the scaling rules that the release
// held. What it cannot put right it names, and the world is told that the release was
// lost.
//
// A change of the lost release that waits for a person is left to a person: nobody
// knows what was meant to become of it.
//
// A lane starts one for each release it has lost. For a release without a lane it can be
// started by hand, while the release runs or afterwards; the scaling rules that a release
// has left off are put back also where it has ended by itself.
func Watchdog(ctx workflow.Context, in release.WatchdogRequest) (release.WatchdogResult, error) {
	if err := checked(ctx, in.App.Validate); err != nil {
		return release.WatchdogResult{}, err
	}
	if in.ReleaseID == "" {
		return release.WatchdogResult{}, invalid(release.Problem{Field: "releaseId", Message: "must be the release ID"})
	}
	// Cancelling ends the waiting, not the telling.
	lasting, _ := workflow.NewDisconnectedContext(ctx)
	w := &watchdog{platform: platform{app: in.App}, in: in, cancelled: ctx}
	return w.work(lasting), nil
}

// watchdog is the work of one.
type watchdog struct {
	platform platform
	in       release.WatchdogRequest
	// lost is the release as far as its last progress tells.
	lost *caller
	// scaling are the scaling rules that it held.
	scaling   *scaling
	result    release.WatchdogResult
	cancelled workflow.Context
	// limit ends the waiting for changes.
	limit workflow.Future
}

func (w *watchdog) work(ctx workflow.Context) release.WatchdogResult {
	ending := awaitEnd(ctx, w.in.App, w.in.ReleaseID)
	w.lost = &caller{status: status{p: ending.Progress}, platform: w.platform}
	w.scaling = new(newScaling(w.platform, &w.lost.p))
	w.result.Lost = ending.Lost
	var left []string
	if ending.Lost != "" {
		left = w.loadProgress(ctx)
	}
	if len(left) == 0 {
		left = w.cleanUp(ctx)
	}
	w.result.Left = strings.Join(left, "; ")
	if d := w.lost.p.Owes(); !d.Empty() {
		w.result.Owes = d
	}
	w.settle(ctx)
	if w.result.Lost != "" {
		w.emit(ctx)
	}
	return w.result
}

// loadProgress reads the last progress of a release that was lost. The release itself knows it best,
// which answers from its history; where that cannot be read, because the release was lost for
// what is in it, or has expired, the ledger has what the release has told last (R15).
func (w *watchdog) loadProgress(ctx workflow.Context) (left []string) {
	in := release.AwaitEndInput{ReleaseID: w.in.ReleaseID}
	options := w.options(queryLimit)
	options.Summary = "read the last progress of release " + in.ReleaseID
	p, err := ask[release.Progress](ctx, options, release.LastProgressActivity, in)
	if err != nil {
		var g error
		if p, g = ask[release.Progress](ctx, w.options(recallLimit), release.RecallActivity, release.Ref{App: w.in.App, ReleaseID: in.ReleaseID}); g != nil {
			w.lost.p = release.Progress{ReleaseID: w.in.ReleaseID, App: w.in.App}
			return []string{fmt.Sprintf("its last progress cannot be read (%s; %s): look at its change and at the scaling rules", reason(err), reason(g))}
		}
	}
	w.lost.p = p
	if p.App.Unqualified() == w.in.App.Unqualified() {
		w.in.App = p.App // a lane knows the application, but not which of its pointers the release moved
	}
	if p.Watched() {
		w.result.Lost += ", while its new version was watched, which does not count as good"
	}
	return nil
}

// options are those of a look that is given up after some time.
func (w *watchdog) options(limit time.Duration) workflow.ActivityOptions {
	options := readOptions(w.in.App)
	options.ScheduleToCloseTimeout = limit
	return options
}

// settle tells the ledger what has become of the release. A ledger that is out of reach is not
// waited for: a lane that starts anew finds the release there as one that has told no outcome.
func (w *watchdog) settle(ctx workflow.Context) {
	if w.result.Lost == "" && len(w.result.Restored) == 0 {
		return
	}
	_, err := ask[any](ctx, w.options(settleWordLimit), release.SettleActivity, release.SettleInput{Progress: w.lost.p.Fit(release.MaxTold), Lost: w.result.Lost})
	if err != nil {
		workflow.GetLogger(ctx).Warn("the ledger was not told", "error", err)
	}
}

// cleanUp puts right what can be, and returns in words what cannot.
func (w *watchdog) cleanUp(ctx workflow.Context) (left []string) {
	p := &w.lost.p
	if p.Phase == release.PhaseQueued || w.result.Lost == "" && len(w.scaling.names()) == 0 {
		return nil
	}
	if w.result.Lost != "" {
		// A call that was under way when the release was lost may act for a while yet.
		_ = workflow.Sleep(ctx, attemptLimit)
	}
	w.platform = platformOf(w.in.App, p.Operation)
	w.lost.platform = w.platform
	w.limit = newTimer(ctx, watchLimit, "limit of the watchdog")
	w.lost.homeBy = workflow.Now(ctx).Add(watchLimit)
	runs, why := w.settled(ctx)
	if why == "" && !runs.Uniform() {
		why = "the application runs " + runs.Text()
	}
	if why == "" {
		why = w.putBack(ctx)
	}
	if why != "" {
		left = append(left, why+w.scaling.left())
	}
	if p.LeavesTraffic() {
		left = append(left, "the traffic rule of the release may still be in force")
	}
	if j := p.Job; j != nil && !j.State.Ended() {
		left = append(left, "run "+j.ID+" of the job may be unfinished, and nobody follows it")
	}
	return left
}

// settled reads what the application runs, once no change of it is unfinished; or
// it tells why it cannot be known.
func (w *watchdog) settled(ctx workflow.Context) (runs release.Verification, why string) {
	question := release.SnapshotInput{App: w.in.App}
	snap, f := conclude(ctx, w.lost, w.platform.snapshot(question))
	busy := snap.Busy
	for f == nil {
		if busy == nil {
			runs, f = conclude(ctx, w.lost, w.platform.verify(release.VerifyInput{App: w.in.App, Want: w.lost.p.Brings()}))
			if f != nil || runs.Other == nil {
				break
			}
			busy = runs.Other
		}
		if w.ownsChange(*busy) {
			if why := w.awaitOwnChange(ctx, busy.ID); why != "" {
				w.lost.p.UnfinishedChange = busy.ID
				return runs, why
			}
		}
		if _, why := await(ctx, w, w.platform.awaitIdle(question)); why != "" {
			w.lost.p.UnfinishedChange = busy.ID
			return runs, "change " + busy.ID + " is unfinished: " + why
		}
		busy = nil
	}
	if f != nil {
		w.lost.p.UnfinishedChange = w.lost.unfinished
		return runs, "what runs could not be read back: " + f.String()
	}
	return runs, ""
}

// ownsChange reports whether the lost release began the change. A description may hold several tokens, where the platform does
// not tell whose of them the change is.
func (w *watchdog) ownsChange(c release.ForeignChange) bool {
	p := w.lost.p
	return c.ID == p.ChangeID || slices.Contains(strings.Fields(c.Description), release.Token(p.ReleaseID, string(release.StepRollout)))
}

// awaitOwnChange follows a change of the lost release to its end. One that waits for a
// person, or is stuck, is a person's: it tells so.
func (w *watchdog) awaitOwnChange(ctx workflow.Context, changeID string) (why string) {
	var seen release.Observation
	for !seen.State.Ended() {
		next, why := await(ctx, w, w.platform.observe(release.ObserveInput{App: w.in.App, ChangeID: changeID, Seen: seen}))
		if why != "" {
			return "change " + changeID + " of the release is unfinished: " + why
		}
		seen = next
		if seen.State.Parked() || seen.State == release.ChangeStuck {
			helps := "confirm or abort it on the platform"
			if w.platform.traits().Adopt {
				helps += ", or adopt it with a new release"
			}
			return fmt.Sprintf("change %s of the release is %s, and nobody follows it: %s", changeID, seen.State, helps)
		}
	}
	return ""
}

// await waits for the answer of a verb that waits itself, no longer than the limit. It
// tells why there is no answer.
func await[Out any](ctx workflow.Context, w *watchdog, t call[Out]) (out Out, why string) {
	out, f := attempt(ctx, w.lost, t, func() bool { return w.limit.IsReady() || w.cancelled.Err() != nil })
	switch {
	case f == nil:
		return out, ""
	case f.class != release.FaultStopped:
		return out, f.String()
	case w.limit.IsReady():
		return out, fmt.Sprintf("not within %s", release.Duration(watchLimit))
	default:
		return out, "the watchdog was cancelled"
	}
}

// putBack puts the scaling rules back that the release held.
func (w *watchdog) putBack(ctx workflow.Context) (why string) {
	held := w.scaling.names()
	if len(held) == 0 {
		return ""
	}
	_, f := w.scaling.restore(ctx, w.lost)
	for _, rule := range w.lost.p.ScalingRules {
		if rule.Restored && slices.Contains(held, rule.Name) {
			w.result.Restored = append(w.result.Restored, rule.Name)
		}
	}
	switch {
	case f != nil:
		return f.String()
	case len(w.scaling.names()) > 0:
		return "not every scaling rule was read back as enabled"
	}
	return ""
}

// emit tells the world that the release was lost. The event is the one that a release
// tells itself when it ends in need of attention, with the number that it would have given
// next; without one where nothing is known of it. A release that was lost after its end, on
// its last steps, may not have told it: its own outcome is told, which the bus knows by its
// ID if it was.
func (w *watchdog) emit(ctx workflow.Context) {
	p := w.lost.p.Clone()
	kind, ended := p.Phase.Outcome()
	if !ended {
		kind = release.EventAttention
		if p.Transition > 0 {
			p.Transition++
		}
		p.Phase, p.Outcome = release.PhaseNeedsAttention, release.PhaseNeedsAttention
		p.Awaiting, p.Stalled, p.Paused, p.EndedAt = nil, nil, false, workflow.Now(ctx)
		p.Reason = w.result.Words()
		p.CloseBatches()
	}
	events := []release.Event{eventOf(p.Fit(release.MaxTold), kind, workflow.Now(ctx))}
	if !quickly(withBus(ctx), events) {
		handOver(ctx, release.WatchdogID(p.ReleaseID), events)
	}
}
