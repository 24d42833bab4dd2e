package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
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

func (a *app) history() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "history APP",
		Short: "What an application was released with, also what Temporal has forgotten",
		Long: `What an application was released with, the latest first: when it was asked for, the artifact,
the operation, how it ended, who asked for it, why it ended so, and the reasons that people
gave with it and with their commands to it. It is read from the ledger of releases on NATS,
which keeps it for 400 days unless setup was told otherwise, and needs no Temporal. With the name of
an application alone it is that of all its environments. With -o wide it says from which event each came.
` + namesApp,
		Example: `  slipway history sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe
  slipway history shop
  slipway history shop/production -o wide
  slipway history sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --limit 100 -o json`,
		GroupID:           groupReleases,
		Args:              arguments("APP"),
		ValidArgsFunction: a.completeRecorded(),
	}
	cmd.Flags().IntVar(&limit, "limit", defaultLimit, "show at most so many")
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime}, func(ctx context.Context, call *call) error {
		if limit < 1 {
			return &usageError{"--limit must be at least 1"}
		}
		of, err := call.environmentsOf(ctx, call.args[0])
		if err != nil {
			return err
		}
		return a.showHistory(ctx, call, of, limit)
	})
}

// environmentsOf are the applications that an argument stands for, with the names of their environments where
// it is the name of an application alone.
func (c *call) environmentsOf(ctx context.Context, text string) (map[release.App]string, error) {
	ref, err := readApp(argApp, text)
	if err != nil {
		return nil, err
	}
	if !ref.ByName() || ref.Environment != "" {
		app, err := c.appOf(ctx, argApp, text)
		return map[release.App]string{app.Unqualified(): ""}, err
	}
	n, err := c.named(ctx, text, firstEnvironment)
	if err != nil {
		return nil, err
	}
	of := map[release.App]string{}
	for _, e := range n.document.Spec.Environments {
		of[e.App.App().Unqualified()] = e.Name
	}
	return of, nil
}

func (a *app) showHistory(ctx context.Context, call *call, of map[release.App]string, limit int) error {
	found, err := readLedger(ctx, call, func(known *ledger.Ledger) ([]ledger.Record, error) {
		return known.History(ctx, slices.Collect(maps.Keys(of)), limit)
	})
	if err != nil {
		return err
	}
	named := of
	if slices.Contains(slices.Collect(maps.Values(of)), "") {
		named = nil
	}
	switch {
	case len(found) == 0 && call.format.ForPeople():
		a.infof("the ledger has no release of this application")
		return nil
	case len(found) == 0:
		found = []ledger.Record{}
	case len(found) == limit:
		a.infof("there may be more; use --limit")
	}
	return call.format.Write(a.Stdout, found, func() string { return render.HistoryOf(found, named, call.style) })
}

// ledgerEntry is what the ledger has of a release or a set.
type ledgerEntry[P any] struct {
	progress P
	// accepted reports whether its lane or Temporal has had it, and ended whether it has an outcome.
	accepted, ended bool
	asked, updated  time.Time
	// held says why it is not accepted: its lane has no place for it, or no worker answers; empty where
	// nobody knows. Helps are the commands that help.
	held  string
	helps []release.NextStep
	// pending says which wave of a set it waits for that has not begun; empty where it is of none.
	pending string
	// stored is the message that asks for it, where no starter has accepted that and the ledger has
	// nothing; 0 where it has.
	stored uint64
}

// releaseInLedger reads what the ledger has of a release.
func releaseInLedger(ctx context.Context, call *call, id string) (ledgerEntry[release.Progress], error) {
	r, err := readLedger(ctx, call, func(known *ledger.Ledger) (ledger.Record, error) { return known.Get(ctx, id) })
	p := r.Latest()
	p.Digest = cmp.Or(p.Digest, r.Identity.Digest)
	e := ledgerEntry[release.Progress]{progress: p, accepted: r.Accepted, ended: r.Ended(), asked: r.Asked(), updated: r.UpdatedAt}
	if err == nil && !e.accepted && !e.ended {
		e.held, e.helps = heldBy(ctx, call, r.App, lanePolicy(ctx, call, id))
	}
	return e, err
}

// searchTime bounds the search among the requests that no starter has accepted.
const searchTime = 5 * time.Second

// storedRequest is the request for a release or a set in the stream of requests. For who may not
// read that stream, or gets no connection, the error is the one where there is none.
func storedRequest(ctx context.Context, call *call, id string) (wire.Stored, error) {
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	ctx, end := call.app.denials.Watch(ctx)
	defer end()
	js, closeNATS, err := call.app.jetStream(ctx, call.values, "slipway ledger")
	if err != nil {
		return wire.Stored{}, ledger.ErrNotFound
	}
	defer closeNATS()
	s, err := wire.FindStored(ctx, js, id)
	if err != nil && !errors.Is(err, wire.ErrSearchUnfinished) {
		err = ledger.ErrNotFound
	}
	return s, err
}

// storedRelease is the entry of a release whose request is stored.
func storedRelease(id string, s wire.Stored) ledgerEntry[release.Progress] {
	p := release.Progress{
		ReleaseID: id, App: s.Spec.App, Operation: s.Spec.Operation, Artifact: s.Spec.Artifact, Strategy: s.Spec.Strategy,
		RequestedBy: s.Spec.RequestedBy, RetryOf: s.Spec.RetryOf, Note: s.Spec.Note,
	}
	return ledgerEntry[release.Progress]{progress: p, asked: s.At, stored: s.Sequence}
}

// pendingRelease is the entry of a release that a set has not begun.
func pendingRelease(ctx context.Context, call *call, id string) (ledgerEntry[release.Progress], bool) {
	pending, is := call.client.Pending(ctx, id)
	if !is {
		return ledgerEntry[release.Progress]{}, false
	}
	p := release.Progress{ReleaseID: id, App: pending.App, Set: pending.Set.SetID, RequestedBy: pending.Set.RequestedBy}
	return ledgerEntry[release.Progress]{progress: p, pending: pending.Text()}, true
}

// storedSet is the entry of a set whose request is stored.
func storedSet(id string, s wire.Stored) ledgerEntry[render.Set] {
	return ledgerEntry[render.Set]{progress: render.Set{SetProgress: release.SetProgress{SetID: id}}, asked: s.At, stored: s.Sequence}
}

// lanePolicy is the lane policy of a release; empty where nobody knows it: no request of it is stored.
func lanePolicy(ctx context.Context, call *call, id string) release.LanePolicy {
	s, err := storedRequest(ctx, call, id)
	if err != nil {
		return ""
	}
	return s.Spec.WithDefaults().Lane.Policy
}

// heldBy says why a request for an application is not accepted: no worker answers, or its lane is full;
// empty where neither is so, or nobody knows. A set has no application. Helps are the commands that help.
func heldBy(ctx context.Context, call *call, app release.App, policy release.LanePolicy) (why string, helps []release.NextStep) {
	if call.client == nil {
		return "", release.NextUnaccepted()
	}
	if none, ok := errors.AsType[*releases.NoWorkerError](call.client.CheckWorkers(ctx, release.App{})); ok {
		return none.Reason(), release.NextUnaccepted()
	}
	if app == (release.App{}) {
		return "", release.NextUnaccepted()
	}
	status, err := call.client.GetLane(ctx, app)
	if err != nil || status.State == nil || status.State.Full == "" {
		return "", release.NextUnaccepted()
	}
	return explainFullLane(*status.State, policy), release.NextBehindLane(*status.State)
}

// explainFullLane says what becomes of a release of the policy while the lane is full. The policy is empty where nobody knows it. One that a full lane would not keep
// waiting has a request before it that the lane does: they keep the order in which they were published.
func explainFullLane(s release.LaneState, policy release.LanePolicy) string {
	next := "it is submitted again by itself once there is room, or once the requests published before it have had their turn"
	switch policy {
	case release.LaneQueue:
		next = "it is submitted again by itself once there is room"
	case release.LaneReject:
		next = "its turn comes after the requests for the application that were published before it, and its lane policy is reject, so it is then refused if the lane is full"
	case release.LaneSupersede:
		next = "its turn comes after the requests for the application that were published before it, and it then takes the place of those that wait"
	}
	return fmt.Sprintf("lane %s is full: %s; %s", s.App.SearchValue(), s.Full, next)
}

// setInLedger reads what the ledger has of a set.
func setInLedger(ctx context.Context, call *call, id string) (ledgerEntry[render.Set], error) {
	s, err := readLedger(ctx, call, func(known *ledger.Ledger) (ledger.Set, error) { return known.GetSet(ctx, id) })
	p := s.Progress
	if p.SetID == "" {
		p = release.SetProgress{SetID: s.SetID, RequestedBy: s.RequestedBy}
	}
	p.Digest = cmp.Or(p.Digest, s.Identity.Digest)
	e := ledgerEntry[render.Set]{progress: render.Set{SetProgress: p}, accepted: s.Accepted, ended: p.Outcome != "", asked: s.RequestedAt, updated: s.UpdatedAt}
	if err == nil && !e.accepted && !e.ended {
		e.held, e.helps = heldBy(ctx, call, release.App{}, "")
	}
	return e, err
}

// readLedger connects to the ledger, reads from it, and closes the connection.
func readLedger[T any](ctx context.Context, call *call, get func(*ledger.Ledger) (T, error)) (none T, err error) {
	js, closeNATS, err := call.app.jetStream(ctx, call.values, "slipway ledger")
	if err != nil {
		return none, err
	}
	defer closeNATS()
	return get(ledger.New(js))
}

// recorded shows what the ledger knows of what Temporal does not. Its error is the one that
// Temporal's answer was, where the ledger does not know better. Why a request is not accepted stands
// in the picture, where one is drawn.
func recorded[P any](call *call, missing *releases.NotFoundError, e ledgerEntry[P], err error) (none P, _ error) {
	switch {
	case err == nil && call.format.ForPeople() && e.unaccepted(call.style) != nil:
		return e.progress, nil
	case err == nil:
		call.app.infof("%s", e.explain(missing.ID, call.style))
		return e.progress, nil
	case !ledger.IsUnknown(err):
		call.app.infof("%s", unanswered(err))
	}
	return none, missing
}

// unanswered says why it is not known whether something is recorded or stored.
func unanswered(err error) string {
	if errors.Is(err, wire.ErrSearchUnfinished) {
		return "the ledger does not know it, and whether its request is stored is not known: " + message(err)
	}
	return "the ledger could not be asked: " + message(err)
}

// unaccepted is why its request has not been accepted, as a picture shows it; nil where it has, or
// where it is a set that has not begun it.
func (e ledgerEntry[P]) unaccepted(style render.Style) *render.Unaccepted {
	if e.pending != "" || e.stored == 0 && (e.accepted || e.ended) {
		return nil
	}
	u := &render.Unaccepted{
		Request: "in the ledger since " + style.Time(e.asked), Awaiting: cmp.Or(e.held, "no starter has accepted it yet"), Next: e.helps,
	}
	if e.stored > 0 {
		u.Request = fmt.Sprintf("message %d of stream %s, since %s", e.stored, wire.StreamIn, style.Time(e.asked))
	}
	if len(u.Next) == 0 {
		u.Next = release.NextUnaccepted()
	}
	return u
}

// explain says what is shown of something that Temporal does not know.
func (e ledgerEntry[P]) explain(id string, style render.Style) string {
	if e.pending != "" {
		return e.pending
	}
	if e.stored > 0 && e.held != "" {
		return fmt.Sprintf("the request waits since %s, as message %d of stream %s, and has not been accepted yet: %s", style.Time(e.asked), e.stored, wire.StreamIn, e.held)
	}
	if e.stored > 0 {
		return fmt.Sprintf("the request is stored since %s, as message %d of stream %s, but no starter has accepted it yet",
			style.Time(e.asked), e.stored, wire.StreamIn)
	}
	if !e.accepted && !e.ended {
		since := fmt.Sprintf("the request is in the ledger since %s, but it has not been accepted yet", style.Time(e.asked))
		return strings.TrimSuffix(since+": "+e.held, ": ")
	}
	return fmt.Sprintf("Temporal has forgotten the %s; shown is what the ledger has, as of %s", kindOf(id), style.Time(e.updated))
}

// startTime is how long after the ledger has changed a record its workflow may still be about
// to start.
const startTime = time.Minute

// recordedStatus is the status of something that is watched, as the ledger has it.
func recordedStatus[P releases.Watchable](call *call, id string, e ledgerEntry[P]) (releases.Status[P], error) {
	switch {
	case e.ended:
		call.app.infof("%s", e.explain(id, call.style))
		return releases.Status[P]{Progress: e.progress, Closed: true}, nil
	case !e.accepted:
		return releases.Status[P]{Partial: notStarted(e.explain(id, call.style))}, nil
	case time.Since(e.updated) < startTime:
		return releases.Status[P]{Partial: notStarted("accepted, but Temporal does not show the " + kindOf(id) + " yet")}, nil
	}
	return releases.Status[P]{}, fmt.Errorf("%s: Temporal has forgotten it, and the ledger does not know how it ended; see slipway %s get %s",
		release.Named(id), kindOf(id), id)
}

func notStarted(message string) releases.Partial {
	return releases.Partial{Reason: releases.PartialNotStarted, Message: message}
}

// completeTimeBack is how far back completion looks for applications: the whole ledger may
// be large.
const completeTimeBack = 30 * 24 * time.Hour

// completeRecorded completes the first argument with applications that were released lately.
func (a *app) completeRecorded() cobra.CompletionFunc {
	return a.complete(cobra.ShellCompDirectiveDefault, findDocumentsAnd(findNamesAnd(findRecordedApps)))
}

// findRecordedApps offers applications that were released lately, as the ledger has them.
func findRecordedApps(ctx context.Context, c *call) ([]cobra.Completion, error) {
	records, err := readLedger(ctx, c, func(known *ledger.Ledger) ([]ledger.Record, error) {
		return known.All(ctx, ledger.Filter{Since: time.Now().Add(-completeTimeBack)})
	})
	var found []cobra.Completion
	for _, r := range records {
		if name := r.App.SearchValue(); !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found, err
}
