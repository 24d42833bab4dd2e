package notifytest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/ledger"
	"slipway/notify"
	"slipway/release"
	"slipway/wire"
)

const setID = "s-aaaabbbbccccdddd"

// steps is a ladder: the team is told at once and after half an hour, and who is on call is paged after two hours.
func steps(e wire.LifecycleEvent) []notify.Delivery {
	if !notify.HasLadder(e) {
		return nil
	}
	return []notify.Delivery{
		{Channel: "team"},
		{Channel: "team", After: release.Duration(30 * time.Minute)},
		{Channel: "oncall", After: release.Duration(2 * time.Hour), Page: true},
	}
}

// onLadder is a house with a ladder.
func onLadder(t *testing.T) (h *house, team, oncall *listener) {
	t.Helper()
	team, oncall = &listener{name: "team"}, &listener{name: "oncall"}
	h = newHouse(t, team, oncall)
	h.deliveries = steps
	return h, team, oncall
}

// untilKept waits until so many notifications are left.
func (h *house) untilKept(count uint64) {
	h.t.Helper()
	h.untilRead()
	h.until("so many are left", func() bool { return h.kept() == count })
}

func TestLadder_EachStepIsTakenWhenItIsDue(t *testing.T) {
	t.Parallel()
	h, team, oncall := onLadder(t)
	h.notifier()
	h.event("r-1", 1, release.EventBatchWaiting, waits(1, h.now()))
	h.untilKept(2)
	require.Equal(t, []string{"batch.waiting r-1"}, team.titles())
	h.later(29 * time.Minute)
	h.untilKept(2)
	require.Len(t, team.titles(), 1)
	h.later(2 * time.Minute)
	h.untilKept(1)
	require.Equal(t, []string{"batch.waiting r-1", "batch.waiting r-1 after 30m"}, team.titles())
	require.Empty(t, oncall.titles())
	h.later(2 * time.Hour)
	h.untilEmpty()
	require.Equal(t, []string{"batch.waiting r-1 after 2h"}, oncall.titles())
	require.True(t, oncall.got[0].Page)
}

// A wait is over in many ways; then nobody is reminded of it.
func TestLadder_NobodyIsRemindedOfAWaitThatIsOver(t *testing.T) {
	t.Parallel()
	lane := func(h *house, id string, kind release.EventKind, of release.App) {
		h.publish(release.Event{ID: id, Kind: kind, Lane: &release.LaneChange{App: of, By: "mei"}})
	}
	elsewhere := app()
	elsewhere.Region = "cn-shanghai"
	attention := func(p *release.Progress) {
		p.Phase, p.Outcome, p.EndedAt = release.PhaseNeedsAttention, release.PhaseNeedsAttention, p.StartedAt
	}
	stalled := func(since time.Time) func(*release.Progress) {
		return func(p *release.Progress) {
			p.Stalled = &release.Stall{Doing: string(release.VerbBeginRollout), Failure: "forbidden", Since: since.UTC().Round(0), At: since.UTC().Round(0)}
		}
	}
	set := func(h *house, transition uint64, kind release.EventKind, wave int) {
		p := release.SetProgress{SetID: setID, Name: "shop", Transition: transition, Phase: release.PhaseAwaitingConfirm, Waves: []release.WaveProgress{}}
		if wave > 0 {
			p.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: wave, Since: time.Unix(1_800_000_000, 0).UTC()}
		}
		h.publish(release.Event{ID: release.EventID(setID, transition, kind), Kind: kind, Set: &p})
		require.NoError(h.t, h.ledger.UpdateSet(h.ctx, p))
	}
	for name, c := range map[string]struct {
		begin, then func(h *house)
		// told is how many messages there are in all, and outdated how many steps are not taken.
		told, outdated int
	}{
		"it is not over": {
			begin: func(h *house) { h.event("r-1", 1, release.EventBatchWaiting, waits(1, h.now())) },
			told:  3, outdated: 0,
		},
		"somebody has confirmed": {
			begin: func(h *house) { h.event("r-1", 1, release.EventBatchWaiting, waits(1, h.now())) },
			then:  func(h *house) { h.event("r-1", 2, release.EventBatchConfirmed, nil) },
			told:  1, outdated: 2,
		},
		"the next batch waits by now": {
			begin: func(h *house) { h.event("r-1", 1, release.EventBatchWaiting, waits(1, h.now())) },
			then:  func(h *house) { h.event("r-1", 2, release.EventBatchWaiting, waits(2, h.now().Add(time.Minute))) },
			told:  4, outdated: 2,
		},
		"the release has ended": {
			begin: func(h *house) { h.event("r-1", 1, release.EventBatchWaiting, waits(1, h.now())) },
			then:  func(h *house) { h.event("r-1", 2, release.EventSucceeded, ends) },
			told:  1, outdated: 2,
		},
		"somebody has paused it": {
			begin: func(h *house) { h.event("r-1", 1, release.EventBatchWaiting, waits(1, h.now())) },
			then: func(h *house) {
				require.NoError(h.t, h.ledger.Update(h.ctx, ledger.Report{Transition: 2, Progress: release.Progress{
					ReleaseID: "r-1", Transition: 2, App: app(), Phase: release.PhasePaused, Paused: true,
				}}))
			},
			told: 1, outdated: 2,
		},
		"it stands still": {
			begin: func(h *house) { h.event("r-1", 1, release.EventStalled, stalled(h.now())) },
			told:  3, outdated: 0,
		},
		"it moves again": {
			begin: func(h *house) { h.event("r-1", 1, release.EventStalled, stalled(h.now())) },
			then:  func(h *house) { h.event("r-1", 2, release.EventMoving, nil) },
			told:  1, outdated: 2,
		},
		"a lane is held": {
			begin: func(h *house) { lane(h, "l-1", release.EventHeld, app()) },
			then:  func(h *house) { lane(h, "l-2", release.EventResumed, elsewhere) },
			told:  3, outdated: 0,
		},
		"a lane goes on": {
			begin: func(h *house) { lane(h, "l-1", release.EventHeld, app()) },
			then:  func(h *house) { lane(h, "l-2", release.EventResumed, app()) },
			told:  1, outdated: 2,
		},
		"nobody has looked after it": {
			begin: func(h *house) { h.event("r-1", 1, release.EventAttention, attention) },
			told:  3, outdated: 0,
		},
		"somebody has looked after it": {
			begin: func(h *house) { h.event("r-1", 1, release.EventAttention, attention) },
			then:  func(h *house) { lane(h, "l-1", release.EventResumed, app()) },
			told:  1, outdated: 2,
		},
		"a wave waits": {
			begin: func(h *house) { set(h, 1, release.EventWaveWaiting, 1) },
			told:  3, outdated: 0,
		},
		"a wave was confirmed": {
			begin: func(h *house) { set(h, 1, release.EventWaveWaiting, 1) },
			then:  func(h *house) { set(h, 2, release.EventDecided, 0) },
			told:  1, outdated: 2,
		},
		"the ledger is behind": {
			begin: func(h *house) {
				p := release.Progress{ReleaseID: "r-1", Transition: 4, App: app(), Phase: release.PhaseRollingOut}
				require.NoError(h.t, h.ledger.Update(h.ctx, ledger.Report{Progress: p, Transition: 4}))
				p.Transition = 5
				waits(1, h.now())(&p)
				h.publish(release.Event{ID: "e-5", Kind: release.EventBatchWaiting, Progress: p})
			},
			told: 3, outdated: 0,
		},
		"the ledger has forgotten it": {
			begin: func(h *house) {
				p := release.Progress{ReleaseID: "r-1", Transition: 5, App: app()}
				waits(1, h.now())(&p)
				h.publish(release.Event{ID: "e-5", Kind: release.EventBatchWaiting, Progress: p})
			},
			told: 1, outdated: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, team, oncall := onLadder(t)
			n := h.notifier()
			c.begin(h)
			h.untilKept(2)
			if c.then != nil {
				c.then(h)
				h.untilRead()
			}
			h.later(3 * time.Hour)
			h.untilEmpty()
			require.Equal(t, c.told, len(team.titles())+len(oncall.titles()))
			require.EqualValues(t, c.outdated, n.counted("team", "outdated")+n.counted("oncall", "outdated"))
		})
	}
}

// A server that was started again may deliver early what was put off. It is put off again.
func TestLadder_OutlivesTheServerAndTheNotifier(t *testing.T) {
	t.Parallel()
	h, team, oncall := onLadder(t)
	n := h.notifier()
	h.event("r-1", 1, release.EventBatchWaiting, waits(1, h.now()))
	h.untilKept(2)
	require.NoError(t, n.stop())
	h.restart()
	h.until("it is back", func() bool { return h.js.Conn().IsConnected() })
	h.notifier()
	h.untilKept(2)
	require.Len(t, team.titles(), 1)
	h.later(31 * time.Minute)
	h.untilKept(1)
	require.Equal(t, []string{"batch.waiting r-1", "batch.waiting r-1 after 30m"}, team.titles())
	require.Empty(t, oncall.titles())
}

func TestLadder_TwoNotifiersTakeEachStepOnce(t *testing.T) {
	t.Parallel()
	h, team, oncall := onLadder(t)
	h.notifier()
	h.notifier()
	for _, id := range []string{"r-1", "r-2", "r-3", "r-4", "r-5"} {
		h.event(id, 1, release.EventBatchWaiting, waits(1, h.now()))
	}
	h.untilKept(10)
	h.later(3 * time.Hour)
	h.untilEmpty()
	require.Len(t, team.ids(), 10)
	require.Len(t, oncall.ids(), 5)
	require.Equal(t, 0, twice(team.ids())+twice(oncall.ids()))
}

// A channel was away while a person was waited for, and they have come meanwhile: nobody is told any more.
func TestLadder_WhatComesLateIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	h, team, _ := onLadder(t)
	h.deliveries = func(wire.LifecycleEvent) []notify.Delivery { return []notify.Delivery{{Channel: "team"}} }
	team.down(errDown)
	n := h.notifier()
	h.event("r-1", 1, release.EventBatchWaiting, waits(1, h.now()))
	h.event("r-1", 2, release.EventBatchConfirmed, nil)
	h.until("it was tried", func() bool { return team.attempts() > 2 })
	h.later(11 * time.Minute)
	h.until("it is over", func() bool { return n.counted("team", "outdated") == 1 })
	team.down(nil)
	h.untilEmpty()
	require.Equal(t, []string{"batch.confirmed r-1"}, team.titles(), "what asks nobody is told, however late")
}
