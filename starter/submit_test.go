package starter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// requestFor is an event that requests a release.
func requestFor(t *testing.T) wire.Request {
	t.Helper()
	return wire.Request{
		Submission: release.Submission{ReleaseID: release.ID(spec(t).App, "ci", "1"), Spec: spec(t)}, Source: "ci", EventID: "1",
	}
}

// fakeLedger is a ledger of one record that answers with errors where it has some.
type fakeLedger struct {
	createRecord ledger.Record
	createErr    error
	acceptErr    error
	getErr       error
	recorded     ledger.Record
	accepted     []string
	set          ledger.Set
	askedSet     ledger.Set
}

func (m *fakeLedger) Create(_ context.Context, r ledger.Record) (createRecord ledger.Record, created bool, err error) {
	m.recorded = r
	return m.createRecord, m.createRecord.ReleaseID == "", m.createErr
}

func (m *fakeLedger) Get(_ context.Context, releaseID string) (ledger.Record, error) {
	if m.getErr != nil {
		return ledger.Record{}, m.getErr
	}
	if m.createRecord.ReleaseID == "" {
		return ledger.Record{}, fmt.Errorf("release %s is %w", releaseID, ledger.ErrNotFound)
	}
	return m.createRecord, nil
}

func (m *fakeLedger) All(context.Context, ledger.Filter) ([]ledger.Record, error) { return nil, nil }

func (m *fakeLedger) GetOf(ctx context.Context, _ release.App, releaseID string) (ledger.Record, error) {
	return m.Get(ctx, releaseID)
}

func (m *fakeLedger) Accept(_ context.Context, _ release.App, releaseID string) error {
	m.accepted = append(m.accepted, releaseID)
	return m.acceptErr
}

func (m *fakeLedger) CreateSet(_ context.Context, s ledger.Set) (set ledger.Set, created bool, err error) {
	m.askedSet = s
	return m.set, m.set.SetID == "", m.createErr
}

func (m *fakeLedger) GetSet(context.Context, string) (ledger.Set, error) {
	if m.set.SetID == "" {
		return ledger.Set{}, ledger.ErrNotFound
	}
	return m.set, nil
}

func (m *fakeLedger) AcceptSet(_ context.Context, setID string) error {
	m.accepted = append(m.accepted, setID)
	return m.acceptErr
}

// fakeLane answers a submission and counts how often it is asked.
func fakeLane(t *testing.T, standing release.Standing, err error) *mocks.Client {
	t.Helper()
	handle := &mocks.WorkflowUpdateHandle{}
	handle.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) {
		args.Get(1).(*release.Receipt).Standing = standing
	}).Return(err)
	c := &mocks.Client{}
	c.Test(t)
	c.On("NewWithStartWorkflowOperation", mock.Anything, mock.Anything, mock.Anything).Return(nil)
	c.On("UpdateWithStartWorkflow", mock.Anything, mock.Anything).Return(handle, nil)
	return c
}

func TestSubmitReadsLedgerBeforeLaneAndWritesItAfter(t *testing.T) {
	t.Parallel()
	id := requestFor(t).ReleaseID
	away := serviceerror.NewUnavailable("connection refused")
	known, taken := ledger.Record{ReleaseID: id}, ledger.Record{ReleaseID: id, Accepted: true, Outcome: release.PhaseSucceeded}
	other := &ledger.ConflictError{ID: id, Recorded: "sha256:a", Asked: "sha256:b"}
	for name, c := range map[string]struct {
		ledger   fakeLedger
		standing release.Standing
		fakeLane error
		want     action
		recorded bool
		accepted bool
	}{
		"the first time":                       {fakeLedger{}, release.StandingStarted, nil, actAck, true, true},
		"behind others":                        {fakeLedger{}, release.StandingQueued, nil, actAck, true, true},
		"the lane has it already":              {fakeLedger{}, release.StandingDuplicate, nil, actAck, true, true},
		"the lane puts it on record as failed": {fakeLedger{}, release.StandingRefused, nil, actAck, true, true},
		"recorded, but not accepted":           {fakeLedger{createRecord: known}, release.StandingStarted, nil, actAck, true, true},
		"accepted before":                      {fakeLedger{createRecord: taken}, release.StandingStarted, nil, actAck, false, false},
		"with another content":                 {fakeLedger{createErr: other}, release.StandingStarted, nil, actDeadLetter, false, false},
		"the ledger is away":                   {fakeLedger{createErr: ledger.ErrUnavailable}, release.StandingStarted, nil, actRetry, false, false},
		"Temporal is away":                     {fakeLedger{}, "", away, actRetry, true, false},
		"the lane takes nothing":               {fakeLedger{}, "", temporal.NewNonRetryableApplicationError("no", release.ErrorRefused, nil), actDeadLetter, true, false},
		"the ledger is away afterwards":        {fakeLedger{acceptErr: ledger.ErrUnavailable}, release.StandingStarted, nil, actRetry, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, l := c.ledger, fakeLane(t, c.standing, c.fakeLane)
			s := &Starter{cfg: Config{}.WithDefaults(), temporal: l, ledger: &m}
			err := s.submit(t.Context(), zerolog.Nop(), asked(requestFor(t)), wire.Delivery{Sequence: 7})
			require.Equal(t, c.want, classify(result{kind: kindRequest, err: err}).action)
			if c.recorded {
				l.AssertNumberOfCalls(t, "UpdateWithStartWorkflow", 1)
			} else {
				l.AssertNotCalled(t, "UpdateWithStartWorkflow")
			}
			if c.accepted {
				require.Equal(t, []string{id}, m.accepted)
			} else {
				require.Empty(t, m.accepted)
			}
		})
	}
}

func TestSubmitRecordsRequestAndEvent(t *testing.T) {
	t.Parallel()
	stored := time.Date(2026, time.July, 1, 9, 0, 0, 0, time.UTC)
	m := &fakeLedger{}
	r := requestFor(t)
	r.Spec.RequestedBy = "mei"
	s := &Starter{cfg: Config{}.WithDefaults(), temporal: fakeLane(t, release.StandingStarted, nil), ledger: m}
	require.NoError(t, s.submit(t.Context(), zerolog.Nop(), asked(r), wire.Delivery{Sequence: 7, Stored: stored}))
	require.Equal(t, ledger.Record{
		ReleaseID: r.ReleaseID, App: r.Spec.App, Identity: ledger.Identity{Source: "ci", EventID: "1", Digest: r.Spec.Digest()},
		RequestedBy: "mei", RequestedAt: stored, Sequence: 7, Artifact: r.Spec.Artifact,
	}, m.recorded)
}

func TestSubmitLogsADuplicate(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &Starter{cfg: Config{}.WithDefaults(), ledger: &fakeLedger{createRecord: ledger.Record{ReleaseID: "r-1", Accepted: true}}}
	require.NoError(t, s.submit(t.Context(), zerolog.New(&out), asked(requestFor(t)), wire.Delivery{}))
	require.Contains(t, out.String(), "accepted before")
}

func TestSubmit_ClassifyConflictNamesFieldAndDigests(t *testing.T) {
	t.Parallel()
	err := errors.Join(&ledger.ConflictError{ID: "r-1", Recorded: "sha256:a", Asked: "sha256:b"})
	v := classify(result{kind: kindRequest, err: err})
	require.Equal(t, "id", v.poison.Field)
	require.Contains(t, v.poison.Reason, "sha256:a")
	require.Contains(t, v.poison.Reason, "sha256:b")
}
