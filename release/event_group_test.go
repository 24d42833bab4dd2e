package release_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// Every kind of event is in the groups that a reader of the names expects, and in no others.
func TestEventGroup_EachKindIsWhereItBelongs(t *testing.T) {
	t.Parallel()
	groups := map[release.EventKind][]release.EventGroup{
		release.EventApprovalWaiting:         {release.EventsWaiting},
		release.EventBatchWaiting:            {release.EventsWaiting},
		release.EventPlatformApprovalWaiting: {release.EventsWaiting},
		release.EventWaveWaiting:             {release.EventsWaiting},
		release.EventPaused:                  {release.EventsWaiting},
		release.EventHeld:                    {release.EventsWaiting},
		release.EventStalled:                 {release.EventsWaiting, release.EventsBad},
		release.EventRollingBack:             {release.EventsBad},
		release.EventSucceeded:               {release.EventsEnded},
		release.EventAborted:                 {release.EventsEnded},
		release.EventFailed:                  {release.EventsEnded, release.EventsBad},
		release.EventRolledBack:              {release.EventsEnded, release.EventsBad},
		release.EventAttention:               {release.EventsWaiting, release.EventsEnded, release.EventsBad},
	}
	for _, kind := range release.AllEventKinds() {
		for _, g := range release.EventGroups() {
			want := g == release.EventsAll || slices.Contains(groups[kind], g)
			require.Equal(t, want, g.Has(kind), "%s has %s", g, kind)
			require.Equal(t, want, release.ChoosesEvent([]string{string(g)}, kind), "%s chooses %s", g, kind)
		}
		require.True(t, release.ChoosesEvent([]string{"started", string(kind)}, kind))
		require.False(t, release.ChoosesEvent([]string{"nothing"}, kind))
		byDefault := release.EventsWaiting.Has(kind) || release.EventsEnded.Has(kind)
		require.Equal(t, byDefault, release.ChoosesEvent(nil, kind), kind)
	}
	require.False(t, release.EventsAll.Has("unheard-of"))
	require.False(t, release.EventGroup("unheard-of").Has(release.EventFailed))
}

// A word is a group or a kind, and never both.
func TestEventWords_AreUnique(t *testing.T) {
	t.Parallel()
	words := release.EventWords()
	require.Len(t, words, len(release.EventGroups())+len(release.AllEventKinds()))
	slices.Sort(words)
	require.Len(t, slices.Compact(words), len(release.EventWords()))
	for _, outcome := range []release.Phase{release.PhaseSucceeded, release.PhaseFailed, release.PhaseRolledBack, release.PhaseAborted, release.PhaseNeedsAttention} {
		kind, _ := outcome.Outcome()
		require.True(t, release.EventsEnded.Has(kind), outcome)
	}
}
