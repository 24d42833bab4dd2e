package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"sync"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

// TemporalConfig says where an embedded Temporal server listens and keeps its
// state. The zero value is a server in memory on any free port.
type TemporalConfig struct {
	// DataDir keeps workflows, namespaces and search attributes in one SQLite
	// file. Empty means memory: everything ends with Close.
	DataDir string
	// PostgreSQL keeps them instead, and DataDir must be empty; nil means SQLite.
	PostgreSQL *PostgreSQL
	// Addr is the loopback "host:port" of the frontend; empty or port 0 means
	// any free port.
	Addr string
	// UIAddr is the loopback "host:port" of the web UI; port 0 means any free
	// port, empty means no UI.
	UIAddr string
	// Namespace is created when it does not exist; empty means "default".
	Namespace string
	// Retention is how long closed workflows of a newly created Namespace are
	// kept; 0 means 30 days. A release parked for a week must still be found.
	Retention time.Duration
	// Keywords are search attributes of type Keyword that a newly created Namespace has from the start. One that
	// is registered later, as setup does it, can be used seconds later.
	Keywords []string
	// Logger receives the server's own log lines; nil discards them.
	Logger *slog.Logger
	// LogLevel is the lowest level passed on to Logger. Nil means warn, without
	// the noise of a server that starts or stops.
	LogLevel slog.Leveler
	// DynamicConfig overrides settings of the server by their names, as its
	// dynamic configuration file does: {"frontend.namespaceRPS": 10000}.
	DynamicConfig map[string]any
}

const (
	clusterName      = "active"
	defaultRetention = 30 * 24 * time.Hour
)

// Temporal is a running Temporal server.
type Temporal struct {
	addr   netip.AddrPort
	uiAddr netip.AddrPort
	close  func() error
}

// StartTemporal starts a Temporal server, and its web UI when asked for, and
// returns once workflows can be started in cfg.Namespace. ctx bounds the start
// only; Close ends the server.
func StartTemporal(ctx context.Context, cfg TemporalConfig) (*Temporal, error) {
	running, err := startTemporal(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("start temporal: %w", err)
	}
	return running, nil
}

func startTemporal(ctx context.Context, cfg TemporalConfig) (_ *Temporal, err error) {
	var closers closers
	defer func() {
		if err != nil {
			err = errors.Join(err, closers.close())
		}
	}()

	if cfg.DataDir != "" && cfg.PostgreSQL != nil {
		return nil, errors.New("DataDir and PostgreSQL both say where its state is kept")
	}
	if cfg.DataDir != "" {
		release, err := openDataDir(cfg.DataDir, "temporal.lock")
		if err != nil {
			return nil, err
		}
		closers.add(release)
	}
	addr, err := resolve(ctx, cfg.Addr)
	if err != nil {
		return nil, err
	}
	lines := newServerLog(cfg.Logger, cfg.LogLevel, "temporal")
	srv, err := newServer(ctx, cfg, addr, temporalLogger{slog: lines.Logger})
	if err != nil {
		return nil, err
	}
	closers.add(func() error {
		lines.stopping()
		return srv.Stop()
	})
	if err := srv.Start(); err != nil {
		return nil, err
	}
	if err := awaitTemporal(ctx, addr, cfg.namespace()); err != nil {
		return nil, err
	}

	running := &Temporal{addr: addr}
	if cfg.UIAddr != "" {
		running.uiAddr, err = startUI(ctx, cfg, addr, &closers)
		if err != nil {
			return nil, err
		}
	}
	running.close = sync.OnceValue(closers.close)
	lines.running()
	return running, nil
}

// Addr is the "host:port" of the frontend, what TEMPORAL_ADDRESS wants.
func (t *Temporal) Addr() string { return t.addr.String() }

// UIURL is the address of the web UI, empty when none was asked for.
func (t *Temporal) UIURL() string {
	if !t.uiAddr.IsValid() {
		return ""
	}
	return "http://" + t.uiAddr.String()
}

// Close stops the server and waits until it is down. Closing twice is closing
// once.
func (t *Temporal) Close() error { return t.close() }

// newServer prepares the database and assembles the four services of a
// Temporal server around it. They find each other by fixed addresses; the
// gossip of a cluster is left out.
func newServer(
	ctx context.Context, cfg TemporalConfig, frontend netip.AddrPort, logger log.Logger,
) (temporal.Server, error) {
	kept, err := storeOf(cfg)
	if err != nil {
		return nil, err
	}
	if err := kept.prepare(ctx, cfg); err != nil {
		return nil, err
	}

	services := map[string]config.Service{}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for _, name := range temporal.DefaultServices {
		at := frontend
		if name != string(primitives.FrontendService) {
			at = freeAddr(frontend.Addr())
		}
		services[name] = config.Service{RPC: config.RPC{BindOnIP: at.Addr().String(), GRPCPort: int(at.Port())}}
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(at.String())
	}
	return temporal.NewServer(
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithConfig(serverConfig(kept, services, frontend)),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger),
		temporal.WithDynamicConfigClient(dynamicConfig(cfg.DynamicConfig)),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
	)
}

func serverConfig(kept store, services map[string]config.Service, frontend netip.AddrPort) *config.Config {
	const off = "disabled"
	return &config.Config{
		Global: config.Global{Membership: config.Membership{
			MaxJoinDuration:  30 * time.Second,
			BroadcastAddress: frontend.Addr().String(),
		}},
		Persistence: kept.persistence(),
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled:                true,
				InitialFailoverVersion: 1,
				RPCAddress:             frontend.String(),
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		Archival: config.Archival{
			History:    config.HistoryArchival{State: off},
			Visibility: config.VisibilityArchival{State: off},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: off},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: off},
		}},
		PublicClient: config.PublicClient{HostPort: frontend.String()},
	}
}

// dynamicConfig is what differs from the server's defaults, overridden by the
// caller's own settings.
func dynamicConfig(overrides map[string]any) dynamicconfig.Client {
	settings := dynamicconfig.StaticClient{
		// Slipway gives its tasks priorities and fairness keys. Fairness is off
		// by default in v1.32; it implies the matcher that knows priorities.
		dynamicconfig.MatchingEnableFairness.Key(): true,
		// One partition: with several, order and fairness hold within each only.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		// The default of 10 list calls a second is meant for shared clusters.
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 100,
		// Do not call home.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
	}
	byName := make(map[dynamicconfig.Key]any, len(overrides))
	for name, value := range overrides {
		byName[dynamicconfig.MakeKey(name)] = value
	}
	maps.Copy(settings, byName)
	return settings
}

// closers undo what was started, the last first.
type closers struct{ funcs []func() error }

func (c *closers) add(f func() error) { c.funcs = append(c.funcs, f) }

func (c *closers) close() error {
	var errs []error
	for len(c.funcs) > 0 {
		last := len(c.funcs) - 1
		errs = append(errs, c.funcs[last]())
		c.funcs = c.funcs[:last]
	}
	return errors.Join(errs...)
}
