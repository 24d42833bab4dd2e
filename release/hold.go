package release

// HeldBatch is what is known of a finished batch that holds the next one back.
type HeldBatch struct {
	// Paused tells that a person lets nothing new begin.
	Paused bool
	// Baked tells that the bake time has passed.
	Baked bool
	// Measured tells that the gates have their verdicts, and that none of them failed.
	Measured bool
	// Ask tells that a person must confirm: always with confirm manual, and where a gate
	// was inconclusive.
	Ask bool
	// Approve tells that people must approve it, in the place of one who confirms.
	Approve bool
	// Doubt tells that a gate was inconclusive.
	Doubt bool
	// Confirmed tells that the batch was confirmed or approved.
	Confirmed bool
	// Standing tells that all batches were confirmed, before this one waited. That was no answer
	// to a doubt which nobody knew of then.
	Standing bool
	// Due tells that the time of day has come at which the next batch may begin.
	Due bool
	// Frozen tells that a freeze has held the confirmation back.
	Frozen bool
}

// Awaits answers what the batch waits for now, the first of its reasons in their order;
// empty when the next batch may begin.
func (h HeldBatch) Awaits() AwaitKind {
	switch {
	case h.Paused:
		return AwaitResume
	case !h.Baked:
		return AwaitBake
	case !h.Measured:
		return AwaitGates
	case h.Ask && h.Approve && !h.Confirmed:
		return AwaitApproval
	case h.Ask && !h.Confirmed && (h.Doubt || !h.Standing):
		return AwaitConfirm
	case !h.Due:
		return AwaitSchedule
	case h.Frozen:
		return AwaitFreeze
	default:
		return ""
	}
}

// AwaitOpenActivity waits until no freeze holds an application any more: [AwaitOpenInput] in,
// nothing out. Where another freeze than the one that is known has come to hold it, or that one
// ends at another time, it is FaultFrozen with that [Freeze].
const AwaitOpenActivity = "calendar.AwaitOpen"

// AwaitOpenInput names the application.
type AwaitOpenInput struct {
	App App `json:"app"`
	// Known is the freeze that is known to hold it; zero where none is, so that any is told.
	Known Freeze `json:"known,omitzero"`
}

// WaitsFor returns the time of day for which the batch waits, if there is one.
func (s Strategy) WaitsFor(batch int) (BatchSchedule, bool) {
	for _, each := range s.Schedule {
		if each.Batch == batch {
			return each, true
		}
	}
	return BatchSchedule{}, false
}
