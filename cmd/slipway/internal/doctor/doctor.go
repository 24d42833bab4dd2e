// Package doctor checks whether Slipway can work from where it is asked: NATS and what is kept
// there, Temporal and who works there, starters, and the platform. A check asks as few rights as
// it can, changes nothing, and has a remedy for what it finds.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
)

// Result is how a check has ended.
type Result string

// The results.
const (
	OK      Result = "ok"
	Warning Result = "warning"
	Failed  Result = "failed"
	// Skipped is what could not be checked, because of another finding or for lack of a setting.
	Skipped Result = "skipped"
	// Healed is what a repair has put right, or has begun to.
	Healed Result = "healed"
)

// Finding is what a check has found.
type Finding struct {
	Check  string `json:"check"`
	Result Result `json:"result"`
	// Found is what is there, and Remedy what to do about it where that is anything.
	Found  string `json:"found"`
	Remedy string `json:"remedy,omitempty"`
}

func ok(format string, args ...any) Finding {
	return Finding{Result: OK, Found: fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) Finding {
	return Finding{Result: Skipped, Found: fmt.Sprintf(format, args...)}
}

func warning(found, remedy string) Finding {
	return Finding{Result: Warning, Found: found, Remedy: remedy}
}

func failed(found, remedy string) Finding {
	return Finding{Result: Failed, Found: found, Remedy: remedy}
}

// Check is one check. It may find several things, each with a name of its own; one without has
// the name of the check.
type Check struct {
	Name string
	Run  func(context.Context) []Finding
}

// one makes a check that finds one thing.
func one(name string, run func(context.Context) Finding) Check {
	return Check{name, func(ctx context.Context) []Finding { return []Finding{run(ctx)} }}
}

// Run runs checks side by side, each for so long at most, and returns what they have found in
// the order of the checks. It does not wait for a check that does not heed its time.
func Run(ctx context.Context, checks []Check, limit time.Duration) []Finding {
	found := make([][]Finding, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { found[i] = c.within(ctx, limit) })
	}
	all.Wait()
	var out []Finding
	for i, each := range found {
		for _, f := range each {
			if f.Check == "" {
				f.Check = checks[i].Name
			}
			out = append(out, f)
		}
	}
	return out
}

func (c Check) within(ctx context.Context, limit time.Duration) []Finding {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %s", limit))
	defer cancel()
	done := make(chan []Finding, 1)
	go func() { done <- c.Run(ctx) }()
	select {
	case found := <-done:
		return found
	case <-ctx.Done():
	}
	select {
	case found := <-done: // what it had at the last moment
		return found
	default:
		return []Finding{failed(context.Cause(ctx).Error(), "try again with a longer --timeout, and look at that server")}
	}
}

// Sort puts what a person must act on first: what has failed, then warnings, then what could not be
// checked, then what is well; what a repair has healed stands behind what it has not. Within each the order stays.
func Sort(findings []Finding) {
	order := []Result{Failed, Warning, Healed, Skipped, OK}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return slices.Index(order, a.Result) - slices.Index(order, b.Result)
	})
}

// broken is a check that has failed with an error. The remedy that an error has stands beside what
// was found; other is that of any other error.
func broken(err error, other string) Finding {
	if e, ok := errors.AsType[*connect.Error](err); ok {
		return failed(e.Found(), e.Remedy)
	}
	if e, ok := errors.AsType[*config.Error](err); ok {
		return failed(e.Found(), e.Remedy)
	}
	if e, ok := errors.AsType[*connect.DeniedError](err); ok {
		return failed(e.Found(), e.Remedy())
	}
	return failed(connect.Explain(err), other)
}

// Count counts the findings with a result.
func Count(findings []Finding, r Result) int {
	n := 0
	for _, f := range findings {
		if f.Result == r {
			n++
		}
	}
	return n
}
