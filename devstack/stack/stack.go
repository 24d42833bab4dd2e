// Package stack runs all of Slipway in one process: the Temporal server, the NATS
// server, the simulators of SAE, Function Compute and ServiceStage, and on wish the worker and the starter, wired together and
// ready when [Start] returns.
//
// Whatever is left out can run as a process of its own: [Stack.Env] is the environment
// it needs to join.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"slipway/console/link"
	"slipway/devstack/embedded"
	"slipway/fcsim"
	"slipway/internal/tracing"
	"slipway/notify"
	"slipway/payload"
	"slipway/release"
	"slipway/saesim"
	"slipway/servicestagesim"
	"slipway/setup"
)

// Namespace is the Temporal namespace of the stack.
const Namespace = "default"

// shutdownTimeout bounds how long the simulator's listener drains at the end.
const shutdownTimeout = 5 * time.Second

// Config says what runs where. The zero value is everything, in memory, on free ports.
type Config struct {
	// DataDir keeps the state of all servers between runs; empty keeps nothing.
	DataDir string
	// TemporalDir keeps the state of Temporal alone, in a file instead of memory; empty keeps it as DataDir says.
	TemporalDir string
	// PostgreSQL keeps the state of Temporal instead; nil is SQLite.
	PostgreSQL *embedded.PostgreSQL
	// TemporalAddr, NATSAddr, SAEAddr, FCAddr, ServiceStageAddr, MonitorAddr and UIAddr are loopback host:port addresses;
	// empty or port 0 is any free one. Without UIAddr there is no Temporal UI.
	TemporalAddr, NATSAddr, SAEAddr, FCAddr, ServiceStageAddr, MonitorAddr, UIAddr string
	// NATSUsers are who may connect to NATS, and what they may do there. The first is the stack's own, which may
	// everything. Without them everybody may.
	NATSUsers []*server.User
	// WithoutWorker, WithoutStarter and WithoutConsole leave that role to another process.
	WithoutWorker, WithoutStarter, WithoutConsole bool
	// WithoutSetup leaves to others what `slipway setup` does.
	WithoutSetup bool
	// HooksAddr is where the console takes webhooks, a loopback host:port; empty or port 0 is any free one.
	HooksAddr string
	// ConsoleAddr is where the console serves people and programs, a loopback host:port; empty or port 0 is any free one.
	ConsoleAddr string
	// Speed is how many seconds pass for the simulators in one second; default 1, at which
	// a batch of SAE takes about two seconds.
	Speed float64
	// Seed makes the IDs and faults of the simulators repeatable.
	Seed uint64
	// Demo creates applications to play with, unless the data directory has some, and serves
	// what the gates of the examples ask, see [Stack.Monitor].
	Demo bool
	// Notifications has a notifier tell channels of what happens; nil has none.
	Notifications *notify.Document
	// CDEvents has the worker publish CDEvents, too.
	CDEvents bool
	// Settle is the worker's settle delay after a lost answer; default the worker's own.
	Settle time.Duration
	// PayloadKeys is a directory of keys, and PayloadKey the one that encrypts what Temporal
	// keeps; empty encrypts nothing.
	PayloadKeys, PayloadKey string
	// Tracing tells of releases; nil tells nothing.
	Tracing *tracing.Tracing
	// Log receives the roles' lines and the servers' warnings.
	Log zerolog.Logger
}

// Stack is everything, running.
type Stack struct {
	config   Config
	temporal *embedded.Temporal
	nats     *embedded.NATS
	sim      *saesim.Simulator
	sae      string
	fcSim    *fcsim.Simulator
	fc       string
	ssSim    *servicestagesim.Simulator
	ss       string
	monitor  string
	hooks    Hooks
	console  Console
	// links signs the links of messages, and verifies them where they lead.
	links *link.Signer
	data  converter.DataConverter

	// Client and JetStream are connections for the caller's own use.
	Client    client.Client
	JetStream jetstream.JetStream

	closers []func() error
}

// Start brings the stack up. ctx bounds the start only; Close ends the stack.
func Start(ctx context.Context, c Config) (*Stack, error) {
	s := &Stack{config: c}
	steps := []func(context.Context) error{s.startTemporal, s.startNATS, s.startSAE, s.startFC, s.startServiceStage, s.startMonitor, s.connect, s.startRoles, s.startNotifier}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// dir returns the data directory of one server; empty when nothing is kept.
func (s *Stack) dir(name string) (string, error) {
	if s.config.DataDir == "" {
		return "", nil
	}
	dir := filepath.Join(s.config.DataDir, name)
	return dir, os.MkdirAll(dir, 0o700)
}

func (s *Stack) startTemporal(ctx context.Context) error {
	dir, err := s.dir("temporal")
	if err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	if dir = cmp.Or(s.config.TemporalDir, dir); s.config.PostgreSQL != nil {
		dir = ""
	}
	s.temporal, err = embedded.StartTemporal(ctx, embedded.TemporalConfig{
		DataDir: dir, PostgreSQL: s.config.PostgreSQL, Addr: s.config.TemporalAddr, UIAddr: s.config.UIAddr, Namespace: Namespace, Keywords: release.SearchNames(),
		Logger: slogOf(s.config.Log, "temporal"),
	})
	if err != nil {
		return fmt.Errorf("stack: temporal: %w", err)
	}
	s.closers = append(s.closers, s.temporal.Close)
	return nil
}

func (s *Stack) startNATS(ctx context.Context) error {
	dir, err := s.dir("nats")
	if err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	s.nats, err = embedded.StartNATS(ctx, embedded.NATSConfig{DataDir: dir, Addr: s.config.NATSAddr, Users: s.config.NATSUsers, Logger: slogOf(s.config.Log, "nats")})
	if err != nil {
		return fmt.Errorf("stack: nats: %w", err)
	}
	s.closers = append(s.closers, s.nats.Close)
	return nil
}

func (s *Stack) startSAE(ctx context.Context) error {
	dir, err := s.dir("sae")
	if err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	config := saesim.Config{Speed: s.config.Speed, Seed: s.config.Seed}
	if dir != "" {
		config.StateFile = filepath.Join(dir, "state.json")
	}
	if s.sim, err = saesim.New(config); err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	if s.config.Demo {
		if err := s.sim.SeedDemo(); err != nil {
			return fmt.Errorf("stack: %w", err)
		}
		// The monitor answers for the instances of the shop.
		if err := s.sim.SetNetwork(saesim.DemoShop, saesim.Network{Prefix: netip.MustParsePrefix("127.0.0.1/32")}); err != nil {
			return fmt.Errorf("stack: %w", err)
		}
	}
	s.closers = append(s.closers, s.sim.Close)
	if s.sae, err = s.serve(ctx, s.config.SAEAddr, s.sim); err != nil {
		return fmt.Errorf("stack: sae: %w", err)
	}
	return nil
}

func (s *Stack) startFC(ctx context.Context) error {
	dir, err := s.dir("fc")
	if err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	config := fcsim.Config{Speed: s.config.Speed, Seed: s.config.Seed}
	if dir != "" {
		config.StateFile = filepath.Join(dir, "state.json")
	}
	if s.fcSim, err = fcsim.New(config); err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	if s.config.Demo {
		if err := s.fcSim.SeedDemo(); err != nil {
			return fmt.Errorf("stack: %w", err)
		}
	}
	s.closers = append(s.closers, s.fcSim.Close)
	if s.fc, err = s.serve(ctx, s.config.FCAddr, s.fcSim); err != nil {
		return fmt.Errorf("stack: fc: %w", err)
	}
	return nil
}

func (s *Stack) startServiceStage(ctx context.Context) error {
	dir, err := s.dir("servicestage")
	if err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	config := servicestagesim.Config{Speed: s.config.Speed, Seed: s.config.Seed}
	if dir != "" {
		config.StateFile = filepath.Join(dir, "state.json")
	}
	if s.ssSim, err = servicestagesim.New(config); err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	if s.config.Demo {
		if err := s.ssSim.SeedDemo(); err != nil {
			return fmt.Errorf("stack: %w", err)
		}
	}
	s.closers = append(s.closers, s.ssSim.Close)
	if s.ss, err = s.serve(ctx, s.config.ServiceStageAddr, s.ssSim); err != nil {
		return fmt.Errorf("stack: servicestage: %w", err)
	}
	return nil
}

// serve serves HTTP until the stack is closed, and returns the URL.
func (s *Stack) serve(ctx context.Context, addr string, handler http.Handler) (string, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	web := &http.Server{Handler: handler, ReadHeaderTimeout: shutdownTimeout}
	done := make(chan error, 1)
	go func() { done <- web.Serve(l) }()
	s.closers = append(s.closers, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		err := web.Shutdown(ctx)
		if served := <-done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	})
	return "http://" + l.Addr().String(), nil
}

// connect opens the caller's connections and prepares streams and search attributes.
func (s *Stack) connect(ctx context.Context) error {
	codec, err := s.codec()
	if err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	s.data = payload.Converter(codec)
	c, err := client.DialContext(ctx, client.Options{
		HostPort: s.temporal.Addr(), Namespace: Namespace, Identity: "slipway-dev", Logger: temporalLog(s.config.Log),
		DataConverter: s.data, FailureConverter: payload.FailureConverter(s.data, codec.Encrypts()),
		Interceptors: s.config.Tracing.Interceptors(),
	})
	if err != nil {
		return fmt.Errorf("stack: temporal: %w", err)
	}
	s.Client = c
	s.closers = append(s.closers, func() error { c.Close(); return nil })
	options := []nats.Option{nats.Name("slipway-dev")}
	if users := s.config.NATSUsers; len(users) > 0 {
		options = append(options, nats.UserInfo(users[0].Username, users[0].Password))
	}
	conn, err := nats.Connect(s.nats.URL(), options...)
	if err != nil {
		return fmt.Errorf("stack: nats: %w", err)
	}
	s.closers = append(s.closers, func() error { conn.Close(); return nil })
	if s.JetStream, err = jetstream.New(conn); err != nil {
		return fmt.Errorf("stack: nats: %w", err)
	}
	if s.config.WithoutSetup {
		return nil
	}
	_, err = setup.Run(ctx, s.Client, Namespace, s.JetStream)
	return err
}

// codec encrypts where there are keys.
func (s *Stack) codec() (*payload.Codec, error) {
	if s.config.PayloadKeys == "" {
		return payload.NewCodec(payload.NoKeys())
	}
	keys, err := payload.KeysFromFiles(s.config.PayloadKeys, s.config.PayloadKey)
	if err != nil {
		return nil, err
	}
	return payload.NewCodec(keys)
}

// Close ends everything, the last started first.
func (s *Stack) Close() error {
	var problems []error
	for _, end := range slices.Backward(s.closers) {
		problems = append(problems, end())
	}
	s.closers = nil
	return errors.Join(problems...)
}

// Temporal is the host:port of the Temporal server.
func (s *Stack) Temporal() string { return s.temporal.Addr() }

// NATS is the URL of the NATS server.
func (s *Stack) NATS() string { return s.nats.URL() }

// SAE is the URL of the simulator of SAE.
func (s *Stack) SAE() string { return s.sae }

// FC is the URL of the simulator of Function Compute.
func (s *Stack) FC() string { return s.fc }

// ServiceStage is the URL of the simulator of ServiceStage.
func (s *Stack) ServiceStage() string { return s.ss }

// Monitor is the URL of what the gates of the examples ask: a health page of an application, which
// is that of each instance of the demo's shop, too, whose addresses are those of this machine; and
// a Prometheus server that answers every query with an error rate of [MonitorErrorRate]. It is
// empty without [Config.Demo].
func (s *Stack) Monitor() string { return s.monitor }

// UI is the URL of Temporal's UI; empty when there is none.
func (s *Stack) UI() string { return s.temporal.UIURL() }

// Sim is the simulator of SAE, for faults and counts.
func (s *Stack) Sim() *saesim.Simulator { return s.sim }

// FCSim is the simulator of Function Compute, for faults and counts.
func (s *Stack) FCSim() *fcsim.Simulator { return s.fcSim }

// ServiceStageSim is the simulator of ServiceStage, for faults and counts.
func (s *Stack) ServiceStageSim() *servicestagesim.Simulator { return s.ssSim }

// Env is what `slipway worker`, `slipway starter` and every other command need in their
// environment to join this stack.
func (s *Stack) Env() map[string]string {
	env := s.addresses().Env()
	if s.config.PayloadKeys != "" {
		env["SLIPWAY_PAYLOAD_KEYS"], env["SLIPWAY_PAYLOAD_KEY"] = s.config.PayloadKeys, s.config.PayloadKey
	}
	if users := s.config.NATSUsers; len(users) > 0 {
		env["NATS_USER"], env["NATS_PASSWORD"] = users[0].Username, users[0].Password
	}
	return env
}

func (s *Stack) addresses() Addresses {
	return Addresses{Temporal: s.temporal.Addr(), NATS: s.nats.URL(), SAE: s.sae, FC: s.fc, ServiceStage: s.ss}
}
