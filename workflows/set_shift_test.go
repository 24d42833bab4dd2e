package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// shifts adds a service of a platform that shifts traffic to the market.
func (m *market) shifts(name string) *shifting {
	m.t.Helper()
	first := m.app
	p := newShifting(m.stage)
	m.apps[name], m.app = m.app, first
	m.names = append(m.names, name)
	return p
}

// A set over two platforms goes back through its waves in reverse order, whichever of them has failed.
func TestSet_OverTwoPlatformsRollsBackInReverseOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		waves func(*market) []release.Wave
		// broken is the application that fails; empty where the service is what does.
		broken string
		// failed is the outcome of the last wave, back are the rollbacks in their order, and moves what the
		// alias was given.
		failed release.Phase
		back   []string
		moves  []string
	}{
		"an application fails after a service": {
			func(m *market) []release.Wave {
				return []release.Wave{m.wave("stock"), m.wave("functions"), m.wave("shop")}
			},
			"shop", release.PhaseRolledBack,
			[]string{"back/functions", "back/stock"},
			[]string{"2", "1"},
		},
		"an application fails after a gray service": {
			func(m *market) []release.Wave {
				gray := m.member("functions", release.Strategy{Type: release.StrategyGray, Weights: []int{5, 30}, Confirm: release.ConfirmAuto})
				return []release.Wave{{Releases: []release.SetRelease{gray}}, m.wave("stock"), m.wave("shop")}
			},
			"shop", release.PhaseRolledBack,
			[]string{"back/stock", "back/functions"},
			[]string{"1 2:5", "1 2:30", "2", "1"},
		},
		"a service fails after applications": {
			func(m *market) []release.Wave {
				gray := m.member("functions", shifts(5, 30))
				gray.Spec.Limits.Confirm = release.Duration(time.Hour)
				return []release.Wave{m.wave("stock"), m.wave("shop"), {Releases: []release.SetRelease{gray}}}
			},
			"", release.PhaseAborted,
			[]string{"back/shop", "back/stock"},
			[]string{"1 2:5", "1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMarket(t, "stock", "shop")
			platform := m.shifts("functions")
			if c.broken != "" {
				m.breakApp(c.broken)
			}
			p := m.runSet(release.Set{Waves: c.waves(m), OnFailure: release.SetRollback})
			require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
			require.Equal(t, c.failed, p.Waves[2].Releases[0].Run.Outcome)
			require.Nil(t, p.Waves[2].Releases[0].Rollback, "it has put itself back")
			require.Equal(t, c.back, m.begunOrder()[3:])
			first, second := p.Waves[1].Releases[0].Rollback, p.Waves[0].Releases[0].Rollback
			require.False(t, second.StartedAt.Before(first.EndedAt), "one wave after the other")
			require.Equal(t, c.moves, platform.moves)
			require.Equal(t, []string{oldImage, oldImage}, []string{m.runs("stock"), m.runs("shop")})
			require.Equal(t, release.EventRolledBack, m.setKinds()[len(m.setKinds())-1])
		})
	}
}

// A set is planned release by release: each says what it would do on its own platform.
func TestSet_OverTwoPlatformsIsPlannedByEach(t *testing.T) {
	t.Parallel()
	onSAE, onFC := newPlanStage(t), newPlanStage(t)
	newShifting(onFC.stage)
	set := release.Set{Name: "shop", OnFailure: release.SetRollback, Waves: []release.Wave{
		{Releases: []release.SetRelease{{Name: "stock", Spec: onSAE.spec(gray())}}},
		{Releases: []release.SetRelease{{Name: "functions", Spec: leased(onFC.stage, shifts(5, 30))}}},
	}}.WithDefaults()
	require.NoError(t, set.Validate())

	p := onSAE.plan(set.Waves[0].Releases[0].Spec)
	require.Empty(t, p.Refusals)
	require.Equal(t, [][]int{{1, 0}, {2, 0}, {2, 0}}, sizes(p))
	require.Equal(t, release.PlannedInstances{Before: 5, After: 5}, *p.Instances)
	require.Equal(t, []release.PlannedRule{{Name: "daily"}}, p.ScalingRules)
	require.Equal(t, oldImage, p.Return.Artifact.Image)

	p = onFC.plan(set.Waves[1].Releases[0].Spec)
	require.Empty(t, p.Refusals)
	require.Equal(t, [][]int{{0, 5}, {0, 30}, {0, 100}}, sizes(p))
	require.Equal(t, release.PlannedInstances{Before: 3, After: 3}, *p.Instances)
	require.Equal(t, []release.PlannedRule{{Name: "api.daily"}}, p.ScalingRules)
	require.Equal(t, "1", p.Return.ID)
	require.True(t, p.Return.Kept, "the way back of the set needs it")
}

// sizes are the instances and the weight of each batch.
func sizes(p release.Plan) (all [][]int) {
	for _, b := range p.Batches {
		all = append(all, []int{b.Instances, b.Weight})
	}
	return all
}
