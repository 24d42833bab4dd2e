package systemtest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/audit"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/wire"
)

// TestAudit_WhatPeopleDo does what people do, by events, by the command line and past it, and each of it is one entry.
func TestAudit_WhatPeopleDo(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	app := h.app()
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	lane := app.SearchValue()
	cli.out(0, "lane", "hold", lane, "--by", "li", "--reason", "incident 7", "--force")
	cli.out(0, "freeze", "stop", "night", "--scope", "fc", "--reason", "we sleep", "--by", "ann")
	cli.out(0, "freeze", "lift", "night", "--by", "ann", "--reason", "we are up")
	id, events := h.request(app, t.Name(), gray())
	cli.out(0, "lane", "resume", lane, "--by", "li", "--reason", "it is over")
	h.until(events, release.EventBatchWaiting, 1)
	_, err := h.JetStream.PublishMsg(h.ctx, &nats.Msg{Subject: wire.CommandSubject(id), Data: []byte("garbage")})
	require.NoError(t, err)
	require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, release.Command{Kind: release.CommandConfirm, Batch: 7, By: "mei", ID: "wrong"}))
	h.until(events, release.EventDecided, 0)
	cli.out(0, "release", "override", id, "--by", "li", "--reason", "it must go on")
	cli.out(0, "release", "abort", id, "--by", "ann", "--reason", "errors")
	h.until(events, release.EventAborted, 0)
	cli.out(0, "deadletter", "drop", "--kind", "command", "--yes", "--by", "mei")

	var lines []string
	seen := func() bool {
		var found []audit.Entry
		require.NoError(t, json.Unmarshal([]byte(cli.out(0, "audit", "--since", "1h", "-o", "json")), &found))
		lines = nil
		for _, e := range found {
			refused := ""
			if e.Refused != "" {
				refused = " refused"
			}
			lines = append(lines, fmt.Sprintf("%s by %s via %s%s", e.Action, e.By, e.Via, refused))
		}
		return len(found) >= 11
	}
	require.Eventually(t, seen, time.Minute, 100*time.Millisecond)
	require.ElementsMatch(t, []string{
		"hold by li via update", "unhold by li via update", "freeze by ann via document", "freeze by ann via document", "request by systemtest via ",
		"refuse by  via event refused", "confirm by mei via event refused", "override by li via update", "abort by ann via update", "end by slipway via ",
		"drop by mei via ",
	}, lines)
	require.Contains(t, cli.out(0, "audit", "--app", lane, "--action", "hold", "-o", "wide"), "incident 7")
	require.Contains(t, cli.out(0, "audit", "--who", "ann", "--action", "freeze", "--diff"), "we sleep")
	require.Empty(t, cli.out(0, "audit", "--who", "nobody"))
	cli.errOut(2, "audit", "--action", "dance")
	cli.errOut(2, "audit", "--until", "2h", "--since", "1h")
	cli.errOut(2, "audit", "--follow", "--until", "1h")
	require.Contains(t, cli.errOut(1, "audit", "--nats-url", "nats://127.0.0.1:1"), "connect to NATS")
}
