package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// measurement is the measuring of several gates at once.
type measurement struct {
	gates []release.Gate
	batch int
	// answers are the measurements under way, and results their verdicts so far.
	answers []workflow.Future
	results []*release.GateResult
	// longest is how long it may take at most.
	longest time.Duration
}

// measureGates begins to measure gates after a batch: once, or over and over until a time. The
// context ends it.
func (r *run) measureGates(ctx workflow.Context, gates []release.Gate, batch int, until time.Time) *measurement {
	m := &measurement{gates: gates, batch: batch, results: make([]*release.GateResult, len(gates))}
	for _, g := range gates {
		in := release.MeasureInput{Gate: g, App: r.p.App, Batch: batch, ReleaseID: r.p.ReleaseID, ChangeID: r.p.ChangeID, Until: until}
		m.answers = append(m.answers, measure(ctx, in))
		m.longest = max(m.longest, g.Limit())
	}
	return m
}

// measure begins to measure a gate. The server retries it for every further sample, so
// that waiting costs no history. A gate that asks instances is measured where their platform is
// called: only its workers can list them, and their calls count for the platform's rate.
func measure(ctx workflow.Context, in release.MeasureInput) workflow.Future {
	options := activityOptions(in.App, priorityLook)
	options.StartToCloseTimeout, options.ScheduleToCloseTimeout = release.SampleLimit, in.Limit(workflow.Now(ctx))
	options.Summary = release.Summary(in)
	if in.Gate.AsksInstances() {
		options.TaskQueue = release.PlatformTaskQueue(in.App.Platform, in.App.Region)
	}
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), release.MeasureActivity, in)
}

// answered reports whether all gates have their verdicts, or one that counts has failed:
// a failure acts at once. Where nothing is measured nothing answers.
func (m *measurement) answered(ctx workflow.Context) bool {
	if m == nil {
		return false
	}
	all := len(m.answers) > 0
	for i, answer := range m.answers {
		if m.results[i] == nil && answer.IsReady() {
			m.results[i] = gateResult(ctx, answer)
		}
		if m.results[i] == nil {
			all = false
		}
	}
	return all || m.failed()
}

// failed reports whether a gate that counts has failed, as far as the answers were taken in.
func (m *measurement) failed() bool {
	for i, r := range m.results {
		if r != nil && r.Verdict == release.VerdictFail && !m.gates[i].DryRun {
			return true
		}
	}
	return false
}

// gateResult is the answer of a gate, or why it has none.
func gateResult(ctx workflow.Context, answer workflow.Future) *release.GateResult {
	result := &release.GateResult{}
	if err := answer.Get(ctx, result); err != nil {
		return &release.GateResult{Verdict: release.VerdictInconclusive, Reason: newFault("gates", err).text}
	}
	result.Samples = result.Samples[max(0, len(result.Samples)-release.ShownSamples):]
	return result
}

// record puts the verdicts into the progress, and returns in words which gates that count have
// failed, and which were not conclusive.
func (m *measurement) record(p *release.Progress) (bad, doubt []string) {
	for i, g := range m.gates {
		result := m.results[i]
		if result == nil {
			result = &release.GateResult{Verdict: release.VerdictInconclusive, Reason: "cut short, because another gate has failed"}
		}
		result.Name, result.Batch, result.DryRun = g.Name, m.batch, g.DryRun
		p.Gates = append(p.Gates, *result)
		if g.DryRun {
			continue
		}
		words := "gate " + g.Name + ": " + result.Reason
		switch result.Verdict {
		case release.VerdictFail:
			bad = append(bad, words)
		case release.VerdictInconclusive:
			doubt = append(doubt, words)
		case release.VerdictPass:
		}
	}
	p.Prune()
	return bad, doubt
}

// checkGates finds out before anything is changed that a gate can never be measured.
func (p preparation) checkGates(ctx workflow.Context) *fault {
	gates := p.p.Strategy.AllGates()
	if len(gates) == 0 {
		return nil
	}
	_, f := question(ctx, p, read[struct{}](p.p.App, release.CheckGatesActivity, release.CheckGatesInput{Gates: gates}))
	if f != nil {
		f.verb = "" // its text says which gate
	}
	return f
}
