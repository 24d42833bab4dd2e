package servicestage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"slipway/activities/cloud"
	"slipway/release"
	"slipway/servicestageclient"
)

// Words of a gray release that leads requests (API reference ch. 4.3.1).
const (
	byWeight  = "weight"
	byContent = "content"
	ruleOf    = "header"
	// addFirst adds the gray instances before it takes others away, so that as many are there as before. A gray release by
	// rules has to say how.
	addFirst = "extra"
)

// leads finds out which requests the gray batch gets: a share of the traffic or, by rules, those with certain headers.
func (p *preparation) leads(c *servicestageclient.Component, s release.Strategy, t *release.Traffic) {
	g := &servicestageclient.GrayRelease{FirstBatchReplica: &s.Gray, RemainingBatch: &s.Batches}
	p.strategy = servicestageclient.DeployStrategy{Type: servicestageclient.StrategyGray, GrayRelease: g}
	if t.Empty() {
		weight := s.GrayWeight(c.Replica)
		if len(s.Weights) > 1 || weight < 1 || weight > 99 {
			p.Problem("strategy.weights: ServiceStage pauses once, after the gray batch: give one weight at most, from 1 to 99")
		}
		g.Type, g.FirstBatchWeight = byWeight, &weight
		return
	}
	if t.Headers == nil {
		p.Problem("traffic: ServiceStage leads requests by their headers alone: use traffic.headers")
		return
	}
	if len(s.Weights) > 0 {
		p.Problem("strategy.weights: has no meaning beside traffic.headers: leave one of them out")
	}
	g.Type, g.ReplicaSurgeMode, g.RuleMatchMode, g.Rules = byContent, addFirst, t.Headers.Match, rulesOf(*t.Headers)
}

// rulesOf are rules by headers as they travel: an array, which the reference prints as one object.
func rulesOf(h release.HeaderTraffic) (rules []servicestageclient.GrayRule) {
	for _, r := range h.Rules {
		rules = append(rules, servicestageclient.GrayRule{Type: ruleOf, Key: r.Name, Condition: r.Op, Value: r.Value})
	}
	return rules
}

// mostRuleWords bounds what is told of rules, in bytes.
const mostRuleWords = 500

// ledElsewhere says in words what somebody has made of the rules of a release in its pause; empty where they are as
// they should be, or the platform does not show them. There is no other time at which they can be changed.
func (l look) ledElsewhere(wanted *release.Traffic) string {
	if wanted.Empty() || wanted.Headers == nil || !l.paused() || l.now.DeployStrategy == nil || l.now.DeployStrategy.GrayRelease == nil {
		return ""
	}
	const elsewhere = "changed elsewhere: the gray batch gets "
	switch shown := l.now.DeployStrategy.GrayRelease; {
	case strings.EqualFold(shown.Type, byWeight) && shown.FirstBatchWeight != nil:
		return fmt.Sprintf("%s%d %% of the traffic", elsewhere, *shown.FirstBatchWeight)
	case len(shown.Rules) == 0 || sameRules(*shown, *wanted.Headers):
		return ""
	default:
		return release.ShortenLine(elsewhere+cloud.WithoutSecrets(wordsOfRules(*shown)), mostRuleWords)
	}
}

// sameRules reports whether a gray release leads requests by the wanted rules, in any order. Newer services spell words with
// capitals, and the name of a header has no case.
func sameRules(shown servicestageclient.GrayRelease, wanted release.HeaderTraffic) bool {
	if shown.RuleMatchMode != "" && !strings.EqualFold(shown.RuleMatchMode, wanted.Match) {
		return false
	}
	return slices.Equal(plainRules(shown.Rules), plainRules(rulesOf(wanted)))
}

// plainRules are rules in one spelling and one order.
func plainRules(rules []servicestageclient.GrayRule) []string {
	plain := make([]string, len(rules))
	for i, r := range rules {
		plain[i] = cloud.Wire([]string{strings.ToLower(r.Type), strings.ToLower(r.Key), strings.ToLower(r.Condition), r.Value})
	}
	slices.Sort(plain)
	return plain
}

// wordsOfRules say which requests rules lead.
func wordsOfRules(g servicestageclient.GrayRelease) string {
	var rules []string
	for _, r := range g.Rules {
		rules = append(rules, strings.ToLower(r.Key)+" "+strings.ToLower(r.Condition)+" "+r.Value)
	}
	return "requests whose headers meet " + cmp.Or(strings.ToLower(g.RuleMatchMode), release.MatchAll) + " of: " + strings.Join(rules, "; ")
}
