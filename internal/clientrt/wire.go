package clientrt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
)

// Wire gives a structured value in the form in which it travels: with the secrets that it holds,
// and with the members that it has no field for. It is for the wire, not for logs.
func Wire(v any) json.Marshaler { return wired{v} }

// WireText is the JSON text of Wire, or nothing for the zero value, which clears the setting.
func WireText(v any) ([]byte, error) {
	if of := reflect.ValueOf(v); !of.IsValid() || of.IsZero() {
		return nil, nil
	}
	return wired{v}.MarshalJSON()
}

// wireMillis is the value of the tag wire of times that travel as epoch milliseconds.
const wireMillis = "millis"

type wired struct{ value any }

// MarshalJSON encodes the value.
func (w wired) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	if err := encode(&b, reflect.ValueOf(w.value)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func encode(b *bytes.Buffer, v reflect.Value) error {
	if t, ok := reflect.TypeAssert[time.Time](v); ok {
		return encodePlain(b, t)
	}
	switch v.Kind() { //nolint:exhaustive // what parameters are made of; the rest is encoded by encoding/json or an error of it
	case reflect.Pointer:
		if !v.IsNil() {
			return encode(b, v.Elem())
		}
	case reflect.Struct:
		return encodeMembers(b, membersOf(v))
	case reflect.Map:
		return encodeMembers(b, entriesOf(v))
	case reflect.Slice:
		if v.Type() != reflect.TypeFor[json.RawMessage]() && !v.IsNil() {
			return encodeElements(b, v)
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[cloudapi.Secret]() && v.String() == cloudapi.Redacted {
			return errors.New("holds the mark of a redacted secret, not the secret")
		}
		return encodePlain(b, v.String())
	}
	return encodePlain(b, v.Interface())
}

func encodePlain(b *bytes.Buffer, value any) error {
	text, err := loosejson.Encode(value)
	b.Write(text)
	return err
}

func encodeElements(b *bytes.Buffer, list reflect.Value) error {
	b.WriteByte('[')
	for i := range list.Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encode(b, list.Index(i)); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	b.WriteByte(']')
	return nil
}

// member is a member of an object.
type member struct {
	name  string
	value reflect.Value
	// quoted tells that a number travels as text.
	quoted bool
}

func encodeMembers(b *bytes.Buffer, members []member) error {
	b.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encodePlain(b, m.name); err != nil {
			return err
		}
		b.WriteByte(':')
		value := m.value
		if m.quoted {
			value = reflect.ValueOf(fmt.Sprint(value.Interface()))
		}
		if err := encode(b, value); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	b.WriteByte('}')
	return nil
}

// entriesOf gives the entries of a map, sorted by their keys.
func entriesOf(v reflect.Value) []member {
	entries := make([]member, 0, v.Len())
	for key, value := range v.Seq2() {
		entries = append(entries, member{name: key.String(), value: value})
	}
	slices.SortFunc(entries, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return entries
}

// membersOf gives the members of a struct by their JSON tags, and after them those that have no field.
func membersOf(v reflect.Value) []member {
	var members []member
	var unknown cloudapi.UnknownFields
	for field, value := range v.Fields() {
		if rest, ok := reflect.TypeAssert[cloudapi.UnknownFields](value); ok {
			unknown = rest
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if strings.Contains(options, "omitempty") && isEmpty(value) || strings.Contains(options, "omitzero") && value.IsZero() {
			continue
		}
		if t, ok := reflect.TypeAssert[time.Time](value); ok && field.Tag.Get("wire") == wireMillis {
			value = reflect.ValueOf(t.UnixMilli())
		}
		members = append(members, member{name: name, value: value, quoted: strings.Contains(options, "string")})
	}
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		members = append(members, member{name: name, value: reflect.ValueOf(unknown[name])})
	}
	return members
}

// isEmpty is what encoding/json leaves out for the option omitempty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() { //nolint:exhaustive // of all others the zero value is the empty one
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
