package systemtest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
)

// confirmLimit is how long the batches of these tests wait for a person: longer than it
// takes to kill a worker and to give commands.
const confirmLimit = 15 * time.Second

// crossing is a release that is parked while no worker runs. Commands and its confirm
// limit cross in the given order.
type crossing struct {
	onTimeout release.TimeoutPolicy
	// order are commands by their names, and "limit".
	order []string
	id    string
	app   release.App
}

// limitPasses is the place of the confirm limit in an order.
const limitPasses = "limit"

// expected is the outcome by R11 and R12 alone, and how many batches got the new version.
// What stops the release wins over all that comes after it; what comes after is refused.
func (c crossing) expected() (outcome release.Phase, batches int) {
	for _, what := range c.order {
		switch {
		case what == string(release.CommandAbort):
			return release.PhaseAborted, 1
		case what == string(release.CommandConfirm), what == limitPasses && c.onTimeout == release.TimeoutContinue:
			// Unless it is stopped right after, which nobody can tell from the order alone.
			if slices.Contains(c.order, string(release.CommandAbort)) {
				return release.PhaseAborted, 1
			}
			return release.PhaseSucceeded, 2
		case what == limitPasses:
			return release.PhaseAborted, 1
		}
	}
	return release.PhaseAborted, 1
}

func (c crossing) name() string {
	return strings.Join(c.order, " ") + ", on timeout " + string(c.onTimeout)
}

// crossings are the orders under test: those that were once judged wrongly, and drawn ones.
func crossings() []*crossing {
	confirm, abort := string(release.CommandConfirm), string(release.CommandAbort)
	all := []*crossing{
		{onTimeout: release.TimeoutAbort, order: []string{confirm, limitPasses}},
		{onTimeout: release.TimeoutAbort, order: []string{limitPasses, confirm}},
		{onTimeout: release.TimeoutContinue, order: []string{abort, limitPasses}},
		{onTimeout: release.TimeoutContinue, order: []string{limitPasses, abort}},
	}
	dice := rand.New(rand.NewPCG(11, 0))
	for range 6 {
		c := &crossing{
			onTimeout: []release.TimeoutPolicy{release.TimeoutAbort, release.TimeoutContinue}[dice.IntN(2)],
			order:     []string{limitPasses, confirm, abort}[:2+dice.IntN(2)],
		}
		c.order = slices.Clone(c.order)
		dice.Shuffle(len(c.order), func(i, j int) { c.order[i], c.order[j] = c.order[j], c.order[i] })
		all = append(all, c)
	}
	return all
}

// TestOrder_CommandsCountInTheOrderInWhichTheyWereGiven is R12: what Temporal stored first counts
// first, although no worker was there to see it.
func TestOrder_CommandsCountInTheOrderInWhichTheyWereGiven(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	all := crossings()
	for i, c := range all {
		c.app = h.app()
		in := spec(c.app, batches())
		in.Limits.Confirm, in.Limits.OnConfirmTimeout = release.Duration(confirmLimit), c.onTimeout
		c.id, err = scenario.Request(h.ctx, h.JetStream, fmt.Sprintf("%s-%d", t.Name(), i), in)
		require.NoError(t, err)
	}
	for _, c := range all {
		h.until(h.follow(c.id), release.EventBatchWaiting, 1)
	}
	for _, c := range all {
		// The total limit and that of the confirmation are stored: the event may be told before.
		require.Eventually(t, func() bool { return h.kindsInHistory(c.id)[enums.EVENT_TYPE_TIMER_STARTED.String()] == 2 }, patience, 50*time.Millisecond)
	}
	require.NoError(t, worker.Kill())
	h.cross(all)
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	for _, c := range all {
		p := h.result(c.id)
		outcome, brought := c.expected()
		require.Equal(t, outcome, p.Outcome, "%s: %s", c.name(), p.Reason)
		if brought == 1 {
			require.NotEqual(t, release.BatchDone, p.Batches[1].State, c.name())
			require.Zero(t, p.Batches[1].StartedAt, "%s: the second batch got the new version", c.name())
		}
		require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(c.app), c.name())
		h.requireRulesAsBefore(c.app)
	}
	require.NoError(t, worker.Stop())
}

// TestOrder_ATurnThatCameBeforeItsLimitCounts: the turn of a queued release is a word like the others.
func TestOrder_ATurnThatCameBeforeItsLimitCounts(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	in := spec(h.app(), all()).WithDefaults()
	in.Limits.Queue = release.Duration(confirmLimit)
	const id = "r-queued"
	_, err = h.Client.ExecuteWorkflow(h.ctx, client.StartWorkflowOptions{ID: release.WorkflowID(id), TaskQueue: release.WorkflowTaskQueue},
		in.Workflow(), release.Request{ID: id, Spec: in, Queued: true})
	require.NoError(t, err)
	limit, passed := enums.EVENT_TYPE_TIMER_STARTED.String(), enums.EVENT_TYPE_TIMER_FIRED.String()
	require.Eventually(t, func() bool { return h.kindsInHistory(id)[limit] == 1 }, patience, 50*time.Millisecond)
	require.NoError(t, worker.Kill())
	require.NoError(t, h.Client.SignalWorkflow(h.ctx, release.WorkflowID(id), "", release.SignalProceed, release.Turn{}))
	require.Eventually(t, func() bool { return h.kindsInHistory(id)[passed] == 1 }, patience, 100*time.Millisecond)
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	p := h.result(id)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.NoError(t, worker.Stop())
}

// cross gives the commands before the limits of all releases have passed, waits until they
// have, and gives the others.
func (h *house) cross(all []*crossing) {
	h.t.Helper()
	for _, c := range all {
		h.give(c, c.order[:slices.Index(c.order, limitPasses)])
	}
	for _, c := range all {
		before := slices.Index(c.order, limitPasses)
		require.Eventually(h.t, func() bool { return h.kindsInHistory(c.id)[enums.EVENT_TYPE_TIMER_FIRED.String()] > 0 }, patience, 100*time.Millisecond)
		kinds := h.kindsInHistory(c.id)
		require.Equal(h.t, before, kinds[enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED.String()],
			"%s: the commands were not given before the limit had passed", c.name())
		h.give(c, c.order[before+1:])
	}
}

// give stores commands in the history of a release, whoever runs.
func (h *house) give(c *crossing, commands []string) {
	h.t.Helper()
	for _, command := range commands {
		in := release.Command{By: "ann"}
		if command == string(release.CommandConfirm) {
			in.Batch = 1
		}
		require.NoError(h.t, h.Client.SignalWorkflow(h.ctx, release.WorkflowID(c.id), "", command, in))
	}
}
