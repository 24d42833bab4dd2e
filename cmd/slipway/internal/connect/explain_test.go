package connect_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/cmd/slipway/internal/connect"
)

// What libraries say is said in plain words, and nothing else is changed.
func TestExplain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"a time that is up":      {fmt.Errorf("read the calendar: %w", context.DeadlineExceeded), "read the calendar: no answer in time"},
		"NATS does not answer":   {nats.ErrTimeout, "NATS gave no answer in time"},
		"no JetStream":           {fmt.Errorf("stream X: %w; see: slipway doctor", nats.ErrNoResponders), "stream X: nobody on NATS takes the request: is JetStream enabled?; see: slipway doctor"},
		"JetStream":              {jetstream.ErrStreamNotFound, "JetStream refuses: stream not found (error 10059)"},
		"another of NATS":        {fmt.Errorf("publish: %w", nats.ErrBadSubject), "publish: NATS: invalid subject"},
		"no server":              {nats.ErrNoServers, "no server answers there"},
		"a login":                {nats.ErrAuthorization, "the server refuses the login"},
		"several":                {errors.Join(nats.ErrTimeout, context.DeadlineExceeded), "NATS gave no answer in time\nno answer in time"},
		"what a person has said": {errors.New(`the reason was "nats: timeout, context deadline exceeded"`), `the reason was "nats: timeout, context deadline exceeded"`},
		"quoted before an error": {fmt.Errorf("abort (nats: timeout): %w; see: nats: timeout.md", context.DeadlineExceeded), "abort (nats: timeout): no answer in time; see: nats: timeout.md"},
		"the same text before":   {fmt.Errorf("abort (nats: timeout): %w", nats.ErrTimeout), "abort (nats: timeout): NATS gave no answer in time"},
		"a remedy":               {errors.New("see what there is with: nats context ls"), "see what there is with: nats context ls"},

		"gRPC":                  {status.Error(codes.FailedPrecondition, "not now"), "not now (code FailedPrecondition)"},
		"gRPC without a reason": {fmt.Errorf("get: %w", status.Error(codes.Internal, "")), "get: the server gives no reason (code Internal)"},
		"gRPC in time":          {serviceerror.NewDeadlineExceeded("context deadline exceeded"), "no answer in time"},
		"a login of Temporal":   {status.Error(codes.Unauthenticated, "the token has expired"), "the server refuses the login: the token has expired"},
		"a right of Temporal":   {serviceerror.NewPermissionDenied("Request unauthorized.", ""), "Temporal denies this user a right: Request unauthorized."},
		"a server that is away": {
			serviceerror.NewUnavailable(`connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused"`),
			"connection refused: no server answers there",
		},
		"TLS": {
			serviceerror.NewUnavailable(`connection error: desc = "transport: authentication handshake failed: tls: bad certificate"`), "tls: bad certificate",
		},
		"no connection, and no reason": {serviceerror.NewUnavailable(""), "Temporal is not available"},
		"an error of Temporal":         {serviceerror.NewNotFound("workflow not found"), "workflow not found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, connect.Explain(c.err))
		})
	}
}
