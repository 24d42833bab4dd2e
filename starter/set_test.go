package starter

import (
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// setAsked is a set that is asked for.
func setAsked() askedSet {
	set := release.Set{Name: "checkout", RequestedBy: "mei"}
	return askedSet{
		SetRequest: release.SetRequest{ID: "s-1", Set: set},
		identity:   ledger.Identity{Source: "ci", EventID: "1", Digest: set.Digest()},
	}
}

func TestSet_SubmitSetStartsOnce(t *testing.T) {
	t.Parallel()
	in := setAsked()
	away := serviceerror.NewUnavailable("connection refused")
	other := &ledger.ConflictError{ID: in.ID, Recorded: "sha256:a", Asked: "sha256:b"}
	for name, c := range map[string]struct {
		ledger   fakeLedger
		temporal error
		want     action
		started  bool
		accepted bool
	}{
		"the first time":                {fakeLedger{}, nil, actAck, true, true},
		"Temporal has it already":       {fakeLedger{}, serviceerror.NewWorkflowExecutionAlreadyStarted("started", "", ""), actAck, true, true},
		"recorded, but not accepted":    {fakeLedger{set: ledger.Set{SetID: in.ID}}, nil, actAck, true, true},
		"accepted before":               {fakeLedger{set: ledger.Set{SetID: in.ID, Accepted: true}}, nil, actAck, false, false},
		"with another content":          {fakeLedger{createErr: other}, nil, actDeadLetter, false, false},
		"the ledger is away":            {fakeLedger{createErr: ledger.ErrUnavailable}, nil, actRetry, false, false},
		"the ledger is away afterwards": {fakeLedger{acceptErr: ledger.ErrUnavailable}, nil, actRetry, true, true},
		"Temporal is not up":            {fakeLedger{}, away, actRetry, true, false},
		"it is asked to wait":           {fakeLedger{}, serviceerror.NewResourceExhausted(0, "slow down"), actRetry, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.Test(t)
			m.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
				return o.ID == "set/s-1" && o.TaskQueue == release.WorkflowTaskQueue && o.WorkflowExecutionErrorWhenAlreadyStarted &&
					o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
			}), release.WorkflowReleaseSet, in.SetRequest).Return(&mocks.WorkflowRun{}, c.temporal)
			l, stored := c.ledger, time.Date(2026, time.July, 1, 9, 0, 0, 0, time.UTC)
			s := &Starter{temporal: m, ledger: &l, cfg: Config{}.WithDefaults()}
			err := s.beginSet(t.Context(), zerolog.Nop(), in, wire.Delivery{Sequence: 7, Stored: stored})
			require.Equal(t, c.want, classify(result{kind: kindRequest, err: err}).action)
			require.Equal(t, ledger.Set{
				SetID: in.ID, Name: in.Set.Name, Identity: ledger.Identity{Source: "ci", EventID: "1", Digest: in.Set.Digest()}, RequestedBy: "mei", RequestedAt: stored,
			}, l.askedSet)
			if c.started {
				m.AssertNumberOfCalls(t, "ExecuteWorkflow", 1)
			} else {
				m.AssertNotCalled(t, "ExecuteWorkflow")
			}
			require.Equal(t, c.accepted, len(l.accepted) == 1)
		})
	}
}
