package servicestagesim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

// document is a JSON value that is kept as it was sent.
type document = json.RawMessage

// checker collects what is wrong with a request.
type checker struct {
	simframe.Findings

	// code is that of the refusal; empty means that of application management.
	code string
}

func (k *checker) check(ok bool, format string, args ...any) { k.Check(ok, format, args...) }

// refusal tells the problems, nil when there is none.
func (k *checker) refusal() *apiError {
	if !k.Any() {
		return nil
	}
	return refuse(cmp.Or(k.code, codeInvalid), k.Text())
}

// A bodyRule says what a body may be beyond what the reference prints for its operation.
type bodyRule struct {
	// optional are members that the reference calls required and does without in its examples.
	optional []string
	// free are members whose form is checked elsewhere.
	free []string
	// also are members that the tables of the reference lack, and its examples or its clients have.
	also []string
	// open lets members through that nobody knows.
	open bool
}

// read reads the JSON object of a body into a struct by its tags. Before, each member is held against
// the operation's description, and what is wrong is noted, all of it at once. A null is as if it were absent, and so is an
// empty object or list of an optional member: examples of the reference send such ones.
func (c *call) read(k *checker, into any, rule bodyRule) {
	members, err := c.members()
	if err != nil {
		k.check(false, "the body must be a JSON object: %v", err)
		return
	}
	given := map[string]bool{}
	for _, name := range simframe.SortedKeys(members) {
		given[name] = true
		before := k.Count()
		c.checkMember(k, name, members[name], rule)
		if k.Count() > before {
			delete(members, name) // what is right is read all the same, so that all problems are found at once
		}
	}
	for _, param := range c.op.Params {
		if param.In == cloudapi.InBody && param.Required && !slices.Contains(rule.optional, param.Name) {
			k.check(given[param.Name], "%s must be given", param.Name)
		}
	}
	right, err := loosejson.Encode(members)
	if err == nil {
		err = json.Unmarshal(right, into)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		k.check(false, "%s must not be a %s", wrong.Field, wrong.Value)
	} else if err != nil {
		k.check(false, "%v", err)
	}
}

// checkMember holds a member of a body against the operation's description.
func (c *call) checkMember(k *checker, name string, text document, rule bodyRule) {
	param, known := c.op.Param(name)
	switch {
	case !known || param.In != cloudapi.InBody:
		k.check(rule.open || slices.Contains(rule.also, name), "%q is no member of the body of %s", simframe.Shorten(name), c.op.Name)
	case !slices.Contains(rule.free, name) && (param.Required || !isEmpty(text)):
		checkValue(k, param, text)
	}
}

// decode reads a body as read does, and refuses it where something is wrong.
func (c *call) decode(into any, rule bodyRule) *apiError {
	k := c.checker()
	c.read(k, into, rule)
	return k.refusal()
}

// members are those of the JSON object in the body, without those that are null.
func (c *call) members() (map[string]document, error) {
	members := map[string]document{}
	if len(bytes.TrimSpace(c.body)) == 0 {
		return members, nil
	}
	if err := json.Unmarshal(c.body, &members); err != nil {
		return nil, err
	}
	for name, text := range members {
		if string(text) == "null" {
			delete(members, name)
		}
	}
	return members, nil
}

// checkValue holds the value of a member against its description.
func checkValue(k *checker, param cloudapi.Param, text document) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		k.check(false, "%s: %v", param.Name, err)
		return
	}
	if param.Shape != nil {
		param.Shape.Check(param.Name, value, func(place, format string, args ...any) {
			k.check(false, "%s "+format, append([]any{place}, args...)...)
		})
		return
	}
	written := string(text)
	if sent, isText := value.(string); isText {
		written = sent
	} else if param.Kind == cloudapi.KindString {
		k.check(false, "%s must be a text", param.Name)
		return
	}
	if written == "" && param.Required {
		k.check(false, "%s must not be empty", param.Name)
		return
	}
	for _, problem := range param.Problems(written) {
		k.check(false, "%s %s, is %q", param.Name, problem, simframe.Shorten(written))
	}
}

// isObject reports whether a document is a JSON object.
func isObject(text document) bool { return strings.HasPrefix(string(text), "{") }

// isEmpty reports whether a document says nothing: it is absent, null, {} or [].
func isEmpty(text document) bool {
	switch string(text) {
	case "", "null", "{}", "[]":
		return true
	}
	return false
}

// compact is a document without blanks between its parts.
func compact(text document) document {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return text // it was read as JSON before
	}
	return b.Bytes()
}
