package render

import (
	"fmt"
	"strings"
	"time"

	"slipway/release"
)

// Tree draws one release as a block of facts above a tree of its batches, scaling rules
// and decisions.
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
	until := awaiting(p.Awaiting)
	if p.Awaiting != nil && !p.Awaiting.Until.IsZero() {
		until += " (" + span(p.Awaiting.Until.Sub(now)) + " left)"
	}
	add("Name", Cell{Text: p.ReleaseID})
	add("App", Cell{Text: app(p.App)})
	add("Artifact", Cell{Text: artifact(p.Artifact)})
	add("Status", phase(p.Phase))
	add("Reason", Cell{Text: p.Reason})
	add("Strategy", Cell{Text: strategy(p.Strategy)})
	add("Batch", Cell{Text: batch(p)})
	add("Awaiting", Cell{Text: until, color: yellow})
	add("Change order", Cell{Text: p.ChangeOrderID})
	if p.RollbackTo != nil {
		add("Rollback to", Cell{Text: version(*p.RollbackTo)})
	}
	add("Requested by", Cell{Text: p.RequestedBy})
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

// nodes are the rows of the tree.
func nodes(p release.Progress, now time.Time) [][]Cell {
	rows := [][]Cell{{{Text: "⟳ " + p.ReleaseID}, {Text: "Release"}, phase(p.Phase), {}, {Text: age(p.StartedAt, p.EndedAt, now)}, {}}}
	var leaves [][]Cell
	for _, b := range p.Batches {
		leaves = append(leaves, batchNode(p, b, now))
	}
	for _, r := range p.ScalingRules {
		state := Cell{Text: iconParked + " suspended", color: yellow}
		switch {
		case r.Restored:
			state = Cell{Text: iconGood + " restored", color: green}
		case p.Phase.Ended():
			state = Cell{Text: iconAlarm + " not restored", color: red}
		}
		leaves = append(leaves, []Cell{{Text: "⊞ " + r.Name}, {Text: "ScalingRule"}, state, {}, {}, {}})
	}
	for _, d := range p.Decisions {
		state := Cell{Text: iconGood + " counted", color: green}
		if d.Refused != "" {
			state = Cell{Text: iconBad + " refused", color: red}
		}
		leaves = append(leaves, []Cell{{Text: "◆ " + string(d.Kind)}, {Text: "Decision"}, state, {}, {Text: age(d.At, time.Time{}, now)}, {Text: decision(d)}})
	}
	for i, leaf := range leaves {
		branch := "├──"
		if i == len(leaves)-1 {
			branch = "└──"
		}
		leaf[0].Text = branch + leaf[0].Text
	}
	return append(rows, leaves...)
}

func batchNode(p release.Progress, b release.Batch, now time.Time) []Cell {
	name := fmt.Sprintf("□ batch %d", b.Number)
	if p.Strategy.Type == release.StrategyGray && b.Number == 1 {
		name += " (gray)"
	}
	waits := p.Awaiting != nil && p.Awaiting.Batch == b.Number
	info := ""
	if waits {
		info = "awaiting " + awaiting(&release.Awaiting{Kind: p.Awaiting.Kind})
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
