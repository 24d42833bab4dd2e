package saesim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// strategy is the UpdateStrategy parameter (SAE API reference ch. 12.3).
type strategy struct {
	Type        string       `json:"type"`
	BatchUpdate *batchUpdate `json:"batchUpdate"`
	GrayUpdate  *grayUpdate  `json:"grayUpdate"`
}

type batchUpdate struct {
	Batch       int    `json:"batch"`
	ReleaseType string `json:"releaseType"`
	// BatchWaitTime is in minutes: the reference's text says seconds, its worked
	// examples and DescribeChangeOrder say minutes.
	BatchWaitTime *int `json:"batchWaitTime"`
}

type grayUpdate struct {
	// Gray is the number of gray instances, as in the reference's examples.
	Gray int `json:"gray"`
}

const (
	strategyGray  = "GrayBatchUpdate"
	strategyBatch = "BatchUpdate"

	releaseAuto   = "auto"
	releaseManual = "manual"

	paramUpdateStrategy = "UpdateStrategy"
)

// parseStrategy reads an UpdateStrategy. An empty text, or an empty object, is a
// release in a single batch and gives nil.
func parseStrategy(text string) (*strategy, *apiError) {
	if text == "" {
		return nil, nil //nolint:nilnil // no strategy is a valid strategy
	}
	var s strategy
	if err := json.NewDecoder(bytes.NewReader([]byte(text))).Decode(&s); err != nil {
		return nil, invalidParameter(paramUpdateStrategy, "it is not a strategy in JSON")
	}
	if s == (strategy{}) {
		return nil, nil //nolint:nilnil // no strategy is a valid strategy
	}
	switch {
	case s.Type != strategyGray && s.Type != strategyBatch:
		return nil, invalidParameter(paramUpdateStrategy, "type must be %s or %s", strategyGray, strategyBatch)
	case s.BatchUpdate == nil:
		return nil, invalidParameter(paramUpdateStrategy, "batchUpdate is missing")
	case s.BatchUpdate.Batch < 1:
		return nil, invalidParameter(paramUpdateStrategy, "batch must be at least 1")
	case s.BatchUpdate.ReleaseType != releaseAuto && s.BatchUpdate.ReleaseType != releaseManual:
		return nil, invalidParameter(paramUpdateStrategy, "releaseType must be auto or manual")
	case s.BatchUpdate.BatchWaitTime != nil && (*s.BatchUpdate.BatchWaitTime < 0 || *s.BatchUpdate.BatchWaitTime > maxWait):
		return nil, refuse(codeBatchWait)
	case s.Type == strategyGray && s.GrayUpdate == nil:
		return nil, invalidParameter(paramUpdateStrategy, "grayUpdate is missing")
	}
	return &s, nil
}

// maxWait keeps waiting times, in minutes or seconds, inside what a time.Duration can
// hold; the reference gives no upper limit.
const maxWait = 1_000_000

// gray is the number of gray instances, 0 without a gray batch.
func (s *strategy) gray() int {
	if s == nil || s.Type != strategyGray {
		return 0
	}
	return s.GrayUpdate.Gray
}

// fits checks a strategy against the number of instances. The reference gives no
// limits; these are a reading: gray is at most half of the instances, and no batch
// may be empty.
func (s *strategy) fits(replicas int) *apiError {
	if s == nil {
		return nil
	}
	gray := s.gray()
	if s.Type == strategyGray && (gray < 1 || 2*gray > replicas) {
		return invalidParameter(paramUpdateStrategy,
			"gray must be at least 1 and at most half of the %d instances, is %d", replicas, gray)
	}
	if rest := replicas - gray; s.BatchUpdate.Batch > rest {
		return invalidParameter(paramUpdateStrategy,
			"%d batches are more than the %d instances they are to update", s.BatchUpdate.Batch, rest)
	}
	return nil
}

// wait is the pause between automatic batches: the strategy's own, in minutes, or
// else what the operation has besides.
func (s *strategy) wait(otherwise time.Duration) time.Duration {
	if s.BatchUpdate.BatchWaitTime != nil {
		return time.Duration(*s.BatchUpdate.BatchWaitTime) * time.Minute
	}
	return otherwise
}

// minReady is what a call said about the instances that must stay up; nil means
// that it said nothing.
type minReady struct {
	instances *int
	ratio     *int
}

// unavailable is how many of n instances may be down at once. Explicit counts must
// be below n; computed ones are clamped, as with a single instance every computed
// count would be too large (SAE API reference ch. 12.3, reading).
func (m minReady) unavailable(n int) (int, *apiError) {
	keep := quarter(n)
	switch {
	case m.ratio != nil && *m.ratio != -1:
		if *m.ratio < 0 || *m.ratio > 100 {
			return 0, refuse(codeMinReadyRatio)
		}
		keep = (*m.ratio*n + 99) / 100
	case m.instances != nil && *m.instances != -1:
		if *m.instances < 0 {
			return 0, invalidParameter("MinReadyInstances", "it must be at least -1")
		}
		if *m.instances >= n {
			return 0, refuse(codeMinReady)
		}
		keep = *m.instances
	}
	return max(n-keep, 1), nil
}

// all reports whether every instance must stay up.
func (m minReady) all() bool { return m.ratio != nil && *m.ratio == 100 }

// quarter is the system's own minimum: a quarter of the instances, rounded up.
func quarter(n int) int { return (n + 3) / 4 }

// destination is what a release brings: a version, and how many instances there are then.
type destination struct {
	version  string
	replicas int
}

// planRelease works out how the instances of an application get to a destination.
// Instances that are added are part of the batches like any other; those that are too
// many go in the last one.
func planRelease(app *application, to destination, how *strategy, unavailable int) (plan, *apiError) {
	if refused := how.fits(to.replicas); refused != nil {
		return plan{}, refused
	}
	p := plan{Target: to.version, Unavailable: unavailable, DisableRules: true}
	if to.replicas != app.Replicas {
		p.Replicas = to.replicas
	}
	todo := slotsNotOn(app, to.version, to.replicas)
	if minority, base := leftover(app, to.version); minority != "" {
		if how != nil {
			return plan{}, refuse(codeInvalidStatus)
		}
		p.Base = base
		slices.SortStableFunc(todo, func(a, b int) int {
			return cmp.Compare(rankOther(app.slot(a), minority), rankOther(app.slot(b), minority))
		})
		p.Lead = app.alive()[minority]
	}
	if how == nil {
		p.Batches = [][]int{append(todo, surplus(app, to.replicas)...)}
		return p, nil
	}
	p.Gradual, p.Manual = true, how.BatchUpdate.ReleaseType == releaseManual
	p.Gray = how.Type == strategyGray
	if gray := min(how.gray(), len(todo)); p.Gray {
		p.Batches, todo = append(p.Batches, todo[:gray]), todo[gray:]
	}
	p.Batches = append(p.Batches, split(todo, how.BatchUpdate.Batch)...)
	last := len(p.Batches) - 1
	p.Batches[last] = append(p.Batches[last], surplus(app, to.replicas)...)
	return p, nil
}

// surplus lists the slots of instances beyond a number.
func surplus(app *application, replicas int) []int {
	return slices.DeleteFunc(app.slots(), func(slot int) bool { return slot < replicas })
}

// slotsNotOn lists those of the first slots whose instance does not run the version,
// or which are empty.
func slotsNotOn(app *application, target string, first int) []int {
	var slots []int
	for slot := range first {
		if i := app.slot(slot); i == nil || i.VersionID != target {
			slots = append(slots, slot)
		}
	}
	return slots
}

// leftover returns the two versions that an aborted or failed order left alive while a third
// is about to be deployed, the one with fewer instances up first; both are empty where there
// are none. SAE never lets three versions live (ch. 5); here a third is taken by a single
// batch alone, whose first wave replaces all instances of the lesser version.
func leftover(app *application, target string) (minority, base string) {
	alive := app.alive()
	if len(alive) < 2 || alive[target] > 0 {
		return "", ""
	}
	up := map[string]int{}
	for _, i := range app.Instances {
		if i.Status == instanceRunning {
			up[i.VersionID]++
		}
	}
	versions := sortedKeys(alive)
	slices.SortStableFunc(versions, func(a, b string) int { return cmp.Compare(up[a], up[b]) })
	return versions[0], versions[len(versions)-1]
}

func rankOther(i *instance, version string) int {
	if i != nil && i.VersionID == version {
		return 0
	}
	return 1
}

// split divides slots into n batches as evenly as possible, smaller ones first.
func split(slots []int, n int) [][]int {
	batches := make([][]int, 0, n)
	for left := n; left > 0; left-- {
		size := len(slots) / left
		batches = append(batches, slots[:size:size])
		slots = slots[size:]
	}
	return batches
}
