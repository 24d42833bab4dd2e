package main

import "strings"

// pagerModel is what the template of an iterator needs.
type pagerModel struct {
	Name    string
	Chapter string
	// Page and PageSize are the fields of the Input; Fixed tells that they are plain values, not pointers.
	Page  string
	Fixed bool
	// Data is the place of the page in the answer, Items that of the items in the page, and Item their type.
	Data, Items, Item string
	// Wrapped tells that the page is the only element of a list.
	Wrapped bool
	// Total tells that the page says how many items there are.
	Total bool
}

// newPager reports whether an operation pages by number, and how. ListAppServicesPage calls the number of pages TotalSize, and gives
// its page as the only element of a list; DescribeApplicationGroups gives the items alone.
func newPager(m operationModel) (pagerModel, bool) {
	p := pagerModel{Name: m.Name, Chapter: m.Chapter}
	for _, param := range m.Params {
		if param.Name == "CurrentPage" || param.Name == "PageNumber" {
			p.Page, p.Fixed = param.Name, param.Required
		}
	}
	if p.Page == "" {
		return p, false
	}
	for _, n := range m.Response {
		if n.Name != "Data" {
			continue
		}
		fields := n.Fields
		if n.Items != nil {
			fields = n.Items.Fields
			p.Wrapped = len(listsOf(fields)) > 0
		}
		if n.Items != nil && !p.Wrapped {
			p.Items, p.Item = "", m.Name+"Data"
			return p, true
		}
		list := listsOf(fields)[0]
		p.Items, p.Item = goName(list), m.Name+"Data"+goName(list)
		for _, f := range fields {
			p.Total = p.Total || f.Name == "TotalSize" && f.Type == "integer"
		}
	}
	return p, p.Item != ""
}

// listsOf names the lists among the members of an object that holds paging fields.
func listsOf(fields nodes) []string {
	var lists []string
	paged := false
	for _, f := range fields {
		paged = paged || strings.HasSuffix(f.Name, "PageSize")
		if f.Type == "array" {
			lists = append(lists, f.Name)
		}
	}
	if !paged {
		return nil
	}
	return lists
}
