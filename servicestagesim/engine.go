package servicestagesim

import (
	"time"
)

// engine works out what happens by itself. It keeps nothing: the outcome depends on the state and
// on the time asked for alone, so it makes no difference how often or when somebody looks.
type engine struct {
	// taskTime is how long a task takes.
	taskTime time.Duration
}

func (s *Simulator) engine() engine { return engine{taskTime: s.config.TaskTime} }

// farAway is when to look again although nothing is due.
const farAway = 24 * time.Hour

// advance brings the state to the given time, one event after the other in the order of their
// times. Every job ends after a bounded number of tasks, and none begins another.
func (e engine) advance(s *state, now time.Time) {
	s.advanceGroups(now)
	if !s.wake.IsZero() && now.Before(s.wake) {
		s.Now = now
		return
	}
	for {
		j := s.nextJob()
		if j == nil || j.Due.After(now) {
			s.Now, s.wake = now, now.Add(farAway)
			if j != nil {
				s.wake = j.Due
			}
			return
		}
		at := j.Due
		j.goOn(s, at, e.taskTime)
		s.Now = at
	}
}

// nextJob is the job in which something happens next; nil when all are over.
func (s *state) nextJob() *job {
	var next *job
	for _, j := range s.Jobs {
		if j.Due.IsZero() {
			continue
		}
		if next == nil || j.Due.Before(next.Due) || j.Due.Equal(next.Due) && j.Number < next.Number {
			next = j
		}
	}
	return next
}
