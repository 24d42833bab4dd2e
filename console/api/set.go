package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"slipway/authority"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/requests"
	"slipway/wire"
)

// shownSet is a set as it is shown.
type shownSet struct {
	releases.ShownSet

	// Partial is why not all is known of it.
	Partial string `json:"partial,omitempty"`
}

// checkSet refuses what cannot be the ID of a set.
func checkSet(id string) error {
	if release.CheckSetID(id) == nil {
		return nil
	}
	return kindNotFound.is("there is no set %.*q: the ID of a set is s- and 16 lower-case letters and digits", release.MaxID, id)
}

// set finds where a set stands, as [api.release] does for a release.
func (a *api) set(ctx context.Context, id string) (standing, error) {
	if err := checkSet(id); err != nil {
		return standing{}, err
	}
	status, err := a.Releases.ShowSet(ctx, id)
	if missing, is := errors.AsType[*releases.NotFoundError](err); is {
		return a.recordedSet(ctx, missing)
	}
	if err != nil {
		return standing{}, err
	}
	p := status.Progress
	if p.Name == "" { // which only a worker, or the ledger, tells
		if known, err := a.ledger.GetSet(ctx, id); err == nil {
			p.Name = known.Progress.Name
		}
	}
	return standing{shown: shownSet{p, status.Partial.Message}, on: authority.SetTarget(p.Name), closed: status.Closed}, nil
}

// recordedSet is a set that Temporal does not know.
func (a *api) recordedSet(ctx context.Context, missing *releases.NotFoundError) (standing, error) {
	s, err := a.ledger.GetSet(ctx, missing.ID)
	if errors.Is(err, ledger.ErrNotFound) {
		return a.storedSet(ctx, missing)
	}
	if err != nil {
		return standing{}, err
	}
	p := s.Progress
	if p.SetID == "" {
		p = release.SetProgress{SetID: s.SetID, RequestedBy: s.RequestedBy}
	}
	p.Digest = cmp.Or(p.Digest, s.Identity.Digest)
	partial := fmt.Sprintf("Temporal has forgotten it; shown is what the ledger has, as of %s", release.Moment(s.UpdatedAt))
	if !s.Accepted && p.Outcome == "" {
		partial = fmt.Sprintf("the request is in the ledger since %s, but it has not been accepted yet", release.Moment(s.RequestedAt))
	}
	return standing{shown: shownSet{releases.ShownSet{SetProgress: p}, partial}, on: authority.SetTarget(p.Name), by: s.RequestedBy, closed: p.Outcome != ""}, nil
}

// storedSet is a set whose request no starter has taken. Its name is not known.
func (a *api) storedSet(ctx context.Context, missing *releases.NotFoundError) (standing, error) {
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	s, err := wire.FindStored(ctx, a.JetStream, missing.ID)
	if err != nil {
		return standing{}, missing
	}
	partial := fmt.Sprintf("the request is stored since %s, as message %d of stream %s, but no starter has accepted it yet", release.Moment(s.At), s.Sequence, wire.StreamIn)
	p := releases.ShownSet{SetProgress: release.SetProgress{SetID: missing.ID}}
	return standing{shown: shownSet{p, partial}, on: authority.SetTarget("")}, nil
}

// getSet shows a set, at once or once it has ended.
func (a *api) getSet(r *request) error { return r.showStanding(a.set) }

// setEvents follows the events of a set.
func (a *api) setEvents(r *request) error { return r.followOne(a.set) }

// listSets lists sets: those under way first, then the latest ended.
func (a *api) listSets(r *request) error {
	ctx := r.Context()
	in := reader{parameters: r.query}
	f := releases.Filter{Phase: release.Phase(in.one(paramPhase, phases())), Open: in.flag(paramOpen), Limit: in.limit()}
	if err := in.problems(); err != nil {
		return err
	}
	may, all, err := r.views(ctx)
	if err != nil {
		return err
	}
	limit := f.Limit
	if !all {
		f.Limit = mostListed
	}
	var out listed[releases.Listed]
	if out.Items, out.More, err = a.Releases.ListSets(ctx, f); err != nil {
		return err
	}
	if !all {
		out.Items = slices.DeleteFunc(out.Items, func(l releases.Listed) bool { return !may(authority.SetTarget(l.Name)) })
	}
	return r.reply(http.StatusOK, out.atMost(limit))
}

// submitSet asks for a set.
func (a *api) submitSet(r *request) error {
	return r.submit("sets", func(_ context.Context, data []byte) (requests.Request, error) {
		asked, err := wire.ParseSet(data)
		if err != nil {
			return requests.Request{}, err
		}
		return requests.OfSet(asked)
	})
}

// commandSet sends a command to a set, and answers with where that stands right after.
func (a *api) commandSet(r *request) error {
	return r.send(setKinds(), checkSet, func(ctx context.Context, c commanding) (any, error) {
		if c.command.Kind == release.CommandConfirm && c.command.Batch == 0 {
			status, err := c.GetSet(ctx, c.id)
			if err != nil {
				return nil, err
			}
			shown, err := status.Progress.Confirming()
			if err != nil {
				return nil, &releases.RefusedError{ID: c.id, Reason: err.Error()}
			}
			c.command.Batch = shown.Batch
		}
		_, p, err := c.SendSetCommand(ctx, c.id, c.command)
		return p, unsent(err, c.command.ID)
	})
}
