package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"slipway/authority"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

const (
	paramWait = "wait"
	// mostWait is how long a request may wait for an end.
	mostWait = 10 * time.Minute
	// paceWait is how often is looked meanwhile.
	paceWait = time.Second
	// searchTime bounds the search among the requests that no starter has accepted.
	searchTime = 2 * time.Second
	// graceUnknown is how long something may not exist yet whose end is waited for: it was asked for just now.
	graceUnknown = 10 * time.Second
)

// standing is what is known of a release or a set: its progress as it is shown.
type standing struct {
	shown any
	// on is what it is of, as who may do what is judged: platform/region/app, or set/name.
	on string
	// by is who has asked for it.
	by string
	// closed tells that it will not move any more.
	closed bool
}

// shownRelease is a release as it is shown.
type shownRelease struct {
	release.Progress

	// Partial is why not all is known of it.
	Partial string `json:"partial,omitempty"`
}

// checkRelease refuses what cannot be the ID of a release.
func checkRelease(id string) error {
	if release.CheckReleaseID(id) != nil {
		return &releases.NotFoundError{ID: id}
	}
	return nil
}

// release finds where a release stands: Temporal tells, or the ledger where that has forgotten it, or its request where that
// was not accepted yet. The error is a [releases.NotFoundError] where none knows it.
func (a *api) release(ctx context.Context, id string) (standing, error) {
	if release.IsSetID(id) {
		return standing{}, kindNotFound.is("%s is the ID of a set, which is at %ssets/%s", id, Prefix, id)
	}
	if err := checkRelease(id); err != nil {
		return standing{}, err
	}
	status, err := a.Releases.Get(ctx, id)
	if missing, is := errors.AsType[*releases.NotFoundError](err); is {
		return a.recordedRelease(ctx, missing)
	}
	if err != nil {
		return standing{}, err
	}
	if status.Partial.Reason == releases.PartialNone {
		status.Progress = a.Releases.Enriched(ctx, status.Progress)
	}
	return standing{
		shown: shownRelease{status.Progress, status.Partial.Message}, on: authority.AppTarget(status.Progress.App), closed: status.Closed,
	}, nil
}

// recordedRelease is a release that Temporal does not know.
func (a *api) recordedRelease(ctx context.Context, missing *releases.NotFoundError) (standing, error) {
	r, err := a.ledger.Get(ctx, missing.ID)
	if errors.Is(err, ledger.ErrNotFound) {
		return a.storedRelease(ctx, missing)
	}
	if err != nil {
		return standing{}, err
	}
	p := r.Latest()
	p.Digest = cmp.Or(p.Digest, r.Identity.Digest)
	partial := fmt.Sprintf("Temporal has forgotten it; shown is what the ledger has, as of %s", release.Moment(r.UpdatedAt))
	if !r.Accepted && !r.Ended() {
		partial = fmt.Sprintf("the request is in the ledger since %s, but it has not been accepted yet", release.Moment(r.Asked()))
	}
	return standing{shown: shownRelease{p, partial}, on: authority.AppTarget(r.App), closed: r.Ended()}, nil
}

// storedRelease is a release whose request no starter has taken.
func (a *api) storedRelease(ctx context.Context, missing *releases.NotFoundError) (standing, error) {
	if pending, is := a.Releases.Pending(ctx, missing.ID); is {
		p := release.Progress{ReleaseID: missing.ID, App: pending.App, Set: pending.Set.SetID, RequestedBy: pending.Set.RequestedBy}
		return standing{shown: shownRelease{p, pending.Text()}, on: authority.AppTarget(pending.App)}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	s, err := wire.FindStored(ctx, a.JetStream, missing.ID)
	if err != nil {
		return standing{}, missing
	}
	p := release.Progress{
		ReleaseID: missing.ID, App: s.Spec.App, Operation: s.Spec.Operation, Artifact: s.Spec.Artifact, Strategy: s.Spec.Strategy,
		RequestedBy: s.Spec.RequestedBy, RetryOf: s.Spec.RetryOf, Note: s.Spec.Note,
	}
	partial := fmt.Sprintf("the request is stored since %s, as message %d of stream %s, but no starter has accepted it yet", release.Moment(s.At), s.Sequence, wire.StreamIn)
	return standing{shown: shownRelease{p, partial}, on: authority.AppTarget(s.Spec.App), by: s.Spec.RequestedBy}, nil
}

// getRelease shows a release, at once or once it has ended.
func (a *api) getRelease(r *request) error { return r.showStanding(a.release) }

// find reads where something stands.
type find func(ctx context.Context, id string) (standing, error)

// viewed finds what the path names, which who asks may look at.
func (r *request) viewed(ctx context.Context, find find) (standing, error) {
	s, err := find(ctx, r.PathValue("id"))
	if err != nil {
		return s, err
	}
	if s.on == authority.AppTarget(release.App{}) && s.by == r.by {
		return s, nil // a request by name that nobody has resolved yet
	}
	return s, r.may(ctx, authority.ActionView, s.on)
}

// showStanding answers with where something stands, once it has ended or the time is up that may be waited for that.
func (r *request) showStanding(find find) error {
	in := reader{parameters: r.query}
	wait := in.duration(paramWait, mostWait)
	if err := in.problems(); err != nil {
		return err
	}
	ctx := r.Context()
	s, err := r.viewed(ctx, find)
	if wait == 0 {
		return r.replyStanding(s, err)
	}
	began := time.Now()
	up, pace := time.After(wait), time.NewTicker(paceWait)
	defer pace.Stop()
	for {
		if !worthWaiting(s, err, time.Since(began)) {
			return r.replyStanding(s, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-up:
			return r.replyStanding(s, err)
		case <-r.api.Ends:
			return r.replyStanding(s, err)
		case <-pace.C:
			s, err = r.viewed(ctx, find)
		}
	}
}

// worthWaiting reports whether what was found after so long may still change by itself.
func worthWaiting(s standing, err error, after time.Duration) bool {
	if _, unknown := errors.AsType[*releases.NotFoundError](err); unknown {
		return after < graceUnknown
	}
	return err == nil && !s.closed || err != nil && passing(err)
}

// passing reports whether an error is one that waiting may mend: something does not answer.
func passing(err error) bool {
	status := problemOf(err).Status
	return status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

func (r *request) replyStanding(s standing, err error) error {
	if err != nil {
		return err
	}
	return r.reply(http.StatusOK, s.shown)
}
