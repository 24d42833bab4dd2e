package top

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"slipway/release"
	"slipway/releases"
)

// Source is where releases are read and commanded. Its methods may be called concurrently.
type Source interface {
	// List lists the releases that live, and those that have ended since the given time so that a
	// person must look. More reports whether there are more than could be listed.
	List(ctx context.Context, since time.Time) (found []releases.Listed, more bool, err error)
	// Lanes lists the lanes that do not begin anything.
	Lanes(ctx context.Context) (Lanes, error)
	// Read reads releases by their IDs. Where no worker answers, some may be left out.
	Read(ctx context.Context, ids []string) map[string]Reading
	// Send sends a command to a release and returns its progress right after.
	Send(ctx context.Context, id string, c release.Command) (release.Progress, error)
}

// Reading is what was read of a release, or why nothing was.
type Reading struct {
	Status releases.Status[release.Progress]
	Err    error
}

// HeldLane is a lane that lets nothing begin.
type HeldLane struct {
	// AppName is what the platform calls the application; empty where it is not known.
	App, AppName string
	Hold         release.Hold
}

// Lanes are the lanes that are held.
type Lanes struct {
	Held []HeldLane
	// Owing are the IDs of releases that have left something which is to be put back.
	Owing []string
	// Behind says, by the ID of each release that waits in a lane, what it waits for there.
	Behind map[string]string
	// Note is why there may be more; empty where all are known.
	Note string
}

// The bounds of what is asked at a time.
const (
	listTime                           = 5 * time.Second
	lanesTime                          = 15 * time.Second
	sendTime                           = 30 * time.Second
	mostListed, mostLanes, readsAtOnce = 500, 50, 4
)

// temporalSource reads releases through Temporal.
type temporalSource struct{ client *releases.Client }

// FromTemporal is the source that reads through a client.
func FromTemporal(c *releases.Client) Source { return temporalSource{c} }

func (s temporalSource) List(ctx context.Context, since time.Time) ([]releases.Listed, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	return s.client.ListLive(ctx, since, mostListed)
}

func (s temporalSource) Lanes(ctx context.Context) (Lanes, error) {
	ctx, cancel := context.WithTimeout(ctx, lanesTime)
	defer cancel()
	var lanes Lanes
	found, more, err := s.client.ListLanes(ctx, releases.LaneFilter{Limit: mostLanes})
	if err != nil {
		return lanes, err
	}
	if more {
		lanes.Note = "there are more lanes than were asked: slipway lane list --all"
	}
	for _, l := range found {
		if l.State == nil {
			lanes.Note = l.Partial.Message
			continue
		}
		if l.State.Held != nil {
			lanes.Held = append(lanes.Held, HeldLane{App: l.App, AppName: l.AppName, Hold: *l.State.Held})
		}
		lanes.queue(*l.State)
		for _, d := range l.State.Debts {
			lanes.Owing = append(lanes.Owing, d.ReleaseID)
		}
	}
	return lanes, nil
}

// queue notes what the releases of a lane wait for. A hold comes before the release that runs: without a
// person nothing begins after that one.
func (l *Lanes) queue(state release.LaneState) {
	if l.Behind == nil {
		l.Behind = map[string]string{}
	}
	for _, e := range state.Waiting {
		l.Behind[e.ReleaseID] = state.WaitsFor(e.ReleaseID)
		if state.Held != nil {
			l.Behind[e.ReleaseID] = "lane held by " + state.Held.By + ": " + state.Held.Reason
		}
	}
}

// Read asks a few releases at a time. Once no worker has answered for one, nobody answers for the
// others either, and asking takes long: those that were not asked yet are left out.
func (s temporalSource) Read(ctx context.Context, ids []string) map[string]Reading {
	read := map[string]Reading{}
	var mu sync.Mutex
	alone := false
	var group errgroup.Group
	group.SetLimit(readsAtOnce)
	for _, id := range ids {
		group.Go(func() error {
			mu.Lock()
			skip := alone
			mu.Unlock()
			if skip {
				return nil
			}
			status, err := s.client.Get(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			read[id] = Reading{status, err}
			alone = alone || err != nil && unreachable(err) || status.Partial.Reason == releases.PartialNoWorker
			return nil // the others are read all the same
		})
	}
	_ = group.Wait()
	return read
}

func (s temporalSource) Send(ctx context.Context, id string, c release.Command) (release.Progress, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return s.client.SendCommand(ctx, id, c)
}
