package startertest_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

func TestRequest_TheSameEventFiveTimesIsOneRelease(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	for range 5 {
		msg, err := wire.EncodeRequest(wire.Origin{Source: "ci", ID: "42"}, spec("shop"))
		require.NoError(t, err)
		msg.Header.Del(jetstream.MsgIDHeader) // past the deduplication of the stream
		h.publish(msg)
	}
	require.EqualValues(t, 5, h.messages(wire.StreamIn))
	s := h.starter(starter.Config{})
	h.untilTaken()

	id := release.ID(app("shop"), "ci", "42")
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, h.status(id))
	state := h.lane("shop")
	require.Equal(t, id, state.Running.ReleaseID)
	require.Empty(t, state.Waiting)
	require.Equal(t, 1, h.updates())
	h.counted(5, "accepted", s)
	h.noDeadLetters()
}

func TestRequest_ADeliveryAfterTheReleaseHasEndedChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(starter.Config{})
	id := h.request("42", spec("shop"))
	h.command("43", id, release.Command{Kind: release.CommandAbort, By: "me"})
	h.untilTaken()
	h.until("the end of the release", func() bool {
		return h.status(id) == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	})

	msg, err := wire.EncodeRequest(wire.Origin{Source: "ci", ID: "42"}, spec("shop"))
	require.NoError(t, err)
	msg.Header.Del(jetstream.MsgIDHeader)
	h.publish(msg)
	h.untilTaken()
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, h.status(id), "no second run")
	h.counted(2, "accepted", s)
}

func TestRequestsOfOneApplicationKeepTheirOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	var want []string
	for i := range 20 {
		want = append(want, h.request(fmt.Sprint(i), spec("shop")))
	}
	h.starter(starter.Config{})
	h.untilTaken()
	state := h.lane("shop")
	got := []string{state.Running.ReleaseID}
	for _, e := range state.Waiting {
		got = append(got, e.ReleaseID)
	}
	require.Equal(t, want, got)
}

func TestRequest_GarbageBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(starter.Config{})
	subject := wire.RequestSubject(app("shop"))
	h.publish(&nats.Msg{Subject: subject, Data: []byte("\x00\xffgarbage"), Header: nats.Header{
		"X-Trace": {"a", "b"}, "Nats-Expected-Stream": {wire.StreamIn}, "Nats-Msg-Id": {"g-1"},
	}})

	letter := h.deadLetter(subject)
	require.Equal(t, "\x00\xffgarbage", string(letter.Data))
	require.Equal(t, []string{"a", "b"}, letter.Header["X-Trace"])
	require.ElementsMatch(t, []string{"Nats-Expected-Stream: SLIPWAY_IN", "Nats-Msg-Id: g-1"}, letter.Header[wire.HeaderOriginalHeader])
	require.Contains(t, letter.Header.Get(wire.HeaderReason), "the message is not a CloudEvent")
	require.Equal(t, "1", letter.Header.Get(wire.HeaderDeliveryCount))
	require.Equal(t, "1", letter.Header.Get(wire.HeaderStreamSequence))
	h.untilTaken()
	h.until("the count", func() bool { return s.count(t, "request", "dead-lettered") == 1 })
}

func TestRequest_AWrongSpecIsReturnedWithAllItsProblems(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.starter(starter.Config{})
	subject := wire.RequestSubject(app("shop"))
	h.publish(&nats.Msg{Subject: subject, Data: []byte(`{"specversion": "1.0", "type": "dev.slipway.release.requested.v1", "source": "ci", "id": "1",
		"data": {"app": {"platform": "sae", "region": "HZ", "id": "shop"}, "artefact": {}, "strategy": {"type": "gray", "gray": 0.5}}}`)})

	letter := h.deadLetter(subject)
	require.Equal(t, "strategy.gray,artefact,app.region,artifact", letter.Header.Get(wire.HeaderField))
	for _, want := range []string{"strategy.gray: must be a whole number", "artefact: is not a field here", `app.region: "HZ" is not a region ID`, "artifact: give image or package, or config"} {
		require.Contains(t, letter.Header.Get(wire.HeaderReason), want)
	}
	h.untilTaken()
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED, h.status(release.ID(release.App{Platform: release.PlatformSAE, Region: "HZ", ID: "shop"}, "ci", "1")))
}

func TestRequest_ALargeMessageBecomesADeadLetterAndAHugeOneDoesNotEnter(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.starter(starter.Config{})
	subject := wire.RequestSubject(app("shop"))
	large := make([]byte, wire.MaxMessage-len("NATS/1.0\r\n\r\n")-100)
	h.publish(&nats.Msg{Subject: subject, Data: large})
	letter := h.deadLetter(subject)
	require.Equal(t, large, letter.Data)
	require.Contains(t, letter.Header.Get(wire.HeaderReason), "at most 262144 are taken")

	_, err := h.js.PublishMsg(h.ctx, &nats.Msg{Subject: subject, Data: make([]byte, wire.MaxMessage+1)})
	api, ok := errors.AsType[*jetstream.APIError](err)
	require.True(t, ok, err)
	require.Contains(t, api.Description, "message size exceeds maximum")
}

// moodyLane answers by the number of times it was asked.
type moodyLane struct {
	asked   atomic.Int32
	answers []error
}

func (l *moodyLane) run(ctx workflow.Context, _ release.LaneInput) error {
	done := false
	err := workflow.SetUpdateHandlerWithOptions(ctx, release.UpdateSubmit,
		func(_ workflow.Context, s release.Submission) (release.Receipt, error) {
			done = true
			return release.Receipt{ReleaseID: s.ReleaseID, Standing: release.StandingStarted}, nil
		},
		workflow.UpdateHandlerOptions{Validator: func(release.Submission) error {
			return l.answers[min(int(l.asked.Add(1)), len(l.answers))-1]
		}},
	)
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return done })
}

func TestRequest_ALaneThatIsBusyIsAskedAgain(t *testing.T) {
	t.Parallel()
	busy := temporal.NewApplicationError("the lane drains", release.ErrorBusy)
	lane := &moodyLane{answers: []error{busy, busy, nil}}
	h := newHouse(t, lane.run)
	s := h.starter(starter.Config{})
	h.request("1", spec("shop"))
	h.untilTaken()
	h.counted(2, "retried", s)
	h.counted(1, "accepted", s)
	h.noDeadLetters()
}

func TestRequest_ALaneThatRefusesMakesADeadLetter(t *testing.T) {
	t.Parallel()
	lane := &moodyLane{answers: []error{temporal.NewNonRetryableApplicationError("held since Monday", release.ErrorRefused, nil)}}
	h := newHouse(t, lane.run)
	h.starter(starter.Config{})
	h.request("1", spec("shop"))
	letter := h.deadLetter(wire.RequestSubject(app("shop")))
	require.Equal(t, "held since Monday", letter.Header.Get(wire.HeaderReason))
	h.untilTaken()
}
