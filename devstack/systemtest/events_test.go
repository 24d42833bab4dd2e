package systemtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// TestEventsFollowWhenTheirStreamIsThere takes the stream of events away: the releases of a
// lane go on one after the other, the ledger has their outcomes, and once the stream is there
// it gets every event, once and in its order.
func TestEventsFollowWhenTheirStreamIsThere(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	require.NoError(t, h.JetStream.DeleteStream(h.ctx, wire.StreamEvents))
	app := h.app()
	began := time.Now()
	var ids []string
	for _, event := range []string{"one", "two", "three"} {
		id, err := scenario.Request(h.ctx, h.JetStream, t.Name()+event, spec(app, all()))
		require.NoError(t, err)
		ids = append(ids, id)
	}
	ended := map[string]release.Progress{}
	for _, id := range ids {
		require.Eventually(t, func() bool { return h.started(id) }, patience, 50*time.Millisecond)
		ended[id] = h.result(id)
		require.Equal(t, release.PhaseSucceeded, ended[id].Outcome, ended[id].Reason)
	}
	t.Logf("%d releases without a stream of events took %s", len(ids), time.Since(began).Round(time.Millisecond))
	require.Less(t, time.Since(began), time.Minute, "no release waited for the stream")
	for _, id := range ids {
		require.Eventually(t, func() bool {
			r, err := ledger.New(h.JetStream).GetOf(h.ctx, app, id)
			return err == nil && r.Outcome == release.PhaseSucceeded && r.Transition == ended[id].Transition
		}, patience, 50*time.Millisecond, "the ledger does not wait for the stream")
	}

	require.NoError(t, wire.EnsureStreams(h.ctx, h.JetStream, wire.Storage{}))
	for _, id := range ids {
		events := h.follow(id)
		for n := uint64(1); n <= ended[id].Transition; n++ {
			e, err := events.Next(h.ctx)
			require.NoError(t, err)
			require.Equal(t, release.EventID(id, n, e.Kind), e.ID)
		}
		delivery := release.DeliveryID(release.WorkflowID(id))
		var told release.DeliveryResult
		require.NoError(t, h.Client.GetWorkflow(h.ctx, delivery, "").Get(h.ctx, &told))
		require.Positive(t, told.Told)
		d, err := h.Client.DescribeWorkflow(h.ctx, delivery, "")
		require.NoError(t, err)
		at, _ := d.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchApp))
		require.Equal(t, app.SearchValue(), at)
	}
}
