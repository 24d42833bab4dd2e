package setuptest_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"slipway/devstack/embedded"
	"slipway/release"
	"slipway/setup"
	"slipway/wire"
)

func TestSetup(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	temporal, err := embedded.StartTemporal(ctx, embedded.TemporalConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, temporal.Close()) })
	broker, err := embedded.StartNATS(ctx, embedded.NATSConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, broker.Close()) })
	c, err := client.DialContext(ctx, client.Options{HostPort: temporal.Addr()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	conn, err := nats.Connect(broker.URL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)

	ready := setup.AttributesNeed(c)
	require.ErrorContains(t, ready(ctx), "search attributes are missing")
	require.ErrorContains(t, ready(ctx), "slipway setup")
	first, err := setup.Run(ctx, c, "default", js)
	require.NoError(t, err)
	require.NoError(t, ready(ctx))
	require.Equal(t, prepared(setup.Created), first)
	again, err := setup.Run(ctx, c, "default", js)
	require.NoError(t, err)
	require.Equal(t, prepared(setup.Unchanged), again, "what is there already stays")

	_, err = c.OperatorService().RemoveSearchAttributes(ctx, &operatorservice.RemoveSearchAttributesRequest{
		Namespace: "default", SearchAttributes: []string{release.SearchPhase},
	})
	require.NoError(t, err)
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: "default", SearchAttributes: map[string]enumspb.IndexedValueType{release.SearchPhase: enumspb.INDEXED_VALUE_TYPE_INT},
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err = setup.Run(ctx, c, "default", js)
		return err != nil
	}, time.Minute, 100*time.Millisecond, "a name that is taken with another type is refused")
	require.ErrorContains(t, err, "search attribute SlipwayPhase of namespace default is a Int, and must be a Keyword")
}

// prepared is the whole report, with one result for everything.
func prepared(r setup.Action) []setup.Result {
	return []setup.Result{
		{Kind: "stream", Name: "SLIPWAY_IN", Action: r},
		{Kind: "stream", Name: "SLIPWAY_EVENTS", Action: r},
		{Kind: "stream", Name: "SLIPWAY_DEADLETTER", Action: r},
		{Kind: "stream", Name: "SLIPWAY_NOTIFY", Action: r},
		{Kind: "bucket", Name: "slipway-calendar", Action: r},
		{Kind: "bucket", Name: "slipway-apps", Action: r},
		{Kind: "bucket", Name: "slipway-authority", Action: r},
		{Kind: "bucket", Name: "slipway-people", Action: r},
		{Kind: "bucket", Name: "slipway-policies", Action: r},
		{Kind: "bucket", Name: "slipway-sessions", Action: r},
		{Kind: "bucket", Name: "slipway-ledger", Action: r},
		{Kind: "stream", Name: "SLIPWAY_AUDIT", Action: r},
		{Kind: "search attribute", Name: release.SearchApp, Action: r},
		{Kind: "search attribute", Name: release.SearchAppName, Action: r},
		{Kind: "search attribute", Name: release.SearchApplication, Action: r},
		{Kind: "search attribute", Name: release.SearchPhase, Action: r},
		{Kind: "search attribute", Name: release.SearchOutcome, Action: r},
		{Kind: "search attribute", Name: release.SearchOperation, Action: r},
		{Kind: "search attribute", Name: release.SearchStrategy, Action: r},
		{Kind: "search attribute", Name: release.SearchRequestedBy, Action: r},
		{Kind: "search attribute", Name: release.SearchSet, Action: r},
	}
}

// A server that has less room than the streams may grow to refuses them; what is said names what helps.
func TestSetup_SaysWhatHelpsWhereTheServerHasTooLittleRoom(t *testing.T) {
	t.Parallel()
	s := serve(t, server.Options{JetStream: true, JetStreamMaxStore: 3 << 30})
	conn, err := nats.Connect(s.ClientURL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	_, err = setup.NATS(t.Context(), js, setup.Config{})
	require.ErrorContains(t, err, "prepare NATS: stream SLIPWAY_AUDIT: ")
	require.ErrorContains(t, err, "nats-stream-size")
	_, err = setup.NATS(t.Context(), js, setup.Config{Storage: wire.Storage{MaxBytes: 512 << 20}})
	require.NoError(t, err)
}
