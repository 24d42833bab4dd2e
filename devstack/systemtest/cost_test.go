package systemtest_test

import (
	"fmt"
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
		mostEvents    int
	}{
		{all(), 0, 60},
		{batches(), 1, 85},
		{gray(), 2, 110},
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
		require.LessOrEqual(t, h.history(id), tt.mostEvents, "history of %s", tt.strategy.Type)
	}
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
