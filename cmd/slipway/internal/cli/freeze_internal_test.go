package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/wire"
)

func TestFreeze_WindowFlags(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, time.November, 10, 16, 0, 0, 0, time.UTC)
	cases := []struct {
		name  string
		flags windowFlags
		want  release.FreezeWindow
	}{
		{
			"recurring",
			windowFlags{reason: "r", days: []string{"sat-mon", "MON"}, start: "22:00", end: "06:00", zone: "Asia/Shanghai", scope: "sae/*/shop"},
			release.FreezeWindow{
				Name: "w", Reason: "r", Scope: release.Scope{Platform: "sae", App: "shop"},
				Days: []string{"Sat", "Sun", "Mon"}, Start: "22:00", End: "06:00", Zone: "Asia/Shanghai",
			},
		},
		{
			"single, as clocks show it",
			windowFlags{reason: "r", from: "2026-11-11T00:00", to: "2026-11-11 01:00", zone: "Asia/Shanghai"},
			release.FreezeWindow{Name: "w", Reason: "r", From: from, To: from.Add(time.Hour)},
		},
		{
			"single, with offsets",
			windowFlags{reason: "r", from: "2026-11-11T00:00:00+08:00", to: "2026-11-10T17:00:00Z"},
			release.FreezeWindow{Name: "w", Reason: "r", From: from, To: from.Add(time.Hour)},
		},
		{
			"single, in the hour that comes twice",
			windowFlags{reason: "r", from: "2026-11-01T01:00", to: "2026-11-01T01:30", zone: "America/New_York"},
			release.FreezeWindow{Name: "w", Reason: "r", From: time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 1, 6, 30, 0, 0, time.UTC)},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.flags.window("w")
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestFreezesListed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.July, 1, 9, 0, 0, 0, time.UTC)
	c := release.Calendar{
		Windows: []release.FreezeWindow{
			{Name: "day", Reason: "busy", Start: "08:00", End: "10:00", Zone: "UTC", By: "mei"},
			{Name: "weekend", Reason: "asleep", Days: []string{"Sat", "Sun"}, Start: "00:00", End: "00:00", Zone: "UTC"},
			{Name: "past", Reason: "festival", Scope: release.Scope{Region: "cn-beijing"}, From: now.Add(-2 * time.Hour), To: now},
		},
		Stops: []release.Stop{{Name: "incident", Reason: "fire", Scope: release.Scope{App: "shop"}, By: "li", At: now}, {Name: "old", Reason: "x"}},
	}
	require.Equal(t, `NAME       NOW                                 SCOPE          WHEN                                           KIND     BY    REASON
incident   frozen until lifted                 */*/shop       since 2026-07-01T09:00:00Z, until lifted       stop     li    fire
old        frozen until lifted                 *              until lifted                                   stop           x
day        frozen until 2026-07-01T10:00:00Z   *              every day 08:00-10:00 UTC                      window   mei   busy
weekend    open                                *              Sat,Sun 00:00-00:00 UTC                        window         asleep
past       open                                */cn-beijing   2026-07-01T07:00:00Z to 2026-07-01T09:00:00Z   window         festival
`, freezeTable(wire.ListFreezes(c, nil, false, now), render.Style{}))

	// One that is gone says who has ended it, and when.
	stop, window := wire.ListedStop(c.Stops[0]), wire.ListedWindow(c.Windows[0], now)
	stop.Active, stop.Ended = false, &wire.CalendarChange{Action: "lift", By: "ann", At: now.Add(time.Hour)}
	window.Active, window.Ended = false, &wire.CalendarChange{Action: "remove", By: "ann", At: now}
	require.Equal(t, `NAME       NOW                                      SCOPE      WHEN                                           KIND     BY    REASON
incident   lifted by ann at 2026-07-01T10:00:00Z    */*/shop   2026-07-01T09:00:00Z to 2026-07-01T10:00:00Z   stop     li    fire
day        removed by ann at 2026-07-01T09:00:00Z   *          every day 08:00-10:00 UTC                      window   mei   busy
`, freezeTable([]wire.ListedFreeze{stop, window}, render.Style{}))

	names := func(only *release.App, active bool) []string {
		out := []string{}
		for _, l := range wire.ListFreezes(c, only, active, now) {
			out = append(out, l.Name)
		}
		return out
	}
	require.Equal(t, []string{"incident", "old", "day"}, names(nil, true))
	require.Equal(t, []string{"old", "day", "weekend", "past"}, names(&release.App{Platform: "sae", Region: "cn-beijing", ID: "cart"}, false))
	require.Equal(t, []string{"incident", "old", "day"}, names(&release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop"}, true))
	require.NotNil(t, wire.ListFreezes(release.Calendar{}, nil, false, now), "an empty list is [] in JSON")
}

// When a freeze holds and why stands in the narrowest window, too: under its row.
func TestFreezesListed_Narrow(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.July, 1, 9, 0, 0, 0, time.UTC)
	found := []wire.ListedFreeze{{
		Kind: wire.FreezeStop, Active: true,
		FreezeWindow: release.FreezeWindow{Name: "incident-42", Scope: release.Scope{Platform: "sae", Region: "cn-beijing"}, By: "ann", At: at, Reason: "database on fire"},
	}}
	require.Equal(t, `NAME         NOW                  SCOPE           KIND  BY
incident-42  frozen until lifted  sae/cn-beijing  stop  ann
  since 2026-07-01T09:00:00Z, until lifted
  reason: database on fire
`, freezeTable(found, render.Style{Width: 60}))
}
