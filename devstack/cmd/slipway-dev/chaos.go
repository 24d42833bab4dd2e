package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"slipway/devstack/chaos"
	"slipway/devstack/chaos/system"
)

// chaosOptions are the flags.
type chaosOptions struct {
	seed     uint64
	releases int
	minutes  float64
	every    time.Duration
	keep     string
	slipway  string
	output   string
}

func chaosCommand() *cobra.Command {
	var o chaosOptions
	cmd := &cobra.Command{
		Use:   "chaos",
		Short: "Release while processes, networks and platforms fail, and judge what came of it",
		Long: `chaos runs all of Slipway as processes of their own: a NATS cluster of three servers and Temporal on files, a simulator of each
platform, two workers, two starters, a notifier and a console, with a proxy on every way between two of them. It asks for releases, and
answers them, while processes are killed and paused, ways are cut, slow and reset, and platforms lose calls and fail. Then all faults end,
and what the platforms, the streams and the buckets have is held against the rules of releases. docs/reliability.md says which.

What is tried is drawn from the seed, which is printed first: the same seed tries the same again. How it interleaves is the machine's.

Exit codes: 0 no rule was violated, 1 the run could not be carried out, 2 rules were violated.`,
		Example: `  slipway-dev chaos
  slipway-dev chaos --seed 7 --releases 50 --minutes 3
  slipway-dev chaos --releases 1000 --minutes 60 --keep /var/tmp/chaos -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flag("seed").Changed {
				o.seed = uint64(rand.Uint32())
			}
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&o.seed, "seed", 0, "what is tried is drawn from it (default: drawn itself)")
	f.IntVar(&o.releases, "releases", 200, "releases to ask for, those of sets and promotions not counted")
	f.Float64Var(&o.minutes, "minutes", 10, "minutes over which they are asked for and faults happen")
	f.DurationVar(&o.every, "every", chaos.DefaultEvery, "how long after a fault the next one begins, on average")
	f.StringVar(&o.keep, "keep", "", "keep the data of the servers and the logs of the processes in this directory, which must be empty (default: they are kept where rules were violated)")
	f.StringVar(&o.slipway, "slipway", slipwayBeside(), "path of the slipway binary; the simulators are beside it")
	f.StringVarP(&o.output, "output", "o", "", "json prints the report as JSON")
	return cmd
}

// restTime is how long everything may take to end after the last fault: the longest limits of what is asked for, and some.
const restTime = 10 * time.Minute

// validate tells all that is wrong with the flags at once.
func (o chaosOptions) validate() error {
	var problems []error
	if o.minutes <= 0 || o.minutes > 24*60 {
		problems = append(problems, fmt.Errorf("--minutes: %v is not more than 0 and at most a day", o.minutes))
	}
	if o.releases <= 0 {
		problems = append(problems, fmt.Errorf("--releases: %d is none; ask for one or more", o.releases))
	}
	if o.every <= 0 {
		problems = append(problems, fmt.Errorf("--every: %s is no time between faults; use 3s, for example", o.every))
	}
	if o.output != "" && o.output != "json" {
		problems = append(problems, fmt.Errorf("--output: %q is unknown; use json or leave it out", o.output))
	}
	if entries, err := os.ReadDir(o.keep); o.keep != "" && err == nil && len(entries) > 0 {
		problems = append(problems, fmt.Errorf("--keep: %s is not empty; name another directory", o.keep))
	}
	return errors.Join(problems...)
}

func (o chaosOptions) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if err := o.validate(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	binaries := system.Beside(o.slipway)
	binaries.Server, binaries.ServerArgs = self, []string{"serve"}
	dir := o.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "slipway-chaos-"); err != nil {
			return err
		}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stderr, "seed %d\n", o.seed)
	began := time.Now()
	report, err := chaos.Run(ctx, chaos.Config{
		Seed: o.seed, Releases: o.releases, Length: time.Duration(o.minutes * float64(time.Minute)), Every: o.every, Rest: restTime, Dir: dir, Binaries: binaries,
		Progress: func(line string) { _, _ = fmt.Fprintf(stderr, "%s %s\n", time.Since(began).Round(time.Second), line) },
	})
	if err == nil && len(report.Violations) == 0 && o.keep == "" {
		report.Dir = ""
		return errors.Join(o.print(stdout, report), os.RemoveAll(dir))
	}
	_, _ = fmt.Fprintf(stderr, "seed %d: data and logs are kept in %s\n", o.seed, dir)
	if err != nil {
		return err
	}
	if err := o.print(stdout, report); err != nil {
		return err
	}
	if len(report.Violations) > 0 {
		return foundError{fmt.Sprintf("%d violations", len(report.Violations))}
	}
	return nil
}

func (o chaosOptions) print(stdout io.Writer, report chaos.Report) error {
	if o.output == "json" {
		return json.NewEncoder(stdout).Encode(report)
	}
	_, err := io.WriteString(stdout, report.Text())
	return err
}
