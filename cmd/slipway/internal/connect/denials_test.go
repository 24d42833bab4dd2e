package connect_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/connect"
)

func TestDenials_ADenialEndsWhatWaitsForIt(t *testing.T) {
	t.Parallel()
	var d connect.Denials
	var options nats.Options
	require.NoError(t, d.Option()(&options))
	say := func(err error) { options.AsyncErrorCB(nil, nil, err) }
	denied := fmt.Errorf(`%w: Permissions Violation for Publish to "slipway.request.sae.a"`, nats.ErrPermissionViolation)

	say(denied) // nobody waits
	outer, endOuter := d.Watch(t.Context())
	inner, endInner := d.Watch(outer)
	say(nats.ErrSlowConsumer)
	say(fmt.Errorf(`%w: Permissions Violation for Publish to "$JS.API.CONSUMER.DELETE.KV_slipway-apps.x"`, nats.ErrPermissionViolation))
	require.NoError(t, inner.Err())
	say(denied)
	require.ErrorContains(t, context.Cause(inner), `Publish to "slipway.request.sae.a"; allow this user what the page operations lists`)
	require.NoError(t, outer.Err(), "only the innermost is told")
	endInner()

	say(denied)
	require.ErrorAs(t, context.Cause(outer), new(*connect.DeniedError))
	endOuter()
}

// NATS denies a subscription once, and every answer goes there.
func TestDenials_WhoHearsNoAnswerWaitsForNone(t *testing.T) {
	t.Parallel()
	var d connect.Denials
	var options nats.Options
	require.NoError(t, d.Option()(&options))
	outer, endOuter := d.Watch(t.Context())
	defer endOuter()
	inner, endInner := d.Watch(outer)
	options.AsyncErrorCB(nil, nil, fmt.Errorf(`%w: Permissions Violation for Subscription to "_INBOX.x.*"`, nats.ErrPermissionViolation))
	endInner()
	later, endLater := d.Watch(t.Context())
	defer endLater()
	for _, ctx := range []context.Context{inner, outer, later} {
		require.ErrorContains(t, context.Cause(ctx), `Subscription to "_INBOX.x.*"; allow this user`)
	}
}
