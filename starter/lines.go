package starter

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

const (
	// maxInHand is how many messages of one line are held at the same time.
	maxInHand = 32
	// step is how much longer a message waits for each place in the stream by which it is
	// behind the first of its line, up to maxSpread: so they come again in their order.
	step      = time.Millisecond
	maxSpread = 10 * time.Second
	// window is the time within which a line gives as many messages as its pace allows.
	window = time.Minute
	// maxIdle is how many lines are kept before those are looked for that can be forgotten.
	maxIdle = 1024
)

// lines keep the messages of each subject in their order. One message of a line is worked
// on at a time. A line whose first message cannot be taken now is closed for a while, twice
// as long each time: what comes meanwhile is put back unread, so that a flood for one
// application costs the others next to nothing.
type lines struct {
	// delay is how long a line is closed after a number of failures in a row.
	delay func(failures uint64) time.Duration
	// pace is how many messages of a line are handed over within a minute; 0 is no bound.
	pace int

	mu sync.Mutex
	of map[string]*line
}

type line struct {
	// held are the messages that wait for their turn, in the order of the stream.
	held []*delivery
	// manned tells that somebody works the line off.
	manned bool
	// settled is the place up to which nothing of the line is left.
	settled uint64
	// failures are those since a message was last taken; because of them the line is closed
	// until a time, for the sake of the message at first.
	failures uint64
	until    time.Time
	first    uint64
	// given counts the messages that were handed over since a time.
	given int
	since time.Time
}

// entrance is what comes of a message.
type entrance struct {
	// opens tells that whoever asked is to work the line off.
	opens bool
	// back is a message that has to come again after the time to wait: the one that has
	// come, or one behind it; nil when all have a place.
	back *delivery
	wait time.Duration
}

// enter lets a message into its line.
func (l *lines) enter(now time.Time, d *delivery) entrance {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = map[string]*line{}
	}
	if len(l.of) > maxIdle {
		l.forget(now)
	}
	mine := l.of[d.Subject()]
	if mine == nil {
		mine = &line{}
		l.of[d.Subject()] = mine
	}
	if now.Before(mine.until) {
		return entrance{back: d, wait: mine.until.Sub(now) + spread(mine.first, d)}
	}
	mine.insert(d)
	e := entrance{opens: !mine.manned}
	mine.manned = true
	if last := len(mine.held) - 1; last >= maxInHand {
		e.back, mine.held = mine.held[last], mine.held[:last]
		e.wait = l.delay(0) + spread(mine.held[0].place.Sequence, e.back)
	}
	return e
}

// again lets a message whose turn had not come back into its line.
func (l *lines) again(d *delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of[d.Subject()].insert(d)
}

func (l *line) insert(d *delivery) {
	at, _ := slices.BinarySearchFunc(l.held, d.place.Sequence, func(have *delivery, sequence uint64) int {
		return cmp.Compare(have.place.Sequence, sequence)
	})
	l.held = slices.Insert(l.held, at, d)
}

// next returns the message whose turn it is and the place up to which nothing of its line
// is left; without one, nobody works the line off any more.
func (l *lines) next(subject string) (d *delivery, settled uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.of[subject]
	if len(mine.held) == 0 {
		mine.manned = false
		if mine.failures == 0 && mine.given == 0 {
			delete(l.of, subject)
		}
		return nil, 0
	}
	d, mine.held = mine.held[0], mine.held[1:]
	return d, mine.settled
}

// pass tells that a message has found its end.
func (l *lines) pass(d *delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.of[d.Subject()]
	mine.settled = max(mine.settled, d.place.Sequence)
	mine.failures = 0
}

// over reports how long a line has to rest because it has given all that its pace allows; else
// the message that is next counts.
func (l *lines) over(now time.Time, d *delivery) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.of[d.Subject()]
	if l.pace <= 0 {
		return 0
	}
	if !now.Before(mine.since.Add(window)) {
		mine.given, mine.since = 0, now
	}
	if mine.given >= l.pace {
		return mine.since.Add(window).Sub(now)
	}
	mine.given++
	return 0
}

// shut closes the line of a message that cannot be taken before the one at first, and
// returns all that were held with the times that they have to wait.
func (l *lines) shut(now time.Time, d *delivery, first uint64) map[*delivery]time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.of[d.Subject()]
	mine.failures++
	return l.close(now, d, first, l.delay(mine.failures))
}

// rest closes the line of a message for a time, without anything having failed.
func (l *lines) rest(now time.Time, d *delivery, wait time.Duration) map[*delivery]time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.close(now, d, d.place.Sequence, wait)
}

func (l *lines) close(now time.Time, d *delivery, first uint64, wait time.Duration) map[*delivery]time.Duration {
	mine := l.of[d.Subject()]
	mine.first, mine.until = first, now.Add(wait)
	back := map[*delivery]time.Duration{}
	for _, each := range append(mine.held, d) {
		back[each] = wait + spread(first, each)
	}
	mine.held = nil
	l.forget(now)
	return back
}

// forget drops the lines that nothing has come to for long after they were open again.
func (l *lines) forget(now time.Time) {
	for subject, each := range l.of {
		idle := each.until.Add(2*l.delay(each.failures) + maxSpread)
		if !each.manned && now.After(idle) && now.After(each.since.Add(window)) {
			delete(l.of, subject)
		}
	}
}

// spread is how much longer a message waits than the first of its line.
func spread(first uint64, d *delivery) time.Duration {
	if d.place.Sequence <= first {
		return 0
	}
	return time.Duration(min(d.place.Sequence-first, uint64(maxSpread/step))) * step
}
