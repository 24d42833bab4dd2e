package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/promotion"
)

func (a *app) appStatus() *cobra.Command {
	return a.applicationDocuments().on(a, &cobra.Command{
		Use:   "status NAME",
		Short: "Show what runs in each environment of an application, and what waits for what",
		Long: `Show what runs in each environment of an application, since when and by which release, and what
waits for what: a release for people, a promotion for its bake time or for somebody to ask for
it. It is read from the documents and the ledger, which know what releases have told: what was
changed in the console of a platform, they do not know.`,
		Example: `  slipway app status shop
  slipway app status shop -o json`,
		Args: arguments("NAME"), ValidArgsFunction: a.complete(cobra.ShellCompDirectiveDefault, a.applicationDocuments().known),
	}, func(ctx context.Context, c *call, js jetstream.JetStream) error {
		d, err := apps.NewStore(js).Get(ctx, c.args[0])
		if err != nil {
			return err
		}
		found, err := promotion.Standings(ctx, ledger.New(js), *d.Spec, promotion.Clock{Now: c.now, Zone: c.style.Zone})
		if err != nil {
			return err
		}
		return c.format.Write(a.Stdout, found, func() string { return statusTable(d.Spec.Name, found, c.style) })
	})
}

// statusTable has a row for each environment.
func statusTable(name string, found []promotion.Standing, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "ENVIRONMENT"}, {Name: "RUNS", Wraps: 27, Rank: 1, Below: true}, {Name: "SINCE", Rank: 3}, {Name: "RELEASE", Rank: 4}, {Name: "WAITS", Wraps: 40, Rank: 2, Below: true, Lines: 8},
	}}
	for _, s := range found {
		runs, since, by := "no release yet", "", ""
		if s.Runs != nil {
			runs, since, by = s.Runs.Artifact.Public(), style.Time(s.Runs.Since), s.Runs.ReleaseID
		}
		table.Rows = append(table.Rows, render.Text(name+"/"+s.Environment, runs, since, by, strings.Join(waitsIn(s, name), "; ")))
	}
	return table.Draw(style)
}

// waitsIn says in words what waits in an environment of an application, and what for.
func waitsIn(s promotion.Standing, name string) (all []string) {
	for _, o := range s.Open {
		words := "release " + o.ReleaseID + " is " + string(o.Phase)
		if o.Phase == "" {
			words = "release " + o.ReleaseID + " has not begun"
		}
		if o.Awaits != "" {
			words += ": " + o.Awaits
		}
		all = append(all, words)
	}
	v := s.Promotion
	if v == nil {
		return all
	}
	switch v.State {
	case promotion.Ready:
		all = append(all, fmt.Sprintf("%s of %s is ready: slipway promote %s/%s", v.Artifact.Public(), v.From, name, v.To))
	case promotion.Baking:
		all = append(all, fmt.Sprintf("%s: %s", v.Artifact.Public(), v.Reason))
	case promotion.Held:
		all = append(all, fmt.Sprintf("%s of %s is held: %s", v.Artifact.Public(), v.From, v.Reason))
	case promotion.Nothing, promotion.Promoting, promotion.Done: // shown already, or nothing to show
	}
	return all
}
