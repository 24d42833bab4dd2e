package soak_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/soak"
)

// hour is a made-up hour of samples in which all stays as it is, but for what a test makes of each.
func hour(change func(minute int, s *soak.Sample)) (samples []soak.Sample) {
	dice := rand.New(rand.NewPCG(1, 2))
	around := func(v float64) float64 { return v * (1 + 0.1*(dice.Float64()-0.5)) }
	for minute := range 60 {
		s := soak.Sample{
			Seconds: float64(60 * (minute + 1)), Worker: soak.Memory{Resident: around(300), Heap: around(200)}, Starter: soak.Memory{Resident: around(60), Heap: around(30)},
			HistoryEvents: 41, Calls: around(900), Ended: 45, NATSEach: around(12), TemporalEach: around(60),
		}
		change(minute, &s)
		samples = append(samples, s)
	}
	return samples
}

// growing returns the quantities that are not flat.
func growing(samples []soak.Sample) (names []string) {
	for _, v := range soak.Judge(samples) {
		if !v.Flat {
			names = append(names, v.Quantity)
		}
	}
	return names
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(minute int, s *soak.Sample)
		want   []string
	}{
		{"nothing but noise", func(int, *soak.Sample) {}, nil},
		{"a leak of 1 MiB a minute", func(minute int, s *soak.Sample) { s.Worker.Resident += float64(minute) }, []string{"worker, resident memory"}},
		{"a leak in the heap of the starter", func(minute int, s *soak.Sample) { s.Starter.Heap *= 1 + float64(minute)/200 }, []string{"starter, heap"}},
		{"one event of one parked release", func(minute int, s *soak.Sample) {
			if minute > 30 {
				s.HistoryEvents += 0.02
			}
		}, []string{"history of a parked release"}},
		{"calls that become more", func(minute int, s *soak.Sample) { s.Calls += 5 * float64(minute) }, []string{"calls to the platform"}},
		{"calls that become fewer", func(minute int, s *soak.Sample) { s.Calls -= 5 * float64(minute) }, nil},
		{"what ends leaves more and more behind", func(minute int, s *soak.Sample) {
			s.NATSEach, s.TemporalEach = s.NATSEach+float64(minute)/5, s.TemporalEach+float64(minute)
		}, []string{"NATS, for each release that ended", "Temporal, for each release that ended"}},
		{"what fills up in the first quarter", func(minute int, s *soak.Sample) { s.Worker.Resident -= 15 * float64(max(0, 15-minute)) }, nil},
		{"five busy minutes", func(minute int, s *soak.Sample) {
			if minute > 50 && minute <= 55 {
				s.Worker.Resident, s.Calls = 3*s.Worker.Resident, 4*s.Calls
			}
		}, nil},
		{"minutes in which nothing ended", func(minute int, s *soak.Sample) {
			if minute%3 == 0 {
				s.Ended, s.NATSEach, s.TemporalEach = 0, 0, 0
			}
		}, nil},
		{"nothing ended at all", func(_ int, s *soak.Sample) { s.Ended = 0 }, []string{"NATS, for each release that ended", "Temporal, for each release that ended"}},
		{"calls where there were none", func(minute int, s *soak.Sample) { s.Calls = float64(minute - 37) }, []string{"calls to the platform"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, growing(hour(tt.change)))
		})
	}
}

func TestJudge_SaysHowMuch(t *testing.T) {
	t.Parallel()
	verdicts := soak.Judge(hour(func(minute int, s *soak.Sample) { s.Worker.Resident = 100 + float64(minute) }))
	require.Equal(t, "worker, resident memory", verdicts[0].Quantity)
	require.InDelta(t, 60, verdicts[0].PerHour, 1e-9, "a MiB a minute")
	require.InDelta(t, 137, verdicts[0].Median, 1e-9, "the middle of minutes 15 to 59")
	require.InDelta(t, 44.0/137, verdicts[0].Growth, 1e-9)
}

func TestReport_IsFlatOnlyWithoutProblems(t *testing.T) {
	t.Parallel()
	verdicts := soak.Judge(hour(func(int, *soak.Sample) {}))
	require.True(t, soak.Report{Verdicts: verdicts}.Flat())
	require.False(t, soak.Report{Verdicts: verdicts, Problems: []string{"r-1 was to stay parked"}}.Flat())
	require.False(t, soak.Report{Verdicts: soak.Judge(nil)}.Flat(), "nothing shows that it is")
}

func TestConfig_TellsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	err := soak.Config{Parked: -1, Active: 1_000_000, Every: 1, For: 7}.Validate()
	for _, want := range []string{"Parked is -1", "Active is 1000000", "Slipway is missing", "For is 7ns; it must be 8 times Every", "Bake is 0s"} {
		require.ErrorContains(t, err, want)
	}
}
