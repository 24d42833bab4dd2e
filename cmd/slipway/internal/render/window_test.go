package render_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/release"
)

// named has the lengths that names have on the platform.
func named(p release.Progress) release.Progress {
	p.App.ID = "7171a6ca-d1cd-4928-8642-7d5cfe69cafe"
	p.Artifact.Image = "registry-vpc.cn-hangzhou.aliyuncs.com/shop/orders:2026.11.22-1904-3f1c9a7"
	p.Reason = "the traffic rule of the application is somebody else's; scaling rules left off: cpu, night; look at the application on its platform"
	return p
}

// screens are the pictures of every kind, as they are drawn in a window.
func screens(style render.Style) map[string]string {
	id := named(undone()).App.SearchValue()
	held := lane()
	held.App.ID = "7171a6ca-d1cd-4928-8642-7d5cfe69cafe"
	held.Held.Reason = "release r-abcdefghijklmnop ended NeedsAttention: scaling rule night could not be restored: SAE refuses with InvalidParameter; look at the application, then resume the lane"
	return map[string]string{
		"release": render.Tree(named(undone()), at(30), style),
		"stalled": render.Tree(named(noWorker()), at(30), style),
		"releases": render.Releases([]render.Row{
			{ID: "r-abcdefghijklmnop", App: id, AppName: "orders", Operation: release.OperationRelease, Strategy: release.StrategyGray, Phase: release.PhaseAwaitingConfirm, CreatedAt: at(1), RequestedBy: "ci", Artifact: "registry.example/shop:1.4.2"},
			{ID: "r-bcdefghijklmnopq", App: id, Operation: release.OperationRelease, Phase: release.PhaseNeedsAttention, Stopped: "terminated", CreatedAt: at(1), EndedAt: at(9)},
		}, at(30), style),
		"lanes":        render.Lanes([]render.LaneRow{{App: id, AppName: "orders", Since: at(0), State: &held}, {App: id + "2", Since: at(3)}}, at(30), style),
		"lane":         render.Lane(held, "orders", at(30), style),
		"waiting":      render.Waiting(needing(), at(30), style),
		"set":          render.SetTree(checkout(), at(9), style),
		"plan":         render.Plan(planned(), style),
		"plan-refused": render.Plan(plannedInVain(), style),
		"plan-config":  render.Plan(plannedConfig(), style),
		"plan-job":     render.Plan(plannedJob(), style),
		"plan-set":     render.SetPlan(plannedSet(), style),
		"history":      render.History([]ledger.Record{{ReleaseID: "r-abcdefghijklmnop", RequestedAt: at(1), RequestedBy: "ci", Artifact: named(undone()).Artifact, Outcome: release.PhaseNeedsAttention, Progress: named(undone())}}, style),
	}
}

// Every picture shows in a narrow window what matters, and breaks no line.
func TestWindow_Widths(t *testing.T) {
	t.Parallel()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	for _, width := range []int{60, 80, 120} {
		for name, screen := range screens(render.Style{Width: width, Zone: shanghai}) {
			t.Run(fmt.Sprintf("%s-%d", name, width), func(t *testing.T) {
				t.Parallel()
				golden(t, fmt.Sprintf("window-%s-%d.golden", name, width), screen)
				requireFits(t, screen, width)
			})
		}
	}
}

// requireFits wants no line wider than the window. Only a command is not broken: the window does
// that, so that it is copied as one line.
func requireFits(t *testing.T, screen string, width int) {
	t.Helper()
	for line := range strings.SplitSeq(screen, "\n") {
		if !strings.Contains(line, " slipway ") && !strings.HasPrefix(line, "slipway ") {
			require.LessOrEqual(t, render.Width(line), width, line)
		}
	}
}

// A picture within another one is never wider than it was told, commands included.
func TestWindow_Embedded(t *testing.T) {
	t.Parallel()
	for _, screen := range screens(render.Style{Width: 60, Embedded: true}) {
		for line := range strings.SplitSeq(screen, "\n") {
			require.LessOrEqual(t, render.Width(line), 60, line)
		}
		require.NotContains(t, screen, "not shown for want of room")
	}
}

// A list in a low window shows the commands, and counts what it does not show.
func TestWindow_LowLists(t *testing.T) {
	t.Parallel()
	all := needing()
	all[0].Text = strings.Repeat("the traffic rule of the application is somebody else's ", 20)
	for range 20 {
		all = append(all, needing()...)
	}
	for _, size := range []struct{ width, height int }{{60, 24}, {80, 24}, {100, 16}} {
		screen := render.Waiting(all, at(30), render.Style{Width: size.width, Height: size.height})
		require.LessOrEqual(t, render.Lines(screen, size.width), size.height, screen)
		require.Contains(t, screen, "slipway release confirm r-abcdefghijklmnop --batch 1")
		require.Contains(t, screen, "\nNext:\n")
		require.Equal(t, 3, strings.Count(screen, " more\n"), "of the list, the commands and what is done by hand: %s", screen)
		require.Contains(t, screen, "lane", "the entries after a long one are seen")
	}
	rows := make([]render.Row, 50)
	for i := range rows {
		rows[i] = render.Row{ID: fmt.Sprintf("r-%d", i), Phase: release.PhaseQueued}
	}
	screen := render.Releases(rows, at(30), render.Style{Width: 80, Height: 10})
	require.LessOrEqual(t, strings.Count(screen, "\n"), 10)
	require.Contains(t, screen, "… 42 more\n")
}

// No word is lost in a column that is wrapped, and none is broken that fits into a line.
func TestWindow_NothingIsCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,12}|[单金额不]{1,6}`), 1, 60).Draw(t, "words")
		width := rapid.IntRange(24, 140).Draw(t, "width")
		table := render.Table{
			Columns: []render.Column{{Name: "ID"}, {Name: "REASON", Wraps: 16}},
			Rows:    [][]render.Cell{render.Text("r-1", strings.Join(words, " "))},
		}
		var got []string
		for i, line := range strings.Split(table.Draw(render.Style{Width: width}), "\n") {
			require.LessOrEqual(t, render.Width(line), width)
			if i > 0 {
				got = append(got, strings.Fields(strings.TrimPrefix(line, "r-1"))...)
			}
		}
		require.Equal(t, words, got)
	})
}

// A picture that is redrawn fits into the window; what is wrong and what is awaited stay.
func TestWindow_Heights(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		p    release.Progress
		must []string
	}{
		{"stalled", named(noWorker()), []string{"Status:", "Stalled:", "What helps:", "App:"}},
		{"undone", named(undone()), []string{"Status:", "NeedsAttention", "Reason:", "left off: cpu", "not restored"}},
		{"gated", named(gated()), []string{"Status:", "Paused:", "Awaiting:", "batch 1 (gray)"}},
	} {
		for _, size := range []struct{ width, height int }{{100, 16}, {80, 24}, {120, 40}} {
			t.Run(fmt.Sprintf("%s-%dx%d", c.name, size.width, size.height), func(t *testing.T) {
				t.Parallel()
				screen := render.Tree(c.p, at(30), render.Style{Width: size.width, Height: size.height})
				require.LessOrEqual(t, strings.Count(screen, "\n"), size.height, screen)
				for _, must := range c.must {
					require.Contains(t, screen, must)
				}
				whole := render.Tree(c.p, at(30), render.Style{Width: size.width})
				if whole != screen {
					require.Contains(t, screen, "not shown; see: slipway release get r-abcdefghijklmnop")
				}
			})
		}
	}
}

// What is left out first is what is over: the batch that runs and what was decided last stay.
func TestWindow_WhatIsOverGoesFirst(t *testing.T) {
	t.Parallel()
	p := named(gated())
	p.Awaiting = nil
	p.Batches = nil
	for n := range 40 {
		b := release.Batch{Number: n + 1, Instances: 1, State: release.BatchConfirmed, StartedAt: at(1), EndedAt: at(2)}
		switch {
		case n == 20:
			b.State = release.BatchRunning
		case n > 20:
			b.State = release.BatchPending
		}
		p.Batches = append(p.Batches, b)
	}
	screen := render.Tree(p, at(30), render.Style{Width: 100, Height: 30})
	require.LessOrEqual(t, strings.Count(screen, "\n"), 30)
	require.Contains(t, screen, "batch 21 ")
	require.Contains(t, screen, "batch 22 ")
	require.NotContains(t, screen, "batch 1 ")
	require.NotContains(t, screen, "batch 40 ")
	require.Contains(t, screen, "at 2026-11-22T19:09:00Z: looking")
	require.NotContains(t, screen, "orders are lost")
}

// A text that its column is too narrow for stands under its row, where words and IDs stay whole; what
// would fill the window is cut there, and whole in the wide picture.
func TestWindow_LongTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"scaling", "rule", "NeedsAttention", "r-s-gzb3azu5aie5gtn2,", "InvalidParameter;", "the", "of"}), 1, 60).Draw(t, "words")
		width := rapid.SampledFrom([]int{60, 80, 120}).Draw(t, "width")
		table := render.Table{
			Columns: []render.Column{{Name: "ID"}, {Name: "WHEN", Rank: 2}, {Name: "REASON", Wraps: 16, Rank: 1, Below: true, Plain: true}},
			Rows:    [][]render.Cell{render.Text("r-s-gzb3azu5aie5gtn3", "2026-11-22T20:00:00+08:00", strings.Join(words, " "))},
		}
		text := table.Draw(render.Style{Width: width})
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		rest := lines[1:]
		for i := range rest {
			require.LessOrEqual(t, render.Width(rest[i]), width)
			rest[i] = strings.NewReplacer("r-s-gzb3azu5aie5gtn3", "", "2026-11-22T20:00:00+08:00", "").Replace(rest[i])
		}
		require.Equal(t, words, strings.Fields(strings.Split(strings.Join(rest, " "), "not shown")[0]))
		require.LessOrEqual(t, len(lines), 4+render.Width(strings.Join(words, " "))/(width-24))

		table.Columns[2].Lines = 2
		require.LessOrEqual(t, strings.Count(table.Draw(render.Style{Width: width}), "\n"), 5)
		if len(words) > 30 {
			require.Contains(t, table.Draw(render.Style{Width: width}), "…")
		}
		require.Contains(t, table.Draw(render.Style{Wide: true}), strings.Join(words, " "))
	})
}

// What is typed next, and why something stands where it stands, is in the narrowest window, too.
func TestWindow_WhatMattersStays(t *testing.T) {
	t.Parallel()
	narrow := screens(render.Style{Width: 60})
	require.Contains(t, narrow["history"], " r-abcdefghijklmnop")
	require.Contains(t, narrow["history"], "\n  reason: the traffic rule of the application is somebody\n")
	require.Contains(t, narrow["history"], "\n  brought: rollback to\n")
	require.NotContains(t, narrow["history"], "not shown")
	for _, id := range []string{"r-1", "r-2", "r-3", "r-4"} {
		require.Regexp(t, "(?m)(⧉|↶).* "+id+"( |$)", narrow["set"])
	}
}

func TestWindow_Wide(t *testing.T) {
	t.Parallel()
	all := screens(render.Style{Wide: true})["releases"]
	require.Contains(t, all, "REQUESTED BY")
	require.Contains(t, all, "registry.example/shop:1.4.2")
	require.NotContains(t, screens(render.Style{})["releases"], "REQUESTED BY")
}

func TestWindow_TheNoteNamesWhatIsNotShown(t *testing.T) {
	t.Parallel()
	require.Contains(t, screens(render.Style{Width: 60})["releases"], "not shown for want of room: ACCEPTED, OPERATION, STRATEGY")
	require.NotContains(t, screens(render.Style{Width: 300})["releases"], "not shown")
}

// The columns and values of a picture that is redrawn stay in their places, whatever is in it, unless
// the window gets another width.
func TestWindow_Steady(t *testing.T) {
	t.Parallel()
	where := func(text string) []int {
		header := regexp.MustCompile(`(?m)^NAME +KIND.*$`).FindString(text)
		return []int{strings.Index(header, "STATUS"), strings.Index(header, "TOOK"), strings.Index(header, "INFO"), strings.Index(text, string(parked().Phase))}
	}
	long, short := gated(), parked()
	long.Phase = parked().Phase
	short.Awaiting, short.RequestedBy, short.RollbackTo, short.ScalingRules = nil, "", nil, nil
	require.NotEqual(t, where(render.Tree(long, at(30), render.Style{})), where(render.Tree(short, at(30), render.Style{})))
	style := render.Style{Steady: &render.Steady{}}
	require.Equal(t, where(render.Tree(long, at(30), style)), where(render.Tree(short, at(30), style)))
	style.Width, style.Steady = 90, &render.Steady{}
	before := where(render.Tree(long, at(30), style))
	require.Equal(t, before, where(render.Tree(short, at(30), style)))
}

// A text for people is broken between words; a command in it stays whole.
func TestProse(t *testing.T) {
	t.Parallel()
	text := "there is no release; list them with: slipway release list --all; or ask somebody\n  a second line of it"
	require.Equal(t, text, render.Prose(text, 0))
	require.Equal(t, "there is no release;\n  list them with:\n  slipway release list --all;\n  or ask somebody\n  a second line of\n    it", render.Prose(text, 20))
}

// A lane that takes no further release says so, behind what, and what makes room.
func TestWindow_AFullLane(t *testing.T) {
	t.Parallel()
	full := release.LaneState{App: parked().App, Running: &release.LaneEntry{ReleaseID: "r-1", Since: at(0)}}
	for i := range release.MaxWaiting {
		full.Waiting = append(full.Waiting, release.LaneEntry{ReleaseID: fmt.Sprintf("r-%d", i+2), Since: at(1)})
	}
	full.Full = "100 releases wait in it, and no more may, behind release r-1, which runs"
	lane := render.Lane(full, "", at(9), render.Style{})
	require.Contains(t, lane, "Full:   100 releases wait in it, and no more may, behind release r-1, which runs; a request with the lane policy queue is tried again until there is room, and those published after it wait behind it\n"+
		"Next:   slipway release get r-1\n        slipway lane drop sae/cn-hangzhou/7171a6ca r-101\n")
	require.Contains(t, render.Lanes([]render.LaneRow{{App: "app", State: &full}}, at(9), render.Style{}), "100 (full)")
	full.Waiting, full.Full = full.Waiting[1:], ""
	require.NotContains(t, render.Lane(full, "", at(9), render.Style{}), "Full:")
}
