package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"slipway/authority"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/wire"
)

const (
	paramActive = "active"
	paramReason = "reason"
)

// freezeTargets are what a freeze of a scope holds, as who may do what is judged: whoever may freeze all of them may freeze it.
func freezeTargets(s release.Scope) []string {
	if s.ByName() {
		var all []string
		for _, app := range s.Apps {
			all = append(all, authority.AppTarget(app))
		}
		return all
	}
	if s.Platform == "" && s.Region == "" && s.App == "" {
		return []string{everything}
	}
	return []string{cmp.Or(string(s.Platform), everything) + "/" + cmp.Or(s.Region, everything) + "/" + cmp.Or(s.App, everything)}
}

// listFreezes lists the freezes of all that who asks may look at; of an application, those that hold it.
func (a *api) listFreezes(r *request) error {
	ctx := r.Context()
	in := reader{parameters: r.query}
	active := in.flag(paramActive)
	var only *release.App
	if text, given := r.query[paramApp]; given {
		app, err := a.app(ctx, text)
		if err != nil {
			return err
		}
		if err := r.may(ctx, authority.ActionView, authority.AppTarget(app)); err != nil {
			return err
		}
		only = &app
	}
	if err := in.problems(); err != nil {
		return err
	}
	may, _, err := r.views(ctx)
	if err != nil {
		return err
	}
	calendar, _, err := a.calendar.Load(ctx)
	if err != nil {
		return err
	}
	out := listed[wire.ListedFreeze]{Items: slices.DeleteFunc(wire.ListFreezes(calendar, only, active, time.Now()), func(l wire.ListedFreeze) bool {
		return only == nil && slices.ContainsFunc(freezeTargets(l.Scope), func(on string) bool { return !may(on) })
	})}
	return r.reply(http.StatusOK, out.atMost(len(out.Items)))
}

// FreezeBody is a window or a stop as it is sent: times in RFC 3339, days as Mon, a time of day as 22:00.
type FreezeBody struct {
	Kind   wire.FreezeKind `json:"kind"`
	Name   string          `json:"name"`
	Scope  release.Scope   `json:"scope,omitzero"`
	Reason string          `json:"reason"`
	From   time.Time       `json:"from,omitzero"`
	To     time.Time       `json:"to,omitzero"`
	Days   []string        `json:"days,omitempty"`
	Start  string          `json:"start,omitempty"`
	End    string          `json:"end,omitempty"`
	Zone   string          `json:"zone,omitempty"`
	// Replace replaces the window of the name, where there is one.
	Replace bool `json:"replace,omitempty"`
}

// Window is what is sent as a window by somebody; of a stop, it has no more than a stop has. The problems are everything that is wrong,
// but for what the names of its scope stand for.
func (b FreezeBody) Window(by string) (w release.FreezeWindow, wrong release.Problems) {
	w = release.FreezeWindow{
		Name: b.Name, Scope: b.Scope, Reason: b.Reason, From: b.From.UTC(), To: b.To.UTC(), Days: b.Days, Start: b.Start, End: b.End, Zone: b.Zone,
		By: by, At: time.Now().UTC().Truncate(time.Second),
	}
	checked := w
	if w.Scope.ByName() { // what its names stand for is looked up
		checked.Scope = release.Scope{}
	}
	switch b.Kind {
	case wire.FreezeWindow:
		wrong, _ = errors.AsType[release.Problems](checked.Validate())
	case wire.FreezeStop:
		wrong, _ = errors.AsType[release.Problems](stopOf(checked).Validate())
		wrong = append(wrong, b.beyondStop()...)
	default:
		wrong = release.Problems{{Field: "kind", Message: "must be stop or window"}}
	}
	if len(b.Scope.Apps) > 0 {
		wrong = append(wrong, release.Problem{Field: "scope.apps", Message: "is what the names of the scope stand for; leave it out"})
	}
	return w, wrong
}

// beyondStop are the fields that have no meaning for a stop.
func (b FreezeBody) beyondStop() (wrong release.Problems) {
	for _, field := range []struct {
		name  string
		given bool
	}{
		{"from", !b.From.IsZero()}, {"to", !b.To.IsZero()}, {"days", len(b.Days) > 0}, {"start", b.Start != ""}, {"end", b.End != ""}, {"zone", b.Zone != ""}, {"replace", b.Replace},
	} {
		if field.given {
			wrong = append(wrong, release.Problem{Field: field.name, Message: "has no meaning for a stop, which holds until it is lifted; leave it out"})
		}
	}
	return wrong
}

// stopOf is what of a window a stop has.
func stopOf(w release.FreezeWindow) release.Stop {
	return release.Stop{Name: w.Name, Scope: w.Scope, Reason: w.Reason, By: w.By, At: w.At}
}

// addFreeze adds a window, or stops the line.
func (a *api) addFreeze(r *request) error {
	data, err := r.body()
	if err != nil {
		return err
	}
	body, wrong := wire.Strict[FreezeBody](data)
	w, more := body.Window(r.by)
	if wrong = append(wrong, more...); len(wrong) > 0 {
		return wrong
	}
	ctx := r.Context()
	if w.Scope, err = a.fill(ctx, w.Scope); err != nil {
		return err
	}
	if err := r.mayFreeze(ctx, w.Scope); err != nil {
		return err
	}
	change := wire.CalendarChange{Action: "add", Name: w.Name, By: r.by, Reason: w.Reason, At: w.At}
	shown := wire.ListedWindow(w, w.At)
	add := func(c release.Calendar) release.Calendar { return c.WithWindow(w) }
	if body.Kind == wire.FreezeStop {
		change.Action, shown = "stop", wire.ListedStop(stopOf(w))
		add = func(c release.Calendar) release.Calendar { return c.WithStop(stopOf(w)) }
	}
	err = a.calendars.Edit(ctx, change, func(c release.Calendar) (release.Calendar, error) {
		_, gone, taken := wire.WithoutFreeze(c, w.Name)
		if taken && (gone.Kind == wire.FreezeStop || !body.Replace) {
			return c, kindRefused.is("%q is the name of a %s already; choose another name, or delete that first", w.Name, gone.Kind)
		}
		if taken { // what is replaced may hold what the new one does not
			return add(c), r.mayFreeze(ctx, gone.Scope)
		}
		return add(c), nil
	})
	if err != nil {
		return err
	}
	return r.reply(http.StatusCreated, shown)
}

// fill looks up what the names of a scope stand for.
func (a *api) fill(ctx context.Context, s release.Scope) (release.Scope, error) {
	s, err := a.apps.Fill(ctx, s)
	if unknown, is := errors.AsType[*documents.UnknownError](err); is {
		return s, release.Problem{Field: "scope.application", Message: unknown.Error()}
	}
	if problem, is := errors.AsType[release.Problem](err); is {
		return s, release.Problem{Field: "scope.environment", Message: problem.Message}
	}
	return s, err
}

// mayFreeze refuses to freeze, or to end a freeze of, what who asks may not.
func (r *request) mayFreeze(ctx context.Context, s release.Scope) error {
	for _, on := range freezeTargets(s) {
		if err := r.may(ctx, authority.ActionFreeze, on); err != nil {
			return err
		}
	}
	return nil
}

// endFreeze lifts a stop, or removes a window, and answers with what is gone.
func (a *api) endFreeze(r *request) error {
	ctx := r.Context()
	change := wire.CalendarChange{Action: "remove", Name: r.PathValue("name"), By: r.by, Reason: r.query[paramReason], At: time.Now().UTC().Truncate(time.Second)}
	if len(change.Reason) > release.MaxWords {
		return release.Problem{Field: paramReason, Message: fmt.Sprintf("has %d bytes; at most %d are taken", len(change.Reason), release.MaxWords)}
	}
	calendar, _, err := a.calendars.Load(ctx)
	if err != nil {
		return err
	}
	if wire.FreezeNamed(calendar, change.Name) == wire.FreezeStop {
		change.Action = "lift"
	}
	var gone wire.ListedFreeze
	err = a.calendars.Edit(ctx, change, func(c release.Calendar) (left release.Calendar, err error) {
		var is bool
		if left, gone, is = wire.WithoutFreeze(c, change.Name); !is {
			return c, kindNotFound.is("there is no freeze %.*q", release.MaxID, change.Name)
		}
		return left, r.mayFreeze(ctx, gone.Scope)
	})
	if err != nil {
		return err
	}
	gone.Ended = &change
	return r.reply(http.StatusOK, gone)
}
