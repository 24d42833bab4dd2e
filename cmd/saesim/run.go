package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"slipway/internal/buildinfo"
	"slipway/saesim"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// errUsage marks errors that are the command line's.
var errUsage = errors.New("usage")

// options are the flags.
type options struct {
	addr      string
	speed     float64
	seed      uint64
	region    string
	batch     time.Duration
	stateFile string
	strict    bool
	demo      bool
	hosts     []string
	output    string
}

// run is the program without its process: it returns the exit code.
//
//nolint:revive // these five are what a process gives its program
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	log := zerolog.New(zerolog.ConsoleWriter{Out: stderr, NoColor: true, TimeFormat: time.TimeOnly}).With().Timestamp().Logger()
	var o options
	cmd := command(&o, getenv)
	cmd.RunE = func(*cobra.Command, []string) error { return serve(ctx, o, stdout, log) }
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprintf(stderr, "saesim: %v\nTry saesim --help.\n", err)
		return exitUsage
	default:
		_, _ = fmt.Fprintln(stderr, err)
		return exitFailed
	}
}

// command describes the command line; o takes its values.
func command(o *options, getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "saesim",
		Short: "Alibaba Cloud SAE on loopback",
		Long: `saesim serves the API of Alibaba Cloud's Serverless App Engine (version 2019-05-06)
from memory: signed requests, change orders that take time, scaling rules, gray
routes, and faults on demand through the admin API under /_saesim/, where a browser
finds a page that shows what goes on.

It accepts one key pair, which is no secret and works nowhere else:
  ` + saesim.TestAccessKeyID + ` / ` + saesim.TestAccessKeySecret + `

Exit codes: 0 stopped by a signal, 1 failed, 2 wrong command line.`,
		Example: `  # Three applications to play with, ten times as fast as life
  saesim --demo --speed 10

  # For a script: one line of JSON once it is ready, with the environment a client needs
  saesim -o json --addr 127.0.0.1:0

  # Time stands still until it is moved; the state outlives the process
  saesim --addr 127.0.0.1:8390 --speed 0 --state-file sae.json
  curl -X POST 127.0.0.1:8390/_saesim/clock/advance -d '{"duration":"2h"}'

  # The next deployment's answer gets lost
  curl -X POST 127.0.0.1:8390/_saesim/faults -d '{"operation":"DeployApplication","kind":"drop-after"}'`,
		Version:       buildinfo.Read().Line("saesim"),
		Args:          func(_ *cobra.Command, args []string) error { return noArguments(args) },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", errUsage, err) })
	f := cmd.Flags()
	f.StringVar(&o.addr, "addr", or(getenv("SAESIM_ADDR"), "127.0.0.1:8390"), "address to listen on; port 0 takes any free one ($SAESIM_ADDR)")
	f.Float64Var(&o.speed, "speed", 1, "simulated seconds in a second; 0 stands still until advanced")
	f.Uint64Var(&o.seed, "seed", 0, "seed of identifiers and of fault probabilities")
	f.StringVar(&o.region, "region", saesim.DefaultRegion, "region to serve")
	f.DurationVar(&o.batch, "batch", saesim.DefaultBatchDuration, "simulated time that a batch takes")
	f.StringVar(&o.stateFile, "state-file", "", "file that keeps the state across restarts (default: memory only)")
	f.BoolVar(&o.strict, "strict", false, "want every header of the reference and refuse replayed nonces")
	f.StringSliceVar(&o.hosts, "host", nil, "name with a dot by which the admin API may be called (default: addresses and names without a dot)")
	f.BoolVar(&o.demo, "demo", false, "begin with three applications")
	f.StringVarP(&o.output, "output", "o", "", "json: print one line on stdout once ready")
	return cmd
}

func noArguments(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	}
	return nil
}

func or(value, otherwise string) string {
	if value != "" {
		return value
	}
	return otherwise
}

// simulator makes the simulator that the flags describe.
func (o options) simulator() (*saesim.Simulator, error) {
	if o.output != "" && o.output != "json" {
		return nil, fmt.Errorf("%w: --output must be json, is %q", errUsage, o.output)
	}
	config := saesim.Config{
		Speed: o.speed, Seed: o.seed, Region: o.region, BatchDuration: o.batch, Strict: o.strict, StateFile: o.stateFile, Hosts: o.hosts,
	}
	if o.speed == 0 {
		config.Clock = saesim.SteppedClock(time.Now())
	}
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	sim, err := saesim.New(config)
	if err != nil {
		return nil, err
	}
	if o.demo {
		if err := sim.SeedDemo(); err != nil {
			return nil, err
		}
	}
	return sim, nil
}

// readyLine is what -o json prints.
type readyLine struct {
	Ready bool              `json:"ready"`
	SAE   string            `json:"sae"`
	Env   map[string]string `json:"env"`
	Apps  []saesim.App      `json:"apps,omitempty"`
}

// serve runs the simulator until the context ends.
func serve(ctx context.Context, o options, stdout io.Writer, log zerolog.Logger) (err error) {
	sim, err := o.simulator()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sim.Close()) }()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return fmt.Errorf("saesim: %w", err)
	}
	ready := readyLine{Ready: true, SAE: "http://" + listener.Addr().String(), Apps: sim.Apps(), Env: map[string]string{
		"SLIPWAY_SAE_ENDPOINT":            "http://" + listener.Addr().String(),
		"SLIPWAY_SAE_REGION":              o.region,
		"ALIBABA_CLOUD_ACCESS_KEY_ID":     saesim.TestAccessKeyID,
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET": saesim.TestAccessKeySecret,
	}}
	server := &http.Server{
		Handler: sim, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := announce(ready, o, stdout, log); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case err := <-served:
		return fmt.Errorf("saesim: %w", err)
	case <-ctx.Done():
	}
	log.Info().Msg("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("saesim: calls still running were cut off: %w", err), server.Close())
	}
	return nil
}

// announce says that the simulator is ready: data on stdout, talk on stderr.
func announce(ready readyLine, o options, stdout io.Writer, log zerolog.Logger) error {
	if o.output == "json" {
		return json.NewEncoder(stdout).Encode(ready)
	}
	event := log.Info().Str("sae", ready.SAE).Str("admin", ready.SAE+"/_saesim/").Float64("speed", o.speed)
	event.Str("accessKeyId", saesim.TestAccessKeyID).Str("accessKeySecret", saesim.TestAccessKeySecret).Msg("ready")
	for _, app := range ready.Apps {
		log.Info().Str("id", app.ID).Msg("application " + app.Name)
	}
	return nil
}
