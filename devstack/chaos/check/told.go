package check

import (
	"fmt"
	"slices"

	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// toldOnce: the world is told of every transition of a release once and in their order, from that it was accepted up to its end, which is
// the one that the ledger has.
func toldOnce(e evidence) (found []Violation) {
	seen, told := map[string]uint64{}, map[string][]event{}
	for _, ev := range e.events {
		if first, twice := seen[ev.ID]; twice {
			v := e.of("R16", "told once", ev.target())
			v.Found, v.Where = fmt.Sprintf("event %s is there twice, at %d and %d", ev.ID, first, ev.sequence), wire.StreamEvents
			found = append(found, v)
		}
		seen[ev.ID] = ev.sequence
		if id := ev.target(); id != "" {
			told[id] = append(told[id], ev)
		}
	}
	for _, r := range e.records {
		find := wrongTold
		if e.sent.Disturbed[r.ReleaseID] {
			find = wrongEnd
		}
		for _, text := range find(r, told[r.ReleaseID]) {
			v := e.of("R16", "told once", r.ReleaseID)
			v.Found, v.Where = text, wire.StreamEvents
			found = append(found, v)
		}
	}
	return found
}

// wrongTold says what is wrong with what was told of a release.
func wrongTold(r ledger.Record, events []event) (wrong []string) {
	accepted, ends := 0, 0
	for i, ev := range events {
		if ev.Kind == release.EventAccepted {
			accepted++
		}
		if i > 0 && ev.Progress.Transition <= events[i-1].Progress.Transition {
			wrong = append(wrong, fmt.Sprintf("%s is told after %s", ev.ID, events[i-1].ID))
		}
		if kind, is := ev.outcome().Outcome(); is && kind == ev.Kind {
			ends++
			if ev.outcome() != r.Outcome {
				wrong = append(wrong, fmt.Sprintf("%s tells the end %s, and the ledger has %s", ev.ID, ev.outcome(), r.Outcome))
			}
		}
	}
	if accepted != 1 {
		wrong = append(wrong, fmt.Sprintf("that it was accepted is told %d times", accepted))
	}
	if ends != 1 {
		wrong = append(wrong, fmt.Sprintf("its end is told %d times", ends))
	}
	return wrong
}

// wrongEnd says what is wrong with the end that was told of a release whose workflow somebody has terminated or reset: it may have told some of
// its transitions again, or not have come to tell them.
func wrongEnd(r ledger.Record, events []event) []string {
	for _, ev := range slices.Backward(events) {
		if ev.outcome() == "" {
			continue
		}
		if ev.outcome() != r.Outcome {
			return []string{fmt.Sprintf("%s tells the end %s, and the ledger has %s", ev.ID, ev.outcome(), r.Outcome)}
		}
		return nil
	}
	return []string{"its end is told 0 times"}
}
