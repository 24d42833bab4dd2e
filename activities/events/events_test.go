package events

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// What the bus does with events is tested on a real server in devstack/startertest.

func TestEvents_OnlyWhatCanNeverBeCarriedIsUnfit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"an event that cannot be written": {&permanentError{errors.New("too large")}, true},
		"too large for the stream":        {fmt.Errorf("nats: %w", &jetstream.APIError{ErrorCode: messageTooLarge}), true},
		"too large for the server":        {nats.ErrMaxPayload, true},
		"a subject that is none":          {nats.ErrBadSubject, true},
		"no answer in time":               {context.DeadlineExceeded, false},
		"no stream yet":                   {jetstream.ErrNoStreamResponse, false},
		"connection closed":               {nats.ErrConnectionClosed, false},
		"no space left":                   {&jetstream.APIError{ErrorCode: 10023}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, isPermanent(c.err))
		})
	}
}

func TestEvents_NewNeedsABus(t *testing.T) {
	t.Parallel()
	_, err := New(nil, nil)
	require.Error(t, err)
}
