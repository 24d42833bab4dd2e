package events

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/release"
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

// keeper is a bus that keeps the subjects of what it takes, and refuses one of them.
type keeper struct {
	refuses string
	took    []string
}

func (k *keeper) PublishMsg(_ context.Context, msg *nats.Msg, _ ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if msg.Subject == k.refuses {
		return nil, jetstream.ErrNoStreamResponse
	}
	k.took = append(k.took, msg.Subject)
	return &jetstream.PubAck{}, nil
}

func TestEvents_CDEventsFollowTheEventThatMeansThem(t *testing.T) {
	t.Parallel()
	in := release.PublishInput{Events: []release.Event{
		event("r-1", release.EventAccepted, release.PhaseQueued), event("r-1", release.EventPaused, release.PhasePaused), event("r-1", release.EventFailed, release.PhaseFailed),
	}}
	own := []string{"slipway.event.sae.shop.r-1.accepted", "slipway.event.sae.shop.r-1.paused", "slipway.event.sae.shop.r-1.failed"}
	for i := range in.Events {
		in.Events[i].Progress.ReleaseID = "r-1"
		in.Events[i].At = time.Now()
	}
	bus := &keeper{}
	p, err := New(bus, nil)
	require.NoError(t, err)
	require.NoError(t, p.Publish(t.Context(), in))
	require.Equal(t, own, bus.took, "nobody has asked for CDEvents")

	bus.took = nil
	p.TellCDEvents()
	require.NoError(t, p.Publish(t.Context(), in))
	require.Equal(t, []string{own[0], "slipway.cdevents.pipelinerun.queued.r-1", own[1], own[2], "slipway.cdevents.pipelinerun.finished.r-1"}, bus.took)

	bus.took, bus.refuses = nil, "slipway.cdevents.pipelinerun.queued.r-1"
	require.Error(t, p.Publish(t.Context(), in), "it is tried again, with all that comes after it")
	require.Equal(t, own[:1], bus.took)
}
