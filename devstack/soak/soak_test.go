package soak_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/devstack/soak"
)

// patience bounds the run; it takes a fraction of it when all is well.
const patience = 5 * time.Minute

// So short a run says nothing of memory: caches still fill up. It says that what is parked stays parked and writes nothing, that what is
// active goes on with the next release of its application, that everything is measured, and that a run which is ended early still judges.
func TestRun_ParkedReleasesWriteNothingWhileOthersComeAndGo(t *testing.T) {
	t.Parallel()
	slipway := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, slipway, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const active, enough = 2, 10
	ended := 0
	var told []soak.Sample
	report, err := soak.Run(ctx, soak.Config{
		Slipway: slipway, Parked: 20, Active: active, Bake: 100 * time.Millisecond, Every: time.Second, For: patience, Speed: 20,
		Sampled: func(s soak.Sample) {
			told = append(told, s)
			if ended += s.Ended; ended > active && len(told) >= enough {
				cancel()
			}
		},
		Server: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel),
	})
	require.NoError(t, err)
	require.Greater(t, ended, active)
	require.Empty(t, report.Problems)
	require.Equal(t, told, report.Samples)
	require.Positive(t, told[len(told)-1].Temporal)
	for _, v := range report.Verdicts {
		if v.Quantity == "history of a parked release" {
			require.True(t, v.Flat, v)
		}
		// The files of the database grow in steps: from one second to the next one they mostly do not.
		if v.Quantity != "Temporal, for each release that ended" {
			require.Positive(t, v.Median, v.Quantity)
		}
	}
}
