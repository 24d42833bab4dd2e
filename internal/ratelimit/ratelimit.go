// Package ratelimit says who may ask at the moment, and who has to wait for how long.
package ratelimit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Take takes one from a limiter, or nothing, and says after what time there is one.
func Take(l *rate.Limiter, now time.Time) time.Duration {
	reservation := l.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// sweepEvery is how often a [Keyed] that is full looks for what it need not remember, at most.
const sweepEvery = time.Second

// Keyed has a limiter for each key. It remembers so many keys and no more: the keys beyond them share one limiter until others
// have had nothing to wait for.
type Keyed struct {
	limit       rate.Limit
	burst, most int

	mu       sync.Mutex
	limiters map[string]*rate.Limiter
	rest     *rate.Limiter
	swept    time.Time
}

// NewKeyed returns limiters of one rate and burst for each of at most so many keys.
func NewKeyed(limit rate.Limit, burst, most int) *Keyed {
	return &Keyed{limit: limit, burst: burst, most: most, limiters: map[string]*rate.Limiter{}, rest: rate.NewLimiter(limit, burst)}
}

// Take is [Take] from the limiter of a key.
func (k *Keyed) Take(key string, now time.Time) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	l, known := k.limiters[key]
	if !known {
		if len(k.limiters) >= k.most && now.Sub(k.swept) >= sweepEvery {
			k.sweep(now)
		}
		l = k.rest
		if len(k.limiters) < k.most {
			l = rate.NewLimiter(k.limit, k.burst)
			k.limiters[key] = l
		}
	}
	return Take(l, now)
}

// sweep forgets the limiters that are as new.
func (k *Keyed) sweep(now time.Time) {
	k.swept = now
	for key, l := range k.limiters {
		if l.TokensAt(now) >= float64(k.burst) {
			delete(k.limiters, key)
		}
	}
}
