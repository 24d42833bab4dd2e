package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/releases"
	"slipway/requests"
	"slipway/wire"
)

// call is one run of a command.
type call struct {
	app    *app
	cmd    *cobra.Command
	args   []string
	format render.Format
	values *config.Values
	style  render.Style
	// by is who gives the command, and now when.
	by  string
	now time.Time
	// timeout is --timeout as it was given, which may bound less than the whole run; limit is
	// what bounds it.
	timeout, limit time.Duration

	// identity is who somebody is on NATS; empty in a command that does not ask, and where nobody said so.
	identity string
	// signer signs what is published; nil where nobody has named a key.
	signer *wire.Signer

	// client is there in a command that is withTemporal, calendars in one that is withCalendar. In one
	// that is withReleases there is either the client, or that of NATS, for an identity and for who signs.
	client    *releases.Client
	onNATS    *requests.Client
	calendars *wire.Calendars
	// freezes is the calendar with what names stand for.
	freezes *apps.Calendar
}

// action is what a command does, within the time that its frame leaves it.
type action func(ctx context.Context, c *call) error

// frame is what a command has besides its own flags.
type frame struct {
	settings []config.Setting
	// draws reports whether it may print in colors.
	draws bool
	// timeout is the default of --timeout; 0 is no bound. Usage is its help, where it is not just
	// that the command gives up.
	timeout time.Duration
	usage   string
	// limit is how long the command may take, where that is not just --timeout.
	limit func(cmd *cobra.Command, timeout time.Duration) time.Duration
}

// command completes a command that prints what it does or finds: it gets the flags of its
// frame, and do is called with what they say.
func (a *app) command(cmd *cobra.Command, f frame, do action) *cobra.Command {
	withOutput(withSettings(cmd, f.settings))
	if f.draws {
		withColor(cmd)
	}
	timeout := cmd.Flags().Duration(flagTimeout, f.timeout, cmp.Or(f.usage, "give up after this time"))
	cmd.RunE = a.withValues(func(cmd *cobra.Command, args []string, v *config.Values) error {
		output, err := format(cmd)
		if err != nil {
			return err
		}
		if *timeout < 0 {
			return &usageError{fmt.Sprintf("--%s %q: must be a duration of 0 or more, such as 90s, 5m or 24h", flagTimeout, *timeout)}
		}
		limit := *timeout
		if f.limit != nil {
			limit = f.limit(cmd, limit)
		}
		by, identity, err := a.speaks(cmd, v)
		if err != nil {
			return err
		}
		key, err := signer(cmd, v)
		if err != nil {
			return err
		}
		ctx, cancel := within(cmd.Context(), limit)
		defer cancel()
		return do(ctx, &call{
			app: a, cmd: cmd, args: args, format: output, values: v, style: a.screen(cmd).style(),
			by: by, identity: identity, signer: key, now: time.Now().UTC().Truncate(time.Second), timeout: *timeout, limit: limit,
		})
	})
	return cmd
}

// withValues reads the settings before a command does its work.
func (a *app) withValues(do func(*cobra.Command, []string, *config.Values) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		v, err := config.Load(cmd.Flags(), a.Getenv)
		if err != nil {
			return err
		}
		return do(cmd, args, v)
	}
}

// withTemporal connects to Temporal before an action.
func withTemporal(do action) action {
	return func(ctx context.Context, c *call) error {
		client, closeClient, err := c.app.releases(ctx, c.values)
		if err != nil {
			return err
		}
		defer closeClient()
		c.client = client
		return do(ctx, c)
	}
}

// withCalendar connects to the calendar of freezes before an action.
func withCalendar(do action) action {
	return func(ctx context.Context, c *call) error {
		js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway freeze")
		if err != nil {
			return err
		}
		defer closeNATS()
		c.calendars, c.freezes = wire.NewCalendars(js), apps.NewCalendar(js)
		return do(ctx, c)
	}
}

// onReleases completes a command to a release or a set: it goes to Temporal, or as an identity or signed to NATS.
func (a *app) onReleases(cmd *cobra.Command, do action) *cobra.Command {
	withSettings(cmd, config.NATS(), config.Actor(), config.AsIdentity(), config.Signing())
	return a.command(cmd, frame{settings: config.Temporal(), draws: true, timeout: answerTime, limit: patience}, withReleases(do))
}

// onTemporal completes a command that needs nothing but Temporal.
func (a *app) onTemporal(cmd *cobra.Command, do action) *cobra.Command {
	return a.command(cmd, frame{settings: config.Temporal(), draws: true, timeout: answerTime, limit: patience}, withTemporal(do))
}

// onCalendar completes a command about the calendar of freezes.
func (a *app) onCalendar(cmd *cobra.Command, do action) *cobra.Command {
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime}, withCalendar(do))
}

// patience is how long a command may take: what --wait waits for takes as long as it
// takes, unless --timeout says otherwise.
func patience(cmd *cobra.Command, timeout time.Duration) time.Duration {
	wait := cmd.Flag(flagWait)
	if wait != nil && wait.Value.String() == "true" && !cmd.Flag(flagTimeout).Changed {
		return 0
	}
	return timeout
}
