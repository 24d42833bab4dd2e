package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.temporal.io/sdk/log"

	"slipway/activities/fc"
	"slipway/activities/sae"
	"slipway/activities/servicestage"
	"slipway/authority"
	"slipway/fcclient"
	"slipway/ledger"
	"slipway/release"
	"slipway/saeclient"
	"slipway/servicestageclient"
	"slipway/starter"
	"slipway/worker"
)

// startRoles runs the worker, the starter and the console in this process, unless they are left out.
func (s *Stack) startRoles(ctx context.Context) error {
	if !s.config.WithoutWorker {
		w, err := s.Worker()
		if err != nil {
			return err
		}
		s.run(ctx, "worker", w.Run)
	}
	if !s.config.WithoutStarter {
		st, err := starter.New(starter.Config{}, starter.Dependencies{
			Temporal: s.Client, JetStream: s.JetStream, Ledger: ledger.New(s.JetStream), Authority: authority.NewStore(s.JetStream),
			Metrics: prometheus.NewRegistry(), Logger: s.config.Log.With().Str("role", "starter").Logger(),
			Tracing: s.config.Tracing,
		})
		if err != nil {
			return err
		}
		s.run(ctx, "starter", st.Run)
	}
	if s.config.WithoutConsole {
		return nil
	}
	return s.startConsole(ctx)
}

// run keeps a role running until the stack is closed.
func (s *Stack) run(ctx context.Context, role string, fn func(context.Context) error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() {
		err := fn(ctx)
		if err != nil && !errors.Is(err, context.Canceled) {
			s.config.Log.Error().Err(err).Str("role", role).Msg("role ended")
		}
		done <- err
	}()
	s.closers = append(s.closers, func() error {
		stop()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("stack: %s: %w", role, err)
		}
		return nil
	})
}

// Worker assembles a worker as the one of the stack is, for the caller to run.
func (s *Stack) Worker() (*worker.Worker, error) {
	onSAE, err := s.SAEClient()
	if err != nil {
		return nil, err
	}
	onFC, err := s.FCClient()
	if err != nil {
		return nil, err
	}
	onServiceStage, err := s.ServiceStageClient()
	if err != nil {
		return nil, err
	}
	return worker.New(worker.Config{
		Temporal: s.Client, DataConverter: s.data, JetStream: s.JetStream,
		Platforms: []worker.Platform{
			{Name: release.PlatformSAE, Region: onSAE.Region(), CallsPerSecond: callsPerSecond, Driver: sae.Opener(onSAE, s.config.Settle)},
			{Name: release.PlatformFC, Region: onFC.Region(), CallsPerSecond: callsPerSecond, Driver: fc.Opener(onFC, s.config.Settle)},
			{Name: release.PlatformServiceStage, Region: onServiceStage.Region(), CallsPerSecond: callsPerSecond, Driver: servicestage.Opener(onServiceStage, s.config.Settle)},
		},
		GatesAllow: []string{gatesAllow}, CDEvents: s.config.CDEvents,
	})
}

// gatesAllow are the hosts that gates may ask: those of the examples are on this machine.
const gatesAllow = "127.0.0.1"

// callsPerSecond leaves room for many releases at once; the simulator has no limit.
const callsPerSecond = 500

// SAEClient returns a client of the simulator of SAE.
func (s *Stack) SAEClient() (*saeclient.Client, error) { return s.addresses().SAEClient() }

// FCClient returns a client of the simulator of Function Compute.
func (s *Stack) FCClient() (*fcclient.Client, error) { return s.addresses().FCClient() }

// ServiceStageClient returns a client of the simulator of ServiceStage.
func (s *Stack) ServiceStageClient() (*servicestageclient.Client, error) {
	return s.addresses().ServiceStageClient()
}

func slogOf(z zerolog.Logger, server string) *slog.Logger {
	return slog.New(zerolog.NewSlogHandler(z.With().Str("server", server).Logger()))
}

func temporalLog(z zerolog.Logger) log.Logger {
	return log.NewStructuredLogger(slogOf(z, "temporal-sdk"))
}
