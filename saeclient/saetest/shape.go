package saetest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// fact is what the reference says of the answer of an operation.
type fact struct {
	Name     string           `json:"name"`
	Response map[string]shape `json:"response"`
	Sample   json.RawMessage  `json:"responseExample"`
}

// shape is a value of an answer as the reference documents it.
type shape struct {
	Type     string           `json:"type"`
	Enum     []any            `json:"enum"`
	Presence string           `json:"presence"`
	Fields   map[string]shape `json:"fields"`
	Items    *shape           `json:"items"`
}

//go:embed facts.json
var factText []byte

// readFacts gives the documented answers by operation.
func readFacts() (map[string]fact, error) {
	var list []fact
	if err := json.Unmarshal(factText, &list); err != nil {
		return nil, fmt.Errorf("facts: %w", err)
	}
	facts := make(map[string]fact, len(list))
	for _, f := range list {
		facts[f.Name] = f
	}
	return facts, nil
}

// findings are differences between an answer and the reference.
type findings struct {
	// wrong contradicts the reference.
	wrong []string
	// newer is what the reference does not know.
	newer []string
	// seen are the places of documented members that the answer has.
	seen []string
}

// compare compares a whole answer with the reference.
func (f fact) compare(object map[string]any) findings {
	var found findings
	found.fields(f.Name, f.Response, object)
	for _, name := range sortedKeys(f.Response) {
		if _, there := object[name]; !there && f.Response[name].Presence != "failure-only" {
			found.wrong = append(found.wrong, fmt.Sprintf("%s.%s is missing", f.Name, name))
		}
	}
	return found
}

func (found *findings) fields(place string, documented map[string]shape, object map[string]any) {
	for _, name := range sortedKeys(object) {
		field, known := documented[name]
		if !known {
			found.newer = append(found.newer, fmt.Sprintf("%s.%s is not documented", place, name))
			continue
		}
		found.seen = append(found.seen, place+"."+name)
		found.value(place+"."+name, field, object[name])
	}
}

func (found *findings) value(place string, s shape, value any) {
	if !s.fits(value) {
		found.wrong = append(found.wrong, fmt.Sprintf("%s is documented as %s, and is %T", place, s.Type, value))
		return
	}
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(e any) bool { return fmt.Sprint(e) == fmt.Sprint(value) }) {
		found.newer = append(found.newer, fmt.Sprintf("%s is none of %v: %v", place, s.Enum, value))
	}
	switch v := value.(type) {
	case map[string]any:
		if s.Type == "object" {
			found.fields(place, s.Fields, v)
		}
	case []any:
		for _, element := range v {
			found.value(place+"[]", *s.Items, element)
		}
	}
}

// places lists the places of all members that the reference documents for successful answers.
func places(place string, documented map[string]shape) []string {
	var all []string
	for _, name := range sortedKeys(documented) {
		s, here := documented[name], place+"."+name
		if s.Presence == "failure-only" {
			continue
		}
		all = append(all, here)
		for s.Items != nil {
			s, here = *s.Items, here+"[]"
		}
		all = append(all, places(here, s.Fields)...)
	}
	return all
}

// fits reports whether a value is of the documented type.
func (s shape) fits(value any) bool {
	var ok bool
	switch s.Type {
	case "object", "map":
		_, ok = value.(map[string]any)
	case "array":
		_, ok = value.([]any)
		ok = ok && s.Items != nil
	case "string":
		_, ok = value.(string)
	case "boolean":
		_, ok = value.(bool)
	case "integer", "long", "number":
		_, ok = value.(json.Number)
	}
	return ok
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
