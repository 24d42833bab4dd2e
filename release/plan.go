package release

import "fmt"

// PlanBatches returns the batches of an operation by its strategy on a platform, the gray batch first:
// with the number of instances that each replaces or, where the platform shifts traffic to another
// version, with the percentage of it that the new version has after each. It returns a [Problem] when the
// application has too few instances for the strategy.
//
// The platforms do not print how they divide the rest; the larger batches come last here.
func PlanBatches(t Traits, op Operation, s Strategy, instances int) ([]Batch, error) {
	if t.Step == StepWeight && op.changesVersion() {
		return shifts(s), nil
	}
	switch s.Type {
	case StrategyAll:
		return BatchesOf(instances), nil
	case StrategyBatch:
		if s.Batches > instances {
			return nil, Problem{"strategy.batches", fmt.Sprintf("%d batches need at least as many instances; the application has %d", s.Batches, instances)}
		}
		return BatchesOf(divide(instances, s.Batches)...), nil
	case StrategyGray:
		if s.Gray*100 > instances*t.GrayAtMost {
			return nil, Problem{"strategy.gray", fmt.Sprintf("%d gray instances are more than %d %% of the application's %d, which is the most on %s", s.Gray, t.GrayAtMost, instances, t.Name)}
		}
		rest := instances - s.Gray
		if s.Batches > rest {
			return nil, Problem{"strategy.batches", fmt.Sprintf("%d batches after the gray one need at least as many instances; %d are left", s.Batches, rest)}
		}
		return BatchesOf(append([]int{s.Gray}, divide(rest, s.Batches)...)...), nil
	}
	return nil, Problem{"strategy.type", fmt.Sprintf("%q is unknown; use all, batch or gray", s.Type)}
}

// BatchesOf are pending batches that replace so many instances each.
func BatchesOf(instances ...int) (out []Batch) {
	for i, n := range instances {
		out = append(out, Batch{Number: i + 1, Instances: n, State: BatchPending})
	}
	return out
}

// shifts are the batches by which traffic goes from the version before to the new one.
func shifts(s Strategy) []Batch {
	const whole = 100
	out := BatchesOf(make([]int, len(s.Weights)+1)...)
	for i, weight := range s.Weights {
		out[i].Weight = weight
	}
	out[len(s.Weights)].Weight = whole
	return out
}

func divide(instances, batches int) []int {
	out := make([]int, batches)
	for i := range out {
		out[i] = instances / batches
		if i >= batches-instances%batches {
			out[i]++
		}
	}
	return out
}
