package main

import (
	"encoding/json"
	"fmt"
	"slices"
)

// config is what differs between clients and is not a fact of the API: the file client.json beside the facts.
type config struct {
	// Package is the name of the client's package.
	Package string `json:"package"`
	// Product and Reference are how comments call the platform and its documentation.
	Product   string `json:"product"`
	Reference string `json:"reference"`
	// Source is where the facts are, from the root of the repository.
	Source string `json:"source"`
	// Templates are the client's own, in templates/<Package>.
	Templates []string `json:"templates"`
	// Structs and Lists name the hand-written Go types of parameters that travel as JSON text:
	// of the value, or of the elements of a list.
	Structs map[string]string `json:"structs"`
	Lists   map[string]string `json:"lists"`
	// Generated names the Go types that are made from the shapes of parameters: of the value, or of
	// the elements of a list.
	Generated map[string]string `json:"generated"`
	// Opaque names JSON parameters that are passed through as they are, where sources disagree
	// about their shape.
	Opaque []string `json:"opaque"`
	// UserText names parameters that the reference does not call sensitive but that in practice
	// carry passwords and tokens: environment variables, command lines, settings, signed
	// download addresses.
	UserText []string `json:"userText"`
	// TextAnswers names the part of an answer whose texts hold the JSON of structured
	// parameters, so that they can be sent again.
	TextAnswers string `json:"textAnswers"`
	// Starts names what a call may start that goes on after its answer, for example change
	// order, and says to callers how to follow it.
	Starts struct {
		Name   string `json:"name"`
		Advice string `json:"advice"`
	} `json:"starts"`
	// AnswerNote says how an answer looks as JSON, for the comment of Call.
	AnswerNote string `json:"answerNote"`
	// RFC3339 names members of answers that are times of that form where the facts do not say so.
	RFC3339 []string `json:"rfc3339"`
	// SecretMaps gives maps of answers a Go type that does not show their values: those in the
	// data of operations with In in their name.
	SecretMaps struct {
		In   string `json:"in"`
		Type string `json:"type"`
	} `json:"secretMaps"`
	// Names gives names of the wire a Go name of their own, where the usual one does not fit.
	Names map[string]string `json:"names"`
	// HeaderPrefix begins the names of the platform's own headers; Go names leave it out.
	HeaderPrefix string `json:"headerPrefix"`
	// Paging names the parameters and members by which lists page. Without Number there are no iterators.
	Paging paging `json:"paging"`

	// shapes are those of all parameters by their names.
	shapes map[string]*shape
	// structs are the structs that the facts name.
	structs members
}

// paging is how lists page by number.
type paging struct {
	// Number and Size are parameters: the page, by any of several names, and how many items it has.
	Number []string `json:"number"`
	Size   string   `json:"size"`
	// Data is the member of an answer that holds the page, Total the member of the page with
	// the number of items of all pages.
	Data  string `json:"data"`
	Total string `json:"total"`
	// Offset is the parameter that says how many items come before the page, for lists that page so, and
	// Totals are names of the member of their answers with the number of items of all pages.
	Offset string   `json:"offset"`
	Totals []string `json:"totals"`
	// Tokens are for lists whose pages name the next one: parameters that say where a page begins, each
	// with the member of an answer that says where the next one does.
	Tokens map[string]string `json:"tokens"`
}

// parseConfig reads a configuration.
func parseConfig(text []byte) (*config, error) {
	c := new(config)
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("client.json: %w", err)
	}
	if c.Package == "" || c.Reference == "" {
		return nil, fmt.Errorf("client.json: package and reference are required")
	}
	return c, nil
}

// apply adds to the facts what the configuration says of their operations and parameters.
func (c *config) apply(f *facts) {
	c.shapes = make(map[string]*shape)
	c.structs = f.Structs
	for i := range f.Operations {
		op := &f.Operations[i]
		op.config = c
		for _, list := range [][]paramFact{op.Params, op.Extra} {
			for j := range list {
				p := &list[j]
				c.shapes[p.Name] = p.Shape
				if pages := slices.Contains(c.Paging.Number, p.Name) || p.Name == c.Paging.Size; pages && p.Type == "long" {
					p.Type = "integer" // an iterator counts pages
				}
				p.opaque = slices.Contains(c.Opaque, p.Name)
				p.userText = slices.Contains(c.UserText, p.Name)
				p.goType, p.way, _ = c.structuredType(p.Name, p.Shape)
				p.goName = p.goType
				if p.Type == typeValue && p.Shape != nil {
					p.goType, p.way = c.valueType(p.goType, p.Shape), asValue
				}
			}
		}
	}
}

// structuredType names the Go type of a parameter that travels as JSON text. What it is made of
// decides whether a generated type is that of the value or of the elements of a list.
func (c *config) structuredType(param string, s *shape) (name string, way encoding, ok bool) {
	list := func(element string) string { return "cloudapi.List[" + element + "]" }
	if name, ok := c.Structs[param]; ok {
		return name, asText, true
	}
	if element, ok := c.Lists[param]; ok {
		return list(element), asList, true
	}
	name, ok = c.Generated[param]
	if !ok || s == nil {
		return "", asScalar, false
	}
	if _, isList := elements(s); isList {
		return list(name), asList, true
	}
	return name, asText, true
}

// valueType gives the Go type of a member of a JSON body, which is nil when it is not sent. It is made of the structs that the
// facts name, or has a name in the configuration.
func (c *config) valueType(structured string, s *shape) string {
	if structured == "" {
		typ, pointer, err := new(typeMaker).goType("", s)
		if err != nil {
			return "" // an operation whose parameter has no type is an error of its own
		}
		if pointer {
			return "*" + typ
		}
		return typ
	}
	if _, isList := elements(s); isList || s.Additional != nil {
		return structured
	}
	return "*" + structured
}
