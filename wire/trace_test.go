package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

func TestTrace_IsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	e := release.Event{ID: "r-1.1.accepted", Kind: release.EventAccepted, Progress: release.Progress{
		ReleaseID: "r-1", App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"},
	}}
	for name, c := range map[string]struct{ written, read wire.Trace }{
		"both":          {wire.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "a=b"}, wire.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "a=b"}},
		"none":          {},
		"a state alone": {wire.Trace{State: "a=b"}, wire.Trace{}},
		"too long":      {wire.Trace{Parent: strings.Repeat("0", 1025)}, wire.Trace{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			msg, err := wire.EncodeTracedEvent(e, time.Unix(1, 0), c.written)
			require.NoError(t, err)
			require.Equal(t, c.read, wire.TraceOf(msg))
			again, err := wire.DecodeEvent(msg)
			require.NoError(t, err, "the trace of an event is no reason to refuse it")
			require.Equal(t, "r-1", again.Progress.ReleaseID)
		})
	}
	require.Equal(t, wire.Trace{}, wire.TraceOf(&nats.Msg{Data: []byte("no event")}))
}
