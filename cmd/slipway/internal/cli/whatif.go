package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
	"slipway/whatif"
	"slipway/whatif/records"
)

const (
	// whatIfTime bounds the reading of what is recorded.
	whatIfTime = 5 * time.Minute
	// whatIfLast is how many releases are looked at where nothing else is said, and whatIfTold after how many it is
	// told how far the reading is.
	whatIfLast = 200
	whatIfTold = 100
)

// whatIfFlags are what is to be otherwise, and of which releases.
type whatIfFlags struct {
	policies, thresholds, limits []string
	last                         int
	app, environment, since      string
	histories                    bool
}

func (a *app) whatIf() *cobra.Command {
	var f whatIfFlags
	cmd := &cobra.Command{
		Use:        "what-if",
		SuggestFor: []string{"simulate", "whatif", "replay", "backtest"},
		Short:      "Tell which decisions about past releases another policy, threshold or limit would flip",
		Long: `Tell which decisions about past releases would have been others with the policies of files in the place of
the stored ones, with another threshold of a gate, or with another limit: which release would have been refused
and which refused request accepted, and why; which batch a gate would have judged otherwise, by the samples
that it took; which wait would have been too long. What hangs on something that is not recorded is counted as
undecidable, with what is missing. Nothing is changed, and nobody is asked but NATS, unless --histories asks
Temporal, too, for what each release was asked for with and for all samples of its gates.

  --gate-threshold GATE.FIELD=VALUE  pass or fail of a gate of Prometheus, maxFailures, maxInconclusive, dryRun
  --limit NAME=DURATION              total, queue, confirm, approval, platformApproval`,
		Example: `  slipway what-if --policy examples/policies/policy.yaml
  slipway what-if --policy examples/policies/policy.yaml --last 500 --env production
  slipway what-if --gate-threshold "error-rate.pass=< 0.02" --app shop/production
  slipway what-if --limit confirm=4h --limit queue=24h --since 30d -o json`,
		GroupID: groupReleases,
		Args:    arguments(),
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.policies, "policy", nil, "file of a policy, in the place of the stored one of its name; may be given several times")
	flags.StringArrayVar(&f.thresholds, "gate-threshold", nil, "another value for a field of the gates of a name, as GATE.FIELD=VALUE; may be given several times")
	flags.StringArrayVar(&f.limits, "limit", nil, "another limit, as NAME=DURATION; may be given several times")
	flags.IntVar(&f.last, "last", whatIfLast, fmt.Sprintf("look at the latest so many releases, and refused requests; at most %d", records.MaxReleases))
	flags.StringVar(&f.app, "app", "", "only those of this application: platform/region/id, its name, or its name/environment")
	flags.StringVar(&f.environment, "env", "", "only those of the environments of this name")
	flags.StringVar(&f.since, "since", "", "only what was asked for since then: 7d or 24h ago, or a time such as 2026-07-01T09:00:00Z")
	flags.BoolVar(&f.histories, "histories", false, "ask Temporal what each release was asked for with and what its gates have measured, where it still knows it")
	_ = cmd.MarkFlagFilename("policy", "yaml", "yml", "json")
	a.completeFlag(cmd, "app", findDocumentsAnd(findNamesAnd(findRecordedApps)))
	completing(cmd, "gate-threshold")
	completing(cmd, "limit", limitNames("=")...)
	completing(cmd, "env")
	exits(cmd, exitRefused, "a decision would flip")
	settings := slices.Concat(config.NATS(), config.Temporal())
	return a.command(cmd, frame{settings: settings, draws: true, timeout: whatIfTime}, func(ctx context.Context, c *call) error {
		change, err := f.change(a)
		if err != nil {
			return err
		}
		selection, err := f.selection(ctx, c)
		if err != nil {
			return err
		}
		return c.whatIf(ctx, change, selection, f.histories)
	})
}

// limitNames are the limits that can be others, each with what follows it.
func limitNames(end string) []string {
	var names []string
	for _, l := range release.AllLimits() {
		names = append(names, string(l)+end)
	}
	return names
}

// change is what is to be otherwise; everything that is wrong is told at once.
func (f whatIfFlags) change(a *app) (c whatif.Change, err error) {
	if len(f.policies)+len(f.thresholds)+len(f.limits) == 0 {
		return c, &usageError{"give what is to be otherwise: --policy FILE, --gate-threshold GATE.FIELD=VALUE or --limit NAME=DURATION"}
	}
	var wrong []string
	for _, path := range f.policies {
		p, err := policyDocuments().readFile(a, path)
		if err != nil {
			return c, err
		}
		for _, other := range c.Policies {
			if other.Name == p.Name {
				wrong = append(wrong, fmt.Sprintf("--policy %s: policy %s is given twice", path, p.Name))
			}
		}
		c.Policies = append(c.Policies, p)
	}
	for _, text := range f.thresholds {
		t, err := whatif.ParseThreshold(text)
		if err != nil {
			wrong = append(wrong, "--gate-threshold "+err.Error())
		}
		c.Thresholds = append(c.Thresholds, t)
	}
	c.Limits = map[release.Limit]release.Duration{}
	for _, text := range f.limits {
		name, value, _ := strings.Cut(text, "=")
		d, err := time.ParseDuration(value)
		_, twice := c.Limits[release.Limit(name)]
		switch {
		case !slices.Contains(release.AllLimits(), release.Limit(name)):
			wrong = append(wrong, fmt.Sprintf("--limit %q: use %s, as confirm=4h", text, strings.Join(limitNames(""), ", ")))
		case err != nil || d <= 0:
			wrong = append(wrong, fmt.Sprintf("--limit %q: must be a duration of more than 0, as confirm=4h", text))
		case twice:
			wrong = append(wrong, fmt.Sprintf("--limit %s is given twice", name))
		}
		c.Limits[release.Limit(name)] = release.Duration(d)
	}
	if len(wrong) > 0 {
		return c, &usageError{strings.Join(wrong, "\n")}
	}
	return c, nil
}

// selection is of which releases the decisions are looked at.
func (f whatIfFlags) selection(ctx context.Context, c *call) (s records.Selection, err error) {
	if f.last < 1 || f.last > records.MaxReleases {
		return s, &usageError{fmt.Sprintf("--last must be 1 to %d", records.MaxReleases)}
	}
	s = records.Selection{Last: f.last, Environment: f.environment, Refused: len(f.policies) > 0, Events: len(f.limits) > 0, Samples: len(f.thresholds) > 0}
	if f.since != "" {
		if s.Since, err = timeBack("since", f.since, c.now); err != nil {
			return s, err
		}
	}
	if f.app != "" {
		of, err := c.environmentsOf(ctx, f.app)
		if err != nil {
			return s, err
		}
		s.Apps = slices.Collect(maps.Keys(of))
	}
	return s, nil
}

// whatIf judges the decisions about what is recorded again, and shows those that flip.
func (c *call) whatIf(ctx context.Context, change whatif.Change, s records.Selection, histories bool) error {
	reader := records.Reader{Now: c.now, Read: func(done, of int) {
		if done%whatIfTold == 0 && done < of {
			c.app.infof("%d of %d releases are read", done, of)
		}
	}}
	if histories {
		client, closeClient, err := c.app.releases(ctx, c.values)
		if err != nil {
			return err
		}
		defer closeClient()
		reader.Measured = client.Measured
		reader.Spec = func(ctx context.Context, id string) (release.Spec, bool, error) {
			spec, err := client.Spec(ctx, id)
			if _, forgotten := errors.AsType[*releases.NotFoundError](err); forgotten {
				return spec, false, nil
			}
			return spec, err == nil, err
		}
	}
	return c.withJetStream(ctx, func(js jetstream.JetStream) error {
		reader.JetStream = js
		found, err := reader.Select(ctx, s)
		if err != nil {
			return err
		}
		if found.More {
			c.app.infof("only the latest %d releases are looked at; use --last", s.Last)
		}
		if found.Unread != "" {
			c.app.infof("requests that policies have refused are not looked at: %s", found.Unread)
		}
		report := change.Report(found.Policies, found.All)
		err = c.format.Write(c.app.Stdout, report, func() string { return whatIfTable(report, c.style) })
		if err == nil && len(report.Flips) > 0 {
			err = release.Refusal(fmt.Sprintf("%d of %d decisions would flip", len(report.Flips), report.Decisions))
		}
		return err
	})
}

func whatIfTable(report whatif.Report, style render.Style) string {
	table := render.Table{Columns: []render.Column{
		{Name: "RELEASE", Wraps: 24},
		{Name: "APP", Wraps: 24, Rank: 1},
		{Name: "DECIDED BY", Wraps: 20},
		{Name: "WAS", Wraps: 24},
		{Name: "WOULD BE", Wraps: 24},
		{Name: "WHY", Wraps: 40, Below: true, Lines: 4},
	}}
	for _, d := range report.Flips {
		of := d.ReleaseID
		if d.DeadLetter > 0 {
			of = fmt.Sprintf("dead letter %d", d.DeadLetter)
		}
		by := string(d.Kind) + " " + d.Name
		if d.Batch > 0 {
			by += fmt.Sprintf(", batch %d", d.Batch)
		}
		why := make([]string, len(d.Refusals))
		for i, r := range d.Refusals {
			why[i] = fmt.Sprintf("%s: policy %s demands %s", r.Field, r.Policy, r.Message)
		}
		table.Rows = append(table.Rows, render.Text(of, d.App, by, d.Was, d.Would, cmp.Or(strings.Join(why, "; "), d.Missing)))
	}
	text := report.Summary() + "\n"
	if len(table.Rows) == 0 {
		return text
	}
	return table.Draw(style) + "\n" + text
}
