package render_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/release"
)

// A text that a workflow has recorded tells its moments in UTC. Whoever reads it has a zone.
func TestRender_MomentsInTexts(t *testing.T) {
	t.Parallel()
	const kept, shown = "it waited for the lane, held since 2026-11-22T19:00:00Z by mei: audit", "held since 2026-11-23T03:00:00+08:00 by mei: audit"
	p := parked()
	p.Reason = kept
	behind := release.Progress{Phase: release.PhaseQueued, Awaiting: &release.Awaiting{Kind: release.AwaitQueue, Behind: kept}}
	refused := p.Clone()
	refused.Reason = ""
	refused.Decisions = append(refused.Decisions, release.Decision{Kind: release.CommandResume, By: "li", Refused: kept})
	set := checkout()
	set.Reason = kept
	ended := checkout()
	ended.Waves[0].Releases[0].Run = release.SetRun{ReleaseID: "r-1", Outcome: release.PhaseFailed, Reason: kept}
	waiting := needing()[:1]
	waiting[0].Text = kept
	lane := release.LaneState{Held: &release.Hold{By: "slipway", Reason: kept, Since: at(1)}, Denied: []release.Denial{{Reason: kept, Since: at(1)}}}
	history := []ledger.Record{{ReleaseID: "r-1", Progress: release.Progress{Reason: kept}}}
	for name, draw := range map[string]func(*time.Location) string{
		"tree":         func(z *time.Location) string { return render.Tree(p, at(30), render.Style{Zone: z}) },
		"turn":         func(z *time.Location) string { return render.Tree(behind, at(30), render.Style{Zone: z}) },
		"decision":     func(z *time.Location) string { return render.Tree(refused, at(30), render.Style{Zone: z}) },
		"line":         func(z *time.Location) string { return render.Line(p, z) },
		"change":       func(z *time.Location) string { return render.Diff(parked(), p, at(30).In(z))[0] },
		"decided":      func(z *time.Location) string { return render.Diff(parked(), refused, at(30).In(z))[0] },
		"set":          func(z *time.Location) string { return render.SetTree(set, at(30), render.Style{Zone: z}) },
		"line of set":  func(z *time.Location) string { return render.SetLine(set.SetProgress, z) },
		"end in set":   func(z *time.Location) string { return render.SetDiff(checkout(), ended, at(30).In(z))[0] },
		"waiting":      func(z *time.Location) string { return render.Waiting(waiting, at(30), render.Style{Zone: z}) },
		"waiting line": func(z *time.Location) string { return render.WaitingLine(waiting[0], z) },
		"lanes": func(z *time.Location) string {
			return render.Lanes([]render.LaneRow{{State: &lane}}, at(30), render.Style{Zone: z})
		},
		"lane":    func(z *time.Location) string { return render.Lane(lane, "", at(30), render.Style{Zone: z}) },
		"history": func(z *time.Location) string { return render.History(history, render.Style{Zone: z}) },
		"warning": func(z *time.Location) string { return render.Warning(kept, render.Style{Zone: z}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			local := draw(time.FixedZone("", 8*60*60))
			require.Contains(t, local, shown)
			require.NotRegexp(t, `\d{4}-\d\d-\d\dT[0-9:]+Z`, local)
			utc := draw(time.UTC)
			require.Contains(t, utc, kept)
			require.NotContains(t, utc, "+08:00")
		})
	}
}
