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

// phase shows a phase with its icon.
func phase(p release.Phase) Cell {
	icon, c := phaseIcon(p)
	return Cell{Text: icon + " " + string(p), color: c}
}

func phaseIcon(p release.Phase) (string, color) {
	switch p {
	case release.PhaseSucceeded:
		return iconGood, green
	case release.PhaseRolledBack, release.PhaseAborted, release.PhaseFailed:
		return iconBad, red
	case release.PhaseNeedsAttention:
		return iconAlarm, red
	case release.PhaseQueued, release.PhaseAwaitingConfirm, release.PhaseAwaitingApproval, release.PhasePaused:
		return iconParked, yellow
	case release.PhasePreparing, release.PhaseRollingOut, release.PhaseFinalizing, release.PhaseRollingBack:
		return iconMoving, cyan
	}
	return iconMoving, cyan
}

func batchState(s release.BatchState, waits bool) Cell {
	icon, c := iconMoving, faint
	switch s {
	case release.BatchPending:
	case release.BatchRunning:
		c = cyan
	case release.BatchDone, release.BatchConfirmed:
		icon, c = iconGood, green
	case release.BatchFailed:
		icon, c = iconBad, red
	}
	if waits {
		icon, c = iconParked, yellow
	}
	return Cell{Text: icon + " " + string(s), color: c}
}
