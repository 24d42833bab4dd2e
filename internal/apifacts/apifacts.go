// Package apifacts reads what the fact files of a cloud's API say of answers: the fields that the
// reference documents, and what today's service has beyond it. What clients and their tests are
// generated from reads them here.
package apifacts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Value is one value of an answer.
type Value struct {
	Type   string `json:"type"`
	Fields Fields `json:"fields"`
	// Items are the elements of a list, and Additional the values of a map.
	Items      *Value `json:"items"`
	Additional *Value `json:"additional"`
	Note       string `json:"note"`
	// Enum are the values that it may have; empty where they are not listed.
	Enum      []any  `json:"enum"`
	Sensitive bool   `json:"sensitive"`
	Presence  string `json:"presence"`
	// Since is the date of a value that the reference does not have.
	Since string `json:"since"`
	// Also is another name under which answers have the value.
	Also string `json:"also"`
	// JSONText names the parameter whose JSON a text holds.
	JSONText string `json:"jsonText"`
}

// Field is a value with its name.
type Field struct {
	Name string
	Value
}

// Fields is an object. The order of its fields is kept, so that what is generated follows the
// reference.
type Fields []Field

// Added is a field that today's service has beyond the reference.
type Added struct {
	// Path is its place: Data.Instances[].Tags is a field of each element of a list, Data.Labels{}.Key
	// one of each value of a map.
	Path string `json:"path"`
	Value
}

// UnmarshalJSON reads the fields in the order in which they are written.
func (f *Fields) UnmarshalJSON(text []byte) error {
	return EachMember(text, func(name string, dec *json.Decoder) error {
		*f = append(*f, Field{Name: name})
		return dec.Decode(&(*f)[len(*f)-1].Value)
	})
}

// Add adds a field at its place. The reference has none of the name there.
func (f *Fields) Add(added Added) error {
	parent, name := "", added.Path
	if dot := strings.LastIndex(added.Path, "."); dot >= 0 {
		parent, name = added.Path[:dot], added.Path[dot+1:]
	}
	fields := f
	if parent != "" {
		at, err := f.Find(parent)
		if err != nil {
			return err
		}
		fields = &at.Fields
	}
	switch at := fields.named(name); {
	case at == nil:
		*fields = append(*fields, Field{Name: name, Value: added.Value})
	case at.Since != "": // not of the reference: the newer fact says more
		*at = added.Value
	default:
		return fmt.Errorf("the reference has the member %s", added.Path)
	}
	return nil
}

// Find returns the value at a place.
func (f *Fields) Find(place string) (*Value, error) {
	var at *Value
	fields := f
	for step := range strings.SplitSeq(place, ".") {
		name := strings.TrimRight(step, "[]{}")
		if at = fields.named(name); at == nil {
			return nil, fmt.Errorf("the reference has no member %s", place)
		}
		if at = at.within(step[len(name):]); at == nil {
			return nil, fmt.Errorf("the reference has no elements at %s", place)
		}
		fields = &at.Fields
	}
	return at, nil
}

// within returns the elements of a list ([]) or the values of a map ({}), one bracket after the
// other; nil where there are none.
func (v *Value) within(brackets string) *Value {
	for v != nil && brackets != "" {
		var list, isMap bool
		if brackets, list = strings.CutPrefix(brackets, "[]"); list {
			v = v.Items
			continue
		}
		if brackets, isMap = strings.CutPrefix(brackets, "{}"); !isMap {
			return nil
		}
		v = v.Additional
	}
	return v
}

// named returns the field of the name; nil where there is none.
func (f *Fields) named(name string) *Value {
	i := slices.IndexFunc(*f, func(field Field) bool { return field.Name == name })
	if i < 0 {
		return nil
	}
	return &(*f)[i].Value
}

// Widen gives it the values that it may have today; those of the reference stay, behind them.
func (v *Value) Widen(today []any) {
	values := slices.Clone(today)
	for _, known := range v.Enum {
		if !slices.ContainsFunc(today, func(value any) bool { return fmt.Sprint(known) == fmt.Sprint(value) }) {
			values = append(values, known)
		}
	}
	v.Enum = values
}

// EachMember reads the members of a JSON object in the order in which they are written: read
// decodes the next value.
func EachMember(text []byte, read func(name string, dec *json.Decoder) error) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	open, err := dec.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('{') {
		return fmt.Errorf("want an object, have %v", open)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return fmt.Errorf("want a member name, have %v", key)
		}
		if err := read(name, dec); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
