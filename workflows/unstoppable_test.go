package workflows_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"slipway/activities/platform"
	"slipway/release"
)

// jobTime is how long a job of [unstoppable] takes.
const jobTime = 3 * time.Hour

// unstoppable is a platform that replaces instances by jobs: none can be stopped, and it waits once, after the gray
// batch. It never goes back by itself.
type unstoppable struct {
	platform.Verbs // a verb that it does not carry out is never called

	now func() time.Time

	mu sync.Mutex
	// before and next are what is replaced by what, and runs is what every instance runs in the end.
	before, next, runs release.Version
	strategy           release.Strategy
	// ends is when the last job ends, and jobs are all of them.
	ends time.Time
	jobs []string
	// early is how often it was asked to stop a job.
	early int
}

// newUnstoppable puts such a platform onto a stage, on which a component runs version 1.0.0.
func newUnstoppable(s *stage) *unstoppable {
	p := &unstoppable{now: s.env.Now, runs: release.Version{ID: "1.0.0", Artifact: release.Artifact{Image: oldImage}}}
	s.app = release.App{Platform: release.PlatformServiceStage, Region: "cn-north-4", ID: "4b611997-4acd-4538-a06b-32fd2475e057"}
	platform.Register(s.env, release.PlatformServiceStage, p)
	return p
}

func (p *unstoppable) begin(job string) {
	p.jobs, p.ends = append(p.jobs, job), p.now().Add(jobTime)
}

func (p *unstoppable) busy() bool { return p.now().Before(p.ends) }

// parked reports whether the gray batch is done, and nothing has followed it.
func (p *unstoppable) parked() bool {
	return p.strategy.Type == release.StrategyGray && p.jobs[len(p.jobs)-1] == "rollout" && !p.busy()
}

func (p *unstoppable) Snapshot(_ context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	snap := release.Snapshot{AppName: "shop", Instances: 5, Version: p.runs}
	if in.Release != nil {
		snap.Planned = &release.Planned{Artifact: in.Release.Artifact, Instances: 5}
	}
	return snap, nil
}

func (p *unstoppable) BeginRollout(_ context.Context, in release.BeginRolloutInput) (release.Change, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, _ := release.ReleaseOfToken(in.Token)
	p.before, p.next, p.strategy = p.runs, release.Version{ID: release.VersionNumber(id), Artifact: in.Artifact}, in.Strategy
	p.begin("rollout")
	return release.Change{ID: "JOB1", Version: p.next.ID}, nil
}

func (p *unstoppable) BeginRollback(_ context.Context, in release.BeginRollbackInput) (release.Change, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before, p.next, p.strategy = p.runs, in.Version, in.Strategy
	p.begin("rollback")
	return release.Change{ID: "JOB2", Version: p.next.ID}, nil
}

func (p *unstoppable) Observe(_ context.Context, in release.ObserveInput) (release.Observation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.observation()
	if !release.Changed(in.Seen, o) {
		return o, unchangedYet()
	}
	return o, nil
}

func (p *unstoppable) observation() release.Observation {
	last := p.jobs[len(p.jobs)-1]
	batches := 1 + p.strategy.Batches
	if p.strategy.Type != release.StrategyGray {
		batches = max(1, p.strategy.Batches)
	}
	o := release.Observation{State: release.ChangeRunning, Batch: 1}
	if last == "continue" {
		o.Batch = 2
	}
	switch {
	case p.parked():
		o.State = release.ChangeAwaitingConfirm
	case last == "back" && !p.busy():
		o.State, p.runs = release.ChangeAborted, p.before
		return o
	case !p.busy():
		o.State, o.Batch, p.runs = release.ChangeSucceeded, batches, p.next
	}
	for n := 1; n <= batches; n++ {
		state := release.BatchPending
		if n < o.Batch || n == o.Batch && o.State != release.ChangeRunning {
			state = release.BatchDone
		}
		o.Batches = append(o.Batches, release.BatchChange{State: state})
	}
	return o
}

func (p *unstoppable) ConfirmBatch(context.Context, release.ConfirmBatchInput) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.parked() {
		return temporal.NewNonRetryableApplicationError("nothing waits", string(release.FaultInvalid), nil)
	}
	p.begin("continue")
	return nil
}

func (p *unstoppable) AbortRollout(context.Context, release.AbortRolloutInput) (release.AbortRolloutResult, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.busy():
		p.early++
		return release.AbortRolloutResult{}, temporal.NewApplicationError("a job runs, and cannot be stopped", string(release.FaultNotNow))
	case !p.parked():
		return release.AbortRolloutResult{Ended: true}, nil
	}
	p.begin("back")
	return release.AbortRolloutResult{}, nil
}

func (p *unstoppable) Verify(context.Context, release.VerifyInput) (release.Verification, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return release.Verification{Wanted: 5, Configured: p.runs, Running: []release.Share{{Version: p.runs, Instances: 5}}}, nil
}

// TestUnstoppable_Endings is what becomes of a release on a platform that pauses once, and stops no job.
func TestUnstoppable_Endings(t *testing.T) {
	t.Parallel()
	gray := release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 3, Confirm: release.ConfirmManual}
	inBatches := release.Strategy{Type: release.StrategyBatch, Batches: 3}
	back := func(job string) []string { return []string{"rollout", job} }
	for name, c := range map[string]struct {
		strategy release.Strategy
		with     func(*stage)
		outcome  release.Phase
		jobs     []string
		// waits is how often a person was asked, and early whether the platform was asked to stop a job.
		waits int
		early bool
	}{
		"all at once":         {release.Strategy{}, nil, release.PhaseSucceeded, []string{"rollout"}, 0, false},
		"batches run through": {inBatches, nil, release.PhaseSucceeded, []string{"rollout"}, 0, false},
		"one word for the rest": {gray, func(s *stage) {
			s.confirm(jobTime+time.Hour, 1)
		}, release.PhaseSucceeded, []string{"rollout", "continue"}, 1, false},
		"nobody confirms": {gray, nil, release.PhaseAborted, back("back"), 1, false},
		"aborted in the pause": {gray, func(s *stage) {
			s.abort(jobTime + time.Hour)
		}, release.PhaseAborted, back("back"), 1, false},
		"aborted while the gray batch is replaced": {gray, func(s *stage) {
			s.abort(time.Hour)
		}, release.PhaseAborted, back("back"), 0, true},
		"aborted while all are replaced": {release.Strategy{}, func(s *stage) {
			s.abort(time.Hour)
		}, release.PhaseAborted, back("rollback"), 0, true},
		"aborted while the batches run through": {inBatches, func(s *stage) {
			s.abort(time.Minute)
		}, release.PhaseAborted, back("rollback"), 0, true},
		"aborted while the rest follows": {gray, func(s *stage) {
			s.confirm(jobTime+time.Hour, 1)
			s.abort(jobTime + 2*time.Hour)
		}, release.PhaseAborted, []string{"rollout", "continue", "rollback"}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			platform := newUnstoppable(s)
			if c.with != nil {
				c.with(s)
			}
			p := s.run(s.spec(c.strategy))
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Equal(t, c.jobs, platform.jobs)
			require.Equal(t, c.early, platform.early > 0)
			waits := 0
			for _, kind := range s.kinds() {
				if kind == release.EventBatchWaiting {
					waits++
				}
			}
			require.Equal(t, c.waits, waits)
			for _, b := range p.Batches {
				if c.outcome == release.PhaseSucceeded {
					require.Contains(t, []release.BatchState{release.BatchDone, release.BatchConfirmed}, b.State, b.Number)
				}
			}
			require.Empty(t, p.ScalingRules)
		})
	}
}

// While the end of a job is awaited that nobody can stop, the release says so.
func TestUnstoppable_AnAbortSaysWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	newUnstoppable(s)
	s.abort(time.Minute)
	var during release.Progress
	s.at(jobTime-time.Minute, func() { during = s.progress() })
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.False(t, during.Phase.Ended())
	require.NotNil(t, during.Stalled)
	require.Equal(t, string(release.VerbAbortRollout), during.Stalled.Doing)
	require.Equal(t, release.FaultNotNow, during.Stalled.Fault)
}
