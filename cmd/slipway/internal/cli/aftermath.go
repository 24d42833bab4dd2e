package cli

import (
	"context"
	"strings"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
)

// whatBecame says why a release stands where it stands whose workflow was closed abnormally:
// what the ledger knows to have become of it, and else what Temporal knows.
func whatBecame(ctx context.Context, call *call, status releases.Status[release.Progress]) string {
	ctx, cancel := context.WithTimeout(ctx, takenTime)
	defer cancel()
	ctx, end := call.app.denials.Watch(ctx)
	defer end()
	r, err := readLedger(ctx, call, func(known *ledger.Ledger) (ledger.Record, error) { return known.Get(ctx, status.Progress.ReleaseID) })
	if err != nil {
		return status.Progress.Reason // it is true without the ledger, too
	}
	if became := aftermath(r); became != "" {
		return status.ClosedAbnormally + ": " + became
	}
	return status.Progress.Reason
}

// aftermath says what became of a release that was lost; empty while nobody has looked after it.
func aftermath(r ledger.Record) string {
	if r.Ended() && r.Outcome != release.PhaseNeedsAttention {
		return "it had told its end before: " + string(r.Outcome)
	}
	if r.Lost == "" {
		return ""
	}
	parts := []string{"it was looked after since"}
	if back := restored(r.Progress.ScalingRules); len(back) > 0 {
		parts = append(parts, "put back: "+things(back, false))
	}
	for _, p := range r.Paid {
		if what := things(p.Rules, p.Traffic); what != "" {
			parts = append(parts, strings.TrimSuffix("put back: "+what+" (by "+p.By+")", " (by )"))
		}
	}
	// The change is left out: nobody tells the ledger that its end was seen.
	left := things(r.Held.ScalingRules, r.Held.Traffic)
	if r.Held.More > 0 {
		left = strings.TrimPrefix(left+", more that the ledger does not name", ", ")
	}
	if left == "" {
		return strings.Join(append(parts, "no scaling rule and no traffic rule of it is left"), "; ")
	}
	return strings.Join(append(parts, "left behind: "+left), "; ")
}

// restored names the rules that are back.
func restored(rules []release.HeldRule) []string {
	var names []string
	for _, r := range rules {
		if r.Restored {
			names = append(names, r.Name)
		}
	}
	return names
}

// things names what a release has changed besides the version that runs.
func things(rules []string, traffic bool) string {
	var all []string
	for _, name := range rules {
		all = append(all, "scaling rule "+name)
	}
	if traffic {
		all = append(all, "its traffic rule")
	}
	return strings.Join(all, ", ")
}
