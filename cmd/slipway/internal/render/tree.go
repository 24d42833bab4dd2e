package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/release"
)

// Tree draws one release as a block of facts above a tree of its batches with the gates
// after them, its scaling and traffic rules, and decisions. Where it stands, what it waits for
// and what is wrong come first.
func Tree(p release.Progress, now time.Time, style Style) string {
	return picture{
		facts: facts(p, now, style),
		columns: []Column{
			{Name: "NAME", Wraps: 20},
			{Name: "KIND", Rank: 5, Implied: true},
			{Name: "STATUS"},
			{Name: sizeColumn(p.App, p.Operation), Rank: 2},
			{Name: "TOOK", Rank: 3, Least: spanWidth},
			{Name: "INFO", Wraps: 26, Rank: 4, Below: true, Plain: true},
		},
		root: node{
			row:  []Cell{{Text: "⟳ " + p.ReleaseID}, {Text: "Release"}, phase(p.Phase), {}, {Text: age(p.StartedAt, p.EndedAt, now)}, {}},
			rank: rankCommon,
		},
		branches: append(settingNodes(p, style), nodes(p, now.In(style.zone()))...),
		all:      "slipway release get " + p.ReleaseID,
	}.draw(style)
}

// The ranks of the rows of a picture: what is wrong or under way is 0.
const (
	// rankLatest is what was decided last, what is wrong with a gate, and what is released.
	rankLatest = 10
	// rankNext is what may be done next.
	rankNext = 20
	// rankAhead are the next batches, and the more the later.
	rankAhead = 30
	// rankContext tells what else a decision depends on.
	rankContext = 100
	// rankCommon is what stands elsewhere in the picture, too.
	rankCommon = 110
	// rankDetail is what few decisions depend on.
	rankDetail = 120
	// rankPending is what comes later than the next batches, and the more the later.
	rankPending = 1000
	// rankPast is what is over, and the more the longer ago.
	rankPast = 100_000
)

// aheadCount is how many of the next batches matter more than the rest.
const aheadCount = 3

func facts(p release.Progress, now time.Time, style Style) []fact {
	now = now.In(style.zone())
	until := p.Awaiting.Text(release.UnitBatch, now.Location())
	if p.Awaiting != nil && !p.Awaiting.Until.IsZero() {
		until += " (" + release.Span(p.Awaiting.Until.Sub(now)) + " left)"
	}
	operation, rollbackTo := "", ""
	if p.Operation != release.OperationRelease {
		operation = string(p.Operation)
	}
	if p.RollbackTo != nil {
		rollbackTo = version(*p.RollbackTo)
	}
	all := []fact{{name: "Name", value: Cell{Text: p.ReleaseID}}, {name: "Status", value: status(p)}}
	all = append(all, style.Unaccepted.facts()...)
	all = append(all, stallFacts(p, now)...)
	all = append(
		all,
		fact{name: "Reason", value: Cell{Text: p.Reason}},
		fact{name: "Warning", value: Cell{Text: p.Warning, color: yellow}, rank: rankLatest},
		fact{name: "Runs now", value: Cell{Text: runs(p)}},
		fact{name: "Paused", value: Cell{Text: paused(p, now.Location()), color: yellow}},
		fact{name: "Awaiting", value: Cell{Text: until, color: yellow}},
		fact{name: "Approval", value: approval(p)},
		fact{name: "Confirmed", value: Cell{Text: p.Confirmed(), color: green}},
	)
	if !style.Embedded { // what surrounds the picture has its own way to offer them
		all = append(all, nextFacts(style.ofUse(release.Next(p)))...)
	}
	return append(
		all,
		fact{name: "App", value: Cell{Text: NamedApp(p.Name(), app(p.App))}},
		fact{name: "Alias", value: Cell{Text: p.App.Qualifier}, rank: rankContext},
		fact{name: "Function", value: Cell{Text: function(p)}, rank: rankContext},
		fact{name: "Operation", value: Cell{Text: operation}, rank: rankContext},
		fact{name: "Artifact", value: Cell{Text: brought(p)}, rank: rankLatest},
		fact{name: "Configuration", value: Cell{Text: p.Configuration()}, rank: rankLatest},
		fact{name: "Run", value: Cell{Text: jobRun(p)}, rank: rankLatest},
		fact{name: "Batch", value: Cell{Text: batch(p)}, rank: rankCommon},
		fact{name: "Strategy", value: Cell{Text: strategyOf(p)}, rank: rankDetail},
		fact{name: "Schedule", value: Cell{Text: schedule(p.Strategy.Schedule)}, rank: rankContext},
		fact{name: "Change", value: Cell{Text: p.ChangeText()}, rank: rankDetail},
		fact{name: "Rollback to", value: Cell{Text: rollbackTo}, rank: rankContext},
		fact{name: "On rollback", value: Cell{Text: onRollback(p, style)}, rank: rankDetail},
		fact{name: "Requested by", value: Cell{Text: requester(p.RequestedBy, p.Admission)}, rank: rankContext},
		fact{name: "Triggered by", value: Cell{Text: triggeredBy(p)}, rank: rankContext},
		fact{name: "Policy override", value: Cell{Text: p.Admission.PolicyOverride}, rank: rankContext},
		fact{name: "Retry of", value: Cell{Text: p.RetryOf}, rank: rankContext},
		fact{name: "Note", value: Cell{Text: p.Note}, rank: rankDetail},
		fact{name: "Accepted", value: Cell{Text: acceptedAt(p, now.Location())}, rank: rankDetail},
		fact{name: "Started", value: Cell{Text: stamp(p.StartedAt, now.Location())}, rank: rankDetail},
		fact{name: "Ended", value: Cell{Text: stamp(p.EndedAt, now.Location())}, rank: rankDetail},
	)
}

// triggeredBy is the push that the release, or what it was promoted from, follows from; empty where somebody has asked.
func triggeredBy(p release.Progress) string {
	if p.ByName == nil || p.ByName.Trigger == (release.Trigger{}) {
		return ""
	}
	return p.ByName.Trigger.Text()
}

// function is the function that a release is about, on Function Compute; a rollback is about all of them.
func function(p release.Progress) string {
	if p.Operation == release.OperationRollback {
		return ""
	}
	return p.Artifact.Part
}

// jobRun is the run of the job that the release has asked for; empty while it has not.
func jobRun(p release.Progress) string {
	j := p.Job
	if j == nil {
		return ""
	}
	text := j.ID + " " + string(j.State)
	if !j.StartedAt.IsZero() && !j.EndedAt.IsZero() {
		text += " after " + release.Span(j.EndedAt.Sub(j.StartedAt))
	}
	return strings.TrimSuffix(text+": "+j.Message, ": ")
}

// acceptedAt is when a release was accepted; empty where it began at once.
func acceptedAt(p release.Progress, zone *time.Location) string {
	if p.AcceptedAt.Equal(p.StartedAt) {
		return ""
	}
	return stamp(p.AcceptedAt, zone)
}

// status is the phase, and that the release was stopped where the phase does not say so.
func status(p release.Progress) Cell {
	c := phase(p.Phase)
	if stopping := p.Stopping(); stopping != "" {
		c.Text += ", " + stopping
	}
	return c
}

// onRollback is what a rollback of the release does besides; empty where none is offered.
func onRollback(p release.Progress, style Style) string {
	offered := slices.ContainsFunc(release.Next(p), func(s release.NextStep) bool { return s.Verb == release.NextRollback })
	if !offered || style.Embedded || p.DeniedKind() == "" {
		return ""
	}
	return "the " + p.DeniedKind() + " is denied until: slipway lane allow"
}

// strategyOf is how a release replaces instances; empty where it brings no other version.
func strategyOf(p release.Progress) string {
	if p.Strategy.Of(p.Operation) == "" {
		return ""
	}
	return strategy(p.Strategy)
}

func app(a release.App) string {
	if a == (release.App{}) {
		return ""
	}
	return a.SearchValue()
}

// NamedApp names an application by what the platform calls it, and by what commands take; the name
// may be empty.
func NamedApp(name, app string) string {
	if name == "" || app == "" {
		return cmp.Or(name, app)
	}
	return name + " (" + app + ")"
}

// runs is what the application of a release runs that has ended otherwise than well; empty where
// that is not known. Mixed versions are named with how many instances run each.
func runs(p release.Progress) string {
	switch {
	case !p.Phase.Ended() || p.Phase == release.PhaseSucceeded:
		return ""
	case p.Runs == nil:
		return p.RunsMixed
	}
	return version(*p.Runs)
}

func artifact(a release.Artifact) string {
	if a == (release.Artifact{}) {
		return ""
	}
	return a.String()
}

// brought is what a release brings; of configuration alone, what stays.
func brought(p release.Progress) string {
	if p.OnlyConfig && p.Artifact != (release.Artifact{}) {
		return artifact(p.Artifact) + " (stays)"
	}
	return artifact(p.Artifact)
}

// settingNodes are the settings that a release changes, before and after; only where there is no bound
// on how much is shown.
func settingNodes(p release.Progress, style Style) []node {
	if !style.Wide {
		return nil
	}
	var branches []node
	for _, s := range p.Settings {
		branches = append(branches, node{row: []Cell{{Text: "⚙ " + s.Name}, {Text: "Setting"}, {}, {}, {}, {Text: s.Text()}}, rank: rankDetail})
	}
	return branches
}

func version(v release.Version) string {
	if v.ID == "" {
		return artifact(v.Artifact)
	}
	return strings.TrimSuffix("version "+v.ID+", "+artifact(v.Artifact), ", ")
}

// nodes are the branches of the tree.
func nodes(p release.Progress, now time.Time) []node {
	var branches []node
	for _, b := range p.Batches {
		leaf := append(stageNodes(p.Stages, b.Number), gateNodes(p, b.Number)...)
		branches = append(branches, node{row: batchNode(p, b, now), leaf: leaf, rank: batchRank(p, b)})
	}
	if len(p.Batches) == 0 {
		branches = append(branches, stageNodes(p.Stages, 0)...)
	}
	for _, r := range p.ScalingRules {
		rank := rankContext
		switch {
		case r.Restored:
			rank = rankPast
		case p.Phase.Ended() && !r.Gone:
			rank = rankLatest
		}
		branches = append(branches, node{row: []Cell{{Text: "⊞ " + r.Name}, {Text: "ScalingRule"}, ruleState(r, p), {}, {}, {Text: r.Note}}, rank: rank})
	}
	if t := p.Traffic; t != nil {
		branches = append(branches, node{
			row:  []Cell{{Text: "⇄ traffic"}, {Text: "TrafficRule"}, trafficState(*t, p.Phase), {}, {}, {Text: trafficInfo(*t)}},
			rank: rankContext,
		})
	}
	return append(branches, decisionNodes(p.Decisions, release.UnitBatch, now.Location())...)
}

// batchRank is how little a batch matters.
func batchRank(p release.Progress, b release.Batch) int {
	if p.Awaiting != nil && p.Awaiting.Batch == b.Number {
		return 0
	}
	switch b.State {
	case release.BatchPending:
		if ahead := b.Number - p.Begun(); ahead <= aheadCount {
			return rankAhead + ahead
		}
		return rankPending + b.Number
	case release.BatchDone, release.BatchConfirmed:
		return rankPast - b.Number
	case release.BatchRunning, release.BatchFailed, release.BatchAborted:
	}
	return 0
}

// decisionNodes are what was decided about something that proceeds by a unit.
func decisionNodes(decisions []release.Decision, unit release.Unit, zone *time.Location) []node {
	var branches []node
	for i, d := range decisions {
		state := Cell{Text: iconGood + " counted", color: green}
		if d.Refused != "" {
			state = Cell{Text: iconBad + " refused", color: red}
		}
		n := node{row: []Cell{{Text: "◆ " + string(d.Kind)}, {Text: "Decision"}, state, {}, {}, {Text: d.Text(unit, zone)}}, rank: rankLatest}
		if ago := len(decisions) - 1 - i; ago > 0 {
			n.rank = rankPast + ago
		}
		branches = append(branches, n)
	}
	return branches
}

// stageNodes are the stages of the platform in a batch; in none where it is 0.
func stageNodes(stages []release.Stage, batch int) []node {
	var rows []node
	for _, s := range stages {
		if batch != 0 && s.Batch != batch {
			continue
		}
		rank := rankPast
		switch s.State {
		case release.BatchFailed, release.BatchAborted:
			rank = rankLatest
		case release.BatchRunning, release.BatchPending:
			rank = rankContext
		case release.BatchDone, release.BatchConfirmed:
		}
		rows = append(rows, node{row: []Cell{{Text: "▸ " + s.Name}, {Text: "Stage"}, batchState(s.State, false, ""), {}, {}, {Text: s.Message}}, rank: rank})
	}
	return rows
}

// gateNodes are the gates measured after a batch, in a watch after the last, and those that are being measured.
func gateNodes(p release.Progress, batch int) []node {
	var rows []node
	known := map[string]bool{}
	for _, g := range p.Gates {
		if g.Batch == batch {
			known[g.Name] = true
			n := node{row: []Cell{{Text: "α " + g.Name}, {Text: "Gate"}, verdict(g), {}, {}, {Text: g.Reason}}, rank: rankLatest}
			if g.Verdict == release.VerdictPass {
				n.rank = rankPast
			}
			rows = append(rows, n)
		}
	}
	if p.Awaiting == nil || p.Awaiting.Batch != batch {
		return rows
	}
	for _, g := range p.Measured() {
		if !known[g.Name] {
			rows = append(rows, node{row: []Cell{{Text: "α " + g.Name}, {Text: "Gate"}, {Text: iconMoving + " measuring", color: cyan}, {}, {}, {}}, rank: rankLatest})
		}
	}
	return rows
}

// approval says who must approve, and who has.
func approval(p release.Progress) Cell {
	c := Cell{Text: p.Approval.Text(), color: yellow}
	if p.Approval.Granted() || p.Phase.Ended() {
		c.color = plain
	}
	return c
}

func batchNode(p release.Progress, b release.Batch, now time.Time) []Cell {
	name := fmt.Sprintf("□ batch %d", b.Number)
	if p.Strategy.Type == release.StrategyGray && b.Number == 1 {
		name += " (gray)"
	}
	waits := p.Awaiting != nil && p.Awaiting.Batch == b.Number && p.Awaiting.Kind != release.AwaitWatch // what is watched has passed
	info := ""
	state := batchState(b.State, waits, p.Phase)
	if _, confirmed := p.ConfirmedBy(); waits && confirmed {
		state = Cell{Text: iconParked + " confirmed", color: yellow}
	}
	if waits {
		info = "awaiting " + (&release.Awaiting{Kind: p.Awaiting.Kind}).Subject(release.UnitBatch)
	}
	return []Cell{
		{Text: name},
		{Text: "Batch"},
		state,
		{Text: batchSize(b.Instances, b.Weight)},
		{Text: age(b.StartedAt, b.EndedAt, now)},
		{Text: info},
	}
}
