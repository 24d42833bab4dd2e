package workflows

import (
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// listen registers the query and, for every command, an update; its signal comes through
// the inbox. What a set does not take it refuses, and the refusal is recorded.
func (s *set) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, release.QueryProgress, func() (release.SetProgress, error) {
		return s.p, nil
	}); err != nil {
		return err
	}
	for _, kind := range release.CommandKinds() {
		if err := s.listenUpdate(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

func (s *set) listenUpdate(ctx workflow.Context, kind release.CommandKind) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, string(kind),
		func(ctx workflow.Context, c release.Command) (release.SetProgress, error) {
			c = byUpdate(kind, c)
			before := s.p.Phase
			counted, err := s.obey(ctx, c)
			if err != nil {
				return release.SetProgress{}, refused(err)
			}
			if counted && moves(before, c.Kind) {
				// A parked set moves at once: the answer shows where to.
				err = workflow.Await(ctx, func() bool { return s.p.Phase != before })
			}
			return s.p.Fit(release.MaxTold), err
		},
		workflow.UpdateHandlerOptions{
			Validator: func(_ workflow.Context, c release.Command) error {
				c = byUpdate(kind, c)
				if _, err := s.admit(c); err != nil {
					return refused(err)
				}
				return nil
			},
			Description: "Tell the set: " + string(kind),
		})
}

func (s *set) admit(c release.Command) (repeated bool, err error) {
	if err := c.Validate(); err != nil {
		return false, err
	}
	return release.AdmitSet(s.p, c)
}

// obey takes a command and tells whether it counted; or it records why the command does
// not apply and returns the reason.
func (s *set) obey(ctx workflow.Context, c release.Command) (counted bool, err error) {
	repeated, err := s.admit(c)
	if repeated {
		return false, nil
	}
	if err != nil {
		if s.refusals++; s.refusals <= maxRefusals {
			s.refuse(ctx, c, err)
		}
		return false, err
	}
	d := decisionOf(ctx, c)
	taken := s.decided(d)
	if c.Kind == release.CommandConfirm {
		s.confirmed = d.Batch
	} else {
		s.abort, s.p.Reason = taken, because(taken)
		workflow.SetCurrentDetails(ctx, s.p.Details())
	}
	return true, nil
}

// refuse records that a command is not taken.
func (s *set) refuse(ctx workflow.Context, c release.Command, why error) {
	s.decided(refusalOf(ctx, c, why))
}

// decided records a decision.
func (s *set) decided(d release.Decision) *release.Decision {
	s.p.Decisions = append(s.p.Decisions, d)
	return &d
}
