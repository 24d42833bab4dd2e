package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"slipway/devstack/soak"
)

func soakCommand() *cobra.Command {
	var minutes int
	var output string
	var verbose bool
	c := soak.Config{Every: time.Minute}
	cmd := &cobra.Command{
		Use:   "soak",
		Short: "Watch whether what many parked and active releases cost stays flat",
		Long: `soak parks releases that wait for a confirmation, keeps others going, one after the other, and
watches for the given time. It prints a line every minute, and at its end for each quantity the line
through its values, without the first quarter of them: flat, or not. What is watched is the memory of
the worker and of the starter, which are processes of their own, the history of what is parked, the
calls to the platform, and what NATS and Temporal keep for each release that has ended. Ctrl-C ends it
early, with a verdict about what was seen so far.

Exit codes: 0 flat, 1 it could not run, 2 not flat, or a release did not do what it was to do.`,
		Example: `  # an hour with the usual load
  slipway-dev soak

  # what fits into a coffee break, for a program
  slipway-dev soak --parked 200 --active 20 --minutes 10 -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "" && output != "json" {
				return fmt.Errorf("--output: %q is unknown; use json or leave it out", output)
			}
			log := io.Discard
			if verbose {
				log = cmd.ErrOrStderr()
			}
			c.For, c.Log, c.Server = time.Duration(minutes)*time.Minute, log, logger(log)
			if output == "" {
				_, _ = fmt.Fprintf(cmd.OutOrStdout(), "creating %d applications, parking %d releases and beginning %d\n", c.Parked+c.Active, c.Parked, c.Active)
				c.Sampled = lines(cmd.OutOrStdout())
			}
			report, err := soak.Run(cmd.Context(), c)
			if err != nil {
				return err
			}
			return conclude(cmd.OutOrStdout(), report, output)
		},
	}
	f := cmd.Flags()
	f.IntVar(&c.Parked, "parked", 2000, "releases that wait for a confirmation all the time")
	f.IntVar(&c.Active, "active", 200, "releases that go on at a time")
	f.IntVar(&minutes, "minutes", 60, "how long it is watched, once all is parked; 8 at least")
	f.DurationVar(&c.Bake, "bake", 2*time.Minute, "how long each of two batches of an active release runs")
	f.StringVar(&c.Slipway, "slipway", slipwayBeside(), "path of the slipway binary that runs as worker and starter")
	f.BoolVarP(&verbose, "verbose", "v", false, "show the log lines of servers, worker and starter")
	f.StringVarP(&output, "output", "o", "", "json prints the report as JSON once all is over")
	return cmd
}

// lines returns what prints a line for each sample, below a heading. A reader who stops reading stops nothing.
func lines(to io.Writer) func(soak.Sample) {
	const format = "%6s  %12s  %12s  %12s  %12s  %8s  %9s  %6s  %9s  %12s\n"
	_, _ = fmt.Fprintf(to, format, "minute", "worker MiB", "worker heap", "starter MiB", "starter heap", "history", "calls/min", "ended", "NATS MiB", "Temporal MiB")
	number := func(v float64) string { return fmt.Sprintf("%.1f", v) }
	return func(s soak.Sample) {
		_, _ = fmt.Fprintf(to, format, number(s.Seconds/60), number(s.Worker.Resident), number(s.Worker.Heap), number(s.Starter.Resident), number(s.Starter.Heap),
			number(s.HistoryEvents), number(s.Calls), fmt.Sprint(s.Ended), number(s.NATS), number(s.Temporal))
	}
}

// conclude prints the report, or the verdicts where the lines were printed already.
func conclude(to io.Writer, report soak.Report, output string) error {
	if err := printReport(to, report, output); err != nil {
		return err
	}
	if !report.Flat() {
		return foundError{"not flat"}
	}
	return nil
}

func printReport(to io.Writer, report soak.Report, output string) error {
	if output == "json" {
		return json.NewEncoder(to).Encode(report)
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\nQUANTITY\tMEDIAN\tAN HOUR\tGROWTH\tMOST\tVERDICT")
	for _, v := range report.Verdicts {
		verdict := "flat"
		if !v.Flat {
			verdict = "not flat"
		}
		_, _ = fmt.Fprintf(table, "%s\t%.1f %s\t%+.2f\t%+.1f %%\t%.0f %%\t%s\n", v.Quantity, v.Median, v.Unit, v.PerHour, 100*v.Growth, 100*v.Most, verdict)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, problem := range report.Problems {
		if _, err := fmt.Fprintln(to, problem); err != nil {
			return err
		}
	}
	return nil
}
