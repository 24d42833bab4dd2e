package main

import (
	"fmt"
	"strings"

	"slipway/internal/apifacts"
)

// commentWidth is where comment lines wrap, not counting the indentation.
const commentWidth = 116

// comment wraps text to comment lines, each begun by indent and two slashes.
func comment(indent, text string) string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrap(paragraph)...)
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(indent+"// "+line, " ")
	}
	return strings.Join(lines, "\n")
}

func wrap(text string) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > commentWidth {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// sentence ends a text with a period.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// describeParam says what a parameter means and which values the reference allows.
func describeParam(p paramFact) string {
	parts := []string{sentence(p.Note)}
	if p.opaque {
		parts = append(parts, "Passed through as it is, JSON text: the reference and the official SDK disagree about its shape.")
	}
	if p.Required {
		parts = append(parts, "Required.")
	}
	if p.RequiredIf != "" {
		parts = append(parts, "Required if: "+sentence(p.RequiredIf))
	}
	if p.Unit != "" {
		parts = append(parts, "Unit: "+p.Unit+".")
	}
	if r := describeRange(p); r != "" {
		parts = append(parts, r)
	}
	if p.Default != nil {
		parts = append(parts, fmt.Sprintf("Default: %v.", p.Default))
	}
	parts = append(parts, describeEnum(p.Enum))
	if p.Open {
		parts = append(parts, "There may be others.")
	}
	if p.Since != "" {
		parts = append(parts, sinceDate(p.Since))
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// sinceDate marks what the reference does not have.
func sinceDate(date string) string { return "Since " + date + ", not in the reference." }

func describeRange(p paramFact) string {
	var parts []string
	switch {
	case p.Min != nil && p.Max != nil:
		parts = append(parts, fmt.Sprintf("Range: %d to %d.", *p.Min, *p.Max))
	case p.Min != nil:
		parts = append(parts, fmt.Sprintf("At least %d.", *p.Min))
	case p.Max != nil:
		parts = append(parts, fmt.Sprintf("At most %d.", *p.Max))
	}
	if p.MaxLength > 0 {
		parts = append(parts, fmt.Sprintf("At most %d characters.", p.MaxLength))
	}
	return strings.Join(parts, " ")
}

func describeEnum(values []any) string {
	if len(values) == 0 {
		return ""
	}
	return "One of: " + strings.Join(words(values), ", ") + "."
}

// words gives values as texts.
func words(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// describeNode says what a field of an answer means.
func describeNode(n apifacts.Value) string {
	parts := []string{sentence(n.Note)}
	if !strings.Contains(n.Note, "0 ") {
		parts = append(parts, describeEnum(n.Enum))
	}
	if n.Type == "array" && n.Note == "" && n.Items != nil {
		parts = append(parts, sentence(n.Items.Note))
	}
	if n.Since != "" {
		parts = append(parts, sinceDate(n.Since))
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}
