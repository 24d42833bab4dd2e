package system

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.temporal.io/sdk/client"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	fcadmin "slipway/fcsim/simadmin"
	saeadmin "slipway/saesim/simadmin"
	servicestageadmin "slipway/servicestagesim/simadmin"
	"slipway/setup"
	"slipway/wire"
)

// Nodes is how many NATS servers form the cluster. Each keeps all streams and buckets.
const Nodes = 3

// Config says what a system is made of.
type Config struct {
	// Dir has the data of the servers, in data, and the logs of all processes, in logs.
	Dir string
	// Binaries are the programs.
	Binaries Binaries
	// Speed is how many seconds pass for the simulators in one second; Seed drives their identifiers and faults.
	Speed float64
	Seed  uint64
}

// Binaries are paths of the programs that run.
type Binaries struct {
	Slipway, SAE, FC, ServiceStage string
	// Server serves NATS and Temporal: it is started with the arguments of [ServeCommand], after ServerArgs and with
	// ServerEnv.
	Server     string
	ServerArgs []string
	ServerEnv  map[string]string
}

// Beside finds the simulators in the directory of a slipway binary.
func Beside(slipway string) Binaries {
	dir := filepath.Dir(slipway)
	return Binaries{
		Slipway: slipway, SAE: filepath.Join(dir, "saesim"), FC: filepath.Join(dir, "fcsim"), ServiceStage: filepath.Join(dir, "servicestagesim"),
	}
}

// check tells of all programs that are missing at once.
func (b Binaries) check() error {
	var problems []error
	for _, each := range []struct{ name, path string }{
		{"slipway", b.Slipway}, {"saesim", b.SAE}, {"fcsim", b.FC}, {"servicestagesim", b.ServiceStage}, {"slipway-dev", b.Server},
	} {
		if _, err := os.Stat(each.path); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w; build it with: make build", each.name, err))
		}
	}
	return errors.Join(problems...)
}

// System is everything, running as processes.
type System struct {
	config Config
	parts  []*Part
	links  []*Link
	hook   *hook
	access Access
	// nodes are the URLs at which the run itself reaches NATS.
	nodes []string

	closers []func() error
}

// Start brings the system up, and returns once all parts are ready. ctx bounds the start only; Close ends the system.
func Start(ctx context.Context, c Config) (*System, error) {
	if err := c.Binaries.check(); err != nil {
		return nil, fmt.Errorf("system: %w", err)
	}
	s := &System{config: c}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.closers = append(s.closers, func() error { stop(); return nil })
	b := &builder{System: s, life: life, at: map[string]string{}}
	for _, step := range []func(context.Context) error{b.servers, b.connect, b.prepare, b.roles} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Close ends all processes. What they have kept stays in the directory.
func (s *System) Close() error {
	var problems []error
	for _, end := range s.closers {
		problems = append(problems, end())
	}
	s.closers = nil
	return errors.Join(problems...)
}

// Access is how the run reaches what it tries.
func (s *System) Access() Access { return s.access }

// Parts are all processes.
func (s *System) Parts() []*Part { return s.parts }

// Part returns a part by its name; nil where there is none.
func (s *System) Part(name string) *Part {
	if i := slices.IndexFunc(s.parts, func(p *Part) bool { return p.Name == name }); i >= 0 {
		return s.parts[i]
	}
	return nil
}

// Links are all ways between parts.
func (s *System) Links() []*Link { return s.links }

// Link returns the way between two parts by its name; nil where there is none.
func (s *System) Link(name string) *Link {
	if i := slices.IndexFunc(s.links, func(l *Link) bool { return l.Name() == name }); i >= 0 {
		return s.links[i]
	}
	return nil
}

// Ends are the ends of processes that nobody meant.
func (s *System) Ends() []End {
	var ends []End
	for _, p := range s.parts {
		ends = append(ends, p.Ends()...)
	}
	slices.SortFunc(ends, func(a, b End) int { return a.At.Compare(b.At) })
	return ends
}

// Deliveries is how often each message of the notifier has come, by its key.
func (s *System) Deliveries() map[string]int { return s.hook.deliveries() }

// Calm heals all links, and lets all parts run: it returns once they are ready.
func (s *System) Calm(ctx context.Context) error {
	var problems []error
	for _, l := range s.links {
		problems = append(problems, l.Heal(ctx))
	}
	for _, p := range s.parts {
		problems = append(problems, p.Start(), p.Continue())
	}
	for _, p := range s.parts {
		problems = append(problems, p.AwaitReady(ctx))
	}
	return errors.Join(problems...)
}

// builder puts a system together.
type builder struct {
	*System

	life context.Context //nolint:containedctx // processes live as long as the system
	// at are the addresses of parts, by their names.
	at map[string]string
}

// port gives a part its address, for as long as the system lasts.
func (b *builder) port(ctx context.Context, name string) (string, error) {
	if at, has := b.at[name]; has {
		return at, nil
	}
	at, err := freeAddr(ctx)
	if err != nil {
		return "", fmt.Errorf("system: address of %s: %w", name, err)
	}
	b.at[name] = at
	return at, nil
}

// link opens a way from a part to one that has its address, and returns where it begins.
func (b *builder) link(from, to, address string) (string, error) {
	l, err := NewLink(from, to, address)
	if err != nil {
		return "", err
	}
	b.links = append(b.links, l)
	b.closers = append(b.closers, l.Close)
	return l.Addr(), nil
}

// add starts a part.
func (b *builder) add(p *Part) error {
	logs := filepath.Join(b.config.Dir, "logs")
	if err := os.MkdirAll(logs, 0o700); err != nil {
		return fmt.Errorf("system: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(logs, p.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("system: %w", err)
	}
	p.log, p.life, p.launch.Log = file, b.life, file
	b.parts = append(b.parts, p)
	b.closers = append(b.closers, p.close)
	return p.Start()
}

// data is the directory of a part's data.
func (b *builder) data(name string) (string, error) {
	dir := filepath.Join(b.config.Dir, "data", name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("system: %w", err)
	}
	return dir, nil
}

// servers starts NATS, Temporal and the simulators.
func (b *builder) servers(ctx context.Context) error {
	for n := 1; n <= Nodes; n++ {
		if err := b.node(ctx, n); err != nil {
			return err
		}
	}
	if err := b.temporal(ctx); err != nil {
		return err
	}
	for _, sim := range []struct{ name, binary string }{
		{partSAE, b.config.Binaries.SAE}, {partFC, b.config.Binaries.FC}, {partServiceStage, b.config.Binaries.ServiceStage},
	} {
		if err := b.simulator(ctx, sim.name, sim.binary); err != nil {
			return err
		}
	}
	return nil
}

// The names of the parts of which there is one.
const (
	partTemporal     = "temporal"
	partSAE          = "sae"
	partFC           = "fc"
	partServiceStage = "servicestage"
	partHook         = "webhook"
)

func nodeName(n int) string { return fmt.Sprintf("nats-%d", n) }

// routesOf is the name of the address at which a node is found by other ones.
func routesOf(node string) string { return node + "/routes" }

// server is a process of the program that serves NATS and Temporal.
func (b *builder) server(args ...string) scenario.Launch {
	return scenario.Launch{
		Binary: b.config.Binaries.Server, Args: append(slices.Clone(b.config.Binaries.ServerArgs), args...), Env: b.config.Binaries.ServerEnv,
	}
}

// node starts a NATS server. Two of them reach each other, and keep the connection of one of both.
func (b *builder) node(ctx context.Context, n int) error {
	name := nodeName(n)
	dir, err := b.data(name)
	if err != nil {
		return err
	}
	at, err := b.port(ctx, name)
	if err != nil {
		return err
	}
	others, err := b.port(ctx, routesOf(name))
	if err != nil {
		return err
	}
	args := []string{"nats", "--name", name, "--addr", at, "--data-dir", dir, "--cluster-addr", others}
	for other := 1; other <= Nodes; other++ {
		if other == n {
			continue
		}
		at, err := b.port(ctx, routesOf(nodeName(other)))
		if err != nil {
			return err
		}
		way, err := b.link(name, nodeName(other), at)
		if err != nil {
			return err
		}
		args = append(args, "--route", way)
	}
	b.nodes = append(b.nodes, "nats://"+at)
	return b.add(&Part{Name: name, Kind: KindNATS, launch: b.server(args...), ready: takesClients("nats://" + at)})
}

// takesClients is the ready of a NATS server.
func takesClients(url string) func(context.Context) error {
	return func(context.Context) error {
		conn, err := nats.Connect(url, nats.Timeout(askTimeout), nats.NoReconnect())
		if err != nil {
			return err
		}
		conn.Close()
		return nil
	}
}

func (b *builder) temporal(ctx context.Context) error {
	dir, err := b.data(partTemporal)
	if err != nil {
		return err
	}
	at, err := b.port(ctx, partTemporal)
	if err != nil {
		return err
	}
	b.access.Temporal, err = client.NewLazyClient(client.Options{HostPort: at, Namespace: stack.Namespace, Identity: "slipway-dev", Logger: silent{}})
	if err != nil {
		return fmt.Errorf("system: temporal: %w", err)
	}
	b.closers = append(b.closers, func() error { b.access.Temporal.Close(); return nil })
	return b.add(&Part{
		Name: partTemporal, Kind: KindTemporal, launch: b.server("temporal", "--addr", at, "--data-dir", dir), ready: knowsWorkflows(b.access.Temporal),
	})
}

func (b *builder) simulator(ctx context.Context, name, binary string) error {
	dir, err := b.data(name)
	if err != nil {
		return err
	}
	at, err := b.port(ctx, name)
	if err != nil {
		return err
	}
	url := "http://" + at
	var ready func(context.Context) error
	switch name {
	case partSAE:
		b.access.SAESim = saeadmin.New(url, patient())
		ready = clockOf(b.access.SAESim.AdminClient)
	case partFC:
		b.access.FCSim = fcadmin.New(url, patient())
		ready = clockOf(b.access.FCSim.AdminClient)
	default:
		b.access.ServiceStageSim = servicestageadmin.New(url, patient())
		ready = clockOf(b.access.ServiceStageSim.AdminClient)
	}
	return b.add(&Part{Name: name, Kind: KindSimulator, ready: ready, launch: scenario.Launch{Binary: binary, Args: []string{
		"--addr", at, "--state-file", filepath.Join(dir, "state.json"), "--speed", fmt.Sprint(b.config.Speed), "--seed", fmt.Sprint(b.config.Seed),
	}}})
}

// connect opens the connections of the run's own.
func (b *builder) connect(context.Context) error {
	own := stack.Addresses{SAE: "http://" + b.at[partSAE], FC: "http://" + b.at[partFC], ServiceStage: "http://" + b.at[partServiceStage]}
	var err error
	if b.access.SAE, err = own.SAEClient(); err != nil {
		return fmt.Errorf("system: %w", err)
	}
	if b.access.FC, err = own.FCClient(); err != nil {
		return fmt.Errorf("system: %w", err)
	}
	if b.access.ServiceStage, err = own.ServiceStageClient(); err != nil {
		return fmt.Errorf("system: %w", err)
	}
	b.closers = append(b.closers, func() error {
		b.access.SAE.CloseIdleConnections()
		b.access.FC.CloseIdleConnections()
		b.access.ServiceStage.CloseIdleConnections()
		return nil
	})
	// One that stands still is left for another one within seconds.
	conn, err := nats.Connect(strings.Join(b.nodes, ","),
		nats.Name("chaos run"), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(pollInterval),
		nats.PingInterval(time.Second), nats.MaxPingsOutstanding(2))
	if err != nil {
		return fmt.Errorf("system: nats: %w", err)
	}
	b.closers = append(b.closers, func() error { conn.Close(); return nil })
	if b.access.JetStream, err = jetstream.New(conn); err != nil {
		return fmt.Errorf("system: nats: %w", err)
	}
	return nil
}

// prepare waits for the servers, and creates streams, buckets and search attributes.
func (b *builder) prepare(ctx context.Context) error {
	for _, p := range b.parts {
		if err := p.AwaitReady(ctx); err != nil {
			return err
		}
	}
	if _, err := setup.SearchAttributes(ctx, b.access.Temporal, stack.Namespace); err != nil {
		return fmt.Errorf("system: %w", err)
	}
	// A cluster that has just come up has no leader yet.
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := b.prepareNATS(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("system: %w", err)
		case <-tick.C:
		}
	}
}

// prepareTimeout bounds one attempt to prepare NATS: a question that a cluster has taken before it had a leader may never be answered, and would be
// if it were put again.
const prepareTimeout = 20 * time.Second

func (b *builder) prepareNATS(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	_, err := setup.NATS(ctx, b.access.JetStream, setup.Config{Storage: wire.Storage{Replicas: Nodes}})
	return err
}

// The ports below those that an operating system gives to connections that are opened: the address of a part that is away
// for a moment is not taken by a connection of another.
const (
	leastPort = 12000
	mostPort  = 31000
)

// freeAddr finds an address on which nothing listens.
func freeAddr(ctx context.Context) (string, error) {
	const tries = 100
	var err error
	for range tries {
		at := net.JoinHostPort("127.0.0.1", fmt.Sprint(anyPort(leastPort, mostPort)))
		var l net.Listener
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", at); err == nil {
			return at, l.Close()
		}
	}
	return "", err
}
