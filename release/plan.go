package release

import "fmt"

// PlanBatches returns the batches of an operation by its strategy on a platform, the gray batch first:
// with the number of instances that each replaces or, where the platform shifts traffic to another
// version, with the percentage of it that the new version has after each. It returns a [Problem] when the
// application has too few instances for the strategy.
//
// Where it is not known how a platform divides the rest ([Traits.LargerFirst]), the larger batches come last.
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
		return BatchesOf(t.divide(instances, s.Batches)...), nil
	case StrategyGray:
		if s.Gray*100 > instances*t.GrayAtMost {
			return nil, Problem{"strategy.gray", fmt.Sprintf("%d gray instances are more than %d %% of the application's %d, which is the most on %s", s.Gray, t.GrayAtMost, instances, t.Name)}
		}
		rest := instances - s.Gray
		if s.Batches > rest {
			return nil, Problem{"strategy.batches", fmt.Sprintf("%d batches after the gray one need at least as many instances; %d are left", s.Batches, rest)}
		}
		batches := BatchesOf(append([]int{s.Gray}, t.divide(rest, s.Batches)...)...)
		if t.Weights > 0 {
			batches[0].Weight = s.GrayWeight(instances)
		}
		return batches, nil
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

// GrayWeight is the percentage of the traffic that the gray batch gets where it replaces instances of an
// application: the one that the strategy gives, or else the share that the batch has of the instances.
func (s Strategy) GrayWeight(instances int) int {
	const whole = 100
	if len(s.Weights) > 0 {
		return s.Weights[0]
	}
	return min(max(s.Gray*whole/max(instances, 1), 1), maxWeight)
}

// divide divides instances as evenly as possible.
func (t Traits) divide(instances, batches int) []int {
	out := make([]int, batches)
	larger := instances % batches
	for i := range out {
		out[i] = instances / batches
		if t.LargerFirst && i < larger || !t.LargerFirst && i >= batches-larger {
			out[i]++
		}
	}
	return out
}
