package render

import "slipway/release"

// The icons, with the meanings they have in Argo Rollouts where it has them.
const (
	iconGood   = "✔"
	iconBad    = "✖"
	iconParked = "॥"
	iconMoving = "◌"
	iconAlarm  = "⚠"
)

// phase shows a phase with its icon. What was asked for and has not begun has none.
func phase(p release.Phase) Cell {
	if p == "" {
		return Cell{Text: iconParked + " not accepted yet", color: yellow}
	}
	icon, c := phaseIcon(p)
	return Cell{Text: icon + " " + string(p), color: c}
}

// PhaseIcon is the icon of a phase, as trees and lists have it.
func PhaseIcon(p release.Phase) string {
	icon, _ := phaseIcon(p)
	return icon
}

func phaseIcon(p release.Phase) (string, color) {
	switch p {
	case release.PhaseSucceeded:
		return iconGood, green
	case release.PhaseRolledBack, release.PhaseAborted, release.PhaseFailed:
		return iconBad, red
	case release.PhaseNeedsAttention:
		return iconAlarm, red
	case release.PhaseQueued, release.PhaseAwaitingApproval, release.PhaseAwaitingConfirm, release.PhaseAwaitingPlatformApproval, release.PhasePaused:
		return iconParked, yellow
	case release.PhasePreparing, release.PhaseRollingOut, release.PhaseRunning, release.PhaseFinalizing, release.PhaseWatching, release.PhaseRollingBack:
		return iconMoving, cyan
	}
	return iconMoving, cyan
}

// batchState is the state of a batch of a release in a phase. What is left of one that goes no
// further does not begin any more.
func batchState(s release.BatchState, waits bool, of release.Phase) Cell {
	icon, c := iconMoving, faint
	switch s {
	case release.BatchPending:
	case release.BatchRunning:
		c = cyan
	case release.BatchDone, release.BatchConfirmed:
		icon, c = iconGood, green
	case release.BatchFailed, release.BatchAborted:
		icon, c = iconBad, red
	}
	if waits {
		icon, c = iconParked, yellow
	}
	text := string(s)
	if s == release.BatchPending && (of.Ended() || of == release.PhaseRollingBack) {
		text = "not begun"
	}
	return Cell{Text: icon + " " + text, color: c}
}

// Verdict says with its icon what a gate has come to.
func Verdict(g release.GateResult) string { return verdict(g).Text }

func verdict(g release.GateResult) Cell {
	icon, c := iconAlarm, yellow
	switch g.Verdict {
	case release.VerdictPass:
		icon, c = iconGood, green
	case release.VerdictFail:
		icon, c = iconBad, red
	case release.VerdictInconclusive:
	}
	text := icon + " " + string(g.Verdict)
	if g.DryRun {
		text, c = text+" (dry run)", faint
	}
	return Cell{Text: text, color: c}
}

// ruleState tells what the release has done to a scaling rule. Only what it has switched
// off and read back so is suspended: until then the rule may still be on.
func ruleState(r release.HeldRule, p release.Progress) Cell {
	switch {
	case r.Gone:
		return Cell{Text: iconBad + " gone", color: yellow}
	case r.Restored:
		return Cell{Text: iconGood + " restored", color: green}
	case p.Phase == release.PhaseNeedsAttention, r.Suspended && p.Phase.Ended():
		return Cell{Text: iconAlarm + " not restored", color: red}
	case r.Suspended:
		return Cell{Text: iconParked + " suspended", color: yellow}
	case p.Stalled != nil && p.Tries() == release.VerbSetScaling && !returns(p):
		return Cell{Text: iconMoving + " being switched off", color: cyan}
	default:
		return Cell{Text: iconMoving + " not suspended", color: faint}
	}
}

func trafficState(t release.TrafficState, p release.Phase) Cell {
	switch {
	case t.Cleared:
		return Cell{Text: iconGood + " cleared", color: green}
	case t.Applied && p.Ended():
		return Cell{Text: iconAlarm + " not cleared", color: red}
	case t.Applied:
		return Cell{Text: iconMoving + " in force", color: cyan}
	default:
		return Cell{Text: iconMoving + " not applied", color: faint}
	}
}
