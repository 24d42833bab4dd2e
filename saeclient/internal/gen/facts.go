package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// facts is what the fact files say, in their own words and order.
type facts struct {
	Version       string          `json:"version"`
	Regions       []region        `json:"regions"`
	InstanceSpecs []instanceSpec  `json:"instanceSpecs"`
	OrderStatus   []orderStatus   `json:"changeOrderStatus"`
	OrderTypes    []orderType     `json:"changeOrderTypes"`
	Operations    []operationFact `json:"operations"`
	Errors        []errorFact     `json:"-"`
}

type region struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type instanceSpec struct {
	CPU    int `json:"cpu"`
	Memory int `json:"memory"`
}

type orderStatus struct {
	Code     int    `json:"code"`
	Word     string `json:"word"`
	Meaning  string `json:"meaning"`
	Terminal bool   `json:"terminal"`
}

type orderType struct {
	Code       string   `json:"code"`
	Meaning    string   `json:"meaning"`
	Operations []string `json:"operations"`
}

type operationFact struct {
	Name               string      `json:"name"`
	Chapter            string      `json:"chapter"`
	Group              string      `json:"group"`
	Method             string      `json:"method"`
	Path               string      `json:"path"`
	Summary            string      `json:"summary"`
	Mutates            bool        `json:"mutates"`
	CreatesChangeOrder bool        `json:"createsChangeOrder"`
	ChangeOrderTypes   []string    `json:"changeOrderTypes"`
	Params             []paramFact `json:"params"`
	Response           nodes       `json:"response"`
	Errors             []struct {
		Code string `json:"code"`
	} `json:"errors"`
}

type paramFact struct {
	Name       string `json:"name"`
	In         string `json:"in"`
	Type       string `json:"type"`
	Required   bool   `json:"required"`
	RequiredIf string `json:"requiredIf"`
	Enum       []any  `json:"enum"`
	MaxLength  int    `json:"maxLength"`
	Min        *int64 `json:"min"`
	Max        *int64 `json:"max"`
	Pattern    string `json:"pattern"`
	Default    any    `json:"default"`
	Example    any    `json:"example"`
	Unit       string `json:"unit"`
	Note       string `json:"note"`
	Sensitive  bool   `json:"sensitive"`
}

// node is one field of an answer.
type node struct {
	Type       string `json:"type"`
	Fields     nodes  `json:"fields"`
	Items      *node  `json:"items"`
	Additional *node  `json:"additional"`
	Note       string `json:"note"`
	Enum       []any  `json:"enum"`
	Sensitive  bool   `json:"sensitive"`
	Presence   string `json:"presence"`
	Since      string `json:"since"`
}

type namedNode struct {
	Name string
	node
}

// nodes is a JSON object whose member order is kept, so that generated structs follow the reference.
type nodes []namedNode

// UnmarshalJSON reads the members in the order in which they are written.
func (n *nodes) UnmarshalJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	open, err := dec.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('{') {
		return fmt.Errorf("want an object, have %v", open)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return fmt.Errorf("want a member name, have %v", key)
		}
		member := namedNode{Name: name}
		if err := dec.Decode(&member.node); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*n = append(*n, member)
	}
	return nil
}

type errorFact struct {
	Code       string   `json:"code"`
	HTTP       int      `json:"http"`
	Message    string   `json:"message"`
	Operations []string `json:"operations"`
	Common     bool     `json:"common"`
	Class      string   `json:"class"`
	Retry      string   `json:"retry"`
	Note       string   `json:"note"`
}

func parseFacts(operations, codes []byte) (*facts, error) {
	var f facts
	dec := json.NewDecoder(bytes.NewReader(operations))
	dec.UseNumber()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("operations.json: %w", err)
	}
	if err := json.Unmarshal(codes, &f.Errors); err != nil {
		return nil, fmt.Errorf("errors.json: %w", err)
	}
	if len(f.Operations) == 0 || len(f.Errors) == 0 {
		return nil, errors.New("no operations or no error codes")
	}
	return &f, nil
}
