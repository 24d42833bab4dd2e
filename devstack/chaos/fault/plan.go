// Package fault is what goes wrong in a chaos run: a plan that is drawn from a seed, and its carrying out.
package fault

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"slipway/devstack/chaos/system"
	"slipway/fcsim"
	"slipway/internal/simframe"
	"slipway/release"
	"slipway/saesim"
	"slipway/servicestagesim"
)

// Kind is what a fault does.
type Kind string

// The kinds of faults.
const (
	// KindKill ends a process with SIGKILL; it is started again when the fault ends.
	KindKill Kind = "kill"
	// KindPause stops a process with SIGSTOP; it goes on when the fault ends.
	KindPause Kind = "pause"
	// KindCut lets nothing through a link: what is sent on it is lost.
	KindCut Kind = "cut"
	// KindDelay lets everything through a link later.
	KindDelay Kind = "delay"
	// KindReset ends the connections of a link as soon as something is sent on them.
	KindReset Kind = "reset"
	// KindPlatform is a fault of a simulator: a call that is lost, whose answer is late, a change that fails.
	KindPlatform Kind = "platform"
	// KindAhead puts the clock of a platform ahead: what takes its time there comes to its end at once, while Slipway looks on.
	KindAhead Kind = "ahead"
)

// A Fault is something that goes wrong for a while.
type Fault struct {
	// At is when it begins, counted from the beginning of the run, and For how long it lasts.
	At  time.Duration `json:"at"`
	For time.Duration `json:"for"`
	// Kind is what it does, to the part or the link of the name Target.
	Kind   Kind   `json:"kind"`
	Target string `json:"target"`
	// By is the delay of a link, or how far a clock is put ahead.
	By time.Duration `json:"by,omitempty"`
	// Platform is what goes wrong on a platform.
	Platform simframe.Fault `json:"platform,omitzero"`
}

// Name is how people are told of a fault: what it does, and to what.
func (f Fault) Name() string {
	if f.Kind == KindPlatform {
		return f.Target + " " + string(f.Platform.Kind)
	}
	return string(f.Kind) + " " + f.Target
}

// Scope is what faults may hit, and when.
type Scope struct {
	// Parts and Links are what there is.
	Parts []Part
	Links []Link
	// Length is that of the whole plan: all faults end within it. Every is how long after a fault the next one begins, on
	// average.
	Length, Every time.Duration
	// Settle is how long workers take a lost call to be at work still, and Speed that of the simulators. Nothing delays a call to a
	// platform by as much as the former: no worker could tell a call that is so late from one that is lost.
	Settle time.Duration
	Speed  float64
}

// What faults need to know of them.
type (
	// Part is a process.
	Part struct {
		Name string
		Kind system.Kind
	}
	// Link is a way between two.
	Link struct {
		Name string
		// ToPlatform tells that a simulator is at its end.
		ToPlatform bool
	}
)

// ScopeOf is the scope of a whole system.
func ScopeOf(s *system.System) Scope {
	var scope Scope
	for _, p := range s.Parts() {
		scope.Parts = append(scope.Parts, Part{p.Name, p.Kind})
	}
	for _, l := range s.Links() {
		to := s.Part(l.To)
		scope.Links = append(scope.Links, Link{l.Name(), to != nil && to.Kind == system.KindSimulator})
	}
	return scope
}

// card is one of the faults that there can be, without its moment.
type card struct {
	kind     Kind
	target   string
	part     system.Kind
	platform simframe.FaultKind
	// toPlatform tells that it is on the way of calls to a platform.
	toPlatform bool
}

// Draw draws a plan. The same seed and scope give the same one. Whatever can be hit is hit in turn: all faults there can be
// are shuffled and dealt one after the other.
func Draw(seed uint64, s Scope) []Fault {
	d := dealer{Rand: rand.New(rand.NewPCG(seed, 0xfa)), scope: s, busy: map[string]time.Duration{}}
	var plan []Fault
	var deck []card
	for at := d.upTo(s.Every); ; at += d.upTo(2 * s.Every) {
		if len(deck) == 0 {
			deck = s.deck()
			d.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		// A target that has a fault already is left for later.
		i := slices.IndexFunc(deck, func(c card) bool { return d.busy[c.target] <= at })
		if i < 0 {
			continue
		}
		f := d.fault(deck[i])
		deck = slices.Delete(deck, i, i+1)
		f.At = at
		if f.At+least > s.Length {
			return plan
		}
		f.For = min(f.For, s.Length-f.At)
		d.busy[f.Target] = f.At + f.For
		plan = append(plan, f)
	}
}

// least is how long a fault lasts at least.
const least = 200 * time.Millisecond

// The deck has some faults several times: a process that is killed, a call that is lost and one that is late are what the rules of
// releases are about.
const (
	kills = 3
	lost  = 3
)

// deck is every fault there can be.
func (s Scope) deck() []card {
	var deck []card
	for _, p := range s.Parts {
		for range kills {
			deck = append(deck, card{kind: KindKill, target: p.Name, part: p.Kind})
		}
		deck = append(deck, card{kind: KindPause, target: p.Name, part: p.Kind})
	}
	for _, l := range s.Links {
		for _, kind := range []Kind{KindCut, KindDelay, KindReset} {
			deck = append(deck, card{kind: kind, target: l.Name, toPlatform: l.ToPlatform})
		}
	}
	for _, traits := range release.Platforms() {
		deck = append(deck, card{kind: KindAhead, target: string(traits.Platform)})
		for _, kind := range kindsOf(traits.Platform) {
			times := 1
			if slices.Contains([]simframe.FaultKind{simframe.FaultDropAfter, simframe.FaultArrivesLate, simframe.FaultDelayAfter, simframe.FaultErrorAfter}, kind) {
				times = lost
			}
			for range times {
				deck = append(deck, card{kind: KindPlatform, target: string(traits.Platform), platform: kind})
			}
		}
	}
	return deck
}

// kindsOf are all kinds of faults that a simulator has.
func kindsOf(platform release.Platform) []simframe.FaultKind {
	var own []simframe.FaultKind
	switch platform {
	case release.PlatformSAE:
		own = []simframe.FaultKind{
			saesim.FaultBatchFails, saesim.FaultSystemFails, saesim.FaultHang, saesim.FaultUnhealthy, saesim.FaultApproval, saesim.FaultNoRollback,
			saesim.FaultLate, saesim.FaultLateInList,
		}
	case release.PlatformFC:
		own = []simframe.FaultKind{fcsim.FaultNoInstance, fcsim.FaultQueued}
	case release.PlatformServiceStage:
		own = []simframe.FaultKind{servicestagesim.FaultJobFails, servicestagesim.FaultQueued}
	}
	return append(simframe.FaultRules{}.AllKinds(), own...)
}

// dealer turns cards into faults.
type dealer struct {
	*rand.Rand

	scope Scope
	// busy is until when a target has a fault.
	busy map[string]time.Duration
}

func (d dealer) upTo(limit time.Duration) time.Duration {
	return time.Duration(d.Int64N(max(int64(limit), 1)))
}

// How long faults last at most.
const (
	longestAway    = 8 * time.Second
	longestPause   = 8 * time.Second
	longestFreeze  = 40 * time.Second // of a worker: longer than Temporal waits for its heartbeats
	longestLink    = 10 * time.Second
	longestAnswers = 8 * time.Second
	longestDelay   = time.Second
	longestLate    = 5 * time.Second // of an answer, or of a call
	longestAhead   = 10 * time.Minute
)

// fault draws how long a fault lasts and how bad it is.
func (d dealer) fault(c card) Fault {
	f := Fault{Kind: c.kind, Target: c.target}
	switch c.kind {
	case KindKill:
		f.For = least + d.upTo(longestAway)
	case KindPause:
		f.For = least + d.upTo(longestPause)
		if c.part == system.KindWorker {
			f.For = least + d.upTo(longestFreeze)
		}
		if c.part == system.KindSimulator {
			f.For = min(f.For, d.scope.Settle/2)
		}
	case KindCut, KindReset:
		f.For = least + d.upTo(longestLink)
	case KindDelay:
		f.For, f.By = least+d.upTo(longestLink), 10*time.Millisecond+d.upTo(longestDelay)
		if c.toPlatform {
			f.By = min(f.By, d.scope.Settle/4) // there and back
		}
	case KindAhead:
		f.For, f.By = least, time.Minute+d.upTo(longestAhead)
	case KindPlatform:
		f.For, f.Platform = time.Second+d.upTo(longestAnswers), d.platform(c)
	}
	return f
}

// platform draws a fault of a simulator.
func (d dealer) platform(c card) simframe.Fault {
	f := simframe.Fault{Kind: c.platform, Count: 1 + d.IntN(2)}
	switch c.platform {
	case simframe.FaultDelay, simframe.FaultDelayAfter, simframe.FaultArrivesLate:
		f.Delay = 50*time.Millisecond + d.upTo(min(longestLate, d.scope.Settle/2))
		f.Count, f.Probability = -1, d.odds()
	case simframe.FaultDropBefore, simframe.FaultDropAfter, simframe.FaultTruncate, simframe.FaultError, simframe.FaultErrorAfter:
		f.Count, f.Probability = -1, d.odds()
	case saesim.FaultLate, saesim.FaultLateInList:
		f.Delay = time.Duration(float64(d.scope.Settle/2) * d.scope.Speed)
	case fcsim.FaultQueued:
		f.Delay = time.Second + d.upTo(10*time.Second)
	case servicestagesim.FaultJobFails:
		f.Code = []string{"", "PARTIALLY_FAILED", "CANCELLED", "ROLLBACKED"}[d.IntN(4)]
	case fcsim.FaultNoInstance:
		f.Count = 1 + d.IntN(5)
	}
	return f
}

// odds are how likely a call is hit: from one in ten to all.
func (d dealer) odds() float64 { return 0.1 * float64(1+d.IntN(10)) }

// Kinds counts faults by what they do and to what kind of thing: "kill worker", "cut link", "sae drop-after".
func Kinds(done []Done, parts []Part) map[string]int {
	kind := map[string]system.Kind{}
	for _, p := range parts {
		kind[p.Name] = p.Kind
	}
	counts := map[string]int{}
	for _, f := range done {
		switch f.Kind {
		case KindPlatform:
			counts[f.Name()]++
		case KindAhead:
			counts[f.Name()]++
		case KindKill, KindPause:
			counts[string(f.Kind)+" "+string(cmp.Or(kind[f.Target], system.Kind(f.Target)))]++
		case KindCut, KindDelay, KindReset:
			counts[string(f.Kind)+" link"]++
		}
	}
	return counts
}
