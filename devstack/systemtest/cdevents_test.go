package systemtest_test

import (
	"encoding/json"
	"testing"
	"time"

	cdeventsapi "github.com/cdevents/sdk-go/pkg/api"
	cdevents "github.com/cdevents/sdk-go/pkg/api/v05"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/devstack/stack"
	"slipway/release"
	"slipway/wire"
)

// TestCDEventsTellOfARelease: a release tells in the form of CDEvents, too, in order, valid and as one chain, whose links
// lead from the outcome back to the beginning; and whoever reads its lifecycle events finds nothing else among them.
func TestCDEventsTellOfARelease(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{CDEvents: true})
	id, events := h.request(h.app(), t.Name(), all())
	h.until(events, release.EventSucceeded, 0)

	consumer, err := h.JetStream.OrderedConsumer(h.ctx, wire.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{wire.CDEventsOfRelease(id)}})
	require.NoError(t, err)
	before, at := "", time.Time{}
	for _, want := range []string{"pipelinerun.queued", "pipelinerun.started", "service.upgraded", "pipelinerun.finished"} {
		msg, err := consumer.Next(jetstream.FetchMaxWait(patience))
		require.NoError(t, err)
		var ce event.Event
		require.NoError(t, json.Unmarshal(msg.Data(), &ce))
		read, err := cdevents.NewFromJsonBytes(ce.Data())
		require.NoError(t, err)
		require.NoError(t, cdeventsapi.Validate(read))
		require.Equal(t, "dev.cdevents."+want+".0.3.0", read.GetType().String())
		require.Equal(t, "slipway.cdevents."+want+"."+id, msg.Subject())
		require.Equal(t, id, read.GetChainId())
		require.False(t, read.GetTimestamp().Before(at))
		var from string
		for _, link := range read.GetLinks() {
			if path, is := link.(cdeventsapi.EmbeddedLinkWithTagsAndSource); is {
				from = path.GetFrom().ContextId
			}
		}
		require.Equal(t, before, from, "each follows from the one before it")
		before, at = read.GetId(), read.GetTimestamp()
	}
}
