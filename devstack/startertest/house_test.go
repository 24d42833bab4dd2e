package startertest_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/activities/releases"
	"slipway/apps"
	"slipway/authority"
	"slipway/authority/people"
	"slipway/devstack/embedded"
	"slipway/internal/metrictest"
	"slipway/ledger"
	"slipway/policy"
	"slipway/release"
	"slipway/starter"
	"slipway/wire"
	"slipway/workflows"
)

// patience bounds every wait of a test; none takes it when all is well.
const patience = 5 * time.Minute // a flood takes a slow machine two

// house is one NATS, one Temporal with a worker, and the starters of one test.
type house struct {
	t   *testing.T
	ctx context.Context

	nats     *embedded.NATS
	natsCfg  embedded.NATSConfig
	temporal *embedded.Temporal
	tempCfg  embedded.TemporalConfig
	js       jetstream.JetStream
	client   client.Client
}

// newHouse starts both servers and a worker, and prepares the streams.
func newHouse(t *testing.T, lane any) *house {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	h := &house{t: t, ctx: ctx}
	h.natsCfg.DataDir, h.tempCfg.DataDir = t.TempDir(), t.TempDir()
	h.tempCfg.Keywords = release.SearchNames()
	h.startNATS()
	h.startTemporal()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, errors.Join(h.nats.Close(), h.temporal.Close()))
	})
	// The servers come back on the same addresses.
	h.tempCfg.Addr = h.temporal.Addr()
	h.natsCfg.Addr = h.nats.URL()[len("nats://"):]

	conn, err := nats.Connect(h.nats.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	h.js, err = jetstream.New(conn)
	require.NoError(t, err)
	require.NoError(t, wire.EnsureStreams(ctx, h.js, wire.Storage{}))
	require.NoError(t, ledger.EnsureLedger(ctx, h.js, ledger.Config{}))
	require.NoError(t, apps.Ensure(ctx, h.js, 0))
	require.NoError(t, authority.Ensure(ctx, h.js, 0))
	require.NoError(t, people.Ensure(ctx, h.js, 0))
	require.NoError(t, policy.Ensure(ctx, h.js, 0))

	h.client, err = client.Dial(client.Options{HostPort: h.temporal.Addr(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	t.Cleanup(h.client.Close)
	h.work(lane)
	return h
}

func (h *house) startNATS() {
	h.t.Helper()
	var err error
	h.nats, err = embedded.StartNATS(h.ctx, h.natsCfg)
	require.NoError(h.t, err)
}

func (h *house) startTemporal() {
	h.t.Helper()
	var err error
	h.temporal, err = embedded.StartTemporal(h.ctx, h.tempCfg)
	require.NoError(h.t, err)
}

// work runs a worker with the lane, the activities that it asks, and a release that only listens.
func (h *house) work(lane any) {
	h.t.Helper()
	w := worker.New(h.client, release.WorkflowTaskQueue, worker.Options{})
	looks, err := releases.New(h.client, ledger.New(h.js))
	require.NoError(h.t, err)
	looks.Register(w)
	w.RegisterWorkflowWithOptions(lane, workflow.RegisterOptions{Name: release.WorkflowLane})
	w.RegisterWorkflowWithOptions(listen, workflow.RegisterOptions{Name: release.WorkflowDeploy})
	w.RegisterActivityWithOptions(func(ctx context.Context, p release.Progress) error {
		return ledger.New(h.js).Update(ctx, ledger.Report{Progress: p, Transition: p.Transition})
	}, activity.RegisterOptions{Name: activityTell})
	require.NoError(h.t, w.Start())
	h.t.Cleanup(w.Stop)
}

// activityTell tells the ledger where a release stands.
const activityTell = "tell"

// listen is a release that a person has paused. It ends at a command to abort, with the command as result, and
// tells the ledger so before.
func listen(ctx workflow.Context, r release.Request) (release.Command, error) {
	var c release.Command
	if err := workflow.SetQueryHandler(ctx, release.QueryProgress, func() (release.Progress, error) {
		return release.Progress{Phase: release.PhasePreparing, Paused: true}, nil
	}); err != nil {
		return c, err
	}
	workflow.GetSignalChannel(ctx, string(release.CommandAbort)).Receive(ctx, &c)
	end := release.Progress{
		ReleaseID: r.ID, App: r.Spec.App, Phase: release.PhaseAborted, Outcome: release.PhaseAborted, Transition: 1,
		Decisions: []release.Decision{{Kind: c.Kind, ID: c.ID, By: c.By}},
	}
	return c, workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute}), activityTell, end).Get(ctx, nil)
}

// ready asks a starter whether it is ready, with the patience of a probe.
func (h *house) ready(s *starter.Starter) error {
	ctx, cancel := context.WithTimeout(h.ctx, 2*time.Second)
	defer cancel()
	return s.Ready(ctx)
}

func (h *house) untilReady(s *starter.Starter) {
	h.t.Helper()
	h.until("the starter to be ready", func() bool { return h.ready(s) == nil })
}

// running is a starter at work.
type running struct {
	*starter.Starter

	metrics *prometheus.Registry
	stop    func() error
}

// bare runs a starter that ends by itself.
func (h *house) bare() (*starter.Starter, <-chan error) {
	h.t.Helper()
	s, err := starter.New(starter.Config{}, starter.Dependencies{
		JetStream: h.js, Temporal: h.client, Ledger: ledger.New(h.js), Authority: authority.NewStore(h.js), Metrics: prometheus.NewRegistry(), Logger: zerolog.Nop(),
	})
	require.NoError(h.t, err)
	done := make(chan error, 1)
	go func() { done <- s.Run(h.ctx) }()
	return s, done
}

// starter runs a starter until the test ends or it is stopped.
func (h *house) starter(cfg starter.Config) *running {
	h.t.Helper()
	return h.starterWith(cfg, func(*starter.Dependencies) {})
}

// starterWith runs a starter with other dependencies.
func (h *house) starterWith(cfg starter.Config, change func(*starter.Dependencies)) *running {
	h.t.Helper()
	cfg.RetryDelay, cfg.MaxRetryDelay = cmp.Or(cfg.RetryDelay, 50*time.Millisecond), cmp.Or(cfg.MaxRetryDelay, 200*time.Millisecond)
	registry := prometheus.NewRegistry()
	d := starter.Dependencies{
		JetStream: h.js, Temporal: h.client, Ledger: ledger.New(h.js), Authority: authority.NewStore(h.js), Metrics: registry,
		Logger: zerolog.New(zerolog.NewTestWriter(h.t)).Level(zerolog.ErrorLevel),
	}
	change(&d)
	s, err := starter.New(cfg, d)
	require.NoError(h.t, err)
	ctx, cancel := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	r := &running{Starter: s, metrics: registry, stop: sync.OnceValue(func() error {
		cancel()
		return <-done
	})}
	h.t.Cleanup(func() { require.NoError(h.t, r.stop()) })
	return r
}

// count returns the value of a counter of messages.
func (r *running) count(t *testing.T, kind, result string) int {
	t.Helper()
	return int(metrictest.Values(t, r.metrics)["slipway_starter_messages_total "+kind+" "+result])
}

// counted makes sure that starters have counted so many requests together. They count right after the
// server knows how a message has ended.
func (h *house) counted(want int, result string, by ...*running) {
	h.t.Helper()
	counted := 0
	h.until("the count", func() bool {
		counted = 0
		for _, r := range by {
			counted += r.count(h.t, "request", result)
		}
		return counted >= want
	})
	require.Equal(h.t, want, counted)
}

// natsMsg is a message of a stream as a subscriber gets it.
func natsMsg(m *jetstream.RawStreamMsg) *nats.Msg {
	return &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data}
}

func app(id string) release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: id}
}

func spec(id string) release.Spec {
	return release.Spec{App: app(id), Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"}}
}

// request publishes a request and returns the ID of its release.
func (h *house) request(eventID string, s release.Spec) string {
	h.t.Helper()
	msg, err := wire.EncodeRequest(wire.Origin{Source: "ci", ID: eventID}, s)
	require.NoError(h.t, err)
	h.publish(msg)
	return release.ID(s.App, "ci", eventID)
}

// command publishes a command.
func (h *house) command(eventID, releaseID string, c release.Command) {
	h.t.Helper()
	msg, err := wire.EncodeCommand(wire.Origin{Source: "ci", ID: eventID}, releaseID, c)
	require.NoError(h.t, err)
	h.publish(msg)
}

func (h *house) publish(msg *nats.Msg) {
	h.t.Helper()
	_, err := h.js.PublishMsg(h.ctx, msg)
	require.NoError(h.t, err)
}

// until waits for a condition.
func (h *house) until(what string, holds func() bool) {
	h.t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-h.ctx.Done():
			require.Fail(h.t, "waited in vain for "+what)
		}
	}
}

// messages returns how many messages a stream holds.
func (h *house) messages(stream string) uint64 {
	h.t.Helper()
	s, err := h.js.Stream(h.ctx, stream)
	require.NoError(h.t, err)
	return s.CachedInfo().State.Msgs
}

// untilTaken waits until every message has found its end.
func (h *house) untilTaken() {
	h.t.Helper()
	h.until("an empty stream", func() bool { return h.messages(wire.StreamIn) == 0 })
}

// noDeadLetters requires that nothing was dead-lettered, and tells of the last that was.
func (h *house) noDeadLetters() {
	h.t.Helper()
	s, err := h.js.Stream(h.ctx, wire.StreamDeadLetter)
	require.NoError(h.t, err)
	state := s.CachedInfo().State
	if state.Msgs == 0 {
		return
	}
	letter, err := s.GetMsg(h.ctx, state.LastSeq)
	require.NoError(h.t, err)
	require.Zero(h.t, state.Msgs, "the last on %s: %s", letter.Subject, letter.Header.Get(wire.HeaderReason))
}

// deadLetter waits for the dead letter of a subject.
func (h *house) deadLetter(subject string) *jetstream.RawStreamMsg {
	h.t.Helper()
	var letter *jetstream.RawStreamMsg
	h.until("a dead letter", func() bool {
		s, err := h.js.Stream(h.ctx, wire.StreamDeadLetter)
		require.NoError(h.t, err)
		letter, err = s.GetLastMsgForSubject(h.ctx, wire.DeadLetterSubject(subject))
		if !errors.Is(err, jetstream.ErrMsgNotFound) {
			require.NoError(h.t, err)
		}
		return err == nil
	})
	return letter
}

// lane asks an application's lane what runs and waits in it.
func (h *house) lane(id string) release.LaneState {
	h.t.Helper()
	value, err := h.client.QueryWorkflow(h.ctx, release.LaneID(app(id)), "", release.QueryLane)
	require.NoError(h.t, err)
	var state release.LaneState
	require.NoError(h.t, value.Get(&state))
	return state
}

// status returns how the workflow of a release stands; unspecified when there is none.
func (h *house) status(releaseID string) enumspb.WorkflowExecutionStatus {
	h.t.Helper()
	d, err := h.client.DescribeWorkflowExecution(h.ctx, release.WorkflowID(releaseID), "")
	if err != nil {
		return enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED
	}
	return d.GetWorkflowExecutionInfo().GetStatus()
}

// updates counts the accepted updates in the history of the lane of shop.
func (h *house) updates() int {
	h.t.Helper()
	n := 0
	events := h.client.GetWorkflowHistory(h.ctx, release.LaneID(app("shop")), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(h.t, err)
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED {
			n++
		}
	}
	return n
}

// realLane is the lane that is shipped.
func realLane() any { return workflows.Lane }
