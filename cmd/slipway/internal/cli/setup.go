package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/cmd/slipway/internal/render"
	"slipway/setup"
)

// setupTime bounds setup: new search attributes take a while to reach every server.
const setupTime = 2 * time.Minute

func (a *app) setup() *cobra.Command {
	cmd := printing(settings(&cobra.Command{
		Use:   "setup",
		Short: "Prepare NATS and Temporal: streams, freeze calendar and search attributes",
		Long: `Create or mend the JetStream streams (SLIPWAY_IN, SLIPWAY_EVENTS, SLIPWAY_DEADLETTER), create
the key-value bucket of the freeze calendar (slipway-calendar), and register Temporal's
search attributes (SlipwayApp, SlipwayPhase), then wait until they can be used. Doing it
again changes nothing; limits that an operator has set on the streams stay as they are.`,
		Example: `  slipway setup
  slipway setup --nats-url nats://nats.example:4222 --temporal-address temporal.example:7233 -o json`,
		GroupID: groupCare,
		Args:    arguments(),
	}, config.Temporal(), config.NATS()))
	timeout := cmd.Flags().Duration(flagTimeout, setupTime, "give up after this time")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f, err := format(cmd)
		if err != nil {
			return err
		}
		v, err := a.values(cmd)
		if err != nil {
			return err
		}
		ctx, cancel := within(cmd.Context(), *timeout)
		defer cancel()
		kept, natsErr := a.setupNATS(ctx, v)
		attributes, temporalErr := a.setupAttributes(ctx, v)
		done := append(kept, attributes...)
		if len(done) > 0 {
			if err := f.Write(a.Stdout, done, func() string { return preparedTable(done) }); err != nil {
				return err
			}
		}
		return errors.Join(natsErr, temporalErr)
	}
	return cmd
}

func preparedTable(done []setup.Prepared) string {
	rows := [][]render.Cell{render.Text("KIND", "NAME", "RESULT")}
	for _, p := range done {
		rows = append(rows, render.Text(p.Kind, p.Name, string(p.Result)))
	}
	return render.Table(rows, render.Style{})
}

func (a *app) setupNATS(ctx context.Context, v *config.Values) ([]setup.Prepared, error) {
	js, closeNATS, err := a.jetStream(v, "slipway setup")
	if err != nil {
		return nil, err
	}
	defer closeNATS()
	return setup.NATS(ctx, js)
}

func (a *app) setupAttributes(ctx context.Context, v *config.Values) ([]setup.Prepared, error) {
	log, err := v.Logger(a.Stderr, config.ForPerson())
	if err != nil {
		return nil, err
	}
	options, err := connect.TemporalOptions(v, a.Getenv)
	if err != nil {
		return nil, err
	}
	c, err := connect.Temporal(ctx, options, log)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return setup.SearchAttributes(ctx, c, options.Namespace)
}
