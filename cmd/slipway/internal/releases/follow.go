package releases

import (
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
)

// Follow looks until the release has ended, and returns how. An error of ctx is returned
// with the latest progress.
func (f FollowerOf[P]) Follow(ctx context.Context) (P, error) {
	var seen SightingOf[P]
	for began := time.Now(); ; {
		look, err := f.Look(ctx)
		if ctx.Err() != nil {
			return seen.Progress, context.Cause(ctx)
		}
		if err := seen.take(look, err, time.Since(began) < f.Grace); err != nil {
			return seen.Progress, err
		}
		if err := f.Show(seen); err != nil {
			return seen.Progress, err
		}
		if err == nil && look.Closed {
			return seen.Progress, nil
		}
		select {
		case <-ctx.Done():
			return seen.Progress, context.Cause(ctx)
		case <-time.After(seen.pace()):
		}
	}
}

// take takes in a look; it returns an error that waiting does not mend.
func (s *SightingOf[P]) take(look LookAt[P], err error, expected bool) error {
	var missing *NotFoundError
	var unreachable *UnreachableError
	switch {
	case err == nil:
		s.Trouble = look.Lack
		if look.Lack == "" || s.Progress.Identity() == "" {
			s.Progress = look.Progress
		}
	case errors.As(err, &missing) && expected && s.Progress.Identity() == "":
		s.Trouble = "not accepted yet; the request is stored and waits for slipway starter and slipway worker"
	case errors.As(err, &unreachable):
		s.Trouble = err.Error()
	default:
		return err
	}
	return nil
}

func (s *SightingOf[P]) pace() time.Duration {
	switch {
	case s.Trouble != "":
		return paceTrouble
	case s.Progress.Waits():
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
