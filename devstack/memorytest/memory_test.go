package memorytest_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/activities/attempt"
	"slipway/devstack/embedded"
	"slipway/release"
	"slipway/setup"
	"slipway/workflows"
)

const (
	// parked is how many workflows wait at the same time, and as many are kept in the cache.
	parked = 100
	// mostKiB bounds what a parked release costs, and mostTimes how many times more that is
	// than the least that a parked workflow costs with this SDK. Where more wait than the cache keeps, all of
	// them cost mostOver times as much as those that it keeps.
	mostKiB   = 64
	mostTimes = 4
	mostOver  = 1.25
	// tries is how often it is measured until it is little enough.
	tries    = 3
	patience = 5 * time.Minute
)

// house is a worker whose platform answers by itself, on a real server.
type house struct {
	t   *testing.T
	ctx context.Context
	c   client.Client
	// looks has the workflows that have begun to wait.
	looks sync.Map
}

// TestMemoryOfAParkedRelease measures the memory of the worker that belongs to its parked
// releases: what is given back when the cache that keeps them is emptied.
func TestMemoryOfAParkedRelease(t *testing.T) { //nolint:paralleltest // the cache is one for the process
	// The setting worker-cached-workflows does the same.
	worker.SetStickyWorkflowCacheSize(parked)
	h := start(t)
	const many = 2 * parked
	least := h.cost(parked, func(i int) (string, string, any) {
		return fmt.Sprint("least/", i), "Least", nil
	}) / parked
	var begun int
	cost := func(n int, enough float64) float64 { // what a busy machine leaves to the collector counts, too
		best := math.Inf(1)
		for try := 0; try < tries && best >= enough; try++ {
			first := begun
			begun += n
			best = min(best, h.cost(n, func(i int) (string, string, any) {
				id := fmt.Sprintf("r-%032d", first+i)
				return release.WorkflowID(id), release.WorkflowGrayRelease, release.Request{ID: id, Spec: spec(first + i)}
			}))
		}
		return best
	}
	each := cost(parked, mostKiB*parked) / parked
	t.Logf("memory parked=%d release=%.1fKiB least=%.1fKiB times=%.1f", parked, each, least, each/least)
	require.Less(t, each, float64(mostKiB), "KiB of a parked release")
	require.Less(t, each/least, float64(mostTimes), "times the memory of a workflow that does nothing but wait")

	all := cost(many, mostOver*parked*each)
	t.Logf("memory parked=%d cached=%d all=%.1fKiB", many, parked, all)
	require.Less(t, all, mostOver*parked*each, "KiB of all parked releases, of which the cache keeps a half")
}

func start(t *testing.T) *house {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	server, err := embedded.StartTemporal(ctx, embedded.TemporalConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	c, err := client.DialContext(ctx, client.Options{HostPort: server.Addr(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	_, err = setup.SearchAttributes(ctx, c, "default")
	require.NoError(t, err)
	h := &house{t: t, ctx: ctx, c: c}
	for _, queue := range []string{release.WorkflowTaskQueue, release.PlatformTaskQueue(release.PlatformSAE, "cn-hangzhou")} {
		w := worker.New(c, queue, worker.Options{Interceptors: []interceptor.WorkerInterceptor{attempt.New(attempt.Config{})}})
		workflows.Register(w)
		w.RegisterWorkflowWithOptions(least, workflow.RegisterOptions{Name: "Least"})
		for name, fn := range map[string]any{
			release.PublishActivity: h.publish, "Look": h.look,
			release.ActivityName(release.PlatformSAE, release.VerbSnapshot):     h.snapshot,
			release.ActivityName(release.PlatformSAE, release.VerbSetScaling):   h.setScaling,
			release.ActivityName(release.PlatformSAE, release.VerbBeginRollout): h.beginRollout,
			release.ActivityName(release.PlatformSAE, release.VerbObserve):      h.observe,
		} {
			w.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
		}
		require.NoError(t, w.Start())
		t.Cleanup(w.Stop)
	}
	return h
}

// least is a workflow that waits for an activity, and does nothing else.
func least(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	return workflow.ExecuteActivity(ctx, "Look").Get(ctx, nil)
}

// cost is the memory of so many workflows that wait, in KiB.
func (h *house) cost(n int, each func(int) (id, workflowType string, in any)) float64 {
	h.t.Helper()
	h.looks.Clear()
	for i := range n {
		id, workflowType, in := each(i)
		var args []any
		if in != nil {
			args = append(args, in)
		}
		_, err := h.c.ExecuteWorkflow(h.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: release.WorkflowTaskQueue}, workflowType, args...)
		require.NoError(h.t, err)
	}
	require.Eventually(h.t, func() bool { return h.waiting() == n }, patience, 100*time.Millisecond)
	kept := h.inUse()
	worker.PurgeStickyWorkflowCache()
	return kept - h.inUse()
}

func (h *house) waiting() (n int) {
	h.looks.Range(func(any, any) bool { n++; return true })
	return n
}

// inUse is the memory in use once it no longer shrinks, in KiB.
func (h *house) inUse() float64 {
	h.t.Helper()
	least := math.Inf(1)
	require.Eventually(h.t, func() bool {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		now := float64(m.HeapAlloc+m.StackInuse) / 1024
		done := now > least*0.995
		least = min(least, now)
		return done
	}, patience, 200*time.Millisecond)
	return least
}

func spec(i int) release.Spec {
	return release.Spec{
		App:         release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: fmt.Sprintf("7171a6ca-d1cd-4928-8642-%012d", i)},
		Artifact:    release.Artifact{Image: fmt.Sprintf("registry.example/shop:2.%d", i)},
		Strategy:    release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 3, Confirm: release.ConfirmManual},
		RequestedBy: "ann", Note: "the release of the week",
	}
}

func (h *house) publish(context.Context, release.PublishInput) error { return nil }

func (h *house) snapshot(context.Context, release.SnapshotInput) (release.Snapshot, error) {
	return release.Snapshot{
		Instances: 6, Version: release.Version{ID: "v1", Artifact: release.Artifact{Image: "registry.example/shop:1.0"}},
		ScalingRules: []release.ScalingRule{{Name: "daily", Enabled: true, Revision: "1"}, {Name: "night"}},
		Mark:         release.Mark(`{"at":"2026-11-02T08:00:00Z","known":["c0"]}`),
	}, nil
}

func (h *house) setScaling(context.Context, release.SetScalingInput) (release.SetScalingResult, error) {
	return release.SetScalingResult{Rules: []release.ScalingRule{{Name: "daily", Revision: "1"}}}, nil
}

func (h *house) beginRollout(context.Context, release.BeginRolloutInput) (release.Change, error) {
	return release.Change{ID: "fe6cb9ff-f64c-4d4f-af92-b8b40a5ed92b"}, nil
}

// observe shows the first batch finished, and nothing new afterwards.
func (h *house) observe(ctx context.Context, in release.ObserveInput) (release.Observation, error) {
	seen := release.Observation{State: release.ChangeAwaitingConfirm, Batch: 1, Batches: []release.BatchChange{
		{State: release.BatchDone, StartedAt: time.Now(), EndedAt: time.Now()}, {State: release.BatchPending}, {State: release.BatchPending}, {State: release.BatchPending},
	}}
	if release.Changed(in.Seen, seen) {
		return seen, nil
	}
	return seen, h.look(ctx)
}

// look finds nothing new.
func (h *house) look(ctx context.Context) error {
	if activity.GetInfo(ctx).Attempt == 1 {
		h.looks.Store(activity.GetInfo(ctx).WorkflowExecution.ID, true)
	}
	return temporal.NewApplicationErrorWithOptions("nothing new", string(release.FaultUnchanged), temporal.ApplicationErrorOptions{
		NextRetryDelay: time.Hour, Category: temporal.ApplicationErrorCategoryBenign,
	})
}
