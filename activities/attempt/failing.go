package attempt

import (
	"container/list"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
)

// The records are bounded: an activity that ended without a last attempt here, because its
// workflow cancelled it or another worker has it now, would never be dropped otherwise.
const (
	keptFor    = 10 * time.Minute
	keptAtMost = 10_000
)

// id names an activity over all its attempts.
type id struct{ workflow, run, activity string }

func idOf(info activity.Info) id {
	return id{workflow: info.WorkflowExecution.ID, run: info.WorkflowExecution.RunID, activity: info.ActivityID}
}

// failing records since when activities fail.
type failing struct {
	mu    sync.Mutex
	found map[id]*list.Element
	// order holds an entry for each, the one that failed last at the back.
	order *list.List
}

// entry is the record of one activity: since when it fails, and when it failed last.
type entry struct {
	id          id
	since, last time.Time
}

func newFailing() *failing { return &failing{found: map[id]*list.Element{}, order: list.New()} }

// record adds a failure, seen now, of an attempt that was begun at the given time. It
// returns since when the activity fails, and whether this is the first failure since then.
func (f *failing) record(id id, begun, now time.Time) (since time.Time, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sweep(now)
	if e, ok := f.found[id]; ok {
		known := e.Value.(*entry)
		known.last = now
		f.order.MoveToBack(e)
		return known.since, false
	}
	if len(f.found) >= keptAtMost {
		f.drop(f.order.Front())
	}
	f.found[id] = f.order.PushBack(&entry{id: id, since: begun, last: now})
	return begun, true
}

// forget is for an activity that does not fail any more.
func (f *failing) forget(id id) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e, ok := f.found[id]; ok {
		f.drop(e)
	}
}

// sweep drops what has not failed for long.
func (f *failing) sweep(now time.Time) {
	for e := f.order.Front(); e != nil && now.Sub(e.Value.(*entry).last) >= keptFor; e = f.order.Front() {
		f.drop(e)
	}
}

func (f *failing) drop(e *list.Element) {
	delete(f.found, e.Value.(*entry).id)
	f.order.Remove(e)
}
