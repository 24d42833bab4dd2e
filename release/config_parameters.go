package release

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ParameterKind is what a value under config.platform must be.
type ParameterKind string

// The kinds of values.
const (
	// ParameterText is a text; an empty one clears the setting where the platform can do that.
	ParameterText ParameterKind = "text"
	// ParameterNumber is a whole number.
	ParameterNumber ParameterKind = "number"
	// ParameterSwitch is true or false.
	ParameterSwitch ParameterKind = "switch"
	// ParameterList is a list, and ParameterObject a group of fields, as the platform documents it.
	ParameterList   ParameterKind = "list"
	ParameterObject ParameterKind = "object"
)

// Parameter is one parameter of a platform's own. It stands under config.platform by its name
// unless Field or Why says otherwise.
type Parameter struct {
	Name string
	// Field is the field of a spec that gives it, as a path; empty where there is none.
	Field string
	// Why says why nobody gives it; empty where somebody may.
	Why string
	// Kind is what its value must be, where it stands under config.platform.
	Kind ParameterKind
	// Values are all that the platform takes of a text; none where it takes others, too.
	Values []string
	// Least is the least number, and Most the largest; 0 where that is not known.
	Least, Most int64
}

// PlatformParameters returns all that a release could set of an application on a platform, by the
// platform's own names: those of the operation that deploys (DeployApplication on SAE).
func PlatformParameters(p Platform) []Parameter {
	t, served := TraitsOf(p)
	if !served {
		return nil
	}
	return t.Parameters()
}

// parameters checks the settings of the platform's own, in the order of their names.
func (v *validator) parameters(given Parameters) {
	const field = "config.platform"
	if given == nil {
		return
	}
	v.check(len(given) > 0, field, "is empty; leave it out to keep what the application has")
	known := v.on.Parameters()
	var names []string
	for _, each := range known {
		names = append(names, each.Name)
	}
	for _, name := range given.names() {
		if len(name) > MaxID {
			v.check(false, field, "has a name of %d bytes; at most %d are taken", len(name), MaxID)
			continue
		}
		at := slices.Index(names, name)
		if at < 0 {
			v.check(false, field+"."+name, "is not a parameter of a deployment on %s%s", v.on.Name, DidYouMean(name, names))
			continue
		}
		v.parameter(field+"."+name, known[at], string(given[name]))
	}
}

// parameter checks one that the platform has. What it says does not quote the value.
func (v *validator) parameter(at string, known Parameter, raw string) {
	if known.Field != "" {
		v.check(false, at, "is given by a field of its own; use %s", known.Field)
		return
	}
	if known.Why != "" {
		v.check(false, at, "%s", known.Why)
		return
	}
	value := strings.TrimSpace(raw)
	if kindOf(value) != known.Kind {
		v.check(false, at, "%s", known.must())
		return
	}
	if known.Kind == ParameterNumber {
		n, err := strconv.ParseInt(value, 10, 64)
		v.check(err == nil && n >= known.Least && n <= math.MaxInt32, at, "must be a whole number of %d or more", known.Least)
		v.check(err != nil || known.Most == 0 || n <= known.Most, at, "must be at most %d", known.Most)
	}
	if len(known.Values) > 0 {
		v.check(slices.ContainsFunc(known.Values, func(one string) bool { return value == `"`+one+`"` }), at, "%s", known.must())
	}
}

// must says what a value must be.
func (p Parameter) must() string {
	switch p.Kind {
	case ParameterText:
		if len(p.Values) > 0 {
			return fmt.Sprintf(`must be a text in quotes: "%s"`, strings.Join(p.Values, `" or "`))
		}
		return "must be a text; write a number or a switch in quotes"
	case ParameterNumber:
		return "must be a whole number, without quotes"
	case ParameterSwitch:
		return "must be true or false, without quotes"
	case ParameterList:
		return "must be a list; an empty one, [], clears the setting"
	case ParameterObject:
	}
	return "must be a group of fields"
}

// kindOf is what JSON is at its top: the values of a request are JSON that was read before.
// It is empty for null.
func kindOf(raw string) ParameterKind {
	switch {
	case strings.HasPrefix(raw, `"`):
		return ParameterText
	case strings.HasPrefix(raw, "["):
		return ParameterList
	case strings.HasPrefix(raw, "{"):
		return ParameterObject
	case raw == "true" || raw == "false":
		return ParameterSwitch
	case raw == "" || raw == "null":
		return ""
	}
	return ParameterNumber
}
