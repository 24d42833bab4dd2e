package clientrt

import (
	"regexp"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
)

// Validate checks the parameters of a call without sending it. An error is a [*cloudapi.ValidationError].
func (a *API) Validate(call Call) error {
	r := new(Request)
	call.Encode(r)
	a.check(r, call)
	return r.invalid(call.Operation)
}

// check notes what is wrong with the parameters by the rules of the reference.
func (a *API) check(r *Request, call Call) {
	for _, v := range r.values {
		p, ok := call.Operation.Param(v.name)
		if !ok {
			continue
		}
		if a.Correct != nil {
			p = a.Correct(call.Operation, p)
		}
		r.checkValue(p, v.text, a.compile)
	}
	if call.Rules != nil {
		call.Rules(r)
	}
}

// compile compiles a pattern of the reference once.
func (a *API) compile(pattern string) (*regexp.Regexp, error) {
	if known, ok := a.compiled.Load(pattern); ok {
		return known.(*regexp.Regexp), nil
	}
	compiled, err := regexp.Compile(pattern)
	if err == nil {
		a.compiled.Store(pattern, compiled)
	}
	return compiled, err
}

// invalid is the error for the problems so far, nil if there are none.
func (r *Request) invalid(op cloudapi.Operation) error {
	if len(r.problems) == 0 {
		return nil
	}
	return &cloudapi.ValidationError{Operation: op.Name, Problems: r.problems}
}

// checkValue looks at one parameter, and into it when it is JSON of a known shape.
func (r *Request) checkValue(p cloudapi.Param, text string, compile func(pattern string) (*regexp.Regexp, error)) {
	problems := p.ProblemsBy(text, compile)
	for _, message := range problems {
		r.Fail(p.Name, "%s", message)
	}
	shape := p.Shape
	if shape == nil || text == "" || len(problems) > 0 {
		return
	}
	if value, err := loosejson.Parse([]byte(text)); err == nil {
		shape.Check(p.Name, value, r.Fail)
	}
}
