package render

// Checked is a check as it is drawn. State is ok, warning, failed or skipped.
type Checked struct{ Name, State, Found, Remedy string }

// Doctor draws what checks have found, in their order, and below it what helps.
func Doctor(all []Checked, style Style) string {
	table := Table{Columns: []Column{{Name: "CHECK", Wraps: 18}, {Name: "RESULT"}, {Name: "FOUND", Wraps: 24, Rank: 1, Below: true, Plain: true}}}
	var remedies [][]Cell
	for _, c := range all {
		table.Rows = append(table.Rows, []Cell{{Text: c.Name}, checkState(c.State), {Text: c.Found}})
		if c.Remedy != "" {
			remedies = append(remedies, Text(c.Name+":", c.Remedy))
		}
	}
	if len(remedies) == 0 {
		return table.Draw(style)
	}
	return table.Draw(style) + "\nWhat helps:\n" + Facts(remedies, style)
}

func checkState(state string) Cell {
	switch state {
	case "ok":
		return Cell{Text: iconGood + " " + state, color: green}
	case "warning":
		return Cell{Text: iconAlarm + " " + state, color: yellow}
	case "failed":
		return Cell{Text: iconBad + " " + state, color: red}
	}
	return Cell{Text: iconMoving + " " + state, color: faint}
}
