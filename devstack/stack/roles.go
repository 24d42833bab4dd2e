package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.temporal.io/sdk/log"

	"slipway/activities/fc"
	"slipway/activities/sae"
	"slipway/activities/servicestage"
	"slipway/authority"
	"slipway/fcclient"
	"slipway/fcsim"
	"slipway/internal/acskeys"
	"slipway/internal/tracing"
	"slipway/ledger"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
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
func (s *Stack) SAEClient() (*saeclient.Client, error) {
	credential, err := keys()
	if err != nil {
		return nil, err
	}
	return saeclient.New(saeclient.Config{
		Region: saesim.DefaultRegion, Endpoint: s.sae, Credential: credential, Observe: tracing.Calls(release.PlatformSAE, saesim.DefaultRegion),
	})
}

// FCClient returns a client of the simulator of Function Compute.
func (s *Stack) FCClient() (*fcclient.Client, error) {
	credential, err := keys()
	if err != nil {
		return nil, err
	}
	return fcclient.New(fcclient.Config{
		Region: fcsim.DefaultRegion, AccountID: fcsim.DefaultAccountID, Endpoint: s.fc, Credential: credential,
		Observe: tracing.Calls(release.PlatformFC, fcsim.DefaultRegion),
	})
}

// ServiceStageClient returns a client of the simulator of ServiceStage.
func (s *Stack) ServiceStageClient() (*servicestageclient.Client, error) {
	return servicestageclient.New(servicestageclient.Config{
		Region: servicestagesim.DefaultRegion, ProjectID: servicestagesim.DefaultProjectID, Endpoint: s.ss,
		Credential: servicestageclient.Keys{AccessKey: servicestagesim.TestAccessKeyID, SecretKey: servicestagesim.TestAccessKeySecret},
		Observe:    tracing.Calls(release.PlatformServiceStage, servicestagesim.DefaultRegion),
	})
}

// keys are those that the simulators of Alibaba Cloud accept.
func keys() (credentials.Credential, error) {
	credential, err := acskeys.Pair(saesim.TestAccessKeyID, saesim.TestAccessKeySecret)
	if err != nil {
		return nil, fmt.Errorf("stack: %w", err)
	}
	return credential, nil
}

func slogOf(z zerolog.Logger, server string) *slog.Logger {
	return slog.New(zerolog.NewSlogHandler(z.With().Str("server", server).Logger()))
}

func temporalLog(z zerolog.Logger) log.Logger {
	return log.NewStructuredLogger(slogOf(z, "temporal-sdk"))
}
