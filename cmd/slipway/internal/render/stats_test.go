package render_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/stats"
)

func TestStats(t *testing.T) {
	t.Parallel()
	hours := func(n int, median, p90 float64) stats.Times {
		return stats.Times{Count: n, MedianSeconds: median * 3600, P90Seconds: p90 * 3600}
	}
	shop := stats.Figures{
		Application: "shop", Environment: "production", Deployments: stats.Deployments{Count: 75, PerDay: 2.5}, LeadTime: hours(70, 3.5, 30), LeadTimeFromRequest: hours(4, 1, 2), LeadTimeUnknown: 1,
		ChangeFailureRate: stats.Rate{Changes: 80, Failed: 6, Ratio: 0.075}, TimeToRestore: hours(3, 0.5, 1), WentBack: 2, NotRestored: 1,
		Environments: []stats.EnvironmentFigures{{Environment: "staging", Deployments: stats.Deployments{Count: 600, PerDay: 20}}, {Environment: "production", Deployments: stats.Deployments{Count: 75, PerDay: 2.5}}},
	}
	idle := stats.Figures{Application: "sae/cn-hangzhou/idle", Environments: []stats.EnvironmentFigures{{}}}
	until := time.Date(2026, time.July, 31, 0, 0, 0, 0, time.UTC)
	drawn := render.Stats(stats.Report{Since: until.AddDate(0, 0, -30), Until: until, Applications: []stats.Figures{shop, idle}, All: shop}, render.Style{})
	var lines []string
	for line := range strings.Lines(drawn) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	require.Equal(t, []string{
		"APPLICATION ENVIRONMENT DEPLOYED LEAD TIME FAILED RESTORED IN",
		"shop staging 600, 20.0 a day",
		"shop production 75, 2.5 a day 3h30m, p90 1d6h (70); 1h0m, p90 2h0m from the request (4); 1 unknown 6 of 80, 8% 30m0s, p90 1h0m (3); 2 went back; 1 not yet",
		"sae/cn-hangzhou/idle 0, 0 a day",
		"all 75, 2.5 a day 3h30m, p90 1d6h (70); 1h0m, p90 2h0m from the request (4); 1 unknown 6 of 80, 8% 30m0s, p90 1h0m (3); 2 went back; 1 not yet",
		"",
		"From 2026-07-01T00:00:00Z to 2026-07-31T00:00:00Z. A time is the median, p90 is what nine of ten do not exceed.",
	}, lines)
	require.NotContains(t, render.Stats(stats.Report{Applications: []stats.Figures{shop}, All: shop}, render.Style{}), "\nall", "of one application there is nothing to sum up")
}
