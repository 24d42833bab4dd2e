package audit

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Difference is one field in which two documents differ, by its path.
type Difference struct {
	Field string `json:"field"`
	// Before and After are the values, as text or as JSON; empty where there is none.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Differences are the fields in which the documents before and after a change differ, by their paths. What is in a list
// goes by its name, where it has one.
func (e Entry) Differences() []Difference {
	was, is := map[string]string{}, map[string]string{}
	flatten(was, nil, e.Before)
	flatten(is, nil, e.After)
	names := maps.Clone(was)
	maps.Copy(names, is)
	var out []Difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if was[name] != is[name] {
			out = append(out, Difference{name, was[name], is[name]})
		}
	}
	return out
}

// flatten adds the values of a document by their paths.
func flatten(out map[string]string, path []string, raw json.RawMessage) {
	below := func(name string) []string { return append(slices.Clone(path), name) }
	var fields map[string]json.RawMessage
	var list []json.RawMessage
	switch {
	case len(raw) == 0:
	case json.Unmarshal(raw, &fields) == nil && len(fields) > 0:
		for name, each := range fields {
			flatten(out, below(name), each)
		}
	case json.Unmarshal(raw, &list) == nil && len(list) > 0 && allNamed(list):
		for _, each := range list {
			flatten(out, below(nameOf(each)), each)
		}
	default:
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		out[strings.Join(path, ".")] = text
	}
}

// nameOf is the name of an object; empty where it has none.
func nameOf(raw json.RawMessage) string {
	var object struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(raw, &object) != nil {
		return ""
	}
	return object.Name
}

// allNamed reports whether each object of a list has a name of its own.
func allNamed(list []json.RawMessage) bool {
	seen := map[string]bool{"": true}
	for _, each := range list {
		name := nameOf(each)
		if seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}
