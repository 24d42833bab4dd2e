package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// NATSConfig says where an embedded NATS server listens and keeps its streams.
// The zero value is a server on any free port with a temporary store.
type NATSConfig struct {
	// DataDir keeps the streams. Empty means a temporary directory that Close
	// removes.
	DataDir string
	// Addr is the loopback "host:port" to listen on; empty or port 0 means any
	// free port.
	Addr string
	// Users are who may connect, and what they may do; nil lets everybody do everything.
	Users []*server.User
	// Cluster is what the server forms together with others; nil is a server by itself.
	Cluster *NATSCluster
	// Logger receives the server's own log lines; nil discards them.
	Logger *slog.Logger
	// LogLevel is the lowest level passed on to Logger. Nil means warn, without
	// the noise of a server that starts or stops.
	LogLevel slog.Leveler
}

// NATSCluster is the place of a server in a cluster whose servers know each other by what they are told, and by nothing
// else: what clients and servers could learn from one server of the addresses of others is kept back, so that each way
// between two of them is one that was said.
type NATSCluster struct {
	// Server is the name of the server, which no other one has.
	Server string
	// Addr is the loopback "host:port" on which other servers are listened for; empty or port 0 means any free port.
	Addr string
	// Routes are the "host:port" addresses at which this server reaches all others.
	Routes []string
}

// natsClusterName is the same for all: a server reaches none but those that it is told of.
const natsClusterName = "slipway-dev"

// nowhere is where other servers are told to find a server that they were not told of: at a port on which nothing listens.
const nowhere = "127.0.0.1:9"

// join makes a server one of a cluster.
func (c *NATSCluster) join(ctx context.Context, options *server.Options) error {
	if c == nil {
		return nil
	}
	at, err := resolve(ctx, c.Addr)
	if err != nil {
		return err
	}
	options.ServerName = c.Server
	options.Cluster = server.ClusterOpts{
		Name: natsClusterName, Host: at.Addr().String(), Port: int(at.Port()), NoAdvertise: true, Advertise: nowhere,
	}
	for _, route := range c.Routes {
		options.Routes = append(options.Routes, &url.URL{Scheme: "nats", Host: route})
	}
	return nil
}

// NATS is a running NATS server with JetStream.
type NATS struct {
	server *server.Server
	close  func() error
}

// natsPollInterval is how often a starting server is asked whether it listens.
const natsPollInterval = 50 * time.Millisecond

// MaxStore is how many bytes the streams of a server together may be allowed to grow to. JetStream itself takes three quarters of what
// the disk has left, and refuses streams on one that is nearly full; but what streams may grow to is promised, and not used.
const MaxStore = 1 << 40

// StartNATS starts a NATS server with JetStream and returns once it accepts
// clients. ctx bounds the start only; Close ends the server.
func StartNATS(ctx context.Context, cfg NATSConfig) (*NATS, error) {
	at, err := resolve(ctx, cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("start nats: %w", err)
	}
	dir, release, err := natsStore(cfg.DataDir)
	if err != nil {
		return nil, fmt.Errorf("start nats: %w", err)
	}
	options := &server.Options{
		ServerName:             "slipway-dev",
		Host:                   at.Addr().String(),
		Port:                   int(at.Port()),
		JetStream:              true,
		Users:                  cfg.Users,
		StoreDir:               dir,
		JetStreamMaxStore:      MaxStore,
		DisableJetStreamBanner: true,
		NoSigs:                 true, // signals belong to the program around this server
	}
	if err := cfg.Cluster.join(ctx, options); err != nil {
		return nil, errors.Join(fmt.Errorf("start nats: %w", err), release())
	}
	srv, err := server.NewServer(options)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start nats: %w", err), release())
	}
	lines := newServerLog(cfg.Logger, cfg.LogLevel, "nats")
	logger := &natsLogger{slog: lines.Logger}
	srv.SetLogger(logger, false, false)
	srv.Start()

	running := &NATS{server: srv, close: sync.OnceValue(func() error {
		lines.stopping()
		srv.Shutdown()
		srv.WaitForShutdown()
		return release()
	})}
	for !srv.ReadyForConnections(natsPollInterval) {
		if reason := logger.fatal.Load(); reason != nil {
			return nil, errors.Join(fmt.Errorf("start nats: %s", *reason), running.Close())
		}
		if ctx.Err() != nil {
			return nil, errors.Join(fmt.Errorf("start nats: %w", context.Cause(ctx)), running.Close())
		}
	}
	lines.running()
	return running, nil
}

// natsStore opens the store directory; release unlocks it, and removes it when
// it is a temporary one.
func natsStore(dataDir string) (dir string, release func() error, err error) {
	if dataDir != "" {
		release, err := openDataDir(dataDir, "nats.lock")
		return dataDir, release, err
	}
	dir, err = os.MkdirTemp("", "slipway-nats-")
	if err != nil {
		return "", nil, fmt.Errorf("temporary store: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// URL is what clients connect to, "nats://127.0.0.1:4222" for example.
func (n *NATS) URL() string { return n.server.ClientURL() }

// Close shuts the server down and waits until its store is flushed and closed.
// Closing twice is closing once.
func (n *NATS) Close() error { return n.close() }
