package render

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"slipway/release"
)

// LaneRow is one lane in a list. State is nil where nobody answers for the lane.
type LaneRow struct {
	App string
	// AppName is what the platform calls the application; empty where it is not known.
	AppName string
	Since   time.Time
	State   *release.LaneState
}

// Lanes draws a list of lanes.
func Lanes(rows []LaneRow, now time.Time, style Style) string {
	table := Table{Columns: []Column{
		{Name: "NAME", Wraps: 8, Rank: 1},
		{Name: "HELD", Wraps: 12},
		{Name: "RUNNING"},
		{Name: "WAITING", Rank: 2},
		{Name: "DENIED", Rank: 3},
		{Name: "AGE", Rank: 4, Least: spanWidth},
		{Name: "APP", Rank: 5, Below: true, Plain: true},
		{Name: "REASON", Wraps: 24, Rank: 6, Below: true, Lines: 4},
	}}
	for _, r := range rows {
		row := []Cell{{Text: cmp.Or(r.AppName, unnamed)}, {Text: "?"}, {Text: "?"}, {Text: "?"}, {Text: "?"}, {Text: age(r.Since, time.Time{}, now)}, {Text: r.App}, {}}
		if s := r.State; s != nil {
			row[1], row[2].Text, row[3].Text, row[4].Text = held(s.Held), running(*s), waitingIn(*s), fmt.Sprint(len(s.Denied))
			row[7].Text = heldBecause(s.Held, style.zone())
		}
		table.Rows = append(table.Rows, row)
	}
	return table.drawn(style)
}

// waitingIn is how many wait in a lane, and that it takes no more.
func waitingIn(s release.LaneState) string {
	if s.Full != "" {
		return fmt.Sprintf("%d (full)", len(s.Waiting))
	}
	return fmt.Sprint(len(s.Waiting))
}

func running(s release.LaneState) string {
	if s.Running == nil {
		return ""
	}
	return s.Running.ReleaseID
}

func held(h *release.Hold) Cell {
	if h == nil {
		return Cell{}
	}
	return Cell{Text: iconParked + " by " + h.By, color: yellow}
}

func heldBecause(h *release.Hold, zone *time.Location) string {
	if h == nil {
		return ""
	}
	return h.Reason + ", since " + stamp(h.Since, zone)
}

// Lane draws one lane: what runs and waits, whether it is held, what is denied and what is owed.
// The name is what the platform calls the application; it may be empty.
func Lane(s release.LaneState, name string, now time.Time, style Style) string {
	return strings.Join([]string{laneFacts(s, name, style), laneLine(s, now, style), laneDenied(s, style), laneDebts(s, style)}, "")
}

// UnknownLane draws a lane whose state is not known.
func UnknownLane(of release.App, style Style) string {
	return Facts([][]Cell{{{Text: "App:"}, {Text: app(of)}}, {{Text: "Lane:"}, {Text: "? unknown", color: red}}}, style)
}

func laneFacts(s release.LaneState, name string, style Style) string {
	state := Cell{Text: "idle", color: faint}
	switch {
	case s.Held != nil:
		state = Cell{Text: iconParked + " held", color: yellow}
	case s.Running != nil:
		state = Cell{Text: iconMoving + " at work", color: cyan}
	case len(s.Waiting) > 0:
		state = Cell{Text: iconParked + " waiting", color: yellow}
	}
	rows := [][]Cell{{{Text: "App:"}, {Text: NamedApp(name, app(s.App))}}, {{Text: "Lane:"}, state}}
	if h := s.Held; h != nil {
		rows = append(rows, Text("Held:", "since "+stamp(h.Since, style.zone())+" by "+h.By), Text("Reason:", h.Reason))
		if h.ReleaseID != "" {
			rows = append(rows, Text("Release:", h.ReleaseID))
		}
	}
	if full := s.Full; full != "" {
		rows = append(rows, []Cell{{Text: "Full:"}, {Text: full + "; a request with the lane policy queue is tried again until there is room, and those published after it wait behind it", color: red}})
	}
	for _, f := range nextFacts(release.NextOfLane(s)) {
		rows = append(rows, f.row())
	}
	return Facts(rows, style)
}

func laneLine(s release.LaneState, now time.Time, style Style) string {
	if s.Running == nil && len(s.Waiting) == 0 {
		return ""
	}
	table := Table{Columns: []Column{{Name: "TURN"}, {Name: "ID"}, {Name: "BRINGS", Wraps: 27, Rank: 1, Below: true, Plain: true}, {Name: "REQUESTED BY", Wraps: 12, Rank: 2}, {Name: "AGE", Rank: 3, Least: spanWidth}}}
	add := func(turn Cell, e release.LaneEntry) {
		table.Rows = append(table.Rows, []Cell{turn, {Text: e.ReleaseID}, {Text: brings(e.Operation, e.Artifact, e.Config != "" && !e.Artifact.Known())}, {Text: e.RequestedBy}, {Text: age(e.Since, time.Time{}, now)}})
	}
	if s.Running != nil {
		add(Cell{Text: iconMoving + " running", color: cyan}, *s.Running)
	}
	for i, e := range s.Waiting {
		add(Cell{Text: fmt.Sprintf("%s %d", iconParked, i+1), color: yellow}, e)
	}
	return "\n" + table.Draw(style)
}

// brings says what a release does: what it brings, configuration alone, or its operation.
func brings(op release.Operation, a release.Artifact, onlyConfig bool) string {
	if onlyConfig {
		return strings.TrimSuffix("configuration of "+artifact(a), " of ")
	}
	if op == "" || op == release.OperationRelease {
		return artifact(a)
	}
	if op == release.OperationRescale {
		return strings.TrimSpace(string(op) + " " + a.Part)
	}
	return strings.TrimSuffix(string(op)+" to "+artifact(a), " to ")
}

func laneDenied(s release.LaneState, style Style) string {
	if len(s.Denied) == 0 {
		return ""
	}
	table := Table{Columns: []Column{{Name: "DENIED", Wraps: 20}, {Name: "SINCE", Rank: 3}, {Name: "BY RELEASE", Rank: 2}, {Name: "REASON", Wraps: 24, Rank: 1, Below: true}}}
	for _, d := range s.Denied {
		table.Rows = append(table.Rows, []Cell{{Text: iconBad + " " + denied(d), color: red}, {Text: stamp(d.Since, style.zone())}, {Text: d.ReleaseID}, {Text: d.Reason}})
	}
	return "\n" + table.Draw(style)
}

// denied names what is denied: an artifact as it must be given to allow it, or a configuration of one.
func denied(d release.Denial) string {
	if d.Config == "" {
		return artifact(d.Artifact)
	}
	return d.Subject()
}

func laneDebts(s release.LaneState, style Style) string {
	if len(s.Debts) == 0 {
		return ""
	}
	table := Table{Columns: []Column{{Name: "OWED", Wraps: 20}, {Name: "BY RELEASE"}}}
	for _, d := range s.Debts {
		for _, rule := range d.ScalingRules {
			table.Rows = append(table.Rows, []Cell{{Text: iconBad + " scaling rule " + rule, color: red}, {Text: d.ReleaseID}})
		}
		if d.Traffic {
			table.Rows = append(table.Rows, []Cell{{Text: iconBad + " traffic rule", color: red}, {Text: d.ReleaseID}})
		}
	}
	return "\n" + table.Draw(style)
}

// Recovered tells what became of what a lost release had left behind.
func Recovered(r release.WatchdogResult) string {
	lines := []string{iconGood + " nothing was left to restore"}
	if len(r.Restored) > 0 {
		lines[0] = iconGood + " scaling rules restored: " + strings.Join(r.Restored, ", ")
	}
	if r.Left != "" {
		if len(r.Restored) == 0 {
			lines = nil
		}
		lines = append(lines, iconAlarm+" "+r.Left)
	}
	for i, line := range lines {
		lines[i] = Clean(line) + "\n"
	}
	return strings.Join(lines, "")
}
