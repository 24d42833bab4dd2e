package sae

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// route is the gray rule that an application has, as it was read.
type route struct {
	id   string
	name string
	rule ruleText
	// more are members of the answer that nothing is known of.
	more []string
}

// ruleText is what a gray rule says: the parameters of UpdateGreyTagRoute that write it,
// by their names, with the very texts that were read. Histories hold it. A text of JSON
// stays as it is there, where JSON itself would be written anew.
type ruleText map[string]string

const partDescription = "Description"

// ruleKinds are the kinds of rules that a gray rule can have (SAE API reference ch. 19, and
// the page of ListGreyTagRoute for ALB). The reference wants rules of one kind only; SAE
// itself is known to take several, and to answer them.
func ruleKinds() []string { return []string{"ScRules", "DubboRules", "AlbRules"} }

// with adds a parameter.
func (r ruleText) with(name, value string) ruleText {
	all := maps.Clone(r)
	all[name] = value
	return all
}

// same compares everything that is said, whatever blanks are between.
func (r ruleText) same(other ruleText) bool {
	differs := func(kind string) bool { return !sameJSON(r[kind], other[kind]) }
	return r[partDescription] == other[partDescription] && !slices.ContainsFunc(ruleKinds(), differs)
}

func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := valueOf(a)
	y, errY := valueOf(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// valueOf reads JSON with its numbers as they are written.
func valueOf(text string) (any, error) {
	in := json.NewDecoder(strings.NewReader(text))
	in.UseNumber()
	var value any
	err := in.Decode(&value)
	return value, err
}

// says reports whether the rule is that of a release. What answers add to its members, which
// means nothing for its kind, does not count.
func (r ruleText) says(t release.Traffic) bool {
	var rules trafficRules
	for kind, into := range rules.lists() {
		if text := r[kind]; text != "" && into.UnmarshalText([]byte(text)) != nil {
			return false
		}
	}
	return rules.same(rulesOf(t))
}

// route reads the gray rule of an application; nil when it has none. The call is made by
// its name for the sake of the answer's own text.
func (d *Driver) route(ctx context.Context, appID string) (*route, error) {
	const operation = "ListGreyTagRoute"
	answer, err := d.client.Call(ctx, operation, map[string]string{"AppId": appID})
	if err != nil {
		return nil, err
	}
	var list struct {
		Data struct {
			TotalSize json.RawMessage
			Result    []map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		return nil, fmt.Errorf("sae: %s: %w", operation, err)
	}
	if err := present(operation, list.Data); err != nil || len(list.Data.Result) == 0 {
		return nil, err
	}
	return routeOf(list.Data.Result[0]), nil
}

func routeOf(members map[string]json.RawMessage) *route {
	r := &route{rule: ruleText{}}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		text := textOf(members[name])
		switch {
		case name == "GreyTagRouteId":
			r.id = text
		case name == "Name":
			r.name = text
		case name == partDescription, slices.Contains(ruleKinds(), name) && text != "[]":
			r.rule[name] = text
		case slices.Contains([]string{"AppId", "CreateTime", "UpdateTime"}, name):
		case text != "" && text != "[]":
			r.more = append(r.more, name)
		}
	}
	return r
}

// textOf is the text that a value has as a parameter: a text itself, nothing for null, and
// JSON as it is written.
func textOf(value json.RawMessage) string {
	if bytes.Equal(value, []byte("null")) {
		return ""
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// writable fails where the rule has something that UpdateGreyTagRoute is not known to take:
// it would be lost when the rule is put back.
func (r *route) writable() error {
	lost := slices.Clone(r.more)
	operation, _ := saeclient.LookupOperation("UpdateGreyTagRoute")
	for _, kind := range ruleKinds() {
		param, _ := operation.Param(kind)
		lost = append(lost, strange(param.Shape, kind, r.rule[kind])...)
	}
	if len(lost) == 0 {
		return nil
	}
	return cloud.Refused(release.FaultInvalid, "the application's gray rule %s could not be put back after the release: UpdateGreyTagRoute takes no %s", r.name, strings.Join(lost, ", "))
}

// strange names what a kind of rules has beyond the shape of its parameter.
func strange(shape *cloudapi.Shape, kind, text string) []string {
	if text == "" {
		return nil
	}
	value, err := valueOf(text)
	if err != nil || shape == nil {
		return []string{kind + " of an unknown form"}
	}
	names := beyond(shape, kind, value)
	slices.Sort(names)
	return slices.Compact(names)
}

func beyond(shape *cloudapi.Shape, place string, value any) []string {
	var names []string
	switch v := value.(type) {
	case []any:
		if shape.Items == nil {
			return []string{place}
		}
		for _, element := range v {
			names = append(names, beyond(shape.Items, place, element)...)
		}
	case map[string]any:
		for name, member := range v {
			at := place + "." + name
			i := slices.IndexFunc(shape.Members, func(s *cloudapi.Shape) bool { return s.Name == name })
			switch {
			case i >= 0:
				names = append(names, beyond(shape.Members[i], at, member)...)
			case !meaningless(member):
				names = append(names, at)
			}
		}
	}
	return names
}

// meaningless tells what answers print for members that a kind of rules does not use (SAE
// API reference ch. 19.4).
func meaningless(value any) bool {
	return slices.Contains([]any{nil, "", "N/A", json.Number("0")}, value)
}
