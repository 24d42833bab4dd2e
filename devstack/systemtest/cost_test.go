package systemtest_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
)

// TestCost_WhatAReleaseCosts measures and bounds the cost of each strategy in history events
// and SAE calls, alone on a stack. The numbers are printed with -v.
func TestCost_WhatAReleaseCosts(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	app := h.app()
	tests := []struct {
		strategy      release.Strategy
		confirmations int
		// row is that of the table in docs/operations.md.
		row string
	}{
		{all(), 0, "all"},
		{batches(), 1, "batch, 2 batches, one confirmation"},
		{gray(), 2, "gray, 1 + 2 batches, two confirmations"},
	}
	for _, tt := range tests {
		h.Sim().ResetCalls()
		published := time.Now()
		id, events := h.request(app, fmt.Sprintf("%s-%s", t.Name(), tt.strategy.Type), tt.strategy)
		require.Eventually(t, func() bool { return h.Sim().Calls().Operations["DeployApplication"] == 1 }, patience, time.Millisecond)
		toDeploy := time.Since(published)
		for batch := 1; batch <= tt.confirmations; batch++ {
			h.until(events, release.EventBatchWaiting, batch)
			h.confirm(id, batch)
		}
		h.until(events, release.EventSucceeded, 0)
		h.result(id)
		t.Logf("cost strategy=%s history_events=%d sae_calls=%d publish_to_deploy=%s calls=%v history=%v", tt.strategy.Type, h.history(id),
			h.Sim().Calls().Total, toDeploy.Round(time.Millisecond), h.Sim().Calls().Operations, h.kindsInHistory(id))
		calls := h.Sim().Calls()
		documented := documentedCost(t, tt.row)
		require.InDelta(t, documented.events, h.history(id), 2, "history events of %q in docs/operations.md", tt.row)
		require.InDelta(t, documented.calls, calls.Total-calls.Operations["DescribeChangeOrder"], 1, "SAE calls of %q in docs/operations.md", tt.row)
	}
}

// cost is what the table of docs/operations.md says: events of history, and calls without looks.
type cost struct{ events, calls int }

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
