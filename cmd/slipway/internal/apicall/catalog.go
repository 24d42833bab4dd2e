package apicall

import (
	"slices"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/render"
)

// Entry is an operation in the catalog, as programs read it.
type Entry struct {
	Name  string `json:"name"`
	Group string `json:"group"`
	// Chapter is that of the reference, empty for an operation that it does not have.
	Chapter string `json:"chapter"`
	// Since is the date, yyyy-MM-dd, from which an operation is known that the reference does not have.
	Since              string   `json:"since,omitempty"`
	Summary            string   `json:"summary"`
	Method             string   `json:"method"`
	Path               string   `json:"path"`
	Mutates            bool     `json:"mutates"`
	CreatesChangeOrder bool     `json:"createsChangeOrder"`
	ChangeOrderTypes   []string `json:"changeOrderTypes,omitempty"`
	Parameters         []Param  `json:"parameters"`
	Errors             []string `json:"errors"`

	// starts names what the operation starts.
	starts string
}

// Param is a parameter of an entry. What the reference does not say is left out.
type Param struct {
	Name        string   `json:"name"`
	In          string   `json:"in"`
	Type        string   `json:"type"`
	Required    bool     `json:"required"`
	RequiredIf  string   `json:"requiredIf,omitempty"`
	Enum        []string `json:"enum,omitempty"`
	Open        bool     `json:"open,omitempty"`
	Min         *int64   `json:"min,omitempty"`
	Max         *int64   `json:"max,omitempty"`
	MaxLength   int      `json:"maxLength,omitempty"`
	Pattern     string   `json:"pattern,omitempty"`
	Default     string   `json:"default,omitempty"`
	Unit        string   `json:"unit,omitempty"`
	Secret      bool     `json:"secret,omitempty"`
	Form        string   `json:"form,omitempty"`
	Description string   `json:"description,omitempty"`
	Since       string   `json:"since,omitempty"`
}

// Groups returns the families of operations, sorted.
func (a API) Groups() []string {
	var groups []string
	for _, op := range a.Operations() {
		groups = append(groups, op.Group)
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// Catalog returns the operations of a group, or all, in groups and in the order of the reference.
func (a API) Catalog(group string) []Entry {
	entries := []Entry{}
	for _, op := range a.Operations() {
		if group == "" || op.Group == group {
			entries = append(entries, entry(op))
		}
	}
	return entries
}

func entry(op cloudapi.Operation) Entry {
	e := Entry{
		Name: op.Name, Group: op.Group, Chapter: op.Chapter, Since: op.Since, Summary: op.Summary, Method: op.Method, Path: op.Path,
		Mutates: op.Mutates, CreatesChangeOrder: op.Starts != "", ChangeOrderTypes: op.StartsTypes,
		starts:     op.Starts,
		Parameters: []Param{}, Errors: append([]string{}, op.Errors...),
	}
	for _, p := range slices.Concat(op.Params, op.Extra) {
		e.Parameters = append(e.Parameters, Param{
			Name: p.Name, In: string(p.In), Type: string(p.Kind), Required: p.Required, RequiredIf: p.RequiredIf,
			Enum: p.Enum, Open: p.Open, Min: p.Min, Max: p.Max, MaxLength: p.MaxLength, Pattern: p.Pattern, Default: p.Default,
			Unit: p.Unit, Secret: p.Sensitive, Form: Form(p.Shape), Description: p.Description, Since: p.Since,
		})
	}
	return e
}

// CatalogTable draws entries.
func CatalogTable(entries []Entry, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "OPERATION"}, {Name: "GROUP", Rank: 3}, {Name: "CHAPTER", Rank: 2}, {Name: "CHANGES", Rank: 1}, {Name: "SUMMARY", Wraps: 24},
	}}
	for _, e := range entries {
		changes := "-"
		switch {
		case e.CreatesChangeOrder:
			changes = e.starts
		case e.Mutates:
			changes = "yes"
		}
		chapter := e.Chapter
		if e.Since != "" {
			chapter = "since " + e.Since
		}
		table.Rows = append(table.Rows, render.Text(e.Name, e.Group, chapter, changes, e.Summary))
	}
	return table.Draw(style)
}
