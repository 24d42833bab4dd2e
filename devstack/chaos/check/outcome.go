package check

import (
	"fmt"
	"slices"

	"slipway/devstack/chaos/load"
	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// oneOutcome: whatever JetStream has taken has come to one of the things that may become of it: a release that has ended, one dead letter
// with a reason, or nothing where the same was asked for before. Nothing else was released.
func oneOutcome(e evidence) (found []Violation) {
	records, letters := e.recordsByID(), map[uint64][]wire.Letter{}
	for _, l := range e.letters {
		letters[l.StreamSequence] = append(letters[l.StreamSequence], l)
		if l.Reason == "" {
			found = append(found, Violation{
				Rule: "R6", Check: "one outcome", Application: l.About, Found: fmt.Sprintf("dead letter %d has no reason", l.Sequence), Where: wire.StreamDeadLetter,
			})
		}
	}
	for _, m := range e.sent.Messages {
		record, known := records[m.Target]
		what := became{letters: letters[m.Sequence], known: known, outcome: record.Outcome, where: ledger.Bucket}
		what.phase, what.reason = record.Latest().Phase, record.Latest().Reason
		if set, is := e.sets[m.Target]; is {
			what.known, what.outcome, what.phase, what.reason = true, set.Progress.Outcome, set.Progress.Phase, set.Progress.Reason
		}
		if len(what.letters) > 0 {
			what.where = wire.StreamDeadLetter
		}
		if text := what.wrong(m); text != "" {
			v := e.of("R6", "one outcome", m.Target)
			v.Found, v.Where = fmt.Sprintf("%s %s (%s, message %d) %s", m.Kind, m.EventID, m.Target, m.Sequence, text), what.where
			found = append(found, v)
		}
	}
	if e.unsettled > 0 {
		found = append(found, Violation{
			Rule: "R6", Check: "one outcome", Found: fmt.Sprintf("%d messages are not settled", e.unsettled), Where: wire.StreamIn,
		})
	}
	return append(found, e.unasked()...)
}

// became is what has become of a message.
type became struct {
	letters []wire.Letter
	// known tells that the ledger knows what was asked for, and the rest is how that stands there.
	known          bool
	outcome, phase release.Phase
	reason, where  string
}

// wrong says what is wrong with it; empty where that may become of the message.
func (b became) wrong(m load.Message) string {
	switch {
	case len(b.letters) > 1:
		return fmt.Sprintf("has %d dead letters", len(b.letters))
	case len(b.letters) == 1 && !m.May.Letter:
		return "was to be taken, and is a dead letter: " + b.letters[0].Reason
	case len(b.letters) == 1 || m.Kind == wire.KindCommand && m.May.Letter && len(m.May.Ends) == 0:
		return ""
	case m.May.Letter && len(m.May.Ends) == 0 && !m.May.Again:
		return "was to be refused, and is no dead letter"
	case !b.known:
		return "has come to nothing: nobody knows of it"
	case b.outcome == "":
		return fmt.Sprintf("has not ended: %s, %s", b.phase, b.reason)
	case len(m.May.Ends) > 0 && !slices.Contains(m.May.Ends, b.outcome):
		return fmt.Sprintf("has ended %s, which it must not: %s", b.outcome, b.reason)
	}
	return ""
}

// unasked are releases that nobody has asked for.
func (e evidence) unasked() (found []Violation) {
	for _, r := range e.records {
		if _, asked := e.sent.Asked[r.ReleaseID]; !asked && !e.sent.Promoted[r.ReleaseID] {
			v := e.of("R15", "one outcome", r.ReleaseID)
			v.Found, v.Where = "nobody has asked for it", ledger.Bucket
			found = append(found, v)
		}
	}
	return found
}
