package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// phasesOf maps the names of releases to their outcomes.
type phasesOf = map[string]release.Phase

func TestSetReleasesItsWavesInOrder(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "prices", "shop")
	p := m.runSet(release.Set{Waves: []release.Wave{m.wave("stock", "prices"), m.wave("shop")}, RequestedBy: "ci"})
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Empty(t, p.Reason)
	require.Equal(t, phasesOf{"stock": "Succeeded", "prices": "Succeeded", "shop": "Succeeded"}, outcomes(p))
	order := m.begunOrder()
	require.ElementsMatch(t, []string{"stock", "prices"}, order[:2])
	require.Equal(t, "shop", order[2])
	first, second := p.Waves[0].Releases, p.Waves[1].Releases
	for _, each := range first {
		require.Equal(t, release.StandingStarted, each.Run.Standing)
		require.NotEmpty(t, each.RollbackTo)
		require.False(t, second[0].Run.StartedAt.Before(each.Run.EndedAt), "a wave begins when the one before has ended")
	}
	require.True(t, first[0].Run.StartedAt.Before(first[1].Run.EndedAt) && first[1].Run.StartedAt.Before(first[0].Run.EndedAt),
		"the releases of a wave run at the same time")
	for name := range m.apps {
		require.Equal(t, newImage, m.runs(name))
	}
	require.Equal(t, []release.EventKind{release.EventStarted, release.EventWaveDone, release.EventWaveDone, release.EventSucceeded}, m.setKinds())
}

func TestSetStopsAtAFailure(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "prices", "shop")
	m.breakApp("prices")
	p := m.runSet(release.Set{Waves: []release.Wave{m.wave("stock", "prices"), m.wave("shop")}})
	require.Equal(t, release.PhaseFailed, p.Outcome)
	require.Equal(t, phasesOf{"stock": "Succeeded", "prices": "RolledBack", "shop": ""}, outcomes(p))
	require.Contains(t, p.Reason, "ended RolledBack; not begun: shop; released and not rolled back: stock")
	require.Equal(t, []string{newImage, oldImage, oldImage}, []string{m.runs("stock"), m.runs("prices"), m.runs("shop")})
	require.Zero(t, m.submits[release.SetReleaseID(testSetID, "shop")])
	require.Equal(t, []release.EventKind{release.EventStarted, release.EventWaveDone, release.EventFailed}, m.setKinds())
}

func TestSetContinuesAfterAFailure(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "shop")
	m.breakApp("stock")
	p := m.runSet(release.Set{Waves: []release.Wave{m.wave("stock"), m.wave("shop")}, OnFailure: release.SetContinue})
	require.Equal(t, release.PhaseFailed, p.Outcome)
	require.Equal(t, phasesOf{"stock": "RolledBack", "shop": "Succeeded"}, outcomes(p))
	require.Equal(t, newImage, m.runs("shop"))
}

func TestSetRollsBackInReverseOrder(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "prices", "shop", "web")
	m.breakApp("web")
	p := m.runSet(release.Set{
		Waves: []release.Wave{m.wave("stock"), m.wave("prices"), m.wave("shop", "web")}, OnFailure: release.SetRollback,
	})
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "web")
	require.Equal(t, phasesOf{
		"stock": "Succeeded", "prices": "Succeeded", "shop": "Succeeded", "web": "RolledBack",
		"back/stock": "Succeeded", "back/prices": "Succeeded", "back/shop": "Succeeded",
	}, outcomes(p), "what has not succeeded has put itself back")
	require.Equal(t, []string{"back/shop", "back/prices", "back/stock"}, m.begunOrder()[4:])
	require.False(t, p.Waves[1].Releases[0].Rollback.StartedAt.Before(p.Waves[2].Releases[0].Rollback.EndedAt), "one wave after the other")
	for name := range m.apps {
		require.Equal(t, oldImage, m.runs(name), name)
	}
	require.Equal(t, release.EventRolledBack, m.setKinds()[len(m.setKinds())-1])
}

// A freeze that begins in the middle does not keep what failed where it is.
func TestSetRollsBackThroughAFreeze(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "shop")
	m.breakApp("shop")
	shop := m.member("shop", release.Strategy{})
	shop.Spec.Freeze.Override = "a test"
	m.at(30*time.Minute, func() {
		require.Equal(t, release.PhaseAwaitingConfirm, m.set().Phase)
		m.freeze(release.Calendar{Stops: []release.Stop{{Name: "incident", Reason: "fire"}}})
	})
	confirmed := m.saySet(time.Hour, release.Command{Kind: release.CommandConfirm, Batch: 2})
	p := m.runSet(release.Set{
		Waves: []release.Wave{m.wave("stock"), {Confirm: release.ConfirmManual, Releases: []release.SetRelease{shop}}}, OnFailure: release.SetRollback,
	})
	require.NoError(t, confirmed.err)
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, oldImage, m.runs("stock"))
	require.Less(t, p.EndedAt.Sub(p.StartedAt), 2*time.Hour)
}

func TestSetStopsGoingBackWhereItFails(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "prices", "shop")
	m.breakApp("shop")
	m.at(30*time.Minute, func() { m.breakApp("prices") })
	m.saySet(time.Hour, release.Command{Kind: release.CommandConfirm, Batch: 3})
	last := m.wave("shop")
	last.Confirm = release.ConfirmManual
	p := m.runSet(release.Set{Waves: []release.Wave{m.wave("stock"), m.wave("prices"), last}, OnFailure: release.SetRollback})
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome)
	require.Contains(t, p.Reason, "the rollback of prices")
	require.Contains(t, p.Reason, "released and not rolled back: stock, prices")
	require.Equal(t, newImage, m.runs("stock"), "what later waves are built on stays")
	require.NotContains(t, outcomes(p), "back/stock")
}

func TestSetRollsNothingBackWhereAReleaseNeedsAttention(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "shop")
	m.lose[release.WorkflowID(release.SetReleaseID(testSetID, "shop"))] = time.Hour
	last := release.Wave{Releases: []release.SetRelease{m.member("shop", gray())}}
	p := m.runSet(release.Set{Waves: []release.Wave{m.wave("stock"), last}, OnFailure: release.SetRollback})
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome)
	require.Equal(t, phasesOf{"stock": "Succeeded", "shop": "NeedsAttention"}, outcomes(p))
	require.Equal(t, "it was lost: terminated", p.Waves[1].Releases[0].Run.Reason)
	require.Equal(t, newImage, m.runs("stock"))
}

func TestSetDoesNotRollBackARestart(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "shop")
	m.breakApp("shop")
	restart := release.SetRelease{Name: "stock", Spec: release.Spec{App: m.apps["stock"], Operation: release.OperationRestart}}
	p := m.runSet(release.Set{Waves: []release.Wave{{Releases: []release.SetRelease{restart}}, m.wave("shop")}, OnFailure: release.SetRollback})
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, phasesOf{"stock": "Succeeded", "shop": "RolledBack"}, outcomes(p))
}

func TestSetAbortStopsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "prices", "shop")
	wave := release.Wave{Releases: []release.SetRelease{m.member("stock", release.Strategy{}), m.member("prices", gray())}}
	answer := m.saySet(time.Hour, release.Command{Kind: release.CommandAbort, Reason: "wrong price list"})
	again := m.saySet(time.Hour, release.Command{Kind: release.CommandAbort})
	p := m.runSet(release.Set{Waves: []release.Wave{wave, m.wave("shop")}, OnFailure: release.SetRollback})
	require.NoError(t, answer.err)
	require.NoError(t, again.err, "saying it again is one abort")
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Equal(t, phasesOf{"stock": "Succeeded", "prices": "Aborted", "shop": ""}, outcomes(p))
	require.Contains(t, p.Reason, "aborted by ann: wrong price list; prices")
	require.Contains(t, p.Reason, "not begun: shop; released and not rolled back: stock")
	require.Contains(t, m.progressOf(release.SetReleaseID(testSetID, "prices")).Reason, "set s-test was aborted by ann: wrong price list")
	require.Equal(t, []string{newImage, oldImage, oldImage}, []string{m.runs("stock"), m.runs("prices"), m.runs("shop")})
	require.Len(t, p.Decisions, 1)
	require.Equal(t, release.EventAborted, m.setKinds()[len(m.setKinds())-1])
}

// TestSetAbortedWithManyWordsStopsItsReleases: with the words of the set they are longer than
// a release takes.
func TestSetAbortedWithManyWordsStopsItsReleases(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock")
	m.saySet(time.Hour, release.Command{Kind: release.CommandAbort, Reason: strings.Repeat("x", release.MaxWords)})
	p := m.runSet(release.Set{Waves: []release.Wave{{Releases: []release.SetRelease{m.member("stock", gray())}}}})
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Less(t, p.EndedAt.Sub(p.StartedAt), 2*time.Hour)
}

func TestSetCancelledIsAborted(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "shop")
	m.at(time.Hour, func() { m.env.CancelWorkflow() })
	p := m.runSet(release.Set{Waves: []release.Wave{{Releases: []release.SetRelease{m.member("stock", gray())}}, m.wave("shop")}})
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Equal(t, phasesOf{"stock": "Aborted", "shop": ""}, outcomes(p))
	require.Equal(t, oldImage, m.runs("stock"))
	require.Equal(t, "cancel", p.Decisions[0].Via)
}

func TestSetWaitsForAPersonBeforeAWave(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "shop")
	last := m.wave("shop")
	last.Confirm = release.ConfirmManual
	m.at(time.Hour, func() {
		p := m.set()
		require.Equal(t, release.PhaseAwaitingConfirm, p.Phase)
		require.Equal(t, 2, p.Awaiting.Batch)
		require.Equal(t, p.StartedAt.Add(release.DefaultTotalLimit.Std()), p.Awaiting.Until)
		require.Empty(t, p.Waves[1].Releases[0].Run.Standing, "nothing of it has begun")
	})
	wrong := m.saySet(time.Hour, release.Command{Kind: release.CommandConfirm, Batch: 1})
	pause := m.saySet(time.Hour, release.Command{Kind: release.CommandPause})
	m.at(2*time.Hour, func() {
		require.NoError(t, m.env.SignalWorkflowByID(release.SetWorkflowID(testSetID), "confirm", release.Command{Batch: 3, By: "bob"}))
	})
	right := m.saySet(50*time.Hour, release.Command{Kind: release.CommandConfirm, Batch: 2, Note: "looks right"})
	p := m.runSet(release.Set{Waves: []release.Wave{m.wave("stock"), last}})
	require.ErrorContains(t, wrong.err, "wave 1 does not wait for a confirmation: wave 2 does")
	require.ErrorContains(t, pause.err, "say pause to one of its releases")
	require.NoError(t, right.err)
	require.Equal(t, release.PhaseRollingOut, right.p.Phase, "the answer shows where the set goes on")
	require.Equal(t, release.PhaseSucceeded, p.Outcome)
	require.Len(t, p.Decisions, 2)
	require.Equal(t, "there is no wave 3: the set has 2", p.Decisions[0].Refused, "what came by signal stands in the decisions")
	require.Equal(t, []string{"ann", "looks right"}, []string{p.Decisions[1].By, p.Decisions[1].Note})
	require.Equal(t, []release.EventKind{
		release.EventStarted, release.EventWaveDone, release.EventWaveWaiting, release.EventDecided, release.EventDecided, release.EventWaveDone, release.EventSucceeded,
	}, m.setKinds())
}

func TestSetAbortedWhileItWaits(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock")
	first := m.wave("stock")
	first.Confirm = release.ConfirmManual
	answer := m.saySet(time.Hour, release.Command{Kind: release.CommandAbort})
	p := m.runSet(release.Set{Waves: []release.Wave{first}})
	require.Equal(t, release.PhaseAborted, answer.p.Phase)
	require.Equal(t, "aborted by ann; not begun: stock", p.Reason)
	require.Empty(t, m.submits)
	require.Len(t, m.cost.handed, 1, "its end is told once Temporal has it")
}

func TestSetEndsWithItsLimit(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "shop")
	p := m.runSet(release.Set{
		Waves:  []release.Wave{{Releases: []release.SetRelease{m.member("stock", gray())}}, m.wave("shop")},
		Limits: release.SetLimits{Total: release.Duration(3 * time.Hour)},
	})
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Contains(t, p.Reason, "the set was not done within 3h")
	require.Equal(t, phasesOf{"stock": "Aborted", "shop": ""}, outcomes(p))
	require.Less(t, p.EndedAt.Sub(p.StartedAt), 4*time.Hour)
}

// The way back has its own time, and ends, too: here it waits for a lane that is held.
func TestSetWayBackEndsWithItsLimit(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "prices", "shop")
	m.breakApp("shop")
	last := m.wave("shop")
	last.Confirm = release.ConfirmManual
	m.at(time.Hour, func() {
		m.updateBy(release.LaneID(m.apps["prices"]), release.UpdateHold, release.LaneCommand{By: "bob", Reason: "audit"}, func(_ any, err error) { require.NoError(t, err) })
	})
	m.saySet(2*time.Hour, release.Command{Kind: release.CommandConfirm, Batch: 3})
	late := m.saySet(4*time.Hour, release.Command{Kind: release.CommandAbort})
	p := m.runSet(release.Set{
		Waves: []release.Wave{m.wave("stock"), m.wave("prices"), last}, OnFailure: release.SetRollback,
		Limits: release.SetLimits{Total: release.Duration(3 * time.Hour)},
	})
	require.ErrorContains(t, late.err, "rolling back already")
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome)
	require.Equal(t, release.PhaseAborted, outcomes(p)["back/prices"])
	took := p.EndedAt.Sub(p.StartedAt)
	require.True(t, took > 5*time.Hour && took < 6*time.Hour, took)
}

// The lane has begun the release, but its answer was lost, again and again.
func TestSetSubmitsOnceThoughAnswersAreLost(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "shop")
	m.breakApp("shop")
	for _, id := range []string{release.SetReleaseID(testSetID, "stock"), release.SetUndoID(testSetID, "stock")} {
		m.lost[id] = 3
	}
	p := m.runSet(release.Set{Waves: []release.Wave{m.wave("stock"), m.wave("shop")}, OnFailure: release.SetRollback})
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, 4, m.submits[release.SetReleaseID(testSetID, "stock")])
	require.Equal(t, release.StandingDuplicate, p.Waves[0].Releases[0].Run.Standing)
	require.Equal(t, []string{"stock", "shop", "back/stock"}, m.begunOrder())
}

// Nobody answers for as long as submitting is tried: the release may have begun.
func TestSetDoesNotKnowWhatWasSubmitted(t *testing.T) {
	t.Parallel()
	m := newMarket(t, "stock", "shop")
	m.lost[release.SetReleaseID(testSetID, "stock")] = 1000
	p := m.runSet(release.Set{Waves: []release.Wave{m.wave("stock"), m.wave("shop")}})
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome)
	require.Contains(t, p.Waves[0].Releases[0].Run.Reason, "whether it was submitted is unknown: the answer was lost")
	require.Empty(t, outcomes(p)["shop"])
}

func TestSetRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.env.ExecuteWorkflow(release.WorkflowReleaseSet, release.SetRequest{ID: testSetID, Set: release.Set{Name: "empty"}})
	require.ErrorContains(t, s.env.GetWorkflowError(), "waves: must be 1-20")

	s = newStage(t)
	s.env.ExecuteWorkflow(release.WorkflowReleaseSet, release.SetRequest{ID: "r-1", Set: release.Set{
		Name: "one", Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "shop", Spec: s.spec(release.Strategy{})}}}},
	}})
	require.ErrorContains(t, s.env.GetWorkflowError(), "id: must be the set ID")
}
