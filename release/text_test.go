package release_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestAwaiting_Text(t *testing.T) {
	t.Parallel()
	for kind, want := range map[release.AwaitKind]string{
		release.AwaitQueue:            "its turn: other releases of the application come first, or its lane is held",
		release.AwaitOtherChange:      "the end of an unfinished change of the application",
		release.AwaitBake:             "the bake time of wave 2",
		release.AwaitConfirm:          "confirmation of wave 2",
		release.AwaitApproval:         "approval of wave 2",
		release.AwaitPlatformApproval: "the platform's approval",
		release.AwaitGates:            "the gates of wave 2",
		release.AwaitResume:           "somebody to resume it",
		release.AwaitSchedule:         "the time of day of the next wave",
		release.AwaitFreeze:           "the end of a freeze",
		release.AwaitWatch:            "the end of the watch",
		"news":                        "news",
	} {
		require.Equal(t, want, (&release.Awaiting{Kind: kind, Batch: 2}).Text(release.UnitWave, nil))
	}
	until := time.Date(2026, 11, 22, 20, 35, 0, 0, time.FixedZone("", 8*3600))
	require.Equal(t, "the bake time until 2026-11-22T12:35:00Z", (&release.Awaiting{Kind: release.AwaitBake, Until: until}).Text(release.UnitBatch, nil))
	require.Empty(t, (*release.Awaiting)(nil).Text(release.UnitBatch, nil))
}

func TestProgress_Confirmed(t *testing.T) {
	t.Parallel()
	one := release.Decision{Kind: release.CommandConfirm, Batch: 1, By: "ann"}
	all := release.Decision{Kind: release.CommandConfirm, All: true, ChangeID: "co-1", By: "mei"}
	other, refused, asOne := all, one, all
	other.ChangeID, refused.Refused, asOne.Batch = "co-0", "it is late", 1
	for name, c := range map[string]struct {
		kind      release.AwaitKind
		decisions []release.Decision
		want      string
	}{
		"nobody has":                    {release.AwaitResume, nil, ""},
		"a pause":                       {release.AwaitResume, []release.Decision{one}, "batch 1 is confirmed by ann, and the pause holds batch 2 back"},
		"a freeze":                      {release.AwaitFreeze, []release.Decision{one}, "batch 1 is confirmed by ann, and a freeze holds batch 2 back"},
		"the schedule":                  {release.AwaitSchedule, []release.Decision{one}, "batch 1 is confirmed by ann, and batch 2 begins at its time of day"},
		"all":                           {release.AwaitResume, []release.Decision{all}, "batch 1 is confirmed by mei, and the pause holds batch 2 back"},
		"as one of all":                 {release.AwaitResume, []release.Decision{asOne}, "batch 1 is confirmed by mei, and the pause holds batch 2 back"},
		"all of another change":         {release.AwaitResume, []release.Decision{other}, ""},
		"refused":                       {release.AwaitResume, []release.Decision{refused}, ""},
		"the batch before":              {release.AwaitResume, []release.Decision{{Kind: release.CommandConfirm, Batch: 0, By: "ann"}}, ""},
		"a person is asked again":       {release.AwaitConfirm, []release.Decision{all}, ""},
		"the bake time comes before":    {release.AwaitBake, []release.Decision{all}, ""},
		"the gates are measured before": {release.AwaitGates, []release.Decision{all}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := release.Progress{ChangeID: "co-1", Decisions: c.decisions, Awaiting: &release.Awaiting{Kind: c.kind, Batch: 1}}
			require.Equal(t, c.want, p.Confirmed())
		})
	}
	before := release.Progress{Decisions: []release.Decision{all}, Awaiting: &release.Awaiting{Kind: release.AwaitResume}}
	require.Empty(t, before.Confirmed(), "no batch is parked")
	require.Empty(t, release.Progress{}.Confirmed())
}

func TestDecision_Text(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC)
	for want, d := range map[string]release.Decision{
		"confirm wave 2 by li via event of urn:ci at 2026-11-22T20:35:00Z: good": {
			Kind: release.CommandConfirm, Batch: 2, By: "li", Via: release.ViaEvent, Source: "urn:ci", At: at, Note: "good",
		},
		"confirm all by li":                                         {Kind: release.CommandConfirm, All: true, By: "li", Via: release.ViaUpdate},
		"confirm wave 2 as one of all by li":                        {Kind: release.CommandConfirm, All: true, Batch: 2, By: "li", Via: release.ViaUpdate},
		"abort at a safe point by mei (refused: it has ended)":      {Kind: release.CommandAbort, AtSafePoint: true, By: "mei", Refused: "it has ended"},
		"rollback to version v-7 by slipway via limit: no wave did": {Kind: release.CommandRollback, Version: "v-7", By: "slipway", Via: release.ViaLimit, Note: "no wave did"},
	} {
		require.Equal(t, want, d.Text(release.UnitWave, nil))
	}
}

func TestCommand_Acknowledgement(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC)
	decisions := []release.Decision{
		{Kind: release.CommandConfirm, ID: "1", Batch: 1, By: "ci", Refused: "too early"},
		{Kind: release.CommandConfirm, ID: "2", Batch: 1, By: "li", Note: "good", At: at},
		{Kind: release.CommandPause, ID: "3", By: "li", At: at},
		{Kind: release.CommandResume, ID: "4", By: "li", At: at},
		{Kind: release.CommandPause, ID: "5", By: "mei", At: at},
		{Kind: release.CommandRollback, ID: "6", Version: "v-7", By: "li", At: at},
		{Kind: release.CommandConfirm, ID: "7", All: true, By: "li", At: at},
		{Kind: release.CommandConfirm, ID: "7", All: true, Batch: 3, By: "li", At: at},
	}
	for _, c := range []struct {
		command release.Command
		want    string
	}{
		{release.Command{Kind: release.CommandConfirm, ID: "2", Batch: 1, By: "li", Note: "good"}, "batch 1 confirmed by li"},
		{release.Command{Kind: release.CommandConfirm, ID: "x", Batch: 1, By: "mei"}, "batch 1 confirmed already, by li at 2026-11-22T20:35:00Z"},
		{release.Command{Kind: release.CommandConfirm, ID: "x", Batch: 2, By: "mei"}, "batch 2 confirmed already, by li at 2026-11-22T20:35:00Z"},
		{release.Command{Kind: release.CommandConfirm, ID: "7", All: true, By: "li"}, "all batches confirmed by li"},
		{release.Command{Kind: release.CommandConfirm, ID: "x", All: true, By: "mei"}, "all batches confirmed already, by li at 2026-11-22T20:35:00Z"},
		{release.Command{Kind: release.CommandConfirm, ID: "x", Batch: 3, By: "mei"}, "batch 3 confirmed already, by li at 2026-11-22T20:35:00Z"},
		{release.Command{Kind: release.CommandAbort, ID: "x", By: "mei", Reason: "errors"}, "aborted by mei"},
		{release.Command{Kind: release.CommandAbort, ID: "x", By: "mei", AtSafePoint: true}, "asked to abort once no batch is in progress, by mei"},
		{release.Command{Kind: release.CommandPause, ID: "5", By: "mei"}, "paused by mei"},
		{release.Command{Kind: release.CommandPause, ID: "x", By: "li"}, "paused already, by mei at 2026-11-22T20:35:00Z"},
		{release.Command{Kind: release.CommandResume, ID: "4", By: "li"}, "resumed by li"},
		{release.Command{Kind: release.CommandRollback, ID: "x", By: "mei"}, "asked to roll back, by mei"},
		{release.Command{Kind: release.CommandRollback, ID: "x", Version: "v-7", By: "mei"}, "asked to roll back to version v-7, already, by li at 2026-11-22T20:35:00Z"},
		{release.Command{Kind: release.CommandOverride, ID: "x", By: "mei"}, "asked to pass over freezes, by mei"},
	} {
		require.Equal(t, c.want, c.command.Acknowledgement(decisions, release.UnitBatch, nil))
	}
}

func TestCommand_Acknowledgement_ofASet(t *testing.T) {
	t.Parallel()
	decisions := []release.Decision{{Kind: release.CommandConfirm, ID: "1", Batch: 2, By: "li", At: time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC)}}
	for want, c := range map[string]release.Command{
		"wave 2 confirmed by li":                                  {Kind: release.CommandConfirm, ID: "1", Batch: 2, By: "li"},
		"wave 2 confirmed already, by li at 2026-11-22T20:35:00Z": {Kind: release.CommandConfirm, ID: "2", Batch: 2, By: "mei"},
		"aborted by mei":                                          {Kind: release.CommandAbort, By: "mei"},
		"asked to abort once no batch is in progress, by mei":     {Kind: release.CommandAbort, By: "mei", AtSafePoint: true},
	} {
		require.Equal(t, want, c.Acknowledgement(decisions, release.UnitWave, nil))
	}
}

// A command without words of its own would be acknowledged by its bare name.
func TestCommand_Acknowledgement_ofEveryKind(t *testing.T) {
	t.Parallel()
	for _, kind := range release.CommandKinds() {
		require.NotEqual(t, string(kind)+" by mei", release.Command{Kind: kind, By: "mei"}.Acknowledgement(nil, release.UnitBatch, nil))
	}
}

// Where a platform shifts traffic, what is said of a batch says its part of it.
func TestText_BatchesWithWeights(t *testing.T) {
	t.Parallel()
	p := release.Progress{
		ReleaseID: "r-a", App: release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "orders"}, Operation: release.OperationRelease,
		Phase: release.PhaseAwaitingConfirm, ChangeID: "8", Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2},
		Batches: []release.Batch{
			{Number: 1, Weight: 5, State: release.BatchConfirmed}, {Number: 2, Weight: 30, State: release.BatchDone}, {Number: 3, Weight: 100, State: release.BatchPending},
		},
	}
	require.Equal(t, "2 of 3, 30 % of the traffic", p.BatchText(2))
	require.Contains(t, p.Details(), "batch 2 of 3, 30 % of the traffic")
	need, needed := p.Need(time.Time{})
	require.True(t, needed)
	require.Equal(t, "confirmation of batch 2 of 3, 30 % of the traffic", need.Text)
	require.Equal(t, "lets batch 3 of 3 begin, which gives the new version 100 % of the traffic", release.Next(p)[0].Does)
	p.Batches[1].Weight = 0
	require.Equal(t, "2 of 3", p.BatchText(2))
}
