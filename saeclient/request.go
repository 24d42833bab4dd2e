package saeclient

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// request collects the parameters of one call by position, and what is wrong with them.
type request struct {
	values   []value
	problems []Problem
	// lax takes required parameters without a value, and values that break the reference's rules.
	lax bool
}

// value is one parameter as text.
type value struct {
	at   Position
	name string
	text string
}

// input is implemented by every generated Input.
type input interface {
	encode(r *request)
}

// scalar are the Go types of parameters that are not structured.
type scalar interface {
	~string | ~int | ~int64 | ~bool
}

func (r *request) add(at Position, name, text string) {
	r.values = append(r.values, value{at: at, name: name, text: text})
}

// fail notes a problem of a parameter, or of a place inside one.
func (r *request) fail(param, format string, args ...any) {
	r.problems = append(r.problems, Problem{Param: param, Message: fmt.Sprintf(format, args...)})
}

// addRequired adds a parameter that must not be empty.
func (r *request) addRequired(at Position, name, text string) {
	if text == "" && !r.lax {
		r.fail(name, "is required")
		return
	}
	r.add(at, name, text)
}

// required encodes a parameter that must not be empty.
func required[T scalar](r *request, at Position, name string, v T) {
	r.addRequired(at, name, scalarText(r, name, v))
}

// optional encodes a parameter unless it is nil; an empty text is sent.
func optional[T scalar](r *request, at Position, name string, v *T) {
	if v != nil {
		r.add(at, name, scalarText(r, name, *v))
	}
}

// requiredText encodes a structured parameter that must not be empty.
func requiredText[T encoding.TextMarshaler](r *request, at Position, name string, v T) {
	if text, ok := textOf(r, name, v); ok {
		r.addRequired(at, name, text)
	}
}

// optionalText encodes a structured parameter unless it is nil.
func optionalText[T encoding.TextMarshaler](r *request, at Position, name string, v *T) {
	if v == nil {
		return
	}
	if text, ok := textOf(r, name, *v); ok {
		r.add(at, name, text)
	}
}

// requiredList encodes a list that must have elements.
func requiredList[T any](r *request, at Position, name string, v List[T]) {
	if len(v) == 0 {
		v = nil
	}
	requiredText(r, at, name, v)
}

// optionalList encodes a list unless it is nil.
func optionalList[T any](r *request, at Position, name string, v List[T]) {
	if v != nil {
		optionalText(r, at, name, &v)
	}
}

// clearableList encodes a list unless it is nil; an empty one becomes the empty text that clears the setting.
func clearableList[T any](r *request, at Position, name string, v List[T]) {
	switch {
	case v == nil:
	case len(v) == 0:
		r.add(at, name, "")
	default:
		optionalText(r, at, name, &v)
	}
}

func textOf(r *request, name string, v encoding.TextMarshaler) (string, bool) {
	text, err := v.MarshalText()
	if err != nil {
		r.fail(name, "cannot be encoded: %s", err)
	}
	return string(text), err == nil
}

func scalarText[T scalar](r *request, name string, v T) string {
	switch v := any(v).(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case Secret:
		if v == redacted {
			r.fail(name, "holds the mark of a redacted secret, not the secret")
		}
		return string(v)
	}
	r.fail(name, "has the unsupported type %T", v)
	return ""
}

// query gives the query parameters in the form that the SDK core takes.
func (r *request) query() map[string]*string {
	query := make(map[string]*string)
	for _, v := range r.values {
		if v.at == InQuery {
			query[v.name] = new(v.text)
		}
	}
	return query
}

// payload encodes the body: a form, a JSON object, or nothing.
func (r *request) payload() (body []byte, contentType string, err error) {
	form := make(url.Values)
	object := make(map[string]string)
	for _, v := range r.values {
		switch v.at {
		case InForm:
			form.Set(v.name, v.text)
		case InBody:
			object[v.name] = v.text
		case InQuery:
		}
	}
	switch {
	case len(form) > 0 && len(object) > 0:
		return nil, "", fmt.Errorf("form and JSON parameters in one request")
	case len(form) > 0:
		return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
	case len(object) > 0:
		body, err = json.Marshal(object)
		return body, "application/json; charset=utf-8", err
	}
	return nil, "", nil
}

// describe lists the parameters that are set, for people and logs; sensitive ones are redacted.
func describe(op Operation, in input) string {
	var b strings.Builder
	b.WriteString(op.Name)
	b.WriteByte('(')
	for i, v := range shown(op, in) {
		if i > 0 {
			b.WriteString(", ")
		}
		text := strconv.Quote(v.text)
		if v.text == redacted {
			text = redacted
		}
		b.WriteString(v.name + "=" + text)
	}
	b.WriteByte(')')
	return b.String()
}

// describeJSON is describe as a JSON object, with the names of the wire.
func describeJSON(op Operation, in input) ([]byte, error) {
	object := make(map[string]json.RawMessage)
	for _, v := range shown(op, in) {
		p, _ := op.Param(v.name)
		if p.Kind != KindString && json.Valid([]byte(v.text)) {
			object[v.name] = json.RawMessage(v.text)
			continue
		}
		text, err := wireJSON(v.text)
		if err != nil {
			return nil, err
		}
		object[v.name] = text
	}
	return wireJSON(object)
}

// shown gives the parameters that are set, with sensitive texts replaced by the mark.
func shown(op Operation, in input) []value {
	r := request{lax: true}
	in.encode(&r)
	r.values = slices.DeleteFunc(r.values, func(v value) bool {
		p, _ := op.Param(v.name)
		return v.text == "" && p.Required
	})
	for i, v := range r.values {
		if p, ok := op.Param(v.name); v.text != "" && (!ok || p.Sensitive) {
			r.values[i].text = redacted
		}
	}
	return r.values
}
