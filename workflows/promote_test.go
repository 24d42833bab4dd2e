package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// withdraw has the ledger say so from then on.
type withdraw struct {
	asked int
	why   string
	away  bool
}

func (s *stage) withdrawable() *withdraw {
	w := &withdraw{}
	s.env.RegisterActivityWithOptions(func(_ context.Context, in release.StandsInput) (release.Stands, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		w.asked++
		if w.away {
			return release.Stands{}, errors.New("ledger: away")
		}
		require.Equal(s.t, "r-staging", in.ReleaseID)
		return release.Stands{Withdrawn: w.why}, nil
	}, activity.RegisterOptions{Name: release.StandsActivity})
	return w
}

// promote runs a release that promotes another one.
func (s *stage) promote(spec release.Spec) release.Progress {
	s.t.Helper()
	spec = spec.WithDefaults()
	s.env.ExecuteWorkflow(spec.Workflow(), release.Request{ID: "r-test", Spec: spec, ByName: &release.ByName{
		Application: "shop", Environment: "production", Revision: 3, PromotedFrom: release.PromotedFrom{Environment: "staging", Release: "r-staging"},
	}})
	return s.result()
}

func TestPromote_WhatStandsIsReleased(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	w := s.withdrawable()
	p := s.promote(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, 1, w.asked)
	require.Equal(t, "r-staging", p.ByName.PromotedFrom.Release)
}

func TestPromote_WhatWasRolledBackIsNotBegun(t *testing.T) {
	t.Parallel()
	t.Run("before people are asked", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.withdrawable().why = "release r-back has rolled it back"
		p := s.promote(s.approving("ann", "li"))
		s.requireUntouched()
		require.Equal(t, release.PhaseAborted, p.Outcome)
		require.Equal(t, "aborted by slipway: it was promoted from staging: release r-back has rolled it back; nothing was changed", p.Reason)
		require.NotContains(t, s.kinds(), release.EventApprovalWaiting)
	})
	t.Run("while they are asked", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		w := s.withdrawable()
		s.at(time.Hour, func() { s.mu.Lock(); defer s.mu.Unlock(); w.why = "release r-back has rolled it back" })
		s.say(2*time.Hour, approve("ann"))
		s.say(3*time.Hour, approve("li"))
		p := s.promote(s.approving("ann", "li"))
		s.requireUntouched()
		require.Equal(t, release.PhaseAborted, p.Outcome)
		last := p.Decisions[len(p.Decisions)-1]
		require.Equal(t, release.ViaPromotion, last.Via)
		require.Equal(t, release.Slipway, last.By)
		require.Empty(t, last.Refused)
	})
	t.Run("while a freeze holds it", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		w := s.withdrawable()
		s.freeze(s.closed(-time.Hour, 5*time.Hour))
		s.at(time.Hour, func() { s.mu.Lock(); defer s.mu.Unlock(); w.why = "release r-back has rolled it back" })
		p := s.promote(s.spec(release.Strategy{}))
		require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
		require.Contains(t, p.Reason, "release r-back has rolled it back")
		s.requireRulesAsBefore()
	})
}

// TestPromote_WithoutTheLedgerNobodyKnows: it waits, and an abort ends it.
func TestPromote_WithoutTheLedgerNobodyKnows(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.withdrawable().away = true
	s.at(time.Hour, func() {
		require.Equal(t, release.PhasePreparing, s.progress().Phase)
	})
	s.abort(2 * time.Hour)
	p := s.promote(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	s.requireUntouched()
}

// TestPromote_WhatHasSucceededStartsItsPromotion: where the document promotes by itself, and for what brings a
// version alone.
func TestPromote_WhatHasSucceededStartsItsPromotion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		promotes bool
		change   func(*release.Spec)
		refused  string
		want     int
	}{
		"by itself":           {true, func(*release.Spec) {}, "", 1},
		"by hand":             {false, func(*release.Spec) {}, "", 0},
		"a restart":           {true, func(s *release.Spec) { s.Operation, s.Artifact = release.OperationRestart, release.Artifact{} }, "", 0},
		"one that is refused": {true, func(*release.Spec) {}, "its lane is on hold", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			var started []release.PromotionRequest
			s.env.RegisterActivityWithOptions(func(_ context.Context, in release.PromotionRequest) (release.PromotionResult, error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				started = append(started, in)
				return release.PromotionResult{}, nil
			}, activity.RegisterOptions{Name: release.PromoteActivity})
			spec := s.spec(release.Strategy{})
			c.change(&spec)
			spec = spec.WithDefaults()
			s.env.ExecuteWorkflow(spec.Workflow(), release.Request{
				ID: "r-test", Spec: spec, Checked: true, Refused: c.refused, ByName: &release.ByName{Application: "shop", Environment: "staging", Revision: 3, Promotes: c.promotes},
			})
			p := s.result()
			require.Len(t, started, c.want, p.Reason)
			if c.want > 0 {
				require.Equal(t, release.PromotionRequest{Application: "shop", Environment: "staging", ReleaseID: "r-test"}, started[0])
			}
		})
	}
}

func TestPromotion_WaitsForTheBakeTimeAsItIsByThen(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	start := s.env.Now()
	var at []time.Duration
	s.env.RegisterActivityWithOptions(func(context.Context, release.PromotionRequest) (out release.PromotionResult, err error) {
		at = append(at, s.env.Now().Sub(start))
		switch len(at) {
		case 1:
			return out, temporal.NewApplicationError("ledger: away", string(release.FaultUnavailable))
		case 2:
			out.Next = start.Add(24 * time.Hour)
		case 3: // the document asks for longer by now
			out.Next = start.Add(48 * time.Hour)
		default:
			out.Steps = []release.PromotionStep{{To: "production", ReleaseID: "r-p"}}
		}
		return out, nil
	}, activity.RegisterOptions{Name: release.PromoteActivity})
	s.env.ExecuteWorkflow(release.WorkflowPromotion, release.PromotionRequest{Application: "shop", Environment: "staging", ReleaseID: "r-1"})
	require.NoError(t, s.env.GetWorkflowError())
	var out release.PromotionResult
	require.NoError(t, s.env.GetWorkflowResult(&out))
	require.Equal(t, []release.PromotionStep{{To: "production", ReleaseID: "r-p"}}, out.Steps)
	require.Len(t, at, 4)
	require.InDelta(t, 24, at[2].Hours(), 0.01)
	require.InDelta(t, 48, at[3].Hours(), 0.01)
}

func TestPromotion_WhatSaysNothingIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.env.ExecuteWorkflow(release.WorkflowPromotion, release.PromotionRequest{Application: "shop", Environment: "staging", ReleaseID: "shop"})
	require.ErrorContains(t, s.env.GetWorkflowError(), "releaseId")
}
