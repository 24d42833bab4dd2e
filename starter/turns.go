package starter

import "sync"

// turns lets the holders of equal keys go one after the other, in the order in which
// they took their turns.
type turns struct {
	mu   sync.Mutex
	last map[string]chan struct{}
}

// take queues up for the key. The turn has come when ready is closed; done must be
// called to let the next one go.
func (t *turns) take(key string) (ready <-chan struct{}, done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = map[string]chan struct{}{}
	}
	before := t.last[key]
	if before == nil {
		before = make(chan struct{})
		close(before)
	}
	mine := make(chan struct{})
	t.last[key] = mine
	return before, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.last[key] == mine {
			delete(t.last, key)
		}
		close(mine)
	}
}
