package promotion_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/ledger"
	"slipway/promotion"
	"slipway/release"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

// rec is the record of a release of a tag that has ended so many minutes before noon.
func rec(id, tag string, before int, changes ...func(*ledger.Record)) ledger.Record {
	at := noon.Add(-time.Duration(before) * time.Minute)
	r := ledger.Record{
		ReleaseID: id, Accepted: true, Artifact: release.Artifact{Image: "shop:" + tag}, Outcome: release.PhaseSucceeded, EndedAt: at,
		Progress: release.Progress{ReleaseID: id, Operation: release.OperationRelease, Phase: release.PhaseSucceeded},
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func operation(o release.Operation) func(*ledger.Record) {
	return func(r *ledger.Record) { r.Progress.Operation = o }
}

func back(r *ledger.Record) { r.Progress.Operation = release.OperationRollback }

func ended(as release.Phase, why string) func(*ledger.Record) {
	return func(r *ledger.Record) { r.Outcome, r.Progress.Phase, r.Progress.Reason = as, as, why }
}

func under(as release.Phase) func(*ledger.Record) {
	return func(r *ledger.Record) { r.Outcome, r.EndedAt, r.Progress.Phase = "", time.Time{}, as }
}

func onlyConfig(r *ledger.Record) { r.Progress.OnlyConfig = true }

func TestJudge(t *testing.T) {
	t.Parallel()
	id := release.PromotionID("shop", "production", "r-2")
	two := rec("r-2", "2", 90)
	for name, c := range map[string]struct {
		source, target []ledger.Record
		state          promotion.State
		from, by       string
		reason         string
	}{
		"nothing was released":            {nil, nil, promotion.Nothing, "", "", "no release has brought anything to staging yet"},
		"nothing has Succeeded":           {[]ledger.Record{rec("r-1", "1", 90, ended(release.PhaseFailed, "x"))}, nil, promotion.Nothing, "", "", "no release"},
		"configuration alone":             {[]ledger.Record{rec("r-1", "1", 90, onlyConfig)}, nil, promotion.Nothing, "", "", "no release"},
		"an artifact that is not known":   {[]ledger.Record{rec("r-1", "1", 90, func(r *ledger.Record) { r.Artifact = release.Artifact{} })}, nil, promotion.Nothing, "", "", "no release"},
		"it bakes":                        {[]ledger.Record{rec("r-2", "2", 59)}, nil, promotion.Baking, "r-2", "", "it bakes in staging until 2026-11-02T12:01:00Z"},
		"it has baked":                    {[]ledger.Record{rec("r-2", "2", 60)}, nil, promotion.Ready, "r-2", "", "release r-2 has Succeeded in staging"},
		"the latest counts":               {[]ledger.Record{rec("r-1", "1", 200), two}, []ledger.Record{rec("r-p", "1", 100)}, promotion.Ready, "r-2", "", ""},
		"the latest bakes":                {[]ledger.Record{two, rec("r-3", "3", 10)}, nil, promotion.Baking, "r-3", "", ""},
		"a later one failed":              {[]ledger.Record{two, rec("r-3", "3", 10, ended(release.PhaseRolledBack, "gates"))}, nil, promotion.Ready, "r-2", "", ""},
		"a later one is under way":        {[]ledger.Record{two, rec("r-3", "3", 0, under(release.PhaseRollingOut))}, nil, promotion.Ready, "r-2", "", ""},
		"configuration came after it":     {[]ledger.Record{two, rec("r-3", "2", 10, onlyConfig)}, nil, promotion.Ready, "r-2", "", ""},
		"a restart came after it":         {[]ledger.Record{two, rec("r-3", "2", 10, operation(release.OperationRestart))}, nil, promotion.Ready, "r-2", "", ""},
		"it was rolled back":              {[]ledger.Record{two, rec("r-3", "1", 10, back)}, nil, promotion.Held, "r-2", "", "release r-3 has rolled it back"},
		"it is about to be rolled back":   {[]ledger.Record{two, rec("r-3", "", 0, back, under(release.PhaseQueued))}, nil, promotion.Held, "r-2", "", "release r-3 is to roll it back: it is Queued"},
		"nobody knows of the rollback":    {[]ledger.Record{two, rec("r-3", "1", 10, back, ended(release.PhaseNeedsAttention, "x"))}, nil, promotion.Held, "r-2", "", "r-3"},
		"a rollback that changed nothing": {[]ledger.Record{two, rec("r-3", "1", 10, back, ended(release.PhaseFailed, "x"))}, nil, promotion.Ready, "r-2", "", ""},
		"a rollback before it":            {[]ledger.Record{two, rec("r-1", "1", 100, back)}, nil, promotion.Ready, "r-2", "", ""},
		"a rollback to it":                {[]ledger.Record{two, rec("r-3", "2", 10, back)}, nil, promotion.Ready, "r-2", "", ""},
		"rolled back and brought again":   {[]ledger.Record{two, rec("r-3", "1", 85, back), rec("r-4", "2", 80)}, nil, promotion.Ready, "r-4", "", ""},
		"it is there":                     {[]ledger.Record{two}, []ledger.Record{rec("r-p", "2", 10)}, promotion.Done, "r-2", "r-p", "production runs it already, since release r-p"},
		"it was there":                    {[]ledger.Record{two}, []ledger.Record{rec("r-p", "2", 10), rec("r-q", "1", 5, back)}, promotion.Ready, "r-2", "", ""},
		"it is being promoted":            {[]ledger.Record{two}, []ledger.Record{rec(id, "2", 0, under(release.PhaseAwaitingApproval))}, promotion.Promoting, "r-2", id, "AwaitingApproval"},
		"it was promoted":                 {[]ledger.Record{two}, []ledger.Record{rec(id, "2", 10)}, promotion.Done, "r-2", id, "has brought it"},
		"it was rejected":                 {[]ledger.Record{two}, []ledger.Record{rec(id, "2", 10, ended(release.PhaseAborted, "rejected by ann: no"))}, promotion.Held, "r-2", id, "ended Aborted: rejected by ann: no; to try it again: slipway release retry " + id},
		"it was promoted by a retry":      {[]ledger.Record{two}, []ledger.Record{rec(id, "2", 10, ended(release.PhaseFailed, "x")), rec("r-p", "2", 5)}, promotion.Done, "r-2", "r-p", "release r-p has brought it"},
		"rolled back where it went to":    {[]ledger.Record{two}, []ledger.Record{rec(id, "2", 10), rec("r-q", "1", 5, back)}, promotion.Held, "r-2", id, "which runs shop:1 by now"},
		"rolled back while it is promoted": {
			[]ledger.Record{two, rec("r-3", "1", 1, back)},
			[]ledger.Record{rec(id, "2", 0, under(release.PhaseAwaitingApproval))},
			promotion.Held, "r-2", "", "has rolled it back",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := apps.Promotion{From: "staging", To: "production", After: release.Duration(time.Hour)}
			v := promotion.Judge(promotion.Question{Application: apps.Application{Name: "shop"}, Step: step, Source: c.source, Target: c.target, Now: noon})
			require.Equal(t, c.state, v.State, v.Reason)
			require.Equal(t, c.from, v.Source)
			require.Equal(t, c.by, v.ReleaseID)
			require.Contains(t, v.Reason, c.reason)
			require.Equal(t, c.state == promotion.Baking, !v.Until.IsZero())
			require.NotEmpty(t, v.Reason)
		})
	}
}

func TestWithdrawn_AReleaseThatIsReplacedStands(t *testing.T) {
	t.Parallel()
	two := rec("r-2", "2", 90)
	require.Empty(t, promotion.Withdrawn(two, []ledger.Record{two, rec("r-3", "3", 10)}))
	require.Contains(t, promotion.Withdrawn(rec("r-2", "2", 90, ended(release.PhaseAborted, "")), nil), "release r-2 has not Succeeded: it is Aborted")
	require.Contains(t, promotion.Withdrawn(two, []ledger.Record{two, rec("r-3", "3", 10), rec("r-4", "1", 5, back)}), "release r-4 has rolled it back")
}
