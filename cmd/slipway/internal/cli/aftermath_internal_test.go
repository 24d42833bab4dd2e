package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/ledger"
	"slipway/release"
)

// The words about a release that was lost say what became of it.
func TestAftermath(t *testing.T) {
	t.Parallel()
	attention := release.PhaseNeedsAttention
	for want, r := range map[string]ledger.Record{
		"":                                      {},
		"it had told its end before: Succeeded": {Outcome: release.PhaseSucceeded},
		"it was looked after since; no scaling rule and no traffic rule of it is left": {Outcome: attention, Lost: "terminated", Held: ledger.Held{ChangeID: "co-1"}},
		"it was looked after since; put back: scaling rule daily; put back: scaling rule cpu (by r-2); left behind: its traffic rule": {
			Outcome: attention, Lost: "terminated", Paid: []ledger.Payment{{Rules: []string{"cpu"}, By: "r-2"}, {By: "nobody"}},
			Progress: release.Progress{ScalingRules: []release.HeldRule{{Name: "daily", Restored: true}, {Name: "cpu"}}},
			Held:     ledger.Held{Traffic: true},
		},
		"it was looked after since; left behind: more that the ledger does not name": {Outcome: attention, Lost: "terminated", Held: ledger.Held{More: 1}},
	} {
		require.Equal(t, want, aftermath(r))
	}
}
