package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/release"
	"slipway/releases"
)

// Set is a set, and what its releases show of themselves.
type Set = releases.ShownSet

// SetTree draws one set as a block of facts above a tree of its waves with their releases
// and rollbacks, and of the decisions. Where it stands and what is wrong come first.
func SetTree(p Set, now time.Time, style Style) string {
	return picture{
		facts: setFacts(p, now.In(style.zone()), style),
		columns: []Column{
			{Name: "NAME", Wraps: 20},
			{Name: "KIND", Rank: 4, Implied: true},
			{Name: "STATUS"},
			{Name: "RELEASE", Rank: 1, Below: true},
			{Name: "TOOK", Rank: 2, Least: spanWidth},
			{Name: "INFO", Wraps: 26, Rank: 3, Below: true, Plain: true},
		},
		root: node{
			row:  []Cell{{Text: "⟳ " + cmp.Or(p.Name, p.SetID)}, {Text: "ReleaseSet"}, phase(p.Phase), {}, {Text: age(p.StartedAt, p.EndedAt, now)}, {}},
			rank: rankCommon,
		},
		branches: setNodes(p, now.In(style.zone())),
		all:      "slipway set get " + p.SetID,
	}.draw(style)
}

func setFacts(p Set, now time.Time, style Style) []fact {
	until := p.Awaiting.Text(release.UnitWave, now.Location())
	if p.Awaiting != nil && !p.Awaiting.Until.IsZero() {
		until += " (" + release.Span(p.Awaiting.Until.Sub(now)) + " left)"
	}
	all := []fact{
		{name: "Name", value: Cell{Text: p.Name}},
		{name: "Set", value: Cell{Text: p.SetID}},
		{name: "Status", value: phase(p.Phase)},
		{name: "Reason", value: Cell{Text: p.Reason}},
		{name: "Careful", value: Cell{Text: p.Undoes, color: red}},
		{name: "Awaiting", value: Cell{Text: until, color: yellow}},
	}
	all = append(all, style.Unaccepted.facts()...)
	waits, steps := memberNeeds(p, now.Location())
	steps = append(steps, release.NextOfSet(p.SetProgress)...)
	return append(append(append(all, waits...), nextFacts(style.ofUse(steps))...), []fact{
		{name: "Wave", value: Cell{Text: wave(p.SetProgress)}, rank: rankCommon},
		{name: "On failure", value: Cell{Text: string(p.OnFailure)}, rank: rankContext},
		{name: "Requested by", value: Cell{Text: requester(p.RequestedBy, p.Admission)}, rank: rankContext},
		{name: "Policy override", value: Cell{Text: p.Admission.PolicyOverride}, rank: rankContext},
		{name: "Note", value: Cell{Text: p.Note}, rank: rankDetail},
		{name: "Started", value: Cell{Text: stamp(p.StartedAt, now.Location())}, rank: rankDetail},
		{name: "Ended", value: Cell{Text: stamp(p.EndedAt, now.Location())}, rank: rankDetail},
	}...)
}

// memberNeeds are the releases of a set that wait for a person or stand still, and what that person
// may do. A set that goes back waits for nothing but them, whatever they wait for.
func memberNeeds(p Set, zone *time.Location) (waits []fact, steps []release.NextStep) {
	eachRun(p.SetProgress, func(name string, r release.SetRun) {
		is, answers := p.UnderWay[r.ReleaseID]
		text := memberWaits(is, zone)
		if is.Stalled != nil {
			text = strings.TrimPrefix(text+"; "+stall(is, zone), "; ")
		}
		before := len(steps)
		for _, s := range release.Next(is) {
			if s.Needed && s.Verb != release.NextHelp || s.Verb == release.NextShowLane && p.Phase == release.PhaseRollingBack {
				steps = append(steps, s) // what helps stands with the stall
			}
		}
		if len(steps) == before && is.Stalled != nil {
			steps = append(steps, release.ShowRelease(r.ReleaseID, "shows what it stands still at, and what helps"))
		}
		if len(steps) > before || answers && p.Phase == release.PhaseRollingBack && text != "" {
			waits = append(waits, fact{name: "Awaiting", value: Cell{Text: name + ": " + text, color: yellow}})
		}
	})
	return waits, steps
}

// kindRelease is the kind of a row that is a release of a set, and no rollback.
const kindRelease = "Release"

// setNodes are the branches of the tree of a set.
func setNodes(p Set, now time.Time) []node {
	var branches []node
	for _, w := range p.Waves {
		waits := p.Awaiting != nil && p.Awaiting.Batch == w.Number
		branch := node{row: []Cell{{Text: fmt.Sprintf("□ wave %d %s", w.Number, w.Name)}, {Text: "Wave"}, waveState(p, w, waits), {}, {}, {}}}
		if !waits {
			branch.rank = waveRank(w)
		}
		for _, r := range w.Releases {
			branch.leaf = append(branch.leaf, node{row: append([]Cell{{Text: "⧉ " + memberName(r.Name, r.ByName)}}, runCells(p, kindRelease, r.Run, now)...), rank: branch.rank})
			if r.Rollback != nil {
				branch.leaf = append(branch.leaf, node{row: append([]Cell{{Text: "↶ " + memberName(r.Name, r.ByName)}}, runCells(p, "Rollback", *r.Rollback, now)...), rank: branch.rank})
			}
		}
		branches = append(branches, branch)
	}
	return append(branches, decisionNodes(p.Decisions, release.UnitWave, now.Location())...)
}

// memberName is what a set calls a release of it, and by which name its application was asked for.
func memberName(name string, of *release.ByName) string {
	if of == nil {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, of)
}

// waveRank is how little a wave matters that does not wait.
func waveRank(w release.WaveProgress) int {
	begun, ended, bad := waveSums(w)
	back := slices.ContainsFunc(w.Releases, func(r release.SetStanding) bool { return r.Rollback != nil && r.Rollback.Outcome == "" })
	switch {
	case !begun:
		return rankPending + w.Number
	case ended && !bad && !back:
		return rankPast - w.Number
	}
	return 0
}

// waveSums tells whether a release of a wave has begun, all have ended, and one has ended badly.
func waveSums(w release.WaveProgress) (begun, ended, bad bool) {
	ended = true
	for _, r := range w.Releases {
		begun = begun || !r.Run.StartedAt.IsZero()
		ended = ended && r.Run.Outcome != ""
		bad = bad || r.Run.Outcome != "" && r.Run.Outcome != release.PhaseSucceeded
	}
	return begun, ended, bad
}

// waveState is what the releases of a wave have come to.
func waveState(p Set, w release.WaveProgress, waits bool) Cell {
	begun, ended, bad := waveSums(w)
	switch {
	case waits:
		return Cell{Text: iconParked + " waiting", color: yellow}
	case !begun:
		return idle(p, p.Phase == release.PhaseRollingBack)
	case !ended:
		return Cell{Text: iconMoving + " running", color: cyan}
	case bad:
		return Cell{Text: iconBad + " failed", color: red}
	}
	return Cell{Text: iconGood + " done", color: green}
}

// idle is the state of what has not begun, and does not begin any more once the set has ended, or
// never.
func idle(p Set, never bool) Cell {
	text := "pending"
	if never || p.Phase.Ended() {
		text = "not begun"
	}
	return Cell{Text: iconMoving + " " + text, color: faint}
}

// runCells are the cells of one release of a set after its name.
func runCells(p Set, kind string, r release.SetRun, now time.Time) []Cell {
	state, info := idle(p, kind == kindRelease && p.Phase == release.PhaseRollingBack), r.Reason
	id := r.ReleaseID
	is, answers := p.UnderWay[r.ReleaseID]
	switch {
	case r.Outcome != "":
		state = phase(r.Outcome)
	case is.Stalled != nil:
		state, info = Cell{Text: iconAlarm + " stalled", color: red}, stallLine(is, now.Location())
	case answers:
		state = phase(is.Phase)
		if is.Awaiting != nil {
			awaiting := *is.Awaiting
			awaiting.Until = time.Time{} // the facts tell it
			is.Awaiting = &awaiting
		}
		if waits := memberWaits(is, now.Location()); waits != "" {
			info = "awaiting " + waits
		}
	case r.Standing != "":
		state = Cell{Text: iconMoving + " under way", color: cyan}
	case !r.StartedAt.IsZero():
		state = Cell{Text: iconMoving + " submitting", color: cyan}
	case p.Phase.Ended():
		id = "" // there is no such release, and never will be
	}
	return []Cell{{Text: kind}, state, {Text: id}, {Text: age(r.StartedAt, r.EndedAt, now)}, {Text: info}}
}

// memberWaits is what a release of a set waits for; empty where it waits for nothing.
func memberWaits(p release.Progress, zone *time.Location) string {
	waits := p.Awaiting.Text(release.UnitBatch, zone)
	if p.Paused {
		waits = strings.TrimPrefix(waits+"; paused "+paused(p, zone), "; ")
	}
	return waits
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
func SetLine(p release.SetProgress, zone *time.Location) string {
	icon := PhaseIcon(p.Phase)
	parts := []string{p.SetID + " " + icon + " " + string(p.Phase)}
	if at := wave(p); at != "" {
		parts = append(parts, "wave "+at)
	}
	if until := p.Awaiting.Text(release.UnitWave, zone); until != "" {
		parts = append(parts, "awaiting "+until)
	}
	if p.Reason != "" {
		parts = append(parts, p.Reason)
	}
	return local(strings.Join(parts, ", "), zone)
}

// SetDiff returns the lines that tell what changed from prev to next, in the manner of
// [Diff].
func SetDiff(prev, next Set, now time.Time) []string {
	var lines []string
	for _, d := range next.Decisions[min(len(prev.Decisions), len(next.Decisions)):] {
		lines = append(lines, next.SetID+" ◆ "+d.Text(release.UnitWave, now.Location()))
	}
	known := map[string]bool{}
	for _, line := range setRuns(prev.SetProgress) {
		known[line] = true
	}
	for _, line := range setWaits(prev, now) {
		known[line] = true
	}
	for _, line := range slices.Concat(setRuns(next.SetProgress), setWaits(next, now), setStalls(prev, next, now)) {
		if !known[line] {
			lines = append(lines, next.SetID+" ⧉ "+line)
		}
	}
	if next.Undoes != "" && next.Undoes != prev.Undoes {
		lines = append(lines, next.SetID+" "+iconAlarm+" "+next.Undoes)
	}
	if line := SetLine(next.SetProgress, now.Location()); line != SetLine(prev.SetProgress, now.Location()) {
		lines = append(lines, line)
	}
	return stamped(lines, now)
}

// setStalls are the lines about the releases of a set whose stall has begun, changed or ended.
func setStalls(prev, next Set, now time.Time) []string {
	var lines []string
	add := func(name string, r release.SetRun) {
		is := next.UnderWay[r.ReleaseID]
		is.ReleaseID, is.Phase = r.ReleaseID, cmp.Or(r.Outcome, is.Phase)
		if line := stallDiff(prev.UnderWay[r.ReleaseID], is, now); line != "" {
			lines = append(lines, name+": "+line)
		}
	}
	eachRun(next.SetProgress, add)
	return lines
}

// setWaits are the lines about the releases of a set that wait, with what they wait for.
func setWaits(p Set, now time.Time) []string {
	var lines []string
	eachRun(p.SetProgress, func(name string, r release.SetRun) {
		is := p.UnderWay[r.ReleaseID]
		if waits := memberWaits(is, now.Location()); waits != "" && r.Outcome == "" {
			lines = append(lines, fmt.Sprintf("%s: %s %s %s, awaiting %s", name, r.ReleaseID, PhaseIcon(is.Phase), is.Phase, waits))
		}
	})
	return lines
}

// eachRun visits each release of a set, and the rollbacks of those that have one.
func eachRun(p release.SetProgress, visit func(name string, r release.SetRun)) {
	for _, w := range p.Waves {
		for _, r := range w.Releases {
			visit(r.Name, r.Run)
			if r.Rollback != nil {
				visit("rollback of "+r.Name, *r.Rollback)
			}
		}
	}
}

// setRuns are the lines about the releases of a set that were submitted, or have ended.
func setRuns(p release.SetProgress) []string {
	var lines []string
	add := func(name string, r release.SetRun) {
		switch {
		case r.Outcome != "":
			lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s: %s ended %s: %s", name, r.ReleaseID, r.Outcome, r.Reason), ": "))
		case r.Standing != "":
			lines = append(lines, fmt.Sprintf("%s: %s %s", name, r.ReleaseID, r.Standing))
		}
	}
	eachRun(p, add)
	return lines
}

// Sets draws a list of sets.
func Sets(rows []Row, now time.Time, style Style) string {
	table := Table{Columns: []Column{
		{Name: "ID"}, {Name: "PHASE"}, {Name: "NAME", Wraps: 20}, {Name: "CREATED", Rank: 2}, {Name: "AGE", Rank: 1, Least: spanWidth}, {Name: "REQUESTED BY", Wide: true},
	}}
	for _, r := range rows {
		table.Rows = append(table.Rows, []Cell{
			{Text: r.ID}, r.state(), {Text: r.Name}, {Text: stamp(r.CreatedAt, style.zone())}, {Text: age(r.CreatedAt, time.Time{}, now)}, {Text: r.RequestedBy},
		})
	}
	return table.drawn(style)
}
