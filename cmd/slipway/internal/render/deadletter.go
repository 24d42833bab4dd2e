package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"slipway/wire"
)

// DeadLetters draws a list of dead letters.
func DeadLetters(letters []wire.Letter, style Style) string {
	table := Table{Columns: []Column{
		{Name: "SEQ"}, {Name: "WHEN", Rank: 1}, {Name: "KIND", Rank: 2}, {Name: "ABOUT", Wraps: 18}, {Name: "SOURCE", Wraps: 16, Rank: 4}, {Name: "REASON", Wraps: 24, Rank: 3, Below: true, Plain: true, Lines: 4},
	}}
	for _, l := range letters {
		about := l.About
		if about == "" {
			about = l.Subject
		}
		table.Rows = append(table.Rows, Text(fmt.Sprint(l.Sequence), style.Time(l.At), string(l.Kind), about, l.Source, l.Reason))
	}
	return table.Draw(style)
}

// DeadLetter draws all of one: why it was refused, what to do, and the event as it was.
func DeadLetter(l wire.Letter, remedy string, style Style) string {
	var b strings.Builder
	facts := [][]Cell{
		Text("Dead letter:", fmt.Sprintf("%d, stored %s", l.Sequence, style.Time(l.At))),
		Text("Kind:", string(l.Kind)),
		Text("Subject:", l.Subject),
		Text("About:", l.About),
		Text("Source:", l.Source),
		Text("ID:", l.EventID),
		Text("Type:", l.Type),
		Text("Delivered:", delivered(l)),
		Text("Secrets cut out:", strings.Join(l.Redacted, ", ")),
	}
	facts = slices.DeleteFunc(facts, func(row []Cell) bool { return row[1].Text == "" })
	b.WriteString(Facts(facts, style))
	b.WriteString("\nWhy it was refused:\n")
	for _, p := range l.Problems() {
		b.WriteString(indented(strings.TrimPrefix(Clean(p.Error()), ": "), style))
	}
	b.WriteString("\nWhat to do:\n" + indented(Clean(remedy), style))
	if len(l.Header) > 0 {
		b.WriteString("\nHeaders:\n")
	}
	for _, name := range slices.Sorted(maps.Keys(l.Header)) {
		for _, value := range l.Header[name] {
			b.WriteString("  " + Clean(name+": "+value) + "\n")
		}
	}
	b.WriteString("\nData:\n" + dataOf(l.Data))
	return b.String()
}

// indented is a text on lines of its own, wrapped.
func indented(text string, style Style) string {
	width := 0
	if style.Width > 0 {
		width = max(1, style.Width-2)
	}
	return "  " + strings.Join(wrap(text, width), "\n  ") + "\n"
}

func delivered(l wire.Letter) string {
	if l.Deliveries == 0 {
		return ""
	}
	return fmt.Sprintf("%s, as message %d of %s", Count(int(min(l.Deliveries, 1<<30)), "time"), l.StreamSequence, wire.StreamIn)
}

// dataOf draws data line by line: JSON with indentation, text as it is.
func dataOf(data []byte) string {
	var pretty bytes.Buffer
	switch {
	case len(data) == 0:
		return "  (none)\n"
	case json.Indent(&pretty, data, "", "  ") == nil:
		data = pretty.Bytes()
	case !utf8.Valid(data):
		return fmt.Sprintf("  %d bytes that are no text; -o json has them in base64\n", len(data))
	}
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		b.WriteString("  " + Clean(strings.TrimRight(line, "\r\n")) + "\n")
	}
	return b.String()
}
