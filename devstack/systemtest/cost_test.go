package systemtest_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"

	"slipway/cloudapi"
	"slipway/devstack/bench"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestCost_WhatAReleaseCosts measures and bounds the cost of each kind of release in history events
// and SAE calls, alone on a stack. The numbers are printed with -v.
func TestCost_WhatAReleaseCosts(t *testing.T) {
	t.Parallel()
	s := bring(t, stack.Config{})
	t.Cleanup(func() { end(t, s) })
	up, down, stop := bench.Services()
	t.Cleanup(stop)
	measured := map[string]cost{}
	for i, tt := range bench.PricedReleases(up, down) {
		h := enter(t, s)
		spent, err := tt.Measure(h.ctx, s, i)
		require.NoError(t, err)
		calls := spent.Calls
		is := cost{spent.Events, calls.Total - calls.Operations["DescribeChangeOrder"] - calls.Operations["DescribeJobStatus"]}
		t.Logf("cost row=%q history_events=%d sae_calls=%d of %d calls=%v history=%v", tt.Row, is.events, is.calls, calls.Total, calls.Operations, spent.Kinds)
		documented := documentedCost(t, tt.Row)
		if is.events > documented.events+tt.Shown/2 {
			documented.events += tt.Shown
		}
		requireEvents(t, tt.Row, documented.events, spent.History)
		_, is.events = taskwise(spent.History)
		require.InDelta(t, documented.calls, is.calls, 1, "SAE calls of %q in docs/operations.md", tt.Row)
		if before, again := measured[tt.Row]; again {
			require.Equal(t, before, is, "%q costs the same, however long it is", tt.Row)
		}
		measured[tt.Row] = is
		if !tt.Job {
			h.requireRulesAsBefore(spent.App)
		}
	}
}

// cost is what the table of docs/operations.md says: events of history, and calls without looks.
type cost struct {
	events, calls int
}

// changing counts the calls that change something.
func changing(calls saesim.CallCounts, lookup func(string) (cloudapi.Operation, bool)) (n int) {
	for name, count := range calls.Operations {
		if op, _ := lookup(name); op.Mutates {
			n += count
		}
	}
	return n
}

// requireCost carries a release of the row out, and compares its history and the calls that change something with
// what is documented.
func (h *house) requireCost(tt bench.Priced, app release.App, calls func() int) {
	h.t.Helper()
	id, events := h.request(app, h.t.Name()+app.ID, tt.Strategy)
	for batch := 1; batch <= tt.Confirmations; batch++ {
		h.until(events, release.EventBatchWaiting, batch)
		h.confirm(id, batch)
	}
	h.until(events, release.EventSucceeded, 0)
	h.result(id)
	history, err := bench.ReadHistory(h.ctx, h.Client, release.WorkflowID(id))
	require.NoError(h.t, err)
	is := cost{history.Events, calls()}
	h.t.Logf("cost row=%q history_events=%d changing_calls=%d history=%v", tt.Row, is.events, is.calls, history.Kinds)
	documented := documentedCost(h.t, tt.Row)
	requireEvents(h.t, tt.Row, documented.events, history)
	require.Equal(h.t, documented.calls, is.calls, "calls of %q in docs/operations.md", tt.Row)
}

// requireEvents compares a history, by the kinds of its events, with the number that is documented. How many workflow tasks
// there are depends on how busy the machine is, and on it alone: of two answers that come at about the same time a
// workflow hears in one task or in two, and a task that takes long is begun again; what NATS does not take at once is told by an activity.
func requireEvents(t *testing.T, row string, documented int, history bench.History) {
	t.Helper()
	fewest, most := taskwise(history)
	require.LessOrEqual(t, fewest, documented+2, "history events of %q in docs/operations.md", row)
	require.GreaterOrEqual(t, most, documented-2, "history events of %q in docs/operations.md", row)
}

// taskwise counts the events of a history twice: with the workflow tasks that there were but for those begun again, and with
// one for each event that wakes the workflow. It leaves out what was told late, in the place of which there is a marker. An end that
// a limit has decided in the same task, as on a busy machine that of a watch with its last sample, counts as the marker that it is otherwise.
func taskwise(history bench.History) (fewest, most int) {
	const eventsOfTask = 3     // it is scheduled, started and completed
	const eventsOfActivity = 3 // as well
	wakes := -history.Late - history.Decided
	others := -history.Late*eventsOfActivity - history.Decided*(eventsOfActivity-1)
	for kind, n := range history.Kinds {
		switch {
		case slices.Contains(wakers(), kind):
			wakes += n
			fallthrough
		case !strings.HasPrefix(kind, "WorkflowTask"):
			others += n
		}
	}
	tasks := history.Kinds[enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED.String()]
	return others + eventsOfTask*min(tasks, wakes), others + eventsOfTask*wakes
}

// wakers are the events after which a workflow goes on.
func wakers() (kinds []string) {
	for _, kind := range []enums.EventType{
		enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
		enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, enums.EVENT_TYPE_ACTIVITY_TASK_FAILED, enums.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
		enums.EVENT_TYPE_ACTIVITY_TASK_CANCELED, enums.EVENT_TYPE_TIMER_FIRED, enums.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED,
		enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, enums.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
	} {
		kinds = append(kinds, kind.String())
	}
	return kinds
}

func documentedCost(t *testing.T, row string) (found cost) {
	t.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	numbers := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(row) + ` \| (\d+) \| (\d+), and `).FindStringSubmatch(string(page))
	require.NotNil(t, numbers, "docs/operations.md has no row %q", row)
	found.events, err = strconv.Atoi(numbers[1])
	require.NoError(t, err)
	found.calls, err = strconv.Atoi(numbers[2])
	require.NoError(t, err)
	return found
}

// TestCost_ParkedReleaseWritesNoHistory watches the real history of a parked release while
// the platform is looked at again and again.
func TestCost_ParkedReleaseWritesNoHistory(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	app := h.app()
	id, events := h.request(app, t.Name(), gray())
	h.until(events, release.EventBatchWaiting, 1)
	looks := func() int { return h.Sim().Calls().Operations["DescribeChangeOrder"] }
	settled := func() int {
		before := looks()
		require.Eventually(t, func() bool { return looks() > before }, patience, 50*time.Millisecond)
		return h.history(id)
	}
	short := settled()
	for range 2 {
		require.Equal(t, short, settled(), "a look that finds nothing new writes nothing")
	}
	require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, release.Command{ID: id + "-abort", Kind: release.CommandAbort, By: "ann"}))
	h.until(events, release.EventAborted, 0)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(app))
}
