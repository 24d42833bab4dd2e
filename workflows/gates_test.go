package workflows_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
)

// probe is a web server that answers with a status that a test may change.
func probe(t *testing.T) (address string, status *atomic.Int32) {
	t.Helper()
	status = &atomic.Int32{}
	status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
	}))
	t.Cleanup(server.Close)
	return server.URL, status
}

// gated is a gray release whose batches confirm themselves once the gates have passed.
func (s *stage) gated(gates ...release.Gate) release.Spec {
	st := gray()
	st.Confirm, st.Gates = release.ConfirmAuto, gates
	return s.spec(st)
}

func TestGatesLetTheNextBatchBegin(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address, _ := probe(t)
	p := s.run(s.gated(release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: address}, Samples: 3}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Len(t, p.Gates, 2, "after each batch but the last")
	for i, g := range p.Gates {
		require.Equal(t, release.VerdictPass, g.Verdict, g.Reason)
		require.Equal(t, i+1, g.Batch)
		require.Len(t, g.Samples, 3)
	}
	require.Empty(t, p.Decisions, "no person was asked")
}

func TestGates_AFailedGateRollsTheReleaseBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address, status := probe(t)
	status.Store(http.StatusInternalServerError)
	p := s.run(s.gated(release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: address}}))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "gate health")
	require.Equal(t, release.VerdictFail, p.Gates[0].Verdict)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, s.orders())
	require.Equal(t, oldImage, s.configured())
	s.requireRulesAsBefore()
}

func TestGates_AnInconclusiveGateAsksAPerson(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	// Nobody listens at the discard port of loopback.
	unreachable := release.Gate{Name: "errors", Prometheus: &release.PrometheusGate{Address: "http://127.0.0.1:9", Query: "up", Pass: "> 0"}}
	s.at(time.Hour, func() {
		p := s.progress()
		require.Equal(t, release.PhaseAwaitingConfirm, p.Phase)
		require.Contains(t, p.Reason, "not conclusive, a person must decide: gate errors")
	})
	s.confirm(2*time.Hour, 1)
	s.confirm(3*time.Hour, 2)
	p := s.run(s.gated(unreachable))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, release.VerdictInconclusive, p.Gates[0].Verdict)
	require.Len(t, p.Decisions, 2)
}

func TestGates_ADryRunDecidesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address, status := probe(t)
	status.Store(http.StatusInternalServerError)
	p := s.run(s.gated(release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: address}, DryRun: true}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, release.VerdictFail, p.Gates[0].Verdict, "and is recorded all the same")
	require.True(t, p.Gates[0].DryRun)
}

func TestGates_AGateThatMayNotBeAskedIsFoundBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.run(s.gated(release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: "http://elsewhere.example/"}}))
	require.Equal(t, release.PhaseFailed, p.Outcome)
	require.Contains(t, p.Reason, "SLIPWAY_GATES_ALLOW")
	require.Contains(t, p.Reason, "nothing was changed")
	require.Empty(t, s.orders())
	s.requireRulesAsBefore()
}

func TestGatesAreMeasuredAfterTheBakeTimeAndNotWhilePaused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address, _ := probe(t)
	spec := s.gated(release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: address}, Samples: 60, Interval: release.Duration(time.Minute)})
	spec.Strategy.Bake, spec.Strategy.Batches = release.Duration(time.Hour), 1
	s.awaiting(30*time.Minute, release.PhaseRollingOut, release.AwaitBake)
	s.awaiting(61*time.Minute, release.PhaseRollingOut, release.AwaitGates)
	s.say(70*time.Minute, release.Command{Kind: release.CommandPause})
	s.awaiting(4*time.Hour, release.PhasePaused, release.AwaitResume)
	s.say(5*time.Hour, release.Command{Kind: release.CommandResume})
	s.awaiting(5*time.Hour+time.Minute, release.PhaseRollingOut, release.AwaitGates)
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Len(t, p.Gates, 1)
}

// TestGates_AFailedGateDoesNotWaitForADryRun lets a gate fail beside a dry run that has hours of
// samples before it.
func TestGates_AFailedGateDoesNotWaitForADryRun(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address, status := probe(t)
	status.Store(http.StatusInternalServerError)
	fails := release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: address}}
	dry := release.Gate{
		Name: "latency", DryRun: true, HTTP: &release.HTTPGate{URL: address},
		Samples: 10, MaxFailures: 9, Interval: release.Duration(time.Hour),
	}
	p := s.run(s.gated(dry, fails))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Less(t, p.EndedAt.Sub(p.StartedAt), 10*time.Minute, "it acts at once")
	require.Len(t, p.Gates, 2)
	require.Equal(t, "latency", p.Gates[0].Name)
	require.True(t, p.Gates[0].DryRun)
	require.Equal(t, "cut short, because another gate has failed", p.Gates[0].Reason)
}
