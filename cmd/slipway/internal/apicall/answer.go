package apicall

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"slipway/cmd/slipway/internal/render"
)

// Answer is an answer of an API as JSON.
type Answer struct {
	json.RawMessage

	api API
}

// Answer is an answer of the API.
func (a API) Answer(answer json.RawMessage) Answer { return Answer{answer, a} }

// Indented is JSON text as it came, one member a line.
func Indented(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// Value is JSON text decoded; numbers keep their digits.
func Value(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	err := dec.Decode(&value)
	return value, err
}

// data is the member that holds the data of an answer with an envelope around it.
const data = "Data"

// Change is the ID of what the operation has started, empty if the answer names none.
func (a Answer) Change() string {
	root, err := parse(a.RawMessage)
	if err != nil || a.api.Change == "" {
		return ""
	}
	return cmp.Or(root.member(data).member(a.api.Change).text, root.member(a.api.Change).text)
}

// RequestID identifies the call to the support of the platform.
func (a Answer) RequestID() string {
	root, err := parse(a.RawMessage)
	if err != nil {
		return ""
	}
	return root.member(a.api.RequestID).text
}

// Table draws what the answer holds beside its envelope: single values as names and values, each
// list of objects as a table of its own. It is empty when there is nothing.
func (a Answer) Table(style render.Style) (string, error) {
	root, err := parse(a.RawMessage)
	if err != nil {
		return "", err
	}
	p := &picture{style: style}
	for i, name := range root.names {
		switch {
		case slices.Contains(a.api.Envelope, name):
		case name == data:
			p.draw("", root.members[i])
		default:
			p.draw(name, root.members[i])
		}
	}
	return strings.Join(append(p.fields(), p.tables...), "\n"), nil
}

// node is a JSON value whose members keep their order.
type node struct {
	// raw is the value as JSON text, and text what a person reads of a single value.
	raw, text string
	names     []string
	members   []node
	object    bool
	list      bool
}

// member returns a member of an object; a node without anything if there is none.
func (n node) member(name string) node {
	if i := slices.Index(n.names, name); i >= 0 {
		return n.members[i]
	}
	return node{}
}

func parse(text []byte) (node, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return decode(dec, text)
}

// decode reads the next value.
func decode(dec *json.Decoder, all []byte) (node, error) {
	token, err := dec.Token()
	if err != nil {
		return node{}, err
	}
	start := dec.InputOffset() - 1
	var n node
	switch t := token.(type) {
	case json.Delim:
		n.object, n.list = t == '{', t == '['
	case string:
		n.text = t
		raw, err := json.Marshal(t)
		n.raw = string(raw)
		return n, err
	case json.Number:
		return node{text: t.String(), raw: t.String()}, nil
	case bool:
		text := "false"
		if t {
			text = "true"
		}
		return node{text: text, raw: text}, nil
	case nil:
		return node{raw: "null"}, nil
	}
	for dec.More() {
		if n.object {
			name, err := dec.Token()
			if err != nil {
				return n, err
			}
			text, ok := name.(string)
			if !ok {
				return n, errors.New("a member has no name")
			}
			n.names = append(n.names, text)
		}
		member, err := decode(dec, all)
		if err != nil {
			return n, err
		}
		n.members = append(n.members, member)
	}
	_, err = dec.Token()
	if err != nil {
		return n, err
	}
	var compact bytes.Buffer
	err = json.Compact(&compact, all[start:dec.InputOffset()])
	n.raw = compact.String()
	return n, err
}

// picture collects what is drawn.
type picture struct {
	style  render.Style
	rows   [][]render.Cell
	tables []string
}

// fields draws the single values.
func (p *picture) fields() []string {
	if len(p.rows) == 0 {
		return nil
	}
	return []string{render.Table{Columns: []render.Column{{Name: "FIELD", Wraps: 20}, {Name: "VALUE", Wraps: 20}}, Rows: p.rows}.Draw(p.style)}
}

// row adds a single value; the whole of Data can be one.
func (p *picture) row(path, text string) {
	// Some answers say their paging twice, inside Data and beside it.
	row := render.Text(cmp.Or(path, data), text)
	if !slices.ContainsFunc(p.rows, func(other []render.Cell) bool { return slices.Equal(other, row) }) {
		p.rows = append(p.rows, row)
	}
}

func (p *picture) draw(path string, n node) {
	switch {
	case n.object:
		for i, name := range n.names {
			p.draw(strings.TrimPrefix(path+"."+name, "."), n.members[i])
		}
	case n.list && slices.ContainsFunc(n.members, func(m node) bool { return m.object }):
		p.table(path, n.members)
	case n.list:
		for _, m := range n.members {
			p.row(path, m.cell())
		}
	case n.raw != "null":
		p.row(path, n.text)
	}
}

// cell is a value in one cell of a table, empty when it holds nothing.
func (n node) cell() string {
	if (n.object || n.list) && len(n.members) == 0 {
		return ""
	}
	if n.object || n.list {
		return n.raw
	}
	return n.text
}

// table draws a list of objects, one a row. Columns that are empty everywhere are left out.
func (p *picture) table(path string, list []node) {
	var columns []string
	for _, row := range list {
		for i, name := range row.names {
			if !slices.Contains(columns, name) && row.members[i].cell() != "" {
				columns = append(columns, name)
			}
		}
	}
	table := render.Table{Columns: render.Columns(columns...)}
	for _, row := range list {
		cells := make([]string, len(columns))
		for i, name := range columns {
			cells[i] = row.member(name).cell()
		}
		table.Rows = append(table.Rows, render.Text(cells...))
	}
	title := ""
	if path != "" {
		title = path + ":\n"
	}
	p.tables = append(p.tables, title+table.Draw(p.style))
}
