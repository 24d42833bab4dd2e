// Package simcmd is the command line that simulators have in common: their flags, the line that says
// that one is ready, serving until a signal comes, and exit codes.
package simcmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slipway/internal/buildinfo"
	"slipway/internal/httpserve"
	"slipway/internal/simframe"
)

// Exit codes.
const (
	ExitOK     = 0
	ExitFailed = 1
	ExitUsage  = 2
)

// ErrUsage marks errors that are the command line's.
var ErrUsage = errors.New("usage")

// Options are the flags that every simulator has.
type Options struct {
	// Addr is where to listen.
	Addr string
	// Speed is the number of simulated seconds in a second; 0 stands still until advanced.
	Speed float64
	// Seed drives identifiers and probabilities.
	Seed uint64
	// StateFile keeps the state; empty for memory only.
	StateFile string
	// Demo begins with something to play with.
	Demo bool
	// Hosts are further names by which the admin API may be called.
	Hosts []string
	// Key is what the simulator accepts.
	Key AccessKey

	output string
}

// Clock is a clock that stands still, where the speed asks for one; otherwise nil, and the simulator makes one from
// the speed.
func (o Options) Clock() *simframe.Clock {
	if o.Speed != 0 {
		return nil
	}
	return simframe.SteppedClock(time.Now())
}

// A Simulator is served until the program is stopped, and then closed.
type Simulator interface {
	http.Handler
	// SeedDemo makes something to play with.
	SeedDemo() error
	Close() error
}

// Ready is what a program says once it is ready.
type Ready struct {
	// Line is what -o json prints, as one line.
	Line any
	// Key pair that clients sign with, as people are told of it.
	AccessKeyID, AccessKeySecret string
	// Has names what is there already, for people.
	Has []string
}

// A Program is the command of one simulator.
type Program[S Simulator] struct {
	// Name is that of the command and of the admin API's path; AddrEnv the environment variable of --addr.
	Name, AddrEnv string
	// Addr is the address by default.
	Addr string
	// Short, Long and Example are the help; Demo is that of --demo.
	Short, Long, Example, Demo string
	// Keys say which key pair it accepts, which is Options.Key.
	Keys KeySettings
	// Flags adds those of the simulator's own.
	Flags func(*pflag.FlagSet)
	// Begin makes the simulator. An error that is [ErrUsage] is the command line's.
	Begin func(Options) (S, error)
	// Ready tells what to say of the simulator that serves at a URL.
	Ready func(sim S, url string) Ready
}

// Process is what an operating system gives a program.
type Process struct {
	Args           []string
	Getenv         func(string) string
	Stdout, Stderr io.Writer
}

// Main is the program of a process: it returns the exit code once a signal has come.
func (p Program[S]) Main(ctx context.Context) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return p.Run(ctx, Process{Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr})
}

// Run is the program without its process: it returns the exit code once the context ends.
func (p Program[S]) Run(ctx context.Context, process Process) int {
	log := zerolog.New(zerolog.ConsoleWriter{Out: process.Stderr, NoColor: true, TimeFormat: time.TimeOnly}).With().Timestamp().Logger()
	var o Options
	cmd := p.command(&o, process.Getenv)
	cmd.RunE = func(*cobra.Command, []string) (err error) {
		if o.Key, err = p.Keys.read(process.Getenv); err != nil {
			return err
		}
		return p.serve(ctx, o, process.Stdout, log)
	}
	cmd.SetArgs(process.Args)
	cmd.SetOut(process.Stdout)
	cmd.SetErr(process.Stderr)
	err := cmd.ExecuteContext(ctx)
	switch {
	case err == nil:
		return ExitOK
	case errors.Is(err, ErrUsage):
		_, _ = fmt.Fprintf(process.Stderr, "%s: %v\nTry %s --help.\n", p.Name, err, p.Name)
		return ExitUsage
	default:
		_, _ = fmt.Fprintln(process.Stderr, err)
		return ExitFailed
	}
}

// command describes the command line; o takes its values.
func (p Program[S]) command(o *Options, getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{
		Use:           p.Name,
		Short:         p.Short,
		Long:          p.Long + p.Keys.help() + "\n\nExit codes: 0 stopped by a signal, 1 failed, 2 wrong command line.",
		Example:       p.Example,
		Version:       buildinfo.Read().Line(p.Name),
		Args:          func(_ *cobra.Command, args []string) error { return noArguments(args) },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", ErrUsage, err) })
	f := cmd.Flags()
	f.StringVar(&o.Addr, "addr", cmp.Or(getenv(p.AddrEnv), p.Addr), "address to listen on; port 0 takes any free one ($"+p.AddrEnv+")")
	f.Float64Var(&o.Speed, "speed", 1, "simulated seconds in a second; 0 stands still until advanced")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of identifiers and of fault probabilities")
	f.StringVar(&o.StateFile, "state-file", "", "file that keeps the state across restarts (default: memory only)")
	f.StringSliceVar(&o.Hosts, "host", nil, "name with a dot by which the admin API may be called (default: addresses and names without a dot)")
	f.BoolVar(&o.Demo, "demo", false, p.Demo)
	f.StringVarP(&o.output, "output", "o", "", "json: print one line on stdout once ready")
	p.Flags(f)
	return cmd
}

func noArguments(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected argument %q", ErrUsage, args[0])
	}
	return nil
}

// serve runs the simulator until the context ends.
func (p Program[S]) serve(ctx context.Context, o Options, stdout io.Writer, log zerolog.Logger) (err error) {
	if o.output != "" && o.output != "json" {
		return fmt.Errorf("%w: --output must be json, is %q", ErrUsage, o.output)
	}
	sim, err := p.Begin(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sim.Close()) }()
	if o.Demo {
		if err := sim.SeedDemo(); err != nil {
			return err
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	url := "http://" + listener.Addr().String()
	server := &http.Server{
		Handler: sim, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	if err := p.announce(p.Ready(sim, url), url, o, printer{stdout, log}); err != nil {
		return errors.Join(err, listener.Close())
	}
	cut, err := httpserve.Serve(ctx, server, listener)
	log.Info().Msg("stopping") // the state is still to be kept
	if cut {
		err = errors.Join(errors.New("calls still running were cut off"), err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	return nil
}

// printer is where a program says something: data on stdout, the log on stderr.
type printer struct {
	stdout io.Writer
	log    zerolog.Logger
}

// announce says that the simulator is ready.
func (p Program[S]) announce(ready Ready, url string, o Options, to printer) error {
	if o.output == "json" {
		return json.NewEncoder(to.stdout).Encode(ready.Line)
	}
	to.log.Info().Str("url", url).Str("admin", url+"/_"+p.Name+"/").Float64("speed", o.Speed).
		Str("accessKeyId", ready.AccessKeyID).Str("accessKeySecret", ready.AccessKeySecret).Msg("ready")
	for _, what := range ready.Has {
		to.log.Info().Msg(what)
	}
	return nil
}
