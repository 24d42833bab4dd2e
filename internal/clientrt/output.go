package clientrt

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
)

// Places in an answer that the fields of an Output name in their tags. A field without a tag is a
// member of the body.
const (
	// headerTag names the header that a field holds.
	headerTag = "header"
	// wireBody is the value of the tag wire for the field that holds the whole body: a struct, or bytes.
	wireBody = "body"
)

// decode reads an answer into the Output that out points to.
func (a *answer) decode(out any) error {
	to := reflect.ValueOf(out).Elem()
	target, members := to, 0
	for field, value := range to.Fields() {
		switch header := field.Tag.Get(headerTag); {
		case header != "":
			value.SetString(a.header.Get(header))
		case field.Tag.Get("wire") != wireBody:
			members++
		case value.Kind() == reflect.Slice:
			value.SetBytes(a.text)
		default:
			target = value
			members++
		}
	}
	if members == 0 || a.status == http.StatusNoContent {
		return nil // the operation answers nothing but headers, whatever the body is, or has no body to tell of
	}
	if a.value == nil && a.root == nil {
		if err := a.parse(a.header.Get("Content-Type")); err != nil {
			return err
		}
	}
	if list, ok := a.value.([]any); ok {
		return a.decodeList(target, list)
	}
	return a.Decode(target.Addr().Interface())
}

// decodeList reads a body that is the list alone, which may also come as the member of an object.
func (a *answer) decodeList(to reflect.Value, list []any) error {
	for field, value := range to.Fields() {
		if field.Tag.Get(headerTag) == "" && value.Kind() == reflect.Slice {
			return a.decoder.Assign(value.Addr().Interface(), list)
		}
	}
	return fmt.Errorf("want an object, have a list")
}

// asJSON gives an answer as one JSON value: the body as it came, with the headers that the operation
// answers with as members of it. A body that is no JSON object is the member payload.
func (a *answer) asJSON(op cloudapi.Operation) (json.RawMessage, error) {
	if len(op.AnswerHeaders) == 0 {
		return a.JSON()
	}
	members := make(map[string]json.RawMessage)
	if err := json.Unmarshal(a.text, &members); err != nil && len(a.text) > 0 {
		payload := json.RawMessage(a.text)
		if !json.Valid(a.text) {
			text, err := loosejson.Encode(string(a.text))
			if err != nil {
				return nil, err
			}
			payload = text
		}
		members["payload"] = payload
	}
	for _, name := range op.AnswerHeaders {
		value := a.header.Get(name)
		if value == "" {
			continue
		}
		text, err := loosejson.Encode(value)
		if err != nil {
			return nil, err
		}
		members[name] = text
	}
	return loosejson.Encode(members)
}
