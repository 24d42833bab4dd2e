package cli

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/promotion"
	"slipway/release"
)

func (a *app) environmentDiff() *cobra.Command {
	var live bool
	cmd := &cobra.Command{
		Use:   "diff NAME ENVIRONMENT ENVIRONMENT",
		Short: "Show in what two environments of an application differ",
		Long: `Show in what two environments of an application differ: what runs in each by what releases have
told, and what the document says of a release of each. The digest of the configuration tells whether it
is the same, not what differs; what was changed in the console of a platform is not known.

With --live a worker reads both applications, as for "slipway plan", and what they differ in is shown
besides: what they run, on how many instances, and each setting of their configuration. Numbers, switches
and the words of a platform are shown, anything else as a digest: no secret is.`,
		Example: `  slipway diff shop staging production
  slipway diff shop staging production --live
  slipway diff shop staging production -o json`,
		GroupID: groupReleases, Args: arguments("NAME", "ENVIRONMENT", "ENVIRONMENT"), ValidArgsFunction: a.complete(cobra.ShellCompDirectiveDefault, a.applicationDocuments().known),
	}
	cmd.Flags().BoolVar(&live, "live", false, "compare also what the platforms have: a worker reads both applications, over Temporal")
	withSettings(cmd, config.Temporal())
	exits(cmd, exitTimeout, "no worker answers within --timeout, with --live")
	return a.applicationDocuments().on(a, cmd, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		sides, err := c.sides(ctx, js)
		if err == nil && live {
			err = c.withLive(ctx, sides[:])
		}
		if err != nil {
			return err
		}
		found := unlike(sides[0].fields, sides[1].fields)
		if len(found) == 0 && c.format.ForPeople() {
			a.infof("%s and %s of %s have nothing in which they differ", c.args[1], c.args[2], c.args[0])
			return nil
		}
		return c.format.Write(a.Stdout, found, func() string {
			table := render.Table{Columns: []render.Column{{Name: "FIELD", Wraps: 30}, {Name: strings.ToUpper(c.args[1]), Wraps: 24}, {Name: strings.ToUpper(c.args[2]), Wraps: 24}}}
			for _, d := range found {
				table.Rows = append(table.Rows, render.Text(d.Field, shown(d.One), shown(d.Other)))
			}
			return table.Draw(c.style)
		})
	})
}

// side is an environment that is compared.
type side struct {
	environment apps.Environment
	fields      map[string]any
}

// sides are the two environments that are named, by the documents and the ledger.
func (c *call) sides(ctx context.Context, js jetstream.JetStream) (both [2]side, err error) {
	d, err := apps.NewStore(js).Get(ctx, c.args[0])
	if err != nil {
		return both, err
	}
	for i, name := range c.args[1:] {
		e, err := d.Spec.Environment(name)
		if err != nil {
			return both, &usageError{"ENVIRONMENT: " + err.Error()}
		}
		records, err := promotion.Records(ctx, ledger.New(js), e.App.App())
		if err != nil {
			return both, err
		}
		both[i] = side{e, sideOf(e, promotion.RunningOf(records), c.style)}
	}
	return both, nil
}

// withLive adds what the platforms have to the fields of environments.
func (c *call) withLive(ctx context.Context, of []side) error {
	return withTemporal(func(ctx context.Context, c *call) error {
		for _, s := range of {
			snap, err := c.client.Running(ctx, s.environment.App.App())
			if err != nil {
				return fmt.Errorf("%s: %w", s.environment.Name, err)
			}
			maps.Copy(s.fields, liveOf(snap))
			if len(snap.Running) > 1 {
				c.app.infof("%s may run more than one version just now; what is configured is compared", s.environment.Name)
			}
			if busy := snap.Busy; busy != nil {
				c.app.infof("%s is being changed just now: %s", s.environment.Name, busy.Words())
			}
		}
		return nil
	})(ctx, c)
}

// liveOf are the fields of an application as its platform has it.
func liveOf(snap release.Snapshot) map[string]any {
	out := map[string]any{"live.instances": strconv.Itoa(snap.Instances)}
	if snap.Version.Artifact.Known() {
		out["live.artifact"] = snap.Version.Artifact.Public()
	}
	for _, s := range snap.Settings {
		out["live.config."+s.Name] = s.Before
	}
	return out
}

// unlikeness is one field in which two environments differ.
type unlikeness struct {
	Field string `json:"field"`
	One   any    `json:"one,omitempty"`
	Other any    `json:"other,omitempty"`
}

// unlike are the fields in which two environments differ.
func unlike(one, other map[string]any) []unlikeness {
	found := []unlikeness{}
	for _, d := range unequal(one, other) {
		found = append(found, unlikeness{d.Field, d.Have, d.Next})
	}
	return found
}

// sideOf are the fields of an environment.
func sideOf(e apps.Environment, runs *promotion.Running, style render.Style) map[string]any {
	out := flat(&e)
	delete(out, "name")
	if runs != nil {
		out["runs.artifact"], out["runs.release"], out["runs.since"] = runs.Artifact.Public(), runs.ReleaseID, style.Time(runs.Since)
		if runs.Config != "" {
			out["runs.config"] = runs.Config
		}
	}
	return out
}
