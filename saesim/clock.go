package saesim

import (
	"time"

	"slipway/internal/simframe"
)

// A Clock is the simulated time: it follows the wall clock, runs faster, or stands still until
// it is advanced. It is an alias so that callers of this package can name the type of
// [Config.Clock], which all simulators share.
type Clock = simframe.Clock

// FastClock starts at the present time and runs speed times as fast as the wall
// clock. A speed of 0 gives a clock that only Advance moves.
func FastClock(speed float64) *Clock { return simframe.FastClock(speed) }

// SteppedClock stands at start until it is advanced.
func SteppedClock(start time.Time) *Clock { return simframe.SteppedClock(start) }
