package fault_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"slipway/activities/fault"
	"slipway/release"
)

func TestFault_AFaultSaysWhetherItIsTriedAgain(t *testing.T) {
	t.Parallel()
	cause := errors.New("refused")
	for name, c := range map[string]struct {
		err   error
		class release.Fault
		final bool
		delay time.Duration
	}{
		"for good":           {fault.New(release.FaultInvalid, "it is wrong"), release.FaultInvalid, true, 0},
		"for now":            {fault.New(release.FaultUnavailable, "away"), release.FaultUnavailable, false, 0},
		"with its cause":     {fault.Because(release.FaultUnavailable, "away", cause), release.FaultUnavailable, false, 0},
		"final all the same": {fault.Final(release.FaultAmbiguous, "lost"), release.FaultAmbiguous, true, 0},
		"after a delay":      {fault.After(release.FaultAmbiguous, "lost", time.Minute), release.FaultAmbiguous, false, time.Minute},
		"nothing new":        {fault.Unchanged("it runs", time.Second), release.FaultUnchanged, false, time.Second},
		"frozen":             {fault.Frozen(release.Freeze{Name: "sale"}), release.FaultFrozen, true, 0},
	} {
		app, ok := errors.AsType[*temporal.ApplicationError](c.err)
		require.True(t, ok, name)
		require.Equal(t, string(c.class), app.Type(), name)
		require.Equal(t, c.final, app.NonRetryable(), name)
		require.Equal(t, c.delay, app.NextRetryDelay(), name)
	}
	require.ErrorIs(t, fault.Because(release.FaultUnavailable, "away", cause), cause)
}

func TestFault_AFreezeIsTheDetail(t *testing.T) {
	t.Parallel()
	app, _ := errors.AsType[*temporal.ApplicationError](fault.Frozen(release.Freeze{Name: "sale", Reason: "11.11"}))
	var f release.Freeze
	require.NoError(t, app.Details(&f))
	require.Equal(t, "sale", f.Name)
	require.Equal(t, "held by freeze sale: 11.11", app.Message())
}
