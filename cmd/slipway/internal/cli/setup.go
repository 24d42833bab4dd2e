package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/cmd/slipway/internal/render"
	"slipway/setup"
)

// setupTime bounds setup: new search attributes take a while to reach every server.
const setupTime = 2 * time.Minute

// Each half has a bound of its own within that: all that is asked of NATS, and the first answer
// of Temporal.
const (
	natsTime = 30 * time.Second
	dialTime = 15 * time.Second
)

func (a *app) setup() *cobra.Command {
	cmd := a.command(&cobra.Command{
		Use:   "setup",
		Short: "Prepare NATS and Temporal: streams, buckets and search attributes",
		Long: `Create or mend the JetStream streams (SLIPWAY_IN, SLIPWAY_EVENTS, SLIPWAY_DEADLETTER), create
the key-value buckets of the freeze calendar (slipway-calendar), the application documents
(slipway-apps), of who may do what (slipway-authority), of the groups of who has signed in
(slipway-people), of the policies (slipway-policies), of who has signed in at a console with a browser
(slipway-sessions) and of the ledger of releases (slipway-ledger),
and the stream of the audit (SLIPWAY_AUDIT), which copies what people do from them; and register
Temporal's search attributes (SlipwayApp, SlipwayAppName, SlipwayApplication, SlipwayPhase, SlipwayOutcome,
SlipwayOperation, SlipwayStrategy, SlipwayRequestedBy, SlipwaySet),
then wait until they can be used. Doing it again changes nothing.

How many servers keep what, how much, and for how long, are settings. What is not said is created with
its default, and stays as an operator has set it where it exists; what is said is set.`,
		Example: `  slipway setup
  slipway setup --nats-replicas 3 --ledger-retention 800d --deadletter-retention 180d
  slipway setup --nats-url nats://nats.example:4222 --temporal-address temporal.example:7233 -o json`,
		GroupID: groupMaintenance,
		Args:    arguments(),
	}, frame{settings: slices.Concat(config.Setup(), config.Temporal(), config.NATS()), timeout: setupTime}, a.runSetup)
	cmd.AddCommand(a.setupUsers())
	return cmd
}

func (a *app) setupUsers() *cobra.Command {
	var file, shared string
	cmd := &cobra.Command{
		Use:   "nats-users",
		Short: "Print a configuration of nats-server with users that may do what they need",
		Long: `Print a part of the configuration of nats-server: a user for setup, one for workers and one for
starters, each with the rights that it needs and no others, and one for each role of the authority
document. With -f there is one for each identity that the document names instead, with the
rights of its roles in their scopes, and who may publish as themselves only. With --shared there is
one besides for people who have no user of their own: whoever logs in as it asks and commands under any
name, and only a signature says who it was.

Passwords are variables of nats-server's environment: none is printed. Nothing is connected to.`,
		Example: `  slipway setup nats-users > slipway-users.conf
  slipway setup nats-users -f examples/authority/authority.yaml
  slipway setup nats-users -f examples/authority/authority.yaml --shared people
  slipway setup nats-users -o json`,
		Args: arguments(),
	}
	withFile(cmd, &file, "authority document whose identities get users; - reads standard input")
	cmd.Flags().StringVar(&shared, "shared", "", "name of one user for people who have none of their own, who say who they are, or sign")
	return a.command(cmd, frame{timeout: answerTime}, func(_ context.Context, call *call) error {
		people, left := setup.RoleUsers(), []string(nil)
		if file != "" {
			document, err := a.authorityDocuments().readFile(a, file)
			if err != nil {
				return err
			}
			people, left = setup.DocumentUsers(document)
		}
		users := append(setup.ServiceUsers(), people...)
		if cmd.Flag("shared").Changed {
			one, err := sharedUser(shared, users)
			if err != nil {
				return err
			}
			users = append(users, one)
		}
		return call.format.Write(a.Stdout, users, func() string { return setup.ServerConfig(users, left) })
	})
}

// sharedUser is the user of a name that several people have, beside other users.
func sharedUser(name string, beside []setup.User) (setup.User, error) {
	one, err := setup.SharedUser(name)
	switch {
	case err != nil:
		return one, &usageError{"--shared: " + err.Error()}
	case slices.ContainsFunc(beside, func(u setup.User) bool { return u.Name == name }):
		return one, &usageError{fmt.Sprintf("--shared: %s is the name of another user already, which nobody else may log in as: take another one", name)}
	}
	return one, nil
}

func (a *app) runSetup(ctx context.Context, call *call) error {
	how, err := setupConfig(call.values)
	if err != nil {
		return err
	}
	// Side by side: one that is away takes no time from the other, and both are told of.
	var kept, attributes []setup.Result
	var natsErr, temporalErr error
	var both sync.WaitGroup
	both.Go(func() { kept, natsErr = a.setupNATS(ctx, call.values, how) })
	both.Go(func() { attributes, temporalErr = a.setupAttributes(ctx, call.values) })
	both.Wait()
	done := append(kept, attributes...)
	if len(done) > 0 {
		if err := call.format.Write(a.Stdout, done, func() string { return preparedTable(done, call.style) }); err != nil {
			return err
		}
	}
	return errors.Join(natsErr, temporalErr)
}

func preparedTable(done []setup.Result, style render.Style) string {
	table := render.Table{Columns: render.Columns("KIND", "NAME", "RESULT")}
	for _, p := range done {
		table.Rows = append(table.Rows, render.Text(p.Kind, p.Name, string(p.Action)))
	}
	return table.Draw(style)
}

// maxReplicas is how many servers can keep a stream at most.
const maxReplicas = 5

// setupConfig reads how what is kept on NATS is to be kept.
func setupConfig(v *config.Values) (setup.Config, error) {
	var c setup.Config
	var err error
	if c.Storage.Replicas, err = v.Count(config.NATSReplicas, maxReplicas); err != nil {
		return c, err
	}
	if c.Storage.MaxBytes, err = v.Size(config.StreamSize); err != nil {
		return c, err
	}
	for name, age := range map[string]*time.Duration{
		config.RequestsRetention: &c.Storage.RequestsAge, config.EventsRetention: &c.Storage.EventsAge,
		config.DeadLetterRetention: &c.Storage.DeadLettersAge, config.LedgerRetention: &c.Ledger.MaxAge,
		config.AuditRetention: &c.AuditAge,
	} {
		if *age, err = v.Retention(name); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (a *app) setupNATS(ctx context.Context, v *config.Values, how setup.Config) ([]setup.Result, error) {
	ctx, end := within(ctx, natsTime)
	defer end()
	js, closeNATS, err := a.jetStream(ctx, v, "slipway setup")
	if err != nil {
		return nil, err
	}
	defer closeNATS()
	// A right that is missing ends this half alone.
	ctx, end = a.denials.Watch(ctx)
	defer end()
	done, err := setup.NATS(ctx, js, how)
	if denied, ok := errors.AsType[*connect.DeniedError](context.Cause(ctx)); ok && err != nil {
		err = denied
	}
	return done, err
}

func (a *app) setupAttributes(ctx context.Context, v *config.Values) ([]setup.Result, error) {
	log, err := v.Logger(a.Stderr, config.ForPerson())
	if err != nil {
		return nil, err
	}
	options, err := connect.TemporalOptions(v, a.Getenv)
	if err != nil {
		return nil, err
	}
	dialing, end := within(ctx, dialTime)
	defer end()
	c, err := connect.Temporal(dialing, options, log)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return setup.SearchAttributes(ctx, c, options.Namespace)
}
