package starter

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/workflow/v1"

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
	return false, s.signal(ctx, p)
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
