// Package conformance is what the conformance suites of clients share: it keeps the last answer as it
// came, and holds it against the Output that it was read into.
package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// Keeper carries requests and keeps the last answer. It is safe for concurrent use.
type Keeper struct {
	// Under carries the requests.
	Under http.RoundTripper

	mu     sync.Mutex
	status int
	header http.Header
	body   []byte
}

// RoundTrip carries a request and keeps the answer.
func (k *Keeper) RoundTrip(req *http.Request) (*http.Response, error) {
	answer, err := k.Under.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status, k.header, k.body = answer.StatusCode, answer.Header, body
	return answer, nil
}

// Last is the last answer.
func (k *Keeper) Last() (status int, header http.Header, body []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.status, k.header, k.body
}

// OperationOf is the name of the operation of an Input.
func OperationOf[I any]() string {
	return strings.TrimSuffix(reflect.TypeFor[I]().Name(), "Input")
}

// Form is what the answers of a platform have in common.
type Form struct {
	// Headers are those that an answer must have where its Output has them.
	Headers []string
	// MustHave reports whether the outermost member of a name is always there, given the options of its tag.
	MustHave func(name, options string) bool
	// IsTime reports whether a value is a time in one of the documented forms.
	IsTime func(value any) bool
	// AnyCase takes names of members in any case.
	AnyCase bool
	// AnyScalar takes a number where a text is documented, and the reverse: tables and examples of the reference differ.
	AnyScalar bool
}

// Found is what a comparison has found.
type Found struct {
	// Wrong is what is documented and missing, or of another type; Newer is what is not documented.
	Wrong, Newer []string
}

// Compare holds a body and the headers against the Output that they were read into. What the
// reference documents of an answer are the fields that are not left out when they are empty.
func (form Form) Compare(out any, header http.Header, body []byte) Found {
	f := comparison{Form: form}
	typ := reflect.TypeOf(out).Elem()
	target := typ
	hasBody := false
	for field := range typ.Fields() {
		name := field.Tag.Get("header")
		switch {
		case slices.Contains(form.Headers, name):
			if header.Get(name) == "" {
				f.Wrong = append(f.Wrong, "the header "+name+" is missing")
			}
		case name != "":
		case field.Tag.Get("wire") == "body" && field.Type.Kind() == reflect.Slice:
			return f.Found // the body is what a function says
		case field.Tag.Get("wire") == "body":
			target, hasBody = field.Type, true
		default:
			hasBody = true
		}
	}
	if !hasBody {
		if len(body) > 0 {
			f.Newer = append(f.Newer, "there is a body, where none is documented")
		}
		return f.Found
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		f.Wrong = append(f.Wrong, "the body is not JSON")
		return f.Found
	}
	f.look("", value, target)
	return f.Found
}

// comparison is one comparison.
type comparison struct {
	Form
	Found
}

func (f *comparison) wrongf(format string, args ...any) {
	f.Wrong = append(f.Wrong, fmt.Sprintf(format, args...))
}

// look holds a value against the type of the field that it was read into.
func (f *comparison) look(place string, value any, typ reflect.Type) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if value == nil || typ == reflect.TypeFor[json.RawMessage]() || typ.Kind() == reflect.Interface {
		return
	}
	ok := true
	switch {
	case typ == reflect.TypeFor[time.Time]():
		ok = f.IsTime(value)
	case typ.Kind() == reflect.Struct:
		f.lookAtObject(place, value, typ)
	case typ.Kind() == reflect.Slice:
		list, isList := value.([]any)
		for i, element := range list {
			f.look(fmt.Sprintf("%s[%d]", place, i), element, typ.Elem())
		}
		ok = isList
	case typ.Kind() == reflect.Map:
		object, isObject := value.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(object)) {
			f.look(place+"."+name, object[name], typ.Elem())
		}
		ok = isObject
	case typ.Kind() == reflect.String:
		_, ok = value.(string)
	case typ.Kind() == reflect.Bool:
		_, ok = value.(bool)
	default:
		_, ok = value.(float64)
	}
	if f.AnyScalar && (typ.Kind() == reflect.String || typ.Kind() == reflect.Int || typ.Kind() == reflect.Float64) {
		_, text := value.(string)
		_, number := value.(float64)
		ok = ok || text || number
	}
	if !ok {
		f.wrongf("%s is of another type: %T", place, value)
	}
}

// lookAtObject holds an object against a struct.
func (f *comparison) lookAtObject(place string, value any, typ reflect.Type) {
	object, ok := value.(map[string]any)
	if !ok {
		f.wrongf("%s is not an object: %T", place, value)
		return
	}
	known := map[string]bool{}
	for field := range typ.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Name == "Unknown" || field.Tag.Get("header") != "" {
			continue
		}
		key := f.keyOf(object, name, field.Tag.Get("also"))
		known[key] = true
		member, given := object[key]
		if !given && place == "" && f.MustHave(name, options) {
			f.wrongf("%s is missing", name)
		}
		if given {
			f.look(strings.TrimPrefix(place+"."+name, "."), member, field.Type)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !known[name] {
			f.Newer = append(f.Newer, strings.TrimPrefix(place+"."+name, ".")+" is not documented")
		}
	}
}

// keyOf is how an object spells the name of a member, or another name of it.
func (f *comparison) keyOf(object map[string]any, name, also string) string {
	for _, name := range []string{name, also} {
		if _, ok := object[name]; ok {
			return name
		}
		for _, key := range slices.Sorted(maps.Keys(object)) {
			if f.AnyCase && name != "" && strings.EqualFold(key, name) {
				return key
			}
		}
	}
	return name
}
