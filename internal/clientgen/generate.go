package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// generate returns every generated file by name.
func generate(f *facts, c *config) (map[string][]byte, error) {
	c.apply(f)
	t, err := c.parseTemplates()
	if err != nil {
		return nil, err
	}
	shapes := paramShapes(f.Operations)
	groups, err := groupOperations(f.Operations)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	var all []operationModel
	for _, g := range groups {
		all = append(all, g.Operations...)
		if files[fileName(g.Group)], err = render(t, "group.go.tmpl", g); err != nil {
			return nil, err
		}
	}
	var pagers []pagerModel
	for _, op := range all {
		if p, ok := newPager(op); ok {
			pagers = append(pagers, p)
		}
	}
	parts := map[string]any{"operations": all, "shapes": shapes, "invoke": nil}
	if len(pagers) > 0 {
		parts["pages"] = pagers
	}
	if len(f.Errors) > 0 {
		parts["errors"] = f.Errors
	}
	if len(c.Generated) > 0 {
		if parts["shapetypes"], err = shapeTypes(c, f.Operations); err != nil {
			return nil, err
		}
	}
	if len(f.Structs) > 0 {
		if parts["structs"], err = c.structTypes(f); err != nil {
			return nil, err
		}
	}
	for _, own := range c.Templates {
		parts[own] = f
	}
	for name, data := range parts {
		if files[fileName(name)], err = render(t, name+".go.tmpl", data); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// parseTemplates reads the templates that all clients share, and the client's own.
func (c *config) parseTemplates() (*template.Template, error) {
	patterns := []string{"templates/*.tmpl"}
	if len(c.Templates) > 0 {
		patterns = append(patterns, "templates/"+c.Package+"/*.tmpl")
	}
	return template.New("").Funcs(template.FuncMap{
		"config":    func() *config { return c },
		"goName":    goName,
		"comment":   comment,
		"pascal":    pascal,
		"className": className,
		"retryName": retryName,
		"trimCo":    func(s string) string { return strings.TrimPrefix(s, "Co") },
		"lower":     lowerFirst,
		"upper":     upperFirst,
		"sentence":  sentence,
		"shapeKind": shapeKind,
		"words":     words,
	}).ParseFS(templates, patterns...)
}

func render(t *template.Template, name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return nil, err
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", name, err, b.Bytes())
	}
	return text, nil
}

// groupOperations sorts the groups by name and keeps the order of the reference within each.
func groupOperations(ops []operationFact) ([]groupModel, error) {
	groups := make(map[string][]operationModel)
	for _, op := range ops {
		m, err := newOperationModel(op)
		if err != nil {
			return nil, err
		}
		groups[op.Group] = append(groups[op.Group], m)
	}
	var out []groupModel
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, groupModel{Group: name, Operations: groups[name]})
	}
	return out, nil
}

// className is the Go constant for the class that the facts give an error code. A code after
// which the facts say "verify, then retry" leaves open whether the change was made: that is
// ambiguous, whatever the facts call its class.
func className(e errorFact) (string, error) {
	if e.Retry == "verify-then-retry" {
		return "ErrAmbiguous", nil
	}
	switch e.Class {
	case "invalid":
		return "ErrInvalid", nil
	case "notfound":
		return "ErrNotFound", nil
	case "auth":
		return "ErrAuth", nil
	case "billing":
		return "ErrBilling", nil
	case "quota":
		return "ErrQuota", nil
	case "conflict":
		return "ErrConflict", nil
	case "retryable":
		return "ErrUnavailable", nil
	case "failed":
		return "ErrFailed", nil
	}
	return "", fmt.Errorf("error code %s: unknown class %q", e.Code, e.Class)
}

// retryName is the Go constant for the advice that the facts give after an error code.
func retryName(e errorFact) (string, error) {
	switch e.Retry {
	case "never", "backoff", "operator", "after-change-order", "after-state-change", "verify-then-retry":
		return "Retry" + pascal(e.Retry), nil
	}
	return "", fmt.Errorf("error code %s: unknown retry advice %q", e.Code, e.Retry)
}

// pascal turns words joined by hyphens, blanks or underscores, in any case, into one Go word.
func pascal(s string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '-' || r == ' ' || r == '_' }) {
		if initialism, ok := asInitialism(word); ok {
			b.WriteString(initialism)
			continue
		}
		b.WriteString(strings.ToUpper(word[:1]) + strings.ToLower(word[1:]))
	}
	return b.String()
}
