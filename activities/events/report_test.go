package events

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// book is a ledger that notes what it is told, and answers with its error.
type book struct {
	paid    []string
	told    []release.Progress
	numbers []uint64
	sets    []release.SetProgress
	err     error
}

func (b *book) UpdateSet(_ context.Context, p release.SetProgress) error {
	b.sets = append(b.sets, p)
	return b.err
}

func (b *book) Conclude(_ context.Context, u ledger.Report) (first bool, err error) {
	ended := func(p release.Progress) bool { return p.ReleaseID == u.Progress.ReleaseID && p.Outcome != "" }
	first = u.Progress.Outcome != "" && !slices.ContainsFunc(b.told, ended) && b.err == nil
	b.told, b.numbers = append(b.told, u.Progress), append(b.numbers, u.Transition)
	return first, b.err
}

// A retry, or another attempt elsewhere, publishes the same end again.
func TestReport_AnEndIsCountedOnce(t *testing.T) {
	t.Parallel()
	p, err := New(&shelf{}, &book{})
	require.NoError(t, err)
	var ended []string
	p.OnEnd(func(p release.Progress) { ended = append(ended, p.ReleaseID+" "+string(p.Outcome)) })
	in := release.PublishInput{Events: []release.Event{
		event("r-1", release.EventStarted, release.PhaseRollingOut), event("r-1", release.EventSucceeded, release.PhaseSucceeded), event("r-2", release.EventStarted, release.PhaseRollingOut),
	}}
	for range 3 {
		require.NoError(t, p.Publish(t.Context(), in))
	}
	require.Equal(t, []string{"r-1 Succeeded"}, ended)
}

func (b *book) Pay(_ context.Context, _ release.App, releaseID string, what ledger.Payment) error {
	b.paid = append(b.paid, releaseID+" "+strings.Join(what.Rules, ",")+" by "+what.By)
	return b.err
}

// shelf is a bus that counts what it takes, and answers with its error.
type shelf struct {
	stored int
	err    error
}

func (s *shelf) PublishMsg(context.Context, *nats.Msg, ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if s.err == nil {
		s.stored++
	}
	return &jetstream.PubAck{}, s.err
}

func event(id string, kind release.EventKind, phase release.Phase) release.Event {
	p := release.Progress{ReleaseID: id, App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}, Phase: phase}
	if phase.Ended() {
		p.Outcome = phase
	}
	return release.Event{ID: release.EventID(id, 1, kind), Kind: kind, Progress: p}
}

func TestReport_TheLedgerIsToldWhatAReleaseHasPaidForOthers(t *testing.T) {
	t.Parallel()
	b := &book{}
	p, err := New(&shelf{}, b)
	require.NoError(t, err)
	e := event("r-2", release.EventStarted, release.PhaseRollingOut)
	e.Progress.ScalingRules = []release.HeldRule{{Name: "daily", Owed: "r-1", Restored: true}, {Name: "night", Owed: "r-1"}, {Name: "own", Restored: true}}
	require.NoError(t, p.Publish(t.Context(), release.PublishInput{Events: []release.Event{e}}))
	require.Empty(t, b.paid, "until it has ended")
	e.Progress.Phase, e.Progress.Outcome = release.PhaseSucceeded, release.PhaseSucceeded
	require.NoError(t, p.Publish(t.Context(), release.PublishInput{Events: []release.Event{e}}))
	require.Equal(t, []string{"r-1 daily by r-2"}, b.paid)
}

func TestReport_WhatIsNoTransitionIsToldTheLedgerAlone(t *testing.T) {
	t.Parallel()
	bus, b := &shelf{}, &book{}
	p, err := New(bus, b)
	require.NoError(t, err)
	require.NoError(t, p.Publish(t.Context(), release.PublishInput{Events: []release.Event{{Progress: release.Progress{ReleaseID: "r-1"}}}}))
	require.Len(t, b.told, 1)
	require.Zero(t, bus.stored)
}

func TestReport_TheLedgerIsToldTheLatestProgressOfEachReleaseOnce(t *testing.T) {
	t.Parallel()
	bus, b := &shelf{}, &book{}
	p, err := New(bus, b)
	require.NoError(t, err)
	first := []release.Event{
		event("r-1", release.EventAccepted, release.PhaseQueued), event("r-2", release.EventAccepted, release.PhaseQueued),
		event("r-1", release.EventStarted, release.PhaseRollingOut),
		{ID: "s-1.started", Kind: release.EventStarted, Set: &release.SetProgress{SetID: "s-1", Name: "checkout"}},
	}
	require.NoError(t, p.Publish(t.Context(), release.PublishInput{Events: first}))
	require.Equal(t, []release.Progress{first[2].Progress, first[1].Progress}, b.told)
	require.Equal(t, []release.SetProgress{*first[3].Set}, b.sets)
	require.Equal(t, 4, bus.stored)
}

func TestReport_OnlyAnOutcomeIsToldTheLedgerUntilItTakesIt(t *testing.T) {
	t.Parallel()
	running := event("r-1", release.EventStarted, release.PhaseRollingOut)
	ended := event("r-1", release.EventSucceeded, release.PhaseSucceeded)
	set := release.Event{ID: "s-1.succeeded", Kind: release.EventSucceeded, Set: &release.SetProgress{SetID: "s-1", Name: "checkout", Outcome: release.PhaseSucceeded}}
	for name, c := range map[string]struct {
		events []release.Event
		err    error
		fails  bool
	}{
		"under way, out of reach":       {[]release.Event{running}, ledger.ErrUnavailable, false},
		"under way, broken off":         {[]release.Event{running}, context.Canceled, false},
		"ended, out of reach":           {[]release.Event{running, ended}, ledger.ErrUnavailable, true},
		"ended, broken off":             {[]release.Event{ended}, context.Canceled, true},
		"ended, a record not to change": {[]release.Event{ended}, errors.New("is no entry of the ledger"), false},
		"ended, and told":               {[]release.Event{ended}, nil, false},
		"a set ended, out of reach":     {[]release.Event{set}, ledger.ErrUnavailable, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bus := &shelf{}
			p, err := New(bus, &book{err: c.err})
			require.NoError(t, err)
			err = p.Publish(t.Context(), release.PublishInput{Events: c.events})
			require.Equal(t, len(c.events), bus.stored)
			if !c.fails {
				require.NoError(t, err)
				return
			}
			got, ok := errors.AsType[*temporal.ApplicationError](err)
			require.True(t, ok)
			require.Equal(t, string(release.FaultUnavailable), got.Type())
			require.False(t, got.NonRetryable())
		})
	}
}

func TestReport_TheLedgerIsToldOfAnEventThatTheBusCannotCarry(t *testing.T) {
	t.Parallel()
	huge := event("r-1", release.EventFailed, release.PhaseFailed)
	huge.Progress.Reason = strings.Repeat("x", wire.MaxPayload)
	b := &book{}
	p, err := New(&shelf{}, b)
	require.NoError(t, err)
	err = p.Publish(t.Context(), release.PublishInput{Events: []release.Event{huge}})
	require.ErrorContains(t, err, "events left out")
	require.Len(t, b.told, 1)
}

// TestReport_WhatIsStoredIsNotStoredAgain: the bus forgets the ID of an event after a day, and a
// ledger may be away for longer.
func TestReport_WhatIsStoredIsNotStoredAgain(t *testing.T) {
	t.Parallel()
	bus, b := &shelf{}, &book{err: ledger.ErrUnavailable}
	p, err := New(bus, b)
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	p.Register(env)
	in := release.PublishInput{Events: []release.Event{
		event("r-1", release.EventStarted, release.PhaseRollingOut), event("r-1", release.EventSucceeded, release.PhaseSucceeded),
	}}
	var stored int
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		if err := details.Get(&stored); err != nil {
			t.Error(err)
		}
	})
	_, err = env.ExecuteActivity(release.PublishActivity, in)
	require.Error(t, err)
	require.Equal(t, 2, bus.stored)
	require.Positive(t, stored)

	env.SetHeartbeatDetails(2)
	b.err = nil
	_, err = env.ExecuteActivity(release.PublishActivity, in)
	require.NoError(t, err)
	require.Equal(t, 2, bus.stored)
	require.Len(t, b.told, 2, "the ledger is told all the same")
}

func TestReport_TheLedgerDoesNotWaitForTheBus(t *testing.T) {
	t.Parallel()
	b := &book{}
	p, err := New(&shelf{err: jetstream.ErrNoStreamResponse}, b)
	require.NoError(t, err)
	e := event("r-1", release.EventStarted, release.PhaseRollingOut)
	e.Progress.Transition = 7
	err = p.Publish(t.Context(), release.PublishInput{Events: []release.Event{e}})
	got, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok)
	require.Equal(t, string(release.FaultUnavailable), got.Type(), "a stream that is missing is a bus that is away")
	require.Equal(t, []release.Progress{e.Progress}, b.told)
	require.Equal(t, []uint64{7}, b.numbers)
}
