package saesim

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	paramAppRule     = "AppEntryRule"
	paramGatewayRule = "MseGatewayEntryRule"

	modelContent = 0
)

// laneRule is which traffic goes to a lane, at an application that is the entry or at a
// gateway. Its members are those of the requests.
type laneRule struct {
	ConditionJoiner             string          `json:",omitempty"`
	Conditions                  []laneCondition `json:",omitempty"`
	IndependentPercentageEnable bool            `json:",omitempty"`
	Percentage                  int             `json:",omitempty"`

	// These are of an application, and those below of a gateway.
	Paths            []string       `json:",omitempty"`
	PercentageByPath map[string]int `json:",omitempty"`

	RouteIDs          []int64        `json:"RouteIds,omitempty"`
	PercentageByRoute map[string]int `json:",omitempty"`
	// Routes is a member of answers, which tells what RouteIds names: it may be sent back.
	Routes json.RawMessage `json:",omitempty"`
}

type laneCondition struct {
	Type      string
	Name      string
	Condition string
	Value     string
	// Values is a member of answers: the parts of Value. It may be sent back, and says what
	// the value is where Value does not.
	Values []string `json:",omitempty"`
}

// plain leaves out what only answers have.
func (r *laneRule) plain() {
	r.Routes = nil
	for i := range r.Conditions {
		condition := &r.Conditions[i]
		if condition.Value == "" {
			condition.Value = strings.Join(condition.Values, ",")
		}
		condition.Values = nil
	}
}

// readLaneRule reads the rule of a lane. It is one for the kind of entry that the group
// has; the other one is refused, as it would do nothing.
func (c *call) readLaneRule(g *laneGroup, wanted *lane) *apiError {
	name, other := paramGatewayRule, paramAppRule
	if g.byApplication() {
		name, other = other, name
	}
	if c.arg(other) != "" {
		return invalidParameter(other, "the entry of the group is of type %s", g.EntryType)
	}
	if text := c.arg(name); text != "" {
		rule := new(laneRule)
		decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
		decoder.DisallowUnknownFields()
		if decoder.Decode(rule) != nil || decoder.More() {
			return invalidParameter(name, "it is not a rule in JSON, or has members that a rule has not")
		}
		rule.plain()
		wanted.Rule = rule
	}
	if wanted.Rule == nil {
		return missingParameter(name)
	}
	if problem := wanted.Rule.problem(g.byApplication(), wanted.Model); problem != "" {
		return invalidParameter(name, "%s", problem)
	}
	return nil
}

// problem is what is wrong with a rule for a kind of entry and a model, or nothing.
func (r *laneRule) problem(byApplication bool, model int) string {
	own, shares := r.PercentageByRoute, "PercentageByRoute"
	if byApplication {
		own, shares = r.PercentageByPath, "PercentageByPath"
	}
	switch {
	case byApplication && len(r.RouteIDs)+len(r.PercentageByRoute) > 0:
		return "routes are of gateways"
	case !byApplication && len(r.Paths)+len(r.PercentageByPath) > 0:
		return "paths are of applications"
	case !slices.Contains([]string{"", "AND", "OR"}, r.ConditionJoiner):
		return "ConditionJoiner must be AND or OR"
	case r.IndependentPercentageEnable && len(own) == 0:
		return shares + " is needed with IndependentPercentageEnable"
	case model == modelContent && len(r.Conditions) == 0:
		return "a lane by content needs Conditions"
	case model != modelContent && r.Percentage == 0 && len(own) == 0:
		return "a lane by percentage needs Percentage or " + shares
	}
	for _, share := range append(slices.Collect(maps.Values(own)), r.Percentage) {
		if share < 0 || share > 100 {
			return "percentages are from 0 to 100"
		}
	}
	for _, condition := range r.Conditions {
		if problem := condition.problem(); problem != "" {
			return problem
		}
	}
	return ""
}

// problem is what is wrong with a condition, or nothing. Its type is taken in upper case,
// too: the texts print header, and the samples of the answers Header.
func (c laneCondition) problem() string {
	switch {
	case !slices.Contains([]string{"header", "param", "cookie"}, strings.ToLower(c.Type)):
		return "a condition's Type must be header, param or cookie"
	case c.Name == "":
		return "a condition needs a Name"
	}
	switch c.Condition {
	case "==", "!=", "in":
		return ""
	case "percentage":
		if share, err := strconv.Atoi(c.Value); err != nil || share < 0 || share > 100 {
			return "the Value of a percentage is from 0 to 100"
		}
		return ""
	case "regex":
		if _, err := regexp.Compile(c.Value); err != nil {
			return "the Value is no regular expression"
		}
		return ""
	}
	return "a condition's Condition must be ==, !=, in, percentage or regex"
}
