package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/authority"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/manifest"
	"slipway/release"
)

func (a *app) applications() *cobra.Command {
	return a.group(&cobra.Command{
		Use:        "app",
		Aliases:    []string{"apps", "application"},
		SuggestFor: []string{"environment", "env"},
		Short:      "Give applications names, environments and defaults",
		Long: `Give applications names, environments and defaults. The document of an application says what it is
called, where each of its environments is, and what a release of it need not repeat. Then "shop" and
"shop/production" stand for the application in every command, and a request says no more than what it
brings. What a request says wins over the document, but for what the document locks.`,
		Example: `  slipway app apply -f examples/application.yaml
  slipway app list
  slipway deploy shop --image registry.example/shop:1.4.3 --to production`,
		GroupID: groupReleases,
	}, append(documentCommands(a, a.applicationDocuments()), a.appImport(), a.appStatus())...)
}

func (a *app) applicationDocuments() documentKind[apps.Application] {
	return documentKind[apps.Application]{
		Kind: apps.Documents(), group: "app", kind: apps.KindApplication,
		store: func(js jetstream.JetStream) documentStore[apps.Application] { return apps.NewStore(js) },
		read:  manifest.ReadApplication,
		what:  "the document of an application", file: "examples/application.yaml", name: "shop",
		applies: `An environment that is left out, or that is another application from now on, must have no release
under way. What is under way keeps what the document said when it was asked for. Who applies it must
be an admin, by the authority document, of the applications that it names and has named.
An application that the file gives by namespace and name is asked for on its platform, by a worker, and
is stored with its ID, by which releases go from then on. Without such names no worker is needed.`,
		deletes: `None of its environments may have a release under way. The application itself and what runs stay.
Who deletes it must be an admin, by the authority document, of the applications that it names.`,
		refuses: "a release of it is under way, or who changes it is no admin",
		table:   applicationTable,
		// A name is asked for before anything is stored, and stored with what it stands for.
		completed: withIDs, settings: config.Temporal(), linted: withoutIDs,
		compared: func(have, next apps.Application) apps.Application { return next.Known(have) },
		guard: func(c *call, js jetstream.JetStream) documents.Guard[apps.Application] {
			admin, idle := administers(c, js, placesOf), noneUnderWay(ledger.New(js))
			return func(ctx context.Context, have, next *apps.Application) error {
				if err := admin(ctx, have, next); err != nil {
					return err
				}
				return idle(ctx, have, next)
			}
		},
	}
}

// placesOf are the applications of a document, as the authority document names them.
func placesOf(d apps.Application) (out []string) {
	for _, e := range d.Environments {
		out = append(out, authority.AppTarget(e.App.App()))
	}
	return out
}

// noneUnderWay refuses to take an environment away from releases that are under way.
func noneUnderWay(known *ledger.Ledger) documents.Guard[apps.Application] {
	return func(ctx context.Context, have, next *apps.Application) error {
		var busy []string
		for _, e := range apps.Removed(have, next) {
			affairs, err := known.Affairs(ctx, e.App.App())
			if err != nil {
				return err
			}
			for _, r := range affairs.Open {
				busy = append(busy, fmt.Sprintf("%s/%s: release %s", have.Name, e.Name, r.ReleaseID))
			}
		}
		if len(busy) > 0 {
			return release.Refusal("releases are under way, and their environments stay until they have ended; nothing was changed:\n" + strings.Join(busy, "\n"))
		}
		return nil
	}
}

// applicationTable has a row for each environment.
func applicationTable(found []apps.Document, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "NAME", Wraps: 24}, {Name: "APP", Wraps: 24}, {Name: "STRATEGY", Rank: 2}, {Name: "LOCKED", Wraps: 20, Rank: 3}, {Name: "REVISION", Rank: 1}, {Name: "BY", Wraps: 12, Rank: 4},
	}}
	for _, d := range found {
		for _, e := range d.Spec.Environments {
			table.Rows = append(table.Rows, render.Text(d.Spec.Name+"/"+e.Name, e.App.App().SearchValue(), strategyOf(e),
				strings.Join(e.Locked, ", "), fmt.Sprint(d.Revision), d.Change.By))
		}
	}
	return table.Draw(style)
}

// strategyOf is the strategy that an environment has as its default.
func strategyOf(e apps.Environment) string {
	var says struct {
		Type release.StrategyType `json:"type"`
	}
	if json.Unmarshal(e.Release["strategy"], &says) != nil || says.Type == "" {
		return string(release.StrategyAll)
	}
	return string(says.Type)
}
