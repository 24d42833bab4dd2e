package release_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// FuzzSchedule: a schedule that is valid has a next time, which is not before now and within a week.
func FuzzSchedule(f *testing.F) {
	f.Add("10:00", "Asia/Shanghai", int64(1_795_000_000))
	f.Add("00:00", "UTC", int64(0))
	f.Add("02:30", "Europe/Berlin", int64(1_774_746_000)) // not on that day
	f.Add("24:00", "Nowhere", int64(-1))
	f.Fuzz(func(t *testing.T, at, zone string, unix int64) {
		s := release.BatchSchedule{Batch: 2, At: at, Zone: zone}
		spec := release.Spec{
			App: shop(), Artifact: release.Artifact{Image: "shop:1"},
			Strategy: release.Strategy{Type: release.StrategyBatch, Batches: 2, Schedule: []release.BatchSchedule{s}},
		}.WithDefaults()
		if spec.Validate() != nil {
			return
		}
		now := time.Unix(unix%(1<<40), 0)
		next, err := s.Next(now)
		require.NoError(t, err)
		require.False(t, next.Before(now), "%s", next)
		require.Less(t, next.Sub(now), 49*time.Hour)
	})
}

// FuzzCalendar: a calendar that is valid says within bounded time whether it holds, and a freeze
// that it names holds until its end.
func FuzzCalendar(f *testing.F) {
	f.Add([]byte(`{"windows":[{"name":"night","reason":"x","days":["Mon","Tue"],"start":"22:00","end":"06:00","zone":"Asia/Shanghai"}]}`), int64(1_795_000_000))
	f.Add([]byte(`{"windows":[{"name":"year","reason":"x","from":"2026-12-31T00:00:00Z","to":"2027-01-02T00:00:00Z"}],"stops":[{"name":"s","reason":"y","scope":{"platform":"sae"}}]}`), int64(1_798_700_000))
	f.Add([]byte(`{"windows":[{"name":"gap","reason":"x","start":"02:30","end":"03:30","zone":"Europe/Berlin"}]}`), int64(1_774_746_000))
	f.Fuzz(func(t *testing.T, data []byte, unix int64) {
		var c release.Calendar
		if json.Unmarshal(data, &c) != nil || c.Validate() != nil {
			return
		}
		now := time.Unix(unix%(1<<33), 0)
		held, frozen := c.Frozen(shop(), now)
		if frozen {
			require.NotEmpty(t, held.Name)
			require.True(t, held.Until.IsZero() || held.Until.After(now), "%s", held.Until)
		}
	})
}
