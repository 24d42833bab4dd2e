// Package soak keeps many releases parked while others come and go, for as long as it is told, and judges whether what that
// costs stays flat: the memory of the worker and of the starter, the history of what is parked, the calls to the platform, and
// what a release leaves behind on NATS and in Temporal's database.
//
// The worker and the starter are processes of their own, so that their memory is theirs alone. The servers and the
// simulator run in the process of the caller.
package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/saeclient"
)

// Config says how much is done, and for how long.
type Config struct {
	// Slipway is the path of the slipway binary, which runs as worker and as starter.
	Slipway string
	// Parked releases wait for a confirmation all the time, each of an application of its own.
	Parked int
	// Active is how many releases go on at a time: as soon as one of them has ended, the next one of its application begins.
	Active int
	// Bake is how long each of two batches of an active release runs before the next one begins.
	Bake time.Duration
	// For is how long it is watched, once everything is parked that is to be, and Every the time between two samples.
	For, Every time.Duration
	// Speed is how many seconds pass for the simulator in one second; 0 is one.
	Speed float64
	// Sampled is told each sample as soon as it is taken; nil is nobody.
	Sampled func(Sample)
	// Log receives the lines of the processes, and Server those of the servers; nil is nobody.
	Log    io.Writer
	Server zerolog.Logger
}

// leastSamples is how many samples a judgment takes; a quarter of them is not judged.
const leastSamples = 8

// Validate returns all problems at once.
func (c Config) Validate() error {
	var problems []error
	for name, n := range map[string]int{"Parked": c.Parked, "Active": c.Active} {
		if n < 1 || n > mostReleases {
			problems = append(problems, fmt.Errorf("soak: %s is %d; it must be from 1 to %d", name, n, mostReleases))
		}
	}
	if c.Slipway == "" {
		problems = append(problems, errors.New("soak: Slipway is missing: name the slipway binary"))
	}
	if c.Every <= 0 || c.For < leastSamples*c.Every {
		problems = append(problems, fmt.Errorf("soak: For is %s; it must be %d times Every (%s) at least, to judge by so many samples", c.For, leastSamples, c.Every))
	}
	if c.Bake <= 0 {
		problems = append(problems, fmt.Errorf("soak: Bake is %s; it must be positive", c.Bake))
	}
	return errors.Join(problems...)
}

// mostReleases bounds the releases of each kind, so that embedded servers on one machine can begin them.
const mostReleases = 20_000

// Report is what a run has found.
type Report struct {
	Parked  int      `json:"parked"`
	Active  int      `json:"active"`
	Samples []Sample `json:"samples"`
	// Missed is how many samples could not be taken, because a server or a process did not answer in time.
	Missed int `json:"missed,omitempty"`
	// Verdicts are one for each quantity, and Problems what went wrong with releases: one that was parked has gone on, or one
	// that was active has not succeeded.
	Verdicts []Verdict `json:"verdicts"`
	Problems []string  `json:"problems,omitempty"`
}

// Flat reports whether all that was watched stayed flat, and every release did what it was to do.
func (r Report) Flat() bool {
	for _, v := range r.Verdicts {
		if !v.Flat {
			return false
		}
	}
	return len(r.Problems) == 0
}

// run is a soak under way.
type run struct {
	Config

	stack           *stack.Stack
	sae             *saeclient.Client
	worker, starter *role
	load            *load
	// database is the directory of Temporal's.
	database string
}

// Run starts everything, has the releases park and begin, and watches them. Where ctx is cancelled meanwhile, the report is about
// what was seen until then; an error where that is too little to judge by.
func Run(ctx context.Context, c Config) (report Report, err error) {
	if err := c.Validate(); err != nil {
		return Report{}, err
	}
	r := &run{Config: c}
	if r.database, err = os.MkdirTemp("", "slipway-soak-"); err != nil {
		return Report{}, fmt.Errorf("soak: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.database)) }()
	r.stack, err = stack.Start(ctx, stack.Config{
		WithoutWorker: true, WithoutStarter: true, WithoutConsole: true, TemporalDir: r.database, Speed: c.Speed, Log: c.Server,
	})
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, r.stack.Close()) }()
	if r.sae, err = r.stack.SAEClient(); err != nil {
		return Report{}, err
	}
	defer r.sae.CloseIdleConnections()
	if r.worker, err = r.launch(ctx, "worker"); err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, r.worker.stop()) }()
	if r.starter, err = r.launch(ctx, "starter"); err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, r.starter.stop()) }()
	return r.watch(ctx)
}

// watch parks and begins the releases, and takes samples until the time is over.
func (r *run) watch(ctx context.Context) (Report, error) {
	report := Report{Parked: r.Parked, Active: r.Active}
	var err error
	if r.load, err = r.begin(ctx); err != nil {
		return report, err
	}
	defer r.load.stop()
	err = r.sample(ctx, &report)
	if err != nil && (!errors.Is(err, context.Canceled) || len(report.Samples) < leastSamples) {
		return report, err
	}
	report.Problems = r.load.problems()
	report.Verdicts = Judge(report.Samples)
	return report, nil
}

// mostMissed is how many samples in a row may be missed: a machine that is busy otherwise is no reason to end a long run.
const mostMissed = 5

// sample takes samples until the time is over. With an error the report has those that there are.
func (r *run) sample(ctx context.Context, report *Report) error {
	before, err := r.read(ctx)
	if err != nil {
		return err
	}
	began, missed := before.at, 0
	tick := time.NewTicker(r.Every)
	defer tick.Stop()
	for range r.For / r.Every {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-r.load.failed:
			return err
		case <-tick.C:
		}
		now, err := r.read(ctx)
		if err != nil {
			report.Missed++
			if missed++; missed > mostMissed || ctx.Err() != nil {
				return err
			}
			continue
		}
		sample := now.since(before, began)
		report.Samples = append(report.Samples, sample)
		if r.Sampled != nil {
			r.Sampled(sample)
		}
		before, missed = now, 0
	}
	return nil
}

// callsPerSecond leaves room for all releases at once; the simulator has no limit.
const callsPerSecond = "1000"

// launch starts a role and waits until it serves its metrics. The role does not end with ctx, so that it can end well.
func (r *run) launch(ctx context.Context, name string) (*role, error) {
	env := r.stack.Env()
	env["SLIPWAY_SAE_CALLS_PER_SECOND"] = callsPerSecond
	process, err := scenario.Launch{Binary: r.Slipway, Role: name, Env: env, Log: r.Log}.Start(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	addr, err := process.Addr(ctx, scenario.ServesHealth)
	if err != nil {
		return nil, errors.Join(err, process.Kill())
	}
	return &role{process: process, url: "http://" + addr + "/metrics"}, nil
}
