package render

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"slipway/ledger"
	"slipway/release"
)

// History draws what an application was released with, as the ledger has it.
func History(records []ledger.Record, style Style) string {
	return HistoryOf(records, nil, style)
}

// HistoryOf draws what several environments were released with. Environments are their names by their
// applications without qualifiers; without any, all records are of one.
func HistoryOf(records []ledger.Record, environments map[release.App]string, style Style) string {
	table := Table{Columns: []Column{
		{Name: "WHEN", Wraps: stampWraps},
		{Name: "ENVIRONMENT"},
		{Name: "OUTCOME"},
		{Name: "RELEASE"},
		{Name: "BROUGHT", Wraps: 27, Rank: 1, Below: true},
		{Name: "BY", Wraps: 12, Rank: 4},
		{Name: "TOOK", Rank: 5, Wide: len(environments) == 0},
		{Name: "REASON", Wraps: 24, Rank: 2, Below: true, Lines: 4},
		{Name: "NOTE", Wraps: 24, Rank: 3, Below: true, Lines: 4},
		{Name: "EVENT", Wraps: 24, Wide: true},
	}}
	if len(environments) == 0 {
		table.Columns = slices.Delete(table.Columns, 1, 2)
	}
	for _, r := range records {
		row := []Cell{
			{Text: stamp(r.Asked(), style.zone())},
			{Text: environments[r.App.Unqualified()]},
			outcome(r),
			{Text: r.ReleaseID},
			{Text: broughtBy(r)},
			{Text: r.RequestedBy},
			{Text: took(r)},
			{Text: why(r)},
			{Text: notes(r.Progress)},
			{Text: eventOf(r)},
		}
		if len(environments) == 0 {
			row = slices.Delete(row, 1, 2)
		}
		table.Rows = append(table.Rows, row)
	}
	return table.Draw(style)
}

// took is how long a release took that has ended, from being asked for on.
func took(r ledger.Record) string {
	if r.EndedAt.IsZero() || r.Asked().IsZero() {
		return ""
	}
	return age(r.Asked(), r.EndedAt, r.EndedAt)
}

// eventOf is the source and the ID of the event that asked for a release.
func eventOf(r ledger.Record) string {
	if r.Identity.EventID == "" {
		return ""
	}
	return r.Identity.Source + " " + r.Identity.EventID
}

// broughtBy says what a release has brought, and which settings it changes.
func broughtBy(r ledger.Record) string {
	p := r.Progress
	p.Cut = r.Cut
	words := brings(p.Operation, r.Artifact, p.OnlyConfig)
	if changes := p.Configuration(); changes != "" {
		words += "; " + changes
	}
	return words
}

// why says which release was repeated, and why the release stands where it stands.
func why(r ledger.Record) string {
	switch {
	case r.RetryOf == "":
		return r.Progress.Reason
	case r.Progress.Reason == "":
		return "retry of " + r.RetryOf
	default:
		return "retry of " + r.RetryOf + "; " + r.Progress.Reason
	}
}

// notes is what people have given as the reason of what they asked for: of the release itself, and
// of each command to it that counted. The one that the release has ended by stands in its
// reason already.
func notes(p release.Progress) string {
	var all []string
	if p.Note != "" {
		all = append(all, p.Note)
	}
	by, stopped := p.StoppedBy()
	stopped = stopped && (p.Phase == release.PhaseAborted || p.Phase == release.PhaseRolledBack)
	for _, d := range p.Decisions {
		if d.Note == "" || d.Refused != "" || stopped && d == by {
			continue
		}
		d.At, d.Via, d.Source = time.Time{}, "", ""
		all = append(all, d.Text(release.UnitBatch, nil))
	}
	return strings.Join(all, "; ")
}

// outcome is how a release has ended, or how far it has come.
func outcome(r ledger.Record) Cell {
	if p := cmp.Or(r.Outcome, r.Progress.Phase); p != "" {
		return phase(p)
	}
	if r.Accepted {
		return Cell{Text: "accepted"}
	}
	return Cell{Text: "not accepted yet"}
}
