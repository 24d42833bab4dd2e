package render

// Checked is a check as it is drawn. State is ok, warning, failed or skipped.
type Checked struct{ Name, State, Found, Remedy string }

// Doctor draws what checks have found.
func Doctor(all []Checked, style Style) string {
	table := Table{Columns: []Column{{Name: "CHECK", Wraps: 12}, {Name: "RESULT"}, {Name: "FOUND", Wraps: 16}, {Name: "REMEDY", Wraps: 16}}}
	for _, c := range all {
		table.Rows = append(table.Rows, []Cell{{Text: c.Name}, checkState(c.State), {Text: c.Found}, {Text: c.Remedy}})
	}
	return table.Draw(style)
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
