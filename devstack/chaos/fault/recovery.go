package fault

import (
	"cmp"
	"slices"
	"time"
)

// Moment is when something was told of a release, or when it was asked for.
type Moment struct {
	Release string
	At      time.Time
	// Asked tells that it was asked for then, and nothing was told.
	Asked bool
	// Last tells that nothing comes after it: the release has ended.
	Last bool
}

// Recoveries are how long after the end of each kill, pause, cut and reset the next thing was told of a release that had been
// asked for before and had not ended. A fault with no such release is left out. They are sorted.
func Recoveries(done []Done, moments []Moment) []time.Duration {
	moments = slices.SortedFunc(slices.Values(moments), func(a, b Moment) int { return a.At.Compare(b.At) })
	var all []time.Duration
	for _, f := range done {
		if !slices.Contains([]Kind{KindPlatform, KindDelay, KindAhead}, f.Kind) && f.Problem == "" {
			if after, found := recovery(f.Ended, moments); found {
				all = append(all, after)
			}
		}
	}
	slices.Sort(all)
	return all
}

func recovery(ended time.Time, moments []Moment) (after time.Duration, found bool) {
	under := map[string]bool{}
	for _, m := range moments {
		switch {
		case m.At.Before(ended):
			under[m.Release] = !m.Last
		case under[m.Release] && !m.Asked:
			return m.At.Sub(ended), true
		}
	}
	return 0, false
}

// Quantile is the value below which a share of sorted values lies; 0 where there are none.
func Quantile[T cmp.Ordered](sorted []T, share float64) T {
	var none T
	if len(sorted) == 0 {
		return none
	}
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}
