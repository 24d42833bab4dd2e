package render

import (
	"fmt"
	"slices"
	"strings"

	"slipway/release"
	"slipway/releases"
)

// Plan draws what a release would do: whether it would be carried out and what is in its way, what it
// changes, and its batches.
func Plan(p release.Plan, style Style) string {
	parts := []string{Facts(planFacts(p, style), style)}
	for _, table := range []Table{planBatches(p, style), planSettings(p)} {
		if len(table.Rows) > 0 {
			parts = append(parts, table.Draw(style))
		}
	}
	return strings.Join(parts, "\n")
}

// SetPlan draws what each release of a set would do, wave by wave.
func SetPlan(p releases.SetPlan, style Style) string {
	state := planState(p.Refused(), p.Waits())
	if p.Refused() {
		state.Text += ": see its releases"
	}
	parts := []string{Facts([][]Cell{{{Text: "Set:"}, {Text: p.Name}}, {{Text: "Plan:"}, state}, Text("On failure:", string(p.OnFailure))}, style)}
	for _, w := range p.Waves {
		begins := ""
		if w.Confirm == release.ConfirmManual {
			begins = ", once a person has confirmed it"
		}
		for _, r := range w.Releases {
			title := fmt.Sprintf("wave %d (%s)%s: release %s", w.Number, w.Name, begins, r.Name)
			parts = append(parts, Prose(Clean(title), style.Width)+"\n", Plan(r.Plan, style))
		}
	}
	return strings.Join(parts, "\n")
}

// planFacts begin with what is in the way of a release.
func planFacts(p release.Plan, style Style) [][]Cell {
	rows := [][]Cell{Text("App:", NamedApp(p.AppName, app(p.App))), {{Text: "Plan:"}, planState(len(p.Refusals) > 0, len(p.Waits) > 0)}}
	add := func(name string, c color, texts ...string) {
		for _, text := range texts {
			if text != "" {
				rows = append(rows, []Cell{{Text: name}, {Text: text, color: c}})
				name = ""
			}
		}
	}
	var refusals []string
	for _, r := range p.Refusals {
		refusals = append(refusals, r.String())
	}
	add("Refused:", red, refusals...)
	add("Waits for:", yellow, p.Waits...)
	add("Not known:", yellow, p.Unknown...)
	add("Operation:", plain, string(p.Operation))
	if p.Runs != nil {
		add("Runs now:", plain, version(*p.Runs))
	}
	add("", yellow, p.RunsMixed)
	if p.Brings != nil && (p.Operation == release.OperationRelease || p.Operation == release.OperationRollback) {
		add("Brings:", plain, version(*p.Brings))
	}
	add("On failure:", plain, planReturn(p.Return))
	add("Instances:", plain, planInstances(p.Instances))
	if p.Operation == release.OperationRelease || p.Operation == release.OperationRollback {
		add("Strategy:", plain, strategy(p.Strategy))
	}
	add("Scaling rules:", plain, planRules(p.ScalingRules)...)
	add("Traffic rule:", plain, planTraffic(p.Traffic))
	add("Lane:", plain, planLane(p.Lane)...)
	add("Freezes:", plain, planFreezes(p, style)...)
	return rows
}

func planState(refused, waits bool) Cell {
	switch {
	case refused:
		return Cell{Text: iconBad + " would be refused", color: red}
	case waits:
		return Cell{Text: iconParked + " would wait, and then be carried out", color: yellow}
	}
	return Cell{Text: iconGood + " would be carried out", color: green}
}

// planReturn says what becomes of a release that fails.
func planReturn(r *release.PlannedReturn) string {
	switch {
	case r == nil:
		return ""
	case !r.Kept:
		return artifact(r.Artifact) + " cannot be brought back by a rollback: the platform keeps no version of it"
	case !r.OnFailure:
		return "is left as it is; " + version(r.Version) + " can be brought back by hand"
	}
	return "returns to " + version(r.Version)
}

func planInstances(n *release.PlannedInstances) string {
	switch {
	case n == nil:
		return ""
	case n.Before == n.After:
		return fmt.Sprint(n.Before)
	}
	return fmt.Sprintf("%d, then %d", n.Before, n.After)
}

func planRules(rules []release.PlannedRule) []string {
	var lines []string
	for _, r := range rules {
		line := r.Name + " is suspended, and restored in the end"
		if r.Owed != "" {
			line = r.Name + " is off, as release " + r.Owed + " has left it, and restored in the end"
		}
		lines = append(lines, line)
	}
	return lines
}

func planTraffic(t *release.PlannedTraffic) string {
	switch {
	case t == nil:
		return ""
	case t.Kept == "":
		return "that of the release, removed in the end"
	}
	return "that of the release; the application's own rule " + t.Kept + " is put back in the end"
}

// planLane says what becomes of other releases; what the release waits for stands elsewhere.
func planLane(l release.PlannedLane) []string {
	var lines []string
	if l.Ahead > 0 {
		lines = append(lines, Count(l.Ahead, "release")+" would come before it")
	}
	if l.Preempts != "" {
		lines = append(lines, "asks release "+l.Preempts+" to give way")
	}
	if len(l.Drops) > 0 {
		lines = append(lines, "drops what waits: release "+strings.Join(l.Drops, ", "))
	}
	for _, d := range l.Debts {
		if d.Traffic {
			lines = append(lines, release.Debt{ReleaseID: d.ReleaseID, Traffic: true}.Words())
		}
	}
	return lines
}

func planFreezes(p release.Plan, style Style) []string {
	var lines []string
	for _, f := range p.Freezes {
		line := "holds now"
		if !f.From.IsZero() {
			line = "from " + style.Time(f.From)
		}
		if !f.Until.IsZero() {
			line += " until " + style.Time(f.Until)
		}
		lines = append(lines, f.Name+" "+line+": "+f.Reason)
	}
	if why := p.FreezeOverride; why != "" && len(lines) > 0 {
		lines = append(lines, "passed over, because "+why)
	}
	return lines
}

// planBatches are the batches in their order, with what happens before the next.
func planBatches(p release.Plan, style Style) Table {
	table := Table{Columns: []Column{{Name: "BATCH"}, {Name: "INSTANCES", Rank: 2}, {Name: "THEN", Wraps: 26, Rank: 3, Below: true, Plain: true}}}
	scheduled := slices.ContainsFunc(p.Batches, func(b release.PlannedBatch) bool { return !b.NotBefore.IsZero() })
	if scheduled {
		table.Columns = slices.Insert(table.Columns, 2, Column{Name: "NOT BEFORE", Rank: 1, Wraps: 11})
	}
	for _, b := range p.Batches {
		name := fmt.Sprintf("□ batch %d", b.Number)
		if p.Strategy.Type == release.StrategyGray && b.Number == 1 {
			name += " (gray)"
		}
		then := "the release ends"
		if b.Then != nil {
			then = b.Then.Text()
		}
		row := Text(name, fmt.Sprint(b.Instances), then)
		if scheduled {
			row = slices.Insert(row, 2, Cell{Text: style.Time(b.NotBefore)})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// digestWidth is the width of a digest, which stands for a value that could be private.
const digestWidth = len("sha256:") + 12

// planSettings are the settings that change.
func planSettings(p release.Plan) Table {
	table := Table{Columns: []Column{{Name: "SETTING", Wraps: 16}, {Name: "BEFORE", Wraps: digestWidth}, {Name: "AFTER", Wraps: digestWidth}}}
	for _, s := range p.Settings {
		table.Rows = append(table.Rows, Text(s.Name, s.Before, s.After))
	}
	return table
}
