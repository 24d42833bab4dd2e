package worker

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/fault"
	"slipway/release"
)

func cloud(check func(context.Context) error) *Worker {
	return &Worker{served: []*served{{check: check, platform: Platform{
		Name: "cloud", Region: "cn-hangzhou", Remedies: map[release.Fault]string{release.FaultAuth: "check the keys", release.FaultUnavailable: "check the network"},
	}}}}
}

// account counts the calls of a platform, which answers as it is told.
type account struct {
	mu     sync.Mutex
	calls  int
	answer func(context.Context) error
}

func (a *account) set(answer func(context.Context) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = answer
}

func (a *account) check(ctx context.Context) error {
	a.mu.Lock()
	a.calls++
	answer := a.answer
	a.mu.Unlock()
	return answer(ctx)
}

func (a *account) requireCalls(t *testing.T, n int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	require.Equal(t, n, a.calls)
}

func accepted(context.Context) error { return nil }

// Probes come every few seconds, and may take no calls from the releases.
func TestReady_AnAnswerCountsForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &account{answer: accepted}
		w := cloud(a.check)
		for range 5 {
			require.NoError(t, w.Ready(t.Context()))
			time.Sleep(acceptedFor / 5) //nolint:forbidigo // the clock of the bubble
		}
		a.requireCalls(t, 1)
		a.set(func(context.Context) error { return fault.New(release.FaultAuth, "the key is unknown") })
		const wrong = "platform cloud in cn-hangzhou refuses its worker: the key is unknown; check the keys"
		require.EqualError(t, w.Ready(t.Context()), wrong)
		require.EqualError(t, w.Ready(t.Context()), wrong)
		a.requireCalls(t, 2)
		a.set(accepted)
		time.Sleep(refusedFor) //nolint:forbidigo // the clock of the bubble
		require.NoError(t, w.Ready(t.Context()), "what was mended is seen before a good answer would be asked for again")
		a.requireCalls(t, 3)
	})
}

// A call that takes longer than a probe waits is not begun anew by the next one.
func TestReady_ACallOutlastsItsProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &account{answer: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		w := cloud(a.check)
		for range 3 {
			probe, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			require.EqualError(t, w.Ready(probe), "platform cloud in cn-hangzhou has not answered yet")
			cancel()
		}
		a.requireCalls(t, 1)
		require.EqualError(t, w.Ready(t.Context()), "platform cloud in cn-hangzhou refuses its worker: context deadline exceeded; check the network")
		a.requireCalls(t, 1)
	})
}

func TestReady_EveryPlatformIsAsked(t *testing.T) {
	t.Parallel()
	w := cloud(accepted)
	w.served = append(w.served, cloud(func(context.Context) error { return errors.New("wrong region") }).served...)
	require.ErrorContains(t, w.Ready(t.Context()), "wrong region")
}
