package session

import (
	"sync"
	"time"
)

const (
	// cacheTime is how long a session counts without asking NATS: the pictures of a page are not asked for one by one.
	cacheTime = 5 * time.Second
	// maxCached is how many sessions are remembered. Of those beyond it NATS is asked each time.
	maxCached = 10_000
)

// cache remembers sessions for a moment, and which have ended here.
type cache struct {
	mu      sync.Mutex
	entries map[string]cached
	swept   time.Time
}

type cached struct {
	session stored
	// at is when it was read, or ended.
	at    time.Time
	ended bool
}

func newCache() *cache { return &cache{entries: map[string]cached{}} }

// find returns what is remembered of a session; false where NATS has to be asked.
func (c *cache) find(key string, now time.Time) (cached, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, known := c.entries[key]
	return e, known && (e.ended || now.Sub(e.at) < cacheTime)
}

// keep remembers a session that was asked for at a time. One that has ended meanwhile it leaves so, and returns false.
func (c *cache) keep(key string, s stored, asked time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(asked)
	e, known := c.entries[key]
	if e.ended {
		return false
	}
	if known || len(c.entries) < maxCached {
		c.entries[key] = cached{session: s, at: asked}
	}
	return true
}

// end remembers that a session has ended, at least for as long as it may still be read of the bucket.
func (c *cache) end(key string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(now)
	c.entries[key] = cached{at: now, ended: true}
}

// sweep forgets what counts no more.
func (c *cache) sweep(now time.Time) {
	if now.Sub(c.swept) < cacheTime {
		return
	}
	c.swept = now
	for key, e := range c.entries {
		if now.Sub(e.at) >= cacheTime+answerTime {
			delete(c.entries, key)
		}
	}
}
