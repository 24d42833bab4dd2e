package workflows_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// confirmAll confirms all batches of what the release brings, and of the change that it is at by
// then; where it has none yet, of another one.
func (s *stage) confirmAll(d time.Duration, c release.Command) {
	s.at(d, func() {
		p := s.progress()
		c.All, c.ID, c.By, c.Artifact, c.ChangeID = true, "all "+d.String(), "ann", p.Artifact.String(), p.ChangeID
		if c.ChangeID == "" {
			c.ChangeID = "none"
		}
		s.env.SignalWorkflow(string(release.CommandConfirm), c)
	})
}

// counted are the decisions that counted, without their times and what bound them.
func counted(p release.Progress) []release.Decision {
	var out []release.Decision
	for _, d := range p.Decisions {
		if d.Refused == "" {
			out = append(out, release.Decision{Kind: d.Kind, Batch: d.Batch, All: d.All, By: d.By, Via: d.Via, Note: d.Note})
		}
	}
	return out
}

// all is how a confirmation of all batches is recorded, and how of one that it has let pass.
func all(batch int) release.Decision {
	return release.Decision{Kind: release.CommandConfirm, All: true, Batch: batch, By: "ann", Via: release.ViaSignal, Note: "good"}
}

func TestConfirmAll_WhileABatchWaits(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.confirmAll(time.Hour, release.Command{Note: "good"})
	s.confirmAll(time.Hour+time.Second, release.Command{Note: "once more"})
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []release.Decision{all(0), all(1), all(2)}, counted(p))
	for _, d := range p.Decisions {
		require.Equal(t, "all 1h0m0s", d.ID, "each says which command it is of")
		require.Equal(t, p.ChangeID, d.ChangeID)
	}
	require.True(t, p.Decisions[2].At.After(p.Decisions[1].At), "each has the time at which its batch passed")
	require.Less(t, p.EndedAt.Sub(p.StartedAt), 2*time.Hour, "nobody was waited for again")
	kinds := map[release.EventKind]int{}
	for _, kind := range s.kinds() {
		kinds[kind]++
	}
	require.Equal(t, []int{1, 2}, []int{kinds[release.EventBatchWaiting], kinds[release.EventBatchConfirmed]})
	s.requireRulesAsBefore()
}

func TestConfirmAll_WhileABatchIsInProgress(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.confirmAll(time.Millisecond, release.Command{Note: "too early"})
	s.confirmAll(1100*time.Millisecond, release.Command{Note: "good"})
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []release.Decision{all(0), all(1), all(2)}, counted(p))
	require.Contains(t, p.Decisions[0].Refused, "about change none", "it had begun no change yet")
	require.NotContains(t, s.kinds(), release.EventBatchWaiting)
}

// Whatever is not a person's confirmation still holds each batch.
func TestConfirmAll_BakeScheduleAndFreezeStillHold(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	st := gray()
	st.Bake = release.Duration(time.Hour)
	until := s.env.Now().UTC().Add(12 * time.Hour)
	st.Schedule = []release.BatchSchedule{{Batch: 2, At: until.Format("15:04"), Zone: "UTC"}}
	s.confirmAll(10*time.Minute, release.Command{Note: "good"})
	s.awaiting(30*time.Minute, release.PhaseRollingOut, release.AwaitBake)
	s.awaiting(2*time.Hour, release.PhaseRollingOut, release.AwaitSchedule)
	s.at(12*time.Hour+10*time.Minute, func() { s.freeze(stopped()) })
	s.awaiting(14*time.Hour, release.PhasePaused, release.AwaitFreeze)
	s.at(20*time.Hour, func() { s.freeze(release.Calendar{}) })
	p := s.run(s.spec(st))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []release.Decision{all(0), all(1), all(2)}, counted(p))
	require.Greater(t, p.EndedAt.Sub(p.StartedAt), 20*time.Hour)
}

func TestConfirmAll_APauseHoldsAndAResumeGoesOnWithIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	st := gray()
	st.Bake = release.Duration(time.Hour)
	s.confirmAll(10*time.Minute, release.Command{Note: "good"})
	s.say(20*time.Minute, release.Command{Kind: release.CommandPause})
	s.awaiting(5*time.Hour, release.PhasePaused, release.AwaitResume)
	s.at(5*time.Hour, func() {
		require.Regexp(t, "^batch 1 is confirmed by .*, and the pause holds batch 2 back$", s.progress().Confirmed())
	})
	s.say(6*time.Hour, release.Command{Kind: release.CommandResume})
	p := s.run(s.spec(st))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.NotContains(t, s.kinds(), release.EventBatchWaiting, "nobody is asked after the pause either")
	require.Equal(t, []int{1, 2}, []int{p.Decisions[3].Batch, p.Decisions[4].Batch})
	require.Greater(t, p.EndedAt.Sub(p.StartedAt), 6*time.Hour)
}

func TestConfirmAll_AnAbortStopsIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	st := gray()
	st.Bake = release.Duration(time.Hour)
	s.confirmAll(10*time.Minute, release.Command{Note: "good"})
	s.abort(90 * time.Minute)
	s.confirmAll(90*time.Minute+time.Second, release.Command{Note: "but"})
	p := s.run(s.spec(st))
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, s.orders())
	s.requireRulesAsBefore()
}

// A gate that is inconclusive after all was confirmed asks a person about its batch: nobody knew
// of the doubt. A gate that fails breaks the release off.
func TestConfirmAll_GatesStillHold(t *testing.T) {
	t.Parallel()
	unreachable := release.Gate{Name: "errors", Prometheus: &release.PrometheusGate{Address: "http://127.0.0.1:9", Query: "up", Pass: "> 0"}}
	s := newStage(t)
	spec := s.spec(gray())
	spec.Strategy.Gates = []release.Gate{unreachable}
	s.confirmAll(1100*time.Millisecond, release.Command{Note: "good"})
	s.awaiting(time.Hour, release.PhaseAwaitingConfirm, release.AwaitConfirm)
	s.confirmAll(2*time.Hour, release.Command{Note: "good"})
	s.awaiting(3*time.Hour, release.PhaseAwaitingConfirm, release.AwaitConfirm)
	s.confirm(4*time.Hour, 2)
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []release.Decision{
		all(0), all(0), all(1), {Kind: release.CommandConfirm, Batch: 2, By: "ann", Via: release.ViaSignal},
	}, counted(p), "the second word answers the doubt about the batch that waited then")

	address, status := probe(t)
	status.Store(http.StatusInternalServerError)
	s = newStage(t)
	spec = s.spec(gray())
	spec.Strategy.Gates = []release.Gate{{Name: "health", HTTP: &release.HTTPGate{URL: address}}}
	s.confirmAll(1100*time.Millisecond, release.Command{Note: "good"})
	p = s.run(spec)
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, []release.Decision{all(0)}, counted(p), "no batch has passed")
}

// An update that is sent while the platform's approval is awaited is answered at once.
func TestConfirmAll_WhileThePlatformApproves(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultApproval})
	var answered release.Progress
	s.at(time.Hour, func() {
		p := s.progress()
		require.Equal(t, release.PhaseAwaitingPlatformApproval, p.Phase)
		s.env.UpdateWorkflow(string(release.CommandConfirm), "", &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { require.NoError(t, err) },
			OnComplete: func(result any, err error) {
				require.NoError(t, err)
				answered = result.(release.Progress)
			},
		}, release.Command{All: true, ID: "all", By: "ann", Artifact: newImage, ChangeID: p.ChangeID})
	})
	s.at(time.Hour+time.Minute, func() {
		require.Equal(t, release.PhaseAwaitingPlatformApproval, answered.Phase)
		require.NoError(t, s.sim.Approve(answered.ChangeID))
	})
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Len(t, p.Decisions, 3)
	require.NotContains(t, s.kinds(), release.EventBatchWaiting)
}

// With confirm auto a person is asked about a doubt alone: batches that begin by themselves are
// nobody's decision, also after all were confirmed.
func TestConfirmAll_OfBatchesThatBeginByThemselves(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var measured atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		samples := ""
		if measured.Load() {
			samples = `{"metric":{},"value":[1,"1"]}`
		}
		_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[`+samples+`]}}`)
	}))
	t.Cleanup(server.Close)
	spec := s.gated(release.Gate{Name: "up", Prometheus: &release.PrometheusGate{Address: server.URL, Query: "up", Pass: "> 0"}})
	s.confirmAll(1100*time.Millisecond, release.Command{Note: "too early"})
	s.awaiting(time.Hour, release.PhaseAwaitingConfirm, release.AwaitConfirm)
	s.at(time.Hour, func() { measured.Store(true) })
	s.confirmAll(2*time.Hour, release.Command{Note: "good"})
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Contains(t, p.Decisions[0].Refused, "with confirm auto each begins by itself")
	require.Equal(t, []release.Decision{all(0), all(1)}, counted(p), "batch 2 waited for nobody")
}
