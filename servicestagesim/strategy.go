package servicestagesim

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"slipway/internal/simframe"
)

// Types of deploy strategies.
const (
	oneBatch = "OneBatchRelease"
	rolling  = "RollingRelease"
	gray     = "GrayRelease"
)

// Values of a gray release.
const (
	grayWeight  = "weight"
	grayContent = "content"

	surgeMirror  = "mirror"
	surgeExtra   = "extra"
	surgeNoSurge = "no_surge"

	matchAll = "all"
	matchAny = "any"

	conditionEqual = "equal"
	conditionMatch = "match"
	conditionIn    = "in"
)

// strategy is how a version is deployed [4.3.1].
type strategy struct {
	Type    string          `json:"type"`
	Rolling *rollingRelease `json:"rolling_release,omitempty"`
	Gray    *grayRelease    `json:"gray_release,omitempty"`
}

type rollingRelease struct {
	Batches integer `json:"batches"`
}

type grayRelease struct {
	Type         string   `json:"type"`
	FirstWeight  *integer `json:"first_batch_weight,omitempty"`
	FirstReplica *integer `json:"first_batch_replica,omitempty"`
	Remaining    *integer `json:"remaining_batch,omitempty"`
	// Mode is the kind of what leads the requests: 1 a microservice gateway, 3 a microservice, 4 ELB, 6 shared ELB.
	Mode  integer  `json:"deployment_mode,omitempty"`
	Surge string   `json:"replica_surge_mode,omitempty"`
	Match string   `json:"rule_match_mode,omitempty"`
	Rules ruleList `json:"rules,omitempty"`
}

type grayRule struct {
	Type      string `json:"type"`
	Key       string `json:"key"`
	Value     string `json:"value"`
	Condition string `json:"condition"`
}

// ruleList are rules, which the table of the reference prints as one object.
type ruleList []grayRule

// UnmarshalJSON reads a list of rules, or one of them.
func (l *ruleList) UnmarshalJSON(text []byte) error {
	if isObject(text) {
		text = bytes.Join([][]byte{[]byte("["), text, []byte("]")}, nil)
	}
	var rules []grayRule
	if err := json.Unmarshal(text, &rules); err != nil {
		return err
	}
	*l = rules
	return nil
}

// readStrategy reads a strategy; one that is absent means all replicas at once.
func readStrategy(k *checker, text document) strategy {
	if isEmpty(text) {
		return strategy{Type: oneBatch}
	}
	var s strategy
	if err := json.Unmarshal(text, &s); err != nil {
		k.check(false, "deploy_strategy: %v", err)
		return s
	}
	if g := s.Gray; g != nil {
		g.Type, g.Surge, g.Match = strings.ToLower(g.Type), strings.ToLower(g.Surge), strings.ToLower(g.Match)
		if g.Surge == "nosurge" {
			g.Surge = surgeNoSurge
		}
	}
	return s
}

// check checks a strategy for a number of replicas.
func (s strategy) check(k *checker, spec specification, replica int) {
	switch s.Type {
	case oneBatch:
	case rolling:
		if s.Rolling == nil {
			k.check(false, "deploy_strategy.rolling_release must be given for the type %s", rolling)
			return
		}
		k.check(s.Rolling.Batches >= 1 && int(s.Rolling.Batches) <= max(1, replica),
			"deploy_strategy.rolling_release.batches must be from 1 to the number of replicas, %d, is %d", replica, s.Rolling.Batches)
	case gray:
		if s.Gray == nil {
			k.check(false, "deploy_strategy.gray_release must be given for the type %s", gray)
			return
		}
		k.check(spec.Stack.DeployMode != modeVM, "deploy_strategy.type %s is for containers", gray)
		k.check(replica >= leastGray, "a gray release needs %d replicas at least, the component has %d", leastGray, replica)
		s.Gray.check(k, spec, replica)
	default:
		k.check(false, "deploy_strategy.type must be %s, %s or %s, is %q", oneBatch, rolling, gray, simframe.Shorten(s.Type))
	}
}

// leastGray is how many replicas a gray release needs.
const leastGray = 2

func (g *grayRelease) check(k *checker, spec specification, replica int) {
	const place = "deploy_strategy.gray_release."
	switch g.Type {
	case grayWeight:
		k.check(g.FirstWeight != nil && *g.FirstWeight >= 0 && *g.FirstWeight <= 100, place+"first_batch_weight must be given, from 0 to 100")
	case grayContent:
		g.checkContent(k)
	default:
		k.check(false, place+"type must be weight or content, is %q", simframe.Shorten(g.Type))
	}
	k.check(slices.Contains([]string{"", surgeMirror, surgeExtra, surgeNoSurge}, g.Surge),
		place+"replica_surge_mode must be mirror, extra or no_surge, is %q", simframe.Shorten(g.Surge))
	k.check(slices.Contains([]integer{0, 1, 3, 4, 6}, g.Mode), place+"deployment_mode must be 1, 3, 4 or 6, is %d", g.Mode)
	k.check(g.Mode != 4 && g.Mode != 6 || g.Type == grayWeight, place+"type must be weight where ELB leads the requests")
	if g.Mode == 3 {
		g.checkMicroservice(k, spec)
	}
	if g.Surge == surgeMirror {
		return
	}
	first, rest := g.FirstReplica.value(), g.Remaining.value()
	k.check(first >= 1 && first < replica, place+"first_batch_replica must be given, from 1 to %d", replica-1)
	k.check(rest >= 1 && rest <= max(1, replica-first), place+"remaining_batch must be given, from 1 to %d", max(1, replica-first))
}

// checkContent checks the rules by which requests are led.
func (g *grayRelease) checkContent(k *checker) {
	const place = "deploy_strategy.gray_release."
	k.check(g.Surge != "", place+"replica_surge_mode must be given for the type content")
	k.check(g.Match == matchAll || g.Match == matchAny, place+"rule_match_mode must be all or any for the type content, is %q", simframe.Shorten(g.Match))
	k.check(len(g.Rules) > 0, place+"rules must be given for the type content")
	for i, r := range g.Rules {
		k.check(r.Type == "header", place+"rules[%d].type must be header, is %q", i, simframe.Shorten(r.Type))
		k.check(r.Key != "" && r.Value != "", place+"rules[%d] must have a key and a value", i)
		k.check(slices.Contains([]string{conditionEqual, conditionMatch, conditionIn}, r.Condition),
			place+"rules[%d].condition must be equal, match or in, is %q", i, simframe.Shorten(r.Condition))
		if r.Condition == conditionMatch {
			_, err := r.pattern()
			k.check(err == nil, place+"rules[%d].value is no regular expression: %q", i, simframe.Shorten(r.Value))
		}
	}
}

// checkMicroservice checks what a gray release of a microservice needs.
func (g *grayRelease) checkMicroservice(k *checker, spec specification) {
	k.check(slices.Contains([]string{"Java", "Tomcat", "Docker"}, spec.Stack.Type),
		"a gray release of a microservice needs a runtime stack of type Java, Tomcat or Docker, has %q", spec.Stack.Type)
	k.check(slices.ContainsFunc(spec.references(), func(r reference) bool { return r.Type == "cse" || r.Type == "nacos" }),
		"a gray release of a microservice needs an engine in refer_resources, of type cse or nacos")
}

// divide divides replicas into batches as evenly as possible, the larger ones first [4.3.1].
func divide(replicas, batches int) []int {
	sizes := make([]int, batches)
	for i := range sizes {
		sizes[i] = replicas / batches
		if i < replicas%batches {
			sizes[i]++
		}
	}
	return sizes
}
