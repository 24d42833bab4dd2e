package startertest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

func TestFaults_NothingIsLostWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(starter.Config{CallTimeout: time.Second})
	h.untilReady(s.Starter)
	require.NoError(t, h.temporal.Close())
	require.ErrorContains(t, h.ready(s.Starter), "temporal: ")

	var ids []string
	for i := range 3 {
		ids = append(ids, h.request(fmt.Sprint("r", i), spec(fmt.Sprint("shop-", i))))
	}
	h.command("c", ids[0], abort())
	h.until("a retry", func() bool {
		return s.count(t, "request", "retried") > 0 && s.count(t, "command", "retried") > 0
	})
	require.EqualValues(t, 4, h.messages(wire.StreamIn))

	h.startTemporal()
	h.untilTaken()
	require.NoError(t, h.ready(s.Starter))
	h.noDeadLetters()
	h.until("the abort", func() bool { return h.status(ids[0]) == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED })
	for _, id := range ids[1:] {
		require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, h.status(id))
	}
}

func TestFaults_NothingIsLostWhenNATSRestarts(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(starter.Config{})
	first := h.request("1", spec("shop"))
	h.untilTaken()
	require.NoError(t, h.nats.Close())
	h.until("the client to notice", func() bool { return !h.js.Conn().IsConnected() })
	require.ErrorContains(t, h.ready(s.Starter), "nats: not connected")

	h.startNATS()
	h.untilReady(s.Starter)
	second := h.request("2", spec("shop"))
	h.untilTaken()
	for _, id := range []string{first, second} {
		require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, h.status(id))
	}
	h.counted(2, "accepted", s)
}

func TestFaults_AStarterThatStopsLeavesTheRestToTheNext(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	const all = 30
	var ids []string
	for i := range all {
		ids = append(ids, h.request(fmt.Sprint(i), spec(fmt.Sprint("shop-", i))))
	}
	first := h.starter(starter.Config{Concurrency: 2})
	h.until("a few", func() bool { return first.count(t, "request", "accepted") >= 3 })
	require.NoError(t, first.stop())
	accepted := first.count(t, "request", "accepted")
	require.Less(t, accepted, all, "the first was stopped midway")
	require.EqualValues(t, all-accepted, h.messages(wire.StreamIn), "what was in flight is finished and acknowledged")

	second := h.starter(starter.Config{})
	h.untilTaken()
	h.counted(all-accepted, "accepted", second)
	for i, id := range ids {
		require.Equal(t, id, h.lane(fmt.Sprint("shop-", i)).Running.ReleaseID)
	}
}

func TestFaults_ADeadLetterThatCannotBeStoredKeepsTheMessageAlive(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	require.NoError(t, h.js.DeleteStream(h.ctx, wire.StreamDeadLetter))
	s := h.starter(starter.Config{})
	subject := wire.RequestSubject(app("shop"))
	h.publish(&nats.Msg{Subject: subject, Data: []byte("garbage")})
	h.until("a retry", func() bool { return s.count(t, "request", "retried") > 0 })
	require.EqualValues(t, 1, h.messages(wire.StreamIn))

	require.NoError(t, wire.EnsureStreams(h.ctx, h.js, wire.Storage{}))
	letter := h.deadLetter(subject)
	require.NotEqual(t, "1", letter.Header.Get(wire.HeaderDeliveryCount))
	h.untilTaken()
	require.EqualValues(t, 1, h.messages(wire.StreamDeadLetter))
}

func TestFaults_AStarterWaitsForItsStream(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	require.NoError(t, h.js.DeleteStream(h.ctx, wire.StreamIn))
	s := h.starter(starter.Config{})
	require.ErrorContains(t, h.ready(s.Starter), "consumer slipway-starter")
	h.until("the remedy", func() bool {
		err := h.ready(s.Starter)
		return err != nil && strings.Contains(err.Error(), "stream SLIPWAY_IN does not exist") && strings.Contains(err.Error(), "create it with: slipway setup")
	})

	require.NoError(t, wire.EnsureStreams(h.ctx, h.js, wire.Storage{}))
	id := h.request("1", spec("shop"))
	h.untilTaken()
	require.NoError(t, h.ready(s.Starter))
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, h.status(id))
}

func TestFaults_ADeletedConsumerIsMadeAnewAndTakesNothingTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(starter.Config{})
	h.request("1", spec("shop"))
	h.untilTaken()
	require.NoError(t, h.js.DeleteConsumer(h.ctx, wire.StreamIn, "slipway-starter"))
	h.untilReady(s.Starter)

	h.request("2", spec("shop"))
	h.untilTaken()
	h.counted(2, "accepted", s) // the first is not taken again
}

// A consumer for everything, as there was before commands had one of their own.
func TestFaults_AConsumerThatTakesEverythingGivesWay(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	_, err := h.js.CreateConsumer(h.ctx, wire.StreamIn, jetstream.ConsumerConfig{
		Durable: "slipway-starter", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 1000,
	})
	require.NoError(t, err)
	s := h.starter(starter.Config{})
	h.untilReady(s.Starter)
	id := h.request("1", spec("shop"))
	h.command("2", id, abort())
	h.until("the abort", func() bool { return h.status(id) == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED })
}

func TestFaults_AClosedConnectionEndsTheStarter(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	conn, err := nats.Connect(h.nats.URL())
	require.NoError(t, err)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	h.js = js
	s, done := h.bare()
	h.untilReady(s)
	conn.Close()
	require.ErrorContains(t, <-done, "connection closed")
}

func TestFaults_TwoStartersShareTheWork(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	a, b := h.starter(starter.Config{Concurrency: 1}), h.starter(starter.Config{Concurrency: 1})
	const all = 20
	for i := range all {
		h.request(fmt.Sprint(i), spec(fmt.Sprint("shop-", i)))
	}
	h.untilTaken()
	h.counted(all, "accepted", a, b)
	require.Equal(t, release.ID(app("shop-0"), "ci", "0"), h.lane("shop-0").Running.ReleaseID)
}

func TestFaults_AnOutageChangesNoOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(starter.Config{CallTimeout: time.Second})
	h.untilReady(s.Starter)
	require.NoError(t, h.temporal.Close())
	var want []string
	for i := range 5 { // each comes after the one before it was tried, so that their waits differ
		want = append(want, h.request(fmt.Sprint(i), spec("shop")))
		h.until("a try", func() bool { return s.count(t, "request", "retried") > i })
	}
	h.startTemporal()
	want = append(want, h.request("late", spec("shop")))
	h.untilTaken()
	state := h.lane("shop")
	got := []string{state.Running.ReleaseID}
	for _, e := range state.Waiting {
		got = append(got, e.ReleaseID)
	}
	require.Equal(t, want, got)
}
