package startertest_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"slipway/internal/metrictest"
	"slipway/release"
	"slipway/starter"
	"slipway/starter/overview"
	"slipway/wire"
)

// overview returns the gauges about all releases as a starter that has just begun shows them.
func (h *house) overview() map[string]float64 {
	h.t.Helper()
	all, err := overview.New(overview.Config{Temporal: h.client, Calendar: wire.NewCalendars(h.js), JetStream: h.js, Logger: zerolog.New(zerolog.NewTestWriter(h.t))})
	require.NoError(h.t, err)
	registry := prometheus.NewRegistry()
	require.NoError(h.t, registry.Register(all))
	return metrictest.Values(h.t, registry)
}

// untilOverview waits until the gauges have values; visibility follows after a moment.
func (h *house) untilOverview(want map[string]float64) {
	h.t.Helper()
	h.until("the gauges", func() bool {
		have := h.overview()
		for name, value := range want {
			if got, there := have[name]; !there || got != value {
				return false
			}
		}
		return true
	})
}

// The real servers understand what is asked.
func TestOverview_ShowsWhatIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	require.NoError(t, wire.EnsureCalendar(h.ctx, h.js, 1))
	s := h.starter(starter.Config{})
	h.untilReady(s.Starter)
	h.untilOverview(map[string]float64{
		"slipway_releases Preparing": 0, "slipway_waiting_for_people confirm": 0, "slipway_waiting_for_people resume": 0, "slipway_lanes_held person": 0,
		"slipway_freezes_active stop": 0, "slipway_event_deliveries_late": 0,
		"slipway_messages_pending request": 0, "slipway_messages_oldest_seconds request": 0, "slipway_messages_pending command": 0,
	})

	h.request("1", spec("shop"))
	h.request("2", spec("shop"))
	h.request("3", spec("cart"))
	h.untilTaken()
	hold, err := h.client.UpdateWorkflow(h.ctx, client.UpdateWorkflowOptions{
		WorkflowID: release.LaneID(app("cart")), UpdateName: release.UpdateHold, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{release.LaneCommand{By: "ann", Reason: "looking at it"}},
	})
	require.NoError(t, err)
	require.NoError(t, hold.Get(h.ctx, nil))
	require.NoError(t, wire.NewCalendars(h.js).Edit(h.ctx, wire.CalendarChange{Action: "stop", Name: "incident"}, func(c release.Calendar) (release.Calendar, error) {
		c.Stops = append(c.Stops, release.Stop{Name: "incident", Reason: "down"})
		return c, nil
	}))
	require.NoError(t, s.stop())
	h.request("4", spec("shop"))
	all := map[string]float64{
		"slipway_releases Queued": 1, "slipway_releases Preparing": 2, "slipway_waiting_for_people resume": 2, "slipway_waiting_for_people confirm": 0,
		"slipway_lanes_held person": 1, "slipway_lanes_held release": 0,
		"slipway_freezes_active stop": 1, "slipway_messages_pending request": 1, "slipway_messages_pending command": 0,
	}
	for _, reading := range []string{"releases", "waiting", "lanes", "freezes", "events", "messages"} {
		all["slipway_overview_failures_total "+reading] = 0 // a reading that takes too long on a busy machine is one that failed
	}
	h.untilOverview(all)
	require.Positive(t, h.overview()["slipway_messages_oldest_seconds request"])
}
