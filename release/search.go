package release

import "unicode/utf8"

// The search attributes of releases, sets, lanes and watchdogs, each a Keyword; `slipway
// setup` registers them.
const (
	// SearchApp is the application as platform/region/id.
	SearchApp = "SlipwayApp"
	// SearchAppName is what the platform calls the application of a release, once the release has
	// read it, cut by [SearchText].
	SearchAppName = "SlipwayAppName"
	// SearchApplication is application/environment of a release that was asked for by the names of an
	// application document.
	SearchApplication = "SlipwayApplication"
	// SearchPhase is the phase of a release or set, and of a lane [LaneNeedsPerson] for as long as it does.
	SearchPhase = "SlipwayPhase"
	// SearchOutcome is the phase in which a release or set ended, once it has.
	SearchOutcome = "SlipwayOutcome"
	// SearchOperation is what a release does with its application.
	SearchOperation = "SlipwayOperation"
	// SearchStrategy is by which strategy a release or a rollback proceeds.
	SearchStrategy = "SlipwayStrategy"
	// SearchRequestedBy is who asked for a release or set, cut by [SearchText].
	SearchRequestedBy = "SlipwayRequestedBy"
	// SearchSet is the ID of a set, for the set itself and for its releases.
	SearchSet = "SlipwaySet"
)

// LaneNeedsPerson is the [SearchPhase] of a lane that is held, or in which releases have left something behind; any other
// lane has none. So those are found among any number of lanes without asking each.
const LaneNeedsPerson = "NeedsPerson"

// SearchNames returns the names of all search attributes.
func SearchNames() []string {
	return []string{SearchApp, SearchAppName, SearchApplication, SearchPhase, SearchOutcome, SearchOperation, SearchStrategy, SearchRequestedBy, SearchSet}
}

// SearchAttribute is a search attribute with its value.
type SearchAttribute struct{ Name, Value string }

// SearchAttributes returns those with which the release begins in a phase.
func (s Submission) SearchAttributes(shown Phase) []SearchAttribute {
	spec := s.Spec.WithDefaults()
	name := ""
	if s.ByName != nil {
		name = s.ByName.String()
	}
	return known(
		SearchAttribute{SearchApp, spec.App.SearchValue()},
		SearchAttribute{SearchApplication, name},
		SearchAttribute{SearchPhase, string(shown)},
		SearchAttribute{SearchOperation, string(spec.Operation)},
		SearchAttribute{SearchStrategy, string(spec.Strategy.Of(spec.Operation))},
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

// Of returns the strategy by which an operation proceeds; empty for one that has no choice, such as a
// restart.
func (s Strategy) Of(op Operation) StrategyType {
	if !op.changesVersion() {
		return ""
	}
	return s.Type
}

// SearchAttributes returns what a release shows of itself in the phase: its phase and, once it is
// known, what the platform calls its application.
func (p Progress) SearchAttributes() []SearchAttribute {
	return append(p.Phase.SearchAttributes(), known(SearchAttribute{SearchAppName, SearchText(p.AppName)})...)
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
