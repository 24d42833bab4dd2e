package release

// Confirming is the confirmation of the batch that waits just now, or that has it while something else holds the next one back: a
// second confirmation of that one is answered so. It is bound to what the release shows at p. A [Refusal] says why there is none.
func (p Progress) Confirming() (Command, error) {
	c, err := p.boundConfirmation()
	switch a := p.Awaiting; {
	case err != nil:
		return Command{}, err
	case a != nil && (a.Kind == AwaitConfirm || a.Kind == AwaitWatch || p.Confirmed() != ""):
		c.Batch = a.Batch
		return c, nil
	case a != nil && a.Kind == AwaitApproval:
		return Command{}, Refusal("what waits asks for approval: slipway release approve " + p.ReleaseID)
	}
	return Command{}, Refusal("no batch waits for a confirmation: the release is " + string(p.Phase))
}

// ConfirmingAll is the confirmation of the batch that waits and of every one after it.
func (p Progress) ConfirmingAll() (Command, error) {
	c, err := p.boundConfirmation()
	if err == nil && p.ChangeID == "" {
		return Command{}, Refusal("it has begun no change whose batches could be confirmed: the release is " + string(p.Phase))
	}
	c.All = true
	return c, err
}

// boundConfirmation is a confirmation that is bound to the artifact and the change at p.
func (p Progress) boundConfirmation() (Command, error) {
	switch {
	case p.Phase.Ended():
		return Command{}, Refusal("it has ended: " + string(p.Phase))
	case p.Paused && p.Confirmed() == "":
		return Command{}, Refusal("it is paused; resume it first: slipway release resume " + p.ReleaseID)
	}
	c := Command{Kind: CommandConfirm, ChangeID: p.ChangeID}
	if p.Artifact != (Artifact{}) {
		c.Artifact = p.Artifact.String()
	}
	return c, nil
}

// Confirming is the confirmation of the wave that waits just now. A [Refusal] says why there is none.
func (p SetProgress) Confirming() (Command, error) {
	switch {
	case p.Phase.Ended():
		return Command{}, Refusal("the set has ended: " + string(p.Phase))
	case p.Awaiting == nil:
		return Command{}, Refusal("no wave waits for a confirmation: the set is " + string(p.Phase))
	}
	return Command{Kind: CommandConfirm, Batch: p.Awaiting.Batch}, nil
}
