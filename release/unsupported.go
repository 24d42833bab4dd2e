package release

import (
	"fmt"
	"reflect"
	"strings"
)

// unsupported refuses what was given and means nothing on the platform, see [Traits.Unsupported]. Nothing else is
// told of it. The value stands at a field, which begins with at in the table.
func (v *validator) unsupported(given any, field string) {
	w := &unsupportedWalk{traits: v.on, found: func(field, why string) {
		v.check(false, field, "%s", why)
		v.told[field] = true
	}}
	var each walks = w
	each.walk(reflect.ValueOf(given), field, field)
}

// walks goes through a value. Workflows check what they are given, too, and what reflection reads of it
// is always the same; behind an interface the check of workflows does not follow it into the runtime.
type walks interface {
	walk(v reflect.Value, field, of string)
}

type unsupportedWalk struct {
	traits Traits
	found  func(field, why string)
}

// walk looks at a value and all that is within it: at its path, and at the same as the table writes it.
// A list that was given counts even if it is empty.
func (w *unsupportedWalk) walk(v reflect.Value, field, of string) {
	if v.IsZero() {
		return
	}
	why := w.traits.why(of, "")
	if why == "" && v.Kind() == reflect.String {
		why = w.traits.why(of, v.String())
	}
	if why != "" {
		w.found(field, why)
		return
	}
	switch v.Kind() { //nolint:exhaustive // the rest has nothing within
	case reflect.Pointer:
		w.walk(v.Elem(), field, of)
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
