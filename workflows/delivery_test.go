package workflows_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"slipway/release"
	"slipway/saesim"
	"slipway/wire"
)

// busAwayUntil lets the bus be away for so long from now.
func (s *stage) busAwayUntil(d time.Duration) {
	start := s.env.Now()
	s.busDown = func() bool { return s.since(start) < d }
}

// requireToldInOrder requires that the bus has every transition of a release, once each and
// in their order.
func (s *stage) requireToldInOrder(t tester, p release.Progress) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var told []string
	ids := map[string]bool{}
	for _, e := range s.events {
		if e.Progress.ReleaseID == p.ReleaseID && !ids[e.ID] {
			told = append(told, e.ID)
			require.Equal(t, release.EventID(p.ReleaseID, uint64(len(told)), e.Kind), e.ID)
			require.EqualValues(t, len(told), e.Progress.Transition)
		}
		ids[e.ID] = true
	}
	require.Len(t, told, int(p.Transition))
}

// TestDelivery_BusAwayWhileABatchWaits lets the bus be away for longer than an hour in the middle of
// a release.
func TestDelivery_BusAwayWhileABatchWaits(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.busAwayUntil(70 * time.Minute)
	s.confirm(2*time.Hour, 1)
	s.confirm(3*time.Hour, 2)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []release.EventKind{
		release.EventAccepted, release.EventStarted,
		release.EventBatchDone, release.EventBatchWaiting, release.EventBatchConfirmed,
		release.EventBatchDone, release.EventBatchWaiting, release.EventBatchConfirmed,
		release.EventBatchDone, release.EventSucceeded,
	}, s.kinds())
	s.requireToldInOrder(t, p)
	require.Zero(t, s.cost.deliveries)
}

// An end that a command or a limit has decided in the very workflow task that tells it is told by an activity, which begins when Temporal has
// the decision: the task would be tried again where a signal came meanwhile, and tell another story. All else a local activity tells.
func TestDelivery_AnEndThatIsDecidedJustNowIsToldOnceTemporalHasIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		say  []release.Command
		want release.Phase
		// told tells that it is told by an activity.
		told bool
	}{
		"a limit":              {nil, release.PhaseAborted, true},
		"a person":             {[]release.Command{reject("li", "orders are open")}, release.PhaseAborted, true},
		"nobody: it went well": {[]release.Command{approve("ann"), approve("li")}, release.PhaseSucceeded, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			for i, command := range c.say {
				s.say(time.Duration(i+1)*time.Hour, command)
			}
			p := s.run(s.approving())
			require.Equal(t, c.want, p.Outcome, p.Reason)
			s.requireToldInOrder(t, p)
			require.Zero(t, s.cost.deliveries)
			if !c.told {
				require.Empty(t, s.cost.handed)
				return
			}
			require.Len(t, s.cost.handed, 1)
			events := s.cost.handed[0].(release.PublishInput).Events
			require.Equal(t, release.EventAborted, events[len(events)-1].Kind)
		})
	}
}

// A bus that is away when an end is decided holds it up no longer than any other.
func TestDelivery_BusAwayWhenTheEndIsDecided(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.say(time.Hour, reject("li", "orders are open"))
	s.at(time.Hour-time.Second, func() { s.busAwayUntil(time.Hour) })
	p := s.run(s.approving())
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Equal(t, 1, s.cost.deliveries)
	s.requireToldInOrder(t, p)
}

// TestDelivery_BusAwayForADayHoldsNoLaneUp lets three releases of a lane come and go while the bus is
// away: each begins when the one before has ended, and all is told in the end.
func TestDelivery_BusAwayForADayHoldsNoLaneUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busAwayUntil(30 * time.Hour)
	for n, id := range []string{"r-1", "r-2", "r-3"} {
		w.send(time.Duration(n)*time.Second, id, w.spec(release.Strategy{}))
	}
	w.runLane()
	for n, id := range []string{"r-1", "r-2", "r-3"} {
		p := w.progressOf(id)
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		require.Less(t, p.EndedAt.Sub(w.started()), time.Duration(n+1)*time.Minute, "nobody waited for the bus")
		w.requireToldInOrder(t, p)
	}
	require.Equal(t, 3, w.cost.deliveries, "each release left its events to a delivery")
	w.requireOneAtATime()
}

// TestDelivery_TwoApprovalsAreToldTwice: its own way back needs an approval, too.
func TestDelivery_TwoApprovalsAreToldTwice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultApproval, Count: 2})
	s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	approve := func() { require.NoError(s.t, s.sim.Approve(s.progress().ChangeID)) }
	s.at(time.Hour, approve)
	s.at(2*time.Hour, approve)
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, []release.EventKind{
		release.EventAccepted, release.EventStarted, release.EventPlatformApprovalWaiting, release.EventRollingBack,
		release.EventPlatformApprovalWaiting, release.EventRolledBack,
	}, s.kinds())
	s.requireToldInOrder(t, p)
}

// talk pauses and resumes the release so many times, with as many words as may be said, and
// returns the largest answer.
func (s *stage) talk(from time.Duration, times int) *int {
	words, largest := strings.Repeat("<", release.MaxWords), new(int)
	for n := range times {
		for i, kind := range []release.CommandKind{release.CommandPause, release.CommandResume} {
			s.at(from+time.Duration(2*n+i)*time.Minute, func() {
				s.env.UpdateWorkflow(string(kind), fmt.Sprint(kind, n), &testsuite.TestUpdateCallback{
					OnAccept: func() {}, OnReject: func(err error) { require.NoError(s.t, err) },
					OnComplete: func(answer any, err error) {
						require.NoError(s.t, err)
						*largest = max(*largest, size(s.t, answer))
					},
				}, release.Command{By: "ann", Reason: words, Via: "update"})
			})
		}
	}
	return largest
}

// requireEventsOfBoundedSize requires it of each event as it is published.
func (s *stage) requireEventsOfBoundedSize() {
	s.t.Helper()
	for _, e := range s.events {
		msg, err := wire.EncodeEvent(e, s.env.Now())
		require.NoError(s.t, err)
		require.LessOrEqual(s.t, len(msg.Data), release.MaxEventSize, e.ID)
	}
}

// TestDelivery_ALongReleaseIsToldInBoundedEvents is told many long words, measures many gates, and
// says all that a receiver needs.
func TestDelivery_ALongReleaseIsToldInBoundedEvents(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address, status := probe(t)
	status.Store(http.StatusTeapot)
	st := release.Strategy{Type: release.StrategyBatch, Batches: 4, Confirm: release.ConfirmManual}
	for n := range 20 {
		st.Gates = append(st.Gates, release.Gate{
			Name: fmt.Sprintf("gate-with-a-long-name-%02d", n), Samples: 10, Interval: release.Duration(time.Second),
			HTTP: &release.HTTPGate{URL: address, Status: []int{http.StatusTeapot}},
		})
	}
	answer := s.talk(time.Hour, 30)
	for n := range 3 {
		s.confirm(time.Duration(10+n)*time.Hour, n+1)
	}
	p := s.run(s.spec(st))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	s.requireToldInOrder(t, p)
	s.requireEventsOfBoundedSize()
	require.LessOrEqual(t, *answer, release.MaxAnswer, "the answer to a word stands in the history")
	require.Greater(t, *answer, release.MaxAnswer/4)
	require.Empty(t, s.cost.handed, "a bus that answers costs no history but a marker")

	last := s.events[len(s.events)-1].Progress
	require.Equal(t, release.PhaseSucceeded, last.Outcome)
	require.Len(t, last.Batches, 4)
	require.Equal(t, "daily", last.ScalingRules[0].Name)
	require.Equal(t, newImage, last.Artifact.Image)
	require.Equal(t, 63, len(last.Decisions)+last.Cut.Decisions)
	require.Equal(t, 600, samples(last)+last.Cut.Samples)
}

func samples(p release.Progress) (n int) {
	for _, g := range p.Gates {
		n += len(g.Samples)
	}
	return n
}

// TestDelivery_BusAwayCostsBoundedHistory: what is told meanwhile waits in the memory of a worker.
func TestDelivery_BusAwayCostsBoundedHistory(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.busAwayUntil(10 * time.Hour)
	s.talk(time.Hour, 50)
	s.at(7*time.Hour, func() {
		require.Less(t, size(t, s.cost.handed), 64<<10, "one lot was handed over, the first")
		require.LessOrEqual(t, s.cost.markers, 1)
	})
	s.confirm(8*time.Hour, 1)
	s.confirm(9*time.Hour, 2)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Less(t, p.EndedAt.Sub(p.StartedAt), 10*time.Hour)
	require.EqualValues(t, 110, p.Transition)
	s.requireToldInOrder(t, p)
	require.Equal(t, 1, s.cost.deliveries)
	const whole = 63 // and one place is of what the ledger alone is told
	for _, e := range s.events[whole:] {
		require.LessOrEqual(t, size(t, e.Progress), release.MaxAnswer, "what waits behind many others is cut harder")
	}
	require.Greater(t, size(t, s.events[whole-1].Progress), release.MaxAnswer)
	require.Less(t, size(t, s.cost.handed), whole*release.MaxEventSize+(110-whole)*(release.MaxAnswer+1024))
}

func size(t tester, value any) int {
	t.Helper()
	data, err := json.Marshal(value)
	require.NoError(t, err)
	return len(data)
}

func TestDelivery_WatchdogDoesNotWaitForTheBus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busAwayUntil(3 * 24 * time.Hour)
	w.env.SetDetachedChildWait(false)
	result := w.watched(release.Progress{Transition: 4, Phase: release.PhasePreparing, Artifact: release.Artifact{Image: newImage}})
	require.Equal(t, "terminated", result.Lost)
	require.Less(t, w.env.Now().Sub(w.started()), time.Hour)
	require.Equal(t, 1, w.cost.deliveries)
}

func TestDelivery_ASetDoesNotWaitForTheBus(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "cart")
	m.busAwayUntil(3 * 24 * time.Hour)
	p := m.runSet(release.Set{Waves: []release.Wave{m.wave("stock"), m.wave("cart")}})
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Less(t, m.env.Now().Sub(m.started()), time.Hour)
	require.Equal(t, 3, m.cost.deliveries, "of two releases and their set")
}

// deliver runs a delivery alone.
func (s *stage) deliver(total int, kinds ...release.EventKind) {
	var events []release.Event
	for n, kind := range kinds {
		p := release.Progress{ReleaseID: "r-1", App: s.app, Transition: uint64(n + 1)}
		events = append(events, release.Event{ID: release.EventID("r-1", p.Transition, kind), Kind: kind, Progress: p})
	}
	s.env.ExecuteWorkflow(release.WorkflowDelivery, release.DeliveryRequest{Events: events, Total: total})
	require.True(s.t, s.env.IsWorkflowCompleted())
}

func TestDelivery_ACancelledDeliverySaysWhatWasNotDelivered(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.busAwayUntil(24 * time.Hour)
	s.at(time.Hour, s.env.CancelWorkflow)
	s.deliver(2, release.EventStarted, release.EventSucceeded)
	require.ErrorContains(t, s.env.GetWorkflowError(), "2 of 2 lifecycle events were not delivered: the delivery was cancelled; the first is r-1.1.started")
}

// TestDelivery_ADeliveryDoesNotWaitForEver for lots that nobody hands over any more.
func TestDelivery_ADeliveryDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deliver(3, release.EventStarted, release.EventSucceeded)
	require.ErrorContains(t, s.env.GetWorkflowError(), "1 of 3 lifecycle events were not delivered: they were not handed over")
	require.Len(t, s.kinds(), 2)
}

func TestDelivery_ADeliveryRefusesWrongInput(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deliver(1, release.EventStarted, release.EventSucceeded)
	require.ErrorContains(t, s.env.GetWorkflowError(), "total: must be the number of all events")
}
