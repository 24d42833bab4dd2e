package bench

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRow_TheRatioIsOfTurnsAndItsMedianIsJudged(t *testing.T) {
	t.Parallel()
	row := Row{What: "x", Unit: "/s", Aim: Aim{Least: 0.85}}.judged([]float64{100, 10, 50}, []float64{90, 8, 60})
	require.Equal(t, &Figure{Median: 50, Least: 10, Most: 100}, row.Floor)
	require.Equal(t, Figure{Median: 60, Least: 8, Most: 90}, row.Slipway)
	require.Equal(t, &Figure{Median: 0.9, Least: 0.8, Most: 1.2}, row.Ratio)
	require.True(t, row.Met)
	require.Equal(t, 3, row.Turns)
	require.False(t, Row{Aim: Aim{Least: 0.95}}.judged([]float64{100, 10, 50}, []float64{90, 8, 60}).Met)

	alone := Row{Unit: "s", Aim: Aim{Most: 15}}.judged(nil, []float64{14, 18})
	require.Nil(t, alone.Ratio)
	require.InDelta(t, 16, alone.Slipway.Median, 0)
	require.False(t, alone.Met)
	require.True(t, Row{}.judged(nil, []float64{1}).Met, "without an aim nothing is missed")
}

func TestReport_TheTableForPeople(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, Report{Rows: []Row{
		Row{What: "accepted", Unit: "/s", Aim: Aim{Least: 0.85}, Note: "32 publishers"}.judged([]float64{100, 200}, []float64{50, 150}),
		Row{What: "history", Unit: "events"}.judged(nil, []float64{1049}),
		Row{What: "killed", Unit: "s", Aim: Aim{Most: 15}}.judged(nil, []float64{9.456}),
	}}.Write(&out))
	require.Equal(t, `WHAT      FLOOR                SLIPWAY             RATIO                  AIM             NOTE
accepted  150 /s (100 to 200)  100 /s (50 to 150)  0.625 × (0.5 to 0.75)  ≥ 0.85  missed  32 publishers
history   –                    1049 events         –                      –
killed    –                    9.46 s              –                      ≤ 15  met
`, out.String())
}
