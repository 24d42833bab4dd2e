package fctest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// operationOf is the name of the operation of an Input.
func operationOf[I any]() string {
	return strings.TrimSuffix(reflect.TypeFor[I]().Name(), "Input")
}

// found is what a comparison has found.
type found struct {
	// wrong is what is documented and missing, or of another type; newer is what is not documented.
	wrong, newer []string
}

// compare holds a body and the headers against the Output that they were read into. What the
// reference documents of an answer are the fields that are not left out when they are empty.
func compare(out any, header http.Header, body []byte) found {
	var f found
	typ := reflect.TypeOf(out).Elem()
	target := typ
	hasBody := false
	for field := range typ.Fields() {
		name := field.Tag.Get("header")
		switch {
		case name == "X-Fc-Request-Id" || name == "ETag":
			if header.Get(name) == "" {
				f.wrong = append(f.wrong, "the header "+name+" is missing")
			}
		case name != "":
		case field.Tag.Get("wire") == "body" && field.Type.Kind() == reflect.Slice:
			return f // the body is what a function says
		case field.Tag.Get("wire") == "body":
			target, hasBody = field.Type, true
		default:
			hasBody = true
		}
	}
	if !hasBody {
		if len(body) > 0 {
			f.newer = append(f.newer, "there is a body, where none is documented")
		}
		return f
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		f.wrong = append(f.wrong, "the body is not JSON")
		return f
	}
	f.look("", value, target)
	return f
}

func (f *found) wrongf(format string, args ...any) {
	f.wrong = append(f.wrong, fmt.Sprintf(format, args...))
}

// look holds a value against the type of the field that it was read into.
func (f *found) look(place string, value any, typ reflect.Type) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if value == nil || typ == reflect.TypeFor[json.RawMessage]() {
		return
	}
	ok := true
	switch {
	case typ == reflect.TypeFor[time.Time]():
		ok = isTime(value)
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
	if !ok {
		f.wrongf("%s is of another type: %T", place, value)
	}
}

// lookAtObject holds an object against a struct.
func (f *found) lookAtObject(place string, value any, typ reflect.Type) {
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
		known[name] = true
		member, given := object[name]
		if !given && place == "" && mustHave(name, options) {
			f.wrongf("%s is missing", name)
		}
		if given {
			f.look(strings.TrimPrefix(place+"."+name, "."), member, field.Type)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !known[name] {
			f.newer = append(f.newer, strings.TrimPrefix(place+"."+name, ".")+" is not documented")
		}
	}
}

// mustHave reports whether a member of an answer is always there: what a thing is called, when it was
// made, and what a caller decides by. What was never set may be absent.
func mustHave(name, options string) bool {
	switch name {
	case "functionName", "serviceName":
		return false // some answers call them function and service, and those of aliases lack the service
	case "target", "current", "resource", "status", "protocol", "handler":
		return options == ""
	}
	isTime := strings.HasSuffix(name, "ModifiedTime") || strings.HasSuffix(name, "createdTime")
	return isTime || options == "" && (strings.HasSuffix(name, "Name") || strings.HasSuffix(name, "Id"))
}

// isTime reports whether a value is a time in one of the documented forms.
func isTime(value any) bool {
	switch value := value.(type) {
	case float64:
		return true
	case string:
		_, err := time.Parse(time.RFC3339, value)
		_, other := time.Parse("2006-01-02T15:04:05.000-0700", value)
		return err == nil || other == nil
	}
	return false
}
