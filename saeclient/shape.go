package saeclient

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ShapeType is the type of a JSON value inside a parameter.
type ShapeType string

// The types of JSON values.
const (
	ShapeObject  ShapeType = "object"
	ShapeArray   ShapeType = "array"
	ShapeString  ShapeType = "string"
	ShapeInteger ShapeType = "integer"
	ShapeBoolean ShapeType = "boolean"
)

// Shape describes a JSON value inside a parameter as the SAE API reference documents it. Limits that the reference does not give are
// zero.
type Shape struct {
	// Name is the name of a member of an object, else empty.
	Name string
	Type ShapeType
	// Members are the members of an object. A value may leave them out: the reference does not say which it must have.
	Members []*Shape
	// Items describes the elements of an array, or the values of an object whose keys are free.
	Items *Shape
	// Enum lists the allowed values of a text.
	Enum []string
	// Min and Max bound a number.
	Min, Max *int64
	// MinLength and MaxLength bound the number of characters of a text.
	MinLength, MaxLength int
	// Format is yyyy-MM-dd or HH:mm for texts that hold a date or a time of day.
	Format string
	// Description is the meaning.
	Description string
}

// Shape describes what the JSON text of the parameter holds. It is nil when the parameter is not JSON, or is passed through as it
// is.
func (p Param) Shape() *Shape {
	if p.Kind != KindJSON {
		return nil
	}
	return shapeOf(p.Name)
}

// fails notes a problem at a place inside a JSON value.
type fails func(place, format string, args ...any)

// check compares a value with the shape. Null and members that the shape does not know are always right.
func (s *Shape) check(place string, value any, fail fails) {
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
		for i, element := range list {
			s.Items.check(at(place, i), element, fail)
		}
	case ShapeString:
		s.checkString(place, value, fail)
	case ShapeInteger:
		s.checkInteger(place, value, fail)
	case ShapeBoolean:
		if text := asText(value); text != "true" && text != "false" {
			fail(place, "must be true or false")
		}
	}
}

func (s *Shape) checkObject(place string, value any, fail fails) {
	object, ok := value.(map[string]any)
	if !ok {
		fail(place, "must be an object")
		return
	}
	for _, member := range s.Members {
		if value, ok := memberOf(object, member.Name); ok {
			member.check(place+"."+member.Name, value, fail)
		}
	}
	if s.Items == nil {
		return
	}
	for key, value := range object {
		s.Items.check(place+"."+key, value, fail)
	}
}

func (s *Shape) checkString(place string, value any, fail fails) {
	switch value.(type) {
	case string, json.Number, bool:
	default:
		fail(place, "must be a text")
		return
	}
	text := asText(value)
	length := utf8.RuneCountInString(text)
	switch {
	case length < s.MinLength:
		fail(place, "must have at least %d characters", s.MinLength)
	case text == "":
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, text):
		fail(place, "must be one of %q", s.Enum)
	case s.MaxLength > 0 && length > s.MaxLength:
		fail(place, "must have at most %d characters", s.MaxLength)
	case s.Format != "" && !hasFormat(text, s.Format):
		fail(place, "must have the form %s", s.Format)
	}
}

// hasFormat tells whether a date or time of day is written in one of the reference's forms.
func hasFormat(text, format string) bool {
	layout := strings.NewReplacer("yyyy", "2006", "MM", "01", "dd", "02", "HH", "15", "mm", "04").Replace(format)
	_, err := time.Parse(layout, text)
	return err == nil
}

func (s *Shape) checkInteger(place string, value any, fail fails) {
	text, err := numberText(value)
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

// at names an element of a list.
func at(place string, index int) string { return place + "[" + strconv.Itoa(index) + "]" }
