package load

import (
	"slices"

	"slipway/release"
)

// approvers are people who may approve what none of them has asked for.
func approvers() []string { return []string{"ann", "bo", "chen"} }

// word is what people send next to a release that stands so; false where they have nothing to do.
func (a Answer) word(p release.Progress) (release.Command, bool) {
	wait := p.Awaiting
	switch {
	case p.Phase.Ended() || p.Stopping() != "":
		return release.Command{}, false
	case p.Paused:
		return release.Command{Kind: release.CommandResume, By: "ann", Note: "it has been looked at"}, true
	case wait == nil:
		return release.Command{}, false
	}
	switch wait.Kind { //nolint:exhaustive // the others end by themselves, or by what operators do
	case release.AwaitConfirm:
		return a.aboutBatch(p, wait.Batch)
	case release.AwaitApproval:
		return a.aboutApproval(p)
	}
	return release.Command{}, false
}

// aboutBatch answers a finished batch that waits.
func (a Answer) aboutBatch(p release.Progress, batch int) (release.Command, bool) {
	confirm := release.Command{Kind: release.CommandConfirm, Batch: batch, By: "ann"}
	switch a {
	case AnswerConfirm, AnswerAtLimit:
		return confirm, true
	case AnswerConfirmAll:
		if counted(p, release.CommandConfirm) { // one does not stand for a batch that waited when it was given
			return confirm, true
		}
		return release.Command{Kind: release.CommandConfirm, All: true, Artifact: p.Artifact.String(), ChangeID: p.ChangeID, By: "ann"}, true
	case AnswerPause:
		if counted(p, release.CommandPause) {
			return confirm, true
		}
		return release.Command{Kind: release.CommandPause, By: "bo", Reason: "to have a look"}, true
	case AnswerAbort:
		return release.Command{Kind: release.CommandAbort, By: "bo", Reason: "it is not good"}, true
	case AnswerRollback:
		return release.Command{Kind: release.CommandRollback, By: "bo", Reason: "it is not good"}, true
	case AnswerNone:
	}
	return release.Command{}, false
}

// aboutApproval answers a release, or a finished batch of one, that asks for approval: somebody who has not yet approves it.
func (a Answer) aboutApproval(p release.Progress) (release.Command, bool) {
	if p.Approval == nil || a == AnswerNone {
		return release.Command{}, false
	}
	c := release.Command{
		Kind: release.CommandApprove, Batch: p.Approval.Batch, Artifact: p.Approval.Artifact, Config: p.Approval.Config, ChangeID: p.Approval.ChangeID,
	}
	if a == AnswerAbort {
		c.Kind, c.By, c.Reason = release.CommandReject, "bo", "it is not good"
		return c, true
	}
	for _, name := range approvers() {
		if !slices.ContainsFunc(p.Approval.Given, func(given release.Approver) bool { return given.By == name }) {
			c.By = name
			return c, true
		}
	}
	return c, false
}

// aboutSet answers a wave of a set that waits.
func (a Answer) aboutSet(p release.SetProgress) (release.Command, bool) {
	switch {
	case p.Phase.Ended() || p.Awaiting == nil || p.Awaiting.Kind != release.AwaitConfirm:
		return release.Command{}, false
	case a == AnswerAbort:
		return release.Command{Kind: release.CommandAbort, By: "bo", Reason: "it is not good"}, true
	}
	return release.Command{Kind: release.CommandConfirm, Batch: p.Awaiting.Batch, By: "ann"}, true
}

// counted reports whether a command of the kind has counted.
func counted(p release.Progress, kind release.CommandKind) bool {
	return slices.ContainsFunc(p.Decisions, func(d release.Decision) bool { return d.Refused == "" && d.Kind == kind })
}
