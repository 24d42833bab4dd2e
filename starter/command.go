package starter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"slipway/authority"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases/execution"
)

// command signals a command to its release. When no such release runs, it reports whether a
// request for it is still in the stream: a release that starts between the two signals is
// found by the second.
func (s *Starter) command(ctx context.Context, p plan, d *delivery) (requestPending bool, err error) {
	if err := s.signal(ctx, p); !execution.IsGone(err) {
		return false, err
	}
	if s.hasPendingRequest(ctx, p.id, d.position.Sequence) {
		return true, errors.New("the request for it has not been handed over yet")
	}
	if err = s.signal(ctx, p); execution.IsGone(err) && d.position.Count > 1 {
		return false, s.unlessTaken(ctx, p, err)
	}
	return false, err
}

// unlessTaken returns why a command that is delivered again finds no release, unless it was taken before:
// its answer or its acknowledgement was lost, and it may have ended the release.
func (s *Starter) unlessTaken(ctx context.Context, p plan, gone error) error {
	decisions, err := s.decisionsOf(ctx, p.id)
	if errors.Is(err, ledger.ErrUnavailable) {
		return err // it is retried
	}
	if slices.ContainsFunc(decisions, func(d release.Decision) bool { return d.ID == p.command.ID }) {
		return nil
	}
	return gone
}

// decisionsOf are those that the ledger has of a release or a set.
func (s *Starter) decisionsOf(ctx context.Context, id string) ([]release.Decision, error) {
	if release.IsSetID(id) {
		have, err := s.recordedSet(ctx, id)
		return have.Progress.Decisions, err
	}
	have, err := s.recorded(ctx, id)
	if have == nil {
		return nil, err
	}
	return have.Progress.Decisions, nil
}

// signal sends a command as a signal, unless who gives it may not, or the release has had too many:
// each stays in the history of the release, whether it is applied or refused.
func (s *Starter) signal(ctx context.Context, p plan) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	to := release.CommandTargetID(p.id)
	found, err := s.temporal.DescribeWorkflowExecution(ctx, to, "")
	if err != nil {
		return err
	}
	info := found.GetWorkflowExecutionInfo()
	if err := s.admitCommand(ctx, p, info); err != nil {
		return err
	}
	if err := checkHistoryBudget(info); err != nil {
		return err
	}
	return s.temporal.SignalWorkflow(ctx, to, "", string(p.command.Kind), *p.command)
}

// checkHistoryBudget returns a [release.Refusal] where the workflow accepts no further signal.
func checkHistoryBudget(info *workflow.WorkflowExecutionInfo) error {
	if info.GetMemo().GetFields()[release.MemoCommands] != nil {
		return release.ErrTooManyCommands
	}
	if info.GetHistoryLength() >= release.MaxHistory || info.GetHistorySizeBytes() >= release.MaxHistorySize {
		return release.Refusal(fmt.Sprintf("its history has %d events and %d bytes, and no command is added to it by an event; use the command line or an update",
			info.GetHistoryLength(), info.GetHistorySizeBytes()))
	}
	return nil
}

// commanded is what a release or a set is of, as the document names it.
func (s *Starter) commanded(ctx context.Context, id string, info *workflow.WorkflowExecutionInfo) (string, error) {
	if release.IsSetID(id) {
		have, err := s.recordedSet(ctx, id)
		name := cmp.Or(have.Progress.Name, have.Name)
		if err == nil && name == "" {
			err = errors.New("the set has not told its name yet")
		}
		if err != nil {
			return "", fmt.Errorf("set %s: %w", id, err)
		}
		return authority.SetTarget(name), nil
	}
	var app string
	field := info.GetSearchAttributes().GetIndexedFields()[release.SearchApp]
	if err := converter.GetDefaultDataConverter().FromPayload(field, &app); err != nil || app == "" {
		return "", release.Refusal(fmt.Sprintf("release %s does not show in its search attribute %s what application it is of, so that nobody can say who may command it", id, release.SearchApp))
	}
	return app, nil
}
