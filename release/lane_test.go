package release_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func at(minute int) time.Time { return time.Date(2026, 11, 2, 8, minute, 0, 0, time.UTC) }

func line(ids ...string) *release.LaneInput {
	l := &release.LaneInput{}
	for _, id := range ids {
		preempt := strings.HasSuffix(id, "!")
		l.Join(release.LaneEntry{ReleaseID: strings.TrimSuffix(id, "!"), Preempt: preempt})
	}
	return l
}

func order(l *release.LaneInput) []string {
	var ids []string
	for _, e := range l.Line {
		ids = append(ids, e.ReleaseID)
	}
	return ids
}

func TestLane_PlacesInALine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		join, want []string
	}{
		"in order":                             {[]string{"a", "b", "c"}, []string{"a", "b", "c"}},
		"one that preempts, behind what runs":  {[]string{"a", "b", "c!"}, []string{"a", "c", "b"}},
		"behind those that preempt already":    {[]string{"a", "b", "c!", "d!"}, []string{"a", "c", "d", "b"}},
		"nothing waits that it could overtake": {[]string{"a", "b!"}, []string{"a", "b"}},
		"behind one that preempts and runs":    {[]string{"a!", "b", "c!"}, []string{"a", "c", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := line(c.join...)
			require.Equal(t, c.want, order(l))
			running, runs := l.Running()
			require.True(t, runs, "in an empty line it is its turn at once")
			require.Equal(t, "a", running.ReleaseID)
			require.Len(t, l.Waiting(), len(c.want)-1)
		})
	}
}

func TestLane_Turns(t *testing.T) {
	t.Parallel()
	l := line("a", "b", "c")
	_, ok := l.Next()
	require.False(t, ok, "one runs")
	l.Leave("a")
	l.Hold(release.Hold{By: "ann"})
	_, ok = l.Next()
	require.False(t, ok, "the lane is held")
	_, runs := l.Running()
	require.False(t, runs)
	l.Held = nil
	next, ok := l.Next()
	require.True(t, ok)
	require.Equal(t, "b", next.ReleaseID)
	require.True(t, l.Line[0].Proceeded)
	require.Equal(t, 1, l.Ahead("c"))
	gone := l.LeaveWaiting(func(release.LaneEntry) bool { return true })
	require.Equal(t, "c", gone[0].ReleaseID, "what runs does not wait")
	require.Equal(t, []string{"b"}, order(l))
	held := &release.LaneInput{Held: &release.Hold{}}
	require.False(t, held.Join(release.LaneEntry{ReleaseID: "a"}).Proceeded)
}

func TestLane_WhoIsAskedToGiveWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line *release.LaneInput
		held bool
		want string
	}{
		"what runs":                            {line: line("a", "b", "c!"), want: "a for c"},
		"nobody asks":                          {line: line("a", "b")},
		"what runs preempts too":               {line: line("a!", "b!")},
		"nothing runs":                         {line: &release.LaneInput{Line: []release.LaneEntry{{ReleaseID: "a", Preempt: true}}}},
		"nothing could begin anyway":           {line: line("a", "b!"), held: true},
		"there is nothing at all in the line.": {line: line()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.held {
				c.line.Hold(release.Hold{By: "ann"})
			}
			running, by, asked := c.line.Preempted()
			require.Equal(t, c.want != "", asked)
			if asked {
				require.Equal(t, c.want, running.ReleaseID+" for "+by.ReleaseID)
			}
		})
	}
}

func TestLane_WhoIsNotLetIn(t *testing.T) {
	t.Parallel()
	bad := release.Artifact{Package: &release.Package{URL: "https://oss.example/shop.jar", Version: "2"}}
	signed := release.Package{URL: "https://oss.example/shop.jar?Signature=secret", Version: "2"}
	denied := release.Denial{Artifact: bad, ReleaseID: "r-7", Since: at(5), Reason: "the change ended failed"}
	reject := release.Lane{Policy: release.LaneReject}
	for name, c := range map[string]struct {
		line *release.LaneInput
		spec release.Spec
		want string
	}{
		"an empty lane rejects nobody": {line(), release.Spec{Lane: reject}, ""},
		"what runs rejects":            {line("a", "b"), release.Spec{Lane: reject}, "release a runs, and the lane policy is reject"},
		"a hold rejects": {
			&release.LaneInput{Held: &release.Hold{By: "ann", Reason: "audit", Since: at(1)}},
			release.Spec{Lane: reject},
			"the lane is held since 2026-11-02T08:01:00Z by ann: audit, and the lane policy is reject",
		},
		"what waits rejects": {
			&release.LaneInput{Line: []release.LaneEntry{{ReleaseID: "a"}}},
			release.Spec{Lane: reject},
			"release a waits, and the lane policy is reject",
		},
		"others wait": {line("a"), release.Spec{}, ""},
		"a denied artifact": {
			&release.LaneInput{App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}, Denied: []release.Denial{denied}},
			release.Spec{Artifact: release.Artifact{Package: &release.Package{URL: "https://oss.example/shop.jar", Version: "2"}}},
			"https://oss.example/shop.jar@2 was rolled back on 2026-11-02T08:05:00Z by release r-7 (the change ended failed); " +
				"allow it with: slipway lane allow sae/cn-hangzhou/shop --artifact https://oss.example/shop.jar@2",
		},
		"a denied artifact of a signed address": {
			&release.LaneInput{App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}, Denied: []release.Denial{
				{Artifact: release.Artifact{Package: &signed}, ReleaseID: "r-7", Since: at(5), Reason: "the change ended failed"},
			}},
			release.Spec{Artifact: release.Artifact{Package: &signed}},
			"https://oss.example/shop.jar@2 was rolled back on 2026-11-02T08:05:00Z by release r-7 (the change ended failed); " +
				"allow it with: slipway lane allow sae/cn-hangzhou/shop --artifact ARTIFACT",
		},
		"another version": {
			&release.LaneInput{Denied: []release.Denial{denied}},
			release.Spec{Artifact: release.Artifact{Package: &release.Package{URL: "https://oss.example/shop.jar", Version: "3"}}},
			"",
		},
		"a restart brings nothing": {
			&release.LaneInput{Denied: []release.Denial{{}}}, release.Spec{Operation: release.OperationRestart}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.line.Refusal(release.Submission{ReleaseID: "r-new", Spec: c.spec}))
		})
	}
}

func TestLane_WhatALaneKeepsIsBounded(t *testing.T) {
	t.Parallel()
	l := line("running")
	for i := range release.MaxRecent + 7 {
		l.AddRecent(fmt.Sprintf("r-%d", i), "")
	}
	require.Len(t, l.Recent, release.MaxRecent)
	require.False(t, l.Knows("r-6"))
	require.True(t, l.Knows("r-7"))
	require.True(t, l.Knows("running"))

	for i := range release.MaxDenied + 7 {
		l.Deny(release.Denial{Artifact: release.Artifact{Image: fmt.Sprintf("shop:%d", i)}, Reason: strings.Repeat("é", 1000)})
	}
	require.Len(t, l.Denied, release.MaxDenied)
	require.Equal(t, "shop:7", l.Denied[0].Artifact.Image, "the newest are kept")
	require.Less(t, len([]rune(l.Denied[0].Reason)), 300)
	l.Deny(release.Denial{Artifact: release.Artifact{Image: "shop:50"}, ReleaseID: "again"})
	require.Len(t, l.Denied, release.MaxDenied, "an artifact is denied once")
	require.Equal(t, "again", l.Denied[release.MaxDenied-1].ReleaseID)
	require.Len(t, l.Avoid(), release.MaxDenied)

	for i := range release.MaxWaiting {
		require.Empty(t, l.Full(release.LaneQueue))
		l.Join(release.LaneEntry{ReleaseID: fmt.Sprintf("w-%d", i)})
	}
	require.Equal(t, "100 releases wait in it, and no more may", l.Full(release.LaneQueue))
	require.Equal(t, "100 releases wait in it, and no more may, behind release running, which runs", l.State().Full)
	require.Empty(t, l.Full(release.LaneSupersede), "it makes its own place")
}

// TestLane_ALaneCanBeHandedOverWhateverItHolds: Temporal takes 2 MiB when a lane continues as new.
func TestLane_ALaneCanBeHandedOverWhateverItHolds(t *testing.T) {
	t.Parallel()
	const most = 2 << 20
	long := strings.Repeat("<", release.MaxText) // six bytes each, as stored
	l := &release.LaneInput{}
	for i := range release.MaxDenied {
		l.Deny(release.Denial{Artifact: release.Artifact{Image: fmt.Sprint(i, long)}, ReleaseID: fmt.Sprint(i), Reason: long})
	}
	require.Equal(t, fmt.Sprint(release.MaxDenied-1), l.Denied[len(l.Denied)-1].ReleaseID, "the newest are kept")
	for i := range release.MaxRecent {
		l.AddRecent(fmt.Sprint(i, strings.Repeat("r", release.MaxID)), release.Spec{}.Digest())
	}
	for i := 0; l.Full(release.LaneQueue) == ""; i++ {
		l.Join(release.LaneEntry{ReleaseID: fmt.Sprintf("w-%d", i), Artifact: release.Artifact{Image: long}, RequestedBy: long[:release.MaxWords]})
	}
	require.Contains(t, l.Full(release.LaneQueue), "at most 1048576 are kept")
	require.Less(t, len(l.Waiting()), release.MaxWaiting)
	require.Equal(t, l.Full(release.LaneQueue), l.State().Full, "whoever looks at the lane is told the same")
	require.NotEmpty(t, release.NextOfLane(release.LaneState{Full: l.State().Full, Running: &release.LaneEntry{ReleaseID: "r-1"}}))
	require.Greater(t, len(l.Line), 10)
	data, err := json.Marshal(l)
	require.NoError(t, err)
	require.Less(t, len(data), most)
}

func TestLane_AnotherContentUnderAUsedIDIsAConflict(t *testing.T) {
	t.Parallel()
	first := release.Submission{ReleaseID: "r-1", Spec: release.Spec{Artifact: release.Artifact{Image: "shop:1"}}}
	other := release.Submission{ReleaseID: "r-1", Spec: release.Spec{Artifact: release.Artifact{Image: "shop:2"}}}
	l := &release.LaneInput{}
	require.Empty(t, l.Conflict(first))
	l.AddRecent("r-1", first.Spec.Digest())
	l.AddRecent("r-2", "")
	require.Empty(t, l.Conflict(first))
	require.Contains(t, l.Conflict(other), "release r-1 was submitted before with another content: recorded is "+first.Spec.Digest())
	other.ReleaseID = "r-2"
	require.Empty(t, l.Conflict(other), "nobody knows what it was")
}

func TestLane_HoldsAddUp(t *testing.T) {
	t.Parallel()
	l := &release.LaneInput{}
	l.Hold(release.Hold{By: "ann", Reason: "audit", Since: at(1)})
	l.Hold(release.Hold{By: "bob", Reason: "me too", Since: at(2)})
	require.Equal(t, "held since 2026-11-02T08:01:00Z by ann: audit", l.Held.String())
	shown := l.State()
	l.Hold(release.NewHold("r-1", "rules left off", at(3)))
	l.Hold(release.NewHold("r-1", "rules left off", at(4)))
	require.Equal(t, "held since 2026-11-02T08:01:00Z by ann: audit; release r-1: rules left off", l.Held.String())
	require.Equal(t, "r-1", l.Held.ReleaseID)
	require.Equal(t, "audit", shown.Held.Reason, "what was shown does not change")
}

func TestLane_ALaneIsIdleWhenThereIsNothingToRemember(t *testing.T) {
	t.Parallel()
	require.True(t, (&release.LaneInput{Recent: []release.Submitted{{ReleaseID: "r-1"}}, MaxUpdates: 3}).Idle())
	require.False(t, line("a").Idle())
	require.False(t, (&release.LaneInput{Held: &release.Hold{}}).Idle())
	require.False(t, (&release.LaneInput{Denied: []release.Denial{{}}}).Idle())
}

func TestLane_AllowingArtifacts(t *testing.T) {
	t.Parallel()
	l := &release.LaneInput{}
	for _, image := range []string{"shop:1", "shop:2", "shop:3"} {
		l.Deny(release.Denial{Artifact: release.Artifact{Image: image}})
	}
	l.Allow("shop:2")
	require.Len(t, l.Denied, 2)
	require.Error(t, l.Admit(release.UpdateAllow, release.LaneCommand{By: "ann", Artifact: "shop:2"}))
	require.NoError(t, l.Admit(release.UpdateAllow, release.LaneCommand{By: "ann"}))
	l.Allow("")
	require.Empty(t, l.Denied)
}

// What a release or a rollback brings to run with success is allowed; a restart brings nothing.
func TestLane_SuccessAllowsAnArtifact(t *testing.T) {
	t.Parallel()
	denied := release.Artifact{Image: "shop:2"}
	for name, c := range map[string]struct {
		operation release.Operation
		outcome   release.Phase
		artifact  release.Artifact
		allowed   bool
	}{
		"released":            {release.OperationRelease, release.PhaseSucceeded, denied, true},
		"returned to":         {release.OperationRollback, release.PhaseSucceeded, denied, true},
		"returned to in vain": {release.OperationRollback, release.PhaseFailed, denied, false},
		"another":             {release.OperationRollback, release.PhaseSucceeded, release.Artifact{Image: "shop:1"}, false},
		"restarted":           {release.OperationRestart, release.PhaseSucceeded, denied, false},
		"rescaled":            {release.OperationRescale, release.PhaseSucceeded, denied, false},
		"lost":                {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := release.LaneInput{Denied: []release.Denial{{Artifact: denied}}}
			l.AllowProven(release.Progress{Operation: c.operation, Outcome: c.outcome, Artifact: c.artifact})
			require.Equal(t, c.allowed, len(l.Denied) == 0)
		})
	}
}

func TestLane_WatchdogSaysWhatItFound(t *testing.T) {
	t.Parallel()
	require.Equal(t, "release was lost (terminated); scaling rules restored: a, b; look at c",
		release.WatchdogResult{Lost: "terminated", Restored: []string{"a", "b"}, Left: "look at c"}.Words())
	require.Empty(t, release.WatchdogResult{}.Words())
}

func TestWorkflowTypes(t *testing.T) {
	t.Parallel()
	var types []string
	for _, s := range []release.Spec{
		{Operation: release.OperationRelease, Strategy: release.Strategy{Type: release.StrategyAll}},
		{Operation: release.OperationRelease, Strategy: release.Strategy{Type: release.StrategyBatch}},
		{Operation: release.OperationRollback},
		{Operation: release.OperationRestart},
		{Operation: release.OperationRescale},
		{Operation: release.OperationJob},
	} {
		types = append(types, s.Workflow())
	}
	require.Equal(t, types, release.WorkflowTypes())
}

// A title is shown in lists: an address in it is never a signed one.
func TestSpec_Title(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]release.Spec{
		"https://oss.example/shop.jar@2": {Operation: release.OperationRelease, Artifact: release.Artifact{
			Package: &release.Package{URL: "https://oss.example/shop.jar?Signature=secret", Version: "2"},
		}},
		"shop:2":                             {Operation: release.OperationRelease, Artifact: release.Artifact{Image: "shop:2"}},
		"roll back to the last good version": {Operation: release.OperationRollback},
		"roll back to v1":                    {Operation: release.OperationRollback, Version: "v1"},
		"restart":                            {Operation: release.OperationRestart},
		"rescale to 0":                       {Operation: release.OperationRescale},
		"rescale web to 4":                   {Operation: release.OperationRescale, Artifact: release.Artifact{Part: "web"}, Instances: 4},
	} {
		require.Equal(t, want, s.Title())
	}
}
