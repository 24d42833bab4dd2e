package setup

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/wire"
)

// Calendar creates the bucket of the freeze calendar. One that exists stays as it is.
func Calendar(ctx context.Context, js jetstream.JetStream) ([]Prepared, error) {
	created, err := wire.EnsureCalendar(ctx, js)
	if err != nil {
		return nil, fmt.Errorf("prepare NATS: %w", err)
	}
	p := Prepared{Kind: "bucket", Name: wire.CalendarBucket, Result: Unchanged}
	if created {
		p.Result = Created
	}
	return []Prepared{p}, nil
}

// NATS prepares all that is kept there: the streams and the calendar. A problem with one
// does not hold the other up.
func NATS(ctx context.Context, js jetstream.JetStream) ([]Prepared, error) {
	streams, streamsErr := Streams(ctx, js)
	calendar, calendarErr := Calendar(ctx, js)
	return append(streams, calendar...), errors.Join(streamsErr, calendarErr)
}
