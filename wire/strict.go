package wire

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"slipway/release"
)

// ParseSpec reads a spec from JSON as strictly as a request's data is read: it applies
// the defaults and returns everything that is wrong as [release.Problems], fields that
// do not exist and what looks like a secret among them.
func ParseSpec(data []byte) (release.Spec, error) { return parse(data, secretsOf) }

// ParseConfig reads what a release changes of a configuration, without the release around it, as
// strictly as a request is read. Whether the release can have it, [Validate] tells; the fields of
// both begin with config.
func ParseConfig(data []byte) (*release.Config, error) {
	out, problems := Strict[struct {
		Config *release.Config `json:"config"`
	}](slices.Concat([]byte(`{"config":`), data, []byte("}")))
	if len(problems) > 0 {
		return nil, problems
	}
	return out.Config, nil
}

// ParseDocument reads a document that is kept for all releases in the same way: everything that is
// wrong is returned at once, as [release.Problems].
func ParseDocument[T interface{ Validate() error }](data []byte) (T, error) {
	out, problems := Strict[T](data)
	return out, refuse(problems, out.Validate(), nil)
}

// document is what can be requested: it has defaults and validates itself.
type document[T any] interface {
	WithDefaults() T
	Validate() error
}

func parse[T document[T]](data []byte, secrets func(T) release.Problems) (T, error) {
	out, problems := Strict[T](data)
	out = out.WithDefaults()
	return out, refuse(problems, out.Validate(), secrets(out))
}

// Strict decodes a JSON object into a struct of which it knows the kinds of fields, and lists every
// field that does not exist, has the wrong type or is given twice; the rest is decoded all the same.
// encoding/json alone stops at the first one, names it without its path and takes names in any case.
func Strict[T any](data []byte) (out T, problems release.Problems) {
	if len(data) == 0 {
		return out, release.Problems{{Field: "data", Message: "is missing"}}
	}
	raw, problems, err := readJSON(data)
	if err != nil {
		return out, release.Problems{{Field: "data", Message: "is not JSON: " + err.Error()}}
	}
	return strictOf[T](raw, problems)
}

// strictOf does so for what [readJSON] has read, and adds to the problems of that.
func strictOf[T any](raw any, problems release.Problems) (out T, _ release.Problems) {
	if _, ok := raw.(map[string]any); !ok {
		return out, release.Problems{{Field: "data", Message: "must be an object, not " + jsonName(raw)}}
	}
	seen := inspector{problems: problems}
	seen.inspect(raw, reflect.TypeFor[T](), "")
	problems = seen.problems
	// What is left is valid JSON for T, so that the rest is read and validated too.
	sound, err := json.Marshal(raw)
	if err == nil {
		err = json.Unmarshal(sound, &out)
	}
	if err != nil {
		problems = append(problems, release.Problem{Field: "data", Message: "cannot be read"})
	}
	return out, problems
}

// inspector compares a decoded JSON value with the Go type it is meant for, and takes
// out of it what cannot be read. It knows the kinds of types that specs and commands are
// made of.
type inspector struct{ problems release.Problems }

// inspect reports whether the value itself can be read; what is within it and cannot has
// been removed.
func (i *inspector) inspect(v any, t reflect.Type, path string) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if v == nil {
		return true
	}
	if parser, ok := reflect.TypeAssert[encoding.TextUnmarshaler](reflect.New(t)); ok {
		return i.text(v, parser, path)
	}
	switch t.Kind() { //nolint:exhaustive // the rest are scalars, and others are reported
	case reflect.Struct:
		return i.object(v, t, path)
	case reflect.Slice:
		return i.list(v, t.Elem(), path)
	case reflect.Map: // settings of the platform's own, each of which is any JSON
		_, ok := v.(map[string]any)
		return i.unless(ok, path, "must be an object", v)
	default:
		return i.scalar(v, t, path)
	}
}

func (i *inspector) scalar(v any, t reflect.Type, path string) bool {
	var ok bool
	var message string
	switch t.Kind() { //nolint:exhaustive // see message
	case reflect.String:
		_, ok = v.(string)
		message = "must be a string"
	case reflect.Bool:
		_, ok = v.(bool)
		message = "must be true or false"
	case reflect.Int, reflect.Int64:
		number, _ := v.(json.Number)
		n, err := strconv.ParseInt(number.String(), 10, t.Bits())
		ok, message = err == nil, "must be a whole number"
		if ok && n == 0 && countsFromOne(path) {
			ok, message = false, "must be at least 1, or left out for its default"
		}
	default:
		message = "cannot be given in JSON"
	}
	return i.unless(ok, path, message, v)
}

// countsFromOne reports whether an explicit 0 is a mistake: a spec takes it for a field that is
// unset, and would use the default.
func countsFromOne(path string) bool {
	return strings.HasSuffix(path, "strategy.gray") || strings.HasSuffix(path, "strategy.batches") || inConfig(path)
}

// inConfig reports whether a path is that of a field of a configuration.
func inConfig(path string) bool {
	return strings.HasPrefix(path, "config.") || strings.Contains(path, ".spec.config.")
}

// inJob reports whether a path is that of a field of how a job runs.
func inJob(path string) bool {
	return strings.HasPrefix(path, "job.") || strings.Contains(path, ".spec.job.")
}

func (i *inspector) text(v any, parser encoding.TextUnmarshaler, path string) bool {
	text, ok := v.(string)
	if !ok {
		return i.unless(false, path, "must be a string", v)
	}
	if err := parser.UnmarshalText([]byte(text)); err != nil {
		i.problem(path, err.Error())
		return false
	}
	if d, ok := parser.(*release.Duration); ok && *d == 0 && inConfig(path) {
		i.problem(path, "must be at least 1s, or left out for the platform's default")
		return false
	}
	return true
}

// list inspects every entry. One that cannot be read leaves its place empty, so that the
// others keep theirs. A list that is too long is not inspected.
func (i *inspector) list(v any, t reflect.Type, path string) bool {
	list, ok := v.([]any)
	count := len(list)
	if long, is := v.(longList); is {
		ok, count = true, int(long)
	}
	if !ok {
		return i.unless(false, path, "must be a list", v)
	}
	most, bounded := release.BoundOf(anyPlace(path))
	if !bounded {
		most = maxKept
	}
	if count > most {
		i.problem(path, fmt.Sprintf("has %d entries; at most %d are taken", count, most))
		return false
	}
	for n, entry := range list {
		if !i.inspect(entry, t, fmt.Sprintf("%s[%d]", path, n)) {
			list[n] = nil
		}
	}
	return true
}

func (i *inspector) object(v any, t reflect.Type, path string) bool {
	object, ok := v.(map[string]any)
	if !ok {
		return i.unless(false, path, "must be an object", v)
	}
	var names []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
		if value, given := object[name]; given && !i.inspect(value, f.Type, join(path, name)) {
			delete(object, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(names, name) {
			i.problem(join(path, name), "is not a field here; there are "+strings.Join(names, ", "))
			delete(object, name)
		}
	}
	return true
}

func (i *inspector) problem(path, message string) {
	if len(i.problems) >= maxProblems {
		return
	}
	i.problems = append(i.problems, release.Problem{Field: path, Message: message})
}

func (i *inspector) unless(ok bool, path, message string, v any) bool {
	if !ok {
		what := jsonName(v)
		if _, number := v.(json.Number); number && (inConfig(path) || inJob(path)) && strings.HasSuffix(path, "].value") {
			what = "a number" // which may be a secret
		}
		i.problem(path, message+", not "+what)
	}
	return ok
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
	case []any, longList:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("%T", v)
}

// anyPlace returns a path as the table of bounds writes it: a[3].b is a[].b there.
func anyPlace(path string) string {
	return regexp.MustCompile(`\[[0-9]+\]`).ReplaceAllString(path, "[]")
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// maxProblems is how many problems are reported at once: a person reads no more, and the work
// for each grows with those before it.
const maxProblems = 100

// merge appends the problems of fields that have none yet: what has the wrong type is
// missing afterwards, which is not a second problem, of itself or of what it is part of.
func merge(first, second release.Problems) release.Problems {
	given := first
	for _, p := range second {
		if len(first) >= maxProblems {
			break
		}
		known := slices.ContainsFunc(first, func(q release.Problem) bool {
			return q.Field == "data" || q.Field == p.Field ||
				strings.HasPrefix(p.Field, q.Field+".") || strings.HasPrefix(p.Field, q.Field+"[")
		})
		missing := slices.ContainsFunc(given, func(q release.Problem) bool {
			return strings.HasPrefix(q.Message, "must be ") && strings.HasPrefix(q.Field, p.Field+".")
		})
		if !known && !missing {
			first = append(first, p)
		}
	}
	return first
}
