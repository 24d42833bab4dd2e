// Package manifest reads the files in which people and pipelines write down what they want:
// YAML or JSON of the form
//
//	apiVersion: slipway.dev/v1
//	kind: Release
//	spec: {...}
//
// files of sets, kind ReleaseSet, files of applications, kind Application, of policies, kind Policy, files that say
// who is told what, kind Notifications, and files that say who may do what, kind Authority.
//
// It is as strict as the receiver of a request, because it decodes the spec with the same
// code: a field that the format does not know is an error. What it adds is where: each
// problem names the line of its field, and all problems are returned at once. An image or a
// note that a pipeline knows better than the file is set with [Overrides].
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"

	"slipway/apps"
	"slipway/authority"
	"slipway/notify"
	"slipway/policy"
	"slipway/release"
	"slipway/wire"
)

// The fields at the top of a release file.
const (
	fieldVersion = "apiVersion"
	fieldKind    = "kind"
	fieldSpec    = "spec"
)

// Overrides replace fields of a file, where they are not empty.
type Overrides struct {
	// Image replaces the whole artifact.
	Image string
	Note  string
	// RequestedBy replaces who asks; AskedBy is used when nobody else is named.
	RequestedBy, AskedBy string
	// LanePolicy and Preempt replace which turn a release takes, and FreezeOverride the reason why
	// freezes do not hold it; nil leaves Preempt as it is.
	LanePolicy     release.LanePolicy
	Preempt        *bool
	FreezeOverride string
}

// Read reads one release file, applies the overrides and the defaults, and validates the
// spec. Problems of fields are [release.Problems], all of them at once.
func Read(r io.Reader, o Overrides) (release.Spec, error) {
	return read(r, kind{release.KindRelease, "app and artifact"}, o.apply, wire.ParseSpec)
}

// ReadSet reads one file of a set, kind ReleaseSet, in the same way. An image in the
// overrides has no meaning for a set, and nor has what is said of one release's turn and freezes.
func ReadSet(r io.Reader, o Overrides) (wire.AskedSet, error) {
	o = Overrides{Note: o.Note, RequestedBy: o.RequestedBy, AskedBy: o.AskedBy}
	return read(r, kind{release.KindReleaseSet, "name and waves"}, o.apply, wire.ParseSet)
}

// ReadAuthority reads one file that says who may do what, kind Authority, in the same way.
func ReadAuthority(r io.Reader) (authority.Document, error) {
	return read(r, kind{authority.Kind, "bindings"}, func(map[string]any) {}, authority.Parse)
}

// Document is what one file describes: a release, one that names its application, or a set.
type Document struct {
	Release *release.Spec
	// Named is a release whose file names its application: only with the document of that is it whole.
	Named *wire.Named
	// Set is a set, of which releases may name their applications.
	Set *wire.AskedSet
}

// ReadRelease reads one release file, whether it says where the application is or names it.
func ReadRelease(r io.Reader, o Overrides) (Document, error) {
	return read(r, kind{release.KindRelease, "app and artifact"}, o.apply, func(data []byte) (Document, error) {
		if wire.NamesApplication(data) {
			n, err := wire.ParseNamed(data)
			return Document{Named: &n}, err
		}
		spec, err := wire.ParseSpec(data)
		return Document{Release: &spec}, err
	})
}

// ReadAny reads a file of a release or of a set, whichever its kind says; one of another kind has the
// problems of a release. For a set an image in the overrides is an error, where it has no meaning.
func ReadAny(r io.Reader, o Overrides) (Document, error) {
	raw, err := io.ReadAll(io.LimitReader(r, wire.MaxPayload+1))
	if err != nil {
		return Document{}, err
	}
	root, err := single(raw)
	if len(raw) > wire.MaxPayload || err != nil || valueOf(root, fieldKind) != release.KindReleaseSet {
		return ReadRelease(bytes.NewReader(raw), o)
	}
	if o.Image != "" {
		return Document{}, errors.New("is a set, for which one image has no meaning; leave it out")
	}
	set, err := ReadSet(bytes.NewReader(raw), o)
	return Document{Set: &set}, err
}

// valueOf is the text of a field of a node; empty where there is none.
func valueOf(n *yaml.Node, name string) string {
	if found := entry(n, name); found != nil {
		return found.Value
	}
	return ""
}

// kind is a kind of file and what its spec must have.
type kind struct{ name, required string }

// read reads one file of a kind. Adjust changes its spec before it is parsed.
func read[T any](r io.Reader, k kind, adjust func(spec map[string]any), parse func([]byte) (T, error)) (T, error) {
	var none T
	root, err := document(r, "is no Slipway file; it must have apiVersion, kind and spec")
	if err != nil {
		return none, err
	}
	tree := &reader{}
	envelope, _ := tree.value(root, "").(map[string]any)
	tree.envelope(root, envelope, k)
	if len(tree.problems) > 0 {
		return none, tree.problems
	}
	spec, _ := envelope[fieldSpec].(map[string]any)
	adjust(spec)
	data, err := json.Marshal(spec)
	if err != nil {
		return none, err
	}
	out, err := parse(data)
	if problems, ok := errors.AsType[release.Problems](err); ok {
		return out, locate(problems, entry(root, fieldSpec))
	}
	return out, err
}

// document reads the only document of a file, which is a group of fields; otherwise says what is
// wrong with another one.
func document(r io.Reader, otherwise string) (*yaml.Node, error) {
	raw, err := io.ReadAll(io.LimitReader(r, wire.MaxPayload+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > wire.MaxPayload {
		return nil, fmt.Errorf("is larger than %d KiB, which no file of Slipway is", wire.MaxPayload>>10)
	}
	root, err := single(raw)
	switch {
	case err != nil:
		return nil, err
	case root == nil:
		return nil, errors.New("is empty")
	case root.Kind != yaml.MappingNode:
		return nil, errors.New(otherwise)
	}
	return root, nil
}

func (o Overrides) apply(spec map[string]any) {
	if o.Image != "" {
		spec["artifact"] = map[string]any{"image": o.Image}
	}
	if o.Note != "" {
		spec["note"] = o.Note
	}
	if named, given := spec["requestedBy"]; !given || named == "" || named == nil {
		spec["requestedBy"] = o.AskedBy
	}
	if o.RequestedBy != "" {
		spec["requestedBy"] = o.RequestedBy
	}
	if o.LanePolicy != "" {
		override(spec, "lane", "policy", string(o.LanePolicy))
	}
	if o.Preempt != nil {
		override(spec, "lane", "preempt", *o.Preempt)
	}
	if o.FreezeOverride != "" {
		override(spec, "freeze", "override", o.FreezeOverride)
	}
}

// override replaces a field of a group. A group that is none stays as it is, and is told.
func override(spec map[string]any, group, field string, value any) {
	fields, is := spec[group].(map[string]any)
	if spec[group] == nil {
		fields, is = map[string]any{}, true
		spec[group] = fields
	}
	if is {
		fields[field] = value
	}
}

// single returns the root of the only document that is not empty; nil where there is none.
func single(raw []byte) (*yaml.Node, error) {
	var found *yaml.Node
	for dec := yaml.NewDecoder(bytes.NewReader(raw)); ; {
		var doc yaml.Node
		err := dec.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF):
			return found, nil
		case err != nil:
			return nil, errors.New("is neither YAML nor JSON: " + syntax(raw, err.Error()))
		case len(doc.Content) == 0 || doc.Content[0].ShortTag() == "!!null":
		case found != nil:
			return nil, errors.New("holds more than one document; submit one release at a time")
		default:
			found = doc.Content[0]
		}
	}
}

// reader turns YAML nodes into the values that JSON has. Text stays as it is written:
// nothing becomes a date, and a number keeps its digits.
type reader struct {
	problems release.Problems
	depth    int
}

// maxDepth bounds nesting; traffic rules, the deepest part, stay far below.
const maxDepth = 32

// value returns the JSON value of a node that stands at the path.
func (r *reader) value(n *yaml.Node, path string) any {
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > maxDepth {
		r.problem(n, path, "is nested too deeply")
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		return r.mapping(n, path)
	case yaml.SequenceNode:
		items := make([]any, len(n.Content))
		for i, item := range n.Content {
			items[i] = r.value(item, path)
		}
		return items
	case yaml.ScalarNode:
		return r.scalar(n, path)
	case yaml.AliasNode, yaml.DocumentNode:
		r.problem(n, path, "is a YAML alias, which files of Slipway do not use; write the value out")
	}
	return nil
}

func (r *reader) mapping(n *yaml.Node, path string) any {
	out := map[string]any{}
	for pair := range slices.Chunk(n.Content, 2) {
		name := pair[0].Value
		at := join(path, name)
		if _, given := out[name]; given {
			r.problem(pair[0], at, "is given twice")
		}
		out[name] = r.value(pair[1], at)
	}
	return out
}

func (r *reader) scalar(n *yaml.Node, path string) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool", "!!int", "!!float":
		if number := json.Number(n.Value); json.Valid([]byte(n.Value)) && n.ShortTag() != "!!bool" {
			return number
		}
		var v any
		err := n.Decode(&v)
		if err == nil {
			_, err = json.Marshal(v)
		}
		if err != nil {
			r.problem(n, path, fmt.Sprintf("%s is no value that JSON has", n.Value))
			return nil
		}
		return v
	default:
		return n.Value
	}
}

// envelope checks what stands around the spec.
func (r *reader) envelope(root *yaml.Node, got map[string]any, k kind) {
	for pair := range slices.Chunk(root.Content, 2) {
		switch name := pair[0].Value; name {
		case fieldVersion, fieldKind, fieldSpec:
		case "metadata":
			r.problem(pair[0], name, "is not a field here; there are apiVersion, kind, spec; what has a name has it in spec")
		default:
			r.problem(pair[0], name, "is not a field here; there are apiVersion, kind, spec")
		}
	}
	if got[fieldVersion] != release.APIVersion {
		r.problem(root, fieldVersion, "must be "+release.APIVersion)
	}
	if got[fieldKind] != k.name {
		r.problem(root, fieldKind, "must be "+k.name)
		if kind, _ := got[fieldKind].(string); submits(kind) != "" {
			r.problems[len(r.problems)-1].Message += "; " + submits(kind)
		}
	}
	if _, ok := got[fieldSpec].(map[string]any); !ok {
		r.problem(root, fieldSpec, "must be a group of fields; "+k.required+" are required")
	}
}

// submits says how a file of a kind is submitted; empty where there is no such kind.
func submits(kind string) string {
	switch kind {
	case release.KindRelease:
		return "a release is submitted with: slipway release submit -f FILE"
	case release.KindReleaseSet:
		return "a set is submitted with: slipway set submit -f FILE"
	case apps.KindApplication:
		return "an application document is stored with: slipway app apply -f FILE"
	case policy.Kind:
		return "a policy is stored with: slipway policy apply -f FILE"
	case notify.Kind:
		return "who is told what is said to the notifier with: slipway notifier --notifications FILE"
	case authority.Kind:
		return "who may do what is said with: slipway authority apply -f FILE"
	}
	return ""
}

func (r *reader) problem(n *yaml.Node, path, message string) {
	r.problems = append(r.problems, release.Problem{Field: path, Message: onLine(message, n)})
}
