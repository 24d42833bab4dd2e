package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"slipway/internal/apifacts"
)

// newerFacts is what today's service has beyond the reference: the file newer.json.
type newerFacts struct {
	Regions    []region    `json:"regions"`
	OrderTypes []orderType `json:"changeOrderTypes"`
	// Shapes are the JSON values inside parameters by name. They replace those of the reference.
	Shapes     map[string]*shape `json:"jsonShapes"`
	Additions  []addition        `json:"additions"`
	Operations []operationFact   `json:"operations"`
}

// addition is what an operation of the reference has today beyond it.
type addition struct {
	Name     string           `json:"name"`
	Params   []paramFact      `json:"params"`
	Response []apifacts.Added `json:"response"`
	Changes  []change         `json:"changes"`
}

// change is a rule of the reference that today's service no longer has. What is not set stays, and
// so do the values of a member of the answer: Enum adds to them.
type change struct {
	// Param names a parameter, Response the place of a member of the answer.
	Param      string `json:"param"`
	Response   string `json:"response"`
	Required   *bool  `json:"required"`
	RequiredIf string `json:"requiredIf"`
	Enum       []any  `json:"enum"`
	Open       bool   `json:"open"`
	MaxLength  int    `json:"maxLength"`
	Max        *int64 `json:"max"`
	Pattern    string `json:"pattern"`
	Unit       string `json:"unit"`
	Note       string `json:"note"`
}

func parseNewer(text []byte) (*newerFacts, error) {
	var n newerFacts
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&n); err != nil {
		return nil, fmt.Errorf("newer.json: %w", err)
	}
	return &n, nil
}

// merge adds what is newer than the reference, so that all that follows sees one list of operations.
func (f *facts) merge(n *newerFacts) error {
	f.Regions = append(f.Regions, n.Regions...)
	f.OrderTypes = append(f.OrderTypes, n.OrderTypes...)
	shapes := f.shapes()
	maps.Copy(shapes, n.Shapes)
	for _, a := range n.Additions {
		at := slices.IndexFunc(f.Operations, func(op operationFact) bool { return op.Name == a.Name })
		if at < 0 {
			return fmt.Errorf("newer.json: the reference has no operation %s", a.Name)
		}
		if err := f.Operations[at].extend(a); err != nil {
			return fmt.Errorf("newer.json: %s: %w", a.Name, err)
		}
	}
	for _, op := range n.Operations {
		if op.Since == "" {
			return fmt.Errorf("newer.json: %s has no date", op.Name)
		}
		f.Operations = append(f.Operations, op)
	}
	for i := range f.Operations {
		op := &f.Operations[i]
		for _, params := range [][]paramFact{op.Params, op.Extra} {
			if err := takeShapes(params, shapes); err != nil {
				return fmt.Errorf("newer.json: %s.%w", op.Name, err)
			}
		}
	}
	return nil
}

// shapes are those of the reference by the names of their parameters, which have one each.
func (f *facts) shapes() map[string]*shape {
	shapes := make(map[string]*shape)
	for _, op := range f.Operations {
		for _, p := range op.Params {
			if p.Shape != nil {
				shapes[p.Name] = p.Shape
			}
		}
	}
	return shapes
}

// takeShapes gives JSON parameters the shapes of today.
func takeShapes(params []paramFact, shapes map[string]*shape) error {
	for i := range params {
		p := &params[i]
		name := p.ShapeName
		if name == "" {
			name = p.Name
		}
		today, known := shapes[name]
		switch {
		case p.Type == typeJSON && known:
			p.Shape = today
		case p.ShapeName != "":
			return fmt.Errorf("%s: no shape %s", p.Name, p.ShapeName)
		}
	}
	return nil
}

// extend adds to an operation of the reference what it has today.
func (op *operationFact) extend(a addition) error {
	for _, p := range a.Params {
		if slices.ContainsFunc(op.Params, func(have paramFact) bool { return have.Name == p.Name }) {
			return fmt.Errorf("the reference has the parameter %s", p.Name)
		}
		op.Extra = append(op.Extra, p)
	}
	for _, added := range a.Response {
		if err := op.Response.Add(added); err != nil {
			return err
		}
	}
	for _, c := range a.Changes {
		if err := op.change(c); err != nil {
			return err
		}
	}
	return nil
}

// change replaces a rule of the reference by that of today.
func (op *operationFact) change(c change) error {
	if c.Response != "" {
		at, err := op.Response.Find(c.Response)
		if err != nil {
			return err
		}
		at.Widen(c.Enum)
		return nil
	}
	i := slices.IndexFunc(op.Params, func(p paramFact) bool { return p.Name == c.Param })
	if i < 0 {
		return fmt.Errorf("the reference has no parameter %s", c.Param)
	}
	op.Params[i].take(c)
	return nil
}

// take takes over the rules that a change names.
func (p *paramFact) take(c change) {
	if c.Required != nil {
		p.Required = *c.Required
	}
	p.Open = p.Open || c.Open
	if c.Enum != nil {
		p.Enum = c.Enum
	}
	if c.Max != nil {
		p.Max = c.Max
	}
	if c.MaxLength > 0 {
		p.MaxLength = c.MaxLength
	}
	for text, rule := range map[string]*string{c.RequiredIf: &p.RequiredIf, c.Pattern: &p.Pattern, c.Unit: &p.Unit, c.Note: &p.Note} {
		if text != "" {
			*rule = text
		}
	}
}
