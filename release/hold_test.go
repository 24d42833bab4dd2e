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
	asked := free
	asked.Ask, asked.Confirmed = true, true
	require.Empty(t, asked.Awaits(), "a confirmed batch is not asked for again")
}
