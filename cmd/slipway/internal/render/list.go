package render

import (
	"time"

	"slipway/release"
)

// Row is one release in a list.
type Row struct {
	ID, Kind, App string
	// Name is that of a set; empty where it is not known.
	Name  string
	Phase release.Phase
	// Stopped says how the release was ended from outside; empty when it was not.
	Stopped            string
	StartedAt, EndedAt time.Time
}

// Releases draws a list of releases.
func Releases(rows []Row, now time.Time, style Style) string {
	table := [][]Cell{Text("ID", "APP", "KIND", "PHASE", "STARTED", "AGE")}
	for _, r := range rows {
		table = append(table, []Cell{
			{Text: r.ID}, {Text: r.App}, {Text: r.Kind}, r.state(), {Text: stamp(r.StartedAt)}, {Text: age(r.StartedAt, r.EndedAt, now)},
		})
	}
	return Table(table, style)
}

// state is the phase, and how the workflow was ended from outside if it was.
func (r Row) state() Cell {
	if r.Stopped != "" {
		return Cell{Text: iconAlarm + " " + string(r.Phase) + " (" + r.Stopped + ")", color: red}
	}
	return phase(r.Phase)
}
