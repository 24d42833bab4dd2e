package render

import (
	"fmt"
	"time"

	"slipway/release"
	"slipway/stats"
)

// Stats draws the figures of DORA: a row for each environment, with what only the last one has in its row.
func Stats(r stats.Report, style Style) string {
	table := Table{Columns: []Column{
		{Name: "APPLICATION", Wraps: 24}, {Name: "ENVIRONMENT"}, {Name: "DEPLOYED"}, {Name: "LEAD TIME", Wraps: 24}, {Name: "FAILED"}, {Name: "RESTORED IN", Wraps: 24},
	}}
	for _, f := range r.Applications {
		for i, e := range f.Environments {
			row := []string{f.Application, e.Environment, deploymentsText(e.Deployments), "", "", ""}
			if i == len(f.Environments)-1 {
				copy(row[3:], figuresText(f))
			}
			table.Rows = append(table.Rows, Text(row...))
		}
	}
	if len(r.Applications) > 1 {
		table.Rows = append(table.Rows, Text(append([]string{"all", "", deploymentsText(r.All.Deployments)}, figuresText(r.All)...)...))
	}
	return table.Draw(style) + fmt.Sprintf("\nFrom %s to %s. A time is the median, p90 is what nine of ten do not exceed.\n", style.Time(r.Since), style.Time(r.Until))
}

func deploymentsText(d stats.Deployments) string {
	if d.PerDay < 1 {
		return fmt.Sprintf("%d, %.2g a day", d.Count, d.PerDay)
	}
	return fmt.Sprintf("%d, %.1f a day", d.Count, d.PerDay)
}

// figuresText are the cells of what only the last environment has.
func figuresText(f stats.Figures) []string {
	lead := joinText(timesText(f.LeadTime, ""), timesText(f.LeadTimeFromRequest, " from the request"))
	if f.LeadTimeUnknown > 0 {
		lead = joinText(lead, fmt.Sprintf("%d unknown", f.LeadTimeUnknown))
	}
	failed := ""
	if c := f.ChangeFailureRate; c.Changes > 0 {
		failed = fmt.Sprintf("%d of %d, %.0f%%", c.Failed, c.Changes, 100*c.Ratio)
	}
	restored := timesText(f.TimeToRestore, "")
	if f.WentBack > 0 {
		restored = joinText(restored, fmt.Sprintf("%d went back", f.WentBack))
	}
	if f.NotRestored > 0 {
		restored = joinText(restored, fmt.Sprintf("%d not yet", f.NotRestored))
	}
	return []string{lead, failed, restored}
}

func timesText(t stats.Times, from string) string {
	if t.Count == 0 {
		return ""
	}
	seconds := func(s float64) string { return release.Span(time.Duration(s * float64(time.Second))) }
	return fmt.Sprintf("%s, p90 %s%s (%d)", seconds(t.MedianSeconds), seconds(t.P90Seconds), from, t.Count)
}

func joinText(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
