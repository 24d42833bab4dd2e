package relfile

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// knows tells whether the format has a field at the path, and names all fields that it
// has beside it.
func knows(path []string) (known bool, siblings []string) {
	t := reflect.TypeFor[document]()
	for i, name := range path {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			// Free form, or a value where a group was not meant: then decoding tells.
			return true, nil
		}
		next, names := field(t, name)
		if next == nil {
			return false, names
		}
		if i == len(path)-1 {
			return true, names
		}
		t = next
	}
	return true, nil
}

// field returns the type of a field by its name in JSON, and the names of all fields.
func field(t reflect.Type, name string) (found reflect.Type, names []string) {
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "" || tag == "-" {
			continue
		}
		names = append(names, tag)
		if tag == name {
			found = f.Type
		}
	}
	return found, names
}

// wanted says what a value of the wrong kind should have been.
func wanted(e *json.UnmarshalTypeError, n *yaml.Node) string {
	switch e.Type.Kind() {
	case reflect.String:
		if n.Kind == yaml.ScalarNode {
			return fmt.Sprintf("must be text; write it in quotes: %q", n.Value)
		}
		return "must be text"
	case reflect.Int:
		return "must be a whole number"
	case reflect.Bool:
		return "must be true or false"
	case reflect.Struct:
		return "must be a group of fields"
	default:
		return "has a value of the wrong kind: " + e.Value
	}
}
