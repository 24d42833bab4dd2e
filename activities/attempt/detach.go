package attempt

import (
	"context"

	"slipway/releases/execution"
)

// detach returns the context of an attempt that a heartbeat does not end only because it did
// not reach the server. The SDK cancels an attempt then, after half of the time for which it
// holds heartbeats back, and a call that changes something would be cut off, its answer lost,
// because Temporal was away for two seconds. An attempt that has outlasted such a moment is
// not cancelled any more: it ends by itself, or with its deadline.
func detach(ctx context.Context) (detached context.Context, end func()) {
	detached, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); !execution.Silent(cause) {
			cancel(cause)
		}
	})
	timed, release := detached, func() {}
	if deadline, ok := ctx.Deadline(); ok {
		timed, release = context.WithDeadline(detached, deadline)
	}
	return timed, func() {
		stop()
		release()
		cancel(nil)
	}
}
