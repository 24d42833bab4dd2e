package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/release"
)

// Set is a set, and what its releases show of themselves.
type Set struct {
	release.SetProgress

	// Stalled are the releases under way that try something in vain, by their IDs.
	Stalled map[string]release.Progress `json:"stalled,omitempty"`
}

// SetTree draws one set as a block of facts above a tree of its waves with their releases
// and rollbacks, and of the decisions.
func SetTree(p Set, now time.Time, style Style) string {
	return setFacts(p.SetProgress, now, style) + "\n" + Table(append([][]Cell{Text("NAME", "KIND", "STATUS", "RELEASE", "AGE", "INFO")}, setNodes(p, now)...), style)
}

func setFacts(p release.SetProgress, now time.Time, style Style) string {
	var rows [][]Cell
	add := func(name string, value Cell) {
		if value.Text != "" {
			rows = append(rows, []Cell{{Text: name + ":"}, value})
		}
	}
	until := p.Awaiting.Text(release.UnitWave)
	if p.Awaiting != nil && !p.Awaiting.Until.IsZero() {
		until += " (" + span(p.Awaiting.Until.Sub(now)) + " left)"
	}
	add("Name", Cell{Text: p.Name})
	add("Set", Cell{Text: p.SetID})
	add("Status", phase(p.Phase))
	add("Reason", Cell{Text: p.Reason})
	add("Wave", Cell{Text: wave(p)})
	add("On failure", Cell{Text: string(p.OnFailure)})
	add("Awaiting", Cell{Text: until, color: yellow})
	add("Requested by", Cell{Text: p.RequestedBy})
	add("Note", Cell{Text: p.Note})
	add("Started", Cell{Text: stamp(p.StartedAt)})
	add("Ended", Cell{Text: stamp(p.EndedAt)})
	return Table(rows, style)
}

// setNodes are the rows of the tree of a set.
func setNodes(p Set, now time.Time) [][]Cell {
	rows := [][]Cell{{{Text: "⟳ " + p.SetID}, {Text: "ReleaseSet"}, phase(p.Phase), {}, {Text: age(p.StartedAt, p.EndedAt, now)}, {}}}
	var branches []node
	for _, w := range p.Waves {
		waits := p.Awaiting != nil && p.Awaiting.Batch == w.Number
		branch := node{row: []Cell{{Text: fmt.Sprintf("□ wave %d %s", w.Number, w.Name)}, {Text: "Wave"}, waveState(w, waits), {}, {}, {}}}
		for _, r := range w.Releases {
			branch.leaf = append(branch.leaf, p.runNode("⧉ "+r.Name, "Release", r.Run, now))
			if r.Rollback != nil {
				branch.leaf = append(branch.leaf, p.runNode("↶ "+r.Name, "Rollback", *r.Rollback, now))
			}
		}
		branches = append(branches, branch)
	}
	return append(rows, tree(append(branches, decisionNodes(p.Decisions, now, release.UnitWave)...))...)
}

// waveState is what the releases of a wave have come to.
func waveState(w release.WaveProgress, waits bool) Cell {
	begun, ended, bad := false, true, false
	for _, r := range w.Releases {
		begun = begun || !r.Run.StartedAt.IsZero()
		ended = ended && r.Run.Outcome != ""
		bad = bad || r.Run.Outcome != "" && r.Run.Outcome != release.PhaseSucceeded
	}
	switch {
	case waits:
		return Cell{Text: iconParked + " waiting", color: yellow}
	case !begun:
		return Cell{Text: iconMoving + " pending", color: faint}
	case !ended:
		return Cell{Text: iconMoving + " running", color: cyan}
	case bad:
		return Cell{Text: iconBad + " failed", color: red}
	}
	return Cell{Text: iconGood + " done", color: green}
}

func (p Set) runNode(name, kind string, r release.SetRun, now time.Time) []Cell {
	state, info := Cell{Text: iconMoving + " pending", color: faint}, r.Reason
	stalled, stalls := p.Stalled[r.ReleaseID]
	switch {
	case r.Outcome != "":
		state = phase(r.Outcome)
	case stalls:
		state, info = Cell{Text: iconAlarm + " stalled", color: red}, stallLine(stalled)
	case r.Standing != "":
		state = Cell{Text: iconMoving + " under way", color: cyan}
	case !r.StartedAt.IsZero():
		state = Cell{Text: iconMoving + " submitting", color: cyan}
	}
	return []Cell{{Text: name}, {Text: kind}, state, {Text: r.ReleaseID}, {Text: age(r.StartedAt, r.EndedAt, now)}, {Text: info}}
}

// wave tells which wave a set is at, and of how many.
func wave(p release.SetProgress) string {
	if len(p.Waves) == 0 {
		return ""
	}
	at := 0
	for _, w := range p.Waves {
		if waveBegun(w) || p.Awaiting != nil && p.Awaiting.Batch == w.Number {
			at = w.Number
		}
	}
	return fmt.Sprintf("%d of %d", at, len(p.Waves))
}

func waveBegun(w release.WaveProgress) bool {
	for _, r := range w.Releases {
		if !r.Run.StartedAt.IsZero() {
			return true
		}
	}
	return false
}

// SetLine tells in one line where a set stands, in the manner of [Line].
func SetLine(p release.SetProgress) string {
	icon, _ := phaseIcon(p.Phase)
	parts := []string{p.SetID + " " + icon + " " + string(p.Phase)}
	if at := wave(p); at != "" {
		parts = append(parts, "wave "+at)
	}
	if until := p.Awaiting.Text(release.UnitWave); until != "" {
		parts = append(parts, "awaiting "+until)
	}
	if p.Reason != "" {
		parts = append(parts, p.Reason)
	}
	return Clean(strings.Join(parts, ", "))
}

// SetDiff returns the lines that tell what changed from prev to next, in the manner of
// [Diff].
func SetDiff(prev, next Set, now time.Time) []string {
	var lines []string
	for _, d := range next.Decisions[min(len(prev.Decisions), len(next.Decisions)):] {
		lines = append(lines, Clean(next.SetID+" ◆ "+d.Text(release.UnitWave)))
	}
	known := map[string]bool{}
	for _, line := range setRuns(prev.SetProgress) {
		known[line] = true
	}
	for _, line := range slices.Concat(setRuns(next.SetProgress), setStalls(prev, next, now)) {
		if !known[line] {
			lines = append(lines, Clean(next.SetID+" ⧉ "+line))
		}
	}
	if line := SetLine(next.SetProgress); line != SetLine(prev.SetProgress) {
		lines = append(lines, line)
	}
	for i, line := range lines {
		lines[i] = stamp(now) + " " + line
	}
	return lines
}

// setStalls tells of each release of a set whose stall has begun, changed or ended.
func setStalls(prev, next Set, now time.Time) []string {
	var lines []string
	tell := func(name string, r release.SetRun) {
		is := next.Stalled[r.ReleaseID]
		is.ReleaseID, is.Phase = r.ReleaseID, cmp.Or(r.Outcome, is.Phase)
		if line := stallDiff(prev.Stalled[r.ReleaseID], is, now); line != "" {
			lines = append(lines, name+": "+line)
		}
	}
	for _, w := range next.Waves {
		for _, r := range w.Releases {
			tell(r.Name, r.Run)
			if r.Rollback != nil {
				tell("rollback of "+r.Name, *r.Rollback)
			}
		}
	}
	return lines
}

// setRuns tells of each release of a set that was submitted, or has ended.
func setRuns(p release.SetProgress) []string {
	var lines []string
	tell := func(name string, r release.SetRun) {
		switch {
		case r.Outcome != "":
			lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s: %s ended %s: %s", name, r.ReleaseID, r.Outcome, r.Reason), ": "))
		case r.Standing != "":
			lines = append(lines, fmt.Sprintf("%s: %s %s", name, r.ReleaseID, r.Standing))
		}
	}
	for _, w := range p.Waves {
		for _, r := range w.Releases {
			tell(r.Name, r.Run)
			if r.Rollback != nil {
				tell("rollback of "+r.Name, *r.Rollback)
			}
		}
	}
	return lines
}

// Sets draws a list of sets.
func Sets(rows []Row, now time.Time, style Style) string {
	table := [][]Cell{Text("ID", "NAME", "PHASE", "STARTED", "AGE")}
	for _, r := range rows {
		table = append(table, []Cell{{Text: r.ID}, {Text: r.Name}, r.state(), {Text: stamp(r.StartedAt)}, {Text: age(r.StartedAt, r.EndedAt, now)}})
	}
	return Table(table, style)
}
