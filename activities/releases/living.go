package releases

import (
	"context"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"

	"slipway/ledger"
	"slipway/release"
)

const (
	// listPage is how many workflows are listed at a time.
	listPage = 200
	// ledgerTime bounds the reading of the ledger. Temporal knows what runs: a ledger that is
	// out of reach holds no lane up (R18).
	ledgerTime = 10 * time.Second
	// placeTime bounds the question to a release for its place, which needs a worker.
	placeTime = 5 * time.Second
)

// Living answers which releases of an application live, by Temporal and by the ledger
// together: the one lists what was started some seconds ago, the other what has been
// accepted. A release that has told no outcome and does not run any more is among them: what
// it has left is to be looked at. So is one that only its watchdog still looks after.
//
// Its errors have the type [release.FaultUnavailable], which retries.
func (r *Releases) Living(ctx context.Context, in release.LivingInput) (release.Living, error) {
	s := &search{releases: r, app: in.App, seen: map[string]bool{}}
	if err := s.listed(ctx); err != nil {
		return release.Living{}, unavailable(err)
	}
	for _, id := range in.Also {
		if err := s.running(ctx, id); err != nil {
			return release.Living{}, unavailable(err)
		}
	}
	if err := s.remembered(ctx); err != nil {
		return release.Living{}, unavailable(err)
	}
	return s.found, nil
}

// search gathers the living releases of an application.
type search struct {
	releases *Releases
	app      release.App
	seen     map[string]bool
	found    release.Living
}

// listed finds what Temporal lists as running.
func (s *search) listed(ctx context.Context) error {
	var next []byte
	for {
		out, err := s.releases.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: listPage, NextPageToken: next,
			Query: fmt.Sprintf("%s = '%s' AND ExecutionStatus = 'Running'", release.SearchApp, s.app.SearchValue()),
		})
		if err != nil {
			return err
		}
		for _, e := range out.GetExecutions() {
			if err := s.workflow(ctx, e.GetExecution().GetWorkflowId()); err != nil {
				return err
			}
		}
		if next = out.GetNextPageToken(); len(next) == 0 {
			return nil
		}
	}
}

// workflow finds the release of a workflow that runs: a release or its watchdog. A watchdog that
// was started by hand may look after a release that waits.
func (s *search) workflow(ctx context.Context, id string) error {
	releaseID, watched := strings.CutPrefix(id, release.WatchdogID(""))
	released := false
	if !watched {
		releaseID, released = strings.CutPrefix(id, release.WorkflowID(""))
	}
	if watched || released {
		if err := s.running(ctx, releaseID); err != nil {
			return err
		}
	}
	if watched {
		s.add(release.LaneEntry{ReleaseID: releaseID, Proceeded: true})
	}
	return nil
}

// running finds a release by its ID, if it runs: the list may lag behind.
func (s *search) running(ctx context.Context, releaseID string) error {
	if s.seen[releaseID] {
		return nil
	}
	out, err := s.releases.temporal.DescribeWorkflowExecution(ctx, release.WorkflowID(releaseID), "")
	if isGone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if out.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		s.add(s.place(ctx, releaseID))
	}
	return nil
}

// place asks a release for its place. One that does not answer counts as running: nothing
// begins beside it.
func (s *search) place(ctx context.Context, releaseID string) release.LaneEntry {
	asking, cancel := context.WithTimeout(ctx, placeTime)
	defer cancel()
	var e release.LaneEntry
	answer, err := s.releases.temporal.QueryWorkflow(asking, release.WorkflowID(releaseID), "", release.QueryPlace)
	if err == nil {
		err = answer.Get(&e)
	}
	if err != nil || e.ReleaseID != releaseID {
		activity.GetLogger(ctx).Warn("a release does not tell its place; it counts as running", "release", releaseID, "error", err)
		return release.LaneEntry{ReleaseID: releaseID, Proceeded: true}
	}
	return e
}

// remembered finds what the ledger remembers.
func (s *search) remembered(ctx context.Context) error {
	reading, cancel := context.WithTimeout(ctx, ledgerTime)
	defer cancel()
	affairs, err := s.releases.ledger.Affairs(reading, s.app)
	if err != nil {
		activity.GetLogger(ctx).Warn("the ledger cannot be read; the lane goes by what Temporal knows", "error", err)
		return ctx.Err()
	}
	for _, r := range affairs.Open {
		if err := s.running(ctx, r.ReleaseID); err != nil {
			return err
		}
		s.add(release.LaneEntry{ReleaseID: r.ReleaseID, Operation: r.Progress.Operation, Artifact: r.Artifact, RequestedBy: r.RequestedBy, Since: r.Asked(), Proceeded: true})
	}
	for _, r := range affairs.Owing {
		s.found.Debts = append(s.found.Debts, debtOf(r))
	}
	if l := affairs.Latest; l.ReleaseID != "" {
		s.found.Latest = &release.Begun{ReleaseID: l.ReleaseID, Published: release.Published{Sequence: l.Sequence, At: l.RequestedAt}}
	}
	return nil
}

func debtOf(r ledger.Record) release.Debt {
	return release.Debt{ReleaseID: r.ReleaseID, ScalingRules: r.Held.ScalingRules, Traffic: r.Held.Traffic}
}

// add takes a release to those found, once.
func (s *search) add(e release.LaneEntry) {
	if !s.seen[e.ReleaseID] {
		s.seen[e.ReleaseID] = true
		s.found.Releases = append(s.found.Releases, e)
	}
}
