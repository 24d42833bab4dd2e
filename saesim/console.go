package saesim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"slipway/internal/simframe"
	"slipway/saeclient"
)

// Where a change order comes from, as ListChangeOrders shows it (SAE API reference
// ch. 14.2 prints console; the others are a reading).
const (
	sourceAPI     = "openapi"
	sourceConsole = "console"
	sourceSystem  = "system"
)

// A ConsoleRelease is what a person begins at the SAE console, past whoever uses
// the API: a deployment of an image, or a rollback to a version.
type ConsoleRelease struct {
	// Image is the image to deploy.
	Image string `json:"image,omitempty"`
	// VersionID, instead of an image, is the version to roll back to.
	VersionID string `json:"versionId,omitempty"`
	// Strategy is an UpdateStrategy, for example
	// {"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"}}; empty
	// means a single batch.
	Strategy string `json:"strategy,omitempty"`
	// Description is the description of a deployment; empty means the platform's own.
	Description string `json:"description,omitempty"`
}

// parameters are those of the call that does the same.
func (r ConsoleRelease) parameters(appID string) (operation string, parameters args, err error) {
	parameters = args{"AppId": appID, paramUpdateStrategy: r.Strategy}
	switch {
	case r.Image != "" && r.VersionID != "":
		return "", nil, errors.New("saesim: a console release has an image or a version, not both")
	case r.Image != "":
		parameters["ImageUrl"], parameters["ChangeOrderDesc"] = r.Image, r.Description
		return opDeploy, parameters, nil
	case r.VersionID != "":
		parameters["VersionId"] = r.VersionID
		return opRollback, parameters, nil
	}
	return "", nil, errors.New("saesim: a console release needs an image or a version")
}

// BeginConsoleOrder begins a change order as a person at the SAE console would and
// returns its ID. It is refused where the same call would be; the refusal's text
// holds the code. Faults that name no operation hit it, too.
func (s *Simulator) BeginConsoleOrder(appID string, r ConsoleRelease) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	id, err := s.beginConsole(appID, r, now)
	if err != nil {
		return "", err
	}
	return id, s.save()
}

// ReplaceOrder does what a person at the SAE console may do to a release under way:
// it aborts the order, which ends with status 6 and is not rolled back, and begins
// another one, whose ID it returns. When the second is refused, the abort stands.
func (s *Simulator) ReplaceOrder(orderID string, r ConsoleRelease) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	order := s.st.Orders[orderID]
	switch {
	case order == nil || order.Expired:
		return "", ErrNoSuchOrder
	case order.Phase == phaseFinished:
		return "", ErrOrderFinished
	}
	if _, _, err := r.parameters(order.AppID); err != nil {
		return "", err
	}
	if refused := s.engine.abort(s.st, order, now); refused != nil {
		return "", fmt.Errorf("saesim: abort: %w", refused)
	}
	s.st.wake = time.Time{}
	id, err := s.beginConsole(order.AppID, r, now)
	return id, errors.Join(err, s.save())
}

// beginConsole carries a console release out. The caller holds the lock.
func (s *Simulator) beginConsole(appID string, r ConsoleRelease, now time.Time) (string, error) {
	if s.st.application(appID) == nil {
		return "", ErrNoSuchApp
	}
	name, parameters, err := r.parameters(appID)
	if err != nil {
		return "", err
	}
	spec, _ := saeclient.LookupOperation(name)
	if refused := parameters.check(spec); refused != nil {
		return "", fmt.Errorf("saesim: console: %w", refused)
	}
	c := &call{engine: s.engine, op: spec, args: parameters, st: s.st, now: now, region: s.config.Region, console: true}
	result, refused := handlers()[name](c)
	if refused != nil {
		return "", fmt.Errorf("saesim: console: %w", refused)
	}
	s.st.wake = time.Time{}
	data, _ := result.(releaseData)
	return data.ChangeOrderID, nil
}

// DeleteVersion takes a version out of an application's history, so that nothing
// can roll back to it. One that is in use stays.
func (s *Simulator) DeleteVersion(appID, versionID string) error {
	return s.withApp(appID, func(app *application) error {
		at := slices.IndexFunc(app.Versions, func(v *version) bool { return v.ID == versionID })
		if at < 0 {
			return ErrNoSuchVersion
		}
		if s.st.usesVersion(app, versionID) {
			return ErrVersionInUse
		}
		app.Versions = slices.Delete(app.Versions, at, at+1)
		return s.save()
	})
}

// usesVersion reports whether a version is configured, runs, or is where an unfinished
// order comes from or goes to.
func (s *state) usesVersion(app *application, id string) bool {
	if app.CurrentVersion == id || app.alive()[id] > 0 {
		return true
	}
	order := s.active(app)
	if order == nil {
		return false
	}
	if slices.Contains([]string{order.Plan.Target, order.Plan.Base, order.Before}, id) {
		return true
	}
	for _, was := range order.Was {
		if was == id {
			return true
		}
	}
	return false
}

// endUnseen ends an order whose record has expired where it would wait for somebody
// to name it.
func endUnseen(app *application, order *changeOrder, at time.Time) {
	if !order.Expired {
		return
	}
	switch order.Phase {
	case phaseApproval, phaseConfirm, phaseHanging:
		finish(app, order, statusAborted, at)
	case phasePreparing, phaseRunning, phaseAutoWait, phaseRollback, phaseFinished:
	}
}

// ConsoleOrder is the answer of the endpoints that begin an order at the console.
type ConsoleOrder struct {
	ChangeOrderID string `json:"changeOrderId"`
}

// handleConsole adds the endpoints of what a person at the console can do.
func (s *Simulator) handleConsole(mux *http.ServeMux) {
	mux.HandleFunc("POST "+s.admin().Prefix()+"orders/{id}/expire", func(w http.ResponseWriter, r *http.Request) {
		s.admin().WriteDone(w, s.ExpireOrder(r.PathValue("id")))
	})
	begin := func(release func(id string, r ConsoleRelease) (string, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			var body ConsoleRelease
			if !s.admin().ReadJSON(w, r, &body) {
				return
			}
			id, err := release(r.PathValue("id"), body)
			if err != nil {
				s.admin().WriteDone(w, err)
				return
			}
			simframe.WriteJSON(w, http.StatusCreated, ConsoleOrder{ChangeOrderID: id})
		}
	}
	mux.HandleFunc("POST "+s.admin().Prefix()+"orders/{id}/replace", begin(s.ReplaceOrder))
	mux.HandleFunc("POST "+s.admin().Prefix()+"apps/{id}/orders", begin(s.BeginConsoleOrder))
	mux.HandleFunc("PUT "+s.admin().Prefix()+"apps/{id}/job", s.adminJob)
	mux.HandleFunc("PUT "+s.admin().Prefix()+"apps/{id}/network", s.adminNetwork)
	mux.HandleFunc("DELETE "+s.admin().Prefix()+"apps/{id}/versions/{version}", func(w http.ResponseWriter, r *http.Request) {
		s.admin().WriteDone(w, s.DeleteVersion(r.PathValue("id"), r.PathValue("version")))
	})
}
