package apps

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/documents"
	"slipway/release"
	"slipway/wire"
)

// Calendar reads the calendar of freezes, with what the names in its scopes stand for just now. Its
// methods may be called concurrently.
type Calendar struct {
	calendars *wire.Calendars
	documents *Store
}

// NewCalendar returns the calendar and the documents in the buckets of a JetStream.
func NewCalendar(js jetstream.JetStream) *Calendar {
	return &Calendar{calendars: wire.NewCalendars(js), documents: NewStore(js)}
}

// Load returns the calendar and its revision, as [wire.Calendars.Load] does. A freeze of a name holds what
// the document says now; where the document is gone, or has the environment no more, what the name stood for
// when the freeze was written. Where a document cannot be read, neither can the calendar.
func (c *Calendar) Load(ctx context.Context) (release.Calendar, uint64, error) {
	calendar, revision, err := c.calendars.Load(ctx)
	if err != nil {
		return calendar, revision, err
	}
	calendar, err = c.documents.fill(ctx, calendar)
	return calendar, revision, err
}

// fill resolves the names in the scopes of a calendar. Without any no document is read.
func (s *Store) fill(ctx context.Context, calendar release.Calendar) (release.Calendar, error) {
	known := map[string]*Application{}
	filled, scopes := calendar.Scopes()
	for _, scope := range scopes {
		if !scope.ByName() {
			continue
		}
		document, read := known[scope.Application]
		if !read {
			d, err := s.Get(ctx, scope.Application)
			if _, unknown := errors.AsType[*documents.UnknownError](err); err != nil && !unknown {
				return calendar, err
			}
			document = d.Spec
			known[scope.Application] = document
		}
		if apps := document.stands(*scope); len(apps) > 0 {
			scope.Apps = apps
		}
	}
	return filled, nil
}

// Fill returns a scope of names with the applications that they stand for; any other scope as it is. A name
// that there is not is [documents.UnknownError], or a [release.Problem].
func (s *Store) Fill(ctx context.Context, scope release.Scope) (release.Scope, error) {
	if !scope.ByName() {
		return scope, nil
	}
	d, err := s.Get(ctx, scope.Application)
	if err != nil {
		return scope, err
	}
	if scope.Environment != "" {
		if _, err := d.Spec.Environment(scope.Environment); err != nil {
			return scope, err
		}
	}
	scope.Apps = d.Spec.stands(scope)
	return scope, nil
}

// stands are the applications that a scope of names stands for by a document; none without one.
func (a *Application) stands(scope release.Scope) (all []release.App) {
	if a == nil {
		return nil
	}
	for _, e := range a.Environments {
		if scope.Environment == "" || scope.Environment == e.Name {
			all = append(all, e.App.App())
		}
	}
	return all
}
