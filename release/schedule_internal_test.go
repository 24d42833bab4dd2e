package release

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSchedule_BatchScheduleNext(t *testing.T) {
	t.Parallel()
	const shanghai, newYork = "Asia/Shanghai", "America/New_York"
	cases := []struct{ name, at, zone, now, want string }{
		{"later today", "02:00", shanghai, "2026-07-01T17:59:00Z", "2026-07-01T18:00:00Z"},
		{"just now", "02:00", shanghai, "2026-07-01T18:00:00Z", "2026-07-01T18:00:00Z"},
		{"gone by for today", "02:00", shanghai, "2026-07-01T18:00:01Z", "2026-07-02T18:00:00Z"},
		{"the date is the zone's", "23:30", shanghai, "2026-07-01T16:00:00Z", "2026-07-02T15:30:00Z"},
		{"clocks jump over it", "02:30", newYork, "2026-03-08T06:59:00Z", "2026-03-08T07:00:00Z"},
		{"clocks have jumped over it", "02:30", newYork, "2026-03-08T07:00:01Z", "2026-03-09T06:30:00Z"},
		{"summer time", "02:30", newYork, "2026-03-08T12:00:00Z", "2026-03-09T06:30:00Z"},
		{"clocks show it twice: the first", "01:30", newYork, "2026-11-01T05:00:00Z", "2026-11-01T05:30:00Z"},
		{"clocks show it twice: not the second", "01:30", newYork, "2026-11-01T05:45:00Z", "2026-11-02T06:30:00Z"},
		{"a day that has just been left out", "12:00", "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"a day that is left out", "12:00", "Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-30T10:00:00Z"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339, c.now)
			require.NoError(t, err)
			got, err := BatchSchedule{Batch: 2, At: c.at, Zone: c.zone}.Next(now)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Format(time.RFC3339))
		})
	}
	_, err := BatchSchedule{Batch: 2, At: "2 o'clock", Zone: shanghai}.Next(time.Time{})
	require.EqualError(t, err, `at: "2 o'clock" is not a time of day such as 09:30 or 22:00`)
	_, err = BatchSchedule{Batch: 2, At: "02:00", Zone: "Peking"}.Next(time.Time{})
	require.EqualError(t, err, `zone: "Peking" is not the IANA name of a time zone, such as Asia/Shanghai or UTC`)
}

func TestScheduleProblems(t *testing.T) {
	t.Parallel()
	v := &validator{}
	v.schedule("strategy.schedule", []BatchSchedule{{2, "02:00", "Asia/Shanghai"}, {3, "23:59", "UTC"}}, 3)
	require.NoError(t, v.err())
	v.schedule("strategy.schedule", []BatchSchedule{
		{0, "02:00", "Local"}, {4, "2:00", "Asia/Shanghai"}, {2, "24:00", ""}, {2, "00:00", "UTC"},
	}, 3)
	var fields []string
	for _, p := range v.problems {
		fields = append(fields, p.Field)
	}
	require.Equal(t, []string{
		"strategy.schedule[0].batch", "strategy.schedule[0].zone", "strategy.schedule[1].batch", "strategy.schedule[1].at",
		"strategy.schedule[2].at", "strategy.schedule[2].zone", "strategy.schedule[3].batch",
	}, fields)
}
