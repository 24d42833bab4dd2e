// Package jsontest looks into JSON for tests: what it lacks, and what stands at a place.
package jsontest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Lacks tells what a text of JSON lacks of another one; empty when nothing. An object must have the members that are wanted and
// may have more; a list must have as many elements, each with what is wanted of it.
func Lacks(text []byte, wanted string) string {
	var part, whole any
	if err := json.Unmarshal([]byte(wanted), &part); err != nil {
		return "what is wanted is no JSON: " + err.Error()
	}
	if err := json.Unmarshal(text, &whole); err != nil {
		return "it is no JSON: " + err.Error()
	}
	return lacks("it", part, whole)
}

func lacks(place string, part, whole any) string {
	switch wanted := part.(type) {
	case map[string]any:
		there, ok := whole.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, no object", place, whole)
		}
		for name, value := range wanted {
			found, given := there[name]
			if !given {
				return place + " has no " + name
			}
			if lack := lacks(place+"."+name, value, found); lack != "" {
				return lack
			}
		}
	case []any:
		there, ok := whole.([]any)
		if !ok || len(there) != len(wanted) {
			return fmt.Sprintf("%s is %v, no list of %d", place, whole, len(wanted))
		}
		for i, value := range wanted {
			if lack := lacks(place+"."+strconv.Itoa(i), value, there[i]); lack != "" {
				return lack
			}
		}
	default:
		if part != whole {
			return fmt.Sprintf("%s is %v, not %v", place, whole, part)
		}
	}
	return ""
}

// At is the value at a place of a decoded JSON value, for example status.last_job_id or data.0.name; nil when there is none.
func At(value any, place string) any {
	for name := range strings.SplitSeq(place, ".") {
		switch there := value.(type) {
		case map[string]any:
			value = there[name]
		case []any:
			index, err := strconv.Atoi(name)
			if err != nil || index < 0 || index >= len(there) {
				return nil
			}
			value = there[index]
		default:
			return nil
		}
	}
	return value
}
