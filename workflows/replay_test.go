package workflows_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"slipway/workflows"
)

// TestReplay_GoldenHistoriesReplay replays a history of each workflow and way to end, as each version has recorded
// it. A change of the workflows that breaks it would break releases that are under way while workers are replaced.
func TestReplay_GoldenHistoriesReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/histories/*/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 60)
	for _, file := range files {
		t.Run(strings.TrimPrefix(strings.TrimSuffix(file, ".json"), "testdata/histories/"), func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			workflows.Register(replayer)
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file))
		})
	}
}
