package attempt

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

func TestDetach(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cause error
		ends  bool
	}{
		"the workflow cancels":                    {temporal.NewCanceledError(), true},
		"the worker stops":                        {context.Canceled, true},
		"the activity is paused":                  {activity.ErrActivityPaused, true},
		"the activity is not known any more":      {serviceerror.NewNotFound("no such activity"), true},
		"the server is away":                      {serviceerror.NewUnavailable("connection refused"), false},
		"the server does not answer":              {serviceerror.NewDeadlineExceeded("no answer"), false},
		"the server does not answer, the SDK":     {context.DeadlineExceeded, false},
		"the server has no time for a heartbeat":  {serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "later"), false},
		"the server refuses for whatever it says": {serviceerror.NewPermissionDenied("who are you", ""), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				detached, end := detach(ctx)
				cancel(test.cause)
				synctest.Wait()
				require.Equal(t, test.ends, detached.Err() != nil)
				if test.ends {
					require.Equal(t, test.cause, context.Cause(detached))
				}
				end()
				require.Error(t, detached.Err(), "nothing of an attempt goes on after it")
			})
		})
	}
}

func TestDetach_KeepsTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lost, cancel := context.WithCancelCause(t.Context())
		ctx, release := context.WithTimeout(lost, time.Minute)
		defer release()
		detached, end := detach(ctx)
		defer end()
		cancel(serviceerror.NewUnavailable("connection refused"))
		begun := time.Now()
		<-detached.Done()
		require.Equal(t, time.Minute, time.Since(begun))
		require.ErrorIs(t, detached.Err(), context.DeadlineExceeded)
	})
}
