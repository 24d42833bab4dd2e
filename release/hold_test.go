package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestHold_HeldBatch is the whole table: the reasons stand in their order, and each is seen
// through all that come after it.
func TestHold_HeldBatch(t *testing.T) {
	t.Parallel()
	free := release.HeldBatch{Baked: true, Measured: true, Due: true}
	require.Empty(t, free.Awaits())
	reasons := []struct {
		kind release.AwaitKind
		hold func(*release.HeldBatch)
	}{
		{release.AwaitResume, func(h *release.HeldBatch) { h.Paused = true }},
		{release.AwaitBake, func(h *release.HeldBatch) { h.Baked = false }},
		{release.AwaitGates, func(h *release.HeldBatch) { h.Measured = false }},
		{release.AwaitConfirm, func(h *release.HeldBatch) { h.Ask = true }},
		{release.AwaitSchedule, func(h *release.HeldBatch) { h.Due = false }},
		{release.AwaitFreeze, func(h *release.HeldBatch) { h.Frozen = true }},
	}
	for set := range 1 << len(reasons) {
		h, want := free, release.AwaitKind("")
		for i, reason := range reasons {
			if set&(1<<i) == 0 {
				continue
			}
			reason.hold(&h)
			if want == "" {
				want = reason.kind
			}
		}
		require.Equal(t, want, h.Awaits(), "%+v", h)
	}
	for _, c := range []struct {
		name  string
		h     release.HeldBatch
		waits bool
	}{
		{"nobody confirmed", release.HeldBatch{}, true},
		{"all were confirmed", release.HeldBatch{Standing: true}, false},
		{"all were confirmed, and a gate is inconclusive since", release.HeldBatch{Standing: true, Doubt: true}, true},
		{"a gate is inconclusive", release.HeldBatch{Doubt: true}, true},
		{"a gate is inconclusive, and somebody has confirmed", release.HeldBatch{Doubt: true, Confirmed: true}, false},
	} {
		c.h.Ask, c.h.Baked, c.h.Measured, c.h.Due = true, true, true, true
		require.Equal(t, c.waits, c.h.Awaits() == release.AwaitConfirm, c.name)
		for _, kept := range []func(*release.HeldBatch){
			func(h *release.HeldBatch) { h.Paused = true }, func(h *release.HeldBatch) { h.Baked = false }, func(h *release.HeldBatch) { h.Measured = false },
		} { // what comes before a confirmation holds whoever has confirmed
			h := c.h
			kept(&h)
			require.NotContains(t, []release.AwaitKind{"", release.AwaitConfirm}, h.Awaits(), c.name)
		}
	}
	for _, confirmed := range []bool{false, true} {
		h := free
		h.Ask, h.Approve, h.Standing, h.Confirmed = true, true, true, confirmed
		require.Equal(t, !confirmed, h.Awaits() == release.AwaitApproval, "a confirmation of all is no approval")
	}
	asked := free
	asked.Ask, asked.Confirmed = true, true
	require.Empty(t, asked.Awaits(), "a confirmed batch is not asked for again")
}
