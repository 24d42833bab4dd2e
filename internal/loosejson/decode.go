package loosejson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Decoder reads values. The zero value reads times as epoch milliseconds, epoch seconds and RFC 3339.
type Decoder struct {
	// LocalTime reads a time in a form of the platform's own, for example without a zone. Nil knows no such form.
	LocalTime func(text string) (time.Time, error)
	// Singles tells that the platform varies a thing and a list of it alone: an object where a list of objects is wanted is its
	// only element, and a list of one is its element where an object is wanted.
	Singles bool

	// layouts has those of structs by their types; nil remembers none.
	layouts *sync.Map
}

// Remembering returns a decoder that finds out only once where the members of a struct belong, for answers of the same types
// again and again. It is safe for concurrent use.
func (d Decoder) Remembering() Decoder {
	d.layouts = new(sync.Map)
	return d
}

// layout says which members of an object the fields of a struct hold.
type layout struct {
	fields []field
	// unknown is the index of the field that keeps all others; -1 where there is none.
	unknown int
}

// field is one of a struct: its place in it, the names of its member, and its tag wire.
type field struct {
	index            int
	name, also, wire string
}

func (d Decoder) layoutOf(t reflect.Type) *layout {
	if d.layouts == nil {
		return newLayout(t)
	}
	if known, ok := d.layouts.Load(t); ok {
		return known.(*layout)
	}
	known, _ := d.layouts.LoadOrStore(t, newLayout(t))
	return known.(*layout)
}

func newLayout(t reflect.Type) *layout {
	l := &layout{unknown: -1}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == unknownField {
			l.unknown = i
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		l.fields = append(l.fields, field{index: i, name: name, also: f.Tag.Get("also"), wire: f.Tag.Get("wire")})
	}
	return l
}

// Decode is Decode of the zero Decoder.
func Decode(text []byte, out any) error { return Decoder{}.Decode(text, out) }

// Decode reads one JSON value into the value that out points to, as the package comment says.
func (d Decoder) Decode(text []byte, out any) error {
	value, err := Parse(text)
	if err != nil {
		return err
	}
	return d.Assign(out, value)
}

// Assign reads a value that Parse returned into the value that out points to.
func (d Decoder) Assign(out, value any) error {
	return d.assign(reflect.ValueOf(out).Elem(), value)
}

// Parse reads exactly one JSON value, with numbers kept as text.
func Parse(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON value")
	}
	return value, nil
}

// notApplicable is what the platform writes into fields that a case does not have.
const notApplicable = "N/A"

func (d Decoder) assign(to reflect.Value, value any) error {
	if value == nil || value == "" && !isText(to.Type()) || value == notApplicable && to.Kind() != reflect.String {
		return nil
	}
	if raw, ok := reflect.TypeAssert[*json.RawMessage](to.Addr()); ok {
		text, err := Encode(value)
		*raw = text
		return err
	}
	switch to.Kind() { //nolint:exhaustive // the kinds that answer structs are made of; anything else is an error below
	case reflect.String:
		to.SetString(Text(value))
		return nil
	case reflect.Bool:
		return assignBool(to, value)
	case reflect.Int, reflect.Int64:
		return assignInt(to, value)
	case reflect.Float64:
		return assignFloat(to, value)
	case reflect.Pointer:
		if list, isList := value.([]any); isList && len(list) == 0 && d.Singles && isObjectType(to.Type()) {
			return nil
		}
		fresh := reflect.New(to.Type().Elem())
		if err := d.assign(fresh.Elem(), value); err != nil {
			return err
		}
		to.Set(fresh)
		return nil
	case reflect.Slice:
		return d.assignSlice(to, value)
	case reflect.Map:
		return d.assignMap(to, value)
	case reflect.Struct:
		return d.assignStruct(to, value)
	case reflect.Interface:
		to.Set(reflect.ValueOf(value))
		return nil
	}
	return fmt.Errorf("cannot decode into %s", to.Type())
}

// isText reports whether an empty text is a value of a type: of a pointer to a text, which is nil where there is none.
func isText(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.String
}

// Text gives the text of a scalar, and the JSON text of anything else.
func Text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

func assignBool(to reflect.Value, value any) error {
	if b, ok := value.(bool); ok {
		to.SetBool(b)
		return nil
	}
	switch strings.ToLower(strings.TrimSpace(Text(value))) {
	case "false", "0":
		to.SetBool(false)
	case "true", "1":
		to.SetBool(true)
	default:
		return fmt.Errorf("want a boolean, have %T", value)
	}
	return nil
}

func assignInt(to reflect.Value, value any) error {
	text, err := NumberText(value)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		if n, err = integralInt(text); err != nil {
			return err
		}
	}
	if to.OverflowInt(n) {
		return fmt.Errorf("integer out of range for %s", to.Type())
	}
	to.SetInt(n)
	return nil
}

// maxExactFloat is the greatest integer below which float64 holds every integer exactly.
const maxExactFloat = 1 << 53

// integralInt reads numbers such as 3.0 and 1e3, which are integers in another dress.
func integralInt(text string) (int64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > maxExactFloat {
		return 0, errors.New("want an integer")
	}
	return int64(f), nil
}

func assignFloat(to reflect.Value, value any) error {
	text, err := NumberText(value)
	if err != nil {
		return err
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return errors.New("want a number")
	}
	to.SetFloat(f)
	return nil
}

// NumberText is the text of a number that arrived as a number, a string, or a boolean.
func NumberText(value any) (string, error) {
	switch v := value.(type) {
	case json.Number:
		return v.String(), nil
	case string:
		return strings.TrimSpace(v), nil
	case bool:
		if v {
			return "1", nil
		}
		return "0", nil
	}
	return "", fmt.Errorf("want a number, have %T", value)
}

func (d Decoder) assignSlice(to reflect.Value, value any) error {
	list, ok := unwrapList(insideText(value))
	if object, isObject := value.(map[string]any); isObject && !ok && d.Singles && isObjectType(to.Type().Elem()) {
		list, ok = []any{object}, true
	}
	if !ok {
		return fmt.Errorf("want a list, have %T", value)
	}
	out := reflect.MakeSlice(to.Type(), len(list), len(list))
	for i, element := range list {
		if err := d.assign(out.Index(i), element); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	to.Set(out)
	return nil
}

// isObjectType reports whether values of a type are JSON objects.
func isObjectType(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Map
}

// insideText gives the value that a JSON text holds, and any other value as it is.
func insideText(value any) any {
	if text, ok := value.(string); ok {
		if inner, err := Parse([]byte(text)); err == nil {
			return inner
		}
	}
	return value
}

// unwrapList accepts a list, and an object whose only member is a list (Regions.Region).
func unwrapList(value any) ([]any, bool) {
	switch v := value.(type) {
	case []any:
		return v, true
	case map[string]any:
		if len(v) == 1 {
			for _, only := range v {
				list, ok := only.([]any)
				return list, ok
			}
		}
	}
	return nil, false
}

func (d Decoder) assignMap(to reflect.Value, value any) error {
	object, ok := insideText(value).(map[string]any)
	if !ok {
		return fmt.Errorf("want an object, have %T", value)
	}
	out := reflect.MakeMapWithSize(to.Type(), len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		element := reflect.New(to.Type().Elem()).Elem()
		if err := d.assign(element, object[key]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		out.SetMapIndex(reflect.ValueOf(key), element)
	}
	to.Set(out)
	return nil
}

func (d Decoder) assignStruct(to reflect.Value, value any) error {
	value = insideText(value)
	if list, isList := value.([]any); isList && d.Singles && len(list) == 1 {
		value = list[0]
	}
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("want an object, have %T", value)
	}
	layout := d.layoutOf(to.Type())
	taken := make([]string, 0, len(layout.fields))
	for _, field := range layout.fields {
		key, ok := keyOf(object, field.name)
		if !ok && field.also != "" {
			key, ok = keyOf(object, field.also)
		}
		if !ok {
			continue
		}
		switch err := d.assignField(to.Field(field.index), field.wire, object[key]); {
		case err == nil:
			taken = append(taken, key)
		case !errors.Is(err, errKept):
			return fmt.Errorf("%s: %w", field.name, err)
		}
	}
	if layout.unknown < 0 {
		return nil
	}
	return keep(to.Field(layout.unknown), object, taken)
}

// errKept says that a value cannot be read and is kept as it is instead.
var errKept = errors.New("kept as it is")

// assignField reads a member into a field. A time and a JSON text that cannot be read are not
// worth losing the whole answer.
func (d Decoder) assignField(to reflect.Value, wire string, value any) error {
	if t, ok := reflect.TypeAssert[*time.Time](to.Addr()); ok {
		read, ok := d.readTime(value, wire == "seconds")
		if !ok {
			return errKept
		}
		*t = read
		return nil
	}
	err := d.assign(to, value)
	if err != nil && wire == "text" {
		return errKept
	}
	return err
}

// unknownField is the name of the field that keeps what has no field, a map from names to json.RawMessage.
const unknownField = "Unknown"

// keep keeps the members that no field has taken.
func keep(unknown reflect.Value, object map[string]any, taken []string) error {
	var kept map[string]json.RawMessage
	for name, value := range object {
		if slices.Contains(taken, name) {
			continue
		}
		text, err := Encode(value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if kept == nil {
			kept = make(map[string]json.RawMessage)
		}
		kept[name] = text
	}
	if kept != nil {
		unknown.Set(reflect.ValueOf(kept).Convert(unknown.Type()))
	}
	return nil
}

// Member finds a member by its exact name, else by its name in any case; of several it takes
// the first in sort order.
func Member(object map[string]any, name string) (any, bool) {
	key, ok := keyOf(object, name)
	return object[key], ok
}

func keyOf(object map[string]any, name string) (string, bool) {
	if _, ok := object[name]; ok {
		return name, true
	}
	found := ""
	for key := range object {
		// Names of members are ASCII, whose letters are as long in any case.
		if len(key) == len(name) && strings.EqualFold(key, name) && (found == "" || key < found) {
			found = key
		}
	}
	return found, found != ""
}
