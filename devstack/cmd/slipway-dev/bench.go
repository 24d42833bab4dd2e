package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"slipway/devstack/bench"
)

func benchCommand() *cobra.Command {
	var c bench.Config
	var output, profile string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast Slipway is and what it costs, beside the least that could be built",
		Long: `bench starts servers of its own and measures, row by row, Slipway and a floor: the least that could be built of
the same parts, on the same servers, in turns. What counts is the ratio of the two. Each figure is the median of the
turns, with the least and the most of them. docs/performance.md says what each row means and has the figures of a run.

It takes some minutes and all processors; --short takes less than one, and its figures say less.`,
		Example: `  # the whole table
  slipway-dev bench

  # a quick look, for programs
  slipway-dev bench --short -o json

  # one row
  slipway-dev bench --only '` + bench.RowAccepted + `'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "" && output != "json" {
				return fmt.Errorf("--output: %q is unknown; use json or leave it out", output)
			}
			c.Log = logger(io.Discard)
			if verbose {
				c.Log = logger(cmd.ErrOrStderr())
			}
			c.Measured = func(row bench.Row) { cmd.PrintErrln("measured:", row.What) }
			report, err := profiled(cmd.Context(), c, profile)
			if err != nil {
				return err
			}
			if output == "json" {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			}
			return report.Write(cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Slipway, "slipway", slipwayBeside(), "path of the slipway binary that runs as the worker that is killed")
	f.BoolVar(&c.Short, "short", false, "measure little")
	f.StringArrayVar(&c.Only, "only", nil, "a row to measure, by its name; may be repeated (default: all)")
	f.StringVar(&profile, "profile", "", "write a profile of the processors to this file, for go tool pprof (default: none)")
	f.StringVarP(&output, "output", "o", "", "json prints the report as one line of JSON")
	f.BoolVarP(&verbose, "verbose", "v", false, "show the log lines of servers and roles")
	return cmd
}

// profiled runs the bench, with a profile where a file for it is named.
func profiled(ctx context.Context, c bench.Config, path string) (report bench.Report, err error) {
	if path == "" {
		return bench.Run(ctx, c)
	}
	file, err := os.Create(path)
	if err != nil {
		return report, fmt.Errorf("--profile: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	c.Profile = file
	return bench.Run(ctx, c)
}
