package reconcile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/releases/execution"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	open := &ledger.Record{Accepted: true}
	asked := &ledger.Record{}
	ended := &ledger.Record{Accepted: true, Outcome: release.PhaseSucceeded, EndedAt: now.Add(-time.Minute)}
	justEnded := &ledger.Record{Accepted: true, Outcome: release.PhaseSucceeded, EndedAt: now.Add(-time.Second)}
	owes := &ledger.Record{Accepted: true, Outcome: release.PhaseNeedsAttention, EndedAt: now.Add(-time.Minute), Held: ledger.Held{ScalingRules: []string{"cpu"}}}
	marked := &ledger.Record{Accepted: true, Outcome: release.PhaseNeedsAttention, Lost: "terminated", EndedAt: now.Add(-time.Minute)}
	absent, runs := sight{}, sight{known: true}
	completed, terminated := sight{true, execution.Completed}, sight{true, execution.Terminated}
	for name, c := range map[string]struct {
		s    sight
		r    *ledger.Record
		want verdict
	}{
		"known nowhere":                             {absent, nil, agree},
		"under way, and not recorded":               {runs, nil, unrecorded},
		"ended, and not recorded":                   {completed, nil, unrecorded},
		"terminated, and not recorded":              {terminated, nil, lost},
		"under way":                                 {runs, open, agree},
		"under way, and its lane has not answered":  {runs, asked, agree},
		"under way, and ended just now":             {runs, justEnded, agree},
		"under way, and ended":                      {runs, ended, stale},
		"under way, and marked as lost":             {runs, marked, stale},
		"under way, and owing":                      {runs, owes, stale},
		"not known to Temporal, and not submitted":  {absent, asked, agree},
		"not known to Temporal, without an outcome": {absent, open, forgotten},
		"not known to Temporal, with an outcome":    {absent, ended, agree},
		"not known to Temporal, and owing":          {absent, owes, owing},
		"ended, without an outcome in the ledger":   {completed, open, untold},
		"ended":                                      {completed, ended, agree},
		"ended, and owing":                           {completed, owes, owing},
		"terminated, and nobody has marked it":       {terminated, open, lost},
		"terminated, and marked":                     {terminated, marked, agree},
		"terminated after it had told its outcome":   {terminated, ended, agree},
		"terminated, marked, and owing":              {terminated, owes, owing},
		"ended just now, with an outcome everywhere": {completed, justEnded, agree},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, judge(c.s, c.r, now))
		})
	}
}

func TestSubjects_EachOnce(t *testing.T) {
	t.Parallel()
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a"}
	begun := release.ID(app, "s", "1")
	recorded := release.ID(app, "s", "2")
	both := release.ID(app, "s", "3")
	at := time.Now()
	all := subjectsOf([]releases.Listed{
		{ID: begun, App: app.SearchValue()},
		{ID: both, App: app.SearchValue(), EndedAt: at},
		{ID: both, App: app.SearchValue(), EndedAt: at, Stopped: string(execution.Terminated)}, // a run before it
		{ID: "by hand", App: app.SearchValue()},
		{ID: release.ID(app, "s", "4"), App: "no application"},
	}, []ledger.Record{{ReleaseID: recorded, App: app}, {ReleaseID: both, App: app}})
	require.Len(t, all, 3)
	seen := map[string]sight{}
	for _, s := range all {
		require.Equal(t, app, s.app)
		require.Equal(t, s.id != begun, s.record != nil)
		seen[s.id] = s.seen
	}
	require.Equal(t, sight{known: true}, seen[begun])
	require.Equal(t, sight{}, seen[recorded])
	require.Equal(t, sight{known: true, end: execution.Completed}, seen[both], "of a release that was reset the latest run counts, which lists give first")
}

func TestDifference_WhatIsLeft(t *testing.T) {
	t.Parallel()
	require.Equal(t, "scaling rules off (cpu, night), 2 more scaling rules off, its traffic rule, change co-1, which may be unfinished",
		leftBy(ledger.Record{Held: ledger.Held{ScalingRules: []string{"cpu", "night"}, More: 2, Traffic: true, ChangeID: "co-1"}}))
	require.Equal(t, "accepted", phaseOf(ledger.Record{}))
	require.Equal(t, "RollingOut", phaseOf(ledger.Record{Progress: release.Progress{Phase: release.PhaseRollingOut}}))
}
