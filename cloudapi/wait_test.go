package cloudapi_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
)

// looks answers one look after another.
func looks(answers ...any) func(context.Context) (int, error) {
	return func(context.Context) (int, error) {
		next := answers[0]
		answers = answers[1:]
		if err, failed := next.(error); failed {
			return 0, err
		}
		return next.(int), nil
	}
}

func waiter(look func(context.Context) (int, error), slept *[]time.Duration) cloudapi.Waiter[int] {
	return cloudapi.Waiter[int]{
		Look: look,
		Done: func(n int) bool { return n == 3 },
		Delay: func(n int) time.Duration {
			return time.Duration(n) * time.Second
		},
		FailureDelay: time.Minute,
		Failures:     1,
		Sleep: func(_ context.Context, d time.Duration) error {
			*slept = append(*slept, d)
			return nil
		},
	}
}

func TestWaiterLooksUntilDone(t *testing.T) {
	t.Parallel()
	var slept []time.Duration
	away := &cloudapi.Error{Class: cloudapi.ErrUnavailable}
	busy := &cloudapi.Error{Class: cloudapi.ErrThrottled, HTTPStatus: 429, RetryAfter: time.Hour}
	last, err := waiter(looks(1, away, 2, busy, 3), &slept).Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, last)
	require.Equal(t, []time.Duration{time.Second, time.Minute, 2 * time.Second, time.Hour}, slept)
}

func TestWaiterEndsWithWhatItSawLast(t *testing.T) {
	t.Parallel()
	away := &cloudapi.Error{Class: cloudapi.ErrUnavailable}
	for name, tt := range map[string]struct {
		look func(context.Context) (int, error)
		want error
	}{
		"too many failures":     {looks(1, away, away), cloudapi.ErrUnavailable},
		"a failure that stays":  {looks(1, &cloudapi.Error{Class: cloudapi.ErrAuth}), cloudapi.ErrAuth},
		"an error of no client": {looks(1, errors.ErrUnsupported), errors.ErrUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var slept []time.Duration
			last, err := waiter(tt.look, &slept).Wait(t.Context())
			require.ErrorIs(t, err, tt.want)
			require.Equal(t, 1, last)
		})
	}
}

func TestWaiterEndsWithItsContext(t *testing.T) {
	t.Parallel()
	var slept []time.Duration
	w := waiter(looks(2), &slept)
	w.Sleep = nil
	gone := errors.New("the shop is closed")
	ctx, cancel := context.WithCancelCause(t.Context())
	w.Delay = func(int) time.Duration {
		cancel(gone)
		return time.Hour
	}
	last, err := w.Wait(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, gone)
	require.Equal(t, 2, last)
}
