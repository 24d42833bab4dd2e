package cloud

import (
	"context"
	"errors"
	"time"

	"slipway/activities/platform"
	"slipway/release"
)

// DefaultSettle is how long a call whose answer was lost may still be at work on a
// platform before a change that is not found counts as never begun. It must be
// longer than a call can take: see [ConnectTimeout] and [ReadTimeout].
const DefaultSettle = 15 * time.Second

// The timeouts that a worker calls a platform with. With them one that cannot be reached
// or does not answer is noticed soon, and well within [DefaultSettle].
const (
	ConnectTimeout = 3 * time.Second
	ReadTimeout    = 10 * time.Second
)

// Frame is what stands around the calls of a driver.
type Frame struct {
	// Settle is the settle delay; 0 takes [DefaultSettle].
	Settle time.Duration
	// Guard holds back what a freeze holds back; nil guards nothing.
	Guard platform.Guard
	// Now tells the time by which the settle delay passes; nil takes [time.Now].
	Now func() time.Time
}

// Complete fills the defaults in.
func (f Frame) Complete() (Frame, error) {
	if f.Settle < 0 {
		return f, errors.New("Config.Settle must not be negative")
	}
	if f.Settle == 0 {
		f.Settle = DefaultSettle
	}
	if f.Now == nil {
		f.Now = time.Now
	}
	return f, nil
}

// Settling is for how long yet a call may be at work that was sent before a time; nothing
// for the zero time, which stands for no call.
func (f Frame) Settling(sent time.Time) time.Duration {
	if sent.IsZero() {
		return 0
	}
	return max(sent.Add(f.Settle).Sub(f.Now()), 0)
}

// Guarded asks whether a freeze holds a change back.
func (f Frame) Guarded(ctx context.Context, app release.App, override bool) error {
	if f.Guard == nil || override {
		return nil
	}
	return f.Guard(ctx, app)
}
