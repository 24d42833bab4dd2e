package stats

import (
	"cmp"
	"slices"
	"time"

	"slipway/ledger"
	"slipway/release"
)

// Figures are those of one application, or of several together. A time is in seconds.
type Figures struct {
	// Application is its name; empty for several together.
	Application string `json:"application,omitempty"`
	// Environment is the last one, whose figures these are, and App what it is on its platform.
	Environment string      `json:"environment,omitempty"`
	App         release.App `json:"app,omitzero"`
	// Deployments are the releases that have brought an artifact to the environment and Succeeded.
	Deployments Deployments `json:"deployments"`
	// LeadTime is from the publication of an artifact until it had Succeeded in the environment; that of
	// artifacts of which nobody told when they were published is from the request for their first release.
	LeadTime            Times `json:"leadTime"`
	LeadTimeFromRequest Times `json:"leadTimeFromRequest"`
	// LeadTimeUnknown counts the deployments whose first release the ledger does not have.
	LeadTimeUnknown int `json:"leadTimeUnknown"`
	// ChangeFailureRate is of the releases that had begun to change the environment.
	ChangeFailureRate Rate `json:"changeFailureRate"`
	// TimeToRestore is from the end of a failed release until the next Succeeded. WentBack counts the failed ones
	// that had returned to the version before when they ended, and NotRestored those after which none has Succeeded
	// yet; neither is in TimeToRestore.
	TimeToRestore Times `json:"timeToRestore"`
	WentBack      int   `json:"wentBack"`
	NotRestored   int   `json:"notRestored"`
	// Environments are the deployments in each one, in the order of promotion; none of several applications together.
	Environments []EnvironmentFigures `json:"environments,omitempty"`
}

// EnvironmentFigures are those that every environment has.
type EnvironmentFigures struct {
	Environment string      `json:"environment,omitempty"`
	App         release.App `json:"app"`
	Deployments Deployments `json:"deployments"`
}

// Deployments are how many, and how many a day.
type Deployments struct {
	Count  int     `json:"count"`
	PerDay float64 `json:"perDay"`
}

// Times sums times up: each of the figures is one of them, or 0 where there is none.
type Times struct {
	Count         int     `json:"count"`
	MedianSeconds float64 `json:"medianSeconds"`
	P90Seconds    float64 `json:"p90Seconds"`
}

// Rate is how many of the changes have failed; the ratio is 0 where there is none.
type Rate struct {
	Changes int     `json:"changes"`
	Failed  int     `json:"failed"`
	Ratio   float64 `json:"ratio"`
}

// tally is what is counted before it is summed up, of one application or of several.
type tally struct {
	deployments, changes, failed   int
	fromPublication, fromRequest   []time.Duration
	unknown, wentBack, notRestored int
	restored                       []time.Duration
}

func (t *tally) add(o tally) {
	t.deployments, t.changes, t.failed = t.deployments+o.deployments, t.changes+o.changes, t.failed+o.failed
	t.unknown, t.wentBack, t.notRestored = t.unknown+o.unknown, t.wentBack+o.wentBack, t.notRestored+o.notRestored
	t.fromPublication, t.fromRequest = append(t.fromPublication, o.fromPublication...), append(t.fromRequest, o.fromRequest...)
	t.restored = append(t.restored, o.restored...)
}

func (t *tally) figures(w Window) Figures {
	f := Figures{
		Deployments: deployments(t.deployments, w), LeadTime: times(t.fromPublication), LeadTimeFromRequest: times(t.fromRequest), LeadTimeUnknown: t.unknown,
		ChangeFailureRate: Rate{Changes: t.changes, Failed: t.failed}, TimeToRestore: times(t.restored), WentBack: t.wentBack, NotRestored: t.notRestored,
	}
	if t.changes > 0 {
		f.ChangeFailureRate.Ratio = float64(t.failed) / float64(t.changes)
	}
	return f
}

func deployments(n int, w Window) Deployments {
	return Deployments{Count: n, PerDay: float64(n) / w.days()}
}

// times are the median and the 90th percentile by the nearest rank: times that have occurred.
func times(all []time.Duration) Times {
	if len(all) == 0 {
		return Times{}
	}
	all = slices.Sorted(slices.Values(all))
	rank := func(percent int) float64 { return all[(len(all)*percent+99)/100-1].Seconds() }
	return Times{Count: len(all), MedianSeconds: rank(50), P90Seconds: rank(90)}
}

// history are records, as figures are computed by them.
type history struct {
	// ended are those that have an outcome, by the environments that they are of, in the order of their ends.
	ended map[release.App][]ledger.Record
	from  origins
}

func historyOf(records []ledger.Record) history {
	h := history{ended: map[release.App][]ledger.Record{}, from: origins{}}
	for _, r := range records {
		h.from[r.ReleaseID] = r
		if r.Ended() {
			app := r.App.WithDefaults()
			h.ended[app] = append(h.ended[app], r)
		}
	}
	for _, of := range h.ended {
		slices.SortFunc(of, func(a, b ledger.Record) int {
			return cmp.Or(a.EndedAt.Compare(b.EndedAt), cmp.Compare(a.ReleaseID, b.ReleaseID))
		})
	}
	return h
}

// of computes the figures of an application, and what they sum up.
func (h history) of(a Application, w Window) (Figures, tally) {
	var t tally
	var last []ledger.Record
	var environments []EnvironmentFigures
	for _, e := range a.Environments {
		last, t.deployments = h.ended[e.App.WithDefaults()], 0
		for _, r := range last {
			if deployed(r) && w.has(r.EndedAt) {
				t.deployments++
			}
		}
		environments = append(environments, EnvironmentFigures{Environment: e.Name, App: e.App, Deployments: deployments(t.deployments, w)})
	}
	t.lead(last, h.from, w)
	t.failures(last, w)
	f := t.figures(w)
	f.Application, f.Environments = a.Name, environments
	if n := len(environments); n > 0 {
		f.Environment, f.App = environments[n-1].Environment, environments[n-1].App
	}
	return f, t
}

// lead counts the lead times of the deployments of an environment. What goes back to the same first release counts
// once, when it Succeeded first.
func (t *tally) lead(ended []ledger.Record, from origins, w Window) {
	seen := map[string]bool{}
	for _, r := range ended {
		if !deployed(r) {
			continue
		}
		first, known := from.of(r)
		if !known {
			if w.has(r.EndedAt) {
				t.unknown++
			}
			continue
		}
		again := seen[first.ReleaseID]
		seen[first.ReleaseID] = true
		if again || !w.has(r.EndedAt) {
			continue
		}
		if at, told := published(first); told {
			t.fromPublication = append(t.fromPublication, since(at, r))
		} else {
			t.fromRequest = append(t.fromRequest, since(first.Asked(), r))
		}
	}
}

// since is the time until a release ended; not negative, as the clocks of NATS and of Temporal may differ.
func since(at time.Time, r ledger.Record) time.Duration { return max(0, r.EndedAt.Sub(at)) }

// failures counts the changes of an environment that have failed, and how long it took to restore it.
func (t *tally) failures(ended []ledger.Record, w Window) {
	left := undone(ended)
	var restored time.Time // when the next good one has ended
	for _, r := range slices.Backward(ended) {
		if changed(r) && w.has(r.EndedAt) {
			t.changes++
			if r.Outcome != release.PhaseSucceeded || left[r.ReleaseID] {
				t.fail(r, restored)
			}
		}
		if good(r) {
			restored = r.EndedAt
		}
	}
}

// fail counts a change that has failed, and what came of it; restored is zero where nothing has Succeeded since.
func (t *tally) fail(r ledger.Record, restored time.Time) {
	t.failed++
	switch {
	case r.Outcome == release.PhaseRolledBack || r.Outcome == release.PhaseAborted:
		t.wentBack++
	case restored.IsZero():
		t.notRestored++
	default:
		t.restored = append(t.restored, restored.Sub(r.EndedAt))
	}
}
