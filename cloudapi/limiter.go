package cloudapi

import (
	"context"
	"math/rand/v2"
	"time"
)

// Limiter paces calls. Wait returns when the next call may go out, or with an error when it may
// not before ctx ends. *rate.Limiter of golang.org/x/time/rate is one. Share one between all
// clients of an account: platforms count by account.
type Limiter interface {
	Wait(ctx context.Context) error
}

// Backoff of repeated reads.
const (
	firstReadDelay = 200 * time.Millisecond
	maxReadDelay   = 10 * time.Second
)

// DefaultReadDelay is the pause before a read is repeated for the nth time, counted from 1:
// about 0.2 s, doubled each time up to 10 s, with a random part so that many callers do not
// come back together.
func DefaultReadDelay(n int) time.Duration {
	delay := maxReadDelay
	if n < 7 { // 0.2 s doubled six times is above the maximum
		delay = min(firstReadDelay<<max(n-1, 0), maxReadDelay)
	}
	return delay/2 + rand.N(delay/2)
}

// DefaultPageSize is the page size of iterators over lists when the request gives none.
const DefaultPageSize = 100
