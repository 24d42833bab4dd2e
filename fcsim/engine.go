package fcsim

import (
	"slices"
	"time"

	"slipway/internal/simframe"
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
	// maxEvents bounds the events that one look works through: a daily schedule of 27 years. What
	// schedules and policies would have done beyond is left out.
	maxEvents = 10_000
)

// provisioned is a provision config with what it belongs to.
type provisioned struct {
	st      *state
	service *service
	*provision
}

// provisions are all provision configs, always in the same order.
func (s *state) provisions() []provisioned {
	var all []provisioned
	for _, v := range simframe.SortedValues(s.Services) {
		for _, p := range simframe.SortedValues(v.Provisions) {
			all = append(all, provisioned{s, v, p})
		}
	}
	return all
}

// advance brings the state to the given time, one event after the other in the order of their
// times.
func (e engine) advance(s *state, now time.Time) {
	if s.wake.IsZero() || !now.Before(s.wake) {
		e.work(s, now)
	}
	s.Now = later(s.Now, now)
	for _, v := range s.Services {
		v.OnDemand = slices.DeleteFunc(v.OnDemand, func(i *instance) bool { return i.idle(s.Now) })
	}
}

// work carries out the events that are due.
func (e engine) work(s *state, now time.Time) {
	for range maxEvents {
		at := s.nextEvent()
		if !happens(at, now) {
			s.wake = earlier(at, now.Add(farAway))
			return
		}
		e.carryOut(s, at)
	}
	for _, p := range s.provisions() {
		if happens(p.Due, now) {
			p.Due = now.Add(e.start)
		}
	}
	s.wake = time.Time{}
}

// nextEvent is when something happens by itself next; zero when nothing does.
func (s *state) nextEvent() time.Time {
	var next time.Time
	for _, p := range s.provisions() {
		next = earlier(next, earlier(p.Due, p.nextRule(s.Now)))
	}
	for _, v := range s.Services {
		next = earlier(next, v.nextInvocation())
	}
	return next
}

// carryOut carries out what happens at a time: first the targets change, then instances start or
// go, then invocations go on.
func (e engine) carryOut(s *state, at time.Time) {
	for _, p := range s.provisions() {
		if p.nextRule(s.Now).Equal(at) {
			p.retarget(at)
			p.plan(p.service, at.Add(e.start))
		}
		if happens(p.Due, at) {
			e.change(p, at)
		}
	}
	s.Now = later(s.Now, at)
	for _, v := range simframe.SortedValues(s.Services) {
		if happens(v.nextInvocation(), at) {
			s.runInvocations(e.config, v, at)
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// happens reports whether there is a next event and its time has come.
func happens(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// change starts the instance that is due. One that is too many goes: the one in whose place an
// instance starts, or all of them where none is to start.
func (e engine) change(p provisioned, at time.Time) {
	p.Due = time.Time{}
	version, lacks, surplus := p.next(p.service)
	switch {
	case lacks && p.st.Faults.Take(p.st.Target("", p.service.Name), FaultNoInstance) != nil:
	case lacks:
		if surplus >= 0 && len(p.Instances) >= p.Target {
			p.Instances = slices.Delete(p.Instances, surplus, surplus+1)
		}
		p.Instances = append(p.Instances, &instance{
			ID: p.st.Draw("instance"), Function: p.Function, Qualifier: p.Alias, VersionID: version,
		})
	default:
		for surplus >= 0 {
			p.Instances = slices.Delete(p.Instances, surplus, surplus+1)
			_, _, surplus = p.next(p.service)
		}
	}
	p.plan(p.service, at.Add(e.start))
}
