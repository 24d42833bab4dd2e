package cli

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
)

// TestRecordsOf_BoundsWhatItChooses: what a filter leaves out, and what is listed already, takes no place of the limit.
func TestRecordsOf_BoundsWhatItChooses(t *testing.T) {
	t.Parallel()
	of := func(id, by string) ledger.Record { return ledger.Record{ReleaseID: id, RequestedBy: by} }
	listed := []releases.Listed{{ID: "r-listed"}}
	which, err := recordsOf(releases.Filter{App: "sae/cn-hangzhou/shop", RequestedBy: "ann", Limit: 2, Outcome: release.PhaseAborted, Set: "s-a"}, listed)
	require.NoError(t, err)
	require.Equal(t, 3, which.Limit, "one more tells that there are more")
	require.Equal(t, "shop", which.App.ID)
	require.Equal(t, "s-a", which.SetID)
	require.Equal(t, release.PhaseAborted, which.Outcome)

	which, err = recordsOf(releases.Filter{RequestedBy: "ann"}, listed)
	require.NoError(t, err)
	require.Equal(t, math.MaxInt, which.Limit)
	require.True(t, which.Chooses(of("r-forgotten", "ann")))
	require.False(t, which.Chooses(of("r-forgotten", "li")))
	require.False(t, which.Chooses(of("r-listed", "ann")))
}

// TestLatestEnded: those under way come first, as they were asked for, and then what has ended last.
func TestLatestEnded(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 11, 22, 20, minute, 0, 0, time.UTC) }
	var ids []string
	for _, l := range latestEnded([]ledger.Record{
		{ReleaseID: "r-quick", Outcome: release.PhaseSucceeded, EndedAt: at(5)},
		{ReleaseID: "r-waits"},
		{ReleaseID: "r-slow", Outcome: release.PhaseAborted, EndedAt: at(9)},
		{ReleaseID: "r-runs"},
	}) {
		ids = append(ids, l.ID)
	}
	require.Equal(t, []string{"r-waits", "r-runs", "r-slow", "r-quick"}, ids)
}
