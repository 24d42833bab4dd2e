package releases

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases/execution"
)

const (
	// listPage is how many workflows are listed at a time.
	listPage = 200
	// ledgerTime bounds the reading of the ledger. Temporal knows what runs: a ledger that is
	// unreachable blocks no lane (R18).
	ledgerTime = 10 * time.Second
	// placeTime bounds the query to a release for its place, which needs a worker.
	placeTime = 5 * time.Second
	// asked is how many releases are queried at a time.
	asked = 16
)

// Living returns which releases of an application live, by Temporal and by the ledger
// together: the one lists what was started some seconds ago, the other what has been
// accepted. A release that has recorded no outcome and does not run any more is among them:
// its watchdog has to restore what it left. So is one whose watchdog still runs.
//
// Its errors have the type [release.FaultUnavailable], which retries.
func (r *Releases) Living(ctx context.Context, in release.LivingInput) (release.Living, error) {
	s := &search{releases: r, app: in.App, at: map[string]int{}, delivered: map[string]bool{}}
	if err := s.listed(ctx); err != nil {
		return release.Living{}, unavailable(err)
	}
	for _, id := range in.Also {
		s.add(release.LaneEntry{ReleaseID: id}, onlyIfItRuns)
	}
	s.recorded(ctx)
	if err := s.queryCandidates(ctx); err != nil {
		return release.Living{}, unavailable(err)
	}
	return s.found, nil
}

// AwaitLedger succeeds once the ledger of an application can be read.
//
// Its errors have the type [release.FaultUnavailable], which retries.
func (r *Releases) AwaitLedger(ctx context.Context, in release.AwaitLedgerInput) error {
	ctx, cancel := context.WithTimeout(ctx, ledgerTime)
	defer cancel()
	if _, err := r.ledger.Affairs(ctx, in.App); err != nil {
		return unavailable(err)
	}
	return nil
}

// search gathers the living releases of an application.
type search struct {
	releases *Releases
	app      release.App
	// candidates are the releases that may live, each once, and at says where.
	candidates []candidate
	at         map[string]int
	found      release.Living
	// delivered are the releases whose last events are being delivered: they have ended, and the
	// ledger has no outcome of them yet.
	delivered map[string]bool
}

// candidate is a release that may live, as it counts where it does not run.
type candidate struct {
	release.LaneEntry

	only runs
}

// runs is true for a release that counts only while its workflow runs.
type runs bool

const (
	onlyIfItRuns runs = true
	inAnyCase    runs = false
)

// add adds a release to the candidates, once. One that counts in any case stays so.
func (s *search) add(e release.LaneEntry, only runs) {
	i, known := s.at[e.ReleaseID]
	if !known {
		s.at[e.ReleaseID] = len(s.candidates)
		s.candidates = append(s.candidates, candidate{e, only})
		return
	}
	if s.candidates[i].only && !only {
		s.candidates[i] = candidate{e, only}
	}
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
			id := e.GetExecution().GetWorkflowId()
			if lost, is := strings.CutPrefix(id, release.WatchdogID("")); is {
				s.add(release.LaneEntry{ReleaseID: lost, Proceeded: true}, inAnyCase)
			}
			if of, is := release.DeliveryOf(id); is {
				s.delivered[of] = true
			}
			if releaseID, is := strings.CutPrefix(id, release.WorkflowID("")); is {
				s.add(release.LaneEntry{ReleaseID: releaseID}, onlyIfItRuns)
			}
		}
		if next = out.GetNextPageToken(); len(next) == 0 {
			return nil
		}
	}
}

// recorded finds the releases that the ledger has without an outcome.
func (s *search) recorded(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, ledgerTime)
	defer cancel()
	affairs, err := s.releases.ledger.Affairs(ctx, s.app)
	if err != nil {
		activity.GetLogger(ctx).Warn("the ledger cannot be read; the lane uses what Temporal lists, and retries", "error", err)
		s.found.LedgerAway = true
		return
	}
	for _, r := range affairs.Open {
		if s.delivered[r.ReleaseID] {
			continue
		}
		s.add(release.LaneEntry{
			ReleaseID: r.ReleaseID, Operation: r.Progress.Operation, Artifact: r.Artifact, RequestedBy: r.RequestedBy, Since: r.Asked(), Proceeded: true,
		}, inAnyCase)
	}
	for _, r := range affairs.Owing {
		s.found.Debts = append(s.found.Debts, debtOf(r))
	}
	if l := affairs.Latest; l.ReleaseID != "" {
		s.found.Latest = &release.Begun{ReleaseID: l.ReleaseID, Published: release.Published{Sequence: l.Sequence, At: l.RequestedAt}}
	}
}

// queryCandidates queries the candidates, several at a time.
func (s *search) queryCandidates(ctx context.Context) error {
	lives := make([]bool, len(s.candidates))
	var all errgroup.Group
	all.SetLimit(asked)
	for i := range s.candidates {
		all.Go(func() (err error) {
			lives[i], err = s.lives(ctx, &s.candidates[i])
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for i, c := range s.candidates {
		if lives[i] {
			s.found.Releases = append(s.found.Releases, c.LaneEntry)
		}
	}
	return nil
}

// lives reports whether a candidate counts, and queries its place where it runs.
func (s *search) lives(ctx context.Context, c *candidate) (bool, error) {
	out, err := s.releases.temporal.DescribeWorkflowExecution(ctx, release.WorkflowID(c.ReleaseID), "")
	switch {
	case execution.IsGone(err):
		return !bool(c.only), nil
	case err != nil:
		return false, err
	case out.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		c.LaneEntry = s.place(ctx, c.ReleaseID)
		return true, nil
	}
	return !bool(c.only), nil
}

// place queries a release for its place. One that does not answer counts as running: nothing
// is started beside it.
func (s *search) place(ctx context.Context, releaseID string) release.LaneEntry {
	e, err := execution.Query[release.LaneEntry](ctx, s.releases.temporal, execution.Question{
		WorkflowID: release.WorkflowID(releaseID), Query: release.QueryPlace, Within: placeTime,
	})
	if err != nil || e.ReleaseID != releaseID {
		activity.GetLogger(ctx).Warn("a release does not answer the query for its place; it counts as running", "release", releaseID, "error", err)
		return release.LaneEntry{ReleaseID: releaseID, Proceeded: true}
	}
	return e
}

func debtOf(r ledger.Record) release.Debt {
	d := release.Debt{ReleaseID: r.ReleaseID, ScalingRules: r.Held.ScalingRules, Traffic: r.Held.Traffic}
	for _, rule := range r.Progress.ScalingRules {
		if rule.Kept != nil && slices.Contains(d.ScalingRules, rule.Name) {
			d.Kept = append(d.Kept, rule.Rule())
		}
	}
	return d
}
