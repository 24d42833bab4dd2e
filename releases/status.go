package releases

import (
	"context"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"slipway/release"
	"slipway/releases/execution"
)

// callTime bounds one call to Temporal while reading a status.
const callTime = 5 * time.Second

// Status is what is known of a release ([release.Progress]) or a set ([release.SetProgress])
// at one moment.
type Status[P any] struct {
	Progress P
	// Closed reports whether it will not move any more.
	Closed bool
	// Partial is why the progress holds only what Temporal itself knows (application,
	// phase, times); zero when it is whole.
	Partial Partial
	// ClosedAbnormally is how its workflow was closed without a result, where it may have
	// left something behind; empty where it was not.
	ClosedAbnormally string
}

// PartialReason is why not all is known.
type PartialReason string

// The reasons. With [PartialNone] all is known.
const (
	PartialNone PartialReason = ""
	// PartialNoWorker means that no worker answers.
	PartialNoWorker PartialReason = "no-worker"
	// PartialNoAnswer means that there was no answer in time, although workers answer for others.
	PartialNoAnswer PartialReason = "no-answer"
	// PartialFailing means that the workflow answers with an error: it cannot go on either.
	PartialFailing PartialReason = "failing"
	// PartialUnreadable means that the answer cannot be read, for example without the key.
	PartialUnreadable PartialReason = "unreadable"
	// PartialNotAsked means that there are too many to ask each.
	PartialNotAsked PartialReason = "not-asked"
	// PartialNotReady means that the workflow has not run yet.
	PartialNotReady PartialReason = "not-ready"
	// PartialNotStarted means that it was asked for, and that Temporal has no workflow of it yet.
	PartialNotStarted PartialReason = "not-started"
	// PartialLedgerAway means that Temporal has no workflow of it and that the ledger, which may
	// know why, could not be asked.
	PartialLedgerAway PartialReason = "ledger-away"
	// PartialLaneMissing means that a lane does not run although a release is under way.
	PartialLaneMissing PartialReason = "lane-missing"
)

// Partial is why not all is known. The zero value means that all is.
type Partial struct {
	Reason PartialReason
	// Message is the reason in a sentence.
	Message string
}

// MarshalText implements [encoding.TextMarshaler]: it is the message.
func (p Partial) MarshalText() ([]byte, error) { return []byte(p.Message), nil }

// Get returns the status of a release. It needs no worker for one that has ended. The errors
// are [NotFoundError] and [UnreachableError].
func (c *Client) Get(ctx context.Context, id string) (Status[release.Progress], error) {
	return c.releaseReader(id).get(ctx)
}

func (c *Client) releaseReader(id string) statusReader[release.Progress] {
	return statusReader[release.Progress]{client: c, id: id, workflowID: workflowID(id), described: described, orphaned: orphaned}
}

// GetSet returns the status of a set in the same way.
func (c *Client) GetSet(ctx context.Context, id string) (Status[release.SetProgress], error) {
	return c.setReader(id).get(ctx)
}

func (c *Client) setReader(id string) statusReader[release.SetProgress] {
	return statusReader[release.SetProgress]{
		client: c, id: id, workflowID: release.CommandTargetID(id), described: describedSet, orphaned: orphanedSet,
	}
}

// callsAtOnce is how many releases of a set are asked side by side.
const callsAtOnce = 8

// UnderWay asks the releases of a set that are under way where they stand, and returns their
// progress by their IDs; nil when there are none. One that is queued says what it waits for.
// One that does not answer is left out.
func (c *Client) UnderWay(ctx context.Context, p release.SetProgress) map[string]release.Progress {
	var found map[string]release.Progress
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(callsAtOnce)
	for _, id := range underWay(p) {
		group.Go(func() error {
			status, err := c.Get(ctx, id)
			if err == nil && status.Partial.Reason == PartialNone {
				status.Progress = c.WithTurn(ctx, status.Progress)
				mu.Lock()
				defer mu.Unlock()
				if found == nil {
					found = map[string]release.Progress{}
				}
				found[id] = status.Progress
			}
			return nil // the set is shown without one that does not answer
		})
	}
	_ = group.Wait()
	return found
}

// WithTurn is a progress that says which release comes before it, or who holds its lane, as
// [release.Awaiting.Behind], where it waits there and the lane answers. It has the name of its
// application where other releases of it tell that: what is queued has not read it.
func (c *Client) WithTurn(ctx context.Context, p release.Progress) release.Progress {
	if p.Phase == release.PhaseQueued {
		if app := p.App.SearchValue(); p.AppName == "" {
			p.AppName = c.appNames(ctx, []string{app})[app]
		}
		if behind := c.waitsFor(ctx, p); behind != "" {
			awaiting := release.Awaiting{Kind: release.AwaitQueue}
			if p.Awaiting != nil {
				awaiting = *p.Awaiting
			}
			awaiting.Behind = behind
			p.Awaiting = &awaiting
		}
	}
	return p
}

// underWay are the IDs of the releases that a set has begun and that have not ended.
func underWay(p release.SetProgress) []string {
	var ids []string
	add := func(r release.SetRun) {
		if r.Standing != "" && r.Outcome == "" {
			ids = append(ids, r.ReleaseID)
		}
	}
	for _, w := range p.Waves {
		for _, r := range w.Releases {
			add(r.Run)
			if r.Rollback != nil {
				add(*r.Rollback)
			}
		}
	}
	return ids
}

// statusReader reads the status of one workflow that answers for its progress.
type statusReader[P any] struct {
	client         *Client
	id, workflowID string
	// described is the progress as far as Temporal knows it without a worker.
	described func(id string, d *client.WorkflowExecutionDescription) P
	// orphaned is the status of one whose workflow was closed without a result.
	orphaned func(P, abnormalEnd) Status[P]
}

func (r statusReader[P]) get(ctx context.Context) (Status[P], error) {
	calling, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	d, err := r.client.temporal.DescribeWorkflow(calling, r.workflowID, "")
	if err != nil {
		return Status[P]{}, classify(r.id, err)
	}
	switch execution.EndOf(d.Status) {
	case execution.Completed:
		var p P
		err := r.client.temporal.GetWorkflow(calling, r.workflowID, d.WorkflowExecution.RunID).Get(calling, &p)
		return Status[P]{Progress: p, Closed: true}, classify(r.id, err)
	case execution.Failed, execution.Canceled, execution.Terminated, execution.TimedOut:
		return r.closedAbnormally(ctx, d)
	case execution.Open:
	}
	return r.query(ctx, d)
}

// query asks the workflow for its progress, and falls back to what the description knows.
func (r statusReader[P]) query(ctx context.Context, d *client.WorkflowExecutionDescription) (Status[P], error) {
	p, err := r.ask(ctx, d.WorkflowExecution.RunID)
	partial, err := answererOf(r.id).whyPartial(ctx, err)
	if partial.Reason != PartialNone {
		p = r.described(r.id, d)
	}
	return Status[P]{Progress: p, Partial: partial}, err
}

// ask asks a run of the workflow for its progress.
func (r statusReader[P]) ask(ctx context.Context, runID string) (P, error) {
	return execution.Query[P](ctx, r.client.temporal, execution.Question{
		WorkflowID: r.workflowID, RunID: runID, Query: release.QueryProgress, Within: callTime,
	})
}

// closedAbnormally reads the status of what was closed without a result. Nobody brings it to
// an end, so it needs attention whatever it did; a worker may still tell how far it came.
func (r statusReader[P]) closedAbnormally(ctx context.Context, d *client.WorkflowExecutionDescription) (Status[P], error) {
	status, err := r.query(ctx, d)
	if err != nil {
		status = Status[P]{Progress: r.described(r.id, d)}
	}
	end := abnormalEnd{end: execution.EndOf(d.Status)}
	if d.WorkflowCloseTime != nil {
		end.at = *d.WorkflowCloseTime
	}
	if end.end == execution.Failed {
		calling, cancel := context.WithTimeout(ctx, callTime)
		defer cancel()
		end.failure = execution.Failure(calling, r.client.temporal.GetWorkflow(calling, r.workflowID, d.WorkflowExecution.RunID))
	}
	return r.orphaned(status.Progress, end), ctx.Err()
}

// abnormalEnd is how a workflow was closed without a result.
type abnormalEnd struct {
	end     execution.End
	failure string
	at      time.Time
}

// during returns how it was closed, in which phase, and with which failure.
func (e abnormalEnd) during(p release.Phase) string {
	text := e.end.Text()
	if p != "" {
		text += " at " + string(p)
	}
	if e.failure != "" {
		text += " (" + e.failure + ")"
	}
	return text
}

// orphaned is the status of a release that nobody brings to an end.
func orphaned(p release.Progress, end abnormalEnd) Status[release.Progress] {
	how := end.during(p.Phase)
	p.Reason = how + ": its change is followed no more; what it has not put back is restored by its lane, by the next release, or by: " +
		"slipway scaling recover --release " + p.ReleaseID + "; look at the application on its platform"
	if p.Phase == release.PhaseQueued {
		p.Reason, how = how+": it waited for its turn and had begun nothing", ""
	}
	p.Phase, p.Outcome, p.Awaiting, p.Stalled = release.PhaseNeedsAttention, release.PhaseNeedsAttention, nil, nil
	if !end.at.IsZero() {
		p.EndedAt = end.at
	}
	return Status[release.Progress]{Progress: p, Closed: true, ClosedAbnormally: how}
}

// orphanedSet is the status of a set that nobody brings to an end.
func orphanedSet(p release.SetProgress, end abnormalEnd) Status[release.SetProgress] {
	p.Reason = end.during(p.Phase) + ": the releases that it has begun go on by themselves, and nothing further begins"
	p.Phase, p.Outcome, p.Awaiting = release.PhaseNeedsAttention, release.PhaseNeedsAttention, nil
	if !end.at.IsZero() {
		p.EndedAt = end.at
	}
	return Status[release.SetProgress]{Progress: p, Closed: true}
}

// described is the progress as far as Temporal knows it without a worker.
func described(id string, d *client.WorkflowExecutionDescription) release.Progress {
	p := release.Progress{ReleaseID: id, AcceptedAt: d.WorkflowStartTime}
	if app, ok := d.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchApp)); ok {
		p.App = parseApp(app)
	}
	p.Phase = shownPhase(d)
	return p
}

func describedSet(id string, d *client.WorkflowExecutionDescription) release.SetProgress {
	return release.SetProgress{SetID: id, Phase: shownPhase(d), StartedAt: d.WorkflowStartTime}
}

func shownPhase(d *client.WorkflowExecutionDescription) release.Phase {
	phase, _ := d.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchPhase))
	return release.Phase(phase)
}

// parseApp reads an application from the form it has in a search attribute.
func parseApp(s string) release.App {
	parts := strings.SplitN(s, "/", 3)
	if len(parts) != 3 {
		return release.App{ID: s}
	}
	return release.App{Platform: release.Platform(parts[0]), Region: parts[1], ID: parts[2]}
}
