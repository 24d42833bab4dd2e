package overview

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"slipway/stats"
)

const (
	// figuresOf is the time that the figures are of.
	figuresOf = 30 * 24 * time.Hour
	// mostFigured is how many applications have figures of their own: those with the most deployments.
	mostFigured = 200
)

// figures are those of DORA. The ledger is read for them, which is large, so they are kept for longer than the rest.
func (c Config) figures() *reading {
	deployments := describe("deployments", "Releases of the last 30 days that brought an artifact and Succeeded, by application and environment.", "application", "environment")
	lead := describe("lead_time_seconds", "From the publication of an artifact, or else from the request for its first release, until it had Succeeded in the last environment of the application, in the last 30 days.", "application", "from", "percentile")
	changes := describe("changes", "Releases of the last 30 days that had begun to change the last environment of the application and have ended, by whether they failed.", "application", "result")
	restore := describe("time_to_restore_seconds", "From the end of a release that failed until the next Succeeded in the last environment of the application, in the last 30 days.", "application", "percentile")
	of := func(f stats.Figures) (found []prometheus.Metric) {
		for _, e := range f.Environments {
			found = append(found, gauge(deployments, float64(e.Deployments.Count), f.Application, e.Environment))
		}
		quantiles := func(d *prometheus.Desc, t stats.Times, labels ...string) {
			if t.Count > 0 {
				found = append(found, gauge(d, t.MedianSeconds, append(slices.Clone(labels), "50")...), gauge(d, t.P90Seconds, append(slices.Clone(labels), "90")...))
			}
		}
		quantiles(lead, f.LeadTime, f.Application, "publication")
		quantiles(lead, f.LeadTimeFromRequest, f.Application, "request")
		quantiles(restore, f.TimeToRestore, f.Application)
		failed := f.ChangeFailureRate.Failed
		return append(found, gauge(changes, float64(failed), f.Application, "failed"), gauge(changes, float64(f.ChangeFailureRate.Changes-failed), f.Application, "good"))
	}
	return &reading{name: "figures", keep: figuresFor, descriptions: []*prometheus.Desc{deployments, lead, changes, restore}, read: func(ctx context.Context) ([]prometheus.Metric, error) {
		now := time.Now()
		report, err := c.Figures(ctx, stats.Window{Since: now.Add(-figuresOf), Until: now})
		if err != nil {
			return nil, err
		}
		all := report.Applications
		slices.SortStableFunc(all, func(a, b stats.Figures) int { return cmp.Compare(b.Deployments.Count, a.Deployments.Count) })
		var found []prometheus.Metric
		for _, f := range all[:min(len(all), mostFigured)] {
			found = append(found, of(f)...)
		}
		switch {
		case len(all) > mostFigured:
			err = fmt.Errorf("%d applications, of which the %d with the most deployments have gauges", len(all), mostFigured)
		case report.Cut:
			err = fmt.Errorf("more than %d releases, of which the latest were looked at", stats.MaxRecords)
		}
		return found, err
	}}
}
