package fcsim

import (
	"slices"
	"time"
)

// engine works out what happens by itself. It keeps nothing: the outcome depends on the state and
// on the time asked for alone, so it makes no difference how often or when somebody looks.
type engine struct {
	// start is how long one more instance takes.
	start time.Duration
	// config is that of the simulator, for what is invoked.
	config *Config
}

func (s *Simulator) engine() engine { return engine{start: s.config.InstanceStart, config: &s.config} }

const (
	// farAway is when to look again although nothing is due.
	farAway = 24 * time.Hour
	// maxEvents bounds the events that one look works through for one provision config: a daily
	// schedule of 27 years. What lies beyond is left out.
	maxEvents = 10_000
)

// advance brings the state to the given time.
func (e engine) advance(s *state, now time.Time) {
	if now.After(s.Now) {
		s.Now = now
	}
	for _, v := range s.Services {
		v.OnDemand = slices.DeleteFunc(v.OnDemand, func(i *instance) bool { return now.Sub(i.Used) > idleInstance })
	}
	if !s.wake.IsZero() && now.Before(s.wake) {
		return
	}
	s.wake = now.Add(farAway)
	for _, v := range sortedValues(s.Services) {
		for _, p := range sortedValues(v.Provisions) {
			e.advanceProvision(provisioned{s, v, p}, now)
		}
		for next := v.nextInvocation(); happens(next, now); next = v.nextInvocation() {
			s.runInvocations(e.config, v, next)
		}
		s.wakeAt(v.nextInvocation())
	}
}

// wakeAt makes sure that the next event is not slept through.
func (s *state) wakeAt(t time.Time) {
	if !t.IsZero() && t.Before(s.wake) {
		s.wake = t
	}
}

// provisioned is a provision config with what it belongs to.
type provisioned struct {
	st      *state
	service *service
	*provision
}

// advanceProvision carries a provision config over the schedules that fire, the policies that act
// and the instances that start, in the order of their times.
func (e engine) advanceProvision(p provisioned, now time.Time) {
	for range maxEvents {
		rule := p.nextRule(p.Looked)
		due := p.Due
		switch {
		case happens(rule, now) && (due.IsZero() || !due.Before(rule)):
			p.retarget(rule)
			p.Looked = rule
			p.plan(p.service, rule.Add(e.start))
		case happens(due, now):
			e.change(p, due)
		default:
			p.Looked = now
			p.st.wakeAt(rule)
			p.st.wakeAt(due)
			return
		}
	}
	p.Looked = now
	if happens(p.Due, now) {
		p.Due = now.Add(e.start)
	}
	p.st.wakeAt(now.Add(e.start))
}

// happens reports whether there is a next event and its time has come.
func happens(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// change starts the instance that is due. One that is too many goes: the one in whose place an
// instance starts, or all of them where none is to start.
func (e engine) change(p provisioned, at time.Time) {
	p.Due = time.Time{}
	version, lacks, surplus := p.next(p.service)
	switch {
	case lacks && p.st.Faults.Take(p.st.target("", p.service.Name), FaultNoInstance) != nil:
	case lacks:
		if surplus >= 0 && len(p.Instances) >= p.Target {
			p.Instances = slices.Delete(p.Instances, surplus, surplus+1)
		}
		p.Instances = append(p.Instances, &instance{
			ID: p.st.draw("instance"), Function: p.Function, Qualifier: p.Alias, VersionID: version,
		})
	default:
		for surplus >= 0 {
			p.Instances = slices.Delete(p.Instances, surplus, surplus+1)
			_, _, surplus = p.next(p.service)
		}
	}
	p.plan(p.service, at.Add(e.start))
}
