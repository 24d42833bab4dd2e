package release_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// watchStart is when the measuring of these tests begins.
func watchStart() time.Time { return time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC) }

// TestMeasureInput_Take measures two samples a measurement, a minute apart.
func TestMeasureInput_Take(t *testing.T) {
	t.Parallel()
	const pass, fail, none = release.VerdictPass, release.VerdictFail, release.VerdictInconclusive
	type sample struct {
		at time.Duration
		v  release.Verdict
	}
	every := func(verdicts ...release.Verdict) []sample {
		var out []sample
		for i, v := range verdicts {
			out = append(out, sample{time.Duration(i) * time.Minute, v})
		}
		return out
	}
	for name, c := range map[string]struct {
		// until is how long the gate is watched; 0 measures it once.
		until   time.Duration
		samples []sample
		// taken is how many of the samples are taken until there is a verdict; 0 for none.
		taken  int
		want   release.Verdict
		reason string
	}{
		"once, under way":                 {0, every(pass), 0, "", ""},
		"once":                            {0, every(pass, pass, pass), 2, pass, "2 of 2 samples passed"},
		"watched, before the end":         {10 * time.Minute, every(pass, pass, pass, pass), 0, "", ""},
		"watched to the end":              {3 * time.Minute, every(pass, pass, pass, pass), 4, pass, "measured 2 times; the last time 2 of 2"},
		"one that is too short":           {30 * time.Second, every(pass, pass), 2, pass, "2 of 2 samples passed"},
		"the end within a measurement":    {4 * time.Minute, every(pass, pass, pass, pass, pass), 5, pass, "measured 2 times"},
		"a failure ends it at once":       {time.Hour, every(pass, pass, fail), 3, fail, "measured once before; then 0 of 1 samples passed, 1 failed"},
		"a failure at the first":          {time.Hour, every(fail), 1, fail, "0 of 1 samples passed, 1 failed"},
		"doubts that were settled":        {3 * time.Minute, every(none, none, pass, pass), 4, pass, "measured 2 times"},
		"doubts at the end":               {3 * time.Minute, every(pass, pass, none, none), 4, none, "0 of 2 samples passed, 0 failed, 2 inconclusive"},
		"workers away at the end":         {3 * time.Minute, append(every(pass, pass), sample{24 * time.Hour, pass}, sample{24*time.Hour + time.Minute, pass}), 4, pass, "measured 2 times"},
		"workers away, and a failure now": {3 * time.Minute, append(every(pass, pass), sample{24 * time.Hour, fail}), 3, fail, "1 failed"},
		"workers away before the end":     {24 * time.Hour, append(every(pass, pass), sample{20 * time.Hour, pass}), 0, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := httpGate()
			g.Samples, g.Interval = 2, release.Duration(time.Minute)
			in := release.MeasureInput{Gate: g, Batch: 3}
			if c.until > 0 {
				in.Until = watchStart().Add(c.until)
			}
			var m release.Measuring
			for i, s := range c.samples {
				var r release.GateResult
				var done bool
				m, r, done = in.Take(m, release.Sample{At: watchStart().Add(s.at), Verdict: s.v})
				require.Equal(t, c.taken == i+1, done, "after sample %d", i+1)
				if done {
					require.Equal(t, c.want, r.Verdict)
					require.Contains(t, r.Reason, c.reason)
					require.Equal(t, 3, r.Batch)
					require.NotEmpty(t, r.Samples)
					return
				}
			}
			require.Zero(t, c.taken)
		})
	}
}

// TestMeasureInput_ADryRunIsMeasuredOn, so that it says how often it would have ended the watch.
func TestMeasureInput_ADryRunIsMeasuredOn(t *testing.T) {
	t.Parallel()
	g := httpGate()
	g.Samples, g.Interval, g.DryRun = 1, release.Duration(time.Minute), true
	in := release.MeasureInput{Gate: g, Batch: 3, Until: watchStart().Add(2 * time.Minute)}
	var m release.Measuring
	for i, v := range []release.Verdict{release.VerdictFail, release.VerdictPass, release.VerdictPass} {
		var r release.GateResult
		var done bool
		m, r, done = in.Take(m, release.Sample{At: watchStart().Add(time.Duration(i) * time.Minute), Verdict: v})
		require.Equal(t, i == 2, done)
		if done {
			require.Equal(t, release.VerdictFail, r.Verdict)
			require.True(t, r.DryRun)
			require.Equal(t, "failed 1 of 3 times; measured 3 times; the last time 1 of 1 samples passed, 0 failed, 0 inconclusive", r.Reason)
		}
	}
}

func TestMeasureInput_DelayEndsWithTheWatch(t *testing.T) {
	t.Parallel()
	in := release.MeasureInput{Gate: httpGate()}
	require.Equal(t, 30*time.Second, in.Delay(watchStart()))
	in.Until = watchStart().Add(10 * time.Second)
	require.Equal(t, 10*time.Second, in.Delay(watchStart()), "the last sample is taken at the end")
	require.Equal(t, 30*time.Second, in.Delay(in.Until), "which one that is taken after it does not know")
}

func TestWatch_Validate(t *testing.T) {
	t.Parallel()
	const hour = release.Duration(time.Hour)
	slow := httpGate()
	slow.Samples, slow.Interval = 5, release.Duration(16*time.Minute)
	for name, c := range map[string]struct {
		watch release.Watch
		op    release.Operation
		want  string
	}{
		"only time":                  {release.Watch{For: hour}, release.OperationRelease, ""},
		"with gates":                 {release.Watch{For: hour, Gates: []release.Gate{httpGate(), prometheusGate()}}, release.OperationRelease, ""},
		"of a rollback":              {release.Watch{For: hour}, release.OperationRollback, ""},
		"of a restart":               {release.Watch{For: hour}, release.OperationRestart, "strategy.watch: has no meaning for a restart, which brings no version to go back from"},
		"of a rescale":               {release.Watch{For: hour}, release.OperationRescale, "strategy.watch: has no meaning for a rescale"},
		"no time":                    {release.Watch{}, release.OperationRelease, "strategy.watch.for: must be more than 0s and at most 2160h"},
		"too long":                   {release.Watch{For: 2161 * hour}, release.OperationRelease, "strategy.watch.for: must be more than 0s"},
		"a gate that is slower":      {release.Watch{For: hour, Gates: []release.Gate{slow}}, release.OperationRelease, "strategy.watch.gates[0].interval: 5 samples take 1h4m, which is longer than the watch of 1h"},
		"two gates of the same name": {release.Watch{For: hour, Gates: []release.Gate{httpGate(), httpGate()}}, release.OperationRelease, `strategy.watch.gates[1].name: "health" is the name of another gate already`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := release.Spec{App: anApp(), Operation: c.op, Strategy: release.Strategy{Watch: &c.watch}}
			switch c.op {
			case release.OperationRelease:
				s.Artifact = release.Artifact{Image: "shop:1"}
			case release.OperationRescale:
				s.Instances = 3
			case release.OperationRollback, release.OperationRestart, release.OperationJob:
			}
			err := s.WithDefaults().Validate()
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			problems, _ := errors.AsType[release.Problems](err)
			require.Len(t, problems, 1)
			require.True(t, strings.HasPrefix(problems[0].Error(), c.want), problems[0].Error())
		})
	}
}

func TestWatch_DefaultsAreThoseOfGates(t *testing.T) {
	t.Parallel()
	asked := release.Spec{Strategy: release.Strategy{Watch: &release.Watch{For: release.Duration(time.Hour), Gates: []release.Gate{httpGate()}}}}
	require.Equal(t, 1, asked.WithDefaults().Strategy.Watch.Gates[0].Samples)
	require.Zero(t, asked.Strategy.Watch.Gates[0].Samples, "what was asked for is left as it was")
	other := asked
	other.Strategy.Watch = &release.Watch{For: release.Duration(2 * time.Hour)}
	require.NotEqual(t, asked.Digest(), other.Digest(), "another watch is another content")
}

func TestLaneInput_Successor(t *testing.T) {
	t.Parallel()
	runs := release.LaneEntry{ReleaseID: "r-1", Proceeded: true, Watched: true}
	next := release.LaneEntry{ReleaseID: "r-2", RequestedBy: "bob", Override: true}
	unwatched := runs
	unwatched.Watched = false
	for name, c := range map[string]struct {
		lane   release.LaneInput
		want   release.Successor
		wanted bool
	}{
		"nothing runs":                 {release.LaneInput{Line: []release.LaneEntry{next}}, release.Successor{}, false},
		"nothing waits":                {release.LaneInput{Line: []release.LaneEntry{runs}}, release.Successor{}, true},
		"what runs is not watched":     {release.LaneInput{Line: []release.LaneEntry{unwatched, next}}, release.Successor{}, false},
		"the next":                     {release.LaneInput{Line: []release.LaneEntry{runs, next}}, release.Successor{ReleaseID: "r-2", RequestedBy: "bob", Override: true}, true},
		"the lane is held":             {release.LaneInput{Line: []release.LaneEntry{runs, next}, Held: &release.Hold{}}, release.Successor{}, true},
		"the lane is held, none waits": {release.LaneInput{Line: []release.LaneEntry{runs}, Held: &release.Hold{}}, release.Successor{}, true},
	} {
		_, got, wanted := c.lane.Successor()
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.wanted, wanted, name)
	}
	require.Equal(t, "release r-2 of bob", release.Successor{ReleaseID: "r-2", RequestedBy: "bob"}.Words())
	spec := release.Spec{Strategy: release.Strategy{Watch: &release.Watch{}}, Freeze: release.FreezePolicy{Override: "fire"}}
	place := release.Submission{Spec: spec}.Place(watchStart())
	require.Equal(t, "true true", fmt.Sprint(place.Watched, place.Override))
}
