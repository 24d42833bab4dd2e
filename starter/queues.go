package starter

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

const (
	// maxPending is how many messages of one queue are pending at the same time.
	maxPending = 32
	// spreadStep is how much longer a message waits for each sequence of the stream by which it
	// is behind the first of its queue, up to maxSpread: so they are redelivered in their order.
	spreadStep = time.Millisecond
	maxSpread  = 10 * time.Second
	// paceWindow is the time to which the pace applies.
	paceWindow = time.Minute
	// maxIdle is how many queues are kept before idle ones are evicted.
	maxIdle = 1024
)

// queues keep the messages of each line in their order. One message of a queue is handled
// at a time. A queue whose first message has to be retried is closed for a while, twice as
// long each time: what is delivered meanwhile is sent back unread, so that a flood for one
// application costs the others next to nothing.
type queues struct {
	// delay is how long a queue is closed after a number of failures in a row.
	delay func(failures uint64) time.Duration
	// pace is how many messages of a queue are handed over within a minute; 0 is no bound.
	pace int

	mu sync.Mutex
	of map[string]*queue
}

type queue struct {
	// pending are the messages that are not settled yet, in the order of the stream.
	pending []*delivery
	// draining is true while a goroutine drains the queue.
	draining bool
	// settledUpTo is the stream sequence up to which all of the queue is settled.
	settledUpTo uint64
	// failures are those since a message was last settled. The queue is closed until a time,
	// and the message at first is redelivered before the others.
	failures    uint64
	closedUntil time.Time
	first       uint64
	// handedOver counts the messages that were handed over since windowStart.
	handedOver  int
	windowStart time.Time
}

// admission is the result of [queues.enqueue].
type admission struct {
	// startsDrain is true when the caller has to drain the queue.
	startsDrain bool
	// deferred is a message to be redelivered after wait: the one that was enqueued, or one
	// behind it; nil when all are pending.
	deferred *delivery
	wait     time.Duration
}

// enqueue puts a message into its queue.
func (l *queues) enqueue(now time.Time, d *delivery) admission {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = map[string]*queue{}
	}
	if len(l.of) > maxIdle {
		l.evictIdle(now)
	}
	q := l.of[d.line]
	if q == nil {
		q = &queue{}
		l.of[d.line] = q
	}
	if now.Before(q.closedUntil) {
		return admission{deferred: d, wait: q.closedUntil.Sub(now) + spreadDelay(q.first, d)}
	}
	q.insert(d)
	e := admission{startsDrain: !q.draining}
	q.draining = true
	if last := len(q.pending) - 1; last >= maxPending {
		e.deferred, q.pending = q.pending[last], q.pending[:last]
		e.wait = l.delay(0) + spreadDelay(q.pending[0].position.Sequence, e.deferred)
	}
	return e
}

// requeue puts a message back that was not the first of its queue.
func (l *queues) requeue(d *delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of[d.line].insert(d)
}

func (l *queue) insert(d *delivery) {
	at, _ := slices.BinarySearchFunc(l.pending, d.position.Sequence, func(have *delivery, sequence uint64) int {
		return cmp.Compare(have.position.Sequence, sequence)
	})
	l.pending = slices.Insert(l.pending, at, d)
}

// next takes the first message out of a queue and returns it with the sequence up to which
// the queue is settled. Without one, the queue counts as drained.
func (l *queues) next(line string) (d *delivery, settledUpTo uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.of[line]
	if len(q.pending) == 0 {
		q.draining = false
		if q.failures == 0 && q.handedOver == 0 {
			delete(l.of, line)
		}
		return nil, 0
	}
	d, q.pending = q.pending[0], q.pending[1:]
	return d, q.settledUpTo
}

// settle records that a message was acknowledged or terminated.
func (l *queues) settle(d *delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.of[d.line]
	q.settledUpTo = max(q.settledUpTo, d.position.Sequence)
	q.failures = 0
}

// paceDelay returns how long a queue has to wait because it has reached its pace; else it
// counts the message.
func (l *queues) paceDelay(now time.Time, d *delivery) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.of[d.line]
	if l.pace <= 0 {
		return 0
	}
	if !now.Before(q.windowStart.Add(paceWindow)) {
		q.handedOver, q.windowStart = 0, now
	}
	if q.handedOver >= l.pace {
		return q.windowStart.Add(paceWindow).Sub(now)
	}
	q.handedOver++
	return 0
}

// fail closes the queue of a message that has to be retried, or that waits for the one at
// first, and returns all that were pending with their delays.
func (l *queues) fail(now time.Time, d *delivery, first uint64) map[*delivery]time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.of[d.line]
	q.failures++
	return l.close(now, d, first, l.delay(q.failures))
}

// throttle closes the queue of a message for a time, without counting a failure.
func (l *queues) throttle(now time.Time, d *delivery, wait time.Duration) map[*delivery]time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.close(now, d, d.position.Sequence, wait)
}

func (l *queues) close(now time.Time, d *delivery, first uint64, wait time.Duration) map[*delivery]time.Duration {
	q := l.of[d.line]
	q.first, q.closedUntil = first, now.Add(wait)
	delays := map[*delivery]time.Duration{}
	for _, each := range append(q.pending, d) {
		delays[each] = wait + spreadDelay(first, each)
	}
	q.pending = nil
	l.evictIdle(now)
	return delays
}

// evictIdle drops the queues that have had no message for long after they were open again.
func (l *queues) evictIdle(now time.Time) {
	for line, each := range l.of {
		idle := each.closedUntil.Add(2*l.delay(each.failures) + maxSpread)
		if !each.draining && now.After(idle) && now.After(each.windowStart.Add(paceWindow)) {
			delete(l.of, line)
		}
	}
}

// spreadDelay is how much longer a message waits than the first of its queue.
func spreadDelay(first uint64, d *delivery) time.Duration {
	if d.position.Sequence <= first {
		return 0
	}
	return time.Duration(min(d.position.Sequence-first, uint64(maxSpread/spreadStep))) * spreadStep
}
