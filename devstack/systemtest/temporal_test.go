package systemtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"slipway/devstack/stack"
	"slipway/release"
)

// TestTemporal_WhatTemporalShowsOfARelease looks at a release as a user of Temporal does: its details
// while it is parked, its search attributes, and the summaries in its history.
func TestTemporal_WhatTemporalShowsOfARelease(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	app := h.app()
	id, events := h.request(app, t.Name(), batches())
	h.until(events, release.EventBatchWaiting, 1)
	details := h.details(release.WorkflowID(id))
	require.Contains(t, details, "**AwaitingConfirm**, batch 1 of 2: ")
	require.Contains(t, details, " for confirmation of batch 1")

	h.confirm(id, 1)
	h.until(events, release.EventSucceeded, 0)
	h.result(id)
	story := h.summaries(id)
	require.Contains(t, story, "suspend scaling rules ")
	require.Contains(t, story, "confirm batch 1 of change ")
	require.Contains(t, story, "limit of waiting for confirmation of batch 1")

	h.found("SlipwayApp = '"+app.SearchValue()+"' AND SlipwayOutcome = 'Succeeded' AND SlipwayOperation = 'release' AND SlipwayRequestedBy = 'systemtest'", 1)
}

// details are what Temporal's UI shows of where a workflow stands.
func (h *house) details(workflowID string) string {
	h.t.Helper()
	value, err := h.Client.QueryWorkflow(h.ctx, workflowID, "", "__temporal_workflow_metadata")
	require.NoError(h.t, err)
	var shown sdk.WorkflowMetadata
	require.NoError(h.t, value.Get(&shown))
	return shown.GetCurrentDetails()
}

// found waits until Temporal finds so many workflows.
func (h *house) found(query string, count int64) {
	h.t.Helper()
	require.Eventually(h.t, func() bool {
		found, err := h.Client.CountWorkflow(h.ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		return err == nil && found.GetCount() == count
	}, patience, 100*time.Millisecond, query)
}

// summaries are those of a release's activities and timers, one a line; every one has one.
func (h *house) summaries(id string) string {
	h.t.Helper()
	var lines []string
	events := h.Client.GetWorkflowHistory(h.ctx, release.WorkflowID(id), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(h.t, err)
		if e.GetActivityTaskScheduledEventAttributes() == nil && e.GetTimerStartedEventAttributes() == nil {
			continue
		}
		var line string
		require.NoError(h.t, converter.GetDefaultDataConverter().FromPayload(e.GetUserMetadata().GetSummary(), &line), "event %d", e.GetEventId())
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
