package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"slipway/devstack/chaos/system"
	"slipway/devstack/demo"
	"slipway/devstack/stack"
	"slipway/fcsim"
	"slipway/internal/buildinfo"
	"slipway/manifest"
	"slipway/notify"
	"slipway/release"
	"slipway/saesim"
	"slipway/servicestagesim"
)

// startTimeout bounds how long the servers may take to come up.
const startTimeout = time.Minute

// demoTimeout bounds the demo; it takes well under a minute.
const demoTimeout = 5 * time.Minute

// monitorAddr is where the gates of the examples ask.
const monitorAddr = "127.0.0.1:8098"

// run carries out the command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := &cobra.Command{
		Use:   "slipway-dev",
		Short: "Everything Slipway needs, in one process",
		Long: `slipway-dev runs the Temporal server, the NATS server, the simulators of SAE,
Function Compute and ServiceStage, the worker, the starter and the console in one process. It is for development, demonstration and tests, never for
production: every listener is on loopback and asks nobody for credentials.`,
		Version:      buildinfo.Read().Line("slipway-dev"),
		SilenceUsage: true, SilenceErrors: true,
	}
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd.AddCommand(upCommand(), demoCommand(), chaosCommand(), benchCommand(), soakCommand(), system.ServeCommand()) //nolint:contextcheck // the commands take their context from cobra
	if err := cmd.ExecuteContext(ctx); err != nil {
		cmd.PrintErrln("error:", err)
		return exitCode(err)
	}
	return 0
}

// exitFound is the exit code of a command that ran to its end and found what must not be.
const exitFound = 2

// foundError is that something was found. The report of the command says what.
type foundError struct{ what string }

func (e foundError) Error() string { return e.what }

// exitCode is that of a command that ended with an error.
func exitCode(err error) int {
	if _, found := errors.AsType[foundError](err); found {
		return exitFound
	}
	return 1
}

func logger(w io.Writer) zerolog.Logger {
	return zerolog.New(zerolog.ConsoleWriter{Out: w, NoColor: true, TimeFormat: time.TimeOnly}).Level(zerolog.InfoLevel).With().Timestamp().Logger()
}

func upCommand() *cobra.Command {
	var c stack.Config
	var without []string
	var output, notifications string
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Bring everything up and keep it running",
		Long: `up runs everything until it is interrupted. The simulator of SAE has three applications, shop,
inventory and orders, that of Function Compute has the service shop, that of ServiceStage the component web; their names are printed as
commands take them. What examples/*.yaml asks for works here as it is. On the usual ports the slipway command needs no settings.`,
		Example: `  # everything, state kept in ./data
  slipway-dev up --data-dir data

  # the servers only; the roles run elsewhere with the environment of the ready line
  slipway-dev up --without worker,starter,console -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, role := range without {
				if !slices.Contains([]string{"worker", "starter", "console"}, role) {
					return fmt.Errorf("--without: %q cannot be left out; use worker, starter, console or several of them", role)
				}
			}
			if output != "" && output != "json" {
				return fmt.Errorf("--output: %q is unknown; use json or leave it out", output)
			}
			c.WithoutWorker, c.WithoutStarter, c.WithoutConsole = slices.Contains(without, "worker"), slices.Contains(without, "starter"), slices.Contains(without, "console")
			if notifications != "" {
				document, err := readNotifications(notifications)
				if err != nil {
					return fmt.Errorf("--notifications: %w", err)
				}
				c.Notifications = &document
			}
			c.Demo, c.Log = true, logger(cmd.ErrOrStderr())
			return up(cmd.Context(), c, output, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.DataDir, "data-dir", "", "keep the state of all servers in this directory (default: keep nothing)")
	f.StringVar(&c.TemporalAddr, "temporal-addr", "127.0.0.1:7233", "loopback address of the Temporal server; port 0 is any free one")
	f.StringVar(&c.NATSAddr, "nats-addr", "127.0.0.1:4222", "loopback address of the NATS server; port 0 is any free one")
	f.StringVar(&c.SAEAddr, "sae-addr", "127.0.0.1:8099", "loopback address of the SAE simulator; port 0 is any free one")
	f.StringVar(&c.FCAddr, "fc-addr", "127.0.0.1:8097", "loopback address of the Function Compute simulator; port 0 is any free one")
	f.StringVar(&c.ServiceStageAddr, "servicestage-addr", "127.0.0.1:8096", "loopback address of the ServiceStage simulator; port 0 is any free one")
	f.StringVar(&c.MonitorAddr, "monitor-addr", monitorAddr, "loopback address of what the gates of the examples ask; port 0 is any free one")
	f.StringVar(&c.ConsoleAddr, "console-addr", "127.0.0.1:8090", "loopback address of the console; port 0 is any free one")
	f.StringVar(&c.HooksAddr, "hooks-addr", "127.0.0.1:8091", "loopback address of webhooks; port 0 is any free one")
	f.StringVar(&c.UIAddr, "ui-addr", "127.0.0.1:8233", "loopback address of Temporal's UI; empty for none")
	f.StringSliceVar(&without, "without", nil, "roles to leave to processes of their own: worker, starter, console")
	f.Float64Var(&c.Speed, "speed", 1, "how many seconds pass for the simulators in one second; a batch of SAE takes two")
	f.Uint64Var(&c.Seed, "seed", 0, "seed of the IDs and faults of the simulators")
	f.StringVar(&notifications, "notifications", "", "file of kind Notifications: tell its channels of what happens (default: tell nobody)")
	f.StringVarP(&output, "output", "o", "", "json prints one line once all is ready")
	return cmd
}

// readNotifications reads the file of channels and rules.
func readNotifications(path string) (document notify.Document, err error) {
	file, err := os.Open(path)
	if err != nil {
		return document, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return manifest.ReadNotifications(file)
}

func up(ctx context.Context, c stack.Config, output string, stdout io.Writer) (err error) {
	s, err := start(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := ready(s, output, stdout); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func start(ctx context.Context, c stack.Config) (*stack.Stack, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return stack.Start(ctx, c)
}

// readyLine is what `-o json` prints once all is ready.
type readyLine struct {
	Ready    bool   `json:"ready"`
	Temporal string `json:"temporal"`
	NATS     string `json:"nats"`
	SAE      string `json:"sae"`
	FC       string `json:"fc"`
	// ServiceStage and the others are URLs.
	ServiceStage string `json:"servicestage"`
	Monitor      string `json:"monitor"`
	UI           string `json:"ui,omitempty"`
	// Console is the URL of the console, and ConsoleToken signs in there, as a bearer token.
	Console      string `json:"console,omitempty"`
	ConsoleToken string `json:"consoleToken,omitempty"`
	// Hooks is the URL of webhooks, with the secret of their path, and HooksToken the token or key of the senders that have one.
	Hooks      string `json:"hooks,omitempty"`
	HooksToken string `json:"hooksToken,omitempty"`
	// Apps are the applications of SAE, Services those of Function Compute, and Components those of ServiceStage, as commands
	// take them.
	Apps       []saesim.App      `json:"apps"`
	Services   []string          `json:"services"`
	Components []string          `json:"components"`
	Env        map[string]string `json:"env"`
}

func ready(s *stack.Stack, output string, stdout io.Writer) error {
	if output == "json" {
		return json.NewEncoder(stdout).Encode(readyLine{
			Ready: true, Temporal: s.Temporal(), NATS: s.NATS(), SAE: s.SAE(), FC: s.FC(), ServiceStage: s.ServiceStage(), Monitor: s.Monitor(), UI: s.UI(),
			Console: s.Console().URL, ConsoleToken: s.Console().Token,
			Hooks: s.Hooks().URL, HooksToken: s.Hooks().Token,
			Apps: s.Sim().Apps(), Services: []string{demoService()}, Components: []string{demoComponent(s)}, Env: s.Env(),
		})
	}
	var text strings.Builder
	fmt.Fprintf(&text, "ready\n  Temporal      %s\n  NATS          %s\n  SAE           %s\n  FC            %s\n  ServiceStage  %s\n  monitor       %s\n",
		s.Temporal(), s.NATS(), s.SAE(), s.FC(), s.ServiceStage(), s.Monitor())
	if s.UI() != "" {
		fmt.Fprintf(&text, "  UI            %s\n", s.UI())
	}
	if s.Console().URL != "" {
		fmt.Fprintf(&text, "  console       %s\n  console token %s\n", s.Console().URL, s.Console().Token)
	}
	if s.Hooks().URL != "" {
		fmt.Fprintf(&text, "  hooks         %s\n  hooks token   %s\n", s.Hooks().URL, s.Hooks().Token)
	}
	for _, app := range s.Sim().Apps() {
		fmt.Fprintf(&text, "  app           sae/%s/%s %s\n", saesim.DefaultRegion, app.ID, app.Name)
	}
	fmt.Fprintf(&text, "  app           %s with its functions %s and %s\n", demoService(), fcsim.DemoWeb, fcsim.DemoMailer)
	fmt.Fprintf(&text, "  app           %s %s\n", demoComponent(s), servicestagesim.DemoComponent)
	for _, key := range envOrder() {
		fmt.Fprintf(&text, "export %s=%s\n", key, s.Env()[key])
	}
	text.WriteString(nextSteps)
	_, err := io.WriteString(stdout, text.String())
	return err
}

// demoService is the service of Function Compute, as commands take it.
func demoService() string {
	return release.App{Platform: release.PlatformFC, Region: fcsim.DefaultRegion, ID: fcsim.DemoService}.SearchValue()
}

// demoComponent is the component of ServiceStage, as commands take it.
func demoComponent(s *stack.Stack) string {
	return release.App{Platform: release.PlatformServiceStage, Region: servicestagesim.DefaultRegion, ID: s.ServiceStageSim().DemoComponent().ID}.SearchValue()
}

// nextSteps is what can be typed once all is ready.
const nextSteps = `
Type the exports above into a second shell; on the usual ports only "slipway api" and roles of
your own need them. Then, from the top of the repository:
  bin/slipway release submit -f examples/all.yaml --wait      replace all instances at once
  bin/slipway release submit -f examples/gray-manual.yaml     one instance first; prints the release ID
  bin/slipway release watch ID                                follow it
  bin/slipway release confirm ID                              let the next batch begin
docs/getting-started.md goes on from here. Ctrl-C ends everything.
`

// envOrder is the order in which people read the environment.
func envOrder() []string {
	return []string{
		"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "NATS_URL", "SLIPWAY_SAE_ENDPOINT", "SLIPWAY_SAE_REGION",
		"SLIPWAY_FC_ENDPOINT", "SLIPWAY_FC_REGION", "SLIPWAY_FC_ACCOUNT_ID",
		"SLIPWAY_SERVICESTAGE_ENDPOINT", "SLIPWAY_SERVICESTAGE_REGION", "SLIPWAY_SERVICESTAGE_PROJECT_ID", "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK",
		"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SLIPWAY_GATES_ALLOW",
	}
}

func demoCommand() *cobra.Command {
	var slipway string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch one event become a gray release that survives the death of its worker",
		Long: `The demo creates an application with two scaling rules, publishes one request event for a
gray release (1 + 2 batches, manual), kills its worker process with SIGKILL while a batch
is parked, starts another, confirms by command events, and checks that the release
succeeded with one change order and that the scaling rules are exactly as before.`,
		Example: "  slipway-dev demo\n  slipway-dev demo --verbose",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := io.Discard
			if verbose {
				log = cmd.ErrOrStderr()
			}
			return playDemo(cmd.Context(), demo.Config{Slipway: slipway, Out: cmd.OutOrStdout(), Log: log}, logger(log))
		},
	}
	cmd.Flags().StringVar(&slipway, "slipway", slipwayBeside(), "path of the slipway binary that runs as the worker process")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "show the log lines of servers and workers")
	return cmd
}

func playDemo(ctx context.Context, c demo.Config, log zerolog.Logger) (err error) {
	ctx, cancel := context.WithTimeout(ctx, demoTimeout)
	defer cancel()
	s, err := start(ctx, stack.Config{WithoutWorker: true, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return demo.Run(ctx, s, c)
}

// slipwayBeside is the path of the slipway binary in the directory of this one.
func slipwayBeside() string {
	const name = "slipway"
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}
