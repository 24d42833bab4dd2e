package starter

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/wire"
)

// message is a message of JetStream of which only the subject is known.
type message struct {
	jetstream.Msg

	subject string
}

func (m message) Subject() string { return m.subject }

func coming(subject string, sequence uint64) *delivery {
	return &delivery{Msg: message{subject: subject}, place: wire.Delivery{Sequence: sequence}}
}

func newLines() *lines {
	return &lines{delay: Config{RetryDelay: time.Second, MaxRetryDelay: 4 * time.Second}.retryDelay}
}

// worked takes messages of a line to their ends until none is held.
func worked(l *lines, subject string) []uint64 {
	var order []uint64
	for d, _ := l.next(subject); d != nil; d, _ = l.next(subject) {
		order = append(order, d.place.Sequence)
		l.pass(d)
	}
	return order
}

func TestOneLineIsWorkedOffByOneInTheOrderOfTheStream(t *testing.T) {
	t.Parallel()
	l, now := newLines(), time.Now()
	for i, sequence := range []uint64{7, 3, 5} {
		require.Equal(t, entrance{opens: i == 0}, l.enter(now, coming("a", sequence)))
	}
	require.Equal(t, entrance{opens: true}, l.enter(now, coming("b", 4)), "other lines do not wait")
	require.Equal(t, []uint64{3, 5, 7}, worked(l, "a"))
	require.Equal(t, []uint64{4}, worked(l, "b"))
	require.Empty(t, l.of, "nothing is kept of a line in which nobody waits")
}

func TestALineThatIsShutTakesNothingAndWaitsLongerEachTime(t *testing.T) {
	t.Parallel()
	l, now := newLines(), time.Now()
	for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second} {
		first, second, third := coming("a", 10), coming("a", 13), coming("a", 15)
		l.enter(now, first)
		l.enter(now, second)
		d, _ := l.next("a")
		require.Equal(t, map[*delivery]time.Duration{first: want, second: want + 3*step}, l.shut(now, d, 10))
		require.Equal(t, entrance{back: third, wait: want + 5*step}, l.enter(now, third), "it comes again behind those before it")
		d, _ = l.next("a")
		require.Nil(t, d)
		now = now.Add(want)
	}
	l.enter(now, coming("a", 10))
	d, _ := l.next("a")
	l.pass(d)
	l.enter(now, coming("a", 13))
	d, settled := l.next("a")
	require.EqualValues(t, 10, settled)
	require.Equal(t, map[*delivery]time.Duration{d: time.Second}, l.shut(now, d, 13), "one that was taken begins it anew")
}

func TestALineHoldsABoundedNumber(t *testing.T) {
	t.Parallel()
	l, now := newLines(), time.Now()
	for i := range uint64(maxInHand) {
		require.Nil(t, l.enter(now, coming("a", i+2)).back)
	}
	behind := coming("a", 100_002)
	require.Equal(t, entrance{back: behind, wait: time.Second + maxSpread}, l.enter(now, behind))
	e := l.enter(now, coming("a", 1))
	require.EqualValues(t, maxInHand+1, e.back.place.Sequence, "the last one gives way to one before it")
	require.Equal(t, time.Second+maxInHand*step, e.wait)
	require.Len(t, worked(l, "a"), maxInHand)
}

func TestAMessageWhoseTurnHasNotComeGoesBackToItsPlace(t *testing.T) {
	t.Parallel()
	l, now := newLines(), time.Now()
	l.enter(now, coming("a", 3))
	d, _ := l.next("a")
	l.enter(now, coming("a", 2))
	l.again(d)
	require.Equal(t, []uint64{2, 3}, worked(l, "a"))
}

func TestALineThatNothingComesToIsForgotten(t *testing.T) {
	t.Parallel()
	l, now := newLines(), time.Now()
	for i, subject := range []string{"a", "b"} {
		l.enter(now, coming(subject, uint64(i+1)))
		d, _ := l.next(subject)
		l.shut(now, d, d.place.Sequence)
		d, _ = l.next(subject)
		require.Nil(t, d)
		now = now.Add(time.Hour)
	}
	require.NotContains(t, l.of, "a")
	require.Contains(t, l.of, "b")
}

func TestALineRestsWhenItHasGivenEnough(t *testing.T) {
	t.Parallel()
	l, now := newLines(), time.Now()
	l.pace = 2
	for _, sequence := range []uint64{1, 2, 3, 5} {
		l.enter(now, coming("a", sequence))
	}
	for range 2 {
		d, _ := l.next("a")
		require.Zero(t, l.over(now, d))
		l.pass(d)
	}
	third, _ := l.next("a")
	now = now.Add(10 * time.Second)
	require.Equal(t, 50*time.Second, l.over(now, third))
	back := l.rest(now, third, 50*time.Second)
	require.Len(t, back, 2)
	require.Equal(t, 50*time.Second, back[third])
	d, _ := l.next("a")
	require.Nil(t, d)

	l.enter(now, coming("b", 4))
	other, _ := l.next("b")
	require.Zero(t, l.over(now, other), "no other line waits")

	now = now.Add(50 * time.Second)
	require.Equal(t, entrance{opens: true}, l.enter(now, third))
	d, _ = l.next("a")
	require.Zero(t, l.over(now, d), "the next minute begins")
	l.pass(d)
	d, _ = l.next("a")
	require.Nil(t, d)
	now = now.Add(2 * time.Minute)
	l.forget(now)
	require.NotContains(t, l.of, "a", "an idle line is forgotten")
}
