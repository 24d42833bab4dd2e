package releases_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"slipway/release"
	"slipway/releases"
)

func gone() error { return serviceerror.NewNotFound("workflow not found") }

// A release that Temporal does not know is looked after by what the ledger has; one that it knows is not taken for lost.
func TestRecoverForgotten(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	onDescribe(m, nil, gone())
	onStart(m, release.WatchdogID(id), release.WorkflowWatchdog, release.WatchdogRequest{ReleaseID: id, App: app()}).Return(ended(release.WatchdogResult{}, nil), nil)
	_, err := r.RecoverForgotten(t.Context(), app(), id)
	require.NoError(t, err)

	m, r = newClient(t)
	onDescribe(m, described(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED), nil)
	m.On("GetWorkflow", mock.Anything, release.WorkflowID(id), mock.Anything).Return(ended(release.Progress{ReleaseID: id}, nil))
	_, err = r.RecoverForgotten(t.Context(), app(), id)
	require.ErrorAs(t, err, new(*releases.RefusedError))
	require.ErrorContains(t, err, "Temporal knows it")

	m, r = newClient(t)
	onDescribe(m, nil, serviceerror.NewUnavailable("connection refused"))
	_, err = r.RecoverForgotten(t.Context(), app(), id)
	require.ErrorAs(t, err, new(*releases.UnreachableError), "what Temporal does not answer is not forgotten")
}

func TestEndOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		d     *client.WorkflowExecutionDescription
		err   error
		end   string
		known bool
		fails bool
	}{
		"not known":  {nil, gone(), "", false, false},
		"under way":  {described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil, "", true, false},
		"terminated": {described(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED), nil, "terminated", true, false},
		"no answer":  {nil, serviceerror.NewUnavailable("connection refused"), "", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onDescribe(m, c.d, c.err)
			end, known, err := r.EndOf(t.Context(), id)
			require.Equal(t, c.fails, err != nil)
			require.Equal(t, c.end, string(end))
			require.Equal(t, c.known, known)
		})
	}
}

func TestWatchdogOf(t *testing.T) {
	t.Parallel()
	watchdog := release.WatchdogID(id)
	for name, c := range map[string]struct {
		d    *client.WorkflowExecutionDescription
		err  error
		want releases.Watchdog
	}{
		"there is none":    {nil, gone(), releases.Watchdog{}},
		"it is at work":    {described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil, releases.Watchdog{Exists: true, Open: true}},
		"it was cancelled": {described(enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED), nil, releases.Watchdog{Exists: true}},
		"it has ended":     {described(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED), nil, releases.Watchdog{Exists: true, Result: release.WatchdogResult{Left: "two versions run"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			m.On("DescribeWorkflow", mock.Anything, watchdog, "").Return(c.d, c.err)
			if c.want.Result.Left != "" {
				m.On("GetWorkflow", mock.Anything, watchdog, "run-1").Return(ended(c.want.Result, nil))
			}
			got, err := r.WatchdogOf(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// The lane goes first: it would look after the release.
func TestDiscard(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	lane := m.On("TerminateWorkflow", mock.Anything, release.LaneID(app()), "", "restored").Return(gone())
	m.On("TerminateWorkflow", mock.Anything, release.WorkflowID(id), "", "restored").Return(nil).NotBefore(lane)
	require.NoError(t, r.Discard(t.Context(), app(), id, "restored"), "a lane that does not run needs no end")

	m, r = newClient(t)
	m.On("TerminateWorkflow", mock.Anything, release.LaneID(app()), "", "restored").Return(serviceerror.NewUnavailable("connection refused"))
	require.ErrorAs(t, r.Discard(t.Context(), app(), id, "restored"), new(*releases.UnreachableError))
}
