package main

import (
	"fmt"
	"slices"
	"strings"

	"slipway/api/schema"
	"slipway/internal/markdown"
)

// head begins the page; what is between the tables is here, too.
const head = `<!-- Written by "make generate" from api/schema; change the schemas, or api/schema/internal/reference. -->
# The release file

A release file is YAML or JSON. ` + "`slipway release submit -f FILE`" + ` sends its ` + "`spec`" + ` as the data of a [request](requests.md), and
` + "`slipway set submit -f FILE`" + ` that of a file of a set. [examples](../examples) has one of each kind.

| field | |
| --- | --- |
| ` + "`apiVersion`" + ` | ` + "`slipway.dev/v1`" + ` |
| ` + "`kind`" + ` | ` + "`Release`, `ReleaseSet`" + ` for a [set](sets.md), ` + "`Application`" + ` for an [application document](#an-application), ` + "`Policy`" + ` for a [policy](#a-policy), or ` + "`Notifications`" + ` for [who is told what](#notifications) |
| ` + "`spec`" + ` | the fields below, of a [release](#a-release), a [set](#a-set), an [application](#an-application), a [policy](#a-policy) or [notifications](#notifications) |

A field that is not here is refused, with its line. A duration is written as ` + "`90s`, `5m`, `1h30m` or `24h`" + `, at most 64 bytes of it. The length of
a text is counted in bytes of UTF-8. Rules that tie fields together are in the descriptions; ` + "`--dry-run`" + ` checks a file without sending it.
The JSON Schemas are [request.schema.json](../api/schema/request.schema.json), [set-request.schema.json](../api/schema/set-request.schema.json),
[application.schema.json](../api/schema/application.schema.json), [policy.schema.json](../api/schema/policy.schema.json) and [notifications.schema.json](../api/schema/notifications.schema.json).
The calendar of freezes is no file: [freeze windows and stops](freeze.md).
`

// page returns the whole page.
func page() (string, error) {
	all, err := load(schema.Request, schema.SetRequest, schema.Application, schema.Policy, schema.Notifications)
	if err != nil {
		return "", err
	}
	w := &writer{all: all}
	w.text.WriteString(head)
	for _, part := range []struct{ title, name string }{{"A release", schema.Request}, {"A set", schema.SetRequest}, {"An application", schema.Application}, {"A policy", schema.Policy}, {"Notifications", schema.Notifications}} {
		one, err := load(part.name)
		if err != nil {
			return "", err
		}
		w.name = part.name
		fmt.Fprintf(&w.text, "\n## %s\n", part.title)
		for id, root := range one {
			w.object("", id, root)
		}
	}
	if len(w.missing) > 0 {
		return "", fmt.Errorf("%s", strings.Join(w.missing, "\n"))
	}
	return w.text.String(), nil
}

// writer writes the tables of one schema after the other.
type writer struct {
	all     library
	name    string
	text    strings.Builder
	missing []string
}

// object is one that still has to be written, with its path and the schema it is in.
type object struct {
	path, file string
	node       node
}

// object writes the table of an object, and then those of the objects within it.
func (w *writer) object(path, file string, n node) {
	if path != "" {
		fmt.Fprintf(&w.text, "\n### %s\n\n%s\n", path, n.Description)
	}
	w.text.WriteString("\n| field | type | default | bounds | meaning |\n| --- | --- | --- | --- | --- |\n")
	var within []object
	for _, p := range n.Properties {
		at := strings.TrimPrefix(path+"."+p.name, ".")
		if o, ok := w.row(at, file, p.node, slices.Contains(n.Required, p.name)); ok {
			within = append(within, o)
		}
	}
	for _, o := range within {
		w.object(o.path, o.file, o.node)
	}
}

// row writes one field, and returns the object that it holds, where it is one.
func (w *writer) row(path, file string, n node, required bool) (o object, ok bool) {
	at, def, in, err := w.all.resolve(file, n)
	if err != nil {
		w.missing = append(w.missing, path+": "+err.Error())
		return object{}, false
	}
	if at.Description == "" {
		w.missing = append(w.missing, path+": has no description in "+w.name)
	}
	item, itemIn, element := at, in, path
	if at.Items != nil {
		if item, _, itemIn, err = w.all.resolve(in, *at.Items); err != nil {
			w.missing = append(w.missing, path+": "+err.Error())
		}
		element += "[]"
	}
	whole := item.ID != "" // another schema, which has a part of the page of its own
	meaning := at.Description
	if whole {
		meaning = "The fields of a [release](#a-release). " + n.Description
	}
	fmt.Fprintf(&w.text, "| `%s` | %s | %s | %s | %s |\n", path, typeOf(at, item, def), defaultOf(at, required), markdown.Cell(boundsOf(at, item, def)), markdown.Cell(meaning))
	return object{element, itemIn, item}, len(item.Properties) > 0 && !whole
}

// duration is the definition of durations, which the head of the page describes.
const duration = "duration"

func typeOf(n, item node, def string) string {
	words := func(n node) string {
		switch {
		case len(n.Enum) == 1:
			return "`" + n.Enum[0] + "`"
		case len(n.Enum) > 0:
			return "one of `" + strings.Join(n.Enum, "`, `") + "`"
		case n.Type == "string":
			return "text"
		case n.Type == "object":
			return "fields"
		}
		return n.Type
	}
	switch {
	case def == duration:
		return duration
	case n.Type == "array":
		return "list of " + words(item)
	}
	return words(n)
}

func defaultOf(n node, required bool) string {
	switch {
	case required:
		return "required"
	case n.Default != nil:
		return fmt.Sprintf("`%v`", n.Default)
	}
	return ""
}

func boundsOf(n, item node, def string) string {
	if def == duration {
		return ""
	}
	var parts []string
	if n.Type == "array" {
		parts = append(parts, span(n.MinItems, n.MaxItems, "entries"))
		n = item
	}
	numbers := span(n.Minimum, n.Maximum, "")
	if len(parts) > 0 && numbers != "" {
		numbers = "each " + numbers
	}
	parts = append(parts, numbers)
	if n.Type == "string" && len(n.Enum) == 0 {
		parts = append(parts, span(n.MinLength, n.MaxLength, "bytes"))
	}
	if n.Pattern != "" {
		parts = append(parts, "`"+n.Pattern+"`")
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, ", ")
}

// span writes what is between two bounds.
func span(least, most *int, unit string) string {
	var text string
	switch {
	case least != nil && most != nil:
		text = fmt.Sprintf("%d to %d", *least, *most)
	case least != nil:
		text = fmt.Sprintf("at least %d", *least)
	case most != nil:
		text = fmt.Sprintf("at most %d", *most)
	default:
		return ""
	}
	return strings.TrimSpace(text + " " + unit)
}
