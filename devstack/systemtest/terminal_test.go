package systemtest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/internal/termtest"
	"slipway/release"
)

// terminal runs a command in a pseudo terminal, in the environment of the stack.
func (c *commandLine) terminal(size termtest.Size, args ...string) *termtest.Terminal {
	c.t.Helper()
	cmd := c.command(args...)
	cmd.Env = append(cmd.Env, "SLIPWAY_BY=ann", "TZ=Asia/Shanghai")
	return termtest.Start(c.ctx, c.t, cmd, size)
}

// TestTerminal_Top is a person at a terminal: a gray release waits, is confirmed and goes on, and
// is aborted.
func TestTerminal_Top(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	app := h.app()
	id, events := h.request(app, "top", gray())
	h.until(events, release.EventBatchWaiting, 1)

	name := h.progress(id).AppName
	require.NotEmpty(t, name, "the platform has told it")
	top := cli.terminal(termtest.Size{Columns: 80, Rows: 24}, "top")
	top.Shows("slipway top", "1 release, 1 wait for people", "AwaitingConfirm", "▓ ░░ ░░ 1/5", "you: confirm batch 1", "c confirm · a abort")
	top.Send("c")
	top.Shows("Confirm batch 1 of 3 of "+name+" (sae/", "begins then.", "y: yes")
	top.Send("n")
	top.Shows("confirm was not sent")
	top.Send("c")
	top.Shows("y: yes")
	top.Send("y")
	top.Shows("batch 1 confirmed by ann")
	h.until(events, release.EventBatchWaiting, 2)
	top.Shows("you: confirm batch 2", "▓ ▓▓ ░░ 3/5")
	d := h.progress(id).Decisions[0]
	require.Equal(t, []any{release.CommandConfirm, 1, "ann", release.ViaUpdate}, []any{d.Kind, d.Batch, d.By, d.Via})

	top.Resize(termtest.Size{Columns: 120, Rows: 40})
	top.Until("the keys at the foot of the larger window", func(s termtest.Screen) bool { return strings.Contains(s.Lines()[39], "q quit") })
	top.Send(termtest.KeyEnter)
	top.Shows("c confirm", "⟳ "+id, "□ batch 3", "EVENTS", scenario.NewImage)

	top.Send("a")
	top.Shows("Abort the release of "+name+" ("+app.SearchValue()+")", "type abort and Enter:")
	top.Send("y", termtest.KeyEnter)
	top.Shows("abort was not sent")
	top.Send("a")
	top.Shows("type abort and Enter:")
	top.Send("abort", termtest.KeyEnter)
	top.Shows("aborted by ann")
	h.until(events, release.EventAborted, 0)
	top.Shows("✖ Aborted")
	top.Send("c")
	top.Shows("confirm does not apply to " + id)
	top.Send("q")
	require.Zero(t, top.Wait())
}

// TestTerminal_TopWithoutWorker says so, keeps the picture, and is fresh again once a worker is back.
func TestTerminal_TopWithoutWorker(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	launch := scenario.Launch{Binary: cli.binary, Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	_, events := h.request(h.app(), "top", gray())
	h.until(events, release.EventBatchWaiting, 1)

	top := cli.terminal(termtest.Size{Columns: 100, Rows: 16}, "top", "--no-color")
	top.Shows("▓ ░░ ░░ 1/5", "you: confirm batch 1")
	require.NoError(t, worker.Kill())
	top.Shows("STALE", "no worker answers", "▓ ░░ ░░ 1/5")
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	top.Until("a fresh picture", func(s termtest.Screen) bool { return !s.Shows("STALE") && s.Shows("▓ ░░ ░░ 1/5") })
	top.Send(termtest.KeyCtrlC)
	require.Zero(t, top.Wait())
	require.NoError(t, worker.Stop())
}

// TestTerminal_Watch looks at one release in windows of two sizes. While no worker answers, that
// is seen in the smaller one, too, with what was seen last.
func TestTerminal_Watch(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	worker, err := scenario.Launch{Binary: cli.binary, Role: "worker", Env: h.Env(), Log: t.Output()}.Start(h.ctx)
	require.NoError(t, err)
	id, events := h.request(h.app(), "watch", gray())
	h.until(events, release.EventBatchWaiting, 1)

	watch := cli.terminal(termtest.Size{Columns: 80, Rows: 24}, "release", "watch", id)
	watch.Shows(id, "AwaitingConfirm", "batch 1")
	watch.Resize(termtest.Size{Columns: 100, Rows: 16})
	require.NoError(t, worker.Kill())
	watch.Shows("no worker answers", "AwaitingConfirm")
	watch.Resize(termtest.Size{Columns: 80, Rows: 24})
	watch.Shows("no worker answers", "AwaitingConfirm", "batch 1")
}
