package api

import (
	"context"
	"net/http"
	"slices"

	"slipway/authority"
	"slipway/releases"
)

// listWaiting lists everything that needs a person.
func (a *api) listWaiting(r *request) error {
	return r.showWaiting(a.Releases.Waiting)
}

// listApprovals lists what waits for an approval.
func (a *api) listApprovals(r *request) error {
	return r.showWaiting(a.Releases.Approvals)
}

// showWaiting lists what needs a person, of one application or of all, the oldest first.
func (r *request) showWaiting(list func(ctx context.Context, app string) (releases.WaitingList, error)) error {
	ctx := r.Context()
	of := ""
	if text, given := r.query[paramApp]; given {
		app, err := r.api.app(ctx, text)
		if err != nil {
			return err
		}
		of = app.SearchValue()
	}
	may, all, err := r.views(ctx)
	if err != nil {
		return err
	}
	waiting, err := list(ctx, of)
	if err != nil {
		return err
	}
	out := listed[releases.Waiting]{Items: slices.DeleteFunc(waiting.Found, func(w releases.Waiting) bool {
		on := w.App
		if w.App == "" && !all { // a set, whose name its workflow tells
			on = authority.SetTarget(r.nameOfSet(w.ID))
		}
		return !may(on)
	}), Partial: waiting.Partial.Message}
	return r.reply(http.StatusOK, out.atMost(len(out.Items)))
}

// nameOfSet is the name of a set, as the ledger has it; empty where nobody knows.
func (r *request) nameOfSet(id string) string {
	s, err := r.api.ledger.GetSet(r.Context(), id)
	if err != nil {
		return ""
	}
	return s.Progress.Name
}
