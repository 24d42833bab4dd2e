package wire

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"slipway/release"
)

// ParseSpec reads a spec from JSON as strictly as a request's data is read: it applies
// the defaults and returns everything that is wrong as [release.Problems], fields that
// do not exist among them.
func ParseSpec(data []byte) (release.Spec, error) {
	spec, problems := strict[release.Spec](data)
	spec = spec.WithDefaults()
	var invalid release.Problems
	if err := spec.Validate(); errors.As(err, &invalid) {
		problems = merge(problems, invalid)
	}
	if len(problems) > 0 {
		return spec, problems
	}
	return spec, nil
}

// strict decodes a JSON object and lists every field that does not exist or has the
// wrong type. encoding/json alone stops at the first one, names it without its path and
// takes names in any case.
func strict[T any](data []byte) (out T, problems release.Problems) {
	if len(data) == 0 {
		return out, release.Problems{{Field: "data", Message: "is missing"}}
	}
	var raw any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&raw); err != nil {
		return out, release.Problems{{Field: "data", Message: "is not JSON: " + err.Error()}}
	}
	if _, ok := raw.(map[string]any); !ok {
		return out, release.Problems{{Field: "data", Message: "must be an object, not " + jsonName(raw)}}
	}
	problems = inspect(raw, reflect.TypeFor[T](), "")
	for _, p := range problems {
		drop(raw, p.Field)
	}
	// What is left is sound, so that the rest is read and judged too.
	sound, err := json.Marshal(raw)
	if err == nil {
		err = json.Unmarshal(sound, &out)
	}
	if err != nil {
		problems = append(problems, release.Problem{Field: "data", Message: err.Error()})
	}
	return out, problems
}

// drop takes the value at a path out of a decoded JSON object.
func drop(v any, path string) {
	object, _ := v.(map[string]any)
	name, rest, deeper := strings.Cut(path, ".")
	if _, whole := object[path]; whole || !deeper {
		delete(object, path)
		return
	}
	drop(object[name], rest)
}

// inspect compares a decoded JSON value with the Go type it is meant for. It knows the
// kinds of types that specs and commands are made of.
func inspect(v any, t reflect.Type, path string) release.Problems {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if v == nil || t == reflect.TypeFor[json.RawMessage]() {
		return nil
	}
	if parser, ok := reflect.TypeAssert[encoding.TextUnmarshaler](reflect.New(t)); ok {
		return inspectText(v, parser, path)
	}
	if t.Kind() == reflect.Struct {
		return inspectObject(v, t, path)
	}
	return inspectScalar(v, t, path)
}

func inspectScalar(v any, t reflect.Type, path string) release.Problems {
	var ok bool
	var message string
	if t.Kind() == reflect.String {
		_, ok = v.(string)
		message = "must be a string"
	}
	if t.Kind() == reflect.Bool {
		_, ok = v.(bool)
		message = "must be true or false"
	}
	if t.Kind() == reflect.Int {
		number, _ := v.(json.Number)
		_, err := strconv.Atoi(number.String())
		ok, message = err == nil, "must be a whole number"
	}
	return unless(ok, path, cmp.Or(message, "cannot be given in JSON"), v)
}

func inspectText(v any, parser encoding.TextUnmarshaler, path string) release.Problems {
	text, ok := v.(string)
	if !ok {
		return unless(false, path, "must be a string", v)
	}
	if err := parser.UnmarshalText([]byte(text)); err != nil {
		return release.Problems{{Field: path, Message: err.Error()}}
	}
	return nil
}

func inspectObject(v any, t reflect.Type, path string) release.Problems {
	object, ok := v.(map[string]any)
	if !ok {
		return unless(false, path, "must be an object", v)
	}
	known := map[string]reflect.Type{}
	var names []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known[name] = f.Type
		names = append(names, name)
	}
	var problems release.Problems
	for _, name := range names {
		if value, given := object[name]; given {
			problems = append(problems, inspect(value, known[name], join(path, name))...)
		}
	}
	var unknown []string
	for name := range object {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		problems = append(problems, release.Problem{Field: join(path, name), Message: "is not a field here; there are " + strings.Join(names, ", ")})
	}
	return problems
}

func unless(ok bool, path, message string, v any) release.Problems {
	if ok {
		return nil
	}
	return release.Problems{{Field: path, Message: message + ", not " + jsonName(v)}}
}

func jsonName(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return v.String()
	case string:
		return "a string"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("%T", v)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// merge appends the problems of fields that have none yet: what has the wrong type is
// missing afterwards, which is not a second problem.
func merge(first, second release.Problems) release.Problems {
	for _, p := range second {
		known := slices.ContainsFunc(first, func(q release.Problem) bool {
			return q.Field == "data" || q.Field == p.Field || strings.HasPrefix(p.Field, q.Field+".")
		})
		if !known {
			first = append(first, p)
		}
	}
	return first
}
