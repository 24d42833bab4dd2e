package main

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/apifacts"
)

// groupModel is one generated file of operations.
type groupModel struct {
	Group      string
	Operations []operationModel
}

// HasTimes reports whether an answer of the group holds a time.
func (g groupModel) HasTimes() bool { return g.has("time.Time") }

// HasJSON reports whether a parameter or an answer of the group has JSON of any shape.
func (g groupModel) HasJSON() bool { return g.has("json.RawMessage") }

// has reports whether there is a type in a parameter or an answer.
func (g groupModel) has(typ string) bool {
	for _, op := range g.Operations {
		if hasType(op.Fields, typ) || slices.ContainsFunc(op.Structs, func(s structModel) bool { return hasType(s.Fields, typ) }) {
			return true
		}
	}
	return false
}

func hasType(fields []fieldModel, typ string) bool {
	return slices.ContainsFunc(fields, func(f fieldModel) bool { return strings.Contains(f.Type, typ) })
}

// operationModel is what the operation template needs.
type operationModel struct {
	operationFact
	GroupName  string
	Func       string
	Fields     []fieldModel
	Table      []paramModel
	ExtraTable []paramModel
	Codes      []string
	Structs    []structModel
}

// fieldModel is a field of an Input or of an answer struct.
type fieldModel struct {
	Name string
	Type string
	Tag  string
	Doc  string
	// Reading tells the decoder what the type does not: that a number is a time in seconds, or
	// that a text holds JSON.
	Reading string
	// Also is another name under which an answer has the field.
	Also string
	// Header is the header of an answer that the field holds.
	Header string
	// Encode is the statement that puts the field of an Input on the wire.
	Encode string
}

// structModel is a struct of an answer, the outermost first.
type structModel struct {
	Name   string
	Doc    string
	Fields []fieldModel
	// Plain tells that the struct has no place for members that are not known.
	Plain bool
}

// paramModel is a row of the operation table.
type paramModel struct {
	paramFact
	Position string
	Kind     string
	Values   []string
	Masked   bool
	Text     struct{ Default, Example string }
}

// ShapeKey is how the shape of the parameter is found.
func (m paramModel) ShapeKey() string { return m.shapeKey }

// Shaped reports whether the facts say what the JSON text of the parameter holds.
func (m paramModel) Shaped() bool {
	return (m.Type == typeJSON || m.Type == typeValue) && m.Shape.known() && !m.opaque
}

func newOperationModel(op operationFact) (operationModel, error) {
	m := operationModel{
		operationFact: op,
		GroupName:     op.Group,
		Func:          lowerFirst(op.Name) + "Operation",
	}
	for _, e := range op.Errors {
		if !slices.Contains(m.Codes, e.Code) {
			m.Codes = append(m.Codes, e.Code)
		}
	}
	slices.Sort(m.Codes)
	if err := m.addParams(op.Params, &m.Table); err != nil {
		return m, err
	}
	if err := m.addParams(op.Extra, &m.ExtraTable); err != nil {
		return m, err
	}
	var err error
	m.Structs, err = answerStructs(op)
	if err != nil {
		return m, fmt.Errorf("%s: %w", op.Name, err)
	}
	return m, nil
}

// addParams adds the fields of the Input and the rows of a table of parameters.
func (m *operationModel) addParams(params []paramFact, table *[]paramModel) error {
	for _, p := range params {
		if slices.ContainsFunc(slices.Concat(m.Table, m.ExtraTable), func(have paramModel) bool { return have.Name == p.Name }) {
			return fmt.Errorf("%s has two parameters %s", m.Name, p.Name)
		}
		field, err := m.config.inputField(p)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", m.Name, p.Name, err)
		}
		row, err := tableRow(p)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", m.Name, p.Name, err)
		}
		m.Fields = append(m.Fields, field)
		*table = append(*table, row)
	}
	return nil
}

// inputField says how a parameter looks in the Input struct: a plain value when required, a
// pointer when optional, so that an empty value can be told from one that is not sent. Lists
// and maps are nil when not sent.
func (c *config) inputField(p paramFact) (fieldModel, error) {
	f := fieldModel{Name: c.name(p.Name), Doc: describeParam(p), Tag: p.Name}
	if p.In == "header" {
		f.Name = c.headerName(p.Name)
	}
	if p.InExtra {
		f.Doc = strings.TrimSpace(f.Doc + " Not in the reference.")
	}
	base, way, err := paramType(p)
	if err != nil {
		return f, err
	}
	position, err := positionName(p.In)
	if err != nil {
		return f, err
	}
	call := "Optional"
	f.Type = base
	if p.In == inMultipart && p.Type != typeBytes && way != asScalar {
		return f, fmt.Errorf("a structured value cannot be a part of a form")
	}
	if p.Required {
		call = "Required"
	} else {
		f.Tag += ",omitempty"
		if way != asList && way != asValue && way != asBytes {
			f.Type = "*" + base
		}
	}
	call += string(way)
	if way == asList && clearedByEmptyText(p) {
		call = "ClearableList"
	}
	f.Encode = fmt.Sprintf("clientrt.%s(r, cloudapi.%s, %q, in.%s)", call, position, p.Name, f.Name)
	return f, nil
}

// encoding is how a parameter becomes text: the second half of the name of the function that does it.
type encoding string

const (
	asScalar encoding = ""
	asText   encoding = "Text"
	asList   encoding = "List"
	asValue  encoding = "Value"
	asBytes  encoding = "Bytes"
)

// paramType gives the Go type of a parameter, and how it becomes text.
func paramType(p paramFact) (name string, way encoding, err error) {
	if p.Type == typeValue || p.Type == typeJSON && !p.opaque {
		if strings.Trim(p.goType, "*") == "" {
			return "", asScalar, fmt.Errorf("no Go type for the JSON parameter %s", p.Name)
		}
		return p.goType, p.way, nil
	}
	if p.Sensitive && p.Type != typeBytes {
		return "cloudapi.Secret", asScalar, nil
	}
	switch p.Type {
	case "string", typeJSON:
		return "string", asScalar, nil
	case "integer":
		return "int", asScalar, nil
	case "long":
		return "int64", asScalar, nil
	case "boolean":
		return "bool", asScalar, nil
	case "number":
		return "float64", asScalar, nil
	case typeBytes:
		return "[]byte", asBytes, nil
	}
	return "", asScalar, fmt.Errorf("unknown parameter type %q", p.Type)
}

// inMultipart is the position of the parts of a form that has files.
const inMultipart = "multipart"

func positionName(in string) (string, error) {
	switch in {
	case "query":
		return "InQuery", nil
	case "form":
		return "InForm", nil
	case "body":
		return "InBody", nil
	case "path":
		return "InPath", nil
	case "header":
		return "InHeader", nil
	case "payload":
		return "InPayload", nil
	case inMultipart:
		return "InMultipart", nil
	}
	return "", fmt.Errorf("unknown position %q", in)
}

// hidden reports whether a structured member of a JSON body is not shown: unless the facts say what it is made of, and none of
// that is a secret.
func (p paramFact) hidden() bool {
	if p.In != "body" || p.Type != typeJSON && p.Type != typeValue {
		return false
	}
	return p.Type == typeJSON || p.goName != "" || !p.Shape.known() || p.Shape.holdsSecret()
}

// isFile reports whether a parameter is a file of a form.
func (p paramFact) isFile() bool { return p.Type == typeBytes && p.In == inMultipart }

func tableRow(p paramFact) (paramModel, error) {
	row := paramModel{paramFact: p, Masked: p.Sensitive || p.userText || p.hidden() || p.isFile()}
	var err error
	if row.Position, err = positionName(p.In); err != nil {
		return row, err
	}
	switch p.Type {
	case "string", typeBytes:
		row.Kind = "KindString"
		if p.isFile() {
			row.Kind = "KindFile"
		}
	case typeJSON:
		row.Kind = "KindJSON"
	case typeValue:
		row.Kind = "KindValue"
	case "integer", "long":
		row.Kind = "KindInteger"
	case "number":
		row.Kind = "KindNumber"
	case "boolean":
		row.Kind = "KindBoolean"
	default:
		return row, fmt.Errorf("unknown parameter type %q", p.Type)
	}
	for _, v := range p.Enum {
		row.Values = append(row.Values, fmt.Sprint(v))
	}
	if p.Default != nil {
		row.Text.Default = fmt.Sprint(p.Default)
	}
	if p.Example != nil {
		row.Text.Example = fmt.Sprint(p.Example)
	}
	return row, nil
}

// answerStructs names the structs of an answer: XOutput, XData for its Data, XData<Field> below that.
func answerStructs(op operationFact) ([]structModel, error) {
	if op.ResponseBody != "" || len(op.Response) == 0 {
		return []structModel{op.answerOf()}, nil
	}
	output := structModel{
		Name: op.Name + "Output",
		Doc:  fmt.Sprintf("%sOutput is the answer of [Client.%s] (%s).", op.Name, op.Name, op.Where()),
	}
	b := structBuilder{config: op.config, where: op.Where()}
	for _, n := range op.Response {
		f, err := b.field(op.Name, n, true)
		if err != nil {
			return nil, err
		}
		output.Fields = append(output.Fields, f)
	}
	output.Fields = append(output.Fields, op.headerFields()...)
	return append([]structModel{output}, b.structs...), nil
}

type structBuilder struct {
	config  *config
	where   string
	structs []structModel
}

// field makes the Go field of an answer's member. An object below the outermost level is a
// pointer: nil when absent.
func (b *structBuilder) field(prefix string, n apifacts.Field, outermost bool) (fieldModel, error) {
	f := fieldModel{Name: b.config.name(n.Name), Doc: describeNode(n.Value), Tag: n.Name, Also: n.Also}
	if form := b.config.timeFormOf(n); form != notTime {
		f.Type, f.Tag = "time.Time", f.Tag+",omitzero"
		f.Doc = strings.TrimSpace(f.Doc + " On the wire: " + string(form) + ".")
		if form == epochSeconds {
			f.Reading = "seconds"
		}
		return f, nil
	}
	if typ, ok := b.config.textType(n, prefix); ok {
		f.Type, f.Tag = typ, f.Tag+",omitzero"
		f.Doc = strings.TrimSpace(f.Doc + " On the wire: JSON text.")
		f.Reading = "text"
		return f, nil
	}
	typ, err := b.goType(prefix+goName(n.Name), n.Value)
	if err != nil {
		return f, fmt.Errorf("%s: %w", n.Name, err)
	}
	f.Type = typ
	switch {
	case n.Type == "object" && !outermost, b.config.structs.named(n.Type) != nil:
		f.Type = "*" + typ
		f.Tag += ",omitzero"
	case n.Type == "object", n.Type == "array", n.Type == "map", n.Presence != "", n.Sensitive:
		f.Tag += ",omitzero"
	}
	return f, nil
}

func (b *structBuilder) goType(name string, n apifacts.Value) (string, error) {
	switch n.Type {
	case "string":
		if n.Sensitive {
			return "cloudapi.Secret", nil
		}
		return "string", nil
	case "integer":
		return "int", nil
	case "long":
		return "int64", nil
	case "number":
		return "float64", nil
	case "boolean":
		return "bool", nil
	case "any":
		return "any", nil
	case "map":
		if b.config.secretMap(name, n) {
			return b.config.SecretMaps.Type, nil
		}
		values := *n.Additional
		values.Sensitive = values.Sensitive || n.Sensitive
		elem, err := b.goType(name, values)
		return "map[string]" + elem, err
	case "array":
		elem, err := b.goType(name, *n.Items)
		return "[]" + elem, err
	case "object":
		return name, b.addStruct(name, n)
	}
	if b.config.structs.named(n.Type) != nil {
		return n.Type, nil
	}
	return "", fmt.Errorf("unknown answer type %q", n.Type)
}

func (b *structBuilder) addStruct(name string, n apifacts.Value) error {
	at := len(b.structs)
	b.structs = append(b.structs, structModel{})
	s := structModel{Name: name, Doc: fmt.Sprintf("%s is a part of the answer (%s).", name, b.where)}
	for _, member := range n.Fields {
		f, err := b.field(name, member, false)
		if err != nil {
			return err
		}
		s.Fields = append(s.Fields, f)
	}
	b.structs[at] = s
	return nil
}
