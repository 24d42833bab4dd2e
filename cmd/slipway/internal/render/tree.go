package render

import (
	"fmt"
	"strings"
	"time"

	"slipway/release"
)

// Tree draws one release as a block of facts above a tree of its batches with the gates
// after them, its scaling and traffic rules, and decisions.
func Tree(p release.Progress, now time.Time, style Style) string {
	return facts(p, now, style) + "\n" + Table(append([][]Cell{Text("NAME", "KIND", "STATUS", "INSTANCES", "AGE", "INFO")}, nodes(p, now)...), style)
}

func facts(p release.Progress, now time.Time, style Style) string {
	var rows [][]Cell
	add := func(name string, value Cell) {
		if value.Text != "" {
			rows = append(rows, []Cell{{Text: name + ":"}, value})
		}
	}
	until := p.Awaiting.Text(release.UnitBatch)
	if p.Awaiting != nil && !p.Awaiting.Until.IsZero() {
		until += " (" + span(p.Awaiting.Until.Sub(now)) + " left)"
	}
	add("Name", Cell{Text: p.ReleaseID})
	add("App", Cell{Text: app(p.App)})
	if p.Operation != release.OperationRelease {
		add("Operation", Cell{Text: string(p.Operation)})
	}
	add("Artifact", Cell{Text: artifact(p.Artifact)})
	add("Status", phase(p.Phase))
	rows = append(rows, stallFacts(p, now)...)
	add("Reason", Cell{Text: p.Reason})
	add("Paused", Cell{Text: paused(p), color: yellow})
	add("Strategy", Cell{Text: strategy(p.Strategy)})
	add("Schedule", Cell{Text: schedule(p.Strategy.Schedule)})
	add("Batch", Cell{Text: batch(p)})
	add("Awaiting", Cell{Text: until, color: yellow})
	add("Change", Cell{Text: p.ChangeID})
	if p.RollbackTo != nil {
		add("Rollback to", Cell{Text: version(*p.RollbackTo)})
	}
	add("Requested by", Cell{Text: p.RequestedBy})
	add("Retry of", Cell{Text: p.RetryOf})
	add("Note", Cell{Text: p.Note})
	add("Started", Cell{Text: stamp(p.StartedAt)})
	add("Ended", Cell{Text: stamp(p.EndedAt)})
	return Table(rows, style)
}

func app(a release.App) string {
	if a == (release.App{}) {
		return ""
	}
	return a.SearchValue()
}

func artifact(a release.Artifact) string {
	if a == (release.Artifact{}) {
		return ""
	}
	return a.String()
}

func version(v release.Version) string {
	if v.ID == "" {
		return artifact(v.Artifact)
	}
	return strings.TrimSuffix("version "+v.ID+", "+artifact(v.Artifact), ", ")
}

// node is a row of the tree with the rows below it.
type node struct {
	row  []Cell
	leaf [][]Cell
}

// nodes are the rows of the tree.
func nodes(p release.Progress, now time.Time) [][]Cell {
	rows := [][]Cell{{{Text: "⟳ " + p.ReleaseID}, {Text: "Release"}, phase(p.Phase), {}, {Text: age(p.StartedAt, p.EndedAt, now)}, {}}}
	var branches []node
	for _, b := range p.Batches {
		branches = append(branches, node{row: batchNode(p, b, now), leaf: gateNodes(p, b.Number)})
	}
	for _, r := range p.ScalingRules {
		branches = append(branches, node{row: []Cell{{Text: "⊞ " + r.Name}, {Text: "ScalingRule"}, ruleState(r, p), {}, {}, {Text: r.Note}}})
	}
	if t := p.Traffic; t != nil {
		branches = append(branches, node{row: []Cell{{Text: "⇄ traffic"}, {Text: "TrafficRule"}, trafficState(*t, p.Phase), {}, {}, {Text: trafficInfo(*t)}}})
	}
	return append(rows, tree(append(branches, decisionNodes(p.Decisions, now, release.UnitBatch)...))...)
}

// decisionNodes are what was decided about something that proceeds by a unit.
func decisionNodes(decisions []release.Decision, now time.Time, unit release.Unit) []node {
	var branches []node
	for _, d := range decisions {
		state := Cell{Text: iconGood + " counted", color: green}
		if d.Refused != "" {
			state = Cell{Text: iconBad + " refused", color: red}
		}
		branches = append(branches, node{row: []Cell{{Text: "◆ " + string(d.Kind)}, {Text: "Decision"}, state, {}, {Text: age(d.At, time.Time{}, now)}, {Text: d.Text(unit)}}})
	}
	return branches
}

// tree hangs the branches and their leaves below each other.
func tree(branches []node) [][]Cell {
	var rows [][]Cell
	for i, branch := range branches {
		last := i == len(branches)-1
		stem := "│  "
		if last {
			stem = "   "
		}
		rows = append(rows, hang("", branch.row, last))
		for j, leaf := range branch.leaf {
			rows = append(rows, hang(stem, leaf, j == len(branch.leaf)-1))
		}
	}
	return rows
}

// hang puts a row into the tree.
func hang(stem string, row []Cell, last bool) []Cell {
	branch := "├──"
	if last {
		branch = "└──"
	}
	row[0].Text = stem + branch + row[0].Text
	return row
}

// gateNodes are the gates measured after a batch, and those that are being measured.
func gateNodes(p release.Progress, batch int) [][]Cell {
	var rows [][]Cell
	known := map[string]bool{}
	for _, g := range p.Gates {
		if g.Batch == batch {
			known[g.Name] = true
			rows = append(rows, []Cell{{Text: "α " + g.Name}, {Text: "Gate"}, verdict(g), {}, {}, {Text: g.Reason}})
		}
	}
	if p.Awaiting == nil || p.Awaiting.Kind != release.AwaitGates || p.Awaiting.Batch != batch {
		return rows
	}
	for _, g := range p.Strategy.Gates {
		if !known[g.Name] {
			rows = append(rows, []Cell{{Text: "α " + g.Name}, {Text: "Gate"}, {Text: iconMoving + " measuring", color: cyan}, {}, {}, {}})
		}
	}
	return rows
}

func batchNode(p release.Progress, b release.Batch, now time.Time) []Cell {
	name := fmt.Sprintf("□ batch %d", b.Number)
	if p.Strategy.Type == release.StrategyGray && b.Number == 1 {
		name += " (gray)"
	}
	waits := p.Awaiting != nil && p.Awaiting.Batch == b.Number
	info := ""
	if waits {
		info = "awaiting " + (&release.Awaiting{Kind: p.Awaiting.Kind}).Text(release.UnitBatch)
	}
	return []Cell{
		{Text: name},
		{Text: "Batch"},
		batchState(b.State, waits),
		{Text: fmt.Sprint(b.Instances)},
		{Text: age(b.StartedAt, b.EndedAt, now)},
		{Text: info},
	}
}
