package release

import (
	"fmt"
	"reflect"
	"strings"
)

// visitor looks at a value of what was given. The field is its path, and of the same as tables write it,
// with [] for any place of a list. It answers whether to look at what is within the value, too.
type visitor interface {
	visit(v reflect.Value, field, of string) (within bool)
}

// walk lets a visitor look at what was given and all that is within it. It stands at a field, which is at of
// in tables.
func walk(by visitor, given any, field, of string) {
	var each walks = walking{by}
	each.walk(reflect.ValueOf(given), field, of)
}

// walks goes through a value. Workflows check what they are given, too, and what reflection reads of it
// is always the same; behind an interface the check of workflows does not follow it into the runtime,
// where it would find goroutines.
type walks interface {
	walk(v reflect.Value, field, of string)
}

type walking struct{ by visitor }

func (w walking) walk(v reflect.Value, field, of string) {
	if !w.by.visit(v, field, of) {
		return
	}
	switch v.Kind() { //nolint:exhaustive // the rest has nothing within
	case reflect.Pointer:
		if !v.IsNil() {
			w.walk(v.Elem(), field, of)
		}
	case reflect.Struct:
		for f, value := range v.Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
				w.walk(value, dotted(field, name), dotted(of, name))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			w.walk(v.Index(i), fmt.Sprintf("%s[%d]", field, i), of+"[]")
		}
	}
}

func dotted(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
