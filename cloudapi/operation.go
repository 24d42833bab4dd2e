package cloudapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// Operation describes one operation of an API as its reference documents it.
type Operation struct {
	// Name is the operation's name, for example DeployApplication.
	Name string
	// Chapter is the chapter of the reference, empty where the reference does not have the operation.
	Chapter string
	// Since is the date, yyyy-MM-dd, from which an operation is known that the reference does not
	// have. It is empty for those of the reference.
	Since string
	// Group is the family that the operation belongs to, for example change-order.
	Group string
	// Method and Path are those of the HTTP request. Names of parameters stand in the path in braces.
	// One behind a period, {.qualifier}, is written with the period where it is given, and is left out
	// with it where it is not (RFC 6570, section 3.2.5).
	Method, Path string
	// Summary says in one sentence what the operation does.
	Summary string
	// Mutates is true when the operation changes state, whatever its method: some with method GET do.
	Mutates bool
	// Starts names what goes on after the answer, for example change order. It is empty when
	// the answer is the end.
	Starts string
	// StartsTypes are the platform's codes of what can be started.
	StartsTypes []string
	// Params are the parameters, in the order of the reference.
	Params []Param
	// Extra are parameters that the operation's page of the reference lacks and other sources know.
	Extra []Param
	// AnswerHeaders are headers that an answer says something with, beside its body.
	AnswerHeaders []string
	// Errors are the error codes documented for this operation, sorted; common ones are not repeated here.
	Errors []string
}

// Param finds a parameter by its exact name, among Params and Extra.
func (o Operation) Param(name string) (Param, bool) {
	for _, list := range [][]Param{o.Params, o.Extra} {
		for _, p := range list {
			if p.Name == name {
				return p, true
			}
		}
	}
	return Param{}, false
}

// Position is where a parameter travels in the HTTP request.
type Position string

// The positions of parameters.
const (
	// InQuery is the query string, also of POST and PUT requests.
	InQuery Position = "query"
	// InForm is a body of type application/x-www-form-urlencoded.
	InForm Position = "form"
	// InBody is a member of a JSON object in the body.
	InBody Position = "body"
	// InPath is a part of the path, where its name stands in braces.
	InPath Position = "path"
	// InHeader is a header.
	InHeader Position = "header"
	// InPayload is the whole body, of any type.
	InPayload Position = "payload"
	// InMultipart is a part of a body of type multipart/form-data.
	InMultipart Position = "multipart"
)

// Kind is what the text of a parameter must look like.
type Kind string

// The kinds of parameters.
const (
	// KindString is any text.
	KindString Kind = "string"
	// KindInteger is a decimal integer.
	KindInteger Kind = "integer"
	// KindNumber is a decimal number.
	KindNumber Kind = "number"
	// KindBoolean is true or false.
	KindBoolean Kind = "boolean"
	// KindJSON is JSON text.
	KindJSON Kind = "json"
	// KindValue is JSON that travels as it is in a JSON body, not as a text in it. In a query a list
	// becomes a parameter for each element, and an object one for each member, whose name follows that
	// of the parameter.
	KindValue Kind = "value"
	// KindFile is bytes that travel as a file of a body of type multipart/form-data.
	KindFile Kind = "file"
)

// Param describes a parameter of an operation. Limits that the reference does not give are zero.
type Param struct {
	// Name is the name on the wire.
	Name string
	In   Position
	Kind Kind
	// Required is true when the operation refuses a request without the parameter.
	Required bool
	// RequiredIf says, for people, when an otherwise optional parameter is required.
	RequiredIf string
	// Enum lists the allowed values.
	Enum []string
	// Open is true when Enum lists the values that are known and the platform takes others, such
	// as the versions of a runtime.
	Open bool
	// MaxLength is the greatest number of characters.
	MaxLength int
	// Min and Max bound a number.
	Min, Max *int64
	// Pattern is a regular expression (RE2) for the whole value.
	Pattern string
	// Default is the value that the platform uses when the parameter is not sent.
	Default string
	// Unit is the unit of a number.
	Unit string
	// Sensitive is true when the value is or may carry a secret, and must not be shown.
	Sensitive bool
	// Example is the reference's example.
	Example string
	// Description is the meaning.
	Description string
	// Since is the date, yyyy-MM-dd, from which a parameter is known that the reference does not
	// have. It is empty for those of the reference and in operations that it does not have.
	Since string
	// Shape describes what the JSON text of the parameter holds. It is nil when the parameter
	// is not JSON, or is passed through as it is.
	Shape *Shape
}

// Check returns what is wrong with a value by the rules of the reference, nil if nothing is. An
// empty value of an optional parameter is always right: it clears a setting. The error does not
// contain the value. What JSON text holds is not looked at; Validate of an Input does.
func (p Param) Check(value string) error {
	if problems := p.Problems(value); len(problems) > 0 {
		return errors.New(p.Name + " " + problems[0])
	}
	return nil
}

// Problems lists everything that is wrong with a value by the rules of Check, in words that
// follow the name of the parameter.
func (p Param) Problems(value string) []string { return p.ProblemsBy(value, regexp.Compile) }

// ProblemsBy is Problems with something else that compiles patterns, and may remember them.
func (p Param) ProblemsBy(value string, compile func(pattern string) (*regexp.Regexp, error)) []string {
	if value == "" {
		if p.Required {
			return []string{"is required"}
		}
		return nil
	}
	if wrong := p.kindProblems(value); wrong != nil {
		return wrong
	}
	var out []string
	if len(p.Enum) > 0 && !p.Open && !slices.Contains(p.Enum, value) {
		out = append(out, fmt.Sprintf("must be one of %q", p.Enum))
	}
	if p.MaxLength > 0 && utf8.RuneCountInString(value) > p.MaxLength {
		out = append(out, fmt.Sprintf("must have at most %d characters", p.MaxLength))
	}
	if p.Pattern == "" {
		return out
	}
	// A test compiles every pattern of the table.
	if re, err := compile(p.Pattern); err != nil || !re.MatchString(value) {
		out = append(out, "must match "+p.Pattern)
	}
	return out
}

func (p Param) kindProblems(value string) []string {
	switch p.Kind {
	case KindString, KindFile:
		return nil
	case KindBoolean:
		if value != "true" && value != "false" {
			return []string{"must be true or false"}
		}
		return nil
	case KindJSON, KindValue:
		if !json.Valid([]byte(value)) {
			return []string{"must be JSON"}
		}
		return nil
	case KindInteger:
		return integerProblems(value, p.Min, p.Max)
	case KindNumber:
		return numberProblems(value, p.Min, p.Max)
	}
	return []string{fmt.Sprintf("has unknown kind %q", p.Kind)}
}
