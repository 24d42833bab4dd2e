package saeclient

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// request collects the parameters of one call by position. The first mistake is kept and refuses the call.
type request struct {
	values []value
	err    error
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

// scalar are the Go types of parameters.
type scalar interface {
	~string | ~int | ~int64 | ~bool
}

func (r *request) add(at Position, name, text string) {
	r.values = append(r.values, value{at: at, name: name, text: text})
}

func (r *request) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// required adds a parameter that must not be empty.
func required[T scalar](r *request, at Position, name string, v T) {
	text := scalarText(r, name, v)
	if text == "" {
		r.fail("%s is required", name)
		return
	}
	r.add(at, name, text)
}

// optional adds a parameter unless it is nil; an empty text is sent.
func optional[T scalar](r *request, at Position, name string, v *T) {
	if v != nil {
		r.add(at, name, scalarText(r, name, *v))
	}
}

// optionalText adds a parameter that encodes itself, unless it is nil.
func optionalText[T encoding.TextMarshaler](r *request, at Position, name string, v *T) {
	if v == nil {
		return
	}
	text, err := (*v).MarshalText()
	if err != nil {
		r.fail("%s: %w", name, err)
		return
	}
	r.add(at, name, string(text))
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
			r.fail("%s holds the mark of a redacted secret, not the secret", name)
		}
		return string(v)
	}
	r.fail("%s has the unsupported type %T", name, v)
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
	var r request
	in.encode(&r)
	var b strings.Builder
	b.WriteString(op.Name)
	b.WriteByte('(')
	for i, v := range r.values {
		if i > 0 {
			b.WriteString(", ")
		}
		text := strconv.Quote(v.text)
		if p, ok := op.Param(v.name); v.text != "" && (!ok || p.Sensitive) {
			text = redacted
		}
		b.WriteString(v.name + "=" + text)
	}
	b.WriteByte(')')
	return b.String()
}
