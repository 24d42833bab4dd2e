package saeclient

import (
	"reflect"
	"strings"
)

// Problem is one thing that is wrong with a request.
type Problem struct {
	// Param is the API's name of the parameter, with the place inside it when it is structured: Tags[0].key.
	Param string
	// Message says what is wrong; it never holds the value.
	Message string
}

// String is the problem in words.
func (p Problem) String() string { return p.Param + " " + p.Message }

// ValidationError names everything in a request that breaks the rules of the SAE API reference. Nothing was sent. It is of class
// ErrInvalid.
type ValidationError struct {
	// Operation is the operation's name.
	Operation string
	// Problems are all problems, in the order of the parameters.
	Problems []Problem
}

// Error names all problems.
func (e *ValidationError) Error() string {
	words := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		words[i] = p.String()
	}
	return strings.Join(words, "; ")
}

// Unwrap returns ErrInvalid.
func (e *ValidationError) Unwrap() error { return ErrInvalid }

// validate checks an Input without sending it.
func validate(op Operation, in input) error {
	r := new(request)
	in.encode(r)
	r.check(op, in)
	return r.invalid(op)
}

// invalid is the error for the problems so far, nil if there are none.
func (r *request) invalid(op Operation) error {
	if len(r.problems) == 0 {
		return nil
	}
	return &ValidationError{Operation: op.Name, Problems: r.problems}
}

// ruled is implemented by Inputs with rules that concern more than one value.
type ruled interface {
	rules(r *request)
}

// check notes what is wrong with the parameters by the rules of the reference.
func (r *request) check(op Operation, in input) {
	for _, v := range r.values {
		if p, ok := op.Param(v.name); ok {
			r.checkValue(asRead(op, p), v.text)
		}
	}
	if in, ok := in.(ruled); ok && !reflect.ValueOf(in).IsNil() {
		in.rules(r)
	}
}

// checkValue looks at one parameter, and into it when it is JSON of a known shape.
func (r *request) checkValue(p Param, text string) {
	problems := p.problems(text)
	for _, message := range problems {
		r.fail(p.Name, "%s", message)
	}
	shape := p.Shape()
	if shape == nil || text == "" || len(problems) > 0 {
		return
	}
	if value, err := parseJSON([]byte(text)); err == nil {
		shape.check(p.Name, value, r.fail)
	}
}

// asRead changes a rule of the reference where it contradicts itself: new namespaces may have hyphens in their ID, as the
// reference's own samples have.
func asRead(op Operation, p Param) Param {
	if op.Name == "CreateNamespace" && p.Name == "NamespaceId" {
		p.Pattern = `^[a-z0-9-]+:[a-z0-9-]+$`
	}
	return p
}
