package releases_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"slipway/release"
)

// What the platform does for a change is with the look that Temporal tries again.
func TestEnriched_TellsTheStagesOfAChangeAtWork(t *testing.T) {
	t.Parallel()
	shown := []release.Stage{{Batch: 1, Name: "Deploy: update", State: release.BatchRunning}}
	kept := []release.Stage{{Name: "of a change that has failed", State: release.BatchFailed}}
	for name, c := range map[string]struct {
		fault  release.Fault
		shows  any
		verb   release.Verb
		err    error
		wanted []release.Stage
	}{
		"a look that found nothing new": {fault: release.FaultUnchanged, shows: shown, verb: release.VerbObserve, wanted: shown},
		"one without stages":            {fault: release.FaultUnchanged, verb: release.VerbObserve, wanted: kept},
		"one that has failed":           {fault: release.FaultUnavailable, shows: shown, verb: release.VerbObserve, wanted: kept},
		"what cannot be read":           {fault: release.FaultUnchanged, shows: 7, verb: release.VerbObserve, wanted: kept},
		"another activity":              {fault: release.FaultUnchanged, shows: shown, verb: release.VerbVerify, wanted: kept},
		"Temporal is away":              {err: serviceerror.NewUnavailable("away"), wanted: kept},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			failure := &failurepb.ApplicationFailureInfo{Type: string(c.fault)}
			if c.shows != nil {
				details, err := converter.GetDefaultDataConverter().ToPayloads(c.shows)
				require.NoError(t, err)
				failure.Details = details
			}
			m.On("DescribeWorkflowExecution", mock.Anything, release.WorkflowID(id), "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
				PendingActivities: []*workflowpb.PendingActivityInfo{{
					ActivityType: &commonpb.ActivityType{Name: release.ActivityName(release.PlatformSAE, c.verb)},
					LastFailure:  &failurepb.Failure{FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: failure}},
				}},
			}, c.err)
			got := r.Enriched(t.Context(), release.Progress{ReleaseID: id, App: app(), Phase: release.PhaseRollingOut, ChangeID: "c-1", Stages: kept})
			require.Equal(t, c.wanted, got.Stages)
		})
	}
}

// Who waits for a person, or has ended, asks Temporal nothing more.
func TestEnriched_AsksOnlyOfAChangeAtWork(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]release.Progress{
		"no change yet": {Phase: release.PhasePreparing},
		"ended":         {Phase: release.PhaseSucceeded, ChangeID: "c-1"},
		"waits":         {Phase: release.PhaseAwaitingConfirm, ChangeID: "c-1", Awaiting: &release.Awaiting{Kind: release.AwaitConfirm}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r := newClient(t) // which fails on a call that is not expected
			p.ReleaseID, p.App = id, app()
			require.Equal(t, p, r.Enriched(t.Context(), p))
		})
	}
}
