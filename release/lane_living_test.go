package release_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// published is the n-th place of a stream, taken in the n-th minute.
func published(n int) release.Published {
	return release.Published{Sequence: uint64(n), At: at(n)}
}

func TestLaneLiving_WhatWasPublishedBefore(t *testing.T) {
	t.Parallel()
	anew := release.Published{Sequence: 1, At: at(9)}
	for name, c := range map[string]struct {
		a, b release.Published
		want bool
	}{
		"before":                       {published(1), published(2), true},
		"after":                        {published(2), published(1), false},
		"the same":                     {published(2), published(2), false},
		"never published":              {release.Published{}, published(2), false},
		"before what was not":          {published(1), release.Published{}, false},
		"a stream that was made anew":  {anew, published(5), false},
		"before a stream made anew":    {published(5), anew, false},
		"within one moment of a clock": {release.Published{Sequence: 1, At: at(2)}, published(2), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.a.Before(c.b))
		})
	}
}

func TestLaneLiving_ALineIsInTheOrderOfPublishing(t *testing.T) {
	t.Parallel()
	l := &release.LaneInput{}
	for _, e := range []release.LaneEntry{
		{ReleaseID: "r-4", Published: published(4)},
		{ReleaseID: "r-1", Published: published(1)},
		{ReleaseID: "r-unordered"},
		{ReleaseID: "r-5", Published: published(5)},
		{ReleaseID: "r-3", Published: published(3)},
		{ReleaseID: "r-p7", Published: published(7), Preempt: true},
		{ReleaseID: "r-p6", Published: published(6), Preempt: true},
	} {
		l.Join(e)
	}
	require.Equal(t, []string{"r-4", "r-p6", "r-p7", "r-1", "r-unordered", "r-3", "r-5"}, idsOf(l.Line), "r-4 runs")
}

func idsOf(line []release.LaneEntry) []string {
	var ids []string
	for _, e := range line {
		ids = append(ids, e.ReleaseID)
	}
	return ids
}

func TestLaneLiving_WhatComesTooLateToBeOrdered(t *testing.T) {
	t.Parallel()
	begun := func(n int) *release.LaneInput {
		l := &release.LaneInput{}
		l.Join(release.LaneEntry{ReleaseID: "r-begun", Published: published(n)})
		return l
	}
	superseding := begun(1)
	superseding.Join(release.LaneEntry{ReleaseID: "r-newest", Published: published(9), Supersedes: true})
	restarted := &release.LaneInput{}
	restarted.Join(release.LaneEntry{ReleaseID: "r-restart", Operation: release.OperationRestart, Published: published(5)})
	anew := &release.LaneInput{Latest: &release.Begun{ReleaseID: "r-old", Published: published(9)}}
	anew.Join(release.LaneEntry{ReleaseID: "r-anew", Published: release.Published{Sequence: 2, At: at(12)}})
	for name, c := range map[string]struct {
		line *release.LaneInput
		sub  release.Submission
		want string
	}{
		"published before what has begun": {begun(5), release.Submission{Published: published(4)}, "release r-begun was published after it and has begun already"},
		"a rollback, too": {
			begun(5), release.Submission{Spec: release.Spec{Operation: release.OperationRollback}, Published: published(4)}, "r-begun was published after it",
		},
		"of a stream made anew, in the order of that": {anew, release.Submission{Published: release.Published{Sequence: 1, At: at(11)}}, "release r-anew was published after it"},
		"a restart may come late":                     {begun(5), release.Submission{Spec: release.Spec{Operation: release.OperationRestart}, Published: published(4)}, ""},
		"a restart that has begun makes no late":      {restarted, release.Submission{Published: published(4)}, ""},
		"published after":                             {begun(5), release.Submission{Published: published(6)}, ""},
		"not published":                               {begun(5), release.Submission{}, ""},
		"before one that supersedes":                  {superseding, release.Submission{Published: published(8)}, "superseded by release r-newest, which was published after it"},
		"after one that supersedes":                   {superseding, release.Submission{Published: published(10)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.line.Refusal(c.sub)
			require.True(t, strings.HasPrefix(got, c.want) || strings.Contains(got, c.want) && c.want != "", got)
			require.Equal(t, c.want == "", got == "", got)
		})
	}
}

func TestLaneLiving_ALaneTakesInWhatItFinds(t *testing.T) {
	t.Parallel()
	l := &release.LaneInput{Line: []release.LaneEntry{{ReleaseID: "r-2", Published: published(2)}, {ReleaseID: "r-3", Published: published(3)}}}
	debt := release.Debt{ReleaseID: "r-0", ScalingRules: []string{"daily"}}
	running := l.Adopt(release.Living{
		Releases: []release.LaneEntry{
			{ReleaseID: "r-2", Published: published(2), Proceeded: true},
			{ReleaseID: "r-3", Published: published(3)},
			{ReleaseID: "r-1", Published: published(1)},
		},
		Latest: &release.Begun{ReleaseID: "r-9", Published: published(9)},
		Debts:  []release.Debt{debt, {ReleaseID: "r-nothing"}},
	})
	require.Equal(t, []string{"r-2"}, idsOf(running))
	require.Equal(t, []string{"r-2", "r-1", "r-3"}, idsOf(l.Line))
	require.Equal(t, "r-9", l.Latest.ReleaseID)
	require.Equal(t, []release.Debt{debt}, l.Debts)
	require.True(t, l.Knows("r-1"))

	require.Empty(t, l.Adopt(release.Living{Releases: slices.Clone(l.Line)}), "what is known is not taken in again")
	require.Len(t, l.Line, 3)
}

func TestLaneLiving_DebtsAreOwedUntilTheyArePaid(t *testing.T) {
	t.Parallel()
	left := release.Progress{ReleaseID: "r-1", ScalingRules: []release.HeldRule{
		{Name: "daily"}, {Name: "weekly", Suspended: true}, {Name: "back", Restored: true}, {Name: "gone", Gone: true},
	}, Traffic: &release.TrafficState{Applied: true}}
	l := &release.LaneInput{}
	l.Owe(left.Owes())
	require.Equal(t, []release.Debt{{ReleaseID: "r-1", ScalingRules: []string{"daily", "weekly"}, Traffic: true}}, l.Debts)
	require.Equal(t, "release r-1 has left scaling rules off: daily, weekly, and its traffic rule, which may be in force", l.Debts[0].Words())

	next := release.Progress{ReleaseID: "r-2", ScalingRules: []release.HeldRule{
		{Name: "daily", Owed: "r-1", Restored: true}, {Name: "weekly", Owed: "r-1"}, {Name: "own", Restored: true},
	}}
	require.True(t, next.Owes().Empty(), "who pays for another takes no debt over")
	l.PayOff(next.Paid())
	require.Equal(t, []string{"weekly"}, l.Debts[0].ScalingRules)
	next.ScalingRules[1].Gone = true
	l.PayOff(next.Paid())
	require.Equal(t, []release.Debt{{ReleaseID: "r-1", Traffic: true}}, l.Debts)
	l.PayOff(release.Progress{ReleaseID: "r-3", Named: []string{"r-1"}}.Paid())
	require.Empty(t, l.Debts, "what nobody can put right is named once")
	require.True(t, l.Idle(), "the ledger remembers debts")
}

func TestLaneLiving_WhatAReleaseWaitsFor(t *testing.T) {
	t.Parallel()
	hold := &release.Hold{By: "ann", Reason: "audit", Since: at(1)}
	waits := func(ids ...string) []release.LaneEntry {
		var line []release.LaneEntry
		for _, id := range ids {
			line = append(line, release.LaneEntry{ReleaseID: id})
		}
		return line
	}
	for want, s := range map[string]release.LaneState{
		"release r-1, which runs":                                 {Running: &release.LaneEntry{ReleaseID: "r-1"}, Held: hold, Waiting: waits("r-2")},
		"the lane, held since 2026-11-02T08:01:00Z by ann: audit": {Held: hold, Waiting: waits("r-2")},
		"release r-0, which waits before it":                      {Waiting: waits("r-0", "r-2")},
		"its lane, which did not know of it":                      {},
	} {
		require.Equal(t, want, s.WaitsFor("r-2"))
	}
}

// What was kept of a rule that is owed is handed on with its name, until it was paid.
func TestLaneLiving_DebtsCarryWhatWasKept(t *testing.T) {
	t.Parallel()
	kept := release.ScalingRule{Name: "api.daily", Revision: "a", Kept: []byte(`{"target":5}`)}
	p := release.Progress{ReleaseID: "r-1", ScalingRules: []release.HeldRule{
		{Name: kept.Name, Revision: kept.Revision, Kept: kept.Kept, Suspended: true}, {Name: "cpu", Suspended: true}, {Name: "back", Restored: true},
	}}
	owed := p.Owes()
	require.Equal(t, release.Debt{ReleaseID: "r-1", ScalingRules: []string{"api.daily", "cpu"}, Kept: []release.ScalingRule{kept}}, owed)
	require.Equal(t, release.ScalingRule{Name: "cpu"}, owed.Rule("cpu"))
	lane := release.LaneInput{}
	lane.Owe(owed)
	lane.PayOff([]release.Debt{{ReleaseID: "r-1", ScalingRules: []string{"cpu"}}})
	require.Equal(t, []release.Debt{{ReleaseID: "r-1", ScalingRules: []string{"api.daily"}, Kept: []release.ScalingRule{kept}}}, lane.Debts)
}

// A denial names the version by its ID, so that no rollback takes it for a good one.
func TestLaneLiving_ADeniedVersionIsAvoidedByItsID(t *testing.T) {
	t.Parallel()
	image := release.Artifact{Image: "registry.example/shop:2"}
	p := release.Progress{ReleaseID: "r-1", Artifact: image, Version: "8", RollbackTo: &release.Version{ID: "7"}}
	d, bad := release.NewDenial(p, time.Time{})
	require.True(t, bad, "nobody knows the artifact of the version before")
	lane := release.LaneInput{Denied: []release.Denial{d}}
	require.Equal(t, []release.Version{{ID: "8", Artifact: image}}, lane.Avoid())
	p.RollbackTo.ID = "8"
	require.False(t, p.Discredits(), "it was released over itself")
}
