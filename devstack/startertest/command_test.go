package startertest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

func abort() release.Command {
	return release.Command{Kind: release.CommandAbort, By: "me", Reason: "wrong"}
}

// The abort is published right behind the request and may be looked at before it.
func TestCommand_ACommandBehindItsRequestReachesTheRelease(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	id := h.request("1", spec("shop"))
	h.command("2", id, abort())
	h.starter(starter.Config{})

	want := abort()
	want.ID, want.Via, want.Source = release.CommandID(id, "ci", "2"), "event", "ci"
	want.Kind = "" // the name of the signal says it
	h.until("the release", func() bool { return h.status(id) != enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED })
	var got release.Command
	require.NoError(t, h.client.GetWorkflow(h.ctx, release.WorkflowID(id), "").Get(h.ctx, &got))
	require.Equal(t, want, got)
	h.untilTaken()
	h.noDeadLetters()
}

func TestCommand_ACommandToNobodyBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.starter(starter.Config{})
	ended := h.request("1", spec("shop"))
	h.command("2", ended, abort())
	h.untilTaken()
	h.until("the end of the release", func() bool {
		return h.status(ended) == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	})

	for eventID, releaseID := range map[string]string{"3": ended, "4": release.ID(app("shop"), "ci", "never"), "5": release.ID(app("shop"), "ci", "neither")} {
		h.command(eventID, releaseID, abort())
		letter := h.deadLetter(wire.CommandSubject(releaseID))
		require.Contains(t, letter.Header.Get(wire.HeaderReason), "no such release or set runs")
		require.Equal(t, "subject", letter.Header.Get(wire.HeaderField))
	}
	h.untilTaken()
}
