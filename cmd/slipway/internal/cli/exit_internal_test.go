package cli

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

// The lines after the first are indented.
func TestMessage(t *testing.T) {
	t.Parallel()
	require.Equal(t, "read: NATS gave no answer in time\n  second", message(fmt.Errorf("read: %w\nsecond", nats.ErrTimeout)))
}

// What is said besides the result has errors in plain words, and times in the zone of the reader.
func TestInfof_ErrorsAndTimes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		utc  bool
		want string
	}{
		"local": {false, "held since 2026-11-22T20:00:00+08:00: NATS gave no answer in time\n"},
		"UTC":   {true, "held since 2026-11-22T12:00:00Z: NATS gave no answer in time\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said bytes.Buffer
			a := &app{Env: Env{Stderr: &said, Zone: time.FixedZone("", 8*60*60)}, utc: c.utc}
			a.infof("held since %s: %v", "2026-11-22T12:00:00Z", nats.ErrTimeout)
			require.Equal(t, c.want, said.String())
		})
	}
}

// A watch to which Temporal gives no answer says so in plain words.
func TestWatchTarget_WarnsInPlainWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, asked := recording(ledgerEntry[release.Progress]{}, nil), 0
		s.tree, s.diff = nil, func(_, _ release.Progress, _ time.Time) []string { return nil }
		s.get = func(context.Context, *call, string) (releases.Status[release.Progress], error) {
			if asked++; asked == 1 {
				return releases.Status[release.Progress]{}, &releases.UnreachableError{Cause: serviceerror.NewDeadlineExceeded("context deadline exceeded")}
			}
			return releases.Status[release.Progress]{Progress: progress(release.PhaseSucceeded), Closed: true}, nil
		}
		c, _, told := listCall(render.FormatTable)
		require.NoError(t, s.watch(t.Context(), c, watchOptions{id: id}))
		require.Equal(t, "Temporal does not answer: no answer in time; check TEMPORAL_ADDRESS or --temporal-address\n", told.String())
	})
}

// A plan that would be refused ends like a file that is wrong: what was asked for is not possible.
func TestExitCode_OfAPlanThatWouldBeRefused(t *testing.T) {
	t.Parallel()
	require.Equal(t, exitUsage, exitCode(&planRefusedError{kindRelease}))
	require.Equal(t, exitTimeout, exitCode(&releases.NoWorkerError{Queue: "slipway"}))
}
