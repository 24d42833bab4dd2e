package systemtest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"slipway/devstack/bench"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/fcclient"
	"slipway/release"
	"slipway/saeclient"
	"slipway/servicestageclient"
	"slipway/wire"
)

// patience bounds every wait of a test. It is long because the machine may be slow;
// no test takes it when all is well.
const patience = 5 * time.Minute

// speed makes a batch of the simulator take a tenth of a second.
const speed = 20

// settle is short because nothing here stays at work after its connection is closed.
const settle = time.Second

// house is a stack with what the tests ask of it.
type house struct {
	*stack.Stack

	t   *testing.T
	ctx context.Context
	sae *saeclient.Client
	fc  *fcclient.Client
	ss  *servicestageclient.Client
}

// start brings a stack up for one test.
func start(t *testing.T, c stack.Config) *house {
	t.Helper()
	h := enter(t, bring(t, c))
	t.Cleanup(func() { end(t, h.Stack) })
	return h
}

// end closes a stack. Whatever a test has done, nothing that it sent to the platform was taken and
// did nothing: what the simulator has not got it refuses.
func end(t *testing.T, s *stack.Stack) {
	t.Helper()
	require.NoError(t, s.Close())
	require.Empty(t, s.Sim().Calls().Ignored, "parameters that the simulator took and that did nothing")
}

func bring(t *testing.T, c stack.Config) *stack.Stack {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c.Speed, c.Settle = speed, settle
	c.Log = zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)
	s, err := stack.Start(ctx, c)
	require.NoError(t, err)
	return s
}

// enter lets a test use a stack.
func enter(t *testing.T, s *stack.Stack) *house {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	sae, err := s.SAEClient()
	require.NoError(t, err)
	t.Cleanup(sae.CloseIdleConnections)
	fc, err := s.FCClient()
	require.NoError(t, err)
	t.Cleanup(fc.CloseIdleConnections)
	ss, err := s.ServiceStageClient()
	require.NoError(t, err)
	t.Cleanup(ss.CloseIdleConnections)
	return &house{Stack: s, t: t, ctx: ctx, sae: sae, fc: fc, ss: ss}
}

// app creates an application named after the test.
func (h *house) app() release.App {
	h.t.Helper()
	app, err := scenario.CreateApp(h.ctx, h.sae, h.name())
	require.NoError(h.t, err)
	return app
}

// name is one after the test, with a letter first.
func (h *house) name() string {
	h.t.Helper()
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(h.t.Name()))
	return "t" + name[max(0, len(name)-20):] + fmt.Sprint(time.Now().UnixNano()%100000)
}

// the strategies under test.
func all() release.Strategy { return release.Strategy{Type: release.StrategyAll} }

func batches() release.Strategy {
	return release.Strategy{Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmManual}
}

func gray() release.Strategy {
	return release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual}
}

// request publishes a request and follows the release.
func (h *house) request(app release.App, eventID string, st release.Strategy) (string, *scenario.Events) {
	h.t.Helper()
	id, err := scenario.Request(h.ctx, h.JetStream, eventID, spec(app, st))
	require.NoError(h.t, err)
	return id, h.follow(id)
}

func spec(app release.App, st release.Strategy) release.Spec {
	return release.Spec{App: app, Artifact: release.Artifact{Image: scenario.NewImage}, Strategy: st, RequestedBy: "systemtest"}
}

func (h *house) follow(id string) *scenario.Events {
	h.t.Helper()
	events, err := scenario.Follow(h.ctx, h.JetStream, id)
	require.NoError(h.t, err)
	h.t.Cleanup(events.Stop)
	return events
}

func (h *house) until(events *scenario.Events, kind release.EventKind, batch int) release.Progress {
	h.t.Helper()
	p, err := events.Until(h.ctx, kind, batch)
	require.NoError(h.t, err)
	return p
}

func (h *house) confirm(id string, batch int) {
	h.t.Helper()
	require.NoError(h.t, scenario.Command(h.ctx, h.JetStream, id, release.Command{
		ID: fmt.Sprintf("%s-confirm-%d", id, batch), Kind: release.CommandConfirm, Batch: batch, By: "ann",
	}))
}

// result waits for the release's own end.
func (h *house) result(id string) release.Progress {
	h.t.Helper()
	var p release.Progress
	require.NoError(h.t, h.Client.GetWorkflow(h.ctx, release.WorkflowID(id), "").Get(h.ctx, &p))
	return p
}

// progress asks a release where it stands. A question that takes as long as a client waits for an answer is put again: the machine
// is busy, or the worker that was to answer was killed.
func (h *house) progress(id string) release.Progress {
	h.t.Helper()
	value, err := h.Client.QueryWorkflow(h.ctx, release.WorkflowID(id), "", release.QueryProgress)
	for tookTooLong(err) && h.ctx.Err() == nil {
		value, err = h.Client.QueryWorkflow(h.ctx, release.WorkflowID(id), "", release.QueryProgress)
	}
	require.NoError(h.t, err)
	var p release.Progress
	require.NoError(h.t, value.Get(&p))
	return p
}

func tookTooLong(err error) bool {
	_, is := errors.AsType[*serviceerror.DeadlineExceeded](err)
	return is || errors.Is(err, context.DeadlineExceeded)
}

// history counts the events in the history of a release.
func (h *house) history(id string) int {
	h.t.Helper()
	history, err := bench.ReadHistory(h.ctx, h.Client, release.WorkflowID(id))
	require.NoError(h.t, err)
	return history.Events
}

// kindsInHistory counts each kind of event, to explain a number.
func (h *house) kindsInHistory(id string) map[string]int {
	h.t.Helper()
	history, err := bench.ReadHistory(h.ctx, h.Client, release.WorkflowID(id))
	require.NoError(h.t, err)
	return history.Kinds
}

// orders are the change orders of an application after its creation.
func (h *house) orders(app release.App) []string {
	var types []string
	for _, o := range h.Sim().Orders(app.ID) {
		if o.Type != saeclient.CoTypeCreateApp {
			types = append(types, o.Type)
		}
	}
	return types
}

// requireRulesAsBefore checks that the scaling rules are exactly what they were.
func (h *house) requireRulesAsBefore(app release.App) {
	h.t.Helper()
	rules, err := scenario.ReadRules(h.ctx, h.sae, app.ID)
	require.NoError(h.t, err)
	require.Equal(h.t, scenario.Rules(), rules)
}

// started reports whether Temporal knows the workflow of a release or a set.
func (h *house) started(id string) bool {
	h.t.Helper()
	_, err := h.Client.DescribeWorkflowExecution(h.ctx, release.CommandTargetID(id), "")
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return false
	}
	require.NoError(h.t, err)
	return true
}

// deadLetter waits for the dead letter of a message by its stream sequence.
func (h *house) deadLetter(sequence uint64) jetstream.Msg {
	h.t.Helper()
	consumer, err := h.JetStream.OrderedConsumer(h.ctx, wire.StreamDeadLetter, jetstream.OrderedConsumerConfig{})
	require.NoError(h.t, err)
	messages, err := consumer.Messages()
	require.NoError(h.t, err)
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(h.ctx))
		require.NoError(h.t, err)
		if msg.Headers().Get(wire.HeaderStreamSequence) == fmt.Sprint(sequence) {
			return msg
		}
	}
}

// slipwayBinary is the binary that runs as a process of its own.
func slipwayBinary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, path, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	return path
}
