package render

import (
	"cmp"
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
			title := fmt.Sprintf("wave %d (%s)%s: release %s", w.Number, w.Name, begins, memberName(r.Name, r.ByName))
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
	add("Warning:", yellow, p.Warning)
	if p.Approval != nil {
		add("Approval:", yellow, p.Approval.Planned())
	}
	add("Alias:", plain, p.App.Qualifier)
	if p.Brings != nil && p.Operation != release.OperationRollback { // which brings all functions
		add("Function:", plain, p.Brings.Artifact.Part)
	}
	add("Operation:", plain, string(p.Operation))
	if p.Runs != nil {
		add(planHas(p), plain, planned(p, *p.Runs))
	}
	add("", yellow, p.RunsMixed)
	versions := p.Operation == release.OperationRelease || p.Operation == release.OperationRollback
	if p.Brings != nil && (versions || p.Job != nil && p.Job.Brings) {
		add("Brings:", plain, planBrings(p))
		add("Registry:", plain, planRegistry(p.Brings.Artifact.Registry))
	}
	add("Run:", plain, planRun(p.Job)...)
	add("On failure:", plain, planReturn(p))
	instances := "Instances:"
	if shifts(p.App) {
		instances = "Provisioned:"
	}
	add(instances, plain, planInstances(p.Instances))
	if versions {
		add("Strategy:", plain, strategy(p.Strategy))
	}
	if p.Job != nil && !p.Job.NotBefore.IsZero() {
		add("Not before:", plain, style.Time(p.Job.NotBefore))
	}
	add("Watch:", plain, planWatch(p)...)
	add("Scaling rules:", plain, planRules(p)...)
	add("Traffic rule:", plain, planTraffic(p))
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

// planHas names what there is: a job template runs nothing between its runs.
func planHas(p release.Plan) string {
	if p.Job != nil {
		return "Has now:"
	}
	return "Runs now:"
}

// planBrings is what is to run in the end; what a release of configuration alone leaves as it is, stays.
func planBrings(p release.Plan) string {
	if p.Runs != nil && p.Runs.Artifact.Same(p.Brings.Artifact) && len(p.Settings) > 0 {
		return version(*p.Brings) + " (stays), with other settings"
	}
	return planned(p, *p.Brings)
}

// planned names a version of a plan. A rollback is about all parts of an application, so that the part is
// named whose artifact a version is known by.
func planned(p release.Plan, v release.Version) string {
	if part := v.Artifact.Part; part != "" && p.Operation == release.OperationRollback {
		return version(v) + " (" + part + ")"
	}
	return version(v)
}

// planRegistry is the enterprise registry that the image is pulled from.
func planRegistry(r *release.Registry) string {
	switch {
	case r == nil:
		return ""
	case r.Role == "":
		return "instance " + r.Instance
	}
	return "instance " + r.Instance + ", role " + r.Role
}

// planRun says whether a job is run, and with what of its own.
func planRun(j *release.PlannedJob) []string {
	switch {
	case j == nil:
		return nil
	case !j.Runs:
		return []string{"none; the template only gets its artifact"}
	}
	once := "once"
	if j.Brings {
		once += ", after the template has its artifact"
	}
	if j.Instances > 0 {
		once += ", on " + Count(j.Instances, "instance")
	}
	lines := []string{once}
	if line := j.Line(); line != "" {
		lines = append(lines, "with: "+line)
	}
	if len(j.Variables) > 0 {
		lines = append(lines, "with other variables: "+strings.Join(j.Variables, ", "))
	}
	return lines
}

// planReturn says what becomes of a release that fails.
func planReturn(p release.Plan) string {
	r := p.Return
	switch {
	case p.Job != nil:
		return planJobReturn(*p.Job, r)
	case r == nil:
		return ""
	case !r.Kept:
		return artifact(r.Artifact) + " cannot be brought back by a rollback: the platform keeps no version of it"
	case !r.OnFailure:
		return "is left as it is; " + planned(p, r.Version) + " can be brought back by hand"
	}
	return "returns to " + planned(p, r.Version)
}

// planJobReturn says what a job template has after a run, or the change before it, has failed.
func planJobReturn(j release.PlannedJob, r *release.PlannedReturn) string {
	switch {
	case r == nil && j.Runs:
		return "the template stays as it is"
	case r == nil:
		return ""
	case !r.Kept:
		return "the template keeps what it has then: what it had before is not known"
	case r.OnFailure:
		return "the template gets " + artifact(r.Artifact) + " back"
	case j.Runs:
		return "the template keeps the new artifact; " + artifact(r.Artifact) + " can be brought back by hand"
	}
	return "the template is left as it is; " + artifact(r.Artifact) + " can be brought back by hand"
}

// planWatch says how the new version is watched, and what ends that.
func planWatch(p release.Plan) []string {
	if p.Watch == nil {
		return nil
	}
	first := "for " + p.Watch.For.String() + " after the last batch"
	rule := p.Traffic != nil && !p.Traffic.Within
	switch {
	case len(p.ScalingRules) > 0 && rule:
		first += ", with the scaling rules and the traffic rule back"
	case len(p.ScalingRules) > 0:
		first += ", with the scaling rules back"
	case rule:
		first += ", with the traffic rule back"
	}
	lines := []string{first}
	if len(p.Watch.Gates) == 0 {
		lines = append(lines, "no gates: whoever finds it bad aborts it, which rolls back")
	} else {
		lines = append(lines, "gates "+strings.Join(p.Watch.Gates, ", ")+": one that fails "+planWatchFailed(p.Return),
			"gates that are not conclusive: "+p.Watch.Doubt())
	}
	return append(lines, "the next release of the application ends it, and this one has succeeded")
}

// planWatchFailed says what a gate that fails in a watch does.
func planWatchFailed(r *release.PlannedReturn) string {
	switch {
	case r == nil:
		return "rolls back"
	case !r.OnFailure:
		return "fails the release, and the new version runs on"
	case !r.Kept:
		return "needs a person, and the new version runs on"
	}
	return "rolls back"
}

// planEnd says when what a release has suspended is put back.
func planEnd(p release.Plan) string {
	if p.Watch != nil {
		return "before the watch"
	}
	return "in the end"
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

func planRules(p release.Plan) []string {
	var lines []string
	for _, r := range p.ScalingRules {
		off := " is suspended"
		if r.Owed != "" {
			off = " is off, as release " + r.Owed + " has left it"
		}
		lines = append(lines, r.Name+off+", and restored "+planEnd(p))
	}
	return lines
}

func planTraffic(p release.Plan) string {
	switch t := p.Traffic; {
	case t == nil:
		return ""
	case t.Within:
		return "that of the release, a part of the change, with which it ends"
	case t.Kept == "":
		return "that of the release, removed " + planEnd(p)
	default:
		return "that of the release; the application's own rule " + t.Kept + " is put back " + planEnd(p)
	}
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
	if l.EndsWatch != "" {
		lines = append(lines, "ends the watch of release "+l.EndsWatch+", once that has its last batch behind it")
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
	size := sizeColumn(p.App, p.Operation)
	table := Table{Columns: []Column{{Name: "BATCH"}, {Name: size, Rank: 2}, {Name: "THEN", Wraps: 26, Rank: 3, Below: true, Plain: true}}}
	scheduled := slices.ContainsFunc(p.Batches, func(b release.PlannedBatch) bool { return !b.NotBefore.IsZero() })
	if scheduled {
		table.Columns = slices.Insert(table.Columns, 2, Column{Name: "NOT BEFORE", Rank: 1, Wraps: 11})
	}
	for _, b := range p.Batches {
		name := fmt.Sprintf("□ batch %d", b.Number)
		if p.Strategy.Type == release.StrategyGray && b.Number == 1 {
			name += " (gray)"
		}
		then := planThen(p, b)
		row := Text(name, batchSize(b.Instances, b.Weight), then)
		if scheduled {
			row = slices.Insert(row, 2, Cell{Text: style.Time(b.NotBefore)})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// planThen says what happens after a batch.
func planThen(p release.Plan, b release.PlannedBatch) string {
	switch {
	case b.Then != nil:
		return b.Then.Text()
	case p.Watch != nil:
		return "is watched for " + p.Watch.For.String() + "; then the release ends"
	}
	return "the release ends"
}

// digestWidth is the width of a digest, which stands for a value that could be private.
const digestWidth = len("sha256:") + 12

// notSet stands for the value that a setting has not.
const notSet = "-"

// planSettings are the settings that change.
func planSettings(p release.Plan) Table {
	table := Table{Columns: []Column{{Name: "SETTING", Wraps: 16}, {Name: "BEFORE", Wraps: digestWidth}, {Name: "AFTER", Wraps: digestWidth}}}
	for _, s := range p.Settings {
		table.Rows = append(table.Rows, Text(s.Name, cmp.Or(s.Before, notSet), cmp.Or(s.After, notSet)))
	}
	return table
}
