package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"slipway/apps"
	"slipway/authority"
	"slipway/ledger"
	"slipway/release"
)

const (
	paramText = "q"
	// longestText is how long a text may be that is searched for, in bytes.
	longestText = 200
	// mostFound is how much is found at most.
	mostFound = 50
	// searchedFor is how long ago releases have changed at most that are looked through.
	searchedFor = 7 * 24 * time.Hour
)

// foundKind is what was found.
type foundKind string

const (
	foundApplication foundKind = "application"
	foundRelease     foundKind = "release"
	foundSet         foundKind = "set"
)

// found is something that a text was found in.
type found struct {
	Kind foundKind `json:"kind"`
	// ID is that of a release or a set, or the name of an application.
	ID string `json:"id"`
	// App is the application as platform/region/id; empty of what has several.
	App string `json:"app,omitempty"`
	// Application is application/environment of a release that was asked for so, and Name what people call what was found otherwise.
	Application string           `json:"application,omitempty"`
	Name        string           `json:"name,omitempty"`
	Artifact    release.Artifact `json:"artifact,omitzero"`
	Phase       release.Phase    `json:"phase,omitempty"`
	At          time.Time        `json:"at,omitzero"`
}

// search finds applications, releases and sets in which a text stands: by ID, or by their names and artifacts. Of releases and sets it
// looks through those that have changed within a week; by its whole ID any is found.
func (a *api) search(r *request) error {
	text := strings.ToLower(strings.TrimSpace(r.query[paramText]))
	if text == "" || len(text) > longestText {
		return release.Problem{Field: paramText, Message: fmt.Sprintf("must be what to search for, of %d bytes at most", longestText)}
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	may, _, err := r.views(ctx)
	if err != nil {
		return err
	}
	out := listed[found]{}
	documents, err := a.apps.List(ctx)
	if err != nil {
		return err
	}
	for _, d := range documents {
		if d.Spec != nil && namesApp(*d.Spec, text, may) {
			out.Items = append(out.Items, found{Kind: foundApplication, ID: d.Spec.Name})
		}
	}
	one, err := r.byID(ctx, text)
	if err != nil {
		return err
	}
	out.Items = append(out.Items, one...)
	records, err := a.ledger.All(ctx, ledger.Filter{
		Since: time.Now().Add(-searchedFor), Limit: mostFound + 1,
		Chooses: func(l ledger.Record) bool {
			return l.ReleaseID != text && says(l, text) && may(authority.AppTarget(l.App))
		},
	})
	if err != nil {
		return err
	}
	for _, l := range records {
		out.Items = append(out.Items, ofRecord(l))
	}
	return r.reply(http.StatusOK, out.atMost(mostFound))
}

// namesApp reports whether a text stands in what a document calls an application, or in one of its environments that may be looked at.
func namesApp(a apps.Application, text string, may func(on string) bool) bool {
	for _, e := range a.Environments {
		if may(authority.AppTarget(e.App.App())) && contains(text, a.Name+"/"+e.Name, e.App.App().SearchValue(), e.App.Called()) {
			return true
		}
	}
	return false
}

// contains reports whether a text stands in one of several names, in whatever case.
func contains(text string, names ...string) bool {
	for _, name := range names {
		if strings.Contains(strings.ToLower(name), text) {
			return true
		}
	}
	return false
}

// says reports whether a text stands in what is recorded of a release.
func says(l ledger.Record, text string) bool {
	name := ""
	if l.ByName != nil {
		name = l.ByName.String()
	}
	return contains(text, l.ReleaseID, l.App.SearchValue(), name, l.Progress.AppName, l.Artifact.String(), l.RequestedBy, l.SetID)
}

func ofRecord(l ledger.Record) found {
	f := found{Kind: foundRelease, ID: l.ReleaseID, App: l.App.SearchValue(), Name: l.Progress.AppName, Artifact: l.Artifact, Phase: cmp.Or(l.Outcome, l.Progress.Phase), At: l.RequestedAt}
	if l.ByName != nil {
		f.Application = l.ByName.String()
	}
	return f
}

// byID finds the release or the set that a text is the whole ID of, however old it is.
func (r *request) byID(ctx context.Context, text string) ([]found, error) {
	var f found
	var on string
	switch {
	case release.CheckReleaseID(text) == nil:
		l, err := r.api.ledger.Get(ctx, text)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		f, on = ofRecord(l), authority.AppTarget(l.App)
	case release.CheckSetID(text) == nil:
		s, err := r.api.ledger.GetSet(ctx, text)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		f = found{Kind: foundSet, ID: text, Name: s.Progress.Name, Phase: cmp.Or(s.Progress.Outcome, s.Progress.Phase), At: s.RequestedAt}
		on = authority.SetTarget(s.Progress.Name)
	default:
		return nil, nil
	}
	may, _, err := r.views(ctx)
	if err != nil || !may(on) {
		return nil, err
	}
	return []found{f}, nil
}
