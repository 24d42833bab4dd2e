package render

import (
	"cmp"
	"strings"

	"slipway/audit"
	"slipway/release"
)

// Audit draws what people have done, and with the differences of documents where these are wanted.
func Audit(entries []audit.Entry, differences bool, style Style) string {
	table := Table{Columns: []Column{
		{Name: "WHEN", Wraps: stampWraps},
		{Name: "BY", Wraps: 12},
		{Name: "IDENTITY", Rank: 4},
		{Name: "ACTION"},
		{Name: "WHAT", Wraps: 20, Rank: 1, Below: true},
		{Name: "ON", Wraps: 20, Rank: 2, Below: true},
		{Name: "ID", Rank: 5},
		{Name: "REASON", Wraps: 24, Rank: 3, Below: true, Lines: 4},
	}}
	for _, e := range entries {
		table.Rows = append(table.Rows, []Cell{
			{Text: stamp(e.Time, style.zone())}, {Text: cmp.Or(e.By, "?")}, {Text: identity(e)}, acted(e), {Text: e.What}, {Text: cmp.Or(e.Name, e.App)}, {Text: e.ID}, {Text: reasonOf(e)},
		})
	}
	out := table.Draw(style)
	if !differences {
		return out
	}
	var b strings.Builder
	b.WriteString(out)
	for _, e := range entries {
		b.WriteString(auditDifferences(e, style))
	}
	return b.String()
}

// AuditLine is an entry as one line.
func AuditLine(e audit.Entry, differences bool, style Style) string {
	words := []string{stamp(e.Time, style.zone()), cmp.Or(e.By, "?")}
	if known := identity(e); known != "" {
		words[1] += " (" + known + ")"
	}
	words = append(words, acted(e).Text)
	for _, each := range []string{e.What, cmp.Or(e.Name, e.App), e.ID} {
		if each != "" {
			words = append(words, each)
		}
	}
	line := strings.Join(words, " ")
	if why := reasonOf(e); why != "" {
		line += ": " + why
	}
	line = local(line, style.zone()) + "\n"
	if differences {
		line += auditDifferences(e, style)
	}
	return line
}

// identity says what proves who has done it. Nobody else can be Slipway, but for a message that was refused.
func identity(e audit.Entry) string {
	switch proof := release.ProofText(e.Verified, e.SignedBy); {
	case proof != "":
		return proof
	case e.By == "" || e.Via == audit.ViaDocument || e.By == release.Slipway && e.Action != audit.ActionRefuse:
		return ""
	}
	return "claimed"
}

func acted(e audit.Entry) Cell {
	c := Cell{Text: string(e.Action)}
	if e.Refused != "" || e.Unreadable != "" {
		c.Text, c.color = iconBad+" "+c.Text, red
	}
	return c
}

// reasonOf is why it was done, why it did not count, and what cannot be read of it.
func reasonOf(e audit.Entry) string {
	var all []string
	for _, each := range []struct{ before, text string }{{"", e.Reason}, {"refused: ", e.Refused}, {"cannot be read: ", e.Unreadable}} {
		if each.text != "" {
			all = append(all, each.before+each.text)
		}
	}
	return strings.Join(all, "; ")
}

// auditDifferences draws what was changed of a document.
func auditDifferences(e audit.Entry, style Style) string {
	found := e.Differences()
	if len(found) == 0 {
		return ""
	}
	title := stamp(e.Time, style.zone()) + " " + string(e.Action) + " " + e.What
	if e.BeforeUnknown {
		title += "; what was before is not kept any more"
	}
	table := Table{Columns: []Column{{Name: "FIELD", Wraps: 30}, {Name: "BEFORE", Wraps: 20}, {Name: "AFTER", Wraps: 20}}}
	for _, d := range found {
		table.Rows = append(table.Rows, Text(d.Field, d.Before, d.After))
	}
	return "\n" + local(title, style.zone()) + "\n" + table.Draw(style)
}
