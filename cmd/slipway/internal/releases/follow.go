package releases

import (
	"context"
	"errors"
	"strings"
	"time"

	"slipway/release"
)

// Sighting is what a follower sees at one moment.
type Sighting struct {
	// Progress is the latest that is known; its ID is empty while nothing is.
	Progress release.Progress
	// Trouble says why nothing newer is known; empty when all is well.
	Trouble string
}

// Follower follows a release to its end.
type Follower struct {
	// Look looks at the release.
	Look func(ctx context.Context) (Look, error)
	// Grace is how long the release may not exist yet, because it was only just asked for.
	Grace time.Duration
	// Show is told of every look, whether or not it brought news.
	Show func(Sighting) error
}

// The pace of looking.
const (
	paceMoving  = time.Second
	paceParked  = 2 * time.Second
	paceTrouble = 3 * time.Second
)

// Follow looks until the release has ended, and returns how. An error of ctx is returned
// with the latest progress.
func (f Follower) Follow(ctx context.Context) (release.Progress, error) {
	var seen Sighting
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
func (s *Sighting) take(look Look, err error, expected bool) error {
	var missing *NotFoundError
	var unreachable *UnreachableError
	switch {
	case err == nil:
		s.Trouble = look.Lack
		if look.Lack == "" || s.Progress.ReleaseID == "" {
			s.Progress = look.Progress
		}
	case errors.As(err, &missing) && expected && s.Progress.ReleaseID == "":
		s.Trouble = "not accepted yet; the request is stored and waits for slipway starter and slipway worker"
	case errors.As(err, &unreachable):
		s.Trouble = err.Error()
	default:
		return err
	}
	return nil
}

func (s *Sighting) pace() time.Duration {
	switch {
	case s.Trouble != "":
		return paceTrouble
	case s.Progress.Awaiting != nil:
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
