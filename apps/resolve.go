package apps

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"slipway/release"
	"slipway/wire"
)

// Resolve returns the whole spec of what is asked for by name, with its defaults. What the request says
// wins over the document, field by field: groups are merged, variables by their names, any other list is
// taken whole, and null takes a default of the document out. A strategy of another type takes only watch
// from the document, and what is no release (a rollback, a restart, a rescale, a job) takes from it
// neither strategy nor configuration nor traffic rules.
//
// The error is [release.Problems], everything at once: what the document locks, and everything that is
// wrong with the spec.
func (a Application) Resolve(n wire.Named) (release.Spec, error) {
	e, err := a.Environment(n.Environment)
	if err != nil {
		return release.Spec{}, err
	}
	locked := e.given(a.Name, n.Says)
	spec, err := e.resolve(n.Says)
	problems, _ := err.(release.Problems) //nolint:errorlint // resolve returns nothing else
	if problems = join(locked, problems); len(problems) > 0 {
		return release.Spec{}, problems
	}
	return spec, nil
}

// ResolveAt does so with the revision that the document has, which it tells besides.
func (a Application) ResolveAt(revision uint64, n wire.Named) (wire.Resolved, error) {
	spec, err := a.Resolve(n)
	return wire.Resolved{Spec: spec, ByName: release.ByName{
		Application: a.Name, Environment: n.Environment, Revision: revision, PromotedFrom: n.PromotedFrom, Promotes: a.PromotesItself(n.Environment),
		Trigger: n.Trigger,
	}}, err
}

// given are the fields that the request gives though they are locked, in it or around it.
func (e Environment) given(application string, says map[string]any) (problems release.Problems) {
	for _, path := range e.Locked {
		at, gives := givenAt(says, path)
		if !gives && e.leftOut(says, path) {
			at, gives = "strategy.type", true
		}
		if gives {
			problems = append(problems, release.Problem{Field: at, Message: fmt.Sprintf(
				"%s is locked by application %s for %s; leave it out, or have the document changed: slipway app apply", path, application, e.Name)})
		}
	}
	return problems
}

// leftOut reports whether the field of a path is a default that does not count because the request asks for
// another type of strategy.
func (e Environment) leftOut(says map[string]any, path string) bool {
	if op := says["operation"]; op != nil && op != string(release.OperationRelease) {
		return false
	}
	_, had := givenAt(e.defaultsFor(nil), path)
	_, has := givenAt(e.defaultsFor(map[string]any{"strategy": says["strategy"]}), path)
	return had && !has
}

// givenAt returns where what was said gives the field of a path: there, or a value around it that is no
// group of fields.
func givenAt(says map[string]any, path string) (at string, gives bool) {
	names := strings.Split(path, ".")
	for i, name := range names {
		value, given := says[name]
		if !given {
			return "", false
		}
		group, is := value.(map[string]any)
		if i == len(names)-1 || !is {
			return strings.Join(names[:i+1], "."), true
		}
		says = group
	}
	return "", false
}

// resolve merges what was said into what the environment says.
func (e Environment) resolve(says map[string]any) (release.Spec, error) {
	whole := e.defaultsFor(says)
	merge(whole, says, "")
	whole["app"] = e.App.App()
	data, err := json.Marshal(whole)
	if err != nil {
		return release.Spec{}, release.Problems{{Field: "data", Message: "cannot be written as JSON"}}
	}
	if len(data) > wire.MaxPayload {
		return release.Spec{}, release.Problems{{Field: "data", Message: fmt.Sprintf("has %d bytes with what the document says; at most %d are taken", len(data), wire.MaxPayload)}}
	}
	return wire.ParseSpec(data)
}

// defaultsFor are the defaults of the environment that count for what was said.
func (e Environment) defaultsFor(says map[string]any) map[string]any {
	defaults := map[string]any{}
	for name, raw := range e.Release {
		if value, ok := decoded(raw); ok && value != nil {
			defaults[name] = value
		}
	}
	if op := says["operation"]; op != nil && op != string(release.OperationRelease) {
		for _, name := range []string{"strategy", "config", "traffic"} {
			delete(defaults, name)
		}
		if op == string(release.OperationJob) {
			delete(defaults, "scaling")
		}
	}
	if says["adopt"] != nil { // the change is there already
		delete(defaults, "config")
		delete(defaults, "traffic")
	}
	otherType(defaults, says)
	return defaults
}

// otherType leaves of the default strategy what another type of strategy can have.
func otherType(defaults, says map[string]any) {
	asked, _ := says["strategy"].(map[string]any)
	have, _ := defaults["strategy"].(map[string]any)
	if asked["type"] == nil || have == nil || asked["type"] == have["type"] {
		return
	}
	kept := map[string]any{}
	if watch, given := have["watch"]; given {
		kept["watch"] = watch
	}
	defaults["strategy"] = kept
	delete(defaults, "traffic")
}

// decoded is the value of JSON, with numbers as they were written.
func decoded(raw json.RawMessage) (value any, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	err := decoder.Decode(&value)
	return value, err == nil
}

// merge takes over into a group of fields what was said; null takes a field out.
func merge(into, says map[string]any, path string) {
	for name, value := range says {
		have := into[name]
		group, isGroup := value.(map[string]any)
		known, isKnown := have.(map[string]any)
		switch {
		case value == nil:
			delete(into, name)
		case isGroup && isKnown && path != "config.platform.":
			merge(known, group, path+name+".")
		case path+name == "config.variables":
			into[name] = variables(have, value)
		default:
			into[name] = value
		}
	}
}

// variables are the variables that were said, and those of the document of other names before them.
func variables(have, said any) any {
	known, _ := have.([]any)
	given, isList := said.([]any)
	if !isList {
		return said
	}
	named := func(v any) any {
		fields, _ := v.(map[string]any)
		return fields["name"]
	}
	rest := slices.DeleteFunc(slices.Clone(known), func(v any) bool {
		return slices.ContainsFunc(given, func(g any) bool { return named(g) == named(v) })
	})
	return append(rest, given...)
}

// fieldsOf are the names of the fields of a spec, in their order.
func fieldsOf() []string { return names(reflect.TypeFor[release.Spec]()) }

func names(t reflect.Type) (found []string) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		found = append(found, name)
	}
	return found
}

// isField reports whether a path leads to a field of a spec, through groups of fields alone.
func isField(path string) bool {
	t := reflect.TypeFor[release.Spec]()
	for name := range strings.SplitSeq(path, ".") {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() == reflect.Map { // a setting of the platform's own, whose name is free
			return true
		}
		if t.Kind() != reflect.Struct {
			return false
		}
		at := slices.Index(names(t), name)
		if at < 0 {
			return false
		}
		t = t.Field(at).Type
	}
	return true
}

// Request returns the request by name that is resolved to a spec: it says what the spec has otherwise than the
// document, and nothing that the document or the defaults of a release say already. The error is
// [release.Problems] where the document locks what differs, or has another application by now.
func (a Application) Request(environment string, spec release.Spec) (wire.Named, error) {
	e, err := a.Environment(environment)
	if err != nil {
		return wire.Named{}, err
	}
	n, err := wire.NamedOf(a.Name, environment, spec)
	if err != nil {
		return n, err
	}
	strategy := givenType(n.Says)
	said := map[string]any{}
	for name, value := range n.Says {
		if notDefault(name) != "" {
			said[name] = value
		}
	}
	if strategy != "" {
		said["strategy"] = map[string]any{"type": strategy}
	}
	if plain, err := e.resolve(said); err == nil {
		counts, err := wire.NamedOf(a.Name, environment, plain)
		if err != nil {
			return n, err
		}
		leaveOut(n.Says, counts.Says, "")
	}
	if strategy != cmp.Or(givenType(e.defaultsFor(nil)), string(release.StrategyAll)) && strategy != "" {
		merge(n.Says, map[string]any{"strategy": said["strategy"]}, "")
	}
	resolved, err := a.Resolve(n)
	switch {
	case err != nil:
		return n, err
	case resolved.Digest() != spec.WithDefaults().Digest():
		return n, release.Problems{{Field: "release", Message: "the document leads to another release by now: another application, or variables of its own"}}
	}
	return n, nil
}

func givenType(says map[string]any) string {
	strategy, _ := says["strategy"].(map[string]any)
	text, _ := strategy["type"].(string)
	return text
}

// leaveOut takes out of what is said what counts without it, and says null for what would count besides.
func leaveOut(says, counts map[string]any, path string) {
	for name, value := range counts {
		said, is := says[name]
		group, isGroup := said.(map[string]any)
		known, wasGroup := value.(map[string]any)
		switch {
		case path == "" && notDefault(name) != "": // is said as it is
		case !is:
			says[name] = nil
		case isGroup && wasGroup && path != "config.platform.":
			if leaveOut(group, known, path+name+"."); len(group) == 0 {
				delete(says, name)
			}
		case reflect.DeepEqual(said, value):
			delete(says, name)
		}
	}
}
