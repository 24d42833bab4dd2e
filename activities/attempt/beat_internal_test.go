package attempt

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
)

// line is what is handed on to the SDK, in its order.
type line struct {
	interceptor.ActivityOutboundInterceptorBase
	mu      sync.Mutex
	details []string
}

func (l *line) RecordHeartbeat(_ context.Context, details ...any) {
	runtime.Gosched() // whoever may come between does
	payload, err := converter.GetDefaultDataConverter().ToPayload(details[0])
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.details = append(l.details, string(payload.GetData()))
	}
}

// The server keeps what it hears last. A beat that comes after newer details must not bring
// back older ones.
func TestBeatsNeverGoBack(t *testing.T) {
	t.Parallel()
	var line line
	b := &beats{newest: []any{"0000"}}
	b.Next = &line
	var both sync.WaitGroup
	both.Go(func() {
		for n := range 1000 {
			b.RecordHeartbeat(t.Context(), fmt.Sprintf("%04d", n))
		}
	})
	both.Go(func() {
		for range 1000 {
			b.beat(t.Context())
		}
	})
	both.Wait()
	require.Len(t, line.details, 2000)
	require.True(t, slices.IsSorted(line.details))
}
