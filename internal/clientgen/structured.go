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
	Params []string
	Shape  *shape
}

// paramShapes collects the shapes of all JSON parameters that are not opaque; parameters of one shape share it.
func paramShapes(ops []operationFact) ([]shapeModel, error) {
	var out []shapeModel
	for _, op := range ops {
		for _, p := range slices.Concat(op.Params, op.Extra) {
			if p.Type != typeJSON && p.Type != typeValue || !p.Shape.known() || p.opaque {
				continue
			}
			if err := addShape(&out, p); err != nil {
				return nil, fmt.Errorf("%s.%s: %w", op.Name, p.Name, err)
			}
		}
	}
	return out, nil
}

func addShape(all *[]shapeModel, p paramFact) error {
	same := func(m shapeModel) bool { return reflect.DeepEqual(m.Shape, p.Shape) }
	holds := func(m shapeModel) bool { return slices.Contains(m.Params, p.Name) }
	at := slices.IndexFunc(*all, same)
	if have := slices.IndexFunc(*all, holds); have >= 0 {
		if have != at {
			return fmt.Errorf("shape differs between operations")
		}
		return nil
	}
	if at < 0 {
		*all = append(*all, shapeModel{Shape: p.Shape})
		at = len(*all) - 1
	}
	(*all)[at].Params = append((*all)[at].Params, p.Name)
	return nil
}

// shapeKind is the Go constant for the type of a JSON value.
func shapeKind(s *shape) (string, error) {
	switch s.Type {
	case "object", "array", "string", "boolean":
		return "Shape" + pascal(s.Type), nil
	case "integer", "long":
		return "ShapeInteger", nil
	case "number":
		return "ShapeNumber", nil
	}
	return "", fmt.Errorf("unknown JSON type %q", s.Type)
}
