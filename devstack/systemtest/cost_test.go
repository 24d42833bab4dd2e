package systemtest_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
		is := cost{h.history(id), calls.Total - calls.Operations["DescribeChangeOrder"] - calls.Operations["DescribeJobStatus"]}
		t.Logf("cost row=%q history_events=%d sae_calls=%d of %d calls=%v history=%v", tt.row, is.events, is.calls, calls.Total, calls.Operations, h.kindsInHistory(id))
		documented := documentedCost(t, tt.row)
		if is.events > documented.events+tt.shown/2 {
			documented.events += tt.shown
		}
		require.InDelta(t, documented.events, is.events, 2, "history events of %q in docs/operations.md", tt.row)
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
	is := cost{h.history(id), calls()}
	h.t.Logf("cost row=%q history_events=%d changing_calls=%d history=%v", tt.row, is.events, is.calls, h.kindsInHistory(id))
	documented := documentedCost(h.t, tt.row)
	require.InDelta(h.t, documented.events, is.events, 2, "history events of %q in docs/operations.md", tt.row)
	require.Equal(h.t, documented.calls, is.calls, "calls of %q in docs/operations.md", tt.row)
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
