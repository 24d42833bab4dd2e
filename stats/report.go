package stats

import (
	"context"
	"time"

	"slipway/apps"
	"slipway/ledger"
)

const (
	// Lookback is how far before the window records are read: what was published within this time before it
	// was deployed has a lead time.
	Lookback = 90 * 24 * time.Hour
	// MaxRecords is how many records are looked at, those asked for latest.
	MaxRecords = 20_000
)

// Report are the figures of several applications.
type Report struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	// Applications are in the order of their documents, then those without one by their names.
	Applications []Figures `json:"applications"`
	// All are the figures of all of them together.
	All Figures `json:"all"`
	// Cut tells that there are more than [MaxRecords] records, and the older ones were not looked at.
	Cut bool `json:"cut,omitempty"`
}

// Of computes the figures of the applications by the records of all their environments, in any order; those of other
// applications are passed over. Records from before the window tell where artifacts came from.
func Of(applications []Application, records []ledger.Record, w Window) Report {
	out := Report{Since: w.Since, Until: w.Until, Applications: []Figures{}}
	h, all := historyOf(records), tally{}
	for _, a := range applications {
		f, t := h.of(a, w)
		all.add(t)
		out.Applications = append(out.Applications, f)
	}
	out.All = all.figures(w)
	return out
}

// Ledger has the records; [ledger.Ledger] is one.
type Ledger interface {
	All(ctx context.Context, f ledger.Filter) ([]ledger.Record, error)
}

// Everything reads the figures of all applications: of the documents, and of those that have none but records in the
// window. All records that were changed since [Lookback] before it are read.
func Everything(ctx context.Context, known Ledger, documents []apps.Document, w Window) (Report, error) {
	records, err := known.All(ctx, ledger.Filter{Since: w.Since.Add(-Lookback), Limit: MaxRecords})
	if err != nil {
		return Report{}, err
	}
	var of []Application
	for _, d := range documents {
		of = append(of, FromDocument(*d.Spec))
	}
	var recent []ledger.Record
	for _, r := range records {
		if w.has(r.EndedAt) {
			recent = append(recent, r)
		}
	}
	out := Of(append(of, undocumented(recent, of)...), records, w)
	out.Cut = len(records) == MaxRecords
	return out, nil
}

// One reads the figures of one application: all records of its environments that were changed since [Lookback]
// before the window.
func One(ctx context.Context, known Ledger, a Application, w Window) (Report, error) {
	var records []ledger.Record
	cut, read := false, map[string]bool{}
	for _, e := range a.Environments {
		if read[e.App.SearchValue()] {
			continue // the records of all its pointers to versions stand together
		}
		read[e.App.SearchValue()] = true
		found, err := known.All(ctx, ledger.Filter{App: e.App, Since: w.Since.Add(-Lookback), Limit: MaxRecords})
		if err != nil {
			return Report{}, err
		}
		cut = cut || len(found) == MaxRecords
		records = append(records, found...)
	}
	out := Of([]Application{a}, records, w)
	out.Cut = cut
	return out, nil
}
