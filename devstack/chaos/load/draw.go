package load

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"slipway/devstack/scenario"
	"slipway/release"
)

// Draw draws a plan: the same seed and size draw the same plan.
func Draw(seed uint64, size Size) Plan {
	d := dice{rand.New(rand.NewPCG(seed, 0))}
	p := Plan{Seed: seed, Applications: applications(seed, size)}
	for i := range size.Releases {
		p.Requests = append(p.Requests, d.request(i, size, p))
	}
	slices.SortStableFunc(p.Requests, func(a, b Request) int { return cmp.Compare(a.At, b.At) })
	for i := range size.Releases / releasesASet {
		p.Sets = append(p.Sets, d.set(i, size, p))
	}
	for i := range max(len(FaultyKinds()), size.Releases/releasesAFault) {
		p.Faulty = append(p.Faulty, d.faulty(i, p))
	}
	for i := range size.Releases / releasesAnAct {
		p.Acts = append(p.Acts, d.act(i, size, p))
	}
	slices.SortStableFunc(p.Sets, func(a, b Set) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(p.Faulty, func(a, b Faulty) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(p.Acts, func(a, b Act) int { return cmp.Compare(a.At, b.At) })
	return p
}

// How many releases there are for each set, each faulty message and each act.
const (
	releasesASet   = 12
	releasesAFault = 5
	releasesAnAct  = 4
)

// applications has all platforms by turns, so that a small run has them all. The applications of SAE are one by one one with a traffic rule of
// its own, a job template, and two that a document has as its environments.
func applications(seed uint64, size Size) (all []Application) {
	platforms := []release.Platform{release.PlatformSAE, release.PlatformFC, release.PlatformServiceStage}
	const route, job, first, second, round = 0, 1, 2, 3, 4
	for i := range size.Applications {
		a := Application{Name: fmt.Sprintf("chaos-%d-%d", seed%1_000_000, i), Platform: platforms[i%len(platforms)]}
		turn := i / len(platforms)
		switch document := fmt.Sprintf("%s-%d", a.Platform, turn/round); turn % round {
		case job:
			a.Job = a.Platform == release.PlatformSAE
		case route:
			a.Route = a.Platform == release.PlatformSAE
		case first:
			// Without a second one there is nothing to promote to.
			if i+len(platforms) < size.Applications {
				a.Document, a.Environment = document, staging
			}
		case second:
			a.Document, a.Environment = document, production
		}
		all = append(all, a)
	}
	return all
}

// dice draw one thing after the other.
type dice struct{ *rand.Rand }

// oneOf draws one of several things, each as often as it is named.
func oneOf[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

// within draws a time before another one.
func (d dice) within(limit time.Duration) time.Duration { return time.Duration(d.Int64N(int64(limit))) }

func (d dice) request(n int, size Size, p Plan) Request {
	r := Request{At: d.within(size.Over), EventID: fmt.Sprintf("release-%d", n)}
	// The first ones are of an application each, so that a small run has all of them.
	if r.Application = n; n >= size.Applications {
		r.Application = d.IntN(size.Applications)
	}
	r.Answer = oneOf(d, AnswerConfirm, AnswerConfirm, AnswerConfirm, AnswerConfirmAll, AnswerPause, AnswerAbort, AnswerRollback, AnswerNone, AnswerAtLimit)
	r.After = d.within(2 * time.Second)
	r.Spec = d.spec(n, p.Applications[r.Application])
	if r.Spec.Operation != release.OperationJob && d.IntN(6) == 0 {
		r.Spec.Approval = &release.Approval{Count: 1 + d.IntN(2), NotRequester: true}
	}
	switch {
	case r.Answer == AnswerNone:
		r.limit(time.Second + d.within(4*time.Second))
	case r.Answer == AnswerAtLimit:
		limit := time.Second + d.within(4*time.Second)
		r.limit(limit)
		r.After = limit - spread + d.within(2*spread)
	case hasRoomForGates(p.Applications[r.Application].Platform, r.Spec.Strategy) && d.IntN(2) == 0:
		// Where a gate cannot be measured a person is asked, who lets it go on.
		r.Gate, r.Answer = oneOf(d, GatePasses, GatePasses, GateFails), AnswerConfirm
	}
	return r
}

// hasRoomForGates reports whether a strategy has batches between which nobody but gates is asked.
func hasRoomForGates(platform release.Platform, s release.Strategy) bool {
	runsThrough := platform == release.PlatformServiceStage && s.Type == release.StrategyBatch
	return s.Confirm == release.ConfirmAuto && !runsThrough
}

// spread is how long before and after the end of a limit an answer comes that is meant for it.
const spread = 300 * time.Millisecond

// limit bounds how long the release waits for people.
func (r *Request) limit(d time.Duration) {
	r.Spec.Limits.Confirm, r.Spec.Limits.OnConfirmTimeout = release.Duration(d), release.TimeoutAbort
	if r.Spec.Approval != nil {
		r.Spec.Approval.Within = release.Duration(d)
	}
}

// spec draws what is asked of an application.
func (d dice) spec(n int, app Application) release.Spec {
	s := release.Spec{RequestedBy: "chaos", Operation: d.operation(app)}
	switch s.Operation {
	case release.OperationRelease:
		s.Strategy, s.Artifact = d.strategy(app.Platform), release.Artifact{Image: d.image(n)}
		if d.IntN(2) == 0 {
			s.Config = &release.Config{Variables: []release.Variable{{Name: Variable, Value: new(fmt.Sprintf("release-%d", n))}}}
		}
		if app.Platform == release.PlatformSAE && s.Strategy.Type == release.StrategyGray && d.IntN(2) == 0 {
			s.Traffic = traffic(fmt.Sprintf("release-%d", n))
		}
		if d.IntN(8) == 0 {
			s.Strategy.Watch = &release.Watch{For: release.Duration(time.Second + d.within(4*time.Second).Truncate(time.Millisecond))}
		}
	case release.OperationRescale:
		s.Instances = scenario.Instances - 1 + d.IntN(3)
	case release.OperationJob:
		s.Artifact, s.Job = release.Artifact{Image: d.image(n)}, &release.Job{Run: true}
	case release.OperationRollback, release.OperationRestart:
	}
	return s
}

// traffic sends requests with a header of the value to gray instances.
func traffic(value string) *release.Traffic {
	return &release.Traffic{SpringCloud: []release.TrafficRule{{
		Path: "/", Condition: "OR", Items: []release.TrafficItem{{Type: "header", Name: "x-chaos", Operator: "rawvalue", Cond: "==", Value: value}},
	}}}
}

// operation draws one that the platform has; most are releases.
func (d dice) operation(app Application) release.Operation {
	if app.Job {
		return release.OperationJob
	}
	on, _ := release.TraitsOf(app.Platform)
	drawn := oneOf(d, release.OperationRollback, release.OperationRestart, release.OperationRescale,
		release.OperationRelease, release.OperationRelease, release.OperationRelease, release.OperationRelease, release.OperationRelease)
	if !on.Does(drawn) {
		return release.OperationRelease
	}
	return drawn
}

func (d dice) set(n int, size Size, p Plan) Set {
	s := Set{
		At: d.within(size.Over), EventID: fmt.Sprintf("set-%d", n), OnFailure: oneOf(d, release.SetStop, release.SetContinue, release.SetRollback),
		Confirm: oneOf(d, release.ConfirmAuto, release.ConfirmManual), Answer: oneOf(d, AnswerConfirm, AnswerConfirm, AnswerAbort), After: d.within(2 * time.Second),
	}
	const most = 3
	for _, application := range d.Perm(len(p.Applications)) {
		app := p.Applications[application]
		if app.Job || app.Document != "" {
			continue
		}
		spec := release.Spec{Strategy: d.strategy(app.Platform), Artifact: release.Artifact{Image: d.image(size.Releases + most*n + len(s.Members))}}
		if spec.Strategy.Confirm == release.ConfirmManual {
			spec.Strategy.Confirm = release.ConfirmAuto // it is the waves that wait
		}
		s.Members = append(s.Members, Request{Application: application, Spec: spec})
		if len(s.Members) == most {
			break
		}
	}
	return s
}

// faulty draws a message that is like a request, right after it.
func (d dice) faulty(n int, p Plan) Faulty {
	kinds := FaultyKinds()
	f := Faulty{Kind: kinds[n%len(kinds)], Request: d.IntN(len(p.Requests)), EventID: fmt.Sprintf("faulty-%d", n)}
	f.At = p.Requests[f.Request].At + d.within(5*time.Second)
	return f
}

func (d dice) act(n int, size Size, p Plan) Act {
	kinds := ActKinds()
	a := Act{Kind: kinds[n%len(kinds)], At: d.within(size.Over), Application: d.IntN(len(p.Applications)), For: time.Second + d.within(4*time.Second)}
	if a.Kind == ActForeignChange || a.Kind == ActEnableRule {
		a.Application = d.onSAE(p) // whose console the simulator has
	}
	return a
}

// onSAE draws an application of SAE that is no job template.
func (d dice) onSAE(p Plan) int {
	for _, i := range d.Perm(len(p.Applications)) {
		if p.Applications[i].Platform == release.PlatformSAE && !p.Applications[i].Job {
			return i
		}
	}
	return 0 // the first one always is
}

// Variable is the environment variable that releases of configuration set, each to a value of its own.
const Variable = "CHAOS_RELEASE"

// image is one that no other release brings.
func (d dice) image(n int) string {
	return fmt.Sprintf("registry.example/chaos:%d.%d", n+1, d.IntN(1000))
}

// strategy draws a strategy that the platform has. Whoever is asked by it must be able to answer.
func (d dice) strategy(platform release.Platform) release.Strategy {
	s := release.Strategy{Type: oneOf(d, release.StrategyAll, release.StrategyBatch, release.StrategyGray, release.StrategyGray), Confirm: release.ConfirmManual}
	if platform == release.PlatformFC && s.Type == release.StrategyBatch {
		s.Type = release.StrategyGray
	}
	switch s.Type {
	case release.StrategyAll:
		s.Confirm = ""
		return s
	case release.StrategyBatch:
		s.Batches = 2 + d.IntN(2)
		if platform == release.PlatformServiceStage {
			s.Confirm = release.ConfirmAuto // it runs through them
			return s
		}
	case release.StrategyGray:
		if platform == release.PlatformFC {
			s.Weights = oneOf(d, []int{20}, []int{5, 30}, []int{10, 20, 50})
		} else {
			s.Gray, s.Batches = 1+d.IntN(scenario.Instances/2), 1+d.IntN(2)
		}
	}
	if d.IntN(4) == 0 {
		s.Confirm, s.Bake = release.ConfirmAuto, release.Duration(d.within(2*time.Second).Truncate(time.Millisecond))
	}
	return s
}
