package release

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Traffic is where the gray instances of a release get their traffic from: the rules of
// exactly one kind. It is in force from the beginning of the rollout to its end,
// whatever the end is; an application's own rule is kept and put back.
type Traffic struct {
	// SpringCloud are rules for Spring Cloud requests, matched by path.
	SpringCloud []TrafficRule `json:"springCloud,omitempty"`
	// Dubbo are rules for calls of Dubbo services.
	Dubbo []DubboTrafficRule `json:"dubbo,omitempty"`
	// ALB are rules for requests that come through an ALB gateway route.
	ALB []ALBTrafficRule `json:"alb,omitempty"`
	// Headers are rules by the headers of a request.
	Headers *HeaderTraffic `json:"headers,omitempty"`
}

// TrafficRule sends requests of one path to the gray instances.
type TrafficRule struct {
	Path string `json:"path"`
	// Condition is AND (all items must match) or OR.
	Condition string        `json:"condition"`
	Items     []TrafficItem `json:"items"`
}

// TrafficItem is one thing to look at in a request.
type TrafficItem struct {
	// Type is header, cookie or param; for ALB header, cookie or sourceIp.
	Type string `json:"type"`
	// Name is the header, cookie or parameter; none for sourceIp.
	Name string `json:"name,omitempty"`
	// Operator is rawvalue (compare), list (one of), mod (modulo 100) or percent.
	Operator string `json:"operator"`
	// Cond is the comparison: == != > < >= <=.
	Cond  string `json:"cond"`
	Value string `json:"value"`
}

// DubboTrafficRule sends calls of one method to the gray instances.
type DubboTrafficRule struct {
	ServiceName string             `json:"serviceName"`
	MethodName  string             `json:"methodName"`
	Group       string             `json:"group,omitempty"`
	Version     string             `json:"version,omitempty"`
	Condition   string             `json:"condition"`
	Items       []DubboTrafficItem `json:"items"`
}

// DubboTrafficItem is one argument of a call to look at.
type DubboTrafficItem struct {
	// Index is the argument, from 0.
	Index int `json:"index"`
	// Expr is the Spring EL expression on the argument; empty is the argument itself.
	Expr     string `json:"expr,omitempty"`
	Operator string `json:"operator"`
	Cond     string `json:"cond"`
	Value    string `json:"value"`
}

// ALBTrafficRule sends requests of one gateway route to the gray instances.
type ALBTrafficRule struct {
	// IngressID is the gateway route.
	IngressID   int64         `json:"ingressId"`
	ServiceName string        `json:"serviceName"`
	Condition   string        `json:"condition"`
	Items       []TrafficItem `json:"items"`
}

// HeaderTraffic sends requests to the gray instances by their headers.
type HeaderTraffic struct {
	// Match is all (a request has to meet every rule) or any.
	Match string       `json:"match"`
	Rules []HeaderRule `json:"rules"`
}

// HeaderRule is one header to look at in a request.
type HeaderRule struct {
	// Name is the header.
	Name string `json:"name"`
	// Op is equal, match (a pattern, in the language of the platform) or in (one of a list with commas).
	Op    string `json:"op"`
	Value string `json:"value"`
}

// Empty reports whether there is no rule.
func (t *Traffic) Empty() bool {
	return t == nil || len(t.SpringCloud)+len(t.Dubbo)+len(t.ALB) == 0 && (t.Headers == nil || len(t.Headers.Rules) == 0)
}

// Ways in which several rules by headers are taken together, and how each of them compares.
const (
	// MatchAll wants a request to meet every rule.
	MatchAll = "all"
	// MatchAny wants it to meet one of them.
	MatchAny = "any"

	// HeaderEqual compares a header with the value.
	HeaderEqual = "equal"
	// HeaderMatch holds it against the value as a pattern.
	HeaderMatch = "match"
	// HeaderIn asks whether the value, a list with commas, holds it.
	HeaderIn = "in"
)

// headerName is the form of the name of a header: that of RFC 9110, without the signs that no header in use has.
var headerName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// plainNumber is a number that is written without sign and exponent.
var plainNumber = regexp.MustCompile(`^[0-9]+([.][0-9]+)?$`)

// Words of the operators of traffic rules.
const (
	// OperatorCompare compares with the value.
	OperatorCompare = "rawvalue"
	// OperatorList asks whether the value, a list with commas, holds it.
	OperatorList = "list"
	// OperatorMod compares modulo 100.
	OperatorMod = "mod"
	// OperatorPercent takes a share of the requests, 0-100.
	OperatorPercent = "percent"
	// OperatorPercentLong is another word for [OperatorPercent].
	OperatorPercentLong = "deterministic_proportional_steaming_division"
)

// Bounds of traffic rules.
const maxRemainder = 100

// traffic checks what the platforms say about traffic rules (SAE API reference ch. 19
// and the ListGreyTagRoute page of January 2026; ServiceStage API reference ch. 4.3.1). Whatever is wrong is told at once.
func (v *validator) traffic(s Spec) {
	t := s.Traffic
	if t == nil {
		return
	}
	v.check(s.Operation == OperationRelease && s.Strategy.Type == StrategyGray, "traffic",
		"needs a release with strategy.type gray, whose first batch it serves")
	kinds := 0
	for _, given := range []bool{len(t.SpringCloud) > 0, len(t.Dubbo) > 0, len(t.ALB) > 0, t.Headers != nil} {
		if given {
			kinds++
		}
	}
	v.check(kinds == 1, "traffic", "give rules of exactly one kind: %s", alternatives(v.on.TrafficKinds()))
	for i, r := range t.SpringCloud {
		v.springCloud(fmt.Sprintf("traffic.springCloud[%d]", i), r)
	}
	for i, r := range t.Dubbo {
		v.dubbo(fmt.Sprintf("traffic.dubbo[%d]", i), r)
	}
	for i, r := range t.ALB {
		v.alb(fmt.Sprintf("traffic.alb[%d]", i), r)
	}
	if t.Headers != nil && !v.isTold("traffic.headers") {
		v.headers(*t.Headers)
		v.check(len(s.Strategy.Weights) == 0, "strategy.weights", "has no meaning beside traffic.headers, by which alone requests go to the gray batch; leave one of them out")
	}
}

func (v *validator) some(field string, n int) {
	v.check(n > 0, field, "must have at least one entry")
}

// word checks a text that must be there.
func (v *validator) word(field, s string) {
	v.check(strings.TrimSpace(s) != "", field, "must not be empty")
}

func (v *validator) oneOf(field, word string, words ...string) {
	v.check(slices.Contains(words, word), field, "%q is unknown; use %s", word, strings.Join(words, ", "))
}

func (v *validator) springCloud(at string, r TrafficRule) {
	v.check(strings.HasPrefix(r.Path, "/"), at+".path", "%q is not a path, which starts with /", r.Path)
	v.oneOf(at+".condition", r.Condition, "AND", "OR")
	v.items(at, r.Items, "header", "cookie", "param")
}

func (v *validator) dubbo(at string, r DubboTrafficRule) {
	v.word(at+".serviceName", r.ServiceName)
	v.word(at+".methodName", r.MethodName)
	v.oneOf(at+".condition", r.Condition, "AND", "OR")
	v.some(at+".items", len(r.Items))
	for i, item := range r.Items {
		at := fmt.Sprintf("%s.items[%d]", at, i)
		v.check(item.Index >= 0, at+".index", "must be 0 or more: arguments count from 0")
		v.comparison(at, item.Operator, item.Cond, item.Value)
	}
}

// alb is stricter than the others: all items must match, and each is compared for
// equality.
func (v *validator) alb(at string, r ALBTrafficRule) {
	v.check(r.IngressID > 0, at+".ingressId", "must be the ID of a gateway route")
	v.word(at+".serviceName", r.ServiceName)
	v.check(r.Condition == "AND", at+".condition", "must be AND for an ALB route")
	v.items(at, r.Items, "header", "cookie", "sourceIp")
	for i, item := range r.Items {
		at := fmt.Sprintf("%s.items[%d]", at, i)
		v.check(item.Operator == OperatorCompare, at+".operator", "must be %s for an ALB route", OperatorCompare)
		v.check(item.Cond == "==", at+".cond", "must be == for an ALB route")
	}
}

func (v *validator) headers(h HeaderTraffic) {
	const field = "traffic.headers"
	v.oneOf(field+".match", h.Match, MatchAll, MatchAny)
	v.some(field+".rules", len(h.Rules))
	for i, r := range h.Rules {
		at := fmt.Sprintf("%s.rules[%d]", field, i)
		v.check(matches(headerName, r.Name), at+".name", "%q is not the name of a header, such as x-canary", r.Name)
		v.oneOf(at+".op", r.Op, HeaderEqual, HeaderMatch, HeaderIn)
		if r.Op == HeaderIn {
			v.list(at+".value", r.Value)
		} else {
			v.word(at+".value", r.Value)
		}
	}
}

// list checks a list with commas.
func (v *validator) list(field, value string) {
	blank := slices.ContainsFunc(strings.Split(value, ","), func(s string) bool { return strings.TrimSpace(s) == "" })
	v.check(!blank, field, "must be a list with commas, such as a,b, without an empty entry")
}

func (v *validator) items(at string, items []TrafficItem, types ...string) {
	v.some(at+".items", len(items))
	for i, item := range items {
		at := fmt.Sprintf("%s.items[%d]", at, i)
		v.oneOf(at+".type", item.Type, types...)
		if item.Type == "sourceIp" {
			v.check(item.Name == "", at+".name", "has no meaning for a source IP")
		} else {
			v.word(at+".name", item.Name)
		}
		v.comparison(at, item.Operator, item.Cond, item.Value)
	}
}

// comparison checks an operator, its comparison and the shape of its value.
func (v *validator) comparison(at, operator, cond, value string) {
	v.oneOf(at+".cond", cond, "==", "!=", ">", "<", ">=", "<=")
	switch operator {
	case OperatorCompare:
		v.check(value != "", at+".value", "must not be empty")
	case OperatorList:
		v.list(at+".value", value)
	case OperatorMod, OperatorPercent, OperatorPercentLong:
		n, err := strconv.ParseFloat(value, 64)
		plain := matches(plainNumber, value)
		v.check(plain && err == nil && n <= maxRemainder, at+".value", "must be a number from 0 to %d", maxRemainder)
	default:
		v.check(false, at+".operator", "%q is unknown; use %s, %s, %s or %s", operator,
			OperatorCompare, OperatorList, OperatorMod, OperatorPercent)
	}
}
