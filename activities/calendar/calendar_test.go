package calendar_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"slipway/activities/calendar"
	"slipway/release"
)

// source is a calendar in memory.
type source struct {
	calendar release.Calendar
	err      error
}

func (s source) Load(context.Context) (release.Calendar, uint64, error) { return s.calendar, 1, s.err }

func now() time.Time { return time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC) }

func app() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
}

// closing is a calendar whose one window ends after the given time.
func closing(after time.Duration) release.Calendar {
	return release.Calendar{Windows: []release.FreezeWindow{{Name: "sale", Reason: "busy days", From: now().Add(-time.Hour), To: now().Add(after)}}}
}

func TestCalendar_Guard(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		source source
		want   release.Fault
		retry  bool
	}{
		{"nothing holds", source{}, "", false},
		{"a window of another time", source{calendar: closing(-time.Minute)}, "", false},
		{"a window", source{calendar: closing(time.Hour)}, release.FaultFrozen, false},
		{"a stop", source{calendar: release.Calendar{Stops: []release.Stop{{Name: "line"}}}}, release.FaultFrozen, false},
		{"a calendar that cannot be read", source{err: errors.New("no answer")}, release.FaultUnguarded, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := calendar.New(tt.source, now)
			require.NoError(t, err)
			err = f.Guard(t.Context(), app())
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			var fault *temporal.ApplicationError
			require.ErrorAs(t, err, &fault)
			require.Equal(t, string(tt.want), fault.Type())
			require.Equal(t, tt.retry, !fault.NonRetryable())
		})
	}
}

// TestCalendar_AnAttemptThatIsNotWantedAnyMoreIsNoFault of the calendar's.
func TestCalendar_AnAttemptThatIsNotWantedAnyMoreIsNoFault(t *testing.T) {
	t.Parallel()
	f, err := calendar.New(source{err: errors.New("no answer")}, now)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, context.Canceled, f.Guard(ctx, app()))
}

func TestCalendar_GuardSaysWhatHolds(t *testing.T) {
	t.Parallel()
	f, err := calendar.New(source{calendar: closing(time.Hour)}, now)
	require.NoError(t, err)
	var fault *temporal.ApplicationError
	require.ErrorAs(t, f.Guard(t.Context(), app()), &fault)
	var freeze release.Freeze
	require.NoError(t, fault.Details(&freeze))
	require.Equal(t, release.Freeze{Name: "sale", Reason: "busy days", Until: now().Add(time.Hour)}, freeze)
}

func TestCalendar_AwaitOpen(t *testing.T) {
	t.Parallel()
	sale := release.Freeze{Name: "sale", Until: now().Add(time.Hour)}
	tests := []struct {
		name   string
		source source
		known  release.Freeze
		delay  time.Duration
		want   release.Fault
	}{
		{"nothing holds", source{}, release.Freeze{Name: "sale"}, 0, ""},
		{"none was known to hold", source{calendar: closing(time.Hour)}, release.Freeze{}, 0, release.FaultFrozen},
		{"no later than the end of the freeze", source{calendar: closing(2 * time.Second)}, release.Freeze{Name: "sale", Until: now().Add(2 * time.Second)}, 2 * time.Second, release.FaultUnchanged},
		{"soon, because it may be lifted", source{calendar: closing(time.Hour)}, sale, 5 * time.Second, release.FaultUnchanged},
		{"a stop has come meanwhile", source{calendar: closing(time.Hour).WithStop(release.Stop{Name: "incident"})}, sale, 0, release.FaultFrozen},
		{"it ends later by now", source{calendar: closing(2 * time.Hour)}, sale, 0, release.FaultFrozen},
		{"a calendar that cannot be read", source{err: errors.New("no answer")}, sale, 0, release.FaultUnguarded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := calendar.New(tt.source, now)
			require.NoError(t, err)
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			f.Register(env)
			_, err = env.ExecuteActivity(release.AwaitOpenActivity, release.AwaitOpenInput{App: app(), Known: tt.known})
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			var fault *temporal.ApplicationError
			require.ErrorAs(t, err, &fault)
			require.Equal(t, string(tt.want), fault.Type())
			require.Equal(t, tt.delay, fault.NextRetryDelay())
			require.Equal(t, tt.want == release.FaultFrozen, fault.NonRetryable())
		})
	}
}

func TestCalendar_NewWantsASource(t *testing.T) {
	t.Parallel()
	_, err := calendar.New(nil, now)
	require.Error(t, err)
}

func TestCalendar_AheadIsWhatHoldsAndComes(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	for name, c := range map[string]struct {
		source source
		want   []string
	}{
		"a window":                       {source{calendar: closing(time.Hour)}, []string{"sale"}},
		"nothing":                        {source{}, nil},
		"a calendar that cannot be read": {source{err: errors.New("no answer")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := calendar.New(c.source, now)
			require.NoError(t, err)
			env := suite.NewTestActivityEnvironment()
			f.Register(env)
			value, err := env.ExecuteActivity(release.FreezesActivity, release.FreezesInput{App: app(), Until: now().Add(time.Hour)})
			if c.source.err != nil {
				var fault *temporal.ApplicationError
				require.ErrorAs(t, err, &fault)
				require.Equal(t, string(release.FaultUnguarded), fault.Type())
				return
			}
			require.NoError(t, err)
			var freezes []release.PlannedFreeze
			require.NoError(t, value.Get(&freezes))
			var names []string
			for _, each := range freezes {
				names = append(names, each.Name)
			}
			require.Equal(t, c.want, names)
		})
	}
}
