package notifytest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/notify"
	"slipway/notify/channel"
	"slipway/notify/queue"
	"slipway/release"
	"slipway/wire"
)

// errDown is what a channel says that is away.
var errDown = errors.New("connection refused")

func TestQueue_OneMessageOfEachTransitionForEachChannel(t *testing.T) {
	t.Parallel()
	a, b := &listener{name: "team"}, &listener{name: "oncall"}
	h := newHouse(t, a, b)
	n := h.notifier()
	h.event("r-1", 1, release.EventAccepted, nil)
	h.event("r-1", 2, release.EventBatchWaiting, waits(1, h.now()))
	h.event("r-1", 3, release.EventSucceeded, ends)
	h.untilRead()
	h.untilEmpty()
	for _, c := range h.channels {
		require.Equal(t, []string{"accepted r-1", "batch.waiting r-1", "succeeded r-1"}, c.titles())
		require.EqualValues(t, 3, n.counted(c.name, "sent"))
		require.EqualValues(t, 0, n.counted(c.name, "outdated"))
		require.Equal(t, release.EventID("r-1", 1, release.EventAccepted)+"/"+c.name, c.ids()[0])
	}
}

// What was published twice, beyond what the stream of events knows of it, and what comes after what it should come
// before, is told once each, as it came.
func TestQueue_RepeatedAndReorderedEvents(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	h.notifier()
	event := func(transition uint64, kind release.EventKind) {
		msg, err := wire.EncodeEvent(release.Event{ID: release.EventID("r-1", transition, kind), Kind: kind, Progress: release.Progress{
			ReleaseID: "r-1", Transition: transition, App: app(), Phase: release.PhaseRollingOut,
		}}, h.now())
		require.NoError(t, err)
		msg.Header.Del(jetstream.MsgIDHeader) // as after the window
		_, err = h.js.PublishMsg(h.ctx, msg)
		require.NoError(t, err)
	}
	for _, number := range []uint64{2, 1, 1, 3, 2, 1} {
		event(number, []release.EventKind{release.EventAccepted, release.EventStarted, release.EventSucceeded}[number-1])
	}
	h.untilRead()
	h.untilEmpty()
	require.Equal(t, []string{"started r-1", "accepted r-1", "succeeded r-1"}, c.titles())
}

func TestQueue_WhatIsNoEventHoldsUpNothing(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	h.notifier()
	_, err := h.js.Publish(h.ctx, "slipway.event.sae.shop.r-0.accepted", []byte("{"))
	require.NoError(t, err)
	h.event("r-1", 1, release.EventAccepted, nil)
	h.untilRead()
	h.untilEmpty()
	require.Equal(t, []string{"accepted r-1"}, c.titles())
}

func TestQueue_WhatHappenedBeforeThereWereNotifiersIsToldNobody(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	h.event("r-1", 1, release.EventAccepted, nil)
	n := h.notifier()
	h.event("r-1", 2, release.EventStarted, nil)
	h.untilRead()
	h.untilEmpty()
	require.Equal(t, []string{"started r-1"}, c.titles())

	require.NoError(t, n.stop())
	h.event("r-1", 3, release.EventBatchDone, nil)
	h.notifier()
	h.untilRead()
	h.untilEmpty()
	require.Equal(t, []string{"started r-1", "batch.done r-1"}, c.titles(), "what happens between two of them is")
}

func TestQueue_WhatIsOlderThanTheTimeAChannelIsTriedIsToldNobody(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	require.NoError(t, h.notifier().stop())
	h.event("r-1", 1, release.EventAccepted, nil)
	h.later(queue.DefaultGiveUp + time.Hour)
	n := h.notifier()
	h.untilRead()
	require.Empty(t, c.titles())
	require.EqualValues(t, 1, n.counted("team", "outdated"))
}

// A channel is away for hours. The others go on, and it gets everything when it is back.
func TestQueue_AChannelThatIsDownHoldsUpNothingButItself(t *testing.T) {
	t.Parallel()
	up, down := &listener{name: "up"}, &listener{name: "down"}
	h := newHouse(t, up, down)
	down.down(errDown)
	n := h.notifier()
	var want []string
	for i := range 20 {
		h.event(fmt.Sprint("r-", i), 1, release.EventAccepted, nil)
		want = append(want, fmt.Sprint("accepted r-", i))
	}
	h.until("the other channel has everything", func() bool { return len(up.titles()) == len(want) })
	require.Equal(t, want, up.titles(), "in order")
	h.later(7 * time.Hour)
	h.until("the channel was tried", func() bool { return down.attempts() > 25 })
	h.event("r-late", 1, release.EventAccepted, nil)
	h.until("the other channel goes on", func() bool { return len(up.titles()) == len(want)+1 })
	require.Empty(t, down.titles())

	down.down(nil)
	h.untilEmpty()
	require.ElementsMatch(t, append(want, "accepted r-late"), down.titles())
	require.EqualValues(t, 21, n.counted("down", "sent"))
	require.Empty(t, h.letters())
}

// A channel that is never back: its messages become dead letters, which are published again once it is.
func TestQueue_GivenUpAndReplayed(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	h.deliveries = func(e wire.LifecycleEvent) []notify.Delivery {
		if e.Letter != nil { // that a dead letter is published again is an event, too
			return nil
		}
		return []notify.Delivery{{Channel: "team"}}
	}
	c.down(fmt.Errorf("post to https://hooks.example/x?access_token=%s: %w", "s3cr3t-0123456789abcdef", errDown))
	n := h.notifier()
	h.event("r-1", 1, release.EventFailed, func(p *release.Progress) { p.Phase, p.Outcome = release.PhaseFailed, release.PhaseFailed })
	h.until("it was tried", func() bool { return c.attempts() > 3 })
	require.Empty(t, h.letters())
	h.later(queue.DefaultGiveUp + time.Hour)
	h.untilEmpty()
	require.EqualValues(t, 1, n.counted("team", "given_up"))
	found := h.letters()
	require.Len(t, found, 1)
	require.Equal(t, wire.KindNotification, found[0].Kind)
	require.Equal(t, "team", found[0].About)
	require.Contains(t, found[0].Reason, "channel team did not take it within 72h")
	require.Contains(t, found[0].Reason, "connection refused")
	require.NotContains(t, found[0].Reason, "s3cr3t")
	require.Empty(t, found[0].Redacted)

	c.down(nil)
	h.ahead.Store(0)
	letters := wire.NewDeadLetters(h.js)
	whole, err := letters.Get(h.ctx, found[0].Sequence)
	require.NoError(t, err)
	_, err = letters.Replay(h.ctx, whole, wire.Handling{By: "mei"})
	require.NoError(t, err)
	h.until("it is told", func() bool { return slices.Equal(c.titles(), []string{"failed r-1"}) })
}

func TestQueue_WhatAChannelRefusesIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	c.fails = func(m notify.Message) error {
		if m.Title == "accepted r-1" {
			return &channel.RefusedError{Channel: "team", Reason: "no such chat"}
		}
		return nil
	}
	n := h.notifier()
	h.event("r-1", 1, release.EventAccepted, nil)
	h.event("r-1", 2, release.EventStarted, nil)
	h.untilRead()
	h.untilEmpty()
	require.Equal(t, []string{"started r-1"}, c.titles())
	require.Equal(t, 2, c.attempts())
	require.EqualValues(t, 1, n.counted("team", "refused"))
	require.Contains(t, h.letters()[0].Reason, "refused for channel team: channel team: no such chat")
}

func TestQueue_AChannelSaysWhenItTakesMore(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	var first time.Time
	c.fails = func(notify.Message) error {
		if first.IsZero() {
			first = time.Now()
			return &channel.LaterError{After: 400 * time.Millisecond}
		}
		if time.Since(first) < 350*time.Millisecond {
			return errors.New("too early")
		}
		return nil
	}
	h.notifier()
	for i := range 5 {
		h.event(fmt.Sprint("r-", i), 1, release.EventAccepted, nil)
	}
	h.untilRead()
	h.untilEmpty()
	require.Len(t, c.titles(), 5)
	require.Equal(t, 6, c.attempts(), "it is left alone for as long, with all messages")
}

func TestQueue_GarbageBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	h.notifier()
	for subject, data := range map[string]string{
		"slipway.notify.now.team":   `{`,
		"slipway.notify.later.team": `{"id":"x","channel":"other","event":{}}`,
	} {
		_, err := h.js.Publish(h.ctx, subject, []byte(data))
		require.NoError(t, err)
	}
	h.event("r-1", 1, release.EventAccepted, nil)
	h.untilRead()
	h.untilEmpty()
	require.Equal(t, []string{"accepted r-1"}, c.titles())
	found := h.letters()
	require.Len(t, found, 2)
	for _, l := range found {
		_, err := wire.NewDeadLetters(h.js).Replay(h.ctx, l, wire.Handling{By: "mei"})
		require.Error(t, err, "it would be refused again")
	}
}

func TestQueue_AChannelThatThereIsNotIsCounted(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	h.deliveries = func(wire.LifecycleEvent) []notify.Delivery {
		return []notify.Delivery{{Channel: "taem"}, {Channel: "team"}}
	}
	n := h.notifier()
	h.event("r-1", 1, release.EventAccepted, nil)
	h.untilRead()
	h.untilEmpty()
	require.Equal(t, []string{"accepted r-1"}, c.titles())
	require.EqualValues(t, 1, n.counted("", "unknown_channel"))
}

// The notifier loses its connection right after a channel has taken a message: the server never hears of it, and another
// notifier sends it once more. What stands behind it is sent once.
func TestQueue_KilledBetweenSendingAndAcknowledging(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	n := h.notifier()
	killed := false
	c.after = func(notify.Message) {
		if !killed {
			killed = true
			n.js.Conn().Close()
		}
	}
	for i := range 3 {
		h.event(fmt.Sprint("r-", i), 1, release.EventAccepted, nil)
	}
	h.until("it has ended", func() bool { return n.js.Conn().IsClosed() })
	require.Error(t, n.stop())
	h.notifier()
	h.untilRead()
	h.untilEmpty()
	require.Equal(t, 1, twice(c.ids()))
	require.Len(t, c.ids(), 4)
}

// A server that goes away between the two does not make a second message, as long as the notifier lives.
func TestQueue_TheServerIsAwayBetweenSendingAndAcknowledging(t *testing.T) {
	t.Parallel()
	c := &listener{name: "team"}
	h := newHouse(t, c)
	c.down(errDown)
	h.notifier()
	for i := range 3 {
		h.event(fmt.Sprint("r-", i), 1, release.EventAccepted, nil)
	}
	h.untilRead()
	away := make(chan error, 1)
	c.upAndAfterOne(func() { away <- h.nats.Close() })
	require.NoError(t, <-away)
	h.start()
	h.untilRead()
	h.untilEmpty()
	require.Equal(t, 0, twice(c.ids()))
	require.Len(t, c.ids(), 3)
}

// With a channel that tells a repetition by the ID of the message, what is sent twice is there once.
func TestQueue_AChannelWithItsOwnDeduplicationHasEachMessageOnce(t *testing.T) {
	t.Parallel()
	c := &listener{name: "bus"}
	h := newHouse(t, c)
	_, err := h.js.CreateStream(h.ctx, jetstream.StreamConfig{Name: "ELSEWHERE", Subjects: []string{"elsewhere.>"}, Duplicates: time.Hour})
	require.NoError(t, err)
	n := h.notifier()
	kills := 0
	c.after = func(m notify.Message) {
		msg := &nats.Msg{Subject: "elsewhere.team", Header: nats.Header{jetstream.MsgIDHeader: {m.ID}}, Data: []byte(m.Title)}
		_, err := h.js.PublishMsg(h.ctx, msg)
		require.NoError(t, err)
		if kills++; kills == 1 {
			n.js.Conn().Close()
		}
	}
	for i := range 3 {
		h.event(fmt.Sprint("r-", i), 1, release.EventAccepted, nil)
	}
	h.until("it has ended", func() bool { return n.js.Conn().IsClosed() })
	require.Error(t, n.stop())
	h.notifier()
	h.untilRead()
	h.untilEmpty()
	require.Len(t, c.ids(), 4, "one was sent twice")
	s, err := h.js.Stream(h.ctx, "ELSEWHERE")
	require.NoError(t, err)
	require.EqualValues(t, 3, s.CachedInfo().State.Msgs)
}

// Two notifiers share the work, and a thousand events.
func TestQueue_AThousandEvents(t *testing.T) {
	t.Parallel()
	a, b := &listener{name: "team"}, &listener{name: "oncall"}
	h := newHouse(t, a, b)
	h.notifier()
	h.notifier()
	for i := range 1000 {
		h.publish(release.Event{
			ID: fmt.Sprint("e-", i), Kind: release.EventAccepted,
			Progress: release.Progress{ReleaseID: fmt.Sprint("r-", i), Transition: 1, App: app(), Phase: release.PhasePreparing},
		})
	}
	h.untilRead()
	h.untilEmpty()
	for _, c := range h.channels {
		require.Len(t, c.ids(), 1000)
		require.Equal(t, 0, twice(c.ids()))
	}
}
