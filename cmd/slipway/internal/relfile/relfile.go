// Package relfile reads release files: YAML or JSON of the form
//
//	apiVersion: slipway.dev/v1
//	kind: Release
//	spec: {...}
//
// It is strict: whatever the format does not know is an error that names the field, its
// line and what would be known there, and all such errors are told at once.
package relfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"slipway/release"
)

// maxBytes bounds a release file; a spec is far smaller.
const maxBytes = 256 << 10

// document is the wire form of a release file.
type document struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Spec       release.Spec `json:"spec"`
}

// Read reads one release file. The spec is as it was written, without defaults and not
// validated. Errors about its fields are [release.Problems].
func Read(r io.Reader) (release.Spec, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return release.Spec{}, err
	}
	if len(raw) > maxBytes {
		return release.Spec{}, fmt.Errorf("is larger than %d KiB, which no release file is", maxBytes>>10)
	}
	root, err := single(raw)
	if err != nil {
		return release.Spec{}, err
	}
	tree := &reader{}
	value := tree.value(root, nil, 0)
	if len(tree.problems) > 0 {
		return release.Spec{}, tree.problems
	}
	var doc document
	if err := json.Unmarshal(value, &doc); err != nil {
		return release.Spec{}, err
	}
	return doc.Spec, doc.envelope()
}

func (d document) envelope() error {
	var problems release.Problems
	if d.APIVersion != release.APIVersion {
		problems = append(problems, release.Problem{Field: "apiVersion", Message: fmt.Sprintf("is %q; this version reads %s", d.APIVersion, release.APIVersion)})
	}
	if d.Kind != release.KindRelease {
		problems = append(problems, release.Problem{Field: "kind", Message: fmt.Sprintf("is %q; must be %s", d.Kind, release.KindRelease)})
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// single returns the root of the only document that is not empty.
func single(raw []byte) (*yaml.Node, error) {
	var found *yaml.Node
	for dec := yaml.NewDecoder(bytes.NewReader(raw)); ; {
		var doc yaml.Node
		err := dec.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF):
			return checkRoot(found)
		case err != nil:
			return nil, fmt.Errorf("is neither YAML nor JSON: %w", err)
		case len(doc.Content) == 0 || doc.Content[0].ShortTag() == "!!null":
		case found != nil:
			return nil, errors.New("holds more than one document; submit one release at a time")
		default:
			found = doc.Content[0]
		}
	}
}

func checkRoot(root *yaml.Node) (*yaml.Node, error) {
	if root == nil {
		return nil, errors.New("is empty")
	}
	if root.Kind != yaml.MappingNode {
		return nil, errors.New("is no release file; it must have apiVersion, kind and spec")
	}
	return root, nil
}

// reader turns YAML nodes into JSON and checks every leaf on its way against the format.
type reader struct{ problems release.Problems }

// maxDepth bounds nesting; traffic rules, the deepest part, stay far below.
const maxDepth = 32

// value returns the JSON of a node that stands at the path.
func (r *reader) value(n *yaml.Node, path []string, depth int) json.RawMessage {
	if depth > maxDepth {
		r.problem(n, path, "is nested too deeply")
		return json.RawMessage("null")
	}
	switch n.Kind {
	case yaml.MappingNode:
		return r.mapping(n, path, depth)
	case yaml.SequenceNode:
		return r.sequence(n, path, depth)
	case yaml.ScalarNode:
		return r.scalar(n, path)
	case yaml.AliasNode, yaml.DocumentNode:
		r.problem(n, path, "is a YAML alias, which release files do not use; write the value out")
	}
	return json.RawMessage("null")
}

func (r *reader) mapping(n *yaml.Node, path []string, depth int) json.RawMessage {
	if !r.check(n, path, json.RawMessage("{}")) {
		return json.RawMessage("null")
	}
	var b bytes.Buffer
	b.WriteByte('{')
	seen := map[string]bool{}
	for pair := range slices.Chunk(n.Content, 2) {
		name := pair[0].Value
		at := append(slices.Clone(path), name)
		if seen[name] {
			r.problem(pair[0], at, "is given twice")
		}
		if len(seen) > 0 {
			b.WriteByte(',')
		}
		seen[name] = true
		b.Write(quote(name))
		b.WriteByte(':')
		if known, siblings := knows(at); !known {
			r.problem(pair[0], at, "unknown field; known here: "+strings.Join(siblings, ", "))
			b.WriteString("null")
			continue
		}
		b.Write(r.value(pair[1], at, depth+1))
	}
	b.WriteByte('}')
	return b.Bytes()
}

func (r *reader) sequence(n *yaml.Node, path []string, depth int) json.RawMessage {
	if !r.check(n, path, json.RawMessage("[]")) {
		return json.RawMessage("null")
	}
	items := make([][]byte, len(n.Content))
	for i, item := range n.Content {
		items[i] = r.value(item, path, depth+1)
	}
	return slices.Concat([]byte("["), bytes.Join(items, []byte(",")), []byte("]"))
}

func (r *reader) scalar(n *yaml.Node, path []string) json.RawMessage {
	out := json.RawMessage("null")
	switch n.ShortTag() {
	case "!!null":
		return out
	case "!!bool", "!!int", "!!float":
		var v any
		encoded := []byte(nil)
		err := n.Decode(&v)
		if err == nil {
			encoded, err = json.Marshal(v)
		}
		if err != nil {
			r.problem(n, path, fmt.Sprintf("%s is no value that JSON has", n.Value))
			return out
		}
		out = encoded
	default:
		out = quote(n.Value)
	}
	r.check(n, path, out)
	return out
}

// check tries a value alone at its place, so that its error can be told with the field.
func (r *reader) check(n *yaml.Node, path []string, alone json.RawMessage) bool {
	for _, name := range slices.Backward(path) {
		alone = slices.Concat([]byte("{"), quote(name), []byte(":"), alone, []byte("}"))
	}
	err := json.Unmarshal(alone, &document{})
	if err == nil {
		return true
	}
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		err = errors.New(wanted(mismatch, n))
	}
	r.problem(n, path, err.Error())
	return false
}

func (r *reader) problem(n *yaml.Node, path []string, message string) {
	field := strings.TrimPrefix(strings.Join(path, "."), "spec.")
	r.problems = append(r.problems, release.Problem{Field: field, Message: fmt.Sprintf("%s (line %d)", message, n.Line)})
}

func quote(s string) []byte {
	out, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`)
	}
	return out
}
