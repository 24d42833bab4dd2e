package render

import (
	"time"

	"slipway/release"
)

// Row is one release in a list.
type Row struct {
	ID, Kind, App string
	Phase         release.Phase
	// Stopped says how the release was ended from outside; empty when it was not.
	Stopped            string
	StartedAt, EndedAt time.Time
}

// Releases draws a list of releases.
func Releases(rows []Row, now time.Time, style Style) string {
	table := [][]Cell{Text("ID", "APP", "KIND", "PHASE", "STARTED", "AGE")}
	for _, r := range rows {
		state := phase(r.Phase)
		if r.Stopped != "" {
			state = Cell{Text: iconAlarm + " " + string(r.Phase) + " (" + r.Stopped + ")", color: red}
		}
		table = append(table, []Cell{
			{Text: r.ID}, {Text: r.App}, {Text: r.Kind}, state, {Text: stamp(r.StartedAt)}, {Text: age(r.StartedAt, r.EndedAt, now)},
		})
	}
	return Table(table, style)
}
