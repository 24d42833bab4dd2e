package apicall

import (
	"fmt"
	"slices"
	"strings"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/render"
)

// textWidth is where the text of a description is broken.
const textWidth = 96

// Describe returns what the reference says of an operation: what it does, its
// parameters, and the errors that it may answer with.
func (a API) Describe(op cloudapi.Operation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", op.Summary)
	where := a.Reference + " ch. " + op.Chapter
	if op.Since != "" {
		where = "Since " + op.Since + ", not in the " + a.Reference
	}
	fmt.Fprintf(&b, "%s; %s %s\n%s\n", where, op.Method, op.Path, a.Effect(op))
	b.WriteString("\nParameters:\n")
	for _, p := range slices.Concat(op.Params, op.Extra) {
		b.WriteString(describeParam(p))
	}
	if len(op.Params)+len(op.Extra) == 0 {
		b.WriteString("  none\n")
	}
	b.WriteString("\nErrors it may answer with, besides the common ones:\n")
	b.WriteString(a.describeErrors(op.Errors))
	return strings.TrimRight(b.String(), "\n")
}

// Example is a command line with the required parameters, filled with the reference's
// examples where they are right.
func (a API) Example(op cloudapi.Operation) string {
	words := []string{"  " + a.command(op.Name)}
	for _, p := range op.Params {
		if !p.Required {
			continue
		}
		value := p.Example
		if p.Sensitive {
			value = "@" + strings.ToLower(p.Name) + ".txt"
		} else if value == "" || p.Check(value) != nil {
			value = "…"
		}
		words = append(words, p.Name+"="+quoted(value))
	}
	return strings.Join(words, " ")
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if strings.ContainsAny(word, " \t\"'{}[]()<>&|;$*?!`\\") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// Effect says in a sentence whether an operation changes something.
func (a API) Effect(op cloudapi.Operation) string {
	switch {
	case op.Starts != "" && len(op.StartsTypes) > 0:
		return "Starts a " + op.Starts + " of type " + strings.Join(op.StartsTypes, " or ") + "."
	case op.Starts != "":
		return "Starts a " + op.Starts + "."
	case op.Mutates && a.Starts != "":
		return "Changes something; starts no " + a.Starts + "."
	case op.Mutates:
		return "Changes something."
	}
	return "Reads only."
}

func describeParam(p cloudapi.Param) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s  (%s)\n", p.Name, strings.Join(Limits(p), "; "))
	lines := []string{p.Description}
	if p.RequiredIf != "" {
		lines = append(lines, "Required if "+p.RequiredIf+".")
	}
	switch {
	case len(p.Enum) > 0 && p.Open:
		lines = append(lines, "Known: "+strings.Join(p.Enum, ", ")+"; there may be others")
	case len(p.Enum) > 0:
		lines = append(lines, "One of: "+strings.Join(p.Enum, ", "))
	}
	if form := Form(p.Shape); form != "" {
		lines = append(lines, "Form: "+form)
	}
	for _, line := range lines {
		b.WriteString(indented(line))
	}
	if p.Example != "" && p.Check(p.Example) == nil {
		// Not broken into lines, so that it can be copied.
		b.WriteString("      Example: " + p.Name + "=" + quoted(render.Clean(p.Example)) + "\n")
	}
	return b.String()
}

// Limits lists in short words what a value must be.
func Limits(p cloudapi.Param) []string {
	kind := string(p.Kind)
	switch p.Kind {
	case cloudapi.KindJSON, cloudapi.KindValue:
		kind = "JSON"
	case cloudapi.KindString, cloudapi.KindInteger, cloudapi.KindNumber, cloudapi.KindBoolean, cloudapi.KindFile:
	}
	out := []string{kind}
	if p.Required {
		out = append(out, "required")
	}
	if bounds := bounds(p.Min, p.Max); bounds != "" {
		out = append(out, bounds)
	}
	if p.Unit != "" {
		out = append(out, "in units of a "+p.Unit)
	}
	if p.MaxLength > 0 {
		out = append(out, fmt.Sprintf("at most %d characters", p.MaxLength))
	}
	if p.Pattern != "" {
		out = append(out, "matches "+p.Pattern)
	}
	if p.Default != "" {
		out = append(out, "default "+p.Default)
	}
	if p.Sensitive {
		out = append(out, "secret")
	}
	if p.Since != "" {
		out = append(out, "since "+p.Since)
	}
	return out
}

func bounds(least, most *int64) string {
	switch {
	case least != nil && most != nil:
		return fmt.Sprintf("%d to %d", *least, *most)
	case least != nil:
		return fmt.Sprintf("at least %d", *least)
	case most != nil:
		return fmt.Sprintf("at most %d", *most)
	}
	return ""
}

// Form writes what JSON text holds: {name: type, …}, with a list in brackets. It is empty for
// a nil shape.
func Form(s *cloudapi.Shape) string {
	if s == nil {
		return ""
	}
	switch s.Type {
	case cloudapi.ShapeArray:
		return "[" + Form(s.Items) + ", …]"
	case cloudapi.ShapeObject:
		var members []string
		for _, m := range s.Members {
			members = append(members, m.Name+": "+Form(m))
		}
		if s.Items != nil {
			members = append(members, "<key>: "+Form(s.Items))
		}
		return "{" + strings.Join(members, ", ") + "}"
	case cloudapi.ShapeInteger:
		return strings.TrimSpace("integer " + bounds(s.Min, s.Max))
	case cloudapi.ShapeString:
		if len(s.Enum) > 0 {
			return strings.Join(s.Enum, "|")
		}
		if s.Format != "" {
			return s.Format
		}
	case cloudapi.ShapeBoolean, cloudapi.ShapeNumber, cloudapi.ShapeAny:
	}
	return string(s.Type)
}

func (a API) describeErrors(codes []string) string {
	if len(codes) == 0 {
		return "  none\n"
	}
	table := render.Table{Columns: render.Columns("", "", "")}
	for _, code := range codes {
		known, _ := a.LookupCode(code)
		meaning := known.Message
		if known.Note != "" {
			meaning += " (" + known.Note + ")"
		}
		table.Rows = append(table.Rows, render.Text("  "+code, string(known.Class), meaning))
	}
	return table.Draw(render.Style{})
}

// indented breaks a text into lines and moves them below the name of a parameter.
func indented(text string) string {
	const margin = "      "
	var b strings.Builder
	line := ""
	for word := range strings.FieldsSeq(render.Clean(text)) {
		if line != "" && render.Width(margin+line+" "+word) > textWidth {
			b.WriteString(margin + line + "\n")
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	if line != "" {
		b.WriteString(margin + line + "\n")
	}
	return b.String()
}
