package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"slipway/devstack/stack"
	"slipway/release"
)

// The names of rows.
const (
	RowLatency  = "publish to DeployApplication, p50"
	RowAccepted = "accepted, 32 publishers"
	RowFinished = "finished, strategy all, instant orders"
	// RowHistory begins those about what a release costs.
	RowHistory = "history: "
	RowKilled  = "workers killed under confirmed releases: all move again"
)

// Config says how much is measured.
type Config struct {
	// Slipway is the path of the slipway binary that runs as the worker that is killed.
	Slipway string
	// Short measures little, for a test: its figures say less.
	Short bool
	// Only are the names of the rows to measure; none are all.
	Only []string
	// Profile, where it is set, receives what the processors were busy with, as Go's profiler writes it.
	Profile io.Writer
	// Measured is told each row as soon as there is one; nil is nobody.
	Measured func(Row)
	// Log receives the lines of servers and roles.
	Log zerolog.Logger
}

// size is how much is measured.
type size struct {
	// requests are published in a turn of the rows about many, latencies in that about one.
	requests, latencies int
	// releases are going on while their worker is killed.
	releases int
	// turns of the rows about many, and kills of that about the worker.
	turns, kills int
}

func (c Config) size() size {
	if c.Short {
		return size{requests: 16, latencies: 5, releases: 10, turns: 1, kills: 1}
	}
	return size{requests: 128, latencies: 31, releases: 100, turns: 5, kills: 3}
}

// instant is a speed at which an order of a simulator is over when it is looked at first.
const instant = 5000

// brisk is a speed at which a batch takes a tenth of a second.
const brisk = 20

// bench is one run.
type bench struct {
	Config
	size

	report Report
}

// Run measures the rows, one after the other.
func Run(ctx context.Context, c Config) (Report, error) {
	b := &bench{Config: c, size: c.size(), report: Report{Processors: runtime.GOMAXPROCS(0)}}
	if c.Slipway == "" {
		return b.report, errors.New("bench: Slipway is missing: name the slipway binary")
	}
	if c.Profile != nil {
		if err := pprof.StartCPUProfile(c.Profile); err != nil {
			return b.report, fmt.Errorf("bench: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	for _, part := range []struct {
		rows []string
		on   stack.Config
		do   func(context.Context, *stack.Stack) error
	}{
		{[]string{RowLatency, RowAccepted}, stack.Config{}, b.intake},
		{[]string{RowFinished}, stack.Config{Speed: instant}, b.throughput},
		{b.histories(), stack.Config{Speed: brisk}, b.price},
		{[]string{RowKilled}, stack.Config{Speed: brisk, WithoutWorker: true}, b.survival},
	} {
		if len(part.rows) == 0 || !b.wanted(part.rows...) {
			continue
		}
		if err := b.on(ctx, part.on, part.do); err != nil {
			return b.report, err
		}
	}
	return b.report, b.aside(ctx)
}

// histories are the rows about what a release costs; none in a short run, because tests measure the same.
func (b *bench) histories() (rows []string) {
	if b.Short {
		return nil
	}
	for _, each := range PricedReleases("", "") {
		rows = append(rows, RowHistory+each.Row)
	}
	return rows
}

// wanted reports whether one of the rows is to be measured.
func (b *bench) wanted(rows ...string) bool {
	return len(b.Only) == 0 || slices.ContainsFunc(b.Only, func(only string) bool { return slices.Contains(rows, only) })
}

// startLimit bounds how long servers may take to come up.
const startLimit = time.Minute

// on measures something on a stack of its own.
func (b *bench) on(ctx context.Context, c stack.Config, do func(context.Context, *stack.Stack) error) (err error) {
	starting, started := context.WithTimeout(ctx, startLimit)
	defer started()
	// A database in memory is slower than a file: SQLite locks whole tables of it.
	if c.TemporalDir, err = os.MkdirTemp("", "slipway-bench-"); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.TemporalDir)) }()
	c.WithoutConsole, c.Log = true, b.Log
	s, err := stack.Start(starting, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(ctx, s)
}

// row adds a row to the report.
func (b *bench) row(r Row) {
	b.report.Rows = append(b.report.Rows, r)
	if b.Measured != nil {
		b.Measured(r)
	}
}

// changeSteps is how many activities lead a release to its change: it reads the application, and begins.
const changeSteps = 2

// intake measures the way from an event to a change, alone and in a crowd. Orders take their time, so that releases are not at
// their ends meanwhile.
func (b *bench) intake(ctx context.Context, s *stack.Stack) error {
	f, end, err := startFloor(ctx, s)
	if err != nil {
		return err
	}
	defer end()
	c, err := newCrowd(ctx, s, b.requests)
	if err != nil {
		return err
	}
	if err := b.latency(ctx, f, c); err != nil {
		return err
	}
	return b.rates(ctx, f, c, rated{
		row: RowAccepted, steps: changeSteps, until: func(is burst) time.Duration { return is.accepted },
		floor: "a mailbox takes an update and starts a child with two empty activities",
	})
}

// rated is a row about how many a second a crowd comes to something.
type rated struct {
	row string
	// steps are the activities of the floor, and until is how long a turn took.
	steps int
	until func(burst) time.Duration
	// floor says what the floor does.
	floor string
}

// rates has the floor and Slipway take turns.
func (b *bench) rates(ctx context.Context, f *floor, c *crowd, of rated) error {
	var floors, ours []float64
	var used processorTimes
	for range b.turns {
		least, err := c.errands(ctx, f, of.steps)
		if err != nil {
			return err
		}
		is, err := c.releases(ctx, release.Strategy{Type: release.StrategyAll})
		if err != nil {
			return err
		}
		floors, ours = append(floors, c.rate(of.until(least))), append(ours, c.rate(of.until(is)))
		used.add(least, is)
	}
	b.row(Row{
		What: of.row, Unit: "/s", Aim: Aim{Least: 0.85},
		Note: fmt.Sprintf("%d applications each turn; floor: %s; %s", len(c.apps), of.floor, used.words(len(c.apps))),
	}.judged(floors, ours))
	return nil
}

// processorTimes are those of turns, of the servers, too: on a machine that is busy otherwise they say more than rates.
type processorTimes struct{ floors, ours []float64 }

func (p *processorTimes) add(least, is burst) {
	p.floors, p.ours = append(p.floors, milliseconds(least.processor)), append(p.ours, milliseconds(is.processor))
}

// words say what each of so many took.
func (p *processorTimes) words(each int) string {
	n := float64(each)
	return fmt.Sprintf("processor time of each with all servers: %s ms, floor %s ms", number(Median(p.ours)/n), number(Median(p.floors)/n))
}

// rate is how many a second, where all took so long.
func (c *crowd) rate(took time.Duration) float64 { return float64(len(c.apps)) / took.Seconds() }

func (b *bench) latency(ctx context.Context, f *floor, c *crowd) error {
	var floors, ours []float64
	var begun []string
	for turn := range b.latencies + 1 {
		least, err := f.latency(ctx, errand{Key: fmt.Sprintf("latency-%d", turn), Steps: changeSteps})
		if err != nil {
			return err
		}
		is, id, err := c.latency(ctx)
		if err != nil {
			return err
		}
		begun = append(begun, id)
		if turn > 0 { // the first ones open connections
			floors, ours = append(floors, milliseconds(least)), append(ours, milliseconds(is))
		}
	}
	b.row(Row{
		What: RowLatency, Unit: "ms", Aim: Aim{Most: 1.1}, Note: "floor: until the second empty activity of the child begins",
	}.judged(floors, ours))
	return c.ended(ctx, begun)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// releaseSteps is how many activities a release of strategy all has whose application has no scaling rules: it reads, begins,
// looks and reads back.
const releaseSteps = 4

// throughput measures how many releases end in a second.
func (b *bench) throughput(ctx context.Context, s *stack.Stack) error {
	f, end, err := startFloor(ctx, s)
	if err != nil {
		return err
	}
	defer end()
	c, err := newCrowd(ctx, s, b.requests)
	if err != nil {
		return err
	}
	return b.rates(ctx, f, c, rated{
		row: RowFinished, steps: releaseSteps, until: func(is burst) time.Duration { return is.finished },
		floor: fmt.Sprintf("a child with %d empty activities", releaseSteps),
	})
}

// survival measures how long it takes until releases go on whose worker was killed.
func (b *bench) survival(ctx context.Context, s *stack.Stack) (err error) {
	k, err := newKilled(ctx, s, b.Slipway, b.releases)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	quiet, err := k.turn(ctx, false)
	if err != nil {
		return err
	}
	var ours, ended []float64
	for range b.kills {
		is, err := k.turn(ctx, true)
		if err != nil {
			return err
		}
		ours, ended = append(ours, is.moved.Seconds()), append(ended, is.ended.Seconds())
	}
	b.row(Row{
		What: RowKilled, Unit: "s", Aim: Aim{Most: 15},
		Note: fmt.Sprintf("%d releases; all have ended after %s s, without a kill after %s s", b.releases, number(Median(ended)), number(quiet.ended.Seconds())),
	}.judged(nil, ours))
	return nil
}
