package releases

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"slipway/release"
)

// askTime bounds one call to Temporal while looking.
const askTime = 5 * time.Second

// Look is one look at a release.
type Look = LookAt[release.Progress]

// SetLook is one look at a set.
type SetLook = LookAt[release.SetProgress]

// LookAt is one look at a release or a set.
type LookAt[P any] struct {
	Progress P
	// Closed tells that it will not move any more.
	Closed bool
	// Lack says why the progress holds only what Temporal itself knows (application,
	// phase, times); empty when it is whole.
	Lack string
	// Stray says how its workflow was ended from outside, where it may have left something
	// behind; empty where it was not.
	Stray string
}

// noWorker is the usual reason for a lack.
const noWorker = "no worker answers; the release is durable, waiting"

// Look looks at a release. It needs no worker for one that has ended.
func (c *Client) Look(ctx context.Context, id string) (Look, error) {
	return look(ctx, eye[release.Progress]{
		client: c, id: id, workflowID: workflowID(id), described: described, stranded: stranded,
	})
}

// LookSet looks at a set in the same way.
func (c *Client) LookSet(ctx context.Context, id string) (SetLook, error) {
	return look(ctx, eye[release.SetProgress]{
		client: c, id: id, workflowID: release.CommandTargetID(id), described: describedSet, stranded: strandedSet,
	})
}

// looksAtOnce is how many releases of a set are looked at side by side.
const looksAtOnce = 8

// Stalled looks at the releases of a set that are under way, and returns those that try
// something in vain by their IDs; nil when none does. One that does not answer is left out:
// what it tries is not known.
func (c *Client) Stalled(ctx context.Context, p release.SetProgress) map[string]release.Progress {
	var found map[string]release.Progress
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(looksAtOnce)
	for _, id := range underWay(p) {
		group.Go(func() error {
			l, err := c.Look(ctx, id)
			if err == nil && l.Progress.Stalled != nil {
				mu.Lock()
				defer mu.Unlock()
				if found == nil {
					found = map[string]release.Progress{}
				}
				found[id] = l.Progress
			}
			return nil // the set is shown without one that does not answer
		})
	}
	_ = group.Wait()
	return found
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

// eye looks at one workflow that shows a progress.
type eye[P any] struct {
	client         *Client
	id, workflowID string
	// described is the progress as far as Temporal knows it without a worker.
	described func(id string, d *client.WorkflowExecutionDescription) P
	// stranded is the look at one whose workflow was ended from outside, in the words of how.
	stranded func(p P, how ending) LookAt[P]
}

func look[P any](ctx context.Context, e eye[P]) (LookAt[P], error) {
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	d, err := e.client.temporal.DescribeWorkflow(asking, e.workflowID, "")
	if err != nil {
		return LookAt[P]{}, classify(e.id, err)
	}
	switch d.Status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		var p P
		err := e.client.temporal.GetWorkflow(asking, e.workflowID, d.WorkflowExecution.RunID).Get(asking, &p)
		return LookAt[P]{Progress: p, Closed: true}, classify(e.id, err)
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED,
		enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED:
		return e.ask(ctx, d)
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED,
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
	}
	return e.stray(ctx, d)
}

// ask queries the progress and falls back to what the description knows.
func (e eye[P]) ask(ctx context.Context, d *client.WorkflowExecutionDescription) (LookAt[P], error) {
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var p P
	answer, err := e.client.temporal.QueryWorkflow(asking, e.workflowID, d.WorkflowExecution.RunID, release.QueryProgress)
	if err == nil {
		err = answer.Get(&p)
	}
	var notReady *serviceerror.WorkflowNotReady
	var notMet *serviceerror.FailedPrecondition
	switch {
	case err == nil:
		return LookAt[P]{Progress: p}, nil
	case ctx.Err() != nil:
		return LookAt[P]{}, ctx.Err()
	case errors.As(err, &notReady):
		return LookAt[P]{Progress: e.described(e.id, d), Lack: "the " + string(subjectOf(e.id)) + " does not answer yet: " + notReady.Error()}, nil
	case errors.As(err, &notMet), transient(err):
		return LookAt[P]{Progress: e.described(e.id, d), Lack: strings.Replace(noWorker, string(SubjectRelease), string(subjectOf(e.id)), 1)}, nil
	}
	return LookAt[P]{}, classify(e.id, err)
}

// stray looks at what was ended from outside. Nobody brings it to an end, so it needs
// attention whatever it was at; a worker may still tell how far it came.
func (e eye[P]) stray(ctx context.Context, d *client.WorkflowExecutionDescription) (LookAt[P], error) {
	l, err := e.ask(ctx, d)
	if err != nil {
		l = LookAt[P]{Progress: e.described(e.id, d)}
	}
	how := ending{words: endedFromOutside(d.Status)}
	if d.WorkflowCloseTime != nil {
		how.at = *d.WorkflowCloseTime
	}
	if d.Status == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED {
		how.failure = e.failure(ctx, d.WorkflowExecution.RunID)
	}
	return e.stranded(l.Progress, how), ctx.Err()
}

// failure is the message with which a workflow failed; empty where it cannot be read.
func (e eye[P]) failure(ctx context.Context, runID string) string {
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	err := e.client.temporal.GetWorkflow(asking, e.workflowID, runID).Get(asking, nil)
	if application, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return application.Message()
	}
	if failed, ok := errors.AsType[*temporal.WorkflowExecutionError](err); ok {
		return failed.Error()
	}
	return ""
}

// ending is how a workflow was ended from outside.
type ending struct {
	words   string
	failure string
	at      time.Time
}

// during says in which phase it was ended, and with which failure.
func (e ending) during(p release.Phase) string {
	words := e.words
	if p != "" {
		words += " at " + string(p)
	}
	if e.failure != "" {
		words += " (" + e.failure + ")"
	}
	return words
}

func endedFromOutside(s enumspb.WorkflowExecutionStatus) string {
	switch how := stopped(s); how {
	case "failed", "timed out":
		return "its workflow " + how
	default:
		return "its workflow was " + how
	}
}

// stranded is a release that nobody brings to an end.
func stranded(p release.Progress, how ending) Look {
	stray := how.during(p.Phase)
	p.Reason = stray + ": its change order is followed no more; what it has not put back is restored by its lane, by the next release, or by: " +
		"slipway scaling recover --release " + p.ReleaseID + "; look at the application on its platform"
	if p.Phase == release.PhaseQueued {
		p.Reason, stray = stray+": it waited for its turn and had begun nothing", ""
	}
	p.Phase, p.Outcome, p.Awaiting, p.Stalled = release.PhaseNeedsAttention, release.PhaseNeedsAttention, nil, nil
	if !how.at.IsZero() {
		p.EndedAt = how.at
	}
	return Look{Progress: p, Closed: true, Stray: stray}
}

// strandedSet is a set that nobody brings to an end.
func strandedSet(p release.SetProgress, how ending) SetLook {
	p.Reason = how.during(p.Phase) + ": the releases that it has begun go on by themselves, and nothing further begins"
	p.Phase, p.Outcome, p.Awaiting = release.PhaseNeedsAttention, release.PhaseNeedsAttention, nil
	if !how.at.IsZero() {
		p.EndedAt = how.at
	}
	return SetLook{Progress: p, Closed: true}
}

// described is the progress as far as Temporal knows it without a worker.
func described(id string, d *client.WorkflowExecutionDescription) release.Progress {
	p := release.Progress{ReleaseID: id, StartedAt: d.WorkflowStartTime}
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
