package clientrt

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
)

// Request collects the parameters of one call by position, and what is wrong with them.
type Request struct {
	values   []value
	problems []cloudapi.Problem
	// lax takes required parameters without a value, and values that break the reference's rules.
	lax bool
}

// value is one parameter as text.
type value struct {
	at   cloudapi.Position
	name string
	text string
	// raw tells that the text is JSON that travels as it is in a JSON body.
	raw bool
	// structured tells that the text is JSON that is taken apart in a query.
	structured bool
	// file tells that the text is a file of a form.
	file bool
}

// Scalar are the Go types of parameters that are not structured.
type Scalar interface {
	~string | ~int | ~int64 | ~float64 | ~bool
}

func (r *Request) add(at cloudapi.Position, name, text string) {
	switch {
	case at == cloudapi.InHeader && strings.ContainsFunc(text, isControl):
		r.Fail(name, "holds control characters")
	case at == cloudapi.InPath && (text == "." || text == ".."):
		r.Fail(name, "names another path")
	}
	r.values = append(r.values, value{at: at, name: name, text: text})
}

// Fail notes a problem of a parameter, or of a place inside one.
func (r *Request) Fail(param, format string, args ...any) {
	r.problems = append(r.problems, cloudapi.Problem{Param: param, Message: fmt.Sprintf(format, args...)})
}

// addRequired adds a parameter that must not be empty.
//
// One that is a part of the path must not be empty whatever is checked: the path of an element
// without its name is that of the list.
func (r *Request) addRequired(at cloudapi.Position, name, text string) {
	if text == "" && (!r.lax || at == cloudapi.InPath) {
		r.Fail(name, "is required")
		return
	}
	r.add(at, name, text)
}

// Required encodes a parameter that must not be empty.
func Required[T Scalar](r *Request, at cloudapi.Position, name string, v T) {
	r.addRequired(at, name, scalarText(r, name, v))
	r.markRaw(v)
}

// Optional encodes a parameter unless it is nil; an empty text is sent.
func Optional[T Scalar](r *Request, at cloudapi.Position, name string, v *T) {
	if v != nil {
		r.add(at, name, scalarText(r, name, *v))
		r.markRaw(*v)
	}
}

// markRaw notes that the last parameter is no text in a JSON body, by its Go type.
func (r *Request) markRaw(v any) {
	switch v.(type) {
	case int, int64, float64, bool:
		if last := len(r.values) - 1; last >= 0 {
			r.values[last].raw = true
		}
	}
}

// RequiredValue encodes a parameter that travels as JSON in a JSON body and must not be nil.
func RequiredValue[T any](r *Request, at cloudapi.Position, name string, v T) {
	if reflect.ValueOf(v).IsNil() && !r.lax {
		r.Fail(name, "is required")
		return
	}
	OptionalValue(r, at, name, v)
}

// OptionalValue encodes a parameter that travels as JSON in a JSON body, unless it is nil.
func OptionalValue[T any](r *Request, at cloudapi.Position, name string, v T) {
	if reflect.ValueOf(v).IsNil() {
		return
	}
	text, err := Wire(v).MarshalJSON()
	if err != nil {
		r.Fail(name, "cannot be encoded: %s", err)
		return
	}
	r.values = append(r.values, value{at: at, name: name, text: string(text), raw: true, structured: true})
}

// RequiredText encodes a structured parameter that must not be empty.
func RequiredText[T encoding.TextMarshaler](r *Request, at cloudapi.Position, name string, v T) {
	if text, ok := textOf(r, name, v); ok {
		r.addRequired(at, name, text)
	}
}

// OptionalText encodes a structured parameter unless it is nil.
func OptionalText[T encoding.TextMarshaler](r *Request, at cloudapi.Position, name string, v *T) {
	if v == nil {
		return
	}
	if text, ok := textOf(r, name, *v); ok {
		r.add(at, name, text)
	}
}

// RequiredList encodes a list that must have elements.
func RequiredList[T any](r *Request, at cloudapi.Position, name string, v cloudapi.List[T]) {
	if len(v) == 0 {
		v = nil
	}
	RequiredText(r, at, name, v)
}

// OptionalList encodes a list unless it is nil.
func OptionalList[T any](r *Request, at cloudapi.Position, name string, v cloudapi.List[T]) {
	if v != nil {
		OptionalText(r, at, name, &v)
	}
}

// ClearableList encodes a list unless it is nil; an empty one becomes the empty text that clears the setting.
func ClearableList[T any](r *Request, at cloudapi.Position, name string, v cloudapi.List[T]) {
	switch {
	case v == nil:
	case len(v) == 0:
		r.add(at, name, "")
	default:
		OptionalText(r, at, name, &v)
	}
}

func textOf(r *Request, name string, v encoding.TextMarshaler) (string, bool) {
	text, err := v.MarshalText()
	if err != nil {
		r.Fail(name, "cannot be encoded: %s", err)
	}
	return string(text), err == nil
}

func scalarText[T Scalar](r *Request, name string, v T) string {
	switch v := any(v).(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case cloudapi.Secret:
		if v == cloudapi.Redacted {
			r.Fail(name, "holds the mark of a redacted secret, not the secret")
		}
		return string(v)
	}
	r.Fail(name, "has the unsupported type %T", v)
	return ""
}

// OptionalBytes encodes what is the whole body, unless it is nil.
func OptionalBytes(r *Request, at cloudapi.Position, name string, v []byte) {
	if v != nil {
		r.add(at, name, string(v))
	}
}

// RequiredBytes encodes what is the whole body, or a file of a form, and must not be empty.
func RequiredBytes(r *Request, at cloudapi.Position, name string, v []byte) {
	before := len(r.values)
	r.addRequired(at, name, string(v))
	for i := range r.values[before:] {
		r.values[before+i].file = at == cloudapi.InMultipart
	}
}

// Query gives the query parameters.
func (r *Request) Query() url.Values {
	query := make(url.Values)
	for _, v := range r.values {
		if v.at == cloudapi.InQuery {
			v.addTo(query)
		}
	}
	return query
}

// addTo adds the parameter to a query: for a list one for each element, for an object one for each member.
func (v value) addTo(query url.Values) {
	if v.structured {
		switch parsed, _ := loosejson.Parse([]byte(v.text)); parsed := parsed.(type) {
		case []any:
			for _, element := range parsed {
				query.Add(v.name, loosejson.Text(element))
			}
			return
		case map[string]any:
			for name, member := range parsed {
				query.Add(v.name+name, loosejson.Text(member))
			}
			return
		}
	}
	query.Add(v.name, v.text)
}

// Header gives the parameters that are headers.
func (r *Request) Header() http.Header {
	header := make(http.Header)
	for _, v := range r.values {
		if v.at == cloudapi.InHeader {
			header.Set(v.name, v.text)
		}
	}
	return header
}

// unsetSuffix is a part of a path that is left out where its parameter is not given.
var unsetSuffix = regexp.MustCompile(`\{\.[^}]*\}`)

// Path puts the parameters that are parts of the path into it, where their names stand in braces.
func (r *Request) Path(path string) string {
	for _, v := range r.values {
		if v.at == cloudapi.InPath {
			text := strings.ReplaceAll(url.QueryEscape(v.text), "+", "%20")
			path = strings.ReplaceAll(path, "{"+v.name+"}", text)
			if v.text != "" {
				path = strings.ReplaceAll(path, "{."+v.name+"}", "."+text)
			}
		}
	}
	return unsetSuffix.ReplaceAllString(path, "")
}

// Payload encodes the body: what is the whole body, a form, a form with files, a JSON object, or nothing.
func (r *Request) Payload() (body []byte, contentType string, err error) {
	var form url.Values
	var object map[string]any
	var parts []value
	for _, v := range r.values {
		switch v.at {
		case cloudapi.InMultipart:
			parts = append(parts, v)
		case cloudapi.InPayload:
			body, contentType = []byte(v.text), "application/octet-stream"
		case cloudapi.InForm:
			if form == nil {
				form = make(url.Values)
			}
			form.Set(v.name, v.text)
		case cloudapi.InBody:
			if object == nil {
				object = make(map[string]any)
			}
			object[v.name] = v.text
			if v.raw && v.text != "" {
				object[v.name] = json.RawMessage(v.text)
			}
		case cloudapi.InQuery, cloudapi.InPath, cloudapi.InHeader:
		}
	}
	switch {
	case len(form) > 0 && len(object) > 0:
		return nil, "", fmt.Errorf("form and JSON parameters in one request")
	case len(parts) > 0:
		return multipartBody(parts)
	case len(form) > 0:
		return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
	case len(object) > 0:
		body, err = json.Marshal(object)
		return body, "application/json; charset=utf-8", err
	}
	return body, contentType, nil
}

// multipartBody encodes the parts of a form with files. A file is called by the name of its parameter.
func multipartBody(parts []value) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, v := range parts {
		var part io.Writer
		if v.file {
			part, err = w.CreateFormFile(v.name, v.name)
		} else {
			part, err = w.CreateFormField(v.name)
		}
		if err == nil {
			_, err = io.WriteString(part, v.text)
		}
		if err != nil {
			return nil, "", err
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// Describe lists the parameters that are set, for people and logs; sensitive ones are redacted.
func Describe(op cloudapi.Operation, encode func(*Request)) string {
	var b strings.Builder
	b.WriteString(op.Name)
	b.WriteByte('(')
	for i, v := range shown(op, encode) {
		if i > 0 {
			b.WriteString(", ")
		}
		text := strconv.Quote(v.text)
		if v.text == cloudapi.Redacted {
			text = cloudapi.Redacted
		}
		b.WriteString(v.name + "=" + text)
	}
	b.WriteByte(')')
	return b.String()
}

// DescribeJSON is Describe as a JSON object, with the names of the wire.
func DescribeJSON(op cloudapi.Operation, encode func(*Request)) ([]byte, error) {
	object := make(map[string]json.RawMessage)
	for _, v := range shown(op, encode) {
		p, _ := op.Param(v.name)
		if p.Kind != cloudapi.KindString && json.Valid([]byte(v.text)) {
			object[v.name] = json.RawMessage(v.text)
			continue
		}
		text, err := loosejson.Encode(v.text)
		if err != nil {
			return nil, err
		}
		object[v.name] = text
	}
	return loosejson.Encode(object)
}

// shown gives the parameters that are set, with sensitive texts replaced by the mark.
func shown(op cloudapi.Operation, encode func(*Request)) []value {
	r := Request{lax: true}
	encode(&r)
	r.values = slices.DeleteFunc(r.values, func(v value) bool {
		p, _ := op.Param(v.name)
		return v.text == "" && p.Required
	})
	for i, v := range r.values {
		if p, ok := op.Param(v.name); v.text != "" && (!ok || p.Sensitive) {
			r.values[i].text = cloudapi.Redacted
		}
	}
	return r.values
}
