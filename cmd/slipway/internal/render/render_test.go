package render_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
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
		ChangeOrderID: "co-1",
		RollbackTo:    &release.Version{ID: "v-7", Artifact: release.Artifact{Image: "registry.example/shop:1.4.1"}},
		Batches: []release.Batch{
			{Number: 1, Instances: 1, State: release.BatchDone, StartedAt: at(1), EndedAt: at(3)},
			{Number: 2, Instances: 2, State: release.BatchPending},
			{Number: 3, Instances: 2, State: release.BatchPending},
		},
		Awaiting:     &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1, Since: at(8), Until: at(8).Add(24 * time.Hour)},
		ScalingRules: []release.HeldRule{{Name: "cpu"}},
		RequestedBy:  "ci",
		Note:         "orders: fix rounding",
		StartedAt:    at(0),
	}
}

// aborted is the same release after an operator spoke twice.
func aborted() release.Progress {
	p := parked()
	p.Phase, p.Outcome, p.Reason = release.PhaseAborted, release.PhaseAborted, "aborted by mei: 订单金额不对"
	p.Awaiting = nil
	p.ScalingRules = []release.HeldRule{{Name: "cpu", Restored: true}, {Name: "night"}}
	p.Decisions = []release.Decision{
		{Kind: release.CommandConfirm, Batch: 2, By: "mei", At: at(9), Via: "update", Refused: "batch 2 does not wait for a confirmation: batch 1 does"},
		{Kind: release.CommandAbort, By: "mei", At: at(10), Via: "event", Note: "订单金额不对"},
	}
	p.EndedAt = at(12)
	return p
}

func TestTree(t *testing.T) {
	t.Parallel()
	now := at(30)
	all := release.Progress{
		ReleaseID: "r-all", Phase: release.PhaseQueued, Strategy: release.Strategy{Type: release.StrategyAll},
		Artifact: release.Artifact{Package: &release.Package{URL: "https://oss.example/shop.jar", Version: "2"}},
		Awaiting: &release.Awaiting{Kind: release.AwaitTurn, Since: at(0)},
	}
	cases := map[string]struct {
		p     release.Progress
		style render.Style
	}{
		"tree-parked.golden":  {parked(), render.Style{}},
		"tree-aborted.golden": {aborted(), render.Style{}},
		"tree-queued.golden":  {all, render.Style{}},
		"tree-narrow.golden":  {aborted(), render.Style{Width: 60}},
		"tree-color.golden":   {parked(), render.Style{Color: true}},
		"tree-little.golden":  {release.Progress{ReleaseID: "r-x", Phase: release.PhaseRollingOut}, render.Style{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, render.Tree(c.p, now, c.style))
		})
	}
}

func TestTreeFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for columns := range 120 {
		if columns == 0 {
			continue
		}
		for line := range strings.SplitSeq(render.Tree(aborted(), at(30), render.Style{Width: columns}), "\n") {
			require.LessOrEqual(t, render.Width(line), columns, line)
		}
	}
}

func TestNews(t *testing.T) {
	t.Parallel()
	began := parked()
	began.Phase, began.Awaiting, began.Batches[0].State = release.PhaseRollingOut, nil, release.BatchRunning
	lines := render.News(release.Progress{}, began, at(1))
	lines = append(lines, render.News(began, began, at(2))...)
	lines = append(lines, render.News(began, parked(), at(3))...)
	lines = append(lines, render.News(parked(), aborted(), at(4))...)
	golden(t, "news.golden", strings.Join(lines, "\n")+"\n")
}

func TestWordsCannotMoveTheCursor(t *testing.T) {
	t.Parallel()
	p := parked()
	p.Note = "good\x1b[2J\nName: forged\u202e"
	p.Reason = "bad\x1b]0;title\a"
	for _, out := range []string{render.Tree(p, at(30), render.Style{}), render.Line(p)} {
		require.NotContains(t, out, "\x1b")
		require.NotContains(t, out, "\a")
		require.NotContains(t, out, "\nName: forged")
		require.NotContains(t, out, "\u202e")
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	text := func() string { return "text\n" }
	for _, c := range []struct {
		format       render.Format
		write, strem string
	}{
		{render.FormatJSON, "{\n  \"name\": \"cpu\",\n  \"restored\": true\n}\n", "{\"name\":\"cpu\",\"restored\":true}\n"},
		{render.FormatYAML, "name: cpu\nrestored: true\n", "---\nname: cpu\nrestored: true\n"},
		{render.FormatTable, "text\n", "text\n"},
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
	require.ErrorContains(t, err, "use -o table, json or yaml")
}
