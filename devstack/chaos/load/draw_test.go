package load_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/devstack/chaos/load"
	"slipway/release"
)

// size draws one of a run as people ask for it.
func size(t *rapid.T) load.Size {
	return load.Size{
		Releases: rapid.IntRange(1, 200).Draw(t, "releases"), Applications: rapid.IntRange(1, 40).Draw(t, "applications"),
		Over: time.Duration(rapid.IntRange(1, 600).Draw(t, "seconds")) * time.Second,
	}
}

// placed is the request as it is published.
func placed(r load.Request, app load.Application) release.Spec {
	s := r.Gated("http://127.0.0.1:8080/gates")
	s.App = release.App{Platform: app.Platform, Region: "cn-hangzhou", ID: "f80db7f6-0d46-4563-bd41-99f11e3a2eb4"}
	return s.WithDefaults()
}

// The same seed draws the same plan, and another one another plan.
func TestDraw_TheSeedIsThePlan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed, size := rapid.Uint64().Draw(t, "seed"), size(t)
		plan := load.Draw(seed, size)
		require.Equal(t, plan, load.Draw(seed, size))
		require.NotEqual(t, plan, load.Draw(seed+1, size))
	})
}

// Whatever is drawn is as much as was asked for, in the order of its times, and taken by its platform.
func TestDraw_EveryRequestIsOneThatItsPlatformTakes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := size(t)
		require.NoError(t, size.Validate())
		plan := load.Draw(rapid.Uint64().Draw(t, "seed"), size)
		require.Len(t, plan.Applications, size.Applications)
		require.Len(t, plan.Requests, size.Releases)
		ids, last := map[string]bool{}, time.Duration(0)
		for _, r := range plan.Requests {
			app := plan.Applications[r.Application]
			require.NoError(t, placed(r, app).Validate(), "%s on %s", r.EventID, app.Platform)
			require.False(t, ids[r.EventID], "%s is there twice", r.EventID)
			require.GreaterOrEqual(t, r.At, last)
			require.Less(t, r.At, size.Over)
			ids[r.EventID], last = true, r.At
		}
		for _, s := range plan.Sets {
			require.NoError(t, setOf(s, plan).Validate(), s.EventID)
		}
		for _, f := range plan.Faulty {
			require.GreaterOrEqual(t, f.At, plan.Requests[f.Request].At, "it is like what was sent before")
		}
		for _, a := range plan.Acts {
			require.Positive(t, a.For)
		}
	})
}

// setOf is the set as it is published.
func setOf(s load.Set, plan load.Plan) release.Set {
	set := release.Set{Name: s.EventID, OnFailure: s.OnFailure, RequestedBy: "chaos"}
	for i, m := range s.Members {
		spec := placed(m, plan.Applications[m.Application])
		spec.App.ID += fmt.Sprint(i)
		if spec.App.Platform == release.PlatformServiceStage {
			spec.App.ID = fmt.Sprintf("f80db7f6-0d46-4563-bd41-99f11e3a2eb%d", i)
		}
		set.Waves = append(set.Waves, release.Wave{Confirm: s.Confirm, Releases: []release.SetRelease{{Name: fmt.Sprint("member-", i), Spec: spec}}})
	}
	return set.WithDefaults()
}

// A plan of the usual size has every platform, operation, strategy, answer, fault of a message and act, and documents with two environments.
func TestDraw_NothingIsLeftOut(t *testing.T) {
	t.Parallel()
	plan := load.Draw(1, load.Size{Releases: 200, Applications: 24, Over: 10 * time.Minute})
	drawn := map[any]int{}
	for _, r := range plan.Requests {
		s := placed(r, plan.Applications[r.Application])
		drawn[s.App.Platform]++
		drawn[s.Strategy.Type]++
		drawn[s.Strategy.Confirm]++
		drawn[r.Answer]++
		drawn[s.Operation]++
		drawn["approval"] += btoi(s.Approval != nil)
		drawn[r.Gate]++
		drawn["traffic"] += btoi(s.Traffic != nil)
		drawn["own traffic rule"] += btoi(plan.Applications[r.Application].Route && s.Traffic != nil)
		drawn["watch"] += btoi(s.Strategy.Watch != nil)
		drawn[plan.Applications[r.Application].Environment]++
	}
	for _, f := range plan.Faulty {
		drawn[f.Kind]++
	}
	for _, a := range plan.Acts {
		drawn[a.Kind]++
	}
	for _, s := range plan.Sets {
		drawn[s.OnFailure]++
		require.Len(t, s.Members, 3)
	}
	for _, kind := range load.FaultyKinds() {
		require.NotZero(t, drawn[kind], kind)
	}
	for _, kind := range load.ActKinds() {
		require.NotZero(t, drawn[kind], kind)
	}
	for _, on := range release.Platforms() {
		require.NotZero(t, drawn[on.Platform], on.Platform)
	}
	for _, a := range load.Answers() {
		require.NotZero(t, drawn[a], a)
	}
	for _, each := range []any{
		"approval", "watch", "traffic", "own traffic rule", load.GatePasses, load.GateFails, "staging", "production", release.SetStop, release.SetContinue, release.SetRollback,
		release.OperationRelease, release.OperationRollback, release.OperationRestart, release.OperationRescale, release.OperationJob, release.StrategyAll, release.StrategyBatch, release.StrategyGray, release.ConfirmAuto, release.ConfirmManual,
	} {
		require.NotZero(t, drawn[each], each)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A size that makes no sense is refused, with all that is wrong with it.
func TestSize_Validate(t *testing.T) {
	t.Parallel()
	err := load.Size{}.Validate()
	require.ErrorContains(t, err, "releases: must be 1-10000, is 0")
	require.ErrorContains(t, err, "applications: must be 1-1000, is 0")
	require.ErrorContains(t, err, "more than 0s")
}
