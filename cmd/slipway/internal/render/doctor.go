package render

import "strings"

// Checked is a check as it is drawn. State is ok, healed, warning, failed or skipped.
type Checked struct{ Name, State, Found, Remedy string }

// Doctor draws what checks have found, in their order, and below it what helps.
func Doctor(all []Checked, style Style) string {
	table := Table{Columns: []Column{{Name: "CHECK", Wraps: 18}, {Name: "RESULT"}, {Name: "FOUND", Wraps: 24, Rank: 1, Below: true, Plain: true}}}
	var remedies [][]Cell
	for _, c := range all {
		table.Rows = append(table.Rows, []Cell{{Text: c.Name}, checkState(c.State), {Text: c.Found}})
		if c.Remedy != "" {
			remedies = append(remedies, remedy(c)...)
		}
	}
	if len(remedies) == 0 {
		return table.Draw(style)
	}
	return table.Draw(style) + "\nWhat helps:\n" + Facts(remedies, style)
}

// remedy is what helps, with the command at its end, if there is one, in a row of its own: a command
// that is copied from two lines is another command.
func remedy(c Checked) [][]Cell {
	name := c.Name + ":"
	if isCommand(c.Remedy) {
		return [][]Cell{{{Text: name}, {Text: c.Remedy, whole: true}}}
	}
	before, line, found := strings.Cut(c.Remedy, ": ")
	if !found || !isCommand(line) {
		return [][]Cell{Text(name, c.Remedy)}
	}
	return [][]Cell{Text(name, before+":"), {{}, {Text: line, whole: true}}}
}

// isCommand reports whether a text is a command of slipway, or one with a setting before it.
func isCommand(text string) bool {
	return strings.HasPrefix(text, "slipway ") || strings.HasPrefix(text, "SLIPWAY_") && strings.Contains(text, " slipway ")
}

func checkState(state string) Cell {
	switch state {
	case "ok", "healed":
		return Cell{Text: iconGood + " " + state, color: green}
	case "warning":
		return Cell{Text: iconAlarm + " " + state, color: yellow}
	case "failed":
		return Cell{Text: iconBad + " " + state, color: red}
	}
	return Cell{Text: iconMoving + " " + state, color: faint}
}
