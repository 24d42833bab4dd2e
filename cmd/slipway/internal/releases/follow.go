package releases

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"slipway/release"
)

// Picture is the progress of something that can be followed.
type Picture interface {
	// Identity is its ID; empty while nothing is known.
	Identity() string
	Waits() bool
}

// Sighting is what a follower of a release sees at one moment.
type Sighting = SightingOf[release.Progress]

// SightingOf is what a follower sees at one moment.
type SightingOf[P Picture] struct {
	// Progress is the latest that is known; its ID is empty while nothing is.
	Progress P
	// Trouble says why nothing newer is known; empty when all is well.
	Trouble string
}

// Follower follows a release to its end.
type Follower = FollowerOf[release.Progress]

// FollowerOf follows a release or a set to its end.
type FollowerOf[P Picture] struct {
	// Look looks at it.
	Look func(ctx context.Context) (LookAt[P], error)
	// Recorded is what the ledger has of it, asked where Temporal knows nothing of it. A look
	// that is not closed says in its lack what is waited for; with a [NotFoundError] it may say
	// why the ledger does not know either. nil asks nobody.
	Recorded func(ctx context.Context) (LookAt[P], error)
	// Grace is how long it may not exist yet, because it was only just asked for.
	Grace time.Duration
	// Show is told of every look, whether or not it brought news.
	Show func(SightingOf[P]) error
}

// The pace of looking.
const (
	paceMoving  = time.Second
	paceParked  = 2 * time.Second
	paceTrouble = 3 * time.Second
	// paceFirst is the pause after the first look at what does not exist yet; each further one
	// is twice as long, up to paceTrouble. Most requests are taken within a moment.
	paceFirst = 100 * time.Millisecond
	// paceLedger is how often the ledger is asked: what it says of the forgotten stays.
	paceLedger = 30 * time.Second
	// quietFor is how long nothing is said of what does not exist yet.
	quietFor = paceTrouble
)

// notAccepted is what is said of a request that nobody has taken.
const notAccepted = "not accepted yet; the request is stored and waits for slipway starter and slipway worker"

// Follow looks until the release has ended, and returns how. An error of ctx is returned
// with the latest progress.
func (f FollowerOf[P]) Follow(ctx context.Context) (P, error) {
	w := watch[P]{FollowerOf: f, began: time.Now()}
	for {
		look, err := w.look(ctx)
		if ctx.Err() != nil {
			return w.seen.Progress, context.Cause(ctx)
		}
		if err := w.take(look, err); err != nil {
			return w.seen.Progress, err
		}
		if err := w.show(); err != nil {
			return w.seen.Progress, err
		}
		if err == nil && look.Closed {
			return w.seen.Progress, nil
		}
		select {
		case <-ctx.Done():
			return w.seen.Progress, context.Cause(ctx)
		case <-time.After(w.pace()):
		}
	}
}

// watch is one follower at work.
type watch[P Picture] struct {
	FollowerOf[P]

	seen  SightingOf[P]
	began time.Time
	// missed counts the looks so far that found nothing.
	missed int
	// asked is when the ledger was asked last, and lack what it said is waited for.
	asked time.Time
	lack  string
	// known tells that the ledger has a record that waits.
	known bool
}

// look looks at it in Temporal, and from time to time in the ledger where Temporal knows
// nothing of it.
func (w *watch[P]) look(ctx context.Context) (LookAt[P], error) {
	look, err := w.Look(ctx)
	if _, missing := errors.AsType[*NotFoundError](err); !missing {
		w.known = false
		return look, err
	}
	if w.Recorded == nil || !w.asked.IsZero() && time.Since(w.asked) < paceLedger {
		return look, err
	}
	recorded, failed := w.Recorded(ctx)
	w.asked, w.lack, w.known = time.Now(), recorded.Lack, failed == nil && !recorded.Closed
	if w.known {
		return look, err
	}
	return recorded, failed
}

// take takes in a look; it returns an error that waiting does not mend.
func (w *watch[P]) take(look LookAt[P], err error) error {
	_, missing := errors.AsType[*NotFoundError](err)
	_, unreachable := errors.AsType[*UnreachableError](err)
	unknown := w.seen.Progress.Identity() == ""
	switch {
	case err == nil:
		w.seen.Trouble = look.Lack
		if look.Lack == "" || unknown {
			w.seen.Progress = look.Progress
		}
	case missing && (w.known || unknown && time.Since(w.began) < w.Grace):
		w.missed++
		w.seen.Trouble = cmp.Or(w.lack, notAccepted)
	case unreachable:
		w.seen.Trouble = err.Error()
	default:
		return err
	}
	return nil
}

// show shows what is seen, but not at once that something only just asked for is not there.
func (w *watch[P]) show() error {
	if w.seen.Progress.Identity() == "" && w.missed > 0 && time.Since(w.began) < quietFor {
		return nil
	}
	return w.Show(w.seen)
}

func (w *watch[P]) pace() time.Duration {
	switch unknown := w.seen.Progress.Identity() == ""; {
	case unknown && w.missed > 0 && w.missed <= 6: // 3.2 s are longer than paceTrouble
		return min(paceFirst<<(w.missed-1), paceTrouble)
	case w.seen.Trouble != "":
		return paceTrouble
	case w.seen.Progress.Waits():
		return paceParked
	default:
		return paceMoving
	}
}

// parseApp reads an application from the form it has in a search attribute.
func parseApp(s string) release.App {
	parts := strings.SplitN(s, "/", 3)
	if len(parts) != 3 {
		return release.App{ID: s}
	}
	return release.App{Platform: release.Platform(parts[0]), Region: parts[1], ID: parts[2]}
}
