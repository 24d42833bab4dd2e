package attempt_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/goleak"

	"slipway/activities/attempt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// heartbeat is one that goes out to the server, unless the SDK holds it back for a while.
type heartbeat struct {
	after   time.Duration
	details string
}

// ear stands between the interceptor under test and the SDK: it hears the heartbeats that
// are handed on, and when attempts are over.
type ear struct {
	interceptor.WorkerInterceptorBase
	// slow is how long a heartbeat takes.
	slow time.Duration
	// worker is the context of the worker; nil is one that does not end.
	worker context.Context

	mu    sync.Mutex
	heard []heartbeat
	over  []time.Duration
}

func (e *ear) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	in := &earInbound{ear: e, begun: time.Now()}
	in.Next = next
	return in
}

type earInbound struct {
	interceptor.ActivityInboundInterceptorBase
	ear   *ear
	begun time.Time
}

func (e *earInbound) Init(outbound interceptor.ActivityOutboundInterceptor) error {
	out := &earOutbound{in: e}
	out.Next = outbound
	return e.Next.Init(out)
}

func (e *earInbound) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	out, err := e.Next.ExecuteActivity(ctx, in)
	e.ear.mu.Lock()
	defer e.ear.mu.Unlock()
	e.ear.over = append(e.ear.over, time.Since(e.begun))
	return out, err
}

type earOutbound struct {
	interceptor.ActivityOutboundInterceptorBase
	in *earInbound
}

func (e *earOutbound) RecordHeartbeat(ctx context.Context, details ...any) {
	if e.in.ear.slow > 0 {
		<-time.After(e.in.ear.slow)
	}
	h := heartbeat{after: time.Since(e.in.begun)}
	if payloads, err := converter.GetDefaultDataConverter().ToPayloads(details...); err == nil && payloads != nil {
		for _, text := range converter.GetDefaultDataConverter().ToStrings(payloads) {
			h.details += text
		}
	}
	e.in.ear.mu.Lock()
	e.in.ear.heard = append(e.in.ear.heard, h)
	e.in.ear.mu.Unlock()
	e.Next.RecordHeartbeat(ctx, details...)
}

// run carries an activity out in a workflow; ear hears it. It is called in a bubble, where
// time is skipped while everybody waits.
func (e *ear) run(t *testing.T, heartbeatTimeout time.Duration, do func(context.Context) error) error {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Hour)
	env.SetWorkerOptions(worker.Options{
		BackgroundActivityContext: e.worker,
		Interceptors:              []interceptor.WorkerInterceptor{e, attempt.New(attempt.Config{})},
	})
	env.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: "do"})
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: 20 * time.Minute, HeartbeatTimeout: heartbeatTimeout,
			RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3},
		})
		return workflow.ExecuteActivity(ctx, "do").Get(ctx, nil)
	})
	require.True(t, env.IsWorkflowCompleted())
	return env.GetWorkflowError()
}

// takes waits for as long as an activity takes.
func takes(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

func TestBeats(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		timeout time.Duration
		do      func(context.Context) error
		want    []heartbeat
	}{
		"a short attempt costs no call": {
			timeout: 30 * time.Second,
			do:      func(ctx context.Context) error { return takes(ctx, 9*time.Second) },
		},
		"an activity without a timeout does not beat": {
			do: func(ctx context.Context) error { return takes(ctx, 10*time.Minute) },
		},
		"a beat each third of the timeout": {
			timeout: 30 * time.Second,
			do:      func(ctx context.Context) error { return takes(ctx, 35*time.Second) },
			want:    []heartbeat{{10 * time.Second, ""}, {20 * time.Second, ""}, {30 * time.Second, ""}},
		},
		"the newest details are repeated": {
			timeout: 30 * time.Second,
			do: func(ctx context.Context) error {
				activity.RecordHeartbeat(ctx, 1)
				activity.RecordHeartbeat(ctx, []string{"a"}, 2)
				return takes(ctx, 15*time.Second)
			},
			want: []heartbeat{{0, "1"}, {0, `["a"]2`}, {10 * time.Second, `["a"]2`}},
		},
		"details as they were when they were recorded": {
			timeout: 30 * time.Second,
			do: func(ctx context.Context) error {
				details := []int{1, 2}
				activity.RecordHeartbeat(ctx, details)
				details[0] = 7
				return takes(ctx, 15*time.Second)
			},
			want: []heartbeat{{0, "[1,2]"}, {10 * time.Second, "[1,2]"}},
		},
		"an activity may take its details back": {
			timeout: 30 * time.Second,
			do: func(ctx context.Context) error {
				activity.RecordHeartbeat(ctx, 1)
				activity.RecordHeartbeat(ctx, nil)
				return takes(ctx, 15*time.Second)
			},
			want: []heartbeat{{0, "1"}, {0, "nil"}, {10 * time.Second, ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var ear ear
				require.NoError(t, ear.run(t, test.timeout, test.do))
				require.Equal(t, test.want, ear.heard)
			})
		})
	}
}

// An activity that outlives its heartbeat timeout is not given up, and what an earlier
// attempt recorded reaches those after it, though those in between recorded nothing.
func TestBeatsKeepTheDetailsOfEarlierAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type state struct {
			Misses []int
			Words  string
		}
		var found []state
		var ear ear
		require.NoError(t, ear.run(t, 30*time.Second, func(ctx context.Context) error {
			var before state
			if activity.HasHeartbeatDetails(ctx) {
				require.NoError(t, activity.GetHeartbeatDetails(ctx, &before.Misses, &before.Words))
			}
			found = append(found, before)
			switch activity.GetInfo(ctx).Attempt {
			case 1:
				activity.RecordHeartbeat(ctx, []int{1, 2}, "two")
				return errors.New("again")
			case 2:
				require.NoError(t, takes(ctx, 2*time.Minute))
				return errors.New("again")
			default:
				return nil
			}
		}))
		kept := state{Misses: []int{1, 2}, Words: "two"}
		require.Equal(t, []state{{}, kept, kept}, found)
		require.Len(t, ear.heard, 13, "one of the activity, a beat each ten seconds")
	})
}

// A beat that came to the server after the attempt's end would be one of an unknown attempt.
func TestBeat_NoBeatIsLeftOfAnAttempt(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func() error{
		"a success": func() error { return nil },
		"a failure": func() error { return temporal.NewNonRetryableApplicationError("never", "Invalid", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ear := ear{slow: 5 * time.Second}
				_ = ear.run(t, 30*time.Second, func(ctx context.Context) error {
					if err := takes(ctx, 12*time.Second); err != nil {
						return err
					}
					return end()
				})
				require.Equal(t, []time.Duration{15 * time.Second}, ear.over)
			})
		})
	}
}

// The SDK cancels an attempt whose heartbeat did not reach the server. What it does goes on,
// and so do the beats.
func TestBeat_LostHeartbeatEndsNoAttempt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cause error
		after time.Duration
		beats int
	}{
		"a heartbeat that is lost": {serviceerror.NewUnavailable("connection refused"), 35 * time.Second, 3},
		"a worker that stops":      {context.Canceled, 15 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(15*time.Second, func() { cancel(test.cause) })
				ear := ear{worker: ctx}
				_ = ear.run(t, 30*time.Second, func(ctx context.Context) error {
					if takes(ctx, 35*time.Second) != nil {
						return temporal.NewNonRetryableApplicationError("stopped", "Stopped", nil)
					}
					return nil
				})
				require.Equal(t, []time.Duration{test.after}, ear.over)
				require.Len(t, ear.heard, test.beats)
			})
		})
	}
}

func TestBeatsEndWithAnAttemptThatPanics(t *testing.T) {
	t.Parallel()
	// The bubble fails when a goroutine is left in it.
	synctest.Test(t, func(t *testing.T) {
		var ear ear
		err := ear.run(t, 30*time.Second, func(ctx context.Context) error {
			if err := takes(ctx, 15*time.Second); err != nil {
				return err
			}
			panic("a defect") //nolint:forbidigo // the activity under test has a defect
		})
		require.ErrorContains(t, err, "a defect")
	})
}

// An activity that never asks learns from the beats that it is not wanted any more. They end
// then, though it still puts things in order.
func TestBeatsBringACancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestWorkflowEnvironment()
		env.SetTestTimeout(time.Hour)
		var heard ear
		env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&heard, attempt.New(attempt.Config{})}})
		begun := time.Now()
		stopped := make(chan time.Duration, 1)
		env.RegisterActivityWithOptions(func(ctx context.Context) error {
			err := takes(ctx, 10*time.Minute)
			stopped <- time.Since(begun)
			<-time.After(time.Minute)
			close(stopped)
			return err
		}, activity.RegisterOptions{Name: "do"})
		env.ExecuteWorkflow(func(ctx workflow.Context) error {
			ctx, cancel := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
				StartToCloseTimeout: 20 * time.Minute, HeartbeatTimeout: 30 * time.Second,
				RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
			}))
			running := workflow.ExecuteActivity(ctx, "do")
			if err := workflow.Sleep(ctx, time.Second); err != nil {
				return err
			}
			cancel()
			return running.Get(ctx, nil)
		})
		require.ErrorContains(t, env.GetWorkflowError(), "canceled")
		require.Equal(t, 10*time.Second, <-stopped)
		<-stopped
		require.Len(t, heard.heard, 1)
	})
}
