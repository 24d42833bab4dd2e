package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/release"
	"slipway/stats"
)

// statsTime bounds the reading of the ledger: all of it may be large.
const statsTime = 30 * time.Second

func (a *app) stats() *cobra.Command {
	var since string
	cmd := &cobra.Command{
		Use:   "stats [APP]",
		Short: "How often is deployed, how long it takes, how much fails: the figures of DORA",
		Long: `Show the four figures of DORA for an application, or for all: how many deployments there were, and how many a
day; how long it took from the publication of an artifact until it had Succeeded in the last environment;
how many of the releases that changed this environment failed, went back or were undone by a rollback; and
how long it took after such a one until something Succeeded there again.

The figures are those of the last environment of the application that is named; shop/staging has those of
staging, and an application without a document has one environment.
Where nobody told when an artifact was published, its lead time is from the request for its first release,
and counted apart. All of it is read from the ledger, which keeps a release for 400 days unless setup was
told otherwise. What counts, and what does not, is said on the page on statistics.
` + namesApp,
		Example: `  slipway stats
  slipway stats shop
  slipway stats shop/staging --since 90d
  slipway stats sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe
  slipway stats shop --since 2026-07-01T00:00:00Z -o json`,
		GroupID: groupReleases,
		Args: func(cmd *cobra.Command, args []string) error {
			return arguments([]string{argApp}[:min(len(args), 1)]...)(cmd, args)
		},
		ValidArgsFunction: a.completeRecorded(),
	}
	cmd.Flags().StringVar(&since, "since", "30d", "what has ended since then: 7d or 24h ago, or a time such as 2026-07-01T09:00:00Z")
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: statsTime}, func(ctx context.Context, call *call) error {
		from, err := timeBack("since", since, call.now)
		if err != nil {
			return err
		}
		w := stats.Window{Since: from.UTC(), Until: call.now}
		if !w.Since.Before(w.Until) {
			return &usageError{fmt.Sprintf("--since %s is not in the past", since)}
		}
		return a.showStats(ctx, call, w)
	})
}

func (a *app) showStats(ctx context.Context, call *call, w stats.Window) error {
	var ref release.AppRef
	if len(call.args) > 0 {
		var err error
		if ref, err = readApp(argApp, call.args[0]); err != nil {
			return err
		}
	}
	js, closeNATS, err := a.jetStream(ctx, call.values, "slipway stats")
	if err != nil {
		return err
	}
	defer closeNATS()
	found, err := statsOf(ctx, js, ref, w)
	if err != nil {
		return err
	}
	if found.Cut {
		a.infof("only the latest %d releases were looked at: name an application, or a later --since", stats.MaxRecords)
	}
	if len(found.Applications) == 0 && call.format.ForPeople() {
		a.infof("the ledger has no release that has ended since %s", call.style.Time(w.Since))
		return nil
	}
	return call.format.Write(a.Stdout, found, func() string { return render.Stats(found, call.style) })
}

// statsOf reads the figures of the application that is named, or of all where none is.
func statsOf(ctx context.Context, js jetstream.JetStream, ref release.AppRef, w stats.Window) (stats.Report, error) {
	known, documents := ledger.New(js), apps.NewStore(js)
	switch {
	case ref == release.AppRef{}:
		all, err := documents.List(ctx)
		if err != nil {
			return stats.Report{}, err
		}
		return stats.Everything(ctx, known, all, w)
	case ref.ByName():
		d, err := documents.Get(ctx, ref.Application)
		if err != nil {
			return stats.Report{}, err
		}
		of := stats.FromDocument(*d.Spec)
		if ref.Environment != "" {
			if _, err := d.Spec.Environment(ref.Environment); err != nil {
				return stats.Report{}, &usageError{fmt.Sprintf("%s %s: %s", argApp, ref.Application+"/"+ref.Environment, err)}
			}
			of = of.To(ref.Environment)
		}
		return stats.One(ctx, known, of, w)
	}
	all, err := documents.List(ctx)
	if err != nil {
		return stats.Report{}, err
	}
	for _, d := range all { // the releases that an environment got its artifacts from are those of its document
		for _, e := range d.Spec.Environments {
			if e.App.App().WithDefaults() == ref.App.WithDefaults() {
				return stats.One(ctx, known, stats.FromDocument(*d.Spec).To(e.Name), w)
			}
		}
	}
	return stats.One(ctx, known, stats.OnPlatform(ref.App), w)
}
