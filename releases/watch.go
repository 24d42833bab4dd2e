package releases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Watchable is the progress of something that can be watched.
type Watchable interface {
	// Identity is its ID; empty while nothing is known.
	Identity() string
	// Waits reports whether it waits for something, so that it need not be read as often.
	Waits() bool
}

// WatchEvent is what a watcher knows at one moment.
type WatchEvent[P Watchable] struct {
	// Progress is the latest that is known; its ID is empty while nothing is.
	Progress P
	// Warning is why nothing newer is known; empty when all is well.
	Warning string
	// Failure is the error that Warning is the text of; nil where it is that of none.
	Failure error
}

// Watcher watches a release or a set to its end.
type Watcher[P Watchable] struct {
	// Get reads its status, as [Client.Get] and [Client.GetSet] do.
	Get func(ctx context.Context) (Status[P], error)
	// Recorded is what the ledger has of it, asked where Temporal knows nothing of it. A status
	// that is not closed has as partial what is waited for; with a [NotFoundError] it may have
	// why the ledger does not know either. nil asks nobody.
	Recorded func(ctx context.Context) (Status[P], error)
	// Grace is how long it may not exist yet, because it was only just asked for.
	Grace time.Duration
	// Submitted tells that its request was stored: while it does not exist, it is not accepted yet.
	Submitted bool
	// OnEvent is called after every read, whether or not anything has changed. Its error ends
	// the watch.
	OnEvent func(WatchEvent[P]) error
}

// How often the status is read.
const (
	paceMoving  = time.Second
	paceParked  = 2 * time.Second
	paceWarning = 3 * time.Second
	// paceFirst is the pause after the first read of what does not exist yet; each further one
	// is twice as long, up to paceWarning. Most requests are accepted within a moment.
	paceFirst = 100 * time.Millisecond
	// paceLedger is how often the ledger is asked: what it has of the forgotten stays.
	paceLedger = 30 * time.Second
	// quietFor is how long nothing is reported of what does not exist yet.
	quietFor = paceWarning
)

// notAccepted is the warning about a request that nobody has accepted.
const notAccepted = "not accepted yet; the request is stored and waits for slipway starter and slipway worker"

// Watch reads the status until it is closed, and returns the progress then. An error of ctx is
// returned with the latest progress.
func (f Watcher[P]) Watch(ctx context.Context) (P, error) {
	w := watch[P]{Watcher: f, began: time.Now()}
	for {
		status, err := w.read(ctx)
		if ctx.Err() != nil {
			return w.last.Progress, context.Cause(ctx)
		}
		if err := w.update(status, err); err != nil {
			return w.last.Progress, err
		}
		if err := w.report(); err != nil {
			return w.last.Progress, err
		}
		if err == nil && status.Closed {
			return w.last.Progress, nil
		}
		select {
		case <-ctx.Done():
			return w.last.Progress, context.Cause(ctx)
		case <-time.After(w.pace()):
		}
	}
}

// watch is one watcher at work.
type watch[P Watchable] struct {
	Watcher[P]

	last  WatchEvent[P]
	began time.Time
	// missed counts the reads so far that found nothing.
	missed int
	// asked is when the ledger was asked last, and partial what it waits for.
	asked   time.Time
	partial Partial
	// known reports whether the ledger has a record that waits.
	known bool
}

// read reads the status from Temporal, and from time to time from the ledger where Temporal
// knows nothing of it.
func (w *watch[P]) read(ctx context.Context) (Status[P], error) {
	status, err := w.Get(ctx)
	if _, missing := errors.AsType[*NotFoundError](err); !missing {
		w.known = false
		return status, err
	}
	if w.Recorded == nil || !w.asked.IsZero() && time.Since(w.asked) < paceLedger {
		return status, err
	}
	recorded, failed := w.Recorded(ctx)
	w.asked, w.partial, w.known = time.Now(), recorded.Partial, failed == nil && !recorded.Closed
	if w.known {
		return status, err
	}
	return recorded, failed
}

// update merges a status into the last event; it returns an error that waiting does not mend.
func (w *watch[P]) update(status Status[P], err error) error {
	_, missing := errors.AsType[*NotFoundError](err)
	_, unreachable := errors.AsType[*UnreachableError](err)
	unknown := w.last.Progress.Identity() == ""
	w.last.Failure = nil
	switch {
	case err == nil:
		w.last.Warning = status.Partial.Message
		if status.Partial.Reason == PartialNone || unknown {
			w.last.Progress = status.Progress
		}
	case missing && (w.known || unknown && time.Since(w.began) < w.Grace):
		w.missed++
		w.last.Warning = cmp.Or(w.partial.Message, w.missing())
	case unreachable:
		w.last.Warning, w.last.Failure = err.Error(), err
	default:
		return err
	}
	return nil
}

// missing is the warning about what does not exist yet.
func (w *watch[P]) missing() string {
	if w.Submitted {
		return notAccepted
	}
	return fmt.Sprintf("nothing of this ID exists yet; it is looked for during %s", w.Grace)
}

// report reports the last event, but not at once that something only just asked for is missing.
func (w *watch[P]) report() error {
	if w.last.Progress.Identity() == "" && w.missed > 0 && time.Since(w.began) < quietFor {
		return nil
	}
	return w.OnEvent(w.last)
}

// pace is the pause before the next read.
func (w *watch[P]) pace() time.Duration {
	switch unknown := w.last.Progress.Identity() == ""; {
	case unknown && w.missed > 0 && w.missed <= 6: // 3.2 s are longer than paceWarning
		return min(paceFirst<<(w.missed-1), paceWarning)
	case w.last.Warning != "":
		return paceWarning
	case w.last.Progress.Waits():
		return paceParked
	default:
		return paceMoving
	}
}
