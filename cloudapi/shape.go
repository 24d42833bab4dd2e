package cloudapi

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"slipway/internal/loosejson"
)

// ShapeType is the type of a JSON value inside a parameter.
type ShapeType string

// The types of JSON values.
const (
	ShapeObject  ShapeType = "object"
	ShapeArray   ShapeType = "array"
	ShapeString  ShapeType = "string"
	ShapeInteger ShapeType = "integer"
	ShapeNumber  ShapeType = "number"
	ShapeBoolean ShapeType = "boolean"
	// ShapeAny is any JSON value.
	ShapeAny ShapeType = "any"
)

// Shape describes a JSON value inside a parameter as the reference documents it. Limits that
// the reference does not give are zero.
type Shape struct {
	// Name is the name of a member of an object, else empty.
	Name string
	Type ShapeType
	// Required says that the object that the value is a member of must have it, and not empty.
	Required bool
	// Members are the members of an object. A value may leave out those that are not Required.
	Members []*Shape
	// Items describes the elements of an array, or the values of an object whose keys are free.
	Items *Shape
	// Enum lists the allowed values of a text.
	Enum []string
	// Min and Max bound a number.
	Min, Max *int64
	// MinLength and MaxLength bound the number of characters of a text.
	MinLength, MaxLength int
	// MinItems and MaxItems bound the number of elements of an array.
	MinItems, MaxItems int
	// Pattern is a regular expression (RE2) for the whole text.
	Pattern string
	// Format is yyyy-MM-dd or HH:mm for texts that hold a date or a time of day.
	Format string
	// Description is the meaning.
	Description string
}

// Fail notes a problem at a place inside a JSON value, for example Tags[0].key.
type Fail func(place, format string, args ...any)

// Check compares a parsed JSON value, whose numbers are json.Number, with the shape. Null and
// members that the shape does not know are always right.
func (s *Shape) Check(place string, value any, fail Fail) {
	if value == nil {
		return
	}
	switch s.Type {
	case ShapeObject:
		s.checkObject(place, value, fail)
	case ShapeArray:
		list, ok := value.([]any)
		if !ok {
			fail(place, "must be a list")
			return
		}
		s.checkLength(place, len(list), fail)
		for i, element := range list {
			s.Items.Check(Element(place, i), element, fail)
		}
	case ShapeString:
		s.checkString(place, value, fail)
	case ShapeInteger:
		s.checkInteger(place, value, fail)
	case ShapeNumber:
		for _, problem := range numberProblems(loosejson.Text(value), s.Min, s.Max) {
			fail(place, "%s", problem)
		}
	case ShapeBoolean:
		if text := loosejson.Text(value); text != "true" && text != "false" {
			fail(place, "must be true or false")
		}
	case ShapeAny:
	}
}

// checkLength looks at the number of elements of an array.
func (s *Shape) checkLength(place string, n int, fail Fail) {
	switch {
	case n < s.MinItems:
		fail(place, "must have at least %d elements", s.MinItems)
	case s.MaxItems > 0 && n > s.MaxItems:
		fail(place, "must have at most %d elements", s.MaxItems)
	}
}

func (s *Shape) checkObject(place string, value any, fail Fail) {
	object, ok := value.(map[string]any)
	if !ok {
		fail(place, "must be an object")
		return
	}
	for _, member := range s.Members {
		switch value, ok := loosejson.Member(object, member.Name); {
		case member.Required && (value == nil || value == ""):
			fail(place+"."+member.Name, "is required")
		case ok:
			member.Check(place+"."+member.Name, value, fail)
		}
	}
	if s.Items == nil {
		return
	}
	for key, value := range object {
		s.Items.Check(place+"."+key, value, fail)
	}
}

func (s *Shape) checkString(place string, value any, fail Fail) {
	switch value.(type) {
	case string, json.Number, bool:
	default:
		fail(place, "must be a text")
		return
	}
	text := loosejson.Text(value)
	length := utf8.RuneCountInString(text)
	switch {
	case length < s.MinLength:
		fail(place, "must have at least %d characters", s.MinLength)
	case text == "":
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, text):
		fail(place, "must be one of %q", s.Enum)
	case s.MaxLength > 0 && length > s.MaxLength:
		fail(place, "must have at most %d characters", s.MaxLength)
	case s.Pattern != "" && !matches(s.Pattern, text):
		fail(place, "must match %s", s.Pattern)
	case s.Format != "" && !hasFormat(text, s.Format):
		fail(place, "must have the form %s", s.Format)
	}
}

// matches reports whether a text is as a pattern says. A test compiles every pattern of the facts.
func matches(pattern, text string) bool {
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(text)
}

// hasFormat reports whether a date or time of day is written in one of the reference's forms.
func hasFormat(text, format string) bool {
	layout := strings.NewReplacer("yyyy", "2006", "MM", "01", "dd", "02", "HH", "15", "mm", "04").Replace(format)
	_, err := time.Parse(layout, text)
	return err == nil
}

func (s *Shape) checkInteger(place string, value any, fail Fail) {
	text, err := loosejson.NumberText(value)
	if err != nil {
		fail(place, "must be an integer")
		return
	}
	for _, problem := range integerProblems(text, s.Min, s.Max) {
		fail(place, "%s", problem)
	}
}

// integerProblems says what is wrong with an integer, at most one thing.
func integerProblems(text string, least, most *int64) []string {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return []string{"must be an integer"}
	case least != nil && n < *least:
		return []string{fmt.Sprintf("must be at least %d", *least)}
	case most != nil && n > *most:
		return []string{fmt.Sprintf("must be at most %d", *most)}
	}
	return nil
}

// numberProblems says what is wrong with a number, at most one thing.
func numberProblems(text string, least, most *int64) []string {
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil, math.IsNaN(n), math.IsInf(n, 0):
		return []string{"must be a number"}
	case least != nil && n < float64(*least):
		return []string{fmt.Sprintf("must be at least %d", *least)}
	case most != nil && n > float64(*most):
		return []string{fmt.Sprintf("must be at most %d", *most)}
	}
	return nil
}

// Element names an element of a list by its place.
func Element(place string, index int) string { return place + "[" + strconv.Itoa(index) + "]" }
