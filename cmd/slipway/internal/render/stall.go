package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/failtext"
	"slipway/release"
)

// stallFacts are the facts about a stall: what is tried and how it fails, since when, until
// when, and what helps.
func stallFacts(p release.Progress, now time.Time) []fact {
	s := p.Stalled
	if s == nil {
		return nil
	}
	zone := now.Location()
	until := ""
	if !s.Until.IsZero() {
		until = stamp(s.Until, zone) + " (" + release.Span(s.Until.Sub(now)) + " left), " + afterwards(p)
	}
	return []fact{
		{name: "Stalled", value: Cell{Text: iconAlarm + " " + doing(p) + ": " + refusal(s.Fault), color: red}},
		{name: "Since", value: Cell{Text: stamp(s.Since, zone) + " (" + age(s.Since, time.Time{}, now) + ")"}},
		{name: "Last failure", value: Cell{Text: lastFailure(*s, zone)}},
		{name: "Tried until", value: Cell{Text: until}},
		{name: "What helps", value: Cell{Text: p.Remedy(), color: yellow}},
	}
}

// lastFailure is the last failure, of which kind it is and when it was; what a platform answers says
// the kind itself.
func lastFailure(s release.Stall, zone *time.Location) string {
	kind := string(s.Fault) + " "
	if strings.Contains(strings.ToLower(s.Failure), "("+strings.ToLower(string(s.Fault))) {
		kind = ""
	}
	return fmt.Sprintf("%s (%sat %s)", s.Failure, kind, stamp(s.At, zone))
}

// stallLine tells of a stall in one line, without a moment of its own; empty when there is
// none.
func stallLine(p release.Progress, zone *time.Location) string {
	s := p.Stalled
	if s == nil {
		return ""
	}
	parts := []string{stall(p, zone)}
	if !s.Until.IsZero() {
		parts = append(parts, "tried until "+stamp(s.Until, zone)+", "+afterwards(p))
	}
	if helps := p.Remedy(); helps != "" {
		parts = append(parts, "what helps: "+helps)
	}
	return strings.Join(parts, "; ")
}

// stall tells what is tried in vain, since when, and how it fails.
func stall(p release.Progress, zone *time.Location) string {
	s := p.Stalled
	return fmt.Sprintf("stalled since %s, %s: %s: %s", stamp(s.Since, zone), doing(p), refusal(s.Fault), s.Failure)
}

// StallReason says what a release tries in vain and how that fails, without a moment; empty
// where it tries nothing in vain.
func StallReason(p release.Progress) string {
	if p.Stalled == nil {
		return ""
	}
	return Clean(doing(p) + ": " + refusal(p.Stalled.Fault) + ": " + p.Stalled.Failure)
}

// stallDiff tells that a stall has begun, changed or ended; empty when it has not, and when
// the release has ended, which its phase tells. A failure of which nothing but the number of the
// request is another one is the same.
func stallDiff(prev, next release.Progress, now time.Time) string {
	switch {
	case stallLine(withFixedFailure(next), now.Location()) == stallLine(withFixedFailure(prev), now.Location()):
		return ""
	case next.Stalled != nil:
		return next.ReleaseID + " " + iconAlarm + " " + stallLine(next, now.Location())
	case next.Phase.Ended():
		return ""
	}
	return fmt.Sprintf("%s %s %s, after a stall of %s while %s", next.ReleaseID, iconMoving, after(prev, next), age(prev.Stalled.Since, time.Time{}, now), doing(prev))
}

// after is what a release does once it tries nothing in vain any more.
func after(prev, next release.Progress) string {
	switch stopping := next.Stopping(); {
	case stopping != "":
		return stopping
	case next.Phase == release.PhaseRollingBack && prev.Phase != release.PhaseRollingBack:
		return "goes back"
	}
	return "moves again"
}

// withFixedFailure is a progress with the fixed text of its failure, which changes only with the failure.
func withFixedFailure(p release.Progress) release.Progress {
	if s := p.Stalled; s != nil {
		p.Stalled = new(*s)
		p.Stalled.Failure = failtext.Fixed(s.Failure)
	}
	return p
}

// doing is what is tried, in words. Whatever has none is named as it is.
func doing(p release.Progress) string {
	if words := verb(p); words != "" {
		return words
	}
	switch name := p.Stalled.Doing; name {
	case release.JudgedActivity:
		return "asking the ledger which version is good"
	case release.StandsActivity:
		return "asking the ledger whether what is promoted was taken back"
	case release.RecallActivity:
		return "asking the ledger what the release held before it was reset"
	case release.AwaitOpenActivity:
		return "reading the calendar of freezes"
	case release.CheckGatesActivity:
		return "checking the gates"
	case release.MeasureActivity:
		return "measuring the gates"
	default:
		return name
	}
}

// verb is what a verb of the platform does, in words; empty for what is none.
func verb(p release.Progress) string {
	switch p.Tries() {
	case release.VerbSnapshot:
		return "reading the application"
	case release.VerbAwaitIdle:
		return "waiting for the end of another change"
	case release.VerbFindChange:
		return "looking for a change that may have begun"
	case release.VerbBeginRollout:
		return "deploying"
	case release.VerbObserve:
		return "looking at the change"
	case release.VerbConfirmBatch:
		return "confirming batch " + finished(p)
	case release.VerbAbortRollout:
		return "aborting the change"
	case release.VerbBeginRollback:
		return "rolling back"
	case release.VerbBeginRestart:
		return "restarting"
	case release.VerbBeginRescale:
		return "rescaling"
	case release.VerbBeginJobUpdate:
		return "bringing the artifact to the job"
	case release.VerbRunJob:
		return "running the job"
	case release.VerbObserveRun:
		return "looking at the run"
	case release.VerbStopRun:
		return "stopping the run"
	case release.VerbApplyTraffic:
		return "setting the traffic rule"
	case release.VerbClearTraffic:
		return "removing the traffic rule"
	case release.VerbSetScaling:
		if returns(p) {
			return "putting scaling rules back"
		}
		return "switching scaling rules off"
	case release.VerbVerify:
		return "reading back what runs"
	}
	return ""
}

// finished is the number of the latest batch that has finished, which is the one that a
// confirmation names.
func finished(p release.Progress) string {
	number := "?"
	for _, b := range p.Batches {
		if b.State == release.BatchDone || b.State == release.BatchConfirmed {
			number = fmt.Sprint(b.Number)
		}
	}
	return number
}

// returns reports whether what is tried puts things back: the release is on its way back or
// at its end, or it was stopped, or the verb is one that only puts back. Scaling rules are
// switched off while it prepares, and on again by the same verb.
func returns(p release.Progress) bool {
	v := p.Tries()
	_, stopped := p.StoppedBy()
	restores := v == release.VerbSetScaling && (p.Phase != release.PhasePreparing || slices.ContainsFunc(p.ScalingRules, suspended))
	return restores || v == release.VerbClearTraffic || v == release.VerbAbortRollout || v == release.VerbStopRun ||
		p.Phase == release.PhaseRollingBack || p.Phase == release.PhaseFinalizing || stopped
}

func suspended(r release.HeldRule) bool { return r.Suspended }

// refusal says in words which kind of not-yet a failure is.
func refusal(f release.Fault) string {
	switch f {
	case release.FaultThrottled, release.FaultUnavailable, release.FaultUnguarded:
		return "could not ask"
	case release.FaultNoWorker:
		return "no worker has taken it"
	case release.FaultNotNow, release.FaultDeclined:
		return "refused for now"
	case release.FaultConflict:
		return "another change is in the way"
	case release.FaultAmbiguous:
		return "the answer was lost"
	case release.FaultInvalid, release.FaultNotFound, release.FaultAuth, release.FaultBilling, release.FaultQuota,
		release.FaultUndecidable, release.FaultFrozen, release.FaultUnchanged, release.FaultStopped:
	}
	return "it fails"
}

// afterwards is what becomes of the release when the limit of the trying passes.
func afterwards(p release.Progress) string {
	if returns(p) {
		return "then it needs attention"
	}
	return "then it is aborted"
}
