package fcsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"

	"slipway/internal/simframe"
)

// document is a JSON object that is kept as it was sent.
type document = json.RawMessage

// integer is a whole number, which some clients send as a text.
type integer int64

// UnmarshalJSON reads the number, written as one or as a text.
func (i *integer) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	if err != nil {
		return fmt.Errorf("must be a whole number, is %s", text)
	}
	*i = integer(n)
	return nil
}

// decode reads the JSON object of a body into the struct that into points to, by the names of its
// tags without regard to case. A null is as if it were absent. Problems are told at once:
// members that the operation does not have, and members of another type.
func (c *call) decode(into any) *apiError {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return nil
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(c.body, &members); err != nil {
		return refuse(codeInvalidArgument, "the body must be a JSON object: "+err.Error())
	}
	fields := fieldsOf(reflect.ValueOf(into).Elem())
	given := map[string]string{}
	var k checker
	for _, name := range simframe.SortedKeys(members) {
		key := strings.ToLower(name)
		field, known := fields[key]
		switch {
		case !known:
			k.check(false, "%q is no member of the body of %s", simframe.Shorten(name), c.op.Name)
			continue
		case given[key] != "":
			k.check(false, "%q and %q are the same member", given[key], name)
			continue
		}
		given[key] = name
		if string(members[name]) == "null" {
			continue
		}
		c.decodeMember(&k, field, members[name])
	}
	return k.refusal()
}

// decodeMember reads one member. A document must have the shape that the reference gives it; what
// else it holds is kept.
func (c *call) decodeMember(k *checker, field member, text json.RawMessage) {
	name := field.name
	if field.value.Type() == reflect.TypeFor[document]() {
		c.decodeDocument(k, field, text)
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(field.value.Addr().Interface())
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		k.check(false, "%s must not be a %s", strings.TrimSuffix(name+"."+wrong.Field, "."), wrong.Value)
	} else if err != nil {
		k.check(false, "%s: %s", name, strings.TrimPrefix(err.Error(), "json: "))
	}
}

func (c *call) decodeDocument(k *checker, field member, text json.RawMessage) {
	name := field.name
	if !bytes.HasPrefix(text, []byte("{")) {
		k.check(false, "%s must be an object", name)
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		k.check(false, "%s: %v", name, err)
		return
	}
	if param, known := c.op.Param(name); known && param.Shape != nil {
		param.Shape.Check(name, value, func(place, format string, args ...any) {
			k.check(false, "%s "+format, append([]any{place}, args...)...)
		})
	}
	field.value.SetBytes(text)
}

// member is a field of a struct that a member of a body is read into.
type member struct {
	name  string // as the reference spells it
	value reflect.Value
}

// fieldsOf returns the fields of a struct and of those embedded in it by their names on the wire,
// in lower case.
func fieldsOf(value reflect.Value) map[string]member {
	fields := map[string]member{}
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if field.Anonymous {
			maps.Copy(fields, fieldsOf(value.Field(i)))
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields[strings.ToLower(name)] = member{name, value.Field(i)}
	}
	return fields
}

// keep takes over a setting that was given.
func keep[T any](setting **T, given *T) {
	if given != nil {
		*setting = given
	}
}

// checker collects what is wrong with a request.
type checker struct{ simframe.Findings }

func (k *checker) check(ok bool, format string, args ...any) { k.Check(ok, format, args...) }

// within checks a number that was given against its limits.
func (k *checker) within(name string, given *integer, least, most integer) {
	if given != nil {
		k.check(*given >= least && *given <= most, "%s must be from %d to %d, is %d", name, least, most, *given)
	}
}

// name checks a name: letters, digits, _ and -, not beginning with a digit or -.
func (k *checker) name(field, name string, most int) {
	k.check(isName(name) && len(name) <= most,
		"%s must be 1 to %d letters, digits, _ and -, and must not begin with a digit or -; it is %q", field, most, simframe.Shorten(name))
}

func isName(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return false
		}
	}
	return name != ""
}

// refusal tells the problems, nil when there is none.
func (k *checker) refusal() *apiError {
	if !k.Any() {
		return nil
	}
	return refuse(codeInvalidArgument, k.Text())
}

// parameter returns a parameter of the query; an empty one counts as absent.
func (c *call) parameter(name string) string { return c.query.Get(name) }

// Limits of lists.
const (
	defaultLimit = 20
	maxLimit     = 100
)

// limit reads the greatest number of items that the caller wants.
func (c *call) limit(otherwise, most int) (int, *apiError) {
	text := c.parameter("limit")
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, refuse(codeInvalidArgument, fmt.Sprintf("limit must be a number from 1 to %d, is %q", most, simframe.Shorten(text)))
	}
	return n, nil
}

// listing is one page of a list.
type listing[T any] struct {
	items []T
	// next is the token of the page after it, or nil.
	next *string
}

// page cuts a page out of items in the order of their keys: those whose key begins with the
// parameter prefix, from startKey or nextToken on, which is the key of an item. before says when a
// key comes before another.
func page[T any](c *call, items []T, key func(T) string, before func(a, b string) bool) (listing[T], *apiError) {
	limit, refused := c.limit(defaultLimit, maxLimit)
	if refused != nil {
		return listing[T]{}, refused
	}
	from := c.parameter("nextToken")
	if from == "" {
		from = c.parameter("startKey")
	}
	prefix := c.parameter("prefix")
	list := listing[T]{items: []T{}}
	for _, item := range items {
		name := key(item)
		if !strings.HasPrefix(name, prefix) || from != "" && before(name, from) {
			continue
		}
		if len(list.items) == limit {
			list.next = &name
			break
		}
		list.items = append(list.items, item)
	}
	return list, nil
}

// byName orders names as dictionaries of bytes do.
func byName(a, b string) bool { return a < b }

// ifMatch refuses a call whose If-Match names another ETag.
func (c *call) ifMatch(etag string) *apiError {
	if wanted := strings.Trim(c.header.Get("If-Match"), `"`); wanted != "" && wanted != etag {
		return refuse(codePrecondition)
	}
	return nil
}
