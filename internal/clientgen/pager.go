package main

import (
	"slices"
	"strings"

	"slipway/internal/apifacts"
)

// pagerModel is what the template of an iterator needs.
type pagerModel struct {
	Name  string
	Where string
	// Page and PageSize are the fields of the Input; Fixed tells that they are plain values, not pointers.
	Page  string
	Fixed bool
	// Data is the place of the page in the answer, Items that of the items in the page, and Item their type.
	Data, Items, Item string
	// Wrapped tells that the page is the only element of a list.
	Wrapped bool
	// Total tells that the page says how many items there are.
	Total bool
	// Names are those of the API.
	Names paging
	// Token is the field of the Input that says where a page begins, and Next the member of the answer
	// that says where the next one does. Without them the list pages by number.
	Token, Next string
	// Offset tells that Page says how many items come before the page.
	Offset bool
	// TotalName is the field of the answer with the number of all items, where it is not a member of the page.
	TotalName string
	// Numbered tells that the token is a number.
	Numbered bool
}

// newPager reports whether an operation pages by number, and how. An answer may give its page
// as the only element of a list, or the items alone.
func newPager(m operationModel) (pagerModel, bool) {
	if p, ok := newTokenPager(m); ok {
		return p, true
	}
	if p, ok := newOffsetPager(m); ok {
		return p, true
	}
	names := m.config.Paging
	p := pagerModel{Name: m.Name, Where: m.Where(), Names: names}
	for _, param := range m.Params {
		if slices.Contains(names.Number, param.Name) {
			p.Page, p.Fixed = goName(param.Name), param.Required
		}
	}
	if p.Page == "" {
		return p, false
	}
	for _, n := range m.Response {
		if n.Name != names.Data {
			continue
		}
		fields := n.Fields
		if n.Items != nil {
			fields = n.Items.Fields
			p.Wrapped = len(names.listsIn(fields)) > 0
		}
		if n.Items != nil && !p.Wrapped {
			p.Items, p.Item = "", m.elementType(n)
			return p, true
		}
		list := names.listsIn(fields)[0]
		p.Items, p.Item = goName(list), m.Name+goName(n.Name)+goName(list)
		for _, f := range fields {
			p.Total = p.Total || f.Name == names.Total && f.Type == "integer"
		}
	}
	return p, p.Item != ""
}

// elementType is the Go type of the elements of a list in an answer.
func (m operationModel) elementType(list apifacts.Field) string {
	if m.config.structs.named(list.Items.Type) != nil {
		return list.Items.Type
	}
	return m.Name + goName(list.Name)
}

// newOffsetPager reports whether a list pages by how many items come before the page, and how.
func newOffsetPager(m operationModel) (pagerModel, bool) {
	names := m.config.Paging
	p := pagerModel{Name: m.Name, Where: m.Where(), Names: names, Offset: true}
	for _, param := range m.Params {
		if names.Offset != "" && param.Name == names.Offset {
			p.Page = m.config.name(param.Name)
		}
	}
	for _, n := range m.Response {
		switch {
		case slices.Contains(names.Totals, n.Name):
			p.TotalName = m.config.name(n.Name)
		case n.Type == "array":
			p.Items, p.Item = m.config.name(n.Name), m.elementType(n)
		}
	}
	return p, p.Page != "" && p.TotalName != "" && p.Item != ""
}

// newTokenPager reports whether the pages of a list name the next one, and how.
func newTokenPager(m operationModel) (pagerModel, bool) {
	p := pagerModel{Name: m.Name, Where: m.Where()}
	for _, param := range m.Params {
		next := m.config.Paging.Tokens[param.Name]
		if next == "" {
			continue
		}
		for _, n := range m.Response {
			switch {
			case n.Name == next:
				p.Token, p.Next, p.Numbered = m.config.name(param.Name), m.config.name(next), n.Type == "integer"
			case n.Type == "array":
				p.Items, p.Item = m.config.name(n.Name), n.Items.Type
			}
		}
	}
	return p, p.Token != ""
}

// listsIn names the lists among the members of an object that holds paging fields.
func (names paging) listsIn(fields apifacts.Fields) []string {
	var lists []string
	paged := false
	for _, f := range fields {
		paged = paged || strings.HasSuffix(f.Name, names.Size)
		if f.Type == "array" {
			lists = append(lists, f.Name)
		}
	}
	if !paged {
		return nil
	}
	return lists
}
