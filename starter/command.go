package starter

import (
	"context"
	"errors"
	"fmt"

	"slipway/release"
	"slipway/releases/execution"
)

// command hands a command to its release. When there is none, it tells whether a request
// for it waits in the stream: a release that begins between the two looks is there at the
// second.
func (s *Starter) command(ctx context.Context, p plan, d *delivery) (awaited bool, err error) {
	if err := s.signal(ctx, p); !execution.IsGone(err) {
		return false, err
	}
	if s.isAskedFor(ctx, p.id, d.place.Sequence) {
		return true, errors.New("the request for it waits to be taken")
	}
	return false, s.signal(ctx, p)
}

// signal hands a command over, unless too many have been: each stays in the history of the
// release, whatever it makes of it.
func (s *Starter) signal(ctx context.Context, p plan) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	to := release.AddresseeID(p.id)
	if err := s.spent(ctx, to); err != nil {
		return err
	}
	return s.temporal.SignalWorkflow(ctx, to, "", string(p.command.Kind), *p.command)
}

// spent returns a [release.Refusal] where the workflow takes no further command by events.
func (s *Starter) spent(ctx context.Context, workflowID string) error {
	found, err := s.temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return err
	}
	info := found.GetWorkflowExecutionInfo()
	if info.GetMemo().GetFields()[release.MemoCommands] != nil {
		return release.ErrTooManyCommands
	}
	if info.GetHistoryLength() >= release.MaxHistory || info.GetHistorySizeBytes() >= release.MaxHistorySize {
		return release.Refusal(fmt.Sprintf("its history has %d events and %d bytes, and no command is added to it by an event; use the command line or an update",
			info.GetHistoryLength(), info.GetHistorySizeBytes()))
	}
	return nil
}
