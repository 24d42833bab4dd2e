package starter

import (
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/mocks"

	"slipway/ledger"
	"slipway/release"
)

// TestACommandIsWithinTheBudgetOfItsRelease: each signal stays in the history of a release, and
// Temporal ends a release whose history is too long.
func TestCommandWithinHistoryBudget(t *testing.T) {
	t.Parallel()
	memo := &commonpb.Memo{Fields: map[string]*commonpb.Payload{release.MemoCommands: {Data: []byte("200")}}}
	for name, c := range map[string]struct {
		info   *workflowpb.WorkflowExecutionInfo
		err    error
		want   action
		reason string
	}{
		"a usual one":            {&workflowpb.WorkflowExecutionInfo{HistoryLength: release.MaxHistory - 1}, nil, actAck, ""},
		"many were taken":        {&workflowpb.WorkflowExecutionInfo{Memo: memo}, nil, actDeadLetter, "200 commands have come"},
		"many events":            {&workflowpb.WorkflowExecutionInfo{HistoryLength: release.MaxHistory}, nil, actDeadLetter, "has 10000 events"},
		"many bytes":             {&workflowpb.WorkflowExecutionInfo{HistorySizeBytes: release.MaxHistorySize}, nil, actDeadLetter, "10485760 bytes"},
		"Temporal is not up":     {nil, serviceerror.NewUnavailable("connection refused"), actRetry, ""},
		"it is asked to slow up": {nil, serviceerror.NewResourceExhausted(0, "slow down"), actRetry, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.Test(t)
			m.On("DescribeWorkflowExecution", mock.Anything, "release/r-1", "").
				Return(&workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: c.info}, c.err)
			m.On("SignalWorkflow", mock.Anything, "release/r-1", "", "abort", mock.Anything).Return(nil)
			s := &Starter{temporal: m, authority: everybody{}, cfg: Config{}.WithDefaults(), log: zerolog.Nop()}
			command := release.Command{Kind: release.CommandAbort, By: "mei"}
			v := s.execute(t.Context(), plan{kind: kindCommand, command: &command, id: "r-1"}, &delivery{})
			require.Equal(t, c.want, v.action)
			if c.want == actDeadLetter {
				require.Contains(t, v.poison.Reason, c.reason)
				require.Contains(t, v.poison.Reason, "use the command line or an update")
			}
			if c.want != actAck {
				m.AssertNotCalled(t, "SignalWorkflow")
			}
		})
	}
}

// A command whose answer was lost comes again, and finds the release that it has ended: it was taken.
func TestCommandThatComesAgainToAReleaseThatHasEnded(t *testing.T) {
	t.Parallel()
	const id, setID = "r-abcdefghijklmnop", "s-abcdefghijklmnop"
	taken := []release.Decision{{ID: "one"}, {ID: "two"}}
	ended := &fakeLedger{
		createRecord: ledger.Record{ReleaseID: id, Progress: release.Progress{Decisions: taken}},
		set:          ledger.Set{SetID: setID, Progress: release.SetProgress{Decisions: taken}},
	}
	for name, c := range map[string]struct {
		of      string
		command string
		again   bool
		ledger  *fakeLedger
		want    action
	}{
		"it was taken":             {id, "two", true, ended, actAck},
		"it was taken by a set":    {setID, "two", true, ended, actAck},
		"it came for another time": {id, "three", true, ended, actDeadLetter},
		"it comes first":           {id, "two", false, ended, actDeadLetter},
		"nobody knows the release": {id, "two", true, &fakeLedger{}, actDeadLetter},
		"nor the set":              {setID, "two", true, &fakeLedger{}, actDeadLetter},
		"the ledger is away":       {id, "two", true, &fakeLedger{getErr: ledger.ErrUnavailable}, actRetry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.Test(t)
			m.On("DescribeWorkflowExecution", mock.Anything, release.CommandTargetID(c.of), "").Return(nil, serviceerror.NewNotFound("completed"))
			s := &Starter{temporal: m, ledger: c.ledger, authority: everybody{}, cfg: Config{}.WithDefaults(), log: zerolog.Nop()}
			d := &delivery{}
			if d.position.Count = 1; c.again {
				d.position.Count = 2
			}
			command := release.Command{Kind: release.CommandAbort, ID: c.command, By: "mei"}
			v := s.execute(t.Context(), plan{kind: kindCommand, command: &command, id: c.of}, d)
			require.Equal(t, c.want, v.action)
		})
	}
}
