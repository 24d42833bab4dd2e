package systemtest_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
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
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// priced is a release whose cost is measured.
type priced struct {
	// row is that of the table in docs/operations.md.
	row           string
	strategy      release.Strategy
	config        *release.Config
	onlyConfig    bool
	job           bool
	confirmations int
	ends          release.EventKind
	// shown are the events that come on top where a look happens to see the job run.
	shown int
}

// pricedReleases are the rows; up and down are the addresses of a service that is well and of one that is not.
func pricedReleases(up, down string) []priced {
	watched := func(d time.Duration, address string) release.Strategy {
		return release.Strategy{Watch: &release.Watch{For: release.Duration(d), Gates: []release.Gate{
			{Name: "health", HTTP: &release.HTTPGate{URL: address}, Interval: release.Duration(time.Second)},
		}}}
	}
	config := &release.Config{Variables: []release.Variable{{Name: "LOG_LEVEL", Value: new("debug")}}}
	more := &release.Config{Variables: config.Variables, Instances: new(scenario.Instances + 2)}
	const passes = "all, with a watch that passes, one gate"
	return []priced{
		{row: "all", strategy: all()},
		{row: "all, with configuration", strategy: all(), config: config},
		{row: "all, configuration alone", strategy: all(), config: config, onlyConfig: true},
		{row: "batch, 2 batches, one confirmation", strategy: batches(), confirmations: 1},
		{row: "gray, 1 + 2 batches, two confirmations", strategy: gray(), confirmations: 2},
		{row: "gray, 1 + 2 batches, two confirmations, with configuration", strategy: gray(), config: more, confirmations: 2},
		{row: passes, strategy: watched(2*time.Second, up)},
		{row: passes, strategy: watched(8*time.Second, up)},
		{row: "all, with a watch that fails, one gate", strategy: watched(time.Hour, down), ends: release.EventRolledBack},
		{
			row: "all, with configuration and a watch that fails, one gate: instances are put back", strategy: watched(time.Hour, down),
			config: more, ends: release.EventRolledBack,
		},
		{row: "job, which is run", job: true, shown: 6},
	}
}

// TestCost_WhatAReleaseCosts measures and bounds the cost of each kind of release in history events
// and SAE calls, alone on a stack. The numbers are printed with -v.
func TestCost_WhatAReleaseCosts(t *testing.T) {
	t.Parallel()
	s := bring(t, stack.Config{})
	t.Cleanup(func() { end(t, s) })
	down := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(down.Close)
	up := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(up.Close)
	measured := map[string]cost{}
	for i, tt := range pricedReleases(up.URL, down.URL) {
		h := enter(t, s)
		app, spec := h.priced(tt, i)
		s.Sim().ResetCalls()
		id, err := scenario.Request(h.ctx, h.JetStream, fmt.Sprintf("%s-%d", t.Name(), i), spec)
		require.NoError(t, err)
		events := h.follow(id)
		for batch := 1; batch <= tt.confirmations; batch++ {
			h.until(events, release.EventBatchWaiting, batch)
			h.confirm(id, batch)
		}
		h.until(events, cmp.Or(tt.ends, release.EventSucceeded), 0)
		h.result(id)
		calls := s.Sim().Calls()
		kinds := h.kindsInHistory(id)
		is := cost{h.history(id), calls.Total - calls.Operations["DescribeChangeOrder"] - calls.Operations["DescribePipeline"] - calls.Operations["DescribeJobStatus"]}
		t.Logf("cost row=%q history_events=%d sae_calls=%d of %d calls=%v history=%v", tt.row, is.events, is.calls, calls.Total, calls.Operations, kinds)
		documented := documentedCost(t, tt.row)
		if is.events > documented.events+tt.shown/2 {
			documented.events += tt.shown
		}
		requireEvents(t, tt.row, documented.events, kinds)
		_, is.events = taskwise(kinds)
		require.InDelta(t, documented.calls, is.calls, 1, "SAE calls of %q in docs/operations.md", tt.row)
		if before, again := measured[tt.row]; again {
			require.Equal(t, before, is, "%q costs the same, however long it is", tt.row)
		}
		measured[tt.row] = is
		if !tt.job {
			h.requireRulesAsBefore(app)
		}
	}
}

// priced creates the application or the job of the row with the number, and what is asked for.
func (h *house) priced(of priced, row int) (release.App, release.Spec) {
	h.t.Helper()
	create := scenario.CreateApp
	if of.job {
		create = scenario.CreateJob
	}
	app, err := create(h.ctx, h.sae, fmt.Sprintf("cost%d", row))
	require.NoError(h.t, err)
	asked := spec(app, of.strategy)
	asked.Config = of.config
	if of.onlyConfig {
		asked.Artifact = release.Artifact{}
	}
	if of.job {
		asked.Operation, asked.Job = release.OperationJob, &release.Job{Run: true, Command: []string{"migrate"}}
	}
	return app, asked
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
func (h *house) requireCost(tt priced, app release.App, calls func() int) {
	h.t.Helper()
	id, events := h.request(app, h.t.Name()+app.ID, tt.strategy)
	for batch := 1; batch <= tt.confirmations; batch++ {
		h.until(events, release.EventBatchWaiting, batch)
		h.confirm(id, batch)
	}
	h.until(events, release.EventSucceeded, 0)
	h.result(id)
	kinds := h.kindsInHistory(id)
	is := cost{h.history(id), calls()}
	h.t.Logf("cost row=%q history_events=%d changing_calls=%d history=%v", tt.row, is.events, is.calls, kinds)
	documented := documentedCost(h.t, tt.row)
	requireEvents(h.t, tt.row, documented.events, kinds)
	require.Equal(h.t, documented.calls, is.calls, "calls of %q in docs/operations.md", tt.row)
}

// requireEvents compares a history, by the kinds of its events, with the number that is documented. How many workflow tasks
// there are depends on how busy the machine is, and on it alone: of two answers that come at about the same time a
// workflow hears in one task or in two, and a task that takes long is begun again.
func requireEvents(t *testing.T, row string, documented int, kinds map[string]int) {
	t.Helper()
	fewest, most := taskwise(kinds)
	require.LessOrEqual(t, fewest, documented+2, "history events of %q in docs/operations.md", row)
	require.GreaterOrEqual(t, most, documented-2, "history events of %q in docs/operations.md", row)
}

// taskwise counts the events of a history twice: with the workflow tasks that there were but for those begun again, and with
// one for each event that wakes the workflow.
func taskwise(kinds map[string]int) (fewest, most int) {
	const eventsOfTask = 3 // it is scheduled, started and completed
	others, wakes := 0, 0
	for kind, n := range kinds {
		switch {
		case slices.Contains(wakers(), kind):
			wakes += n
			fallthrough
		case !strings.HasPrefix(kind, "WorkflowTask"):
			others += n
		}
	}
	tasks := kinds[enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED.String()]
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
