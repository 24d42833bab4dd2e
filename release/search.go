package release

import "unicode/utf8"

// The search attributes of releases, sets, lanes and watchdogs, each a Keyword; `slipway
// setup` registers them.
const (
	// SearchApp is the application as platform/region/id.
	SearchApp = "SlipwayApp"
	// SearchPhase is the phase of a release or set.
	SearchPhase = "SlipwayPhase"
	// SearchOutcome is the phase in which a release or set ended, once it has.
	SearchOutcome = "SlipwayOutcome"
	// SearchOperation is what a release does with its application.
	SearchOperation = "SlipwayOperation"
	// SearchRequestedBy is who asked for a release or set, cut by [SearchText].
	SearchRequestedBy = "SlipwayRequestedBy"
	// SearchSet is the ID of a set, for the set itself and for its releases.
	SearchSet = "SlipwaySet"
)

// SearchNames returns the names of all search attributes.
func SearchNames() []string {
	return []string{SearchApp, SearchPhase, SearchOutcome, SearchOperation, SearchRequestedBy, SearchSet}
}

// SearchAttribute is a search attribute with its value.
type SearchAttribute struct{ Name, Value string }

// SearchAttributes returns those with which the release begins in a phase.
func (s Submission) SearchAttributes(shown Phase) []SearchAttribute {
	return known(
		SearchAttribute{SearchApp, s.Spec.App.SearchValue()},
		SearchAttribute{SearchPhase, string(shown)},
		SearchAttribute{SearchOperation, string(s.Spec.WithDefaults().Operation)},
		SearchAttribute{SearchRequestedBy, SearchText(s.Spec.RequestedBy)},
		SearchAttribute{SearchSet, s.Set},
	)
}

// SearchAttributes returns those with which the set begins.
func (r SetRequest) SearchAttributes() []SearchAttribute {
	return known(
		SearchAttribute{SearchPhase, string(PhaseRollingOut)},
		SearchAttribute{SearchRequestedBy, SearchText(r.Set.RequestedBy)},
		SearchAttribute{SearchSet, r.ID},
	)
}

// SearchAttributes returns what a release or set shows of itself in the phase.
func (p Phase) SearchAttributes() []SearchAttribute {
	shown := []SearchAttribute{{SearchPhase, string(p)}}
	if _, ended := p.Outcome(); ended {
		shown = append(shown, SearchAttribute{SearchOutcome, string(p)})
	}
	return shown
}

func known(all ...SearchAttribute) []SearchAttribute {
	var out []SearchAttribute
	for _, a := range all {
		if a.Value != "" {
			out = append(out, a)
		}
	}
	return out
}

// maxSearchText is what a column of Temporal's visibility holds on SQL.
const maxSearchText = 255

// SearchText cuts a text to what a search attribute holds. Whoever searches for it cuts it
// in the same way.
func SearchText(text string) string {
	if len(text) <= maxSearchText {
		return text
	}
	cut := maxSearchText
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}

// SearchValue returns the application's value of [SearchApp].
func (a App) SearchValue() string { return string(a.Platform) + "/" + a.Region + "/" + a.ID }
