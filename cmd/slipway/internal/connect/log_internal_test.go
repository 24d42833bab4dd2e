package connect

import (
	"bytes"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"

	"slipway/release"
)

func TestTemporalLog_NamesTheRelease(t *testing.T) {
	t.Parallel()
	var once, always bytes.Buffer
	temporalLog(zerolog.New(&once)).Warn("activity failed", "WorkflowID", release.WorkflowID("r-1"), "Attempt", 2)
	require.Contains(t, once.String(), `"release":"r-1"`)
	sdklog.With(temporalLog(zerolog.New(&always)), "WorkflowID", release.WorkflowID("r-1")).Warn("activity failed", "Attempt", 2)
	require.Contains(t, always.String(), `"release":"r-1"`)
	require.Contains(t, always.String(), `"Attempt":2`)
	var other bytes.Buffer
	temporalLog(zerolog.New(&other)).Warn("activity failed", "WorkflowID", "plan/1", "Attempt", 2)
	require.NotContains(t, other.String(), `"release"`)
}
