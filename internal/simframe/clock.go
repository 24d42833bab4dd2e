package simframe

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// errBackwards is returned when somebody asks the simulated time to go back.
var errBackwards = errors.New("the simulated time only moves forward")

// errTooFar is returned when somebody asks for a time that could not be written down.
var errTooFar = fmt.Errorf("the simulated time ends with the year %d", lastYear)

// lastYear is the last one of the simulated time. JSON has times up to the year 9999; a clock goes on
// by itself, and what is planned lies ahead of it.
const lastYear = 8999

// A Clock is the simulated time. It follows the wall clock, runs faster (or
// slower) by a constant factor, or stands still until it is advanced. All three
// can be moved forward by Advance; none ever goes back.
//
// What a platform does lives on this clock. The age of a request's Date header
// does not: clients sign with their own wall clock, so skew is judged against
// real time.
type Clock struct {
	mu sync.Mutex
	// speed is simulated seconds for one second of wall time; 0 stands still.
	speed float64
	// base is the wall time at which the simulated time was origin.
	base   time.Time
	origin time.Time
}

// FastClock starts at the present time and runs speed times as fast as the wall
// clock. A speed of 0 gives a clock that only Advance moves.
func FastClock(speed float64) *Clock {
	now := time.Now()
	return &Clock{speed: max(speed, 0), base: now, origin: now.Round(0)}
}

// SteppedClock stands at start until it is advanced.
func SteppedClock(start time.Time) *Clock {
	return &Clock{base: time.Now(), origin: start.Round(0)}
}

// Now is the simulated time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if c.speed == 0 {
		return c.origin
	}
	elapsed := time.Since(c.base)
	if c.speed != 1 {
		elapsed = time.Duration(float64(elapsed) * c.speed)
	}
	return c.origin.Add(elapsed)
}

// Speed is the number of simulated seconds in one second of wall time; 0 means
// that only Advance moves the clock.
func (c *Clock) Speed() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.speed
}

// Advance moves the simulated time forward by d at once and returns the new
// time. A negative d is an error, and so is one beyond the year 8999.
func (c *Clock) Advance(d time.Duration) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d < 0 {
		return c.now(), errBackwards
	}
	if c.now().Add(d).Year() > lastYear {
		return c.now(), errTooFar
	}
	c.origin = c.origin.Add(d)
	return c.now(), nil
}

// CatchUp moves the clock to t when it is behind. A simulator that was restarted
// from its state file uses it, so that its time does not repeat.
func (c *Clock) CatchUp(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if behind := t.Sub(c.now()); behind > 0 {
		c.origin = c.origin.Add(behind)
	}
}

// maxSpeed keeps a century of wall time inside what a time.Duration can hold.
const maxSpeed = 1_000_000

// CheckSpeed says what is wrong with the clock of a configuration, which is either given or made from a speed; empty
// when nothing is.
func CheckSpeed(clock *Clock, speed float64) string {
	switch {
	case clock != nil && speed != 0:
		return "has no effect together with Clock; set one of them"
	case speed < 0 || math.IsNaN(speed) || math.IsInf(speed, 0):
		return fmt.Sprintf("must be a positive number, is %v", speed)
	case speed > maxSpeed:
		return fmt.Sprintf("must be at most %v, is %v", float64(maxSpeed), speed)
	}
	return ""
}
