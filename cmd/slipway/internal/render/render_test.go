package render_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

// golden compares with a file of testdata; UPDATE_GOLDEN=1 writes it instead.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func at(minute int) time.Time { return time.Date(2026, 11, 22, 19, minute, 0, 0, time.UTC) }

// parked is a gray release that waits for the confirmation of its first batch.
func parked() release.Progress {
	return release.Progress{
		ReleaseID: "r-abcdefghijklmnop",
		App:       release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "7171a6ca"},
		Artifact:  release.Artifact{Image: "registry.example/shop:1.4.2"},
		Phase:     release.PhaseAwaitingConfirm,
		Strategy: release.Strategy{
			Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual, Bake: release.Duration(5 * time.Minute),
		},
		ChangeID:   "co-1",
		RollbackTo: &release.Version{ID: "v-7", Artifact: release.Artifact{Image: "registry.example/shop:1.4.1"}},
		Batches: []release.Batch{
			{Number: 1, Instances: 1, State: release.BatchDone, StartedAt: at(1), EndedAt: at(3)},
			{Number: 2, Instances: 2, State: release.BatchPending},
			{Number: 3, Instances: 2, State: release.BatchPending},
		},
		Awaiting:     &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1, Since: at(8), Until: at(8).Add(24 * time.Hour)},
		ScalingRules: []release.HeldRule{{Name: "cpu", Suspended: true}},
		RequestedBy:  "ci",
		Note:         "orders: fix rounding",
		StartedAt:    at(0),
	}
}

func settings() []release.Setting {
	return []release.Setting{
		{Name: "variables.LOG_LEVEL", Before: "sha256:d4735e3a265e", After: "sha256:4e07408562be"},
		{Name: "variables.REGION", Before: "sha256:6b86b273ff34"},
		{Name: "instances", Before: "5", After: "7"},
	}
}

// configuring is a release of configuration alone that waits for a confirmation.
func configuring() release.Progress {
	p := parked()
	p.Artifact, p.OnlyConfig, p.Config, p.Settings = p.RollbackTo.Artifact, true, "sha256:0123456789ab", settings()
	return p
}

// A release of configuration says which settings change; all of what is shown says how.
func TestTree_Configuration(t *testing.T) {
	t.Parallel()
	golden(t, "configuration.golden", render.Tree(configuring(), at(20), render.Style{}))
	golden(t, "configuration-wide.golden", render.Tree(configuring(), at(20), render.Style{Wide: true}))
	before := configuring()
	before.Settings = nil
	changes := render.Changes(before, configuring(), at(20))
	require.Len(t, changes, 1)
	require.Equal(t, "r-abcdefghijklmnop ⚙ configuration: 3 settings change: variables.LOG_LEVEL, variables.REGION, instances", changes[0].Text)
}

// aborted is the same release after an operator spoke twice.
func aborted() release.Progress {
	p := parked()
	p.Phase, p.Outcome, p.Reason = release.PhaseAborted, release.PhaseAborted, "aborted by mei: 订单金额不对"
	p.Awaiting = nil
	p.ScalingRules = []release.HeldRule{{Name: "cpu", Suspended: true, Restored: true}, {Name: "night", Suspended: true}}
	p.Decisions = []release.Decision{
		{Kind: release.CommandConfirm, Batch: 2, By: "mei", At: at(9), Via: "update", Refused: "batch 2 does not wait for a confirmation: batch 1 does"},
		{Kind: release.CommandAbort, By: "mei", At: at(10), Via: "event", Note: "订单金额不对"},
	}
	p.EndedAt, p.Runs = at(12), p.RollbackTo
	return p
}

// Where versions are mixed, it is shown how many instances run each.
func TestTree_MixedVersionsAreShown(t *testing.T) {
	t.Parallel()
	p := aborted()
	p.Runs, p.RunsMixed = nil, "mixed versions shop:1 (3 of 4 instances), shop:2 (1 of 4 instances), configured shop:2"
	require.Contains(t, render.Tree(p, at(30), render.Style{}), "\nRuns now:       "+p.RunsMixed+"\n")
	p.Phase = release.PhaseRollingBack
	require.NotContains(t, render.Tree(p, at(30), render.Style{}), "Runs now")
}

// gated is a release with all that a release can have, paused while its gates are
// measured.
func gated() release.Progress {
	p := parked()
	p.AppName = "shop"
	p.Operation, p.Phase, p.Paused = release.OperationRelease, release.PhaseRollingOut, true
	p.Strategy.Confirm = release.ConfirmAuto
	p.Strategy.Gates = []release.Gate{{Name: "home-page"}, {Name: "errors"}, {Name: "latency"}}
	p.Strategy.Schedule = []release.BatchSchedule{{Batch: 2, At: "02:00", Zone: "Asia/Shanghai"}, {Batch: 3, At: "03:30", Zone: "UTC"}}
	p.Awaiting = &release.Awaiting{Kind: release.AwaitGates, Batch: 1, Since: at(8)}
	p.Gates = []release.GateResult{
		{Name: "home-page", Batch: 1, Verdict: release.VerdictPass, Reason: "3 of 3 samples passed"},
		{Name: "errors", Batch: 1, Verdict: release.VerdictFail, DryRun: true, Reason: "0.07 is not < 0.01"},
	}
	p.ScalingRules = []release.HeldRule{{Name: "cpu", Suspended: true, Revision: "3f1c", Note: "somebody has enabled it"}, {Name: "night", Suspended: true, Gone: true, Note: "somebody has deleted it"}}
	p.Traffic = &release.TrafficState{Applied: true, Kept: "beta"}
	p.Decisions = []release.Decision{
		{Kind: release.CommandOverride, By: "ci", At: at(0), Via: "request", Note: "orders are lost"},
		{Kind: release.CommandPause, By: "li", At: at(5), Via: "update"},
		{Kind: release.CommandResume, By: "li", At: at(6), Via: "update"},
		{Kind: release.CommandPause, By: "mei", At: at(9), Via: "event", Note: "looking"},
	}
	return p
}

// watching is a release whose new version is watched.
func watching() release.Progress {
	p := gated()
	p.Phase, p.Paused, p.Decisions, p.Gates = release.PhaseWatching, false, nil, nil
	p.Strategy.Schedule = nil
	p.Strategy.Watch = &release.Watch{For: release.Duration(time.Hour), Gates: []release.Gate{{Name: "errors"}, {Name: "latency"}}}
	for i := range p.Batches {
		p.Batches[i].State, p.Batches[i].StartedAt, p.Batches[i].EndedAt = release.BatchDone, at(i), at(i+1)
	}
	p.Awaiting = &release.Awaiting{Kind: release.AwaitWatch, Batch: len(p.Batches), Since: at(9), Until: at(69)}
	p.ScalingRules = []release.HeldRule{{Name: "cpu", Suspended: true, Restored: true}}
	p.Traffic = nil
	return p
}

// undone is a rollback to a named version that left something behind.
func undone() release.Progress {
	p := gated()
	p.Operation, p.Phase, p.Outcome, p.Paused, p.Awaiting = release.OperationRollback, release.PhaseNeedsAttention, release.PhaseNeedsAttention, false, nil
	p.Reason = "the traffic rule is somebody else's"
	p.Strategy, p.Batches = release.Strategy{Type: release.StrategyAll}, p.Batches[:1]
	p.Gates = []release.GateResult{{Name: "errors", Batch: 1, Verdict: release.VerdictInconclusive, Reason: "no data"}}
	p.Traffic = &release.TrafficState{Applied: true, Note: "somebody has changed it"}
	p.Decisions = []release.Decision{
		{Kind: release.CommandRollback, Version: "v-7", By: "mei", At: at(9), Via: "update"},
		{Kind: release.CommandAbort, AtSafePoint: true, By: "slipway", At: at(10), Via: "lane", Note: "a hotfix comes first"},
	}
	p.EndedAt = at(12)
	return p
}

func TestRender_Tree(t *testing.T) {
	t.Parallel()
	now := at(30)
	all := release.Progress{
		ReleaseID: "r-all", Phase: release.PhaseQueued, Strategy: release.Strategy{Type: release.StrategyAll},
		Artifact: release.Artifact{Package: &release.Package{URL: "https://oss.example/shop.jar", Version: "2"}},
		Awaiting: &release.Awaiting{Kind: release.AwaitQueue, Since: at(0)},
	}
	cases := map[string]struct {
		p     release.Progress
		style render.Style
	}{
		"tree-parked.golden":   {parked(), render.Style{}},
		"tree-aborted.golden":  {aborted(), render.Style{}},
		"tree-queued.golden":   {all, render.Style{}},
		"tree-narrow.golden":   {aborted(), render.Style{Width: 60}},
		"tree-color.golden":    {parked(), render.Style{Color: true}},
		"tree-gated.golden":    {gated(), render.Style{}},
		"tree-undone.golden":   {undone(), render.Style{}},
		"tree-watching.golden": {watching(), render.Style{}},
		"tree-little.golden":   {release.Progress{ReleaseID: "r-x", Phase: release.PhaseRollingOut}, render.Style{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, render.Tree(c.p, now, c.style))
		})
	}
}

func TestRender_TreeFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for columns := 20; columns < 140; columns++ {
		requireFits(t, render.Tree(aborted(), at(30), render.Style{Width: columns}), columns)
	}
}

func TestRender_News(t *testing.T) {
	t.Parallel()
	began := parked()
	began.Phase, began.Awaiting, began.Batches[0].State = release.PhaseRollingOut, nil, release.BatchRunning
	lines := render.Diff(release.Progress{}, began, at(1))
	lines = append(lines, render.Diff(began, began, at(2))...)
	lines = append(lines, render.Diff(began, parked(), at(3))...)
	lines = append(lines, render.Diff(parked(), aborted(), at(4))...)
	measured := gated()
	measured.Gates = measured.Gates[:1]
	lines = append(lines, render.Diff(measured, gated(), at(5))...)
	golden(t, "news.golden", strings.Join(lines, "\n")+"\n")
}

func TestRender_WordsCannotMoveTheCursor(t *testing.T) {
	t.Parallel()
	p := parked()
	p.Note = "good\x1b[2J\nName: forged\u202e"
	p.Reason = "bad\x1b]0;title\a"
	for _, out := range []string{render.Tree(p, at(30), render.Style{}), render.Line(p, time.UTC)} {
		require.NotContains(t, out, "\x1b")
		require.NotContains(t, out, "\a")
		require.NotContains(t, out, "\nName: forged")
		require.NotContains(t, out, "\u202e")
	}
}

func TestRender_Formats(t *testing.T) {
	t.Parallel()
	text := func() string { return "text\n" }
	for _, c := range []struct {
		format       render.Format
		write, strem string
	}{
		{render.FormatJSON, "{\n  \"name\": \"cpu\",\n  \"restored\": true\n}\n", "{\"name\":\"cpu\",\"restored\":true}\n"},
		{render.FormatYAML, "name: cpu\nrestored: true\n", "---\nname: cpu\nrestored: true\n"},
		{render.FormatTable, "text\n", "text\n"},
		{render.FormatWide, "text\n", "text\n"},
	} {
		t.Run(string(c.format), func(t *testing.T) {
			t.Parallel()
			data := release.HeldRule{Name: "cpu", Restored: true}
			var out bytes.Buffer
			require.NoError(t, c.format.Write(&out, data, text))
			require.Equal(t, c.write, out.String())
			out.Reset()
			require.NoError(t, c.format.Stream(&out, data, text))
			require.Equal(t, c.strem, out.String())
			parsed, err := render.ParseFormat(string(c.format))
			require.NoError(t, err)
			require.Equal(t, c.format, parsed)
			require.Contains(t, render.Formats(), string(c.format))
		})
	}
	_, err := render.ParseFormat("xml")
	require.ErrorContains(t, err, "use -o table, wide, json or yaml")
}

// That a batch is confirmed is shown beside what holds the next one back.
func TestRender_ConfirmedAndPaused(t *testing.T) {
	t.Parallel()
	p := parked()
	p.Phase, p.Paused = release.PhasePaused, true
	p.Awaiting = &release.Awaiting{Kind: release.AwaitResume, Batch: 1, Since: at(8)}
	p.Batches[0].State = release.BatchDone
	p.Decisions = []release.Decision{{Kind: release.CommandPause, By: "mei", At: at(7)}}
	require.NotContains(t, render.Tree(p, at(30), render.Style{}), "onfirmed")
	p.Decisions = append(p.Decisions, release.Decision{Kind: release.CommandConfirm, Batch: 1, By: "ann", At: at(6)})
	golden(t, "tree-confirmed-paused.golden", render.Tree(p, at(30), render.Style{}))
	require.Contains(t, render.Line(p, time.UTC), "awaiting somebody to resume it, batch 1 is confirmed by ann, and the pause holds batch 2 back")
}

// A release that waits for its turn was accepted and has not started; one that has waited tells both.
func TestRender_Accepted(t *testing.T) {
	t.Parallel()
	p := parked()
	p.AcceptedAt = p.StartedAt
	require.NotContains(t, render.Tree(p, at(30), render.Style{}), "Accepted:")
	p.StartedAt = at(5)
	require.Regexp(t, `Accepted: +2026-11-22T19:00:00Z\nStarted: +2026-11-22T19:05:00Z\n`, render.Tree(p, at(30), render.Style{}))
	p.Phase, p.StartedAt = release.PhaseQueued, time.Time{}
	require.NotContains(t, render.Tree(p, at(30), render.Style{}), "Started:")
	require.Contains(t, render.Tree(p, at(30), render.Style{}), "Accepted:")
}

func TestRender_Awaiting(t *testing.T) {
	t.Parallel()
	until := at(8).Add(time.Hour)
	for kind, want := range map[release.AwaitKind]string{
		release.AwaitWatch:    "awaiting the end of the watch until 2026-11-22T20:08:00Z",
		release.AwaitGates:    "awaiting the gates of batch 1, at the latest until 2026-11-22T20:08:00Z",
		release.AwaitResume:   "awaiting somebody to resume it, at the latest until 2026-11-22T20:08:00Z",
		release.AwaitSchedule: "awaiting the time of day of the next batch until 2026-11-22T20:08:00Z",
		release.AwaitFreeze:   "awaiting the end of a freeze until 2026-11-22T20:08:00Z",
	} {
		p := parked()
		p.Awaiting = &release.Awaiting{Kind: kind, Batch: 1, Since: at(8), Until: until}
		require.Contains(t, render.Line(p, time.UTC), want)
	}
}

// lane is a lane that is held while one release runs and two wait.
func lane() release.LaneState {
	return release.LaneState{
		App: parked().App,
		Running: &release.LaneEntry{
			ReleaseID: "r-1", Operation: release.OperationRelease, Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"},
			RequestedBy: "ci", Since: at(1), Proceeded: true,
		},
		Waiting: []release.LaneEntry{
			{ReleaseID: "r-2", Artifact: release.Artifact{Image: "registry.example/shop:1.4.3"}, RequestedBy: "ci", Since: at(5)},
			{ReleaseID: "r-3", Operation: release.OperationRestart, RequestedBy: "mei", Since: at(9)},
		},
		Held: &release.Hold{By: "mei", Reason: "database\nmigration", Since: at(10), ReleaseID: "r-0"},
		Denied: []release.Denial{{
			Artifact: release.Artifact{Image: "registry.example/shop:1.4.1"}, ReleaseID: "r-0", Since: at(0), Reason: "error rate doubled",
		}},
		Debts: []release.Debt{{ReleaseID: "r-0", ScalingRules: []string{"cpu", "night"}, Traffic: true}},
	}
}

func TestRender_Lane(t *testing.T) {
	t.Parallel()
	idle := release.LaneState{App: parked().App}
	for name, s := range map[string]release.LaneState{"lane.golden": lane(), "lane-idle.golden": idle} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, render.Lane(s, "", at(30), render.Style{}))
		})
	}
}

func TestRender_Lanes(t *testing.T) {
	t.Parallel()
	held := lane()
	rows := []render.LaneRow{
		{App: held.App.SearchValue(), AppName: "orders", Since: at(0), State: &held},
		{App: "sae/cn-hangzhou/idle", Since: at(29), State: &release.LaneState{}},
		{App: "sae/cn-hangzhou/silent", Since: at(3)},
	}
	golden(t, "lanes.golden", render.Lanes(rows, at(30), render.Style{}))
}

func TestRender_ScalingRules(t *testing.T) {
	t.Parallel()
	rules := []release.ScalingRule{{Name: "cpu", Enabled: true}, {Name: "night"}}
	require.Equal(t, "NAME    STATUS\ncpu     ✔ enabled\nnight   ॥ disabled\n", render.ScalingRules(rules, render.Style{}))
	require.Empty(t, render.ScalingRules(nil, render.Style{}))
}

// Who holds a rule is shown, and the columns that matter less go first in a narrow window.
func TestRender_RuleStates(t *testing.T) {
	t.Parallel()
	rule := func(name string, enabled bool, held *releases.RuleHold) releases.RuleState {
		return releases.RuleState{ScalingRule: release.ScalingRule{Name: name, Enabled: enabled}, Held: held}
	}
	rules := []releases.RuleState{
		rule("cpu", true, nil),
		rule("daily", false, &releases.RuleHold{By: "mei", Reason: "load test", Since: at(0), Until: at(30)}),
		rule("night", true, &releases.RuleHold{By: "mei", Pending: true, Since: at(0), Waiting: "change co-1 was begun elsewhere"}),
		rule("qps", false, &releases.RuleHold{ReleaseID: "r-abcdefghijklmnop", By: "ci", Since: at(3)}),
		rule("rt", false, &releases.RuleHold{ReleaseID: "r-ponmlkjihgfedcba", Lost: true}),
	}
	for name, width := range map[string]int{"rules.golden": 0, "rules-80.golden": 80, "rules-60.golden": 60} {
		golden(t, name, render.RuleStates(rules, render.Style{Width: width}))
	}
}

func TestRender_Recovered(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]release.WatchdogResult{
		"✔ nothing was left to restore\n":                             {},
		"✔ scaling rules restored: cpu, night\n":                      {Restored: []string{"cpu", "night"}},
		"✔ scaling rules restored: cpu\n⚠ versions are mixed\n":       {Restored: []string{"cpu"}, Left: "versions are mixed"},
		"⚠ scaling rule cpu cannot be restored: it does not exist \n": {Left: "scaling rule cpu cannot be restored: it does not exist\n"},
	} {
		require.Equal(t, want, render.Recovered(r))
	}
}

// checkout is a set that goes back because of its second wave.
func checkout() render.Set {
	run := func(id string, standing release.Standing, outcome release.Phase) release.SetRun {
		return release.SetRun{ReleaseID: id, Standing: standing, Outcome: outcome, StartedAt: at(1), EndedAt: at(4)}
	}
	stock := release.SetStanding{Name: "stock", Run: run("r-1", release.StandingStarted, release.PhaseSucceeded)}
	stock.Rollback = &release.SetRun{ReleaseID: "r-4", Standing: release.StandingQueued, StartedAt: at(6)}
	shop := release.SetStanding{Name: "shop", Run: run("r-2", release.StandingStarted, release.PhaseRolledBack)}
	shop.Run.Reason = "batch 1 failed"
	return render.Set{SetProgress: release.SetProgress{
		SetID: "s-abcdefghijklmnop", Name: "checkout", Phase: release.PhaseRollingBack, OnFailure: release.SetRollback,
		Reason: "shop (r-2) ended RolledBack; not begun: web", RequestedBy: "ci", StartedAt: at(0),
		Waves: []release.WaveProgress{
			{Number: 1, Name: "services", Confirm: release.ConfirmAuto, Releases: []release.SetStanding{stock}},
			{Number: 2, Name: "front", Confirm: release.ConfirmManual, Releases: []release.SetStanding{shop}},
			{Number: 3, Name: "edge", Releases: []release.SetStanding{{Name: "web", Run: release.SetRun{ReleaseID: "r-3"}}}},
		},
		Decisions: []release.Decision{
			{Kind: release.CommandConfirm, Batch: 2, By: "mei", At: at(5), Via: "update"},
			{Kind: release.CommandAbort, By: "li", At: at(6), Via: "event", Note: "a batch failed", Refused: "the set is rolling back already"},
		},
	}}
}

func TestRender_SetTree(t *testing.T) {
	t.Parallel()
	golden(t, "set-back.golden", render.SetTree(checkout(), at(9), render.Style{}))
	waiting := checkout()
	waiting.Phase, waiting.Reason, waiting.Decisions = release.PhaseAwaitingConfirm, "", nil
	waiting.Waves[0].Releases[0].Rollback = nil
	waiting.Waves[1].Releases[0].Run = release.SetRun{ReleaseID: "r-2"}
	waiting.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2, Since: at(4), Until: at(4).Add(24 * time.Hour)}
	golden(t, "set-waiting.golden", render.SetTree(waiting, at(9), render.Style{}))
	golden(t, "set-members.golden", render.SetTree(members(), at(9), render.Style{}))
	aborted := checkout()
	aborted.Phase, aborted.Reason = release.PhaseAborted, "aborted by li; not begun: web; released and not rolled back: stock"
	stock := &aborted.Waves[0].Releases[0]
	stock.App, stock.RollbackTo, stock.Rollback = release.App{Platform: "sae", Region: "cn-hangzhou", ID: "stock"}, "v-1", nil
	golden(t, "set-aborted.golden", render.SetTree(aborted, at(9), render.Style{}))
}

// members is a set whose second wave runs: one release waits for a person, one for its turn, and one is paused.
func members() render.Set {
	set := checkout()
	set.Phase, set.Reason, set.Decisions = release.PhaseRollingOut, "", nil
	set.Waves[0].Releases[0].Rollback = nil
	member := func(name, id string) release.SetStanding {
		return release.SetStanding{Name: name, Run: release.SetRun{ReleaseID: id, Standing: release.StandingStarted, StartedAt: at(5)}}
	}
	set.Waves[1].Releases = []release.SetStanding{member("shop", "r-2"), member("search", "r-5"), member("mail", "r-6"), member("gone", "r-7"), member("pay", "r-8")}
	set.UnderWay = map[string]release.Progress{
		"r-2": parked(),
		"r-5": {ReleaseID: "r-5", Phase: release.PhaseQueued, Awaiting: &release.Awaiting{Kind: release.AwaitQueue, Behind: "release r-9, which runs"}},
		"r-6": gated(),
		"r-8": {ReleaseID: "r-8", Phase: release.PhasePreparing, Awaiting: &release.Awaiting{Kind: release.AwaitFreeze, Freeze: "line", Stop: true, Since: at(5)}},
	}
	return set
}

// TestRender_NewsOfAListThatWasCut tells what is new at the end of a list that has lost its beginning.
func TestRender_NewsOfAListThatWasCut(t *testing.T) {
	t.Parallel()
	word := func(by string) release.Decision { return release.Decision{Kind: release.CommandPause, By: by} }
	prev := release.Progress{Decisions: []release.Decision{word("ann"), word("bob"), word("cy")}}
	next := release.Progress{Decisions: []release.Decision{word("cy"), word("dan")}, Cut: release.Cut{Decisions: 2}}
	lines := render.Diff(prev, next, at(1))
	require.Len(t, lines, 1)
	require.Contains(t, lines[0], "dan")
	require.Empty(t, render.Diff(next, next, at(2)))
}

func TestRender_SetNews(t *testing.T) {
	t.Parallel()
	var was render.Set
	lines := render.SetDiff(was, checkout(), at(9))
	golden(t, "set-news.golden", strings.Join(append(lines, ""), "\n"))
	require.Empty(t, render.SetDiff(checkout(), checkout(), at(10)), "no news is told twice")

	before := members()
	delete(before.UnderWay, "r-2")
	require.Equal(t, []string{
		"2026-11-22T19:09:00Z s-abcdefghijklmnop ⧉ shop: r-2 ॥ AwaitingConfirm, awaiting confirmation of batch 1, at the latest until 2026-11-23T19:08:00Z",
	}, render.SetDiff(before, members(), at(9)))
}

func TestRender_Sets(t *testing.T) {
	t.Parallel()
	golden(t, "sets.golden", render.Sets([]render.Row{
		{ID: "s-1", Name: "checkout", Phase: release.PhaseAwaitingConfirm, CreatedAt: at(0)},
		{ID: "s-2", Phase: release.PhaseRollingOut, Stopped: "terminated", CreatedAt: at(0), EndedAt: at(5)},
	}, at(9), render.Style{}))
}

// A command is copied as it stands, however narrow the window is.
func TestRender_DoctorKeepsCommandsWhole(t *testing.T) {
	t.Parallel()
	const lane = "slipway lane get sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe"
	const letters = "slipway deadletter list --since 24h"
	const worker = "SLIPWAY_SAE_REGION=cn-hangzhou-finance slipway worker"
	for _, width := range []int{0, 60, 80, 120} {
		text := render.Doctor([]render.Checked{
			{"lane sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe", "warning", "full", "let it go on, or take releases out of it: " + lane},
			{"dead letters", "warning", "3 in the last day", letters},
			{"workers of cn-hangzhou-finance", "failed", "none", "start one for it: " + worker},
			{"NATS", "failed", "no answer", "check NATS_URL"},
		}, render.Style{Width: width})
		for _, want := range []string{lane, letters, worker} {
			require.True(t, slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool { return strings.HasSuffix(line, " "+want) }), text)
		}
		require.Contains(t, text, "check NATS_URL")
	}
}

// The stages of the platform stand below their batch; of a change without batches below the release.
func TestTree_Stages(t *testing.T) {
	t.Parallel()
	p := aborted()
	p.Stages = []release.Stage{
		{Batch: 1, Name: "Deploy: Initialize environment", State: release.BatchDone},
		{Batch: 1, Name: "Deploy: Update instances", State: release.BatchFailed, Message: "EDAS-10022 the port is not open"},
	}
	require.Len(t, p.Batches, 3)
	golden(t, "tree-stages.golden", render.Tree(p, at(30), render.Style{}))
	p.Batches = nil
	require.Contains(t, render.Tree(p, at(30), render.Style{}), "▸ Deploy: Update instances")
}
