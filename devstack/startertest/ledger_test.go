package startertest_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"slipway/ledger"
	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

// again publishes the request 42 of a pipeline, past the deduplication of the stream.
func (h *house) again(s release.Spec) string {
	h.t.Helper()
	msg, err := wire.EncodeRequest(wire.Origin{Source: "ci", ID: "42"}, s)
	require.NoError(h.t, err)
	msg.Header.Del(jetstream.MsgIDHeader)
	h.publish(msg)
	return release.ID(s.App, "ci", "42")
}

// record is what the ledger has of a release of application shop.
func (h *house) record(releaseID string) ledger.Record {
	h.t.Helper()
	r, err := ledger.New(h.js).GetOf(h.ctx, app("shop"), releaseID)
	require.NoError(h.t, err)
	return r
}

// forget deletes a workflow and its history, as Temporal does once its retention has passed.
func (h *house) forget(workflowID string) {
	h.t.Helper()
	execution := &commonpb.WorkflowExecution{WorkflowId: workflowID}
	// Asked again and again: the server puts a deletion off for long that comes before it is
	// done with the end of the workflow.
	h.until("Temporal to forget "+workflowID, func() bool {
		_, err := h.client.WorkflowService().DeleteWorkflowExecution(h.ctx, &workflowservice.DeleteWorkflowExecutionRequest{
			Namespace: "default", WorkflowExecution: execution,
		})
		_, gone := errors.AsType[*serviceerror.NotFound](err)
		if !gone {
			require.NoError(h.t, err)
		}
		return gone
	})
}

func (h *house) untilEnded(workflowID string) {
	h.t.Helper()
	require.NoError(h.t, h.client.GetWorkflow(h.ctx, workflowID, "").Get(h.ctx, nil))
}

func TestLedger_TheSameEventTwiceIsOneReleaseAndItsLaneIsAskedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(starter.Config{})
	wanted := spec("shop")
	wanted.RequestedBy = "mei"
	id := h.again(wanted)
	h.untilTaken()
	h.again(wanted)
	h.untilTaken()

	h.counted(2, "accepted", s)
	require.Equal(t, 1, h.updates())
	h.noDeadLetters()
	r := h.record(id)
	require.True(t, r.Accepted)
	require.Equal(t, ledger.Identity{Source: "ci", EventID: "42", Digest: wanted.Digest()}, r.Identity)
	require.Equal(t, "mei", r.RequestedBy)
	require.EqualValues(t, 1, r.Sequence)
	require.False(t, r.RequestedAt.IsZero())
}

func TestLedger_TheSameEventWithAnotherImageBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.starter(starter.Config{})
	first, second := spec("shop"), spec("shop")
	second.Artifact.Image = "registry.example/shop:1.4.3"
	id := h.again(first)
	h.untilTaken()
	h.again(second)

	letter := h.deadLetter(wire.RequestSubject(app("shop")))
	require.Equal(t, "id", letter.Header.Get(wire.HeaderField))
	require.Contains(t, letter.Header.Get(wire.HeaderReason), first.Digest())
	require.Contains(t, letter.Header.Get(wire.HeaderReason), second.Digest())
	h.untilTaken()
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, h.status(id))
	require.Equal(t, first.Artifact, h.record(id).Artifact)
}

func TestLedger_AnEventThatTemporalHasForgottenDeploysNothingAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(starter.Config{})
	id := h.again(spec("shop"))
	h.command("43", id, abort())
	h.untilTaken()
	for _, workflow := range []string{release.WorkflowID(id), release.LaneID(app("shop"))} {
		h.untilEnded(workflow)
		h.forget(workflow)
	}

	h.again(spec("shop"))
	h.untilTaken()
	h.counted(2, "accepted", s)
	for _, workflow := range []string{release.WorkflowID(id), release.LaneID(app("shop"))} {
		_, err := h.client.DescribeWorkflowExecution(h.ctx, workflow, "")
		require.ErrorAs(t, err, new(*serviceerror.NotFound), "no second run")
	}
}

func TestLedger_ARequestWaitsForTheLedger(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	require.NoError(t, h.js.DeleteKeyValue(h.ctx, ledger.Bucket))
	s := h.starter(starter.Config{})
	id := h.again(spec("shop"))
	h.until("a retry", func() bool { return s.count(t, "request", "retried") > 0 })
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED, h.status(id))

	require.NoError(t, ledger.EnsureLedger(h.ctx, h.js, ledger.Config{}))
	h.untilTaken()
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, h.status(id))
	require.True(t, h.record(id).Accepted)
}
