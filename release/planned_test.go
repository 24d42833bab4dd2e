package release_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestCalendar_AheadIsWhatHoldsAndWhatComes(t *testing.T) {
	t.Parallel()
	now := moment(t, "2026-11-02T08:00Z") // a Monday
	until := now.Add(7 * 24 * time.Hour)
	elsewhere := nightly("elsewhere", "22:00-06:00", "UTC")
	elsewhere.Scope.Region = "cn-beijing"
	c := release.Calendar{Windows: []release.FreezeWindow{
		{Name: "sale", From: now.Add(48 * time.Hour), To: now.Add(72 * time.Hour)},
		{Name: "later", From: until.Add(time.Minute), To: until.Add(time.Hour)},
		{Name: "past", From: now.Add(-2 * time.Hour), To: now.Add(-time.Hour)},
		nightly("night", "22:00-06:00", "Asia/Shanghai"),
		nightly("weekend", "18:00-00:00", "UTC", "Fri"),
		nightly("now", "07:00-09:00", "UTC", "Mon"),
		elsewhere,
	}}
	type at struct{ name, from, until string }
	show := func(all []release.PlannedFreeze) (out []at) {
		for _, f := range all {
			a := at{name: f.Name, until: f.Until.Format("Mon 15:04")}
			if !f.From.IsZero() {
				a.from = f.From.UTC().Format("Mon 15:04")
			}
			out = append(out, a)
		}
		return out
	}
	require.Equal(t, []at{
		{"now", "", "Mon 09:00"},
		{"night", "Mon 14:00", "Mon 22:00"},
		{"sale", "Wed 08:00", "Thu 08:00"},
		{"weekend", "Fri 18:00", "Sat 00:00"},
		{"now", "Mon 07:00", "Mon 09:00"},
	}, show(c.Ahead(shop(), now, until)))

	c = release.Calendar{Windows: []release.FreezeWindow{nightly("unreadable", "22:00-06:00", "Nowhere/Land")}}
	require.Equal(t, "unreadable", c.Ahead(shop(), now, until)[0].Name, "it holds until somebody corrects it")
	c = release.Calendar{Stops: []release.Stop{{Name: "line", Reason: "an outage"}}}
	require.True(t, c.Ahead(shop(), now, until)[0].Stop)
}

func TestSpec_LastBatchBy(t *testing.T) {
	t.Parallel()
	now := moment(t, "2026-11-02T08:00Z")
	batches := func(edit func(*release.Spec)) release.Spec {
		s := validSpec()
		s.Strategy = release.Strategy{Type: release.StrategyBatch, Batches: 3, Confirm: release.ConfirmAuto}
		edit(&s)
		return s.WithDefaults()
	}
	for name, c := range map[string]struct {
		spec    release.Spec
		batches int
		want    time.Duration
	}{
		"at once":             {batches(func(*release.Spec) {}), 1, time.Hour},
		"by bake times":       {batches(func(s *release.Spec) { s.Strategy.Bake = release.Duration(time.Hour) }), 3, 3 * time.Hour},
		"by a person":         {batches(func(s *release.Spec) { s.Strategy.Confirm = release.ConfirmManual }), 3, 168 * time.Hour},
		"no later than total": {batches(func(s *release.Spec) { s.Strategy.Bake = release.Duration(100 * time.Hour) }), 3, 168 * time.Hour},
		"by gates": {batches(func(s *release.Spec) {
			s.Strategy.Gates = []release.Gate{{Samples: 60, Interval: release.Duration(time.Minute)}, {Samples: 1}}
		}), 3, 3 * time.Hour},
		"by a time of day": {batches(func(s *release.Spec) {
			s.Strategy.Schedule = []release.BatchSchedule{{Batch: 3, At: "18:00", Zone: "UTC"}}
		}), 3, 11 * time.Hour},
		"by the one bake time that the platform waits for": {batches(func(s *release.Spec) {
			s.App, s.Strategy.Type, s.Strategy.Bake = aComponent().App, release.StrategyGray, release.Duration(time.Hour)
		}), 4, 2 * time.Hour},
		"by nothing where the platform runs through": {batches(func(s *release.Spec) { s.App = aComponent().App }), 3, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.spec.LastBatchBy(now, c.batches).Sub(now))
		})
	}
}

func TestSpec_PlannedBatchesSayWhatHappensBetweenThem(t *testing.T) {
	t.Parallel()
	now := moment(t, "2026-11-02T08:00Z")
	s := validSpec()
	s.Strategy = release.Strategy{
		Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmAuto, Bake: release.Duration(time.Hour),
		Gates:    []release.Gate{{Name: "errors"}, {Name: "health"}},
		Schedule: []release.BatchSchedule{{Batch: 1, At: "22:00", Zone: "Asia/Shanghai"}, {Batch: 2, At: "09:00", Zone: "UTC"}},
	}
	all := s.WithDefaults().PlannedBatches(now, []release.Batch{{Number: 1, Instances: 2}, {Number: 2, Instances: 3}})
	require.Equal(t, moment(t, "2026-11-02T14:00Z"), all[0].NotBefore)
	require.Equal(t, moment(t, "2026-11-03T09:00Z"), all[1].NotBefore, "the next time after the first batch")
	require.Equal(t, "runs for 1h; gates errors, health; then the next batch begins", all[0].Then.Text())
	require.Nil(t, all[1].Then)
	require.Equal(t, "the next batch begins at once", release.PlannedPause{Confirm: release.ConfirmAuto}.Text())
	require.Equal(t, "a person must confirm within 24h (else: hold)",
		release.PlannedPause{Confirm: release.ConfirmManual, Limit: release.DefaultConfirmLimit, OnTimeout: release.TimeoutHold}.Text())
}

// Where the platform runs through the batches after the first, nothing is said to happen between them.
func TestSpec_PlannedBatchesOfAPlatformThatWaitsOnce(t *testing.T) {
	t.Parallel()
	s := aComponent()
	s.Strategy = release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Bake: release.Duration(time.Hour)}
	of := func(s release.Spec) (then []string) {
		for _, b := range s.WithDefaults().PlannedBatches(time.Time{}, []release.Batch{{Number: 1}, {Number: 2}, {Number: 3}})[:2] {
			then = append(then, b.Then.Text())
		}
		return then
	}
	const person, nothing = "runs for 1h; a person must confirm within 24h (else: abort)", "the next batch begins at once"
	require.Equal(t, []string{person, nothing}, of(s))
	s.Strategy = release.Strategy{Type: release.StrategyBatch, Batches: 3}
	require.Equal(t, []string{nothing, nothing}, of(s))
	s.App, s.Strategy = validSpec().App, release.Strategy{Type: release.StrategyGray, Batches: 2, Bake: release.Duration(time.Hour)}
	require.Equal(t, []string{person, person}, of(s), "SAE waits after each")
}

func TestSpec_PlannedWatch(t *testing.T) {
	t.Parallel()
	s := validSpec()
	require.Nil(t, s.WithDefaults().PlannedWatch())
	s.Strategy.Watch = &release.Watch{For: release.Duration(time.Hour)}
	s.Limits.OnConfirmTimeout = release.TimeoutHold
	require.Equal(t, release.PlannedWatch{For: release.Duration(time.Hour)}, *s.WithDefaults().PlannedWatch(), "without gates nobody has to decide")
	require.Empty(t, s.WithDefaults().PlannedWatch().Doubt())
	s.Strategy.Watch.Gates = []release.Gate{{Name: "errors"}, {Name: "health"}}
	watch := s.WithDefaults().PlannedWatch()
	require.Equal(t, []string{"errors", "health"}, watch.Gates)
	require.Equal(t, "a person must confirm within 24h (else: hold)", watch.Doubt())
}

func TestSpec_PlannedJob(t *testing.T) {
	t.Parallel()
	now := moment(t, "2026-11-02T08:00Z")
	require.Nil(t, validSpec().WithDefaults().PlannedJob(now))
	s := aJob()
	require.Equal(t, release.PlannedJob{Brings: true, Runs: true}, *s.WithDefaults().PlannedJob(now))
	s.Job = nil
	s.Strategy.Schedule = []release.BatchSchedule{{Batch: 1, At: "22:00", Zone: "Asia/Shanghai"}}
	require.Equal(t, release.PlannedJob{Brings: true, NotBefore: moment(t, "2026-11-02T14:00Z")}, *s.WithDefaults().PlannedJob(now))
	s.Artifact, s.Strategy.Schedule = release.Artifact{}, nil
	s.Job = &release.Job{
		Run: true, Instances: 2, Command: []string{"migrate"}, Args: []string{"--all"},
		Variables: []release.Variable{{Name: "DAY", Value: new("hush")}, {Name: "OLD", Remove: true}},
	}
	require.Empty(t, release.PlannedJob{Runs: true}.Line())
	require.Equal(t, "migrate --to 'a b'", release.PlannedJob{Command: []string{"migrate"}, Args: []string{"--to", "a b"}}.Line())
	require.Equal(t, release.PlannedJob{
		Runs: true, Instances: 2, Command: []string{"migrate"}, Args: []string{"--all"}, Variables: []string{"DAY", "OLD"},
	}, *s.WithDefaults().PlannedJob(now))
}

func TestLaneState_Plan(t *testing.T) {
	t.Parallel()
	at := moment(t, "2026-11-02T08:00Z")
	spec := validSpec().WithDefaults()
	running := release.LaneEntry{ReleaseID: "r-one", Proceeded: true, Operation: release.OperationRelease}
	watched := running
	watched.Watched = true
	waiting := []release.LaneEntry{{ReleaseID: "r-two"}, {ReleaseID: "r-three", Preempt: true}}
	held := &release.Hold{By: "ann", Reason: "the sale", Since: at}
	with := func(lane release.Lane) release.Spec {
		s := spec
		s.Lane = lane
		return s
	}
	for name, c := range map[string]struct {
		state   release.LaneState
		spec    release.Spec
		want    release.PlannedLane
		refusal string
	}{
		"idle":            {release.LaneState{}, spec, release.PlannedLane{}, ""},
		"behind others":   {release.LaneState{Running: &running, Waiting: waiting}, spec, release.PlannedLane{Running: "r-one", Ahead: 3, WaitsFor: "release r-one, which runs"}, ""},
		"held":            {release.LaneState{Held: held}, spec, release.PlannedLane{Held: held, WaitsFor: "the lane, " + held.String()}, ""},
		"full":            {release.LaneState{Running: &running, Full: "100 wait"}, spec, release.PlannedLane{Running: "r-one", Ahead: 1, Full: "100 wait", WaitsFor: "release r-one, which runs"}, ""},
		"supersedes":      {release.LaneState{Running: &running, Waiting: waiting, Full: "100 wait"}, with(release.Lane{Policy: release.LaneSupersede}), release.PlannedLane{Running: "r-one", Ahead: 1, Drops: []string{"r-two", "r-three"}, WaitsFor: "release r-one, which runs"}, ""},
		"preempts":        {release.LaneState{Running: &running, Waiting: waiting[:1]}, with(release.Lane{Preempt: true}), release.PlannedLane{Running: "r-one", Ahead: 1, Preempts: "r-one", WaitsFor: "release r-one, which runs"}, ""},
		"preempts later":  {release.LaneState{Running: &running, Waiting: waiting[1:]}, with(release.Lane{Preempt: true}), release.PlannedLane{Running: "r-one", Ahead: 2, WaitsFor: "release r-one, which runs"}, ""},
		"ends a watch":    {release.LaneState{Running: &watched}, spec, release.PlannedLane{Running: "r-one", Ahead: 1, EndsWatch: "r-one", WaitsFor: "release r-one, which runs"}, ""},
		"another ends it": {release.LaneState{Running: &watched, Waiting: waiting[:1]}, spec, release.PlannedLane{Running: "r-one", Ahead: 2, WaitsFor: "release r-one, which runs"}, ""},
		"rejected":        {release.LaneState{Running: &running}, with(release.Lane{Policy: release.LaneReject}), release.PlannedLane{Running: "r-one"}, "release r-one runs, and the lane policy is reject"},
		"denied": {
			release.LaneState{Denied: []release.Denial{{Artifact: spec.Artifact, ReleaseID: "r-zero", Reason: "errors", Since: at}}},
			spec,
			release.PlannedLane{},
			release.Denial{Artifact: spec.Artifact, ReleaseID: "r-zero", Reason: "errors", Since: at}.Refusal(spec.App),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.state.App = spec.App
			place, refusal := c.state.Plan(c.spec, at)
			require.Equal(t, c.want, place)
			require.Equal(t, c.refusal, refusal)
			lane := release.LaneInput{App: spec.App, Line: c.state.Waiting, Denied: c.state.Denied}
			if c.state.Running != nil {
				lane.Line = append([]release.LaneEntry{*c.state.Running}, c.state.Waiting...)
			}
			require.Equal(t, lane.Refusal(release.Submission{Spec: c.spec}), refusal, "the lane's own words")
		})
	}
}
