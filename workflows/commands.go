package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// maxRefusals bounds the refused commands kept in the progress.
const maxRefusals = 20

// listen registers the queries and, for every command, an update; its signal comes through
// the inbox.
func (r *run) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, release.QueryProgress, func() (release.Progress, error) {
		return r.p, nil
	}); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, release.QueryPlace, func() (release.LaneEntry, error) {
		return r.place(ctx), nil
	}); err != nil {
		return err
	}
	for _, kind := range release.CommandKinds() {
		if err := r.listenUpdate(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) listenUpdate(ctx workflow.Context, kind release.CommandKind) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, string(kind),
		func(ctx workflow.Context, c release.Command) (release.Progress, error) {
			c = byUpdate(kind, c)
			before, awaited := r.p.Phase, r.p.Awaiting
			counted, err := r.obey(ctx, c)
			if err != nil {
				return release.Progress{}, refused(err)
			}
			if counted && moves(before, c.Kind) {
				// A parked release moves at once: the answer shows where to, or what it waits
				// for now, or why it does not get there.
				stops := c.Kind == release.CommandAbort || c.Kind == release.CommandRollback
				err = workflow.Await(ctx, func() bool {
					return r.p.Phase != before || r.p.Stalled != nil || !stops && (r.p.Awaiting != awaited || r.frozen())
				})
			}
			return r.p.Fit(release.MaxAnswer), err
		},
		workflow.UpdateHandlerOptions{
			Validator: func(_ workflow.Context, c release.Command) error {
				c = byUpdate(kind, c)
				if err := c.Validate(); err != nil {
					return refused(err)
				}
				if _, err := release.Admit(r.p, c); err != nil {
					return refused(err)
				}
				return nil
			},
			Description: "Tell the release: " + string(kind),
		})
}

// frozen reports whether a freeze holds the release, which a resume does not end.
func (r *run) frozen() bool { return r.p.Awaiting != nil && r.p.Awaiting.Kind == release.AwaitThaw }

// byUpdate is a command that came by an update, whatever way it claims to have come.
func byUpdate(kind release.CommandKind, c release.Command) release.Command {
	c.Kind, c.Via, c.Source = kind, release.ViaUpdate, ""
	return c
}

// moves tells whether the word moves a release that stands in the phase.
func moves(p release.Phase, word release.CommandKind) bool {
	switch word {
	case release.CommandConfirm, release.CommandAbort, release.CommandRollback:
		return p.Parked()
	case release.CommandResume:
		return p == release.PhasePaused
	case release.CommandPause:
		return p == release.PhaseAwaitingConfirm
	case release.CommandOverride:
	}
	return false
}

func refused(err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), release.ErrorRefused, nil)
}

// obey takes a command and tells whether it counted, which a repeated one does not; or
// it records why the command does not apply and returns the reason.
func (r *run) obey(ctx workflow.Context, c release.Command) (counted bool, err error) {
	repeated := false
	if err = c.Validate(); err == nil {
		repeated, err = release.Admit(r.p, c)
	}
	if repeated {
		return false, nil
	}
	if err != nil {
		if r.refusals++; r.refusals <= maxRefusals {
			r.refuse(ctx, c, err)
		}
		return false, err
	}
	r.take(r.decided(decisionOf(ctx, c)))
	return true, nil
}

// refuse records that a command is not taken.
func (r *run) refuse(ctx workflow.Context, c release.Command, why error) {
	r.decided(refusalOf(ctx, c, why))
}

// refusalOf is a command that is not taken, as it is recorded.
func refusalOf(ctx workflow.Context, c release.Command, why error) release.Decision {
	d := decisionOf(ctx, c)
	d.Refused = why.Error()
	workflow.GetLogger(ctx).Warn("command refused", "command", c.Kind, "by", c.By, "reason", d.Refused)
	return d
}

// decisionOf is a command as it is recorded.
func decisionOf(ctx workflow.Context, c release.Command) release.Decision {
	return release.Decision{
		Kind: c.Kind, ID: c.ID, Batch: c.Batch, Version: c.Version, AtSafePoint: c.AtSafePoint, By: c.By, At: workflow.Now(ctx),
		Via: c.Via, Source: c.Source, Note: c.Words(),
	}
}

// take lets a word that counts have its effect; whoever waits for it looks again.
func (r *run) take(d *release.Decision) {
	switch d.Kind {
	case release.CommandConfirm:
		r.confirmed = d.Batch
	case release.CommandAbort, release.CommandRollback:
		if d.AtSafePoint && !r.atSafePoint {
			r.later = d
			return
		}
		r.abort = d
	case release.CommandPause:
		r.p.Paused = true
	case release.CommandResume:
		r.p.Paused = false
	case release.CommandOverride:
		r.override = true
	}
}
