package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestRun_ADecisionThatHasNotLedToTheEndIsRefused is R7. Whether it has is never read from the
// reason, in which a message of the platform may stand as well.
func TestRun_ADecisionThatHasNotLedToTheEndIsRefused(t *testing.T) {
	t.Parallel()
	abort := &release.Decision{Kind: release.CommandAbort, By: "ann"}
	later := &release.Decision{Kind: release.CommandAbort, By: "ann", AtSafePoint: true}
	led := decided(abort).end(release.PhaseFailed, "; the application runs shop:1")
	alike := cause{text: "the change ended failed: aborted by ann"}
	for name, c := range map[string]struct {
		e       *ending
		refused []bool // the abort, and the one for a safe point that has never come
	}{
		"led to it":                {led, []bool{false, true}},
		"more is said":             {led.and("a rule was deleted"), []bool{false, true}},
		"another outcome":          {led.needsAttention("; rules are left off"), []bool{false, true}},
		"words that are alike":     {alike.end(release.PhaseFailed, ""), []bool{true, true}},
		"success":                  {end(release.PhaseSucceeded, ""), []bool{true, true}},
		"what they wanted":         {alike.end(release.PhaseAborted, ""), []bool{false, false}},
		"what they wanted as well": {alike.end(release.PhaseRolledBack, ""), []bool{false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &run{will: will{abort: abort, later: later}}
			r.p.Decisions = []release.Decision{*abort, *later}
			r.refuseUnheeded(c.e)
			for i, d := range r.p.Decisions {
				require.Equal(t, c.refused[i], d.Refused != "", "%d: %q", i, d.Refused)
			}
		})
	}
}
