package attempt

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
)

// beatsPerTimeout leaves room for two beats that get lost.
const beatsPerTimeout = 3

// shortestBeat keeps a ticker possible for whatever timeout.
const shortestBeat = time.Millisecond

// maxDetails is more than the details that any activity records in one heartbeat.
const maxDetails = 16

// beats are the heartbeats of one attempt: the activity's own and those in between. A
// heartbeat replaces the details of the one before, those of earlier attempts too, so each
// beat repeats the newest.
type beats struct {
	interceptor.ActivityOutboundInterceptorBase
	// mu is held until a heartbeat is handed on: a beat that has read the newest details
	// must not come after newer ones.
	mu     sync.Mutex
	newest []any
}

// RecordHeartbeat is a heartbeat of the activity itself.
func (b *beats) RecordHeartbeat(ctx context.Context, details ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	// What cannot be encoded makes the SDK panic next.
	if encoded, err := encode(details); err == nil {
		b.newest = encoded
	}
	b.Next.RecordHeartbeat(ctx, details...)
}

// begin beats until the returned function is called, which waits for a beat under way: none
// comes after the attempt's end.
func (b *beats) begin(ctx context.Context, timeout time.Duration) (end func()) {
	b.newest = b.earlier(ctx)
	ended := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		// The first beat comes with the first tick, so that a short attempt costs no call.
		ticker := time.NewTicker(max(timeout/beatsPerTimeout, shortestBeat))
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ctx.Done():
				return // the server refuses the beats of an attempt that it has given up
			case <-ticker.C:
				b.beat(ctx)
			}
		}
	})
	return func() {
		close(ended)
		running.Wait()
	}
}

func (b *beats) beat(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Next.RecordHeartbeat(ctx, b.newest...)
}

// earlier returns the details that earlier attempts have left, as they are. Details that
// cannot be decoded are of no use to the activity either.
func (b *beats) earlier(ctx context.Context) []any {
	if !b.Next.HasHeartbeatDetails(ctx) {
		return nil
	}
	raw := make([]converter.RawValue, maxDetails)
	into := make([]any, maxDetails)
	for i := range raw {
		into[i] = &raw[i]
	}
	if err := b.Next.GetHeartbeatDetails(ctx, into...); err != nil {
		return nil
	}
	var details []any
	for _, r := range raw {
		if r.Payload() != nil {
			details = append(details, r)
		}
	}
	return details
}

// encode keeps details as they are now: the activity may go on changing what it recorded.
func encode(details []any) ([]any, error) {
	if len(details) == 1 && details[0] == nil {
		return nil, nil // how the SDK spells no details
	}
	encoded := make([]any, len(details))
	for i, d := range details {
		payload, err := converter.GetDefaultDataConverter().ToPayload(d)
		if err != nil {
			return nil, err
		}
		encoded[i] = converter.NewRawValue(payload)
	}
	return encoded, nil
}
