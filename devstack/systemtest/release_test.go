package systemtest_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/ledger"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/wire"
)

// TestReleases runs what needs no server to die on one stack.
func TestReleases(t *testing.T) {
	t.Parallel()
	shared := bring(t, stack.Config{})
	t.Cleanup(func() { end(t, shared) })
	for name, test := range map[string]func(*house){
		"deploy":                          deploy,
		"gray with confirmations":         grayWithConfirmations,
		"same event five times":           sameEventFiveTimes,
		"rollback after a failing batch":  rollbackAfterFailingBatch,
		"abort while parked":              abortWhileParked,
		"two releases of one application": twoReleasesOfOneApplication,
		"garbage":                         garbage,
		"a spec full of problems":         specFullOfProblems,
		"a command to nobody":             commandToNobody,
		"lost answers":                    lostAnswers,
		"gray instances are asked":        grayInstancesAreAsked,
		"a gray instance answers 500":     grayInstanceThatAnswers500,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(enter(t, shared))
		})
	}
}

func deploy(h *house) {
	app := h.app()
	id, events := h.request(app, h.t.Name(), all())
	p := h.until(events, release.EventSucceeded, 0)
	require.Equal(h.t, release.PhaseSucceeded, p.Outcome)
	require.Equal(h.t, []string{saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
	require.Equal(h.t, p.Phase, h.result(id).Phase, "the last event tells what the workflow answers")
	h.requireRemembered(app, id)
}

// requireRemembered checks what the ledger has of a release that has succeeded; its workflow
// ends once the ledger was told.
func (h *house) requireRemembered(app release.App, id string) {
	h.t.Helper()
	r, err := ledger.New(h.JetStream).GetOf(h.ctx, app, id)
	require.NoError(h.t, err)
	require.Equal(h.t, release.PhaseSucceeded, r.Outcome)
	require.Equal(h.t, scenario.NewImage, r.Artifact.Image)
	require.Equal(h.t, "systemtest", r.RequestedBy)
	require.Equal(h.t, ledger.Identity{Source: scenario.Source, EventID: h.t.Name(), Digest: spec(app, all()).Digest()}, r.Identity)
	require.True(h.t, r.Accepted)
	require.NotEmpty(h.t, r.Progress.ScalingRules)
	for _, rule := range r.Progress.ScalingRules {
		require.True(h.t, rule.Restored, rule.Name)
	}
	require.True(h.t, r.Held.Empty())
}

func grayWithConfirmations(h *house) {
	app := h.app()
	id, events := h.request(app, h.t.Name(), gray())
	for batch := 1; batch <= 2; batch++ {
		h.until(events, release.EventBatchWaiting, batch)
		h.confirm(id, batch)
	}
	p := h.until(events, release.EventSucceeded, 0)
	require.Len(h.t, p.Decisions, 2)
	require.Equal(h.t, "event", p.Decisions[0].Via)
	require.Equal(h.t, []string{saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
}

func sameEventFiveTimes(h *house) {
	app := h.app()
	var sequences []uint64
	for range 5 {
		sequences = append(sequences, h.again(h.t.Name(), spec(app, all())))
	}
	require.Len(h.t, sequences, 5)
	id := release.ID(app, scenario.Source, h.t.Name())
	h.until(h.follow(id), release.EventSucceeded, 0)
	// A later release of the same application can only begin after the five were handled.
	_, next := h.request(app, h.t.Name()+"-next", all())
	h.until(next, release.EventSucceeded, 0)
	require.Equal(h.t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, h.orders(app), "five messages, one release; and the next one")
	h.requireRulesAsBefore(app)
}

// again publishes a request so that JetStream cannot report whether it is the same message: all
// reach the starter.
func (h *house) again(eventID string, asked release.Spec) (sequence uint64) {
	h.t.Helper()
	msg, err := wire.EncodeRequest(wire.Origin{Source: scenario.Source, ID: eventID}, asked)
	require.NoError(h.t, err)
	return h.send(msg)
}

// send publishes a message without what JetStream knows it by.
func (h *house) send(msg *nats.Msg) (sequence uint64) {
	h.t.Helper()
	msg.Header.Del(nats.MsgIdHdr)
	ack, err := h.JetStream.PublishMsg(h.ctx, msg)
	require.NoError(h.t, err)
	return ack.Sequence
}

func rollbackAfterFailingBatch(h *house) {
	app := h.app()
	_, err := h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: app.ID})
	require.NoError(h.t, err)
	_, events := h.request(app, h.t.Name(), all())
	h.until(events, release.EventRollingBack, 0)
	p := h.until(events, release.EventRolledBack, 0)
	require.Equal(h.t, scenario.OldImage, p.RollbackTo.Artifact.Image)
	require.Equal(h.t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, h.orders(app))
	h.requireRulesAsBefore(app)

	grayApp := h.app()
	_, err = h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: grayApp.ID})
	require.NoError(h.t, err)
	_, events = h.request(grayApp, h.t.Name()+"-gray", gray())
	h.until(events, release.EventRolledBack, 0)
	require.Equal(h.t, []string{saeclient.CoTypeDeploy}, h.orders(grayApp), "a failed gray release is rolled back by the platform")
	h.requireRulesAsBefore(grayApp)
}

func abortWhileParked(h *house) {
	app := h.app()
	id, events := h.request(app, h.t.Name(), gray())
	h.until(events, release.EventBatchWaiting, 1)
	require.NoError(h.t, scenario.Command(h.ctx, h.JetStream, id, release.Command{
		ID: id + "-abort", Kind: release.CommandAbort, By: "ann", Reason: "errors doubled",
	}))
	p := h.until(events, release.EventAborted, 0)
	require.Equal(h.t, "aborted by ann: errors doubled", p.Reason)
	require.Equal(h.t, []string{saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
}

func twoReleasesOfOneApplication(h *house) {
	app := h.app()
	first, firstEvents := h.request(app, h.t.Name()+"-1", gray())
	h.until(firstEvents, release.EventBatchWaiting, 1)
	_, secondEvents := h.request(app, h.t.Name()+"-2", all())
	p := h.until(secondEvents, release.EventAccepted, 0)
	require.Equal(h.t, release.PhaseQueued, p.Phase)
	require.Len(h.t, h.orders(app), 1, "the second waits for its turn")
	for batch := 1; batch <= 2; batch++ {
		if batch > 1 {
			h.until(firstEvents, release.EventBatchWaiting, batch)
		}
		h.confirm(first, batch)
	}
	h.until(firstEvents, release.EventSucceeded, 0)
	h.until(secondEvents, release.EventSucceeded, 0)
	require.Equal(h.t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
}

func garbage(h *house) {
	subject := wire.RequestSubject(release.App{Platform: release.PlatformSAE, Region: saesim.DefaultRegion, ID: "garbage"})
	ack, err := h.JetStream.Publish(h.ctx, subject, []byte("\x00not an event"))
	require.NoError(h.t, err)
	letter := h.deadLetter(ack.Sequence)
	require.Equal(h.t, []byte("\x00not an event"), letter.Data(), "the original bytes are kept")
	require.NotEmpty(h.t, letter.Headers().Get(wire.HeaderReason))
	require.Equal(h.t, wire.DeadLetterSubject(subject), letter.Subject())
}

func specFullOfProblems(h *house) {
	bad := spec(release.App{Platform: release.PlatformSAE, Region: "nowhere", ID: "a-1"}, release.Strategy{Type: release.StrategyGray, Gray: -1})
	msg, err := wire.EncodeRequest(wire.Origin{Source: scenario.Source, ID: h.t.Name()}, bad)
	require.NoError(h.t, err)
	ack, err := h.JetStream.PublishMsg(h.ctx, msg)
	require.NoError(h.t, err)
	letter := h.deadLetter(ack.Sequence)
	reason := letter.Headers().Get(wire.HeaderReason)
	require.Contains(h.t, reason, "app.region")
	require.Contains(h.t, reason, "strategy.gray")
	require.False(h.t, h.started(release.ID(bad.App, scenario.Source, h.t.Name())))
}

func commandToNobody(h *house) {
	msg, err := wire.EncodeCommand(wire.Origin{Source: scenario.Source, ID: h.t.Name()}, "r-aaaaaaaaaaaaaaaa", release.Command{
		Kind: release.CommandConfirm, Batch: 1, By: "ann",
	})
	require.NoError(h.t, err)
	ack, err := h.JetStream.PublishMsg(h.ctx, msg)
	require.NoError(h.t, err)
	require.Contains(h.t, h.deadLetter(ack.Sequence).Headers().Get(wire.HeaderReason), "r-aaaaaaaaaaaaaaaa")
}

func lostAnswers(h *house) {
	app := h.app()
	for _, operation := range []string{"DeployApplication", "ConfirmPipelineBatch", "EnableApplicationScalingRule", "DisableApplicationScalingRule"} {
		_, err := h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: operation, AppID: app.ID})
		require.NoError(h.t, err)
	}
	id, events := h.request(app, h.t.Name(), gray())
	for batch := 1; batch <= 2; batch++ {
		h.until(events, release.EventBatchWaiting, batch)
		h.confirm(id, batch)
	}
	h.until(events, release.EventSucceeded, 0)
	require.Equal(h.t, []string{saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
}
