package cli

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// What libraries say is told in plain words, and nothing else is changed.
func TestMessage_PlainWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"a time that is up":    {fmt.Errorf("read the calendar: %w", context.DeadlineExceeded), "read the calendar: no answer in time"},
		"NATS does not answer": {nats.ErrTimeout, "NATS gave no answer in time"},
		"no JetStream":         {fmt.Errorf("stream X: %w; see: slipway doctor", nats.ErrNoResponders), "stream X: nobody on NATS takes the request: is JetStream enabled?; see: slipway doctor"},
		"JetStream":            {jetstream.ErrStreamNotFound, "JetStream refuses: code=404 err_code=10059 description=stream not found"},
		"another of NATS":      {errors.New("nats: invalid subject"), "NATS: invalid subject"},
		"gRPC":                 {errors.New("rpc error: code = Unavailable desc = no connection"), "no connection"},
		"its own words":        {errors.New("see what there is with: nats context ls\nsecond"), "see what there is with: nats context ls\n  second"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, message(c.err))
		})
	}
}
