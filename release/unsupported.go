package release

import (
	"cmp"
	"reflect"
	"strconv"
)

// unsupported refuses what was given and means nothing on the platform, see [Traits.Unsupported]. Nothing else is
// told of it. The value stands at a field, which begins with at in the table.
func (v *validator) unsupported(given any, field string) {
	walk(&unsupported{traits: v.on, found: func(field, why string) {
		v.check(false, field, "%s", why)
		v.told[field] = true
	}}, given, field, field)
}

// Lacking lists what a release asks for and the platform does not have, by the fields of a release file: what
// [Spec.Validate] refuses before anything begins, for drivers, which may be asked past it.
func (t Traits) Lacking(q ReleaseQuestion) Problems {
	v := &validator{on: t, told: map[string]bool{}}
	v.unsupported(q, "")
	v.strategyOf(Spec{Operation: OperationRelease, Strategy: q.Strategy})
	if q.Config != nil {
		v.parameters(q.Config.Platform)
	}
	return v.problems
}

// unsupported looks for what a platform has no counterpart for.
type unsupported struct {
	traits Traits
	found  func(field, why string)
}

// visit looks at a value. A list that was given counts even if it is empty.
func (u *unsupported) visit(v reflect.Value, field, of string) (within bool) {
	if v.IsZero() {
		return false
	}
	why := u.traits.why(of, "")
	switch v.Kind() { //nolint:exhaustive // no other value is refused by itself
	case reflect.String:
		why = cmp.Or(why, u.traits.why(of, v.String()))
	case reflect.Bool:
		why = cmp.Or(why, u.traits.why(of, strconv.FormatBool(v.Bool())))
	}
	if why != "" {
		u.found(field, why)
	}
	return why == ""
}
