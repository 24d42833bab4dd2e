package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// clearedByEmptyText reports whether the facts say that an empty text, not an empty list, clears the setting.
func clearedByEmptyText(p paramFact) bool {
	return strings.Contains(strings.ToLower(p.Note), "empty string")
}

// known reports whether the facts say what a value is.
func (s *shape) known() bool { return s != nil && s.Type != typeJSON }

// shapeModel is the shape of one JSON parameter, which is the same in every operation that has it.
type shapeModel struct {
	// Params are the names of parameters, or operations and parameters.
	Params []string
	Shape  *shape
}

// paramShapes collects the shapes of all JSON parameters that are not opaque, and notes in each parameter how its shape is
// found. Parameters of one shape share it.
func paramShapes(ops []operationFact) []shapeModel {
	var out []shapeModel
	for _, op := range ops {
		for _, params := range [][]paramFact{op.Params, op.Extra} {
			for i := range params {
				p := &params[i]
				if (p.Type == typeJSON || p.Type == typeValue) && p.Shape.known() && !p.opaque {
					p.shapeKey = addShape(&out, op, *p)
				}
			}
		}
	}
	return out
}

// addShape gives the key of the parameter's shape: its name, or the operation and its name where another operation has a
// parameter of that name and another shape.
func addShape(all *[]shapeModel, op operationFact, p paramFact) string {
	same := func(m shapeModel) bool { return reflect.DeepEqual(m.Shape, p.Shape) }
	holds := func(m shapeModel) bool { return slices.Contains(m.Params, p.Name) }
	at, key := slices.IndexFunc(*all, same), p.Name
	if have := slices.IndexFunc(*all, holds); have >= 0 {
		if have == at {
			return key
		}
		key = op.Name + "." + p.Name
	}
	if at < 0 {
		*all = append(*all, shapeModel{Shape: p.Shape})
		at = len(*all) - 1
	}
	(*all)[at].Params = append((*all)[at].Params, key)
	return key
}

// shapeKind is the Go constant for the type of a JSON value.
func shapeKind(s *shape) (string, error) {
	switch s.Type {
	case "object", "array", "string", "boolean":
		return "Shape" + pascal(s.Type), nil
	case typeJSON:
		return "ShapeAny", nil
	case "integer", "long":
		return "ShapeInteger", nil
	case "number":
		return "ShapeNumber", nil
	}
	return "", fmt.Errorf("unknown JSON type %q", s.Type)
}
