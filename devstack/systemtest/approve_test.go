package systemtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/releases"
	"slipway/saeclient"
)

// TestApproval_TwoPeopleApproveAcrossOutages lets two people approve a release: the first while no worker
// runs, the second while the worker does not reach NATS. Whoever asked, a third person, and one who means
// another artifact or another configuration are refused, and nothing is changed before the second has said so.
func TestApproval_TwoPeopleApproveAcrossOutages(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	env := h.Env()
	nats := proxyTo(t, strings.TrimPrefix(h.NATS(), "nats://"))
	env["NATS_URL"] = "nats://" + nats.addr
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: env, Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	app := h.app()
	asked := spec(app, all())
	asked.Config = &release.Config{Variables: []release.Variable{{Name: "LOG_LEVEL", Value: new("debug")}}}
	asked.Approval = &release.Approval{Count: 2, From: []string{"ann", "li", "mei", "systemtest"}, NotRequester: true}
	id, err := scenario.Request(h.ctx, h.JetStream, t.Name(), asked)
	require.NoError(t, err)
	events := h.follow(id)
	waits := h.until(events, release.EventApprovalWaiting, 0)
	require.Equal(t, release.PhaseAwaitingApproval, waits.Phase)
	untouched := func() {
		require.Empty(t, h.orders(app))
		h.requireRulesAsBefore(app)
	}
	untouched()

	require.NoError(t, worker.Kill())
	say := func(by, what string, change func(*release.Command)) {
		c := waits.Deciding(release.CommandApprove)
		c.ID, c.By = id+by+what, by
		if change != nil {
			change(&c)
		}
		require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, c))
	}
	say("systemtest", "", nil)
	say("li", "artifact", func(c *release.Command) { c.Artifact = scenario.OldImage })
	say("li", "config", func(c *release.Command) { c.Config = "sha256:0123456789ab" })
	say("ann", "", nil)
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	given := h.until(events, release.EventApprovalGiven, 0)
	require.Equal(t, "ann", given.Approval.Names())
	untouched()

	nats.setCut(true)
	c := releases.New(h.Client)
	second := waits.Deciding(release.CommandApprove)
	second.ID, second.By = "li", "li"
	answer, err := c.SendCommand(h.ctx, id, second)
	require.NoError(t, err)
	require.True(t, answer.Approval.Granted())
	third := second
	third.ID, third.By = "mei", "mei"
	_, err = c.SendCommand(h.ctx, id, third)
	require.ErrorContains(t, err, "approved already, by ann, li")
	nats.setCut(false)

	granted := h.until(events, release.EventApprovalGranted, 0)
	require.Len(t, granted.Approval.Given, 2)
	p := h.until(events, release.EventSucceeded, 0)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
	var counted, refused []string
	for _, d := range p.Decisions {
		if d.Refused == "" {
			counted = append(counted, d.By+" by "+d.Via)
		} else {
			refused = append(refused, d.Refused)
		}
	}
	require.Equal(t, []string{"ann by event", "li by update"}, counted)
	require.Contains(t, refused[0], "has asked for the release, and may not approve it")
	require.Contains(t, refused[1], "about another artifact")
	require.Contains(t, refused[2], "about another configuration")
	require.EventuallyWithT(t, func(t *assert.CollectT) { // a busy server answers late
		_, err := c.SendCommand(h.ctx, id, third)
		require.ErrorContains(t, err, "ended")
	}, patience, 50*time.Millisecond)
	require.NoError(t, worker.Stop())
}

// TestApproval_CommandLine approves the release and rejects its first batch by the command line.
func TestApproval_CommandLine(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	app := h.app()
	asked := spec(app, gray())
	asked.Approval = &release.Approval{Within: release.Duration(time.Hour)}
	asked.Strategy.Approval = &release.Approval{From: []string{"ann"}}
	id, err := scenario.Request(h.ctx, h.JetStream, t.Name(), asked)
	require.NoError(t, err)
	events := h.follow(id)
	h.until(events, release.EventApprovalWaiting, 0)
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	waiting := cli.out(0, "waiting")
	require.Contains(t, waiting, "approval by 1 person; nobody has approved yet")
	require.Contains(t, waiting, "slipway release approve "+id)
	cli.errOut(7, "release", "approve", id, "--by", "ann", "--artifact", scenario.OldImage)
	cli.errOut(2, "release", "reject", id, "--by", "ann")
	cli.errOut(7, "release", "confirm", id, "--by", "ann")
	cli.out(0, "release", "approve", id, "--by", "ann", "--note", "tested in staging")
	h.until(events, release.EventApprovalWaiting, 1)
	require.Contains(t, cli.out(0, "release", "get", id), "batch 1: ann; nobody has approved yet")
	cli.errOut(7, "release", "reject", id, "--by", "li", "--batch", "1", "--reason", "no")
	cli.out(0, "release", "reject", id, "--by", "ann", "--batch", "1", "--reason", "orders are lost")
	p := h.until(events, release.EventAborted, 0)
	require.Contains(t, p.Reason, "rejected by ann: orders are lost")
	h.requireRulesAsBefore(app)
}
