package main

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/apifacts"
)

// resolve puts the structs that the facts name in the places of their names, and parameters that the
// reference lacks where they belong.
func (f *facts) resolve() error {
	if err := f.Structs.checkVariants(); err != nil {
		return err
	}
	for _, s := range f.Structs {
		if err := f.Structs.expand(s, nil); err != nil {
			return err
		}
	}
	for i := range f.Operations {
		op := &f.Operations[i]
		for _, p := range op.Params {
			if p.Shape == nil {
				continue
			}
			if err := f.Structs.expand(p.Shape, nil); err != nil {
				return fmt.Errorf("%s.%s: %w", op.Name, p.Name, err)
			}
		}
		extra := func(p paramFact) bool { return p.InExtra }
		for _, p := range op.Params {
			if extra(p) {
				op.Extra = append(op.Extra, p)
			}
		}
		op.Params = slices.DeleteFunc(op.Params, extra)
	}
	return nil
}

// named finds a struct.
func (m members) named(name string) *shape {
	i := slices.IndexFunc(m, func(s *shape) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return m[i]
}

// goName is the name of the Go type of a struct.
func (s *shape) goName() string {
	if s.GoType != "" {
		return s.GoType
	}
	return s.Name
}

// checkVariants holds structs that share a Go type against the one that it is made from.
func (m members) checkVariants() error {
	for _, s := range m {
		if s.GoType == "" {
			continue
		}
		full := m.named(s.GoType)
		if full == nil {
			return fmt.Errorf("struct %s: no struct %s", s.Name, s.GoType)
		}
		for _, member := range s.Keys {
			if full.Keys.named(member.Name) == nil {
				return fmt.Errorf("struct %s has %s, which %s lacks", s.Name, member.Name, s.GoType)
			}
		}
	}
	return nil
}

// expand makes a shape whose type is the name of a struct an object of the members of the struct.
// Within are the structs around it: one that holds itself has no end.
func (m members) expand(s *shape, within []string) error {
	if named := m.named(s.Type); named != nil && s.Struct == "" {
		if slices.Contains(within, named.Name) {
			return fmt.Errorf("struct %s holds itself", named.Name)
		}
		within = append(slices.Clone(within), named.Name)
		if err := m.expand(named, within); err != nil {
			return err
		}
		s.Struct, s.Type, s.Keys = named.goName(), named.Type, named.Keys
	}
	inside := slices.DeleteFunc([]*shape{s.Items, s.Additional}, func(s *shape) bool { return s == nil })
	for _, member := range append(inside, s.Keys...) {
		if err := m.expand(member, within); err != nil {
			return err
		}
	}
	return nil
}

// structTypes makes the types of the structs. What is only answered has plain values. What is also
// sent tells an absent value from an empty one: by a pointer, or by a list or map that is nil.
func (c *config) structTypes(f *facts) (typeModels, error) {
	sent := make(map[string]bool)
	for _, op := range f.Operations {
		for _, p := range slices.Concat(op.Params, op.Extra) {
			if p.Shape != nil {
				p.Shape.collectStructs(sent)
			}
		}
	}
	var types typeModels
	for _, s := range f.Structs {
		sent[s.Name] = sent[s.Name] || s.Sent
	}
	for _, s := range f.Structs {
		if s.GoType != "" {
			continue
		}
		t := typeModel{Name: s.Name, Doc: s.Name + " is answered by " + strings.Join(f.answering(s.Name), ", ") + "."}
		switch {
		case sent[s.Name]:
			t.Doc = s.Name + " is a part of what is sent and answered. Nil and empty texts are not sent; an empty list or map is."
		case len(f.answering(s.Name)) == 0:
			t.Doc = s.Name + " is a part of answers."
		}
		for _, member := range s.Keys {
			field, err := c.structField(member, sent[s.Name])
			if err != nil {
				return nil, fmt.Errorf("struct %s: %s: %w", s.Name, member.Name, err)
			}
			t.Fields = append(t.Fields, field)
		}
		types = append(types, t)
	}
	slices.SortFunc(types, func(a, b typeModel) int { return strings.Compare(a.Name, b.Name) })
	return types, nil
}

// answering names the operations whose answers are a struct, or a list of it.
func (f *facts) answering(name string) []string {
	var links []string
	for _, op := range f.Operations {
		list := slices.ContainsFunc(op.Response, func(n apifacts.Field) bool {
			return n.Type == name || n.Items != nil && n.Items.Type == name
		})
		if op.ResponseBody == name || list {
			links = append(links, "[Client."+op.Name+"]")
		}
	}
	return links
}

// collectStructs notes the structs in a value.
func (s *shape) collectStructs(into map[string]bool) {
	if s.Struct != "" {
		into[s.Struct] = true
	}
	inside := slices.DeleteFunc([]*shape{s.Items, s.Additional}, func(s *shape) bool { return s == nil })
	for _, member := range append(inside, s.Keys...) {
		member.collectStructs(into)
	}
}

// structField is a field of a struct that the facts name.
func (c *config) structField(s *shape, sent bool) (fieldModel, error) {
	f := fieldModel{Name: c.name(s.Name), Tag: s.Name, Also: s.Also, Doc: describeShape(s)}
	always := s.Required || s.SentEmpty
	if s.Extra {
		f.Doc = strings.TrimSpace(f.Doc + " Not in the reference.")
	}
	switch s.Type {
	case "timestamp":
		f.Type, f.Tag = "time.Time", f.Tag+",omitzero"
		return f, nil
	case "epoch-millis":
		f.Type, f.Tag, f.Reading = "time.Time", f.Tag+",omitzero", "millis"
		f.Doc = strings.TrimSpace(f.Doc + " On the wire: " + string(epochMillis) + ".")
		return f, nil
	}
	typ, pointer, err := new(typeMaker).goType("", s)
	if err != nil {
		return f, err
	}
	f.Type = typ
	if pointer && (sent && !always || s.Struct != "") {
		f.Type = "*" + typ
	}
	switch {
	case sent && always:
	case sent && !pointer && s.Type == "string":
		f.Tag += ",omitempty"
	case sent || s.Extra:
		f.Tag += ",omitzero"
	}
	return f, nil
}

// answerOf is the struct of an answer whose body is a struct that the facts name, bytes or nothing.
func (op operationFact) answerOf() structModel {
	s := structModel{
		Name: op.Name + "Output", Plain: true,
		Doc: fmt.Sprintf("%sOutput is the answer of [Client.%s] (%s).", op.Name, op.Name, op.Where()),
	}
	switch op.ResponseBody {
	case "":
	case typeBytes:
		s.Fields = append(s.Fields, fieldModel{Name: "Payload", Type: "[]byte", Tag: "-", Reading: "body", Doc: "The body, as it came."})
	default:
		s.Fields = append(s.Fields, fieldModel{Type: op.ResponseBody, Reading: "body"})
	}
	s.Fields = append(s.Fields, op.headerFields()...)
	return s
}

// HeaderNames names the headers of an answer.
func (op operationFact) HeaderNames() []string {
	var names []string
	for _, h := range op.ResponseHeaders {
		names = append(names, h.Name)
	}
	return names
}

// headerFields are the fields for the headers of an answer.
func (op operationFact) headerFields() []fieldModel {
	var fields []fieldModel
	for _, h := range op.ResponseHeaders {
		fields = append(fields, fieldModel{
			Name: op.config.headerName(h.Name), Type: "string", Tag: h.Name + ",omitempty", Header: h.Name, Doc: describeNode(h.Value),
		})
	}
	return fields
}
