package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// Env is what surrounds the command: its environment and standard streams.
type Env struct {
	Getenv func(string) string
	// Zone is the local time zone; nil is UTC.
	Zone           *time.Location
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Interactive tells that a person at a terminal reads standard error and types standard input.
	Interactive bool
}

// app is one run of the command line.
type app struct {
	Env

	// args are the arguments; nil stands for any.
	args []string
	// denials end what waits for NATS where a right is missing.
	denials connect.Denials
	// utc asks for times in UTC.
	utc bool
}

// The groups of commands in the help.
const (
	groupRoles       = "roles"
	groupReleases    = "releases"
	groupMaintenance = "care"
)

// Run carries out one command and returns its exit code.
func Run(ctx context.Context, args []string, w Env) int {
	a := &app{Env: w, args: append([]string{}, args...)}
	root := a.root() //nolint:contextcheck // commands get their context through cobra
	root.SetArgs(args)
	root.SetIn(w.Stdin)
	root.SetOut(w.Stdout)
	root.SetErr(w.Stderr)
	watched, end := a.denials.Watch(ctx)
	defer end()
	cmd, err := root.ExecuteContextC(watched)
	if denied, ok := errors.AsType[*connect.DeniedError](context.Cause(watched)); ok && err != nil {
		err = denied
	}
	return a.exit(ctx, cmd, err)
}

func (a *app) root() *cobra.Command {
	root := a.group(&cobra.Command{
		Use:   "slipway",
		Short: "Release applications on serverless platforms, durably",
		Long: `Slipway releases applications on serverless application platforms. A release asked for
by an event is carried to exactly one known end, whatever dies meanwhile.

Settings come from flags, environment variables and one file (--config), under the
same names; see "slipway help settings". Exit codes: "slipway help exit-codes".`,
		Example: `  slipway setup                                     prepare NATS and Temporal, once
  slipway worker                                    carry releases out
  slipway starter                                   take requests from NATS
  slipway release submit -f release.yaml --wait     release, and wait for the outcome
  slipway release confirm r-abcdefghijklmnop        let the next batch begin`,
		SilenceErrors: true,
		SilenceUsage:  true,
	},
		a.worker(), a.starter(), a.console(), a.notifier(), a.codecServer(), a.setup(), a.healthz(),
		a.waiting(), a.top(), a.release(), a.set(), a.plan(),
		a.deploy(), a.promote(), a.rollback(), a.restart(), a.rescale(), a.job(),
		a.applications(), a.trigger(), a.history(), a.stats(), a.whatIf(), a.environmentDiff(), a.lane(), a.scaling(), a.freeze(),
		a.authority(), a.policy(), a.notify(), a.audit(), a.deadLetter(), a.doctor(), a.api(), a.version(),
		settingsTopic(), exitCodesTopic())
	root.AddGroup(
		&cobra.Group{ID: groupRoles, Title: "Roles:"},
		&cobra.Group{ID: groupReleases, Title: "Releases:"},
		&cobra.Group{ID: groupMaintenance, Title: "Maintenance:"},
	)
	root.Version = versionLine()
	root.SetVersionTemplate("{{.Version}}")
	root.SetHelpCommandGroupID(groupMaintenance)
	root.SetCompletionCommandGroupID(groupMaintenance)
	root.SetFlagErrorFunc(flagError)
	config.AddFlags(root.PersistentFlags(), append(config.Logging(), config.File())...)
	root.PersistentFlags().BoolVar(&a.utc, flagUTC, false, "show times in UTC instead of local time; data is in UTC always")
	_ = root.MarkPersistentFlagFilename(config.ConfigFile, "yaml", "yml")
	offerNoFiles(root)
	root.AddCommand(misplaced()...)
	aliasFlags(root)
	explainExits(root)
	return root
}

// mayCall reports whether the arguments can name a command, by the words that lead to it. Commands of
// which there are hundreds are made for no others: they would slow down every start.
func (a *app) mayCall(words ...string) bool {
	return a.args == nil || !slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(a.args, word) })
}

// offerNoFiles keeps the shell from offering files as arguments, which no command takes.
func offerNoFiles(cmd *cobra.Command) {
	if cmd.ValidArgsFunction == nil && !cmd.HasSubCommands() {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, child := range cmd.Commands() {
		offerNoFiles(child)
	}
}

// group makes a command that only holds others: alone it shows its help, and a word it
// does not know is an error with suggestions, which cobra does for the root only.
func (a *app) group(parent *cobra.Command, children ...*cobra.Command) *cobra.Command {
	parent.AddCommand(children...)
	parent.Args = cobra.ArbitraryArgs
	parent.SuggestionsMinimumDistance = 2
	parent.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		if args[0] == "help" {
			return helpWith(cmd, args[1:])
		}
		message := `unknown command "` + args[0] + `"`
		if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
			if near := release.Nearest(args[0], similar); len(near) > 0 {
				similar = near // cobra leaves them in the order of the commands
			}
			for _, child := range children { // a command that is meant by the word, and not just spelled like it
				if slices.Contains(child.SuggestFor, args[0]) {
					similar = []string{child.Name()}
				}
			}
			message += `; did you mean "` + similar[0] + `"?`
		}
		return &usageError{message}
	}
	return parent
}

// helpWith shows the help of what is within a group, as cobra does for the root only.
func helpWith(group *cobra.Command, args []string) error {
	found, rest, err := group.Find(args)
	if err != nil || len(rest) > 0 {
		return &usageError{`unknown command "` + strings.Join(args, " ") + `"`}
	}
	return found.Help()
}

// withSettings gives a command the flags of groups of settings.
func withSettings(cmd *cobra.Command, groups ...[]config.Setting) *cobra.Command {
	for _, group := range groups {
		config.AddFlags(cmd.Flags(), group...)
	}
	return cmd
}

// arguments checks the number of positional arguments and names what is missing.
func arguments(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return &usageError{"missing argument " + names[len(args)]}
		case len(args) > len(names):
			return &usageError{`unexpected argument "` + args[len(names)] + `"`}
		}
		return nil
	}
}

// atLeast checks that the named positional arguments are there; more may follow.
func atLeast(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		return arguments(names...)(cmd, args[:min(len(args), len(names))])
	}
}

const (
	flagOutput = "output"
	flagUTC    = "utc"
)

// zone is where times are shown.
func (a *app) zone() *time.Location {
	if a.utc {
		return time.UTC
	}
	return cmp.Or(a.Zone, time.UTC)
}

// withOutput gives a command the flag -o.
func withOutput(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringP(flagOutput, "o", string(render.FormatTable), "print as table, wide, json or yaml")
	return completing(cmd, flagOutput, render.Formats()...)
}

// completing lets the shell complete the values of a flag. Cobra's error is for a flag
// that does not exist or has its completion already; the scripts of the tests would show
// either.
func completing(cmd *cobra.Command, flag string, values ...string) *cobra.Command {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// completingLater is completing for values that are worked out when they are wanted.
func completingLater(cmd *cobra.Command, flag string, values func() []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values(), cobra.ShellCompDirectiveNoFileComp
	})
}

func format(cmd *cobra.Command) (render.Format, error) {
	f, err := render.ParseFormat(cmd.Flag(flagOutput).Value.String())
	if err != nil {
		return "", &usageError{err.Error()}
	}
	return f, nil
}

// jetStream connects a command to JetStream, until the context ends; the name tells the servers who is there.
func (a *app) jetStream(ctx context.Context, v *config.Values, name string) (js jetstream.JetStream, closeNATS func(), err error) {
	options, err := connect.NATSSettings(v, a.Getenv)
	if err != nil {
		return nil, nil, err
	}
	conn, err := connect.NATS(ctx, options, name, a.denials.Option())
	if err != nil {
		return nil, nil, err
	}
	if js, err = options.JetStream(conn); err != nil {
		conn.Close()
		return nil, nil, err
	}
	return js, conn.Close, nil
}
