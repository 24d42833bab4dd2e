package platformtest

import (
	"github.com/stretchr/testify/require"

	"slipway/release"
)

// enabled are the rules of a snapshot that are enabled.
func enabled(snap release.Snapshot) (rules []release.ScalingRule) {
	for _, r := range snap.ScalingRules {
		if r.Enabled {
			rules = append(rules, r)
		}
	}
	return rules
}

// noneEnabled requires that no rule acts.
func (s *scene) noneEnabled() {
	s.Helper()
	for name, rule := range s.world.Truth().Rules {
		require.False(s, rule.Enabled, name)
	}
}

// suspended adds rules and disables them.
func (s *scene) suspended() (before map[string]Rule, held []release.ScalingRule) {
	s.Helper()
	s.world.AddRules()
	before = s.world.Truth().Rules
	held = enabled(s.snapshot(release.SnapshotInput{}))
	require.Len(s, held, len(before))
	for _, r := range s.scale(held, false).Rules {
		require.False(s, r.Enabled, r.Name)
	}
	s.noneEnabled()
	return before, held
}

// rulesAroundARelease disables the rules, releases, and puts them back exactly.
func rulesAroundARelease(s *scene) {
	before, held := s.suspended()
	change := s.released(2)
	s.noneEnabled()
	back := s.scale(held, true)
	require.Len(s, back.Rules, len(held))
	for _, r := range back.Rules {
		require.True(s, r.Enabled, r.Name)
		for _, was := range held {
			if was.Name == r.Name {
				require.Equal(s, was.Revision, r.Revision, "nobody has changed it")
			}
		}
	}
	require.Equal(s, before, s.world.Truth().Rules)
	require.Equal(s, instances, s.world.Truth().Instances)
	s.one(change)
}

// ruleByRule disables and enables each rule alone: the others stay as they are.
func ruleByRule(s *scene) {
	s.world.AddRules()
	before := s.world.Truth().Rules
	for _, rule := range enabled(s.snapshot(release.SnapshotInput{})) {
		s.scale([]release.ScalingRule{rule}, false)
		now := s.world.Truth().Rules
		require.False(s, now[rule.Name].Enabled)
		for name, other := range before {
			if name != rule.Name {
				require.Equal(s, other, now[name])
			}
		}
		sent := s.h.Changes
		s.scale([]release.ScalingRule{rule}, false)
		require.Equal(s, sent, s.h.Changes, "it is so already")
		s.scale([]release.ScalingRule{rule}, true)
		require.Equal(s, before, s.world.Truth().Rules)
		sent = s.h.Changes
		s.scale([]release.ScalingRule{rule}, true)
		require.Equal(s, sent, s.h.Changes, "it is so already")
	}
}

// ruleChanged puts rules back of which somebody has changed one: it is enabled as changed.
func ruleChanged(s *scene) {
	before, held := s.suspended()
	s.world.ChangeRule(held[0].Name)
	back := s.scale(held, true)
	now := s.world.Truth().Rules
	require.True(s, now[held[0].Name].Enabled)
	require.NotEqual(s, before[held[0].Name].Says, now[held[0].Name].Says, "the change of somebody else stays")
	require.Equal(s, before[held[1].Name], now[held[1].Name])
	for _, r := range back.Rules {
		if r.Name == held[0].Name {
			require.NotEqual(s, held[0].Revision, r.Revision, "it is told that it was changed")
		}
	}
}

// ruleDeleted puts rules back of which somebody has deleted one: where that can be seen, it stays so.
func ruleDeleted(s *scene) {
	if s.traits.TakesRulesAway() {
		// What was taken away cannot be deleted; one that is deleted before it is taken away is left out.
		s.world.AddRules()
		held := enabled(s.snapshot(release.SnapshotInput{}))
		s.world.DeleteRule(held[0].Name)
		before := s.world.Truth().Rules
		s.scale(held[1:], false)
		s.scale(held[1:], true)
		require.Equal(s, before, s.world.Truth().Rules)
		return
	}
	before, held := s.suspended()
	s.world.DeleteRule(held[0].Name)
	back := s.scale(held, true)
	require.Len(s, back.Rules, len(held)-1)
	now := s.world.Truth().Rules
	require.NotContains(s, now, held[0].Name)
	require.Equal(s, before[held[1].Name], now[held[1].Name])
}
