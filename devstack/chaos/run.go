// Package chaos runs all of Slipway as processes, asks for releases while processes, ways and platforms fail, and judges what came
// of it by what the platforms, the streams and the buckets have. docs/reliability.md tells what is tried and how to read the report.
package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"slipway/devstack/chaos/check"
	"slipway/devstack/chaos/fault"
	"slipway/devstack/chaos/load"
	"slipway/devstack/chaos/system"
)

// Config says what a run tries, and for how long.
type Config struct {
	// Seed is what applications, requests, answers and faults are drawn from.
	Seed uint64
	// Releases is how many releases are asked for, those of sets and promotions not counted.
	Releases int
	// Length is the time over which they are asked for and faults happen, and Every how long after a fault the next one begins, on
	// average.
	Length, Every time.Duration
	// Rest is how long all may take to end once nothing fails any more. What has not ended then is a violation.
	Rest time.Duration
	// Dir gets the data of the servers and the logs of all processes.
	Dir      string
	Binaries system.Binaries
	// Progress is told in a line what is done now; nil is nobody.
	Progress func(line string)
}

// What every run has.
const (
	// speed lets a batch of a simulator take less than half a second.
	speed = 5
	// settle is how long workers take a lost call to be at work still, which is their default: nothing delays one by as much.
	settle = 15 * time.Second
	// startTimeout bounds how long all may take to come up, and restTimeout until all parts are ready after the last fault.
	startTimeout = 5 * time.Minute
	restTimeout  = 5 * time.Minute
	// judgeTimeout bounds the reading of what there is to judge.
	judgeTimeout = 5 * time.Minute
	// perApplication is how many releases an application has, about.
	perApplication = 5
	// leastApplications is one for each platform, and some.
	leastApplications = 6
)

// DefaultEvery is how long after a fault the next one begins, on average, unless something else is said.
const DefaultEvery = 3 * time.Second

// Run carries a run out. An error is that it could not be carried out; violations are in the report.
func Run(ctx context.Context, c Config) (Report, error) {
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	size := load.Size{Releases: c.Releases, Applications: max(leastApplications, c.Releases/perApplication), Over: c.Length}
	if err := size.Validate(); err != nil {
		return Report{}, fmt.Errorf("chaos: %w", err)
	}
	report := Report{Seed: c.Seed, Began: time.Now(), Length: c.Length, Dir: c.Dir}
	c.Progress("starting all processes")
	up, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s, err := system.Start(up, system.Config{Dir: c.Dir, Binaries: c.Binaries, Speed: speed, Seed: c.Seed})
	if err != nil {
		return report, err
	}
	r := &run{Config: c, system: s, load: load.New(s.Access(), load.Draw(c.Seed, size)), report: &report}
	err = r.carryOut(ctx)
	report.Wall = time.Since(report.Began)
	report.Ends = s.Ends()
	report.Delivered = len(s.Deliveries())
	return report, errors.Join(err, s.Close())
}

type run struct {
	Config

	system *system.System
	load   *load.Run
	report *Report
}

func (r *run) carryOut(ctx context.Context) error {
	r.Progress("creating applications")
	if err := r.load.Prepare(ctx); err != nil {
		return err
	}
	r.Progress(fmt.Sprintf("asking for %d releases over %s while things fail", r.Releases, r.Length))
	done, err := r.fail(ctx)
	if err != nil {
		return err
	}
	r.Progress("ending all faults")
	rest, cancel := context.WithTimeout(ctx, restTimeout)
	defer cancel()
	if err := fault.Rest(rest, r.system); err != nil {
		return err
	}
	r.Progress(fmt.Sprintf("waiting until everything has ended, at most %s", r.Rest))
	end, cancel := context.WithTimeout(ctx, r.Rest)
	defer cancel()
	unfinished, err := r.load.Ended(end)
	if err != nil {
		return err
	}
	for _, u := range unfinished {
		r.report.Violations = append(r.report.Violations, check.Violation{Rule: "R6", Check: "everything ends", Release: u.ID, Found: u.Why, Where: "ledger and stream of requests"})
	}
	r.Progress("judging")
	return r.judge(ctx, done)
}

// fail asks for releases while faults are carried out.
func (r *run) fail(ctx context.Context) (done []fault.Done, err error) {
	scope := fault.ScopeOf(r.system)
	scope.Length, scope.Every, scope.Settle, scope.Speed = r.Length, r.Every, settle, speed
	plan := fault.Draw(r.Seed, scope)
	faulty, stop := context.WithCancel(ctx)
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { done = fault.Carry(faulty, r.system, plan) })
	err = r.load.Do(ctx)
	if err != nil {
		stop()
	}
	both.Wait()
	r.report.Faults, r.report.Kinds = done, fault.Kinds(done, scope.Parts)
	return done, err
}

// judge holds what came of it against the rules.
func (r *run) judge(ctx context.Context, done []fault.Done) error {
	ctx, cancel := context.WithTimeout(ctx, judgeTimeout)
	defer cancel()
	violations, summary, err := check.All(ctx, r.system.Access(), r.load.Sent())
	if err != nil {
		return err
	}
	r.report.Violations = append(r.report.Violations, violations...)
	r.report.Summary = summary
	told, err := moments(ctx, r.system.Access().JetStream)
	if err != nil {
		return err
	}
	after := fault.Recoveries(done, append(told, requests(r.load.Sent())...))
	r.report.Recovery = Recovery{Measured: len(after), P50: fault.Quantile(after, 0.50), P99: fault.Quantile(after, 0.99)}
	return nil
}
