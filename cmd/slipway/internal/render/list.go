package render

import (
	"cmp"
	"slices"
	"time"

	"slipway/release"
)

// Row is one release or set in a list.
type Row struct {
	ID, App string
	// AppName is what people call the application; empty where it is not known.
	AppName   string
	Operation release.Operation
	Strategy  release.StrategyType
	// Name is that of a set; empty where it is not known.
	Name  string
	Phase release.Phase
	// Stopped says how the release was ended from outside; empty when it was not.
	Stopped                    string
	Artifact, RequestedBy, Set string
	// CreatedAt is when it was accepted.
	CreatedAt, EndedAt time.Time
}

// unnamed stands for the name of an application that no release has read yet.
const unnamed = "-"

// Releases draws a list of releases.
func Releases(rows []Row, now time.Time, style Style) string {
	table := Table{Columns: []Column{
		{Name: "ID"},
		{Name: "PHASE"},
		{Name: "NAME", Wraps: 8, Rank: 1},
		{Name: "AGE", Rank: 2, Least: spanWidth},
		{Name: "STRATEGY", Rank: 3},
		{Name: "OPERATION", Rank: 4},
		{Name: "ACCEPTED", Rank: 5},
		{Name: "APP", Rank: 6, Below: true, Plain: true},
		{Name: "ARTIFACT", Wraps: 20, Wide: true},
		{Name: "REQUESTED BY", Wide: true},
		{Name: "SET", Wide: true},
	}}
	for _, r := range urgent(rows) {
		table.Rows = append(table.Rows, []Cell{
			{Text: r.ID},
			r.state(),
			{Text: cmp.Or(r.AppName, unnamed)},
			{Text: age(r.CreatedAt, time.Time{}, now)},
			{Text: string(r.Strategy)},
			{Text: string(r.Operation)},
			{Text: stamp(r.CreatedAt, style.zone())},
			{Text: r.App},
			{Text: r.Artifact},
			{Text: r.RequestedBy},
			{Text: r.Set},
		})
	}
	return table.drawn(style)
}

// urgent sorts those under way: what waits for somebody comes first, and what waits for its turn
// last. What has ended stays behind them, in its order.
func urgent(rows []Row) []Row {
	rank := func(r Row) int {
		switch {
		case !r.EndedAt.IsZero() || r.Phase.Ended():
			return 3
		case r.Phase == release.PhaseQueued:
			return 2
		case r.Phase.Parked():
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(rows), func(a, b Row) int { return rank(a) - rank(b) })
}

// state is the phase, and how the workflow was ended from outside if it was.
func (r Row) state() Cell {
	if r.Stopped != "" {
		return Cell{Text: iconAlarm + " " + string(r.Phase) + " (" + r.Stopped + ")", color: red}
	}
	return phase(r.Phase)
}
