package render

import "slipway/release"

// PhaseIcon is the icon of a phase, as trees and lists have it.
func PhaseIcon(p release.Phase) string {
	icon, _ := phaseIcon(p)
	return icon
}

// StallReason says what a release tries in vain and how that fails, without a moment; empty
// where it tries nothing in vain.
func StallReason(p release.Progress) string {
	if p.Stalled == nil {
		return ""
	}
	return Clean(doing(p) + ": " + refusal(p.Stalled.Fault) + ": " + p.Stalled.Failure)
}

// Verdict says with its icon what a gate has come to.
func Verdict(g release.GateResult) string { return verdict(g).Text }
