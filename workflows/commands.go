package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// maxRefusals bounds the refused commands kept in the progress.
const maxRefusals = 20

// commands takes the commands of a release or a set, whose progress is P: by updates here, by
// signals and cancellation through its inbox. What counts and what is refused is recorded.
type commands[P any] struct {
	// of names what is commanded: release or set.
	of string
	// decisions are the record, in the progress; recorded is called after each that is added.
	decisions *[]release.Decision
	recorded  func()
	// tell lets the world know of a decision that no transition tells of.
	tell func()
	// note lets the ledger know of the answer to a command that came by an event, whose sender can read
	// nothing else.
	note func()
	// admit reports whether a command applies; one that has counted already is repeated.
	admit func(release.Command) (repeated bool, err error)
	// apply gives a decision its effect.
	apply func(workflow.Context, *release.Decision)
	// progress is what queries are answered, and answer is what updates are.
	progress, answer func() P
	// moved returns what an update waits for whose command moves a parked release or set; nil
	// where it waits for nothing.
	moved    func(release.CommandKind) func() bool
	refusals int
}

// listen registers the query for the progress and, for every command, an update.
func (c *commands[P]) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, release.QueryProgress, func() (P, error) { return c.progress(), nil }); err != nil {
		return err
	}
	for _, kind := range release.CommandKinds() {
		if err := c.listenUpdate(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

func (c *commands[P]) listenUpdate(ctx workflow.Context, kind release.CommandKind) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, string(kind),
		func(ctx workflow.Context, command release.Command) (answer P, err error) {
			command = byUpdate(kind, command)
			moved := c.moved(kind)
			counted, err := c.handle(ctx, command)
			if err != nil {
				return answer, refused(err)
			}
			if counted && moved != nil {
				err = workflow.Await(ctx, moved)
			}
			return c.answer(), err
		},
		workflow.UpdateHandlerOptions{
			Validator: func(_ workflow.Context, command release.Command) error {
				if _, err := c.check(byUpdate(kind, command)); err != nil {
					return refused(err)
				}
				return nil
			},
			Description: "Tell the " + c.of + ": " + string(kind),
		})
}

// byUpdate is a command that came by an update, whatever way it claims to have come: any client of
// Temporal may send one, so that nobody has verified who gives it.
func byUpdate(kind release.CommandKind, c release.Command) release.Command {
	c.Kind, c.Via, c.Source, c.Verified, c.SignedBy, c.Groups = kind, release.ViaUpdate, "", false, "", nil
	return c
}

// moves reports whether the command moves a release that stands in the phase.
func moves(p release.Phase, kind release.CommandKind) bool {
	switch kind {
	case release.CommandConfirm:
		return p == release.PhaseAwaitingConfirm || p == release.PhaseWatching
	case release.CommandAbort, release.CommandRollback, release.CommandReject:
		return p.Parked() || p == release.PhaseWatching
	case release.CommandApprove:
		return p == release.PhaseAwaitingApproval || p == release.PhaseAwaitingConfirm
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

// check reports whether a command is valid and applies.
func (c *commands[P]) check(command release.Command) (repeated bool, err error) {
	if err := command.Validate(); err != nil {
		return false, err
	}
	return c.admit(command)
}

// handle takes a command and reports whether it counted, which a repeated one does not; or
// it records why the command does not apply and returns the reason.
func (c *commands[P]) handle(ctx workflow.Context, command release.Command) (counted bool, err error) {
	repeated, err := c.check(command)
	if command.Via == release.ViaEvent && !repeated {
		defer c.note()
	}
	switch {
	case err == nil && repeated:
		return false, nil
	case err == nil:
		c.apply(ctx, c.record(decisionOf(ctx, command)))
		return true, nil
	}
	if c.refusals++; c.refusals <= maxRefusals {
		c.refuse(ctx, command, err)
	}
	return false, err
}

// refuse records that a command is not taken.
func (c *commands[P]) refuse(ctx workflow.Context, command release.Command, why error) {
	d := decisionOf(ctx, command)
	d.Refused = why.Error()
	workflow.GetLogger(ctx).Warn("command refused", "command", command.Kind, "by", command.By, "reason", d.Refused)
	c.record(d)
	c.tell()
}

// record adds a decision to the record.
func (c *commands[P]) record(d release.Decision) *release.Decision {
	*c.decisions = append(*c.decisions, d)
	if c.recorded != nil {
		c.recorded()
	}
	return &d
}

// decisionOf is a command as it is recorded.
func decisionOf(ctx workflow.Context, c release.Command) release.Decision {
	return release.Decision{
		Kind: c.Kind, ID: c.ID, Batch: c.Batch, All: c.All, ChangeID: c.ChangeID, Version: c.Version, AtSafePoint: c.AtSafePoint, Denied: c.Denied,
		By: c.By, At: workflow.Now(ctx), Via: c.Via, Source: c.Source, Verified: c.Verified, SignedBy: c.SignedBy, Note: c.Words(),
	}
}

// byLimit is what Slipway decides in the place of a person, because a limit has passed.
func byLimit(ctx workflow.Context, kind release.CommandKind, note string) release.Decision {
	return release.Decision{Kind: kind, By: release.Slipway, At: workflow.Now(ctx), Via: release.ViaLimit, Note: note}
}

// because says who stopped a release or set and why.
func because(d *release.Decision) string {
	words := "aborted by "
	if d.Kind == release.CommandRollback {
		words = "rolled back by "
	}
	if d.Kind == release.CommandReject {
		words = "rejected by "
	}
	if d.Note == "" {
		return words + d.By
	}
	return words + d.By + ": " + d.Note
}
