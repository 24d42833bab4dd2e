package systemtest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/releases"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestLanes runs what lanes remember and obey on one stack, by the command line where a
// person would.
func TestLanes(t *testing.T) {
	t.Parallel()
	shared := bring(t, stack.Config{})
	t.Cleanup(func() { end(t, shared) })
	for name, test := range map[string]func(*commandLine){
		"a terminated release":                 terminatedRelease,
		"a terminated release that was parked": terminatedWhileParked,
		"what was rolled back is denied":       rolledBackIsDenied,
		"hold and resume":                      holdAndResume,
		"a hotfix preempts":                    hotfixPreempts,
		"supersede and reject":                 supersedeAndReject,
		"continue as new":                      continueAsNew,
		"stop of the line":                     stopOfTheLine,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := enter(t, shared)
			test(&commandLine{house: h, binary: slipwayBinary(t)})
		})
	}
}

// ask publishes a request and follows the release.
func (h *house) ask(eventID string, s release.Spec) (string, *scenario.Events) {
	h.t.Helper()
	id, err := scenario.Request(h.ctx, h.JetStream, eventID, s)
	require.NoError(h.t, err)
	return id, h.follow(id)
}

// lane is what the command line shows of a lane.
func (c *commandLine) lane(app release.App) release.LaneState {
	c.t.Helper()
	var state release.LaneState
	require.NoError(c.t, json.Unmarshal([]byte(c.out(0, "lane", "get", app.SearchValue(), "-o", "json")), &state))
	return state
}

// terminatedRelease loses a release whose change order has ended: the rules it left off
// are put back, and the world is told.
func terminatedRelease(c *commandLine) {
	app := c.app()
	id, events := c.request(app, c.t.Name(), gray())
	c.until(events, release.EventBatchWaiting, 1)
	order := c.progress(id).ChangeID
	_, err := c.sae.AbortAndRollbackChangeOrder(c.ctx, &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: order})
	require.NoError(c.t, err)
	require.NoError(c.t, c.Client.TerminateWorkflow(c.ctx, release.WorkflowID(id), "", "by mistake"))
	p := c.until(events, release.EventAttention, 0)
	require.Contains(c.t, p.Reason, "release was lost")
	require.Contains(c.t, p.Reason, "scaling rules restored: office-hours")
	c.requireRulesAsBefore(app)
	_, next := c.request(app, c.t.Name()+"-next", all())
	c.until(next, release.EventSucceeded, 0)
}

// terminatedWhileParked loses a release whose change order waits for a person: nothing is
// guessed, the lane is held and says why.
func terminatedWhileParked(c *commandLine) {
	app := c.app()
	id, events := c.request(app, c.t.Name(), gray())
	c.until(events, release.EventBatchWaiting, 1)
	require.NoError(c.t, c.Client.TerminateWorkflow(c.ctx, release.WorkflowID(id), "", "by mistake"))
	p := c.until(events, release.EventAttention, 0)
	require.Contains(c.t, p.Reason, "scaling rules left off: office-hours")
	require.Eventually(c.t, func() bool { return c.lane(app).Held != nil }, patience, 100*time.Millisecond)
	require.Equal(c.t, id, c.lane(app).Held.ReleaseID)

	look := "slipway api sae DescribeChangeOrder ChangeOrderId=" + p.ChangeID + " --sae-region " + app.Region
	end := strings.Replace(look, "Describe", "Abort", 1)
	c.requireWaiting(app, id, release.NeedAttention, "slipway lane resume "+app.SearchValue())

	// Who resumes the lane without looking is told what the next release is behind.
	c.out(0, "lane", "resume", app.SearchValue(), "--by", "ann")
	behind, behindEvents := c.request(app, c.t.Name()+"-behind", all())
	c.until(behindEvents, release.EventStalled, 0)
	c.requireWaiting(app, behind, release.NeedOtherChange, look)
	require.Contains(c.t, c.out(0, "release", "get", behind), end, "to end a change that somebody else began is offered, and not needed")
	c.out(0, "release", "abort", behind, "--by", "ann", "--reason", "the change before it is wanted")
	c.until(behindEvents, release.EventAborted, 0)

	// A person decides: adopt the order with a new release.
	adopting := spec(app, all())
	adopting.Adopt = p.ChangeID
	adopted, adoptedEvents := c.ask(c.t.Name()+"-adopt", adopting)
	for batch := 1; batch <= 2; batch++ {
		c.until(adoptedEvents, release.EventBatchWaiting, batch)
		c.confirm(adopted, batch)
	}
	c.until(adoptedEvents, release.EventSucceeded, 0)
	require.Equal(c.t, []string{saeclient.CoTypeDeploy}, c.orders(app), "one change order for both")
	// What the lost release held was put back by the one that came next.
	c.requireRulesAsBefore(app)
	c.out(0, "scaling", "recover", "--release", id, "--wait", "--timeout", patience.String())
	c.requireRulesAsBefore(app)
}

func rolledBackIsDenied(c *commandLine) {
	app := c.app()
	_, err := c.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: app.ID})
	require.NoError(c.t, err)
	first := []string{"release", "submit", "-f", c.releaseFile(app, "{type: all}"), "--event-id", "first"}
	id := c.out(0, first...)
	c.until(c.follow(id), release.EventRolledBack, 0)
	require.Eventually(c.t, func() bool { return len(c.lane(app).Denied) == 1 }, patience, 100*time.Millisecond)

	_, again := c.request(app, c.t.Name()+"-again", all())
	p := c.until(again, release.EventFailed, 0)
	require.Contains(c.t, p.Reason, "refused: ")
	require.Contains(c.t, p.Reason, "was rolled back on ")
	require.Contains(c.t, p.Reason, id)
	require.Equal(c.t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, c.orders(app), "nothing was deployed again")

	allow := "slipway lane allow " + app.SearchValue() + " --artifact " + scenario.NewImage
	for _, args := range [][]string{
		{"release", "retry", id}, {"release", "submit", "-f", c.releaseFile(app, "{type: all}")}, {"deploy", app.SearchValue(), "--image", scenario.NewImage},
	} {
		require.Contains(c.t, c.errOut(7, args...), allow, "%v", args)
	}
	require.Equal(c.t, id, c.out(0, first...), "the same event asks for nothing new")

	c.out(0, "lane", "allow", app.SearchValue(), "--artifact", scenario.NewImage, "--by", "ann", "--reason", "the node was bad")
	_, third := c.request(app, c.t.Name()+"-third", all())
	c.until(third, release.EventSucceeded, 0)
	c.requireRulesAsBefore(app)
}

func holdAndResume(c *commandLine) {
	app := c.app()
	hold := []string{"lane", "hold", app.SearchValue(), "--by", "ann", "--reason", "database migration"}
	require.Contains(c.t, c.errOut(7, hold...), "Temporal remembers no release of this application")
	require.Nil(c.t, c.lane(app).Held)
	c.out(0, append(hold, "--force")...)
	c.out(0, "lane", "hold", app.SearchValue(), "--by", "ann", "--reason", "database migration")
	_, events := c.request(app, c.t.Name(), all())
	require.Equal(c.t, release.PhaseQueued, c.until(events, release.EventAccepted, 0).Phase)
	state := c.lane(app)
	require.Equal(c.t, "database migration", state.Held.Reason)
	require.Len(c.t, state.Waiting, 1)
	dropped, droppedEvents := c.request(app, c.t.Name()+"-dropped", all())
	c.until(droppedEvents, release.EventAccepted, 0)
	c.out(0, "lane", "drop", app.SearchValue(), dropped, "--by", "ann", "--reason", "not wanted")
	require.Contains(c.t, c.until(droppedEvents, release.EventAborted, 0).Reason, "not wanted")
	require.Empty(c.t, c.orders(app))
	c.out(0, "lane", "resume", app.SearchValue(), "--by", "ann")
	c.until(events, release.EventSucceeded, 0)
	require.Equal(c.t, []string{saeclient.CoTypeDeploy}, c.orders(app))
	hold[2] = app.SearchValue() + "0"
	require.Contains(c.t, c.errOut(7, hold...), "did you mean "+app.SearchValue())
}

func hotfixPreempts(c *commandLine) {
	app := c.app()
	_, events := c.request(app, c.t.Name(), gray())
	c.until(events, release.EventBatchWaiting, 1)
	_, waiting := c.request(app, c.t.Name()+"-waiting", all())
	c.until(waiting, release.EventAccepted, 0)
	hotfix := spec(app, all())
	hotfix.Artifact.Image, hotfix.Lane.Preempt = "registry.example/shop:hotfix", true
	_, hotfixEvents := c.ask(c.t.Name()+"-hotfix", hotfix)
	require.Contains(c.t, c.until(events, release.EventAborted, 0).Reason, "preempted by release")
	fixed := c.until(hotfixEvents, release.EventSucceeded, 0)
	last := c.until(waiting, release.EventSucceeded, 0)
	require.False(c.t, last.StartedAt.Before(fixed.EndedAt.Truncate(time.Second)), "the hotfix goes first")
	require.Len(c.t, c.orders(app), 3)
	c.requireRulesAsBefore(app)
}

func supersedeAndReject(c *commandLine) {
	app := c.app()
	running, events := c.request(app, c.t.Name(), gray())
	c.until(events, release.EventBatchWaiting, 1)
	_, old := c.request(app, c.t.Name()+"-old", all())
	c.until(old, release.EventAccepted, 0)
	newer := spec(app, all())
	newer.Lane.Policy = release.LaneSupersede
	_, newest := c.ask(c.t.Name()+"-new", newer)
	require.Contains(c.t, c.until(old, release.EventAborted, 0).Reason, "superseded by release")
	newer.Lane.Policy = release.LaneReject
	_, rejected := c.ask(c.t.Name()+"-rejected", newer)
	require.Contains(c.t, c.until(rejected, release.EventFailed, 0).Reason, "refused: ")
	require.NoError(c.t, scenario.Command(c.ctx, c.JetStream, running, release.Command{ID: running + "-abort", Kind: release.CommandAbort, By: "ann"}))
	c.until(newest, release.EventSucceeded, 0)
	require.Len(c.t, c.orders(app), 2)
}

// continueAsNew lets a lane continue as new after every second submission while a release
// is parked, and one more time before the line has gone.
func continueAsNew(c *commandLine) {
	app := c.app()
	lane, err := c.Client.ExecuteWorkflow(c.ctx, client.StartWorkflowOptions{
		ID: release.LaneID(app), TaskQueue: release.WorkflowTaskQueue,
	}, release.WorkflowLane, release.LaneInput{App: app, MaxUpdates: 2, Held: &release.Hold{By: "test", Reason: "until the line is there"}})
	require.NoError(c.t, err)
	firstRun := lane.GetRunID()
	first, firstEvents := c.request(app, c.t.Name(), gray())
	var rest []*scenario.Events
	for i := range 4 {
		_, events := c.request(app, fmt.Sprintf("%s-%d", c.t.Name(), i), all())
		c.until(events, release.EventAccepted, 0)
		rest = append(rest, events)
	}
	c.out(0, "lane", "resume", app.SearchValue(), "--by", "ann")
	for batch := 1; batch <= 2; batch++ {
		c.until(firstEvents, release.EventBatchWaiting, batch)
		c.confirm(first, batch)
	}
	_, _ = c.request(app, c.t.Name(), gray()) // the first event comes again
	ended := c.until(firstEvents, release.EventSucceeded, 0).EndedAt
	for _, events := range rest {
		p := c.until(events, release.EventSucceeded, 0)
		require.False(c.t, p.StartedAt.Before(ended.Truncate(time.Second)), "one at a time, in their order")
		ended = p.EndedAt
	}
	require.Len(c.t, c.orders(app), 5, "each release once")
	require.NoError(c.t, lane.Get(c.ctx, nil), "an idle lane ends")
	now, err := c.Client.DescribeWorkflowExecution(c.ctx, release.LaneID(app), "")
	require.NoError(c.t, err)
	require.NotEqual(c.t, firstRun, now.GetWorkflowExecutionInfo().GetExecution().GetRunId(), "it has continued as new")
	c.requireRulesAsBefore(app)
}

// stopOfTheLine freezes one application, and lets its release go on by lifting that.
func stopOfTheLine(c *commandLine) {
	app := c.app()
	name := "incident-" + app.ID[:8]
	c.out(0, "freeze", "stop", name, "--scope", app.SearchValue(), "--reason", "incident 7", "--by", "ops")
	id, events := c.request(app, c.t.Name(), all())
	p := c.until(events, release.EventPaused, 0)
	require.Equal(c.t, release.AwaitFreeze, p.Awaiting.Kind)
	require.Contains(c.t, p.Reason, "incident 7")
	require.Empty(c.t, c.orders(app))
	c.requireRulesAsBefore(app)
	c.requireWaiting(app, id, release.NeedFreeze, "slipway freeze lift "+name, "slipway release override "+id+" --reason ''")
	c.out(0, "freeze", "lift", name, "--by", "ops", "--reason", "mended")
	c.until(events, release.EventSucceeded, 0)
	require.Equal(c.t, []string{saeclient.CoTypeDeploy}, c.orders(app))
}

// requireWaiting requires that "slipway waiting" lists a release as what needs a person, with these
// commands among what may be done. What Temporal lists follows a moment later.
func (c *commandLine) requireWaiting(app release.App, id string, need release.NeedKind, commands ...string) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		var waiting []releases.Waiting
		require.NoError(c.t, json.Unmarshal([]byte(c.out(0, "waiting", "--app", app.SearchValue(), "-o", "json")), &waiting))
		i := slices.IndexFunc(waiting, func(w releases.Waiting) bool { return w.ID == id && w.Need == need })
		return i >= 0 && !slices.ContainsFunc(commands, func(command string) bool {
			return !slices.ContainsFunc(waiting[i].Next, func(s release.NextStep) bool { return s.Command == command })
		})
	}, patience, 100*time.Millisecond, "%s needs %s", id, need)
	table := c.out(0, "waiting", "--app", app.SearchValue())
	for _, command := range commands {
		require.Contains(c.t, table, command)
	}
}
