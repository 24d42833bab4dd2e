package starter

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/wire"
)

// message is a JetStream message with nothing but a subject.
type message struct {
	jetstream.Msg

	subject string
}

func (m message) Subject() string { return m.subject }

func deliveryOf(subject string, sequence uint64) *delivery {
	return newDelivery(message{subject: subject}, wire.Delivery{Sequence: sequence})
}

func newQueues() *queues {
	return &queues{delay: Config{RetryDelay: time.Second, MaxRetryDelay: 4 * time.Second}.retryDelay}
}

// drained settles the messages of a queue until none is pending.
func drained(l *queues, subject string) []uint64 {
	var order []uint64
	for d, _ := l.next(subject); d != nil; d, _ = l.next(subject) {
		order = append(order, d.position.Sequence)
		l.settle(d)
	}
	return order
}

func TestQueues_QueueIsDrainedInStreamOrder(t *testing.T) {
	t.Parallel()
	l, now := newQueues(), time.Now()
	for i, sequence := range []uint64{7, 3, 5} {
		require.Equal(t, admission{startsDrain: i == 0}, l.enqueue(now, deliveryOf("a", sequence)))
	}
	require.Equal(t, admission{startsDrain: true}, l.enqueue(now, deliveryOf("b", 4)), "other queues do not wait")
	require.Equal(t, []uint64{3, 5, 7}, drained(l, "a"))
	require.Equal(t, []uint64{4}, drained(l, "b"))
	require.Empty(t, l.of, "an empty queue is dropped")
}

func TestQueues_QueueThatFailsIsClosedLongerEachTime(t *testing.T) {
	t.Parallel()
	l, now := newQueues(), time.Now()
	for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second} {
		first, second, third := deliveryOf("a", 10), deliveryOf("a", 13), deliveryOf("a", 15)
		l.enqueue(now, first)
		l.enqueue(now, second)
		d, _ := l.next("a")
		require.Equal(t, map[*delivery]time.Duration{first: want, second: want + 3*spreadStep}, l.fail(now, d, 10))
		require.Equal(t, admission{deferred: third, wait: want + 5*spreadStep}, l.enqueue(now, third), "it is redelivered behind those before it")
		d, _ = l.next("a")
		require.Nil(t, d)
		now = now.Add(want)
	}
	l.enqueue(now, deliveryOf("a", 10))
	d, _ := l.next("a")
	l.settle(d)
	l.enqueue(now, deliveryOf("a", 13))
	d, settledUpTo := l.next("a")
	require.EqualValues(t, 10, settledUpTo)
	require.Equal(t, map[*delivery]time.Duration{d: time.Second}, l.fail(now, d, 13), "a settled message resets the delay")
}

func TestQueues_QueueHoldsABoundedNumber(t *testing.T) {
	t.Parallel()
	l, now := newQueues(), time.Now()
	for i := range uint64(maxPending) {
		require.Nil(t, l.enqueue(now, deliveryOf("a", i+2)).deferred)
	}
	behind := deliveryOf("a", 100_002)
	require.Equal(t, admission{deferred: behind, wait: time.Second + maxSpread}, l.enqueue(now, behind))
	e := l.enqueue(now, deliveryOf("a", 1))
	require.EqualValues(t, maxPending+1, e.deferred.position.Sequence, "the last one is deferred for one before it")
	require.Equal(t, time.Second+maxPending*spreadStep, e.wait)
	require.Len(t, drained(l, "a"), maxPending)
}

func TestQueues_QueueRequeueKeepsTheOrder(t *testing.T) {
	t.Parallel()
	l, now := newQueues(), time.Now()
	l.enqueue(now, deliveryOf("a", 3))
	d, _ := l.next("a")
	l.enqueue(now, deliveryOf("a", 2))
	l.requeue(d)
	require.Equal(t, []uint64{2, 3}, drained(l, "a"))
}

func TestQueues_QueueThatIsIdleIsEvicted(t *testing.T) {
	t.Parallel()
	l, now := newQueues(), time.Now()
	for i, subject := range []string{"a", "b"} {
		l.enqueue(now, deliveryOf(subject, uint64(i+1)))
		d, _ := l.next(subject)
		l.fail(now, d, d.position.Sequence)
		d, _ = l.next(subject)
		require.Nil(t, d)
		now = now.Add(time.Hour)
	}
	require.NotContains(t, l.of, "a")
	require.Contains(t, l.of, "b")
}

func TestQueues_QueueIsThrottledAtItsPace(t *testing.T) {
	t.Parallel()
	l, now := newQueues(), time.Now()
	l.pace = 2
	for _, sequence := range []uint64{1, 2, 3, 5} {
		l.enqueue(now, deliveryOf("a", sequence))
	}
	for range 2 {
		d, _ := l.next("a")
		require.Zero(t, l.paceDelay(now, d))
		l.settle(d)
	}
	third, _ := l.next("a")
	now = now.Add(10 * time.Second)
	require.Equal(t, 50*time.Second, l.paceDelay(now, third))
	deferred := l.throttle(now, third, 50*time.Second)
	require.Len(t, deferred, 2)
	require.Equal(t, 50*time.Second, deferred[third])
	d, _ := l.next("a")
	require.Nil(t, d)

	l.enqueue(now, deliveryOf("b", 4))
	other, _ := l.next("b")
	require.Zero(t, l.paceDelay(now, other), "no other queue waits")

	now = now.Add(50 * time.Second)
	require.Equal(t, admission{startsDrain: true}, l.enqueue(now, third))
	d, _ = l.next("a")
	require.Zero(t, l.paceDelay(now, d), "the next minute begins")
	l.settle(d)
	d, _ = l.next("a")
	require.Nil(t, d)
	now = now.Add(2 * time.Minute)
	l.evictIdle(now)
	require.NotContains(t, l.of, "a", "an idle queue is evicted")
}
