package systemtest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/ledger"
	"slipway/release"
	"slipway/saeclient"
)

// TestRetry_CommandLine repeats a release that was aborted, confirms all batches of the new one with
// one command while its worker is replaced, and reads the chain back.
func TestRetry_CommandLine(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	app := h.app()
	first := cli.out(0, "release", "submit", "-f", cli.releaseFile(app, "{type: gray, batches: 2, bake: 3s}"), "--note", "the new prices")
	h.until(h.follow(first), release.EventBatchWaiting, 1)
	require.Contains(t, cli.errOut(7, "release", "retry", first), "it has not ended: it is AwaitingConfirm")
	cli.out(0, "release", "abort", first, "--reason", "latency")
	cli.out(4, "release", "watch", first)

	second := cli.out(0, "release", "retry", first, "--by", "mei", "--event-id", "again")
	require.NotEqual(t, first, second)
	require.Equal(t, second, cli.out(0, "release", "retry", first, "--by", "mei", "--event-id", "again"), "the same event is the same release")
	events := h.follow(second)
	h.until(events, release.EventBatchWaiting, 1)
	cli.out(0, "release", "pause", second)
	require.Contains(t, cli.errOut(7, "release", "promote", second, "--full"), "resume it first")
	cli.out(0, "release", "resume", second)
	h.until(events, release.EventResumed, 0)
	require.Contains(t, cli.out(0, "release", "promote", second, "--full", "--by", "mei", "--note", "good"), second)
	require.NoError(t, worker.Kill(), "while the next batch is in progress or bakes")
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	cli.out(0, "release", "watch", second)
	p := h.result(second)
	require.Equal(t, []string{first, "the new prices", "mei"}, []string{p.RetryOf, p.Note, p.RequestedBy})
	var batches []int
	for _, d := range p.Decisions[2:] {
		require.Equal(t, release.Decision{
			Kind: release.CommandConfirm, ID: p.Decisions[2].ID, Batch: d.Batch, All: true, ChangeID: p.ChangeID, By: "mei", At: d.At, Via: release.ViaUpdate, Note: "good",
		}, d)
		batches = append(batches, d.Batch)
	}
	require.Equal(t, []int{0, 1, 2}, batches)
	require.Contains(t, cli.out(0, "release", "get", second), first)
	var record ledger.Record
	require.Eventually(t, func() bool {
		record, err = ledger.New(h.JetStream).GetOf(h.ctx, app, second)
		return err == nil && record.Ended()
	}, patience, 10*time.Millisecond)
	require.Equal(t, []string{first, first}, []string{record.RetryOf, record.Progress.RetryOf})
	require.Contains(t, cli.out(0, "history", app.SearchValue()), "retry of "+first)
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)

	third := cli.out(0, "release", "retry", second, "--dry-run")
	var event struct{ Data release.Spec }
	require.NoError(t, json.Unmarshal([]byte(third), &event))
	require.Equal(t, second, event.Data.RetryOf, "each names the one right before it")
	cli.repeatsWhatWasLost(app)
	h.forget(first)
	require.Contains(t, cli.errOut(1, "release", "retry", first), "submit its file again")
	require.NoError(t, worker.Stop())
}

// repeatsWhatWasLost repeats a release whose workflow was terminated, as soon as its lane knows.
func (c *commandLine) repeatsWhatWasLost(app release.App) {
	c.t.Helper()
	id, events := c.request(app, "lost", gray())
	c.until(events, release.EventBatchWaiting, 1)
	require.NoError(c.t, c.Client.TerminateWorkflow(c.ctx, release.WorkflowID(id), "", "by mistake"))
	c.until(events, release.EventAttention, 0)
	again := c.out(0, "release", "retry", id, "--reason", "the first was lost")
	require.Eventually(c.t, func() bool {
		r, err := ledger.New(c.JetStream).GetOf(c.ctx, app, again)
		return err == nil && r.Accepted && r.RetryOf == id
	}, patience, 10*time.Millisecond)
}
