package release_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestSummary_SummariesSayWhatIsDone(t *testing.T) {
	t.Parallel()
	signed := release.Artifact{Package: &release.Package{URL: "https://example.com/shop.jar?Signature=secret", Version: "2"}}
	for _, tt := range []struct {
		in   any
		says string
	}{
		{release.BeginRolloutInput{Artifact: release.Artifact{Image: "registry/shop:2.0"}}, "begin rollout registry/shop:2.0"},
		{release.BeginRollbackInput{Version: release.Version{Artifact: signed}}, "begin rollback to https://example.com/shop.jar@2"},
		{release.BeginRestartInput{}, "begin to restart all instances"},
		{release.BeginRescaleInput{Instances: 7}, "begin to rescale to 7 instances"},
		{release.BeginRescaleInput{Part: "web", Instances: 7}, "begin to rescale web to 7 instances"},
		{release.SetScalingInput{Rules: []release.ScalingRule{{Name: "daily"}, {Name: "cpu"}}}, "suspend scaling rules daily, cpu"},
		{release.SetScalingInput{Enable: true}, "enable scaling rules (all)"},
		{release.ObserveInput{ChangeID: "4711"}, "watch change 4711"},
		{release.ObserveInput{ChangeID: "4711", Seen: release.Observation{
			State: release.ChangeAwaitingConfirm, Batch: 2, Batches: make([]release.BatchChange, 4),
		}}, "watch change 4711, batch 2 of 4, awaiting-confirm"},
		{release.ConfirmBatchInput{ChangeID: "4711", Batch: 1}, "confirm batch 1 of change 4711"},
		{release.AbortRolloutInput{ChangeID: "4711"}, "abort change 4711 and roll it back"},
		{release.MeasureInput{Gate: release.Gate{Name: "errors"}, Batch: 1}, "measure gate errors after batch 1"},
		{release.FreezesInput{}, "read which freezes hold or come"},
		{release.StateInput{}, "read how the lane stands"},
		{release.FindChangeInput{Verb: release.VerbBeginRollout}, "look for the change of BeginRollout"},
	} {
		require.Equal(t, tt.says, release.Summary(tt.in))
	}
	long := release.Summary(release.SetScalingInput{Rules: []release.ScalingRule{{Name: strings.Repeat("陈", 200)}}})
	require.LessOrEqual(t, len(long), 200)
	require.True(t, strings.HasSuffix(long, "陈…"))
}

func TestSummary_DetailsSayWhereAReleaseStands(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	p := release.Progress{
		Phase: release.PhaseAwaitingConfirm, Artifact: release.Artifact{Image: "registry/shop:2.0"},
		Batches:  []release.Batch{{Number: 1, State: release.BatchDone}, {Number: 2, State: release.BatchPending}},
		Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1, Since: at, Until: at.Add(time.Hour)},
	}
	require.Equal(t, "**AwaitingConfirm**, batch 1 of 2: registry/shop:2.0\n\n"+
		"Waits since 2026-11-02T08:00:00Z until 2026-11-02T09:00:00Z for confirmation of batch 1", p.Details())
	p = release.Progress{
		Phase: release.PhaseRollingOut, Reason: "waits for\nchange 1",
		Stalled: &release.Stall{Doing: "BeginRollout", Failure: "no answer", Since: at},
	}
	require.Equal(t, "**RollingOut**\n\nStalled at BeginRollout since 2026-11-02T08:00:00Z: no answer\n\nwaits for change 1", p.Details())
	p.Decisions = []release.Decision{{Kind: release.CommandAbort, By: "mei"}}
	require.Contains(t, p.Details(), "**RollingOut**, being aborted\n\nStalled at BeginRollout since")
	lane := release.LaneInput{}
	require.Equal(t, "**idle**", lane.Details())
	lane = release.LaneInput{
		Line:   []release.LaneEntry{{ReleaseID: "r-1", Since: at, Proceeded: true}, {ReleaseID: "r-2"}, {ReleaseID: "r-3"}},
		Held:   &release.Hold{By: "mei", Reason: "lunch", Since: at},
		Debts:  []release.Debt{{ReleaseID: "r-0", ScalingRules: []string{"cpu"}}, {ReleaseID: "r-9", Traffic: true}},
		Denied: []release.Denial{{ReleaseID: "r-0"}},
	}
	require.Equal(t, "**runs** r-1 since 2026-11-02T08:00:00Z\n\n2 wait, the next is r-2\n\nheld since 2026-11-02T08:00:00Z by mei: lunch\n\n"+
		"release r-0 has left scaling rules off: cpu\n\n1 releases more have left something\n\nrefuses artifacts that were rolled back: 1", lane.Details())
	set := release.SetProgress{Name: "shops", Phase: release.PhaseAwaitingConfirm, Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2, Since: at}}
	require.Equal(t, "**AwaitingConfirm**, set shops\n\nWaits since 2026-11-02T08:00:00Z for confirmation of wave 2", set.Details())
}
