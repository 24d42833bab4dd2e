package apicall

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/cloudapi"
)

// Problems is everything that is wrong with a call. Nothing was sent.
type Problems []cloudapi.Problem //nolint:errname // all problems at once, as the validation of a release has them

// Error names every problem on a line of its own.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Param + ": " + problem.Message
	}
	return strings.Join(lines, "\n")
}

// And adds problems of parameters that have none yet.
func (p Problems) And(more Problems) Problems {
	named := len(p)
	for _, problem := range more {
		if !slices.ContainsFunc(p[:named], func(other cloudapi.Problem) bool { return other.Param == root(problem.Param) }) {
			p = append(p, problem)
		}
	}
	return p
}

// orNil is the error, nil when there is no problem.
func (p Problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Check compares the parameters of a call with the rules of the reference: what is
// required, each value, what JSON text holds, and what concerns several parameters. The
// error is [Problems], in the order of the parameters.
func (a API) Check(op cloudapi.Operation, values map[string]string) error {
	in, ok := a.Input(op.Name)
	if !ok {
		return fmt.Errorf("the client has no method for operation %s", op.Name)
	}
	var found Problems
	for _, p := range slices.Concat(op.Params, op.Extra) {
		value, given := values[p.Name]
		switch {
		case value == "" && p.Required:
			found = append(found, cloudapi.Problem{Param: p.Name, Message: "is required"})
		case given && assign(in, p, value) != nil:
			found = append(found, cloudapi.Problem{Param: p.Name, Message: unreadable(p, value)})
		}
	}
	if invalid, ok := errors.AsType[*cloudapi.ValidationError](in.Validate()); ok {
		// A parameter that could not be read looks as if it were not given.
		found = found.And(invalid.Problems)
	}
	names := ParamNames(op)
	slices.SortStableFunc(found, func(a, b cloudapi.Problem) int {
		return cmp.Compare(slices.Index(names, root(a.Param)), slices.Index(names, root(b.Param)))
	})
	return found.orNil()
}

// unreadable says what is wrong with a value that does not fit the parameter's type.
func unreadable(p cloudapi.Param, value string) string {
	if err := p.Check(value); err != nil {
		return strings.TrimPrefix(err.Error(), p.Name+" ")
	}
	return "does not have the form that the reference describes"
}

// root is the parameter of a place inside one.
func root(place string) string {
	if end := strings.IndexAny(place, ".["); end >= 0 {
		return place[:end]
	}
	return place
}

// assign reads one parameter into the typed ones: numbers and booleans are JSON's own, all
// else is a JSON string of the text that travels. An empty text clears a setting.
func assign(in Input, p cloudapi.Param, text string) error {
	var value any = text
	switch p.Kind {
	case cloudapi.KindInteger, cloudapi.KindBoolean:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			value = n
		} else if text == "true" || text == "false" {
			value = text == "true"
		} else if text == "" {
			value = nil
		}
	case cloudapi.KindValue:
		if json.Valid([]byte(text)) {
			value = json.RawMessage(text)
		}
	case cloudapi.KindNumber:
		value = json.Number(text)
		if text == "" {
			value = nil
		}
	case cloudapi.KindString, cloudapi.KindJSON, cloudapi.KindFile:
	}
	if p.In == cloudapi.InPayload || p.Kind == cloudapi.KindFile {
		return nil // any bytes
	}
	object, err := json.Marshal(map[string]any{p.Name: value})
	if err != nil {
		return err
	}
	return json.Unmarshal(object, in)
}
