package cloud

import (
	"bytes"
	"encoding/json"
	"strconv"

	"slipway/internal/loosejson"
)

// What a release does not change of a specification has to be written again as it was read, so that
// drivers keep members of JSON as they are and compare them by what they say.

// Plain is JSON in plain form: without what says nothing, and numbers in one form; nil for what says
// nothing at all: null, and empty texts, lists and objects.
func Plain(text json.RawMessage) any { return Simple(decoded(text)) }

// decoded is JSON with its numbers as they were written; nil for what is none.
func decoded(text json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

// Simple is a decoded value in plain form; see [Plain]. It changes lists and objects in their place.
func Simple(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Float64(); err == nil {
			return json.Number(strconv.FormatFloat(n, 'g', -1, 64))
		}
	case string:
		if v == "" {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = Simple(v[i])
		}
	case map[string]any:
		for name := range v {
			if v[name] = Simple(v[name]); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
	}
	return value
}

// Wire is a value as it travels, without the escapes that only HTML needs. Objects have their members in order.
func Wire(value any) string {
	text, _ := loosejson.Encode(value) // it was decoded from JSON, or is texts and numbers
	return string(text)
}

// Text is JSON that is a text; empty where it is none.
func Text(raw json.RawMessage) string {
	text, _ := decoded(raw).(string)
	return text
}

// Object is JSON that is an object; an empty one where it is none.
func Object(raw json.RawMessage) map[string]any {
	object, is := decoded(raw).(map[string]any)
	if !is {
		return map[string]any{}
	}
	return object
}
