package cli

import (
	"cmp"
	"context"
	"fmt"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/releases"
	"slipway/wire"
)

func (a *app) release() *cobra.Command {
	return a.group(&cobra.Command{
		Use:     "release",
		Aliases: []string{"releases"},
		Short:   "Submit, watch and steer releases",
		Long: `Submit, watch and steer releases.

Exit codes:
` + exitCodes,
		Example: `  slipway release submit -f release.yaml
  slipway release list --phase AwaitingConfirm
  slipway release watch r-abcdefghijklmnop
  slipway release confirm r-abcdefghijklmnop --note "orders look right"
  slipway release rollback r-abcdefghijklmnop --reason "error rate doubled"`,
		GroupID: groupReleases,
	}, a.submit(), a.retry(), a.list(), a.get(), a.watch(),
		a.confirm(), a.abort(), a.pause(), a.resume(), a.releaseRollback(), a.override(), a.approve(), a.reject())
}

const (
	flagTimeout = "timeout"
	// answerTime is how long a question or a command waits for its answer.
	answerTime = 30 * time.Second
)

// releases connects to Temporal; the returned function closes the connection.
func (a *app) releases(ctx context.Context, v *config.Values) (*releases.Client, func(), error) {
	log, err := v.Logger(a.Stderr, config.ForPerson())
	if err != nil {
		return nil, nil, err
	}
	options, err := connect.TemporalOptions(v, a.Getenv)
	if err != nil {
		return nil, nil, err
	}
	c, err := connect.Temporal(ctx, options, log)
	if err != nil {
		return nil, nil, err
	}
	return releases.NewWith(c, options.DataConverter), c.Close, nil
}

// speaks is who gives a command, and as which identity, where the command asks for one.
func (a *app) speaks(cmd *cobra.Command, v *config.Values) (by, identity string, err error) {
	by = a.actor(v)
	if cmd.Flag(config.Identity) == nil {
		return by, "", nil
	}
	identity = v.String(config.Identity)
	switch err := wire.IdentityFault(identity); {
	case identity == "":
		return by, "", nil
	case err != nil:
		return "", "", v.Bad(config.Identity, err.Error(), "give the name of the user of NATS that may publish on slipway.by.<name>.>")
	case v.Said(config.By) && v.String(config.By) != identity:
		return "", "", v.Bad(config.By, fmt.Sprintf("%q is another name than the identity %q", v.String(config.By), identity), "leave it out: as an identity nobody speaks for somebody else")
	}
	return identity, identity, nil
}

// actor is who gives a command: who was named, else the user of the system.
func (a *app) actor(v *config.Values) string {
	name := cmp.Or(v.String(config.By), a.Getenv("USER"), a.Getenv("LOGNAME"), a.Getenv("USERNAME"))
	if name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}
