package systemtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/wire"
)

// TestFlood_AFloodOfCommandsDoesNotEndARelease sends a parked release more commands than it takes, each
// of the largest size and none that applies. The release keeps them within its budget, tells it
// once, and goes on when somebody says so by an update.
func TestFlood_AFloodOfCommandsDoesNotEndARelease(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	id, events := h.request(h.app(), t.Name(), batches())
	h.until(events, release.EventBatchWaiting, 1)
	before := h.history(id)

	const flood = 2 * release.MaxCommands
	long := strings.Repeat("x", release.MaxWords)
	for i := range flood {
		require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, release.Command{
			ID: fmt.Sprint(i), Kind: release.CommandConfirm, Batch: 99, By: long, Note: long,
		}))
	}
	require.Eventually(t, func() bool {
		in, err := h.JetStream.Stream(h.ctx, wire.StreamIn)
		require.NoError(t, err)
		return in.CachedInfo().State.Msgs == 0
	}, patience, 50*time.Millisecond)
	dead, err := h.JetStream.Stream(h.ctx, wire.StreamDeadLetter)
	require.NoError(t, err)
	letters := int(dead.CachedInfo().State.Msgs)
	require.Positive(t, letters)
	grown := h.history(id) - before
	t.Logf("flood commands=%d dead_letters=%d history_events=%d", flood, letters, grown)
	require.Less(t, grown, 5*release.MaxCommands+100, "each command that was taken costs a signal, a workflow task, and what tells of it")

	var told int
	for _, d := range h.progress(id).Decisions {
		if d.Refused == string(release.ErrTooManyCommands) {
			told++
		}
	}
	require.LessOrEqual(t, told, 1)
	_, err = h.Client.UpdateWorkflow(h.ctx, client.UpdateWorkflowOptions{
		WorkflowID: release.WorkflowID(id), UpdateName: string(release.CommandConfirm),
		Args: []any{release.Command{Batch: 1, By: "ann"}}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	require.NoError(t, err)
	h.until(events, release.EventSucceeded, 0)
}
