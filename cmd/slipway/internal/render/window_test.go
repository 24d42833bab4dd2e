package render_test

import (
	"fmt"
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
			{ID: "r-abcdefghijklmnop", App: id, Kind: "GrayRelease", Phase: release.PhaseAwaitingConfirm, StartedAt: at(1), RequestedBy: "ci", Artifact: "registry.example/shop:1.4.2"},
			{ID: "r-bcdefghijklmnopq", App: id, Kind: "Deploy", Phase: release.PhaseNeedsAttention, Stopped: "terminated", StartedAt: at(1), EndedAt: at(9)},
		}, at(30), style),
		"lanes":   render.Lanes([]render.LaneRow{{App: id, Since: at(0), State: &held}, {App: id + "2", Since: at(3)}}, at(30), style),
		"lane":    render.Lane(held, at(30), style),
		"waiting": render.Waiting(needing(), at(30), style),
		"set":     render.SetTree(checkout(), at(9), style),
		"history": render.History([]ledger.Record{{ReleaseID: "r-abcdefghijklmnop", RequestedAt: at(1), RequestedBy: "ci", Artifact: named(undone()).Artifact, Outcome: release.PhaseNeedsAttention, Progress: named(undone())}}, style),
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
				for line := range strings.SplitSeq(screen, "\n") {
					require.LessOrEqual(t, render.Width(line), width, line)
				}
			})
		}
	}
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

func TestWindow_Wide(t *testing.T) {
	t.Parallel()
	all := screens(render.Style{Wide: true})["releases"]
	require.Contains(t, all, "REQUESTED BY")
	require.Contains(t, all, "registry.example/shop:1.4.2")
	require.NotContains(t, screens(render.Style{})["releases"], "REQUESTED BY")
}

func TestWindow_TheNoteNamesWhatIsNotShown(t *testing.T) {
	t.Parallel()
	require.Contains(t, screens(render.Style{Width: 60})["releases"], "not shown for want of room: KIND, STARTED")
	require.NotContains(t, screens(render.Style{Width: 300})["releases"], "not shown")
	require.NotContains(t, screens(render.Style{Width: 60, Quiet: true})["releases"], "not shown")
}
