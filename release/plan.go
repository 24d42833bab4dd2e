package release

import "fmt"

// PlanBatches returns the number of instances each batch of the strategy replaces,
// the gray batch first, or a [Problem] when the application has too few instances for
// it. An application without instances takes any strategy as one batch of none.
//
// The platforms do not print how they divide the rest; the larger batches come last
// here. A gray batch may be at most half of the instances, which is SAE's limit.
func PlanBatches(s Strategy, instances int) ([]int, error) {
	switch s.Type {
	case StrategyAll:
		return []int{instances}, nil
	case StrategyBatch:
		if s.Batches > instances {
			return nil, Problem{"strategy.batches", fmt.Sprintf("%d batches need at least as many instances; the application has %d", s.Batches, instances)}
		}
		return divide(instances, s.Batches), nil
	case StrategyGray:
		if s.Gray > instances/2 {
			return nil, Problem{"strategy.gray", fmt.Sprintf("%d gray instances are more than half of the application's %d", s.Gray, instances)}
		}
		rest := instances - s.Gray
		if s.Batches > rest {
			return nil, Problem{"strategy.batches", fmt.Sprintf("%d batches after the gray one need at least as many instances; %d are left", s.Batches, rest)}
		}
		return append([]int{s.Gray}, divide(rest, s.Batches)...), nil
	}
	return nil, Problem{"strategy.type", fmt.Sprintf("%q is unknown; use all, batch or gray", s.Type)}
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
