package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// typeModel is a Go type that is made from a shape.
type typeModel struct {
	Name string
	Doc  string
	// Elem is the type of the values of an object whose keys are free; without it the type is a struct.
	Elem   string
	Fields []fieldModel
	// Text tells that the type is that of a parameter that travels as JSON text, Value that of one
	// that travels as it is. Else it is a part of another type, or of the elements of a list.
	Text, Value bool
	// Element tells that the type is that of the elements of a list.
	Element bool
	// Secret tells that there are secrets inside.
	Secret bool
}

// typeModels are the types of a file.
type typeModels []typeModel

// Has reports whether a field has a type.
func (all typeModels) Has(typ string) bool {
	return slices.ContainsFunc(all, func(t typeModel) bool { return hasType(t.Fields, typ) })
}

// typeMaker makes Go types from the shapes of the parameters that client.json names.
type typeMaker struct {
	types []typeModel
	// named are shapes that have a type. Equal shapes share it.
	named []namedShape
}

type namedShape struct {
	name  string
	shape *shape
}

// shapeTypes makes the types of all parameters for which there is no hand-written one.
func shapeTypes(c *config, ops []operationFact) ([]typeModel, error) {
	params := make(map[string]paramFact)
	for _, op := range ops {
		for _, p := range slices.Concat(op.Params, op.Extra) {
			if _, wanted := c.Generated[p.Name]; wanted && p.Shape != nil {
				params[p.Name] = p
			}
		}
	}
	var m typeMaker
	names := slices.Sorted(maps.Keys(params))
	for _, name := range names {
		s, _ := elements(params[name].Shape)
		m.named = append(m.named, namedShape{c.Generated[name], s})
	}
	for _, name := range names {
		p := params[name]
		s, list := elements(p.Shape)
		if s.Type != shapeObject {
			return nil, fmt.Errorf("parameter %s: no type can be made of %s", name, s.Type)
		}
		t := typeModel{Name: c.Generated[name], Text: p.Type == typeJSON && !list, Value: p.Type == typeValue && !list, Element: list, Secret: s.holdsSecret()}
		what := "is"
		if list {
			what = "is an element of"
		}
		t.Doc = strings.TrimSpace(fmt.Sprintf("%s %s the parameter %s. %s", t.Name, what, name, sentence(s.Note)))
		if err := m.fill(t, s); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Generated)) {
		if _, found := params[name]; !found {
			return nil, fmt.Errorf("client.json: generated: no parameter %s has a shape", name)
		}
	}
	slices.SortFunc(m.types, func(a, b typeModel) int { return strings.Compare(a.Name, b.Name) })
	return m.types, nil
}

// shapeObject is the type of objects in shapes.
const shapeObject = "object"

// holdsSecret reports whether a value or what is in it is a secret.
func (s *shape) holdsSecret() bool {
	inside := slices.DeleteFunc([]*shape{s.Items, s.Additional}, func(s *shape) bool { return s == nil })
	return s.Sensitive || slices.ContainsFunc(append(inside, s.Keys...), (*shape).holdsSecret)
}

// elements gives the shape of the elements of a list, or the shape itself.
func elements(s *shape) (*shape, bool) {
	if s.Type == "array" {
		return s.Items, true
	}
	return s, false
}

// fill makes a type of an object, and the types of what is in it.
func (m *typeMaker) fill(t typeModel, s *shape) error {
	at := len(m.types)
	m.types = append(m.types, t)
	if s.Additional != nil {
		elem, _, err := m.goType(t.Name+"Value", s.Additional)
		m.types[at].Elem = elem
		return err
	}
	for _, member := range s.Keys {
		typ, pointer, err := m.goType(t.Name+goName(member.Name), member)
		if err != nil {
			return fmt.Errorf("%s: %w", member.Name, err)
		}
		if pointer {
			typ = "*" + typ
		}
		m.types[at].Fields = append(m.types[at].Fields, fieldModel{
			Name: goName(member.Name), Type: typ, Tag: member.Name + ",omitempty", Doc: describeShape(member),
		})
	}
	return nil
}

// goType gives the Go type of a value, and whether a pointer tells it from one that is not sent.
func (m *typeMaker) goType(name string, s *shape) (typ string, pointer bool, err error) {
	switch s.Type {
	case "string":
		if s.Sensitive {
			return "cloudapi.Secret", false, nil
		}
		return "string", false, nil
	case "integer":
		return "int", true, nil
	case "long":
		return "int64", true, nil
	case "number":
		return "float64", true, nil
	case "boolean":
		return "bool", true, nil
	case "array":
		elem, _, err := m.goType(name, s.Items)
		return "[]" + elem, false, err
	case typeJSON:
		return "json.RawMessage", false, nil
	case shapeObject:
		if s.Struct != "" {
			return s.Struct, true, nil
		}
		if s.Additional != nil {
			elem, _, err := m.goType(name, s.Additional)
			return "map[string]" + elem, false, err
		}
		return m.structFor(name, s)
	}
	return "", false, fmt.Errorf("unknown JSON type %q", s.Type)
}

// structFor gives the struct of an object, made now when no object of the same shape has one.
func (m *typeMaker) structFor(name string, s *shape) (typ string, pointer bool, err error) {
	plain := *s
	plain.Name, plain.Note = "", ""
	for _, have := range m.named {
		other := *have.shape
		other.Name, other.Note = "", ""
		if reflect.DeepEqual(plain, other) {
			return have.name, true, nil
		}
	}
	m.named = append(m.named, namedShape{name, s})
	return name, true, m.fill(typeModel{Name: name, Doc: name + " is a part of a parameter."}, s)
}

// describeShape says what a member of a JSON value means.
func describeShape(s *shape) string {
	parts := []string{sentence(s.Note)}
	if s.Required {
		parts = append(parts, "Required.")
	}
	if s.Unit != "" {
		parts = append(parts, "Unit: "+s.Unit+".")
	}
	parts = append(parts, describeRange(paramFact{Min: s.Min, Max: s.Max, MaxLength: s.MaxLength, Enum: s.Enum}), describeEnum(s.Enum))
	if s.Open && len(s.Enum) > 0 {
		parts = append(parts, "There may be others.")
	}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " ")
}
