package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"slipway/api/schema"
)

// node is the part of JSON Schema that is described.
type node struct {
	ID          string     `json:"$id"`
	Ref         string     `json:"$ref"`
	Description string     `json:"description"`
	Type        string     `json:"type"`
	Enum        []string   `json:"enum"`
	Default     any        `json:"default"`
	Examples    []any      `json:"examples"`
	Minimum     *int       `json:"minimum"`
	Maximum     *int       `json:"maximum"`
	MinLength   *int       `json:"minLength"`
	MaxLength   *int       `json:"maxLength"`
	MinItems    *int       `json:"minItems"`
	MaxItems    *int       `json:"maxItems"`
	Pattern     string     `json:"pattern"`
	Required    []string   `json:"required"`
	Properties  properties `json:"properties"`
	Items       *node      `json:"items"`
	// Else is what a field is where no more is said of it.
	Else *node           `json:"else"`
	Defs map[string]node `json:"$defs"`
}

// property is a field of an object.
type property struct {
	name string
	node node
}

// properties are the fields of an object in the order in which the schema has them.
type properties []property

// UnmarshalJSON implements json.Unmarshaler.
func (p *properties) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if _, err := decoder.Token(); err != nil { // the brace
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var n node
		if err := decoder.Decode(&n); err != nil {
			return err
		}
		*p = append(*p, property{fmt.Sprint(name), n})
	}
	return nil
}

// library holds the schemas by their $id.
type library map[string]node

func load(names ...string) (library, error) {
	all := library{}
	for _, name := range names {
		data, err := schema.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var root node
		if err := json.Unmarshal(data, &root); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[root.ID] = root
	}
	return all, nil
}

// resolve follows the reference of a node in the schema with the given $id. What the node says
// itself counts before what the definition says. It returns the name of the definition, and the
// $id of the schema it is in.
func (l library) resolve(in string, n node) (at node, def, file string, err error) {
	if n.Ref == "" && n.Else != nil {
		n.Ref = n.Else.Ref
	}
	if n.Ref == "" {
		return n, "", in, nil
	}
	id, name, part := strings.Cut(n.Ref, "#/$defs/")
	if id != "" {
		in = id
	}
	at, there := l[in]
	if part {
		at, there = l[in].Defs[name]
	}
	if !there {
		return node{}, "", in, fmt.Errorf("%s refers to a definition that is not there", n.Ref)
	}
	if n.Description != "" {
		at.Description = n.Description
	}
	if n.Default != nil {
		at.Default = n.Default
	}
	return at, name, in, nil
}
