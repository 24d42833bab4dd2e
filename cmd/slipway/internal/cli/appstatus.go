package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/promotion"
	"slipway/release"
)

// environmentStatus is how one environment of an application stands, as the ledger has it.
type environmentStatus struct {
	Environment string      `json:"environment"`
	App         release.App `json:"app"`
	// Runs is what the last release or rollback has Succeeded with; absent where none has.
	Runs *ran `json:"runs,omitempty"`
	// Open are the releases that have not ended, the one asked for first at the front.
	Open []underWay `json:"open,omitempty"`
	// Promotion is how far the promotion to this environment is; absent where nothing is promoted to it.
	Promotion *promotion.Verdict `json:"promotion,omitempty"`
}

// ran is what a release has brought.
type ran struct {
	ReleaseID string           `json:"releaseId"`
	Artifact  release.Artifact `json:"artifact"`
	// Version is the platform's, where it is known, and Config the digest of the configuration.
	Version string    `json:"version,omitempty"`
	Config  string    `json:"config,omitempty"`
	By      string    `json:"by,omitempty"`
	Since   time.Time `json:"since"`
}

// underWay is a release that has not ended.
type underWay struct {
	ReleaseID string        `json:"releaseId"`
	Phase     release.Phase `json:"phase,omitempty"`
	// Awaits says in words what it waits for; empty where it waits for nothing.
	Awaits string `json:"awaits,omitempty"`
}

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
		found, err := statusOf(ctx, ledger.New(js), *d.Spec, c)
		if err != nil {
			return err
		}
		return c.format.Write(a.Stdout, found, func() string { return statusTable(d.Spec.Name, found, c.style) })
	})
}

// statusOf reads how the environments of an application stand, in their order.
func statusOf(ctx context.Context, known *ledger.Ledger, a apps.Application, c *call) ([]environmentStatus, error) {
	records := map[string][]ledger.Record{}
	for _, e := range a.Environments {
		found, err := promotion.Records(ctx, known, e.App.App())
		if err != nil {
			return nil, err
		}
		records[e.Name] = found
	}
	out := make([]environmentStatus, len(a.Environments))
	for i, e := range a.Environments {
		s := environmentStatus{Environment: e.Name, App: e.App.App(), Runs: ranOf(records[e.Name])}
		for _, r := range slices.Backward(records[e.Name]) {
			if !r.Ended() {
				s.Open = append(s.Open, openOf(r, c.style))
			}
		}
		if step, ok := a.PromotionTo(e.Name); ok {
			s.Promotion = new(promotion.Judge(promotion.Question{
				Application: a, Step: step, Source: records[step.From], Target: records[e.Name], Now: c.now,
			}))
		}
		out[i] = s
	}
	return out, nil
}

// ranOf is what runs by the records of an application; nil where none tells.
func ranOf(records []ledger.Record) *ran {
	r, ok := promotion.Runs(records)
	if !ok {
		return nil
	}
	return &ran{ReleaseID: r.ReleaseID, Artifact: r.Artifact, Version: r.Progress.Version, Config: r.Config, By: r.RequestedBy, Since: r.EndedAt}
}

// openOf is a release that has not ended.
func openOf(r ledger.Record, style render.Style) underWay {
	o := underWay{ReleaseID: r.ReleaseID, Phase: r.Progress.Phase}
	switch p := r.Progress; {
	case p.Awaiting != nil && p.Approval != nil && p.Awaiting.Kind == release.AwaitApproval:
		o.Awaits = fmt.Sprintf("approval, %d of %d", len(p.Approval.Given), p.Approval.Count)
	case p.Awaiting != nil:
		o.Awaits = p.Awaiting.Text(release.UnitBatch, style.Zone)
	}
	return o
}

// statusTable has a row for each environment.
func statusTable(name string, found []environmentStatus, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "ENVIRONMENT"}, {Name: "RUNS", Wraps: 27, Rank: 1, Below: true}, {Name: "SINCE", Rank: 3}, {Name: "RELEASE", Rank: 4}, {Name: "WAITS", Wraps: 40, Rank: 2, Below: true, Lines: 8},
	}}
	for _, s := range found {
		runs, since, by := "no release yet", "", ""
		if s.Runs != nil {
			runs, since, by = s.Runs.Artifact.Public(), style.Time(s.Runs.Since), s.Runs.ReleaseID
		}
		table.Rows = append(table.Rows, render.Text(name+"/"+s.Environment, runs, since, by, strings.Join(s.waits(name), "; ")))
	}
	return table.Draw(style)
}

// waits says in words what waits in an environment, and what for.
func (s environmentStatus) waits(name string) (all []string) {
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
