package startertest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

const flood = 1200

// unhurried are the delays of a starter that was told nothing, without its pace.
func unhurried() starter.Config {
	d := starter.Config{}.WithDefaults()
	return starter.Config{RetryDelay: d.RetryDelay, MaxRetryDelay: d.MaxRetryDelay, RequestsPerMinute: 1_000_000}
}

func TestFlood_MoreThanAFewRequestsAMinuteWaitAndHoldNobodyUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, narrowLane{room: 100}.run)
	paced := unhurried()
	paced.RequestsPerMinute = 5
	s := h.starter(paced)
	ids := h.flood("shop", 8)
	h.until("five of eight to be taken", func() bool { return h.messages(wire.StreamIn) == 3 })
	h.request("o", spec("other"))
	h.until("the other application's", func() bool { return s.count(t, "request", "accepted") == 6 })
	require.Equal(t, ids[:5], h.taken("shop"))
	require.EqualValues(t, 3, h.messages(wire.StreamIn))
	h.noDeadLetters()
}

// flood publishes requests for one application and returns their releases.
func (h *house) flood(id string, n int) []string {
	h.t.Helper()
	ids := make([]string, n)
	for i := range n {
		ids[i] = h.request(fmt.Sprint("flood-", i), spec(id))
	}
	return ids
}

func TestFlood_AFloodForOneApplicationStopsNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(unhurried())
	other := h.request("o", spec("other"))
	h.untilTaken()
	flooded := time.Now()
	ids := h.flood("shop", 1+release.MaxWaiting+flood)
	h.until("a full lane", func() bool { return h.messages(wire.StreamIn) == flood && s.count(t, "request", "deferred") > 0 })

	// What has nothing to do with the flood must not wait for more than the first look at each of
	// its requests. How long that is, the filling of the lane has shown on this machine.
	filled := time.Since(flooded)
	begun := time.Now()
	h.command("oa", other, abort())
	h.command("n", release.ID(app("never"), "ci", "never"), abort())
	h.command("fa", ids[len(ids)-1], abort())
	third := h.request("t", spec("third"))
	h.until("the abort", func() bool { return h.status(other) == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED })
	h.until("the third", func() bool { return h.status(third) == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING })
	h.deadLetter(wire.CommandSubject(release.ID(app("never"), "ci", "never")))
	require.Less(t, time.Since(begun), 3*filled)

	h.until("the flood and the command to one of it to be all that waits", func() bool {
		return s.count(t, "command", "retried") > 1 && h.messages(wire.StreamIn) == flood+1
	})
	require.EqualValues(t, 1, h.messages(wire.StreamDeadLetter))
}

// narrowLane takes as many releases as it has room for.
type narrowLane struct{ room int }

const (
	signalRoom = "room"
	queryTaken = "taken"
)

func (l narrowLane) run(ctx workflow.Context, _ release.LaneInput) error {
	var taken []string
	room := l.room
	if err := workflow.SetQueryHandler(ctx, queryTaken, func() ([]string, error) { return taken, nil }); err != nil {
		return err
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, release.UpdateSubmit,
		func(_ workflow.Context, s release.Submission) (release.Receipt, error) {
			taken = append(taken, s.ReleaseID)
			return release.Receipt{ReleaseID: s.ReleaseID, Standing: release.StandingQueued}, nil
		},
		workflow.UpdateHandlerOptions{Validator: func(release.Submission) error {
			if len(taken) >= room {
				return temporal.NewApplicationError("full", release.ErrorBusy)
			}
			return nil
		}},
	)
	if err != nil {
		return err
	}
	for {
		workflow.GetSignalChannel(ctx, signalRoom).Receive(ctx, &room)
	}
}

// makeRoom lets a narrow lane take so many in all.
func (h *house) makeRoom(id string, room int) {
	h.t.Helper()
	require.NoError(h.t, h.client.SignalWorkflow(h.ctx, release.LaneID(app(id)), "", signalRoom, room))
}

func (h *house) taken(id string) []string {
	h.t.Helper()
	value, err := h.client.QueryWorkflow(h.ctx, release.LaneID(app(id)), "", queryTaken)
	require.NoError(h.t, err)
	var ids []string
	require.NoError(h.t, value.Get(&ids))
	return ids
}

// Two starters share the work, and one of them is replaced meanwhile.
func TestFlood_WhatAFullLaneLeavesWaitingGetsInInItsOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t, narrowLane{room: 5}.run)
	first := h.starter(unhurried())
	h.starter(unhurried())
	const all = 200
	want := h.flood("shop", all)
	h.until("a full lane", func() bool { return h.messages(wire.StreamIn) == all-5 })
	h.makeRoom("shop", 20)
	h.until("some room", func() bool { return h.messages(wire.StreamIn) == all-20 })
	require.NoError(t, first.stop())
	h.starter(unhurried())
	h.makeRoom("shop", all)
	h.untilTaken()
	require.Equal(t, want, h.taken("shop"))
	h.noDeadLetters()
}
