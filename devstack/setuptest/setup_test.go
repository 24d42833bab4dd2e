package setuptest_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"slipway/devstack/embedded"
	"slipway/release"
	"slipway/setup"
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

	first, err := setup.Run(ctx, c, "default", js)
	require.NoError(t, err)
	require.Equal(t, setup.Report{
		Streams: []string{"SLIPWAY_IN", "SLIPWAY_EVENTS", "SLIPWAY_DEADLETTER"},
		Added:   []string{release.SearchApp, release.SearchPhase},
		Present: []string{},
	}, first)
	again, err := setup.Run(ctx, c, "default", js)
	require.NoError(t, err)
	require.Empty(t, again.Added, "what is there already stays")
	require.Equal(t, first.Added, again.Present)

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
	require.ErrorContains(t, err, "SlipwayPhase is there as Int and must be Keyword")
}
